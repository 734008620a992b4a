"""Kernel density and relative risk: incidents smoothed over a stated distance."""

from __future__ import annotations

from hotspots.methods.density.params import (
    BandwidthTableParams,
    KernelDensityParams,
    RelativeRiskParams,
)
from hotspots.methods.density.risk import relative_risk
from hotspots.methods.density.surface import kernel_density
from hotspots.methods.density.table import bandwidth_table

__all__ = [
    "BandwidthTableParams",
    "KernelDensityParams",
    "RelativeRiskParams",
    "bandwidth_table",
    "kernel_density",
    "relative_risk",
]
