"""The test itself, on arrays: cap, windows, nulls, correction, words."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from hotspots.errors import ParameterError
from hotspots.fitness import can_find_anything, check_capped, check_cell_counts, check_cell_values
from hotspots.inference.capping import cap_of, capped_at
from hotspots.inference.correction import adjust_p_values, fewest_at_floor
from hotspots.inference.nulls import (
    RandomPoints,
    ShuffledCells,
    binomial_at_least,
    p_values_of,
)
from hotspots.inference.shuffles import MapShuffles, adjust_by_largest
from hotspots.inference.z_scores import z_scores
from hotspots.methods.local.nulls import make_nulls, window_sums, window_weights
from hotspots.methods.local.params import MAX_STATISTIC
from hotspots.methods.local.smallest import smallest_hot_sum
from hotspots.neighbours import Windows, cell_windows
from hotspots.results import HOTSPOT_WORDS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hotspots.inference.nulls import WindowNull
    from hotspots.inference.window_sums import WindowSumTails
    from hotspots.methods.local.params import LocalGiStarParams

HOT, COLD, NOT_SIGNIFICANT, TOO_FEW = range(len(HOTSPOT_WORDS))
#: Times that what was found is taken out and the null fitted anew.
_MOST_PASSES: Final = 5


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Prepared:
    """A map made ready: its values as tested, its windows, and what "by chance" means for them.

    Attributes
    ----------
    counts : ndarray of int64 (float64 for values that are no counts), shape (m,)
        Values of the tested cells, as capped.
    cap : int or float or None
        The cap.
    rings : tuple of Windows
        Windows of tested cells, one for each number of rings.
    nulls : tuple of WindowNull
        One for each of them.
    base : ndarray, shape (m,), or None
        What the null compares with: area, population, or counts of another kind.
    """

    counts: NDArray[Any]
    cap: int | float | None
    rings: tuple[Windows, ...]
    nulls: tuple[WindowNull, ...]
    base: NDArray[Any] | None = None

    @property
    def windows(self) -> Windows:  # numpydoc ignore=RT01
        """The windows, the narrowest if there are several."""
        return self.rings[0]

    @property
    def tails(self) -> WindowSumTails:  # numpydoc ignore=RT01
        """The tails of sums of so many shuffled cells; other nulls have none."""
        null = self.nulls[0]
        if not isinstance(null, ShuffledCells):
            msg = "Only the exact test of shuffled cells has tails for each number of cells."
            raise ParameterError(msg)
        return null.tails


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Answer:
    """What the test says of each tested cell; where several rings were tested, by its best one.

    Attributes
    ----------
    sums : ndarray of int64 (float64 for values that are no counts), shape (m,)
        Window sums of capped counts.
    expected, z, p_value, p_adjusted : ndarray of float64, shape (m,)
        Mean window sum under the null; Gi* z-score; p-values before and after correction.
    word : ndarray of int8, shape (m,)
        Position in ``HOTSPOT_WORDS``.
    smallest_hot_sum : int or None
        Smallest sum of a full window that was or could be hot.
    ring_p_values, ring_found : ndarray of float64 and of bool, shape (rings, m)
        p-value of each ring, and whether it survived the correction.
    needed_at_floor : int
        Cells that must reach the smallest possible p-value before any can be hot; 1 is no limit, 0
        says that none can.
    nulls : tuple of WindowNull
        As last fitted.
    """

    sums: NDArray[Any]
    expected: NDArray[np.float64]
    z: NDArray[np.float64]
    p_value: NDArray[np.float64]
    p_adjusted: NDArray[np.float64]
    word: NDArray[np.int8]
    smallest_hot_sum: int | None
    ring_p_values: NDArray[np.float64]
    ring_found: NDArray[np.bool_]
    needed_at_floor: int
    nulls: tuple[WindowNull, ...]


def prepare(
    cells: Any,  # noqa: ANN401 - an index or array of cells
    counts: NDArray[Any],
    params: LocalGiStarParams,
    windows: Windows | tuple[Windows, ...] | None = None,
    *,
    base: NDArray[Any] | None = None,
) -> Prepared:
    """Cap the counts, and make windows and nulls.

    Parameters
    ----------
    cells : array_like of str or uint64, shape (m,)
        The cells to test.
    counts : ndarray of int64, shape (m,)
        Their counts; numbers of any kind for ``null="normal"`` and with permutations.
    params : LocalGiStarParams
        The question.
    windows : Windows or tuple of Windows or None, default None
        The windows of these cells, when they are known already; one for each number of rings.
    base : ndarray, shape (m,), or None, default None
        What the null compares with: the area of each cell for ``random_points``, people for
        ``population``, counts of the other kind for ``reference``.

    Returns
    -------
    Prepared
        All that repeated tests share.

    Raises
    ------
    FitnessError
        If the counts cannot carry the test.
    ParameterError
        If windows have weights and the null cannot use them, or a base is missing.
    """
    whole = counts.dtype.kind in "iu"
    check_cell_counts(counts) if whole else check_cell_values(counts)
    can_cap = params.null == "shuffled_cells" and counts.min() >= 0
    cap = cap_of(counts, params.cap_quantile) if can_cap else None
    capped = capped_at(counts, cap)
    check_capped(capped, cap)
    if windows is None:
        windows = tuple(cell_windows(cells, n_rings=rings) for rings in params.ring_sizes)
    rings = windows if isinstance(windows, tuple) else (windows,)
    # In the order of the cells' names, so that a seed gives the same whatever that of the rows.
    order = None if params.n_permutations is None else np.argsort(np.asarray(cells).astype(str))
    nulls = make_nulls(capped, params, rings, base, order=order)
    return Prepared(counts=capped, cap=cap, rings=rings, nulls=nulls, base=base)


def judge_cells(ready: Prepared, params: LocalGiStarParams) -> Answer:
    """Test every cell, correct, and give each a word.

    A null that is fitted to the map is fitted to the hotspots too, which would hide them. So once
    something has been found, it is taken out, the null is fitted anew to the rest, and all cells
    are tested again. On a map of noise this begins only after a false alarm, and so it cannot make
    the share of maps with one any larger.

    Parameters
    ----------
    ready : Prepared
        The counts and their nulls.
    params : LocalGiStarParams
        Of these, ``alternative``, ``adjust`` and ``alpha``.

    Returns
    -------
    Answer
        The statistics and the words.
    """
    sums = np.stack([window_sums(windows, ready.counts) for windows in ready.rings])
    nulls = ready.nulls
    p_values, adjusted = _tested(nulls, sums, params)
    for _ in range(_MOST_PASSES if nulls[0].fitted else 0):
        quiet = ~_in_found_windows(ready.rings, adjusted <= params.alpha)
        if quiet.all() or quiet.sum() * 2 < len(quiet) or not ready.counts[quiet].any():
            break
        nulls = make_nulls(ready.counts, params, ready.rings, ready.base, keep=quiet)
        before, (p_values, adjusted) = adjusted <= params.alpha, _tested(nulls, sums, params)
        if ((adjusted <= params.alpha) == before).all():
            break
    return _answer(replace(ready, nulls=nulls), params, sums, p_values, adjusted)


def shows_anything(ready: Prepared, params: LocalGiStarParams) -> bool:
    """Say whether any cell is found; what is found at first decides it.

    Parameters
    ----------
    ready : Prepared
        The counts and their nulls.
    params : LocalGiStarParams
        Of these, ``alternative``, ``adjust`` and ``alpha``.

    Returns
    -------
    bool
        True when a cell is hot, or cold where that was asked.
    """
    sums = np.stack([window_sums(windows, ready.counts) for windows in ready.rings])
    _, adjusted = _tested(ready.nulls, sums, params)
    return bool((adjusted <= params.alpha).any())


def p_values_of_map(ready: Prepared, params: LocalGiStarParams) -> NDArray[np.float64]:
    """Give the p-value of each cell, before any correction.

    Parameters
    ----------
    ready : Prepared
        The counts and their nulls.
    params : LocalGiStarParams
        Of these, ``alternative``.

    Returns
    -------
    ndarray of float64, shape (rings, m)
        The p-values.
    """
    found = [
        p_values_of(null, window_sums(windows, ready.counts), params.alternative)
        for null, windows in zip(ready.nulls, ready.rings, strict=True)
    ]
    return np.stack(found)


def _tested(
    nulls: tuple[WindowNull, ...], sums: NDArray[Any], params: LocalGiStarParams
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Give the p-values of each ring and cell, before and after one correction of all."""
    asked = params.alternative
    p_values = np.stack([p_values_of(null, s, asked) for null, s in zip(nulls, sums, strict=True)])
    if params.adjust != MAX_STATISTIC:
        adjusted = adjust_p_values(p_values.ravel(), params.adjust)
        return p_values, adjusted.reshape(p_values.shape)
    shuffles = [null for null in nulls if isinstance(null, MapShuffles)]
    scores = np.stack([null.surprise(s, asked) for null, s in zip(shuffles, sums, strict=True)])
    largest = np.max([null.largest(asked) for null in shuffles], axis=0)
    return p_values, adjust_by_largest(scores.ravel(), largest).reshape(scores.shape)


def _in_found_windows(rings: tuple[Windows, ...], found: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Mark every cell of every window that was found."""
    marked = np.zeros(found.shape[1], dtype=bool)
    for windows, hit in zip(rings, found, strict=True):
        marked[windows.members[np.repeat(hit, windows.sizes)]] = True
    return marked


def _answer(
    ready: Prepared,
    params: LocalGiStarParams,
    sums: NDArray[Any],
    p_values: NDArray[np.float64],
    adjusted: NDArray[np.float64],
) -> Answer:
    best = np.lexsort((p_values, adjusted), axis=0)[0] if len(sums) > 1 else 0
    cell = np.arange(sums.shape[1])
    found = adjusted <= params.alpha
    expected = np.stack([null.expected for null in ready.nulls])
    z = np.stack(
        [
            z_scores(ready.counts, s, *window_weights(windows))
            for windows, s in zip(ready.rings, sums, strict=True)
        ]
    )
    word = np.full(len(cell), NOT_SIGNIFICANT, dtype=np.int8)
    word[found.any(axis=0)] = HOT
    if params.alternative == "two-sided":
        low = np.stack(
            [null.at_least(s) >= null.at_most(s) for null, s in zip(ready.nulls, sums, strict=True)]
        )
        word[found.any(axis=0) & low[best, cell]] = COLD
    floor = _needed_at_floor(ready, params, adjusted.size)
    if not floor or not _can_find(ready, params):
        word[:] = TOO_FEW
    return Answer(
        sums=sums[best, cell],
        expected=expected[best, cell],
        z=z[best, cell],
        p_value=p_values[best, cell],
        p_adjusted=adjusted[best, cell],
        word=word,
        smallest_hot_sum=smallest_hot_sum(
            ready.nulls, params, n_tests=adjusted.size, found=int(found.sum())
        ),
        ring_p_values=p_values,
        ring_found=found,
        needed_at_floor=floor,
        nulls=ready.nulls,
    )


def _needed_at_floor(ready: Prepared, params: LocalGiStarParams, n_tests: int) -> int:
    null = ready.nulls[0]
    if not isinstance(null, MapShuffles):
        return 1
    sides = 1 if params.alternative == "greater" else 2
    floor = 1 / (1 + null.n_permutations)
    if params.adjust == MAX_STATISTIC:
        return int(floor <= params.alpha)
    found = fewest_at_floor(sides * floor, n_tests, adjust=params.adjust, alpha=params.alpha)
    return 0 if found is None else found


def _can_find(ready: Prepared, params: LocalGiStarParams) -> bool:
    """Say whether any arrangement of as many incidents could give a hot cell."""
    sides = 1 if params.alternative == "greater" else 2
    if isinstance(ready.nulls[0], ShuffledCells):
        sizes = np.stack([windows.sizes for windows in ready.rings])
        return can_find_anything(ready.counts, sizes, ready.tails, alpha=params.alpha, sides=sides)
    if not isinstance(ready.nulls[0], RandomPoints):
        return True
    if sides > 1 and _all_empty_would_be_found(ready, params):
        return True
    # As in can_find_anything(): the windows that are found hold, together, at most all incidents
    # as often as a cell stands in a window.
    sums = np.arange(1, int(ready.counts.sum()) + 1)
    most = sum(int(windows.sizes.max()) for windows in ready.rings) * len(sums)
    m = len(ready.rings) * len(ready.counts)
    share = min(float(n.window_shares.min()) for n in ready.nulls if isinstance(n, RandomPoints))
    needed = np.ceil(sides * binomial_at_least(sums, len(sums), share) * m / params.alpha)
    needed = np.maximum(needed, 1.0)
    return bool(((needed <= m) & (needed * sums <= most)).any())


def _all_empty_would_be_found(ready: Prepared, params: LocalGiStarParams) -> bool:
    nothing = np.zeros(len(ready.counts), dtype=np.int64)
    cold = [p_values_of(null, nothing, params.alternative) for null in ready.nulls]
    return bool((adjust_p_values(np.concatenate(cold), params.adjust) <= params.alpha).any())
