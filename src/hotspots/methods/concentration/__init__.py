"""How few places hold how many incidents: the Lorenz curve, the Gini index, and one share."""

from __future__ import annotations

from hotspots.methods.concentration.measures import (
    concentration_share,
    gini_index,
    lorenz_curve,
)
from hotspots.methods.concentration.params import (
    ConcentrationShareParams,
    GiniIndexParams,
    LorenzCurveParams,
)

__all__ = [
    "ConcentrationShareParams",
    "GiniIndexParams",
    "LorenzCurveParams",
    "concentration_share",
    "gini_index",
    "lorenz_curve",
]
