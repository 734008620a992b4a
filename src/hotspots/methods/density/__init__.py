"""Kernel density and relative risk: incidents smoothed over a stated distance."""

from __future__ import annotations

from hotspots.methods.density.params import KernelDensityParams
from hotspots.methods.density.surface import kernel_density

__all__ = ["KernelDensityParams", "kernel_density"]
