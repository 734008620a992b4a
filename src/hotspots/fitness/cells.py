"""Counts in cells: can they tell one cell from another, and could anything be found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from hotspots.errors import FitnessError, SchemaMismatchError
from hotspots.fitness.points import FEWEST_LOCATED
from hotspots.grid.placing import ROW_COLUMNS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hotspots.inference.window_sums import WindowSumTails

#: Fewer cells than this give too few places to compare a place with.
FEWEST_CELLS: Final = 30
#: Fewer incidents than this say too little about where incidents are usual.
FEWEST_REFERENCE: Final = 30


def values_of(grid: pd.DataFrame, column: str) -> NDArray[np.float64]:
    """Take numbers of any kind out of a grid, such as harm or rates, or say why they are none.

    Parameters
    ----------
    grid : pandas.DataFrame
        A grid.
    column : str
        The column.

    Returns
    -------
    ndarray of float64, shape (cells,)
        The numbers; NaN where a cell has none.

    Raises
    ------
    SchemaMismatchError
        If there is no such column, or it does not hold numbers.
    """
    if column not in grid.columns:
        msg = f"The grid has no column {column!r}."
        raise SchemaMismatchError(msg)
    values = grid[column]
    if not pd.api.types.is_numeric_dtype(values.dtype) or pd.api.types.is_bool_dtype(values.dtype):
        msg = f"Column {column!r} holds {values.dtype}, not numbers."
        raise SchemaMismatchError(msg)
    return np.asarray(values.to_numpy(dtype=np.float64, na_value=np.nan))


def check_located_cells(grid: pd.DataFrame, *, what: str) -> None:
    """Refuse counts that leave out too many incidents because nobody knows where they were.

    Parameters
    ----------
    grid : pandas.DataFrame
        A counted grid. One that does not say how many rows had no place is let through.
    what : str
        The method, as the subject of a sentence.

    Raises
    ------
    FitnessError
        If fewer than 85 % of the rows that were counted had a place (or, where areas were matched,
        a code), inside the area or outside.

    See Also
    --------
    check_located_share : The same for incidents, and why 85 %.
    """
    if grid.empty or not {*ROW_COLUMNS} <= {*grid.columns}:
        return
    inside, without, outside = (int(grid[name].iloc[0]) for name in ROW_COLUMNS)
    rows = inside + without + outside
    if rows and 1 - without / rows < FEWEST_LOCATED:
        msg = (
            f"{what} speaks of where incidents are, and {without:,} of the {rows:,} rows that were "
            f"counted ({without / rows:.0%}) had no place; up to {1 - FEWEST_LOCATED:.0%} may be "
            "without one. Choose offences or a period with more places; or, if you know that those "
            "without one are spread as the others are, count without them: "
            "incidents[incidents.geometry.notna()]."
        )
        raise FitnessError(msg)


def check_capped(capped: NDArray[Any], cap: float | None) -> None:
    """Refuse counts that are all alike once the giants are cut down.

    Parameters
    ----------
    capped : ndarray, shape (cells,)
        The counts as they would be tested.
    cap : float or None
        What they were capped at; None when they were not.

    Raises
    ------
    FitnessError
        If every cell holds the cap.
    """
    if cap is not None and (capped == cap).all():
        msg = (
            f"Counts above {cap:,} are taken as {cap:,}, and then every cell holds as many, so "
            "none can stand out. Write cap_quantile=None to test the counts as they are."
        )
        raise FitnessError(msg)


def check_reference(reference: NDArray[np.int64]) -> None:
    """Refuse a reference with too few incidents to say where incidents are usual.

    Parameters
    ----------
    reference : ndarray of int64, shape (cells,)
        Counts of another crime or another period in the cells that are to be tested.

    Raises
    ------
    FitnessError
        If there are fewer than 30.
    """
    if reference.sum() < FEWEST_REFERENCE:
        msg = (
            f"The reference holds {reference.sum():,} incidents in the cells to test; at least "
            f"{FEWEST_REFERENCE} are needed to say where incidents are usual. Take a longer "
            "period or a wider group of offences."
        )
        raise FitnessError(msg)


def check_cell_values(values: NDArray[np.float64]) -> None:
    """Refuse numbers in which no method can tell one cell from another.

    Parameters
    ----------
    values : ndarray of float64, shape (cells,)
        The numbers of the cells that are to be tested.

    Raises
    ------
    FitnessError
        If one is not finite, if there are fewer than 30 cells, or the same number in every cell.
    """
    if not np.isfinite(values).all():
        msg = (
            f"{(~np.isfinite(values)).sum():,} of {len(values):,} cells have no finite value. A "
            "cell without one cannot stand in a window: give each a number, or leave them out of "
            "the grid and say so."
        )
        raise FitnessError(msg)
    if len(values) < FEWEST_CELLS:
        msg = (
            f"There are {len(values)} cells to test; a hotspot needs at least {FEWEST_CELLS} to "
            "stand out from. Make the grid finer (make_hexgrid with a larger resolution)."
        )
        raise FitnessError(msg)
    if np.ptp(values) == 0:
        msg = f"Every cell holds the same value ({values[0]:g}), so none can stand out."
        raise FitnessError(msg)


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
    bound holds for Benjamini and Hochberg, and for the stricter corrections a fortiori.)

    Parameters
    ----------
    counts : ndarray of int64, shape (m,)
        The counts as tested.
    sizes : ndarray of int64, shape (m,) or (rings, m)
        Cells in each window, of one number of rings or of several that are corrected together.
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
    m = sizes.size
    most = int(np.atleast_2d(sizes).max(axis=1).sum()) * int(counts.sum())
    for size in np.unique(sizes):
        # Sums that occur; on a lattice, column s is looked up for (s - 1) * step + 1 and more.
        columns = np.flatnonzero((tails.chances if tails.exact else tails.upper)[size] > 0)
        needed = np.maximum(np.ceil(sides * tails.upper[size, columns] * m / alpha), 1.0)
        sums = np.maximum((columns - 1) * tails.step + 1, 0)
        if ((needed <= m) & (needed * sums <= most)).any():
            return True
    return False
