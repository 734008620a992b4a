"""Local Moran on arrays: statistic, conditional tails, correction, words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from hotspots.fitness import can_find_anything
from hotspots.inference.conditional_sums import without_one
from hotspots.inference.correction import adjust_p_values
from hotspots.inference.shared_draws import drawn_tails
from hotspots.inference.window_sums import WindowSumTails, window_sum_tails
from hotspots.results import HOTSPOT_WORDS

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy import sparse

    from hotspots.methods.autocorrelation.params import LocalMoranParams

HOT, COLD, NOT_SIGNIFICANT, TOO_FEW = range(len(HOTSPOT_WORDS))
#: A cell first, the mean of its neighbours second.
QUADRANTS: Final = ("high-high", "low-low", "high-low", "low-high")
HIGH_HIGH, LOW_LOW, HIGH_LOW, LOW_HIGH = range(len(QUADRANTS))
ISLAND: Final = -1


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Answer:
    """What the test says of each cell that takes part.

    Attributes
    ----------
    sizes, sums : ndarray of int64, shape (m,)
        Number of neighbours, and the sum of their counts.
    expected : ndarray of float64, shape (m,)
        Mean of that sum when the other counts are shuffled.
    moran : ndarray of float64, shape (m,)
        The local statistic; NaN for an island.
    p_value, p_adjusted : ndarray of float64, shape (m,)
        NaN for cells that are not tested.
    quadrant : ndarray of int8, shape (m,)
        Position in ``QUADRANTS``; -1 for an island.
    word : ndarray of int8, shape (m,)
        Position in ``HOTSPOT_WORDS``; -1 for an island.
    outlier : ndarray of bool, shape (m,)
        Whether the cell differs from its neighbours beyond chance.
    tested : ndarray of bool, shape (m,)
        The cells that were corrected for.
    tails : WindowSumTails or None
        The table behind exact p-values.
    """

    sizes: NDArray[np.int64]
    sums: NDArray[np.int64]
    expected: NDArray[np.float64]
    moran: NDArray[np.float64]
    p_value: NDArray[np.float64]
    p_adjusted: NDArray[np.float64]
    quadrant: NDArray[np.int8]
    word: NDArray[np.int8]
    outlier: NDArray[np.bool_]
    tested: NDArray[np.bool_]
    tails: WindowSumTails | None


def local_statistic(
    values: NDArray[np.float64], sums: NDArray[np.float64], sizes: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Compute the local Moran of Anselin (1995), neighbours weighted alike.

    Parameters
    ----------
    values : ndarray of float64, shape (m,)
        The value of each cell.
    sums : ndarray of float64, shape (m,)
        Sum over its neighbours.
    sizes : ndarray of int64, shape (m,)
        How many they are.

    Returns
    -------
    ndarray of float64, shape (m,)
        (x - mean) times (mean of the neighbours - mean), over the variance (sum of squares over
        m); NaN without neighbours. Their mean over cells with a neighbour is the global Moran's I
        when every cell has one.
    """
    deviation = values - values.mean()
    with np.errstate(invalid="ignore", divide="ignore"):
        around = sums / sizes - values.mean()
    return np.where(sizes > 0, deviation * around / values.var(), np.nan)


def judge(
    counts: NDArray[np.int64],
    links: sparse.csr_array,
    params: LocalMoranParams,
    *,
    rng: np.random.Generator,
    tails: WindowSumTails | None = None,
    names: NDArray[np.str_] | None = None,
) -> Answer:
    """Test each cell given its own count, correct, and give it a word.

    Parameters
    ----------
    counts : ndarray of int64, shape (m,)
        Counts as capped.
    links : scipy.sparse.csr_array, shape (m, m)
        The neighbours of each.
    params : LocalMoranParams
        Of these, ``alternative``, ``adjust``, ``alpha`` and ``n_permutations``.
    rng : numpy.random.Generator
        Where the randomness of draws comes from.
    tails : WindowSumTails or None, default None
        The tails for these counts and numbers of neighbours, when they are known already.
    names : ndarray of str, shape (m,) or None, default None
        Draws are made in the order of these, so that a seed gives the same whatever the order of
        the rows; None draws in the order given.

    Returns
    -------
    Answer
        Statistics and words.
    """
    sizes = np.diff(links.indptr).astype(np.int64)
    sums = np.asarray(links @ counts)
    quadrant = _quadrants(counts, sums, sizes)
    two_sided = params.alternative == "two-sided"
    # A cell that is not above the mean cannot be a high one among high ones. Whether it is depends
    # on its own count, on which the test is conditional, so leaving it out is no second look.
    high = counts * len(counts) > counts.sum()
    tested = (sizes > 0) & (high | two_sided)
    if params.n_permutations is not None:
        order = np.arange(len(counts)) if names is None else np.argsort(names, kind="stable")
        drawn = drawn_tails(
            counts[order], sums[order], sizes[order], n_draws=params.n_permutations, rng=rng
        )
        upper, lower = np.ones(len(counts)), np.ones(len(counts))
        upper[order], lower[order] = drawn.at_least, drawn.at_most
    else:
        if tails is None:
            tails = window_sum_tails(counts, int(sizes.max()))
        upper, lower = _exact_tails(counts, sums, sizes, tested, tails)
    p_value = np.full(len(counts), np.nan)
    p_value[tested] = upper[tested]
    if two_sided:
        p_value[tested] = np.minimum(2 * np.minimum(upper, lower), 1.0)[tested]
    p_adjusted = np.full(len(counts), np.nan)
    p_adjusted[tested] = adjust_p_values(p_value[tested], params.adjust)
    found = tested.copy()
    found[tested] = p_adjusted[tested] <= params.alpha
    busy_around = upper < lower
    word = np.where(sizes > 0, NOT_SIGNIFICANT, ISLAND).astype(np.int8)
    word[found & (quadrant == HIGH_HIGH) & busy_around] = HOT
    word[found & (quadrant == LOW_LOW) & ~busy_around] = COLD
    nothing = bool(tested.any() and not found.any())
    if nothing and tails is not None and _hopeless(counts, sizes[tested], tails, params):
        word[word == NOT_SIGNIFICANT] = TOO_FEW
    return Answer(
        sizes=sizes,
        sums=sums,
        expected=sizes * (counts.sum() - counts) / (len(counts) - 1),
        moran=local_statistic(counts.astype(np.float64), sums.astype(np.float64), sizes),
        p_value=p_value,
        p_adjusted=p_adjusted,
        quadrant=quadrant,
        word=word,
        outlier=found
        & (((quadrant == HIGH_LOW) & ~busy_around) | ((quadrant == LOW_HIGH) & busy_around)),
        tested=tested,
        tails=tails,
    )


def _quadrants(
    counts: NDArray[np.int64], sums: NDArray[np.int64], sizes: NDArray[np.int64]
) -> NDArray[np.int8]:
    # Whole numbers on both sides, so that a cell just at the mean is never taken for one above it.
    total, m = counts.sum(), len(counts)
    high, high_around = counts * m > total, sums * m > sizes * total
    quadrant = np.select(
        [high & high_around, ~high & ~high_around, high & ~high_around],
        [HIGH_HIGH, LOW_LOW, HIGH_LOW],
        LOW_HIGH,
    )
    return np.where(sizes > 0, quadrant, ISLAND).astype(np.int8)


def _exact_tails(
    counts: NDArray[np.int64],
    sums: NDArray[np.int64],
    sizes: NDArray[np.int64],
    tested: NDArray[np.bool_],
    tails: WindowSumTails,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Look up both tails of each tested cell, one table for each count that occurs."""
    upper, lower = np.ones(len(counts)), np.ones(len(counts))
    if not tested.any():
        return upper, lower
    order = np.flatnonzero(tested)[np.argsort(counts[tested], kind="stable")]
    values, starts = np.unique(counts[order], return_index=True)
    for value, which in zip(values.tolist(), np.split(order, starts[1:]), strict=True):
        rest = without_one(tails, value, len(counts))
        upper[which] = rest.at_least(sums[which], sizes[which])
        lower[which] = rest.at_most(sums[which], sizes[which])
    return upper, lower


def _hopeless(
    counts: NDArray[np.int64],
    sizes: NDArray[np.int64],
    tails: WindowSumTails,
    params: LocalMoranParams,
) -> bool:
    """Say whether no arrangement could give a hot cell, not even around one that holds the most."""
    sides = 1 if params.alternative == "greater" else 2
    rest = without_one(tails, int(counts.max()), len(counts))
    return not can_find_anything(counts, sizes, rest, alpha=params.alpha, sides=sides)
