"""Can these data carry this method? The one place that refuses, and says what would help."""

from __future__ import annotations

from hotspots.fitness.cells import (
    FEWEST_CELLS,
    can_find_anything,
    check_capped,
    check_cell_counts,
    check_cell_values,
    check_located_cells,
    check_reference,
    values_of,
)
from hotspots.fitness.concentration import FEWEST_FOR_PERCENT, check_concentration
from hotspots.fitness.points import (
    FEWEST_LOCATED,
    MOST_SHARED,
    SNAPPED,
    check_enough_points,
    check_located_share,
    check_own_places,
    share_on_shared_places,
)
from hotspots.fitness.scan import check_scan
from hotspots.fitness.times import (
    FEWEST_KNOWN,
    MOST_ON_ONE_MINUTE,
    check_days_known,
    check_hours_known,
)
from hotspots.grid.counts import counts_of

__all__ = [
    "FEWEST_CELLS",
    "FEWEST_FOR_PERCENT",
    "FEWEST_KNOWN",
    "FEWEST_LOCATED",
    "MOST_ON_ONE_MINUTE",
    "MOST_SHARED",
    "SNAPPED",
    "can_find_anything",
    "check_capped",
    "check_cell_counts",
    "check_cell_values",
    "check_concentration",
    "check_days_known",
    "check_enough_points",
    "check_hours_known",
    "check_located_cells",
    "check_located_share",
    "check_own_places",
    "check_reference",
    "check_scan",
    "counts_of",
    "share_on_shared_places",
    "values_of",
]
