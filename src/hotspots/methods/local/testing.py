"""The test itself, on arrays: cap, windows, tails, correction, words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from hotspots.errors import SchemaMismatchError
from hotspots.fitness import can_find_anything, check_cell_counts
from hotspots.inference.correction import adjust_p_values
from hotspots.inference.window_sums import WindowSumTails, window_sum_tails
from hotspots.neighbours import Windows, cell_windows
from hotspots.results import HOTSPOT_WORDS

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from hotspots.methods.local.params import LocalGiStarParams

HOT, COLD, NOT_SIGNIFICANT, TOO_FEW = range(len(HOTSPOT_WORDS))


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Prepared:
    """What depends on the cells and on their counts, but not on which cell holds which count.

    Attributes
    ----------
    counts : ndarray of int64, shape (m,)
        Counts of the tested cells, as capped.
    cap : int or None
        The cap.
    windows : Windows
        Windows of tested cells.
    tails : WindowSumTails
        Tails of window sums for these counts.
    """

    counts: NDArray[np.int64]
    cap: int | None
    windows: Windows
    tails: WindowSumTails


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Answer:
    """What the test says of each tested cell.

    Attributes
    ----------
    sums : ndarray of int64, shape (m,)
        Window sums of capped counts.
    expected, z, p_value, p_adjusted : ndarray of float64, shape (m,)
        Mean window sum under the null; Gi* z-score; p-values before and after correction.
    word : ndarray of int8, shape (m,)
        Position in ``HOTSPOT_WORDS``.
    smallest_hot_sum : int or None
        Smallest sum of a full window that was or could be hot.
    """

    sums: NDArray[np.int64]
    expected: NDArray[np.float64]
    z: NDArray[np.float64]
    p_value: NDArray[np.float64]
    p_adjusted: NDArray[np.float64]
    word: NDArray[np.int8]
    smallest_hot_sum: int | None


def cells_to_test(grid: pd.DataFrame, min_area_share: float) -> NDArray[np.bool_]:
    """Say which cells have enough of their area in the study area.

    Parameters
    ----------
    grid : pandas.DataFrame
        With ``area_km2`` and ``area_in_study_km2``.
    min_area_share : float
        The smallest part, 0 to 1.

    Returns
    -------
    ndarray of bool, shape (cells,)
        True where a cell is tested.

    Raises
    ------
    SchemaMismatchError
        If the areas are missing.
    """
    missing = [c for c in ("area_km2", "area_in_study_km2") if c not in grid.columns]
    if missing:
        msg = f"The grid has no column {', '.join(missing)}. Make it with make_hexgrid(area)."
        raise SchemaMismatchError(msg)
    share = grid["area_in_study_km2"].to_numpy() / grid["area_km2"].to_numpy()
    return np.asarray(share >= min_area_share)


def prepare(
    cells: Any,  # noqa: ANN401 - an index or array of cells
    counts: NDArray[np.int64],
    params: LocalGiStarParams,
    windows: Windows | None = None,
) -> Prepared:
    """Cap the counts, and tabulate windows and tails.

    Parameters
    ----------
    cells : array_like of str or uint64, shape (m,)
        The cells to test.
    counts : ndarray of int64, shape (m,)
        Their counts.
    params : LocalGiStarParams
        Of these, ``cap_quantile`` and ``n_rings``.
    windows : Windows or None, default None
        The windows of these cells, when they are known already.

    Returns
    -------
    Prepared
        All that repeated tests share.

    Raises
    ------
    FitnessError
        If the counts cannot carry the test.
    """
    check_cell_counts(counts)
    cap = None
    if params.cap_quantile is not None:
        # "lower" takes a count that occurs, and caps the largest cell also on small maps.
        cap = int(np.quantile(counts[counts > 0], params.cap_quantile, method="lower"))
    capped = counts if cap is None else np.minimum(counts, cap)
    found = cell_windows(cells, n_rings=params.n_rings) if windows is None else windows
    tails = window_sum_tails(capped, int(found.sizes.max()))
    return Prepared(counts=capped, cap=cap, windows=found, tails=tails)


def judge_cells(ready: Prepared, params: LocalGiStarParams) -> Answer:
    """Test every cell, correct, and give each a word.

    Parameters
    ----------
    ready : Prepared
        The counts and their tails.
    params : LocalGiStarParams
        Of these, ``alternative``, ``adjust`` and ``alpha``.

    Returns
    -------
    Answer
        The statistics and the words.
    """
    sizes = ready.windows.sizes
    sums = ready.windows.sums(ready.counts)
    p_value = ready.tails.p_values(sums, sizes, params.alternative)
    p_adjusted = adjust_p_values(p_value, params.adjust)
    found = p_adjusted <= params.alpha
    sides = 1 if params.alternative == "greater" else 2
    word = np.full(len(sums), NOT_SIGNIFICANT, dtype=np.int8)
    if sides == 2:  # noqa: PLR2004
        word[found] = COLD
        found = found & (ready.tails.at_least(sums, sizes) < ready.tails.at_most(sums, sizes))
    word[found] = HOT
    if not can_find_anything(ready.counts, sizes, ready.tails, alpha=params.alpha, sides=sides):
        word[:] = TOO_FEW
    return Answer(
        sums=sums,
        expected=sizes * ready.counts.mean(),
        z=z_scores(ready.counts, sums, sizes),
        p_value=p_value,
        p_adjusted=p_adjusted,
        word=word,
        smallest_hot_sum=_smallest_hot_sum(ready, params, p_adjusted, sides),
    )


def z_scores(
    values: NDArray[Any], sums: NDArray[Any], sizes: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Compute Gi* as Ord and Getis (1995, eq. 14) do, for weights of 0 and 1.

    Parameters
    ----------
    values : ndarray, shape (m,)
        The value of each cell.
    sums, sizes : ndarray, shape (m,)
        Sum over, and number of cells in, each window; the cell itself is one of them.

    Returns
    -------
    ndarray of float64, shape (m,)
        The z-scores; NaN where a window holds every cell, or all values are equal.
    """
    n = len(values)
    variance = values.var() * (n * sizes - sizes**2) / (n - 1)
    with np.errstate(invalid="ignore", divide="ignore"):
        z = (sums - sizes * values.mean()) / np.sqrt(variance)
    return np.where(variance > 0, z, np.nan)


def _smallest_hot_sum(
    ready: Prepared, params: LocalGiStarParams, p_adjusted: NDArray[np.float64], sides: int
) -> int | None:
    """Turn the p-value at which this map's correction stops into a sum of a full window."""
    rejected = int((p_adjusted <= params.alpha).sum()) if params.adjust == "fdr_bh" else 1
    threshold = params.alpha * max(rejected, 1) / len(p_adjusted)
    size = min(params.window_cells, ready.tails.upper.shape[0] - 1)
    chances = ready.tails.upper[size]
    hot = np.flatnonzero((sides * chances <= threshold) & (chances > 0))
    if not len(hot):
        return None
    # Column s of a lattice stands for sums from (s - 1) * step + 1 on.
    return (int(hot[0]) - 1) * ready.tails.step + 1
