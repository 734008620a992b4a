"""How far incidents lie from each other: the nearest neighbour, and all within a distance."""

from __future__ import annotations

from hotspots.methods.spacing.nearest import nearest_neighbor_index
from hotspots.methods.spacing.params import NearestNeighborIndexParams, RipleyKParams
from hotspots.methods.spacing.ripley import ripley_k

__all__ = [
    "NearestNeighborIndexParams",
    "RipleyKParams",
    "nearest_neighbor_index",
    "ripley_k",
]
