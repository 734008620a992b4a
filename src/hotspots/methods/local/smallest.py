"""The smallest sum of a window that could be hot on this map."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import stats

from hotspots.inference.correction import limit_of
from hotspots.inference.nulls import RandomPoints, ShuffledCells
from hotspots.methods.local.params import MAX_STATISTIC

if TYPE_CHECKING:
    from hotspots.inference.nulls import WindowNull
    from hotspots.methods.local.params import LocalGiStarParams


def smallest_hot_sum(
    nulls: tuple[WindowNull, ...], params: LocalGiStarParams, *, n_tests: int, found: int
) -> int | None:
    """Turn the p-value at which this map's correction stops into a sum of a full window.

    Parameters
    ----------
    nulls : tuple of WindowNull
        One for each number of rings.
    params : LocalGiStarParams
        The question.
    n_tests, found : int
        Tests that were corrected together, and how many of them survived.

    Returns
    -------
    int or None
        The sum, for random points in a window of typical area. None when no sum is enough, when
        there are several numbers of rings, and under a null in which every window expects its own.
    """
    null = nulls[0]
    if len(nulls) > 1 or params.adjust == MAX_STATISTIC:
        return None
    sides = 1 if params.alternative == "greater" else 2
    limit = limit_of(params.adjust, n_tests, found, alpha=params.alpha) / sides
    if isinstance(null, RandomPoints):
        share = float(np.median(null.window_shares))
        enough = int(stats.binom.isf(limit, null.incidents, share)) + 1
        return enough if enough <= null.incidents else None
    return _of_shuffled(null, params.window_cells, limit)


def _of_shuffled(null: WindowNull, window_cells: int, limit: float) -> int | None:
    if not isinstance(null, ShuffledCells):
        return None
    tails = null.tails
    chances = tails.upper[min(window_cells, len(tails.upper) - 1)]
    hot = np.flatnonzero((chances <= limit) & (chances > 0))
    if not len(hot):
        return None
    # Column s of a lattice stands for sums from (s - 1) * step + 1 on.
    return (int(hot[0]) - 1) * tails.step + 1
