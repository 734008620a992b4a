"""Counts in cells: can they tell one cell from another, and could anything be found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from hotspots.errors import FitnessError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hotspots.inference.window_sums import WindowSumTails

#: Fewer cells than this give too few places to compare a place with.
FEWEST_CELLS: Final = 30


def check_cell_counts(counts: NDArray[np.int64]) -> None:
    """Refuse counts in which no method can tell one cell from another.

    Parameters
    ----------
    counts : ndarray of int64, shape (cells,)
        The counts of the cells that are to be tested.

    Raises
    ------
    FitnessError
        If there are fewer than 30 cells, no incidents, or the same number in every cell.
    """
    if not counts.any():
        msg = (
            "There is no incident in any cell. Choose a longer period, other offences, or the area "
            "in which the incidents lie."
        )
        raise FitnessError(msg)
    if len(counts) < FEWEST_CELLS:
        msg = (
            f"There are {len(counts)} cells to test; a hotspot needs at least {FEWEST_CELLS} to "
            "stand out from. Make the grid finer (make_hexgrid with a larger resolution)."
        )
        raise FitnessError(msg)
    if (counts == counts[0]).all():
        msg = (
            f"Every cell holds the same number of incidents ({counts[0]:,}), so none can stand "
            "out. Check how the counts were made."
        )
        raise FitnessError(msg)


def can_find_anything(
    counts: NDArray[np.int64],
    sizes: NDArray[np.int64],
    tails: WindowSumTails,
    *,
    alpha: float,
    sides: int,
) -> bool:
    """Say whether any arrangement of these counts could give a hot cell.

    If a correction for ``m`` tests rejects ``k`` of them, those ``k`` windows each have a p-value
    of at most ``alpha * k / m``, and so a sum of at least some ``s``. All window sums together are
    at most the largest window times all incidents, so ``k * s`` cannot be more than that. When no
    ``k`` satisfies both, nothing can be found however the incidents lie: there are too few. (The
    bound holds for Benjamini and Hochberg, and the stricter Bonferroni a fortiori.)

    Parameters
    ----------
    counts, sizes : ndarray of int64, shape (m,)
        The counts as tested, and the number of cells in each window.
    tails : WindowSumTails
        Their tails.
    alpha : float
        Level of the corrected test.
    sides : {1, 2}
        How often each tail is counted.

    Returns
    -------
    bool
        False when the test could not find anything.
    """
    m = len(sizes)
    most = int(sizes.max()) * int(counts.sum())
    for size in np.unique(sizes):
        # Sums that occur; on a lattice, column s is looked up for (s - 1) * step + 1 and more.
        columns = np.flatnonzero((tails.chances if tails.exact else tails.upper)[size] > 0)
        needed = np.maximum(np.ceil(sides * tails.upper[size, columns] * m / alpha), 1.0)
        sums = np.maximum((columns - 1) * tails.step + 1, 0)
        if ((needed <= m) & (needed * sums <= most)).any():
            return True
    return False
