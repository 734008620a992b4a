"""Cells to scan: are there enough of them, with something in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hotspots.errors import FitnessError
from hotspots.fitness.cells import FEWEST_CELLS, check_cell_counts

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


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
        If there are fewer than 30 cells or no incidents; without a denominator also if every cell
        holds the same number.
    """
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
