"""Cells to scan: are there enough of them, with something in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hotspots.errors import FitnessError
from hotspots.fitness.cells import FEWEST_CELLS, check_cell_counts

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

#: A scan keeps a table with a row for each number of incidents that a circle may hold.
MOST_INCIDENTS: Final = 100_000_000


def check_scan(counts: NDArray[np.int64], *, denominator: str) -> None:
    """Refuse cells in which no circle can stand out.

    Parameters
    ----------
    counts : ndarray of int64, shape (cells,)
        The counts of the cells that are to be scanned: those with a base.
    denominator : str
        What the base counts; empty when it is the area.

    Raises
    ------
    FitnessError
        If there are fewer than 30 cells, no incidents, or more than 100 million; without a
        denominator also if every cell holds the same number.
    """
    if (total := sum(counts.tolist())) > MOST_INCIDENTS:
        msg = (
            f"The cells hold {total:,} incidents together; a scan takes up to {MOST_INCIDENTS:,}. "
            "Check that the column holds counts of incidents, not sums of something else."
        )
        raise FitnessError(msg)
    if not denominator:
        check_cell_counts(counts)
        return
    if not counts.any():
        msg = (
            f"There is no incident in any cell that has {denominator}. Choose a longer period, "
            "other offences, or a denominator that is where the incidents are."
        )
        raise FitnessError(msg)
    if len(counts) < FEWEST_CELLS:
        msg = (
            f"There are {len(counts)} cells with {denominator}; a cluster needs at least "
            f"{FEWEST_CELLS} to stand out from. Take smaller cells, or a larger area."
        )
        raise FitnessError(msg)
