"""Can these data carry this method? The one place that refuses, and says what would help."""

from __future__ import annotations

from hotspots.fitness.cells import (
    FEWEST_CELLS,
    can_find_anything,
    check_cell_counts,
)
from hotspots.fitness.concentration import FEWEST_FOR_PERCENT, check_concentration
from hotspots.fitness.points import (
    check_enough_points,
    check_own_places,
    share_on_shared_places,
)
from hotspots.grid.counts import counts_of

__all__ = [
    "FEWEST_CELLS",
    "FEWEST_FOR_PERCENT",
    "can_find_anything",
    "check_cell_counts",
    "check_concentration",
    "check_enough_points",
    "check_own_places",
    "counts_of",
    "share_on_shared_places",
]
