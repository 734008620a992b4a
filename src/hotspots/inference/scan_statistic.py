"""The scan statistic: how far the most surprising circle is from what chance makes."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy import special

from hotspots.compiled import compiled
from hotspots.inference.circles import threads
from hotspots.inference.scan_loops import extreme_bases_loop, extreme_bases_numpy

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from hotspots.inference.circles import Circles

ALTERNATIVES: Final = ("greater", "less", "two-sided")
#: Likelihood ratios that differ by less are equal: the same circle, worked out in another way.
_ROUNDING: Final = 1e-9
#: Values in the tables of one block of maps: some tens of megabytes a thread.
_BLOCK: Final = 2_000_000
_MAPS_IN_BLOCK: Final = 16
_EULER: Final = 0.5772156649015329
_CERTAIN: Final = 100.0


def poisson_llr(
    inside: NDArray[np.int64],
    expected: NDArray[np.float64],
    total: int,
    alternative: str,
) -> NDArray[np.float64]:
    """Compute Kulldorff's logarithm of the likelihood ratio.

    It is c ln(c / E) + (C - c) ln((C - c) / (C - E)) where c differs from E in the way that is
    asked for, else 0.

    Parameters
    ----------
    inside : ndarray of int64
        Incidents inside, c.
    expected : ndarray of float64
        Expected inside, E, given the total.
    total : int
        All incidents, C.
    alternative : {"greater", "less", "two-sided"}
        More inside than expected, fewer, or either.

    Returns
    -------
    ndarray of float64
        In the shape of the arguments; 0 or more.
    """
    c = np.asarray(inside, dtype=np.float64)
    # A circle that holds the whole base expects all incidents, and not more by a rounding error.
    e = np.minimum(np.asarray(expected, dtype=np.float64), total)
    # x ln(x / y) with 0 ln 0 = 0, as often as numbers of 0 and of all incidents occur.
    ratio = special.rel_entr(c, e) + special.rel_entr(total - c, total - e)
    asked = (c > e) if alternative == "greater" else (c < e) if alternative == "less" else c != e
    return np.where(asked, np.maximum(ratio, 0.0), 0.0)


def best_circles(
    circles: Circles, counts: NDArray[np.int64], alternative: str
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Find the most surprising circle around each centre.

    Parameters
    ----------
    circles : Circles
        The circles.
    counts : ndarray of int64, shape (n,)
        Incidents in each place.
    alternative : str
        As in ``poisson_llr``.

    Returns
    -------
    llr : ndarray of float64, shape (n,)
        Its logarithm of the likelihood ratio; 0 where no circle differs in the way asked for.
    places : ndarray of int64, shape (n,)
        How many places it holds; the smallest of equal circles.
    """
    total = int(counts.sum())
    n = len(circles.starts) - 1
    llr, places = np.zeros(n), np.zeros(n, dtype=np.int64)
    for centre in range(n):
        around, ends = circles.around(centre)
        if not len(around):
            continue
        expected = np.cumsum(circles.base[around]) * (total / circles.total_base)
        value = poisson_llr(np.cumsum(counts[around]), expected, total, alternative)
        value[~ends] = 0.0
        best = int(np.argmax(value >= value.max() - _ROUNDING))
        llr[centre], places[centre] = value[best], best + 1
    return llr, places


def scan_maxima(
    circles: Circles,
    maps: Iterable[NDArray[np.int32]],
    *,
    total: int,
    alternative: str,
    loops: bool = True,
) -> NDArray[np.float64]:
    """Find the largest likelihood ratio over all circles, map by map.

    Parameters
    ----------
    circles : Circles
        The circles.
    maps : iterable of ndarray of int32, shape (maps, n)
        Batches of maps; every map holds ``total`` incidents.
    total : int
        Incidents on each map.
    alternative : str
        As in ``poisson_llr``.
    loops : bool, default True
        Take the compiled loop when there is one; the answer is the same.

    Returns
    -------
    ndarray of float64, shape (all maps,)
        The maxima, in the order of the maps, whatever the number of threads.
    """
    loop = (compiled(extreme_bases_loop) if loops else None) or extreme_bases_numpy
    block = int(np.clip(_BLOCK // (total + 1), 1, _MAPS_IN_BLOCK))
    find = partial(_block_maxima, circles, loop, total, alternative)
    found: list[NDArray[np.float64]] = []
    with ThreadPoolExecutor(threads()) as pool:
        for batch in maps:
            blocks = [batch[first : first + block] for first in range(0, len(batch), block)]
            found.extend(pool.map(find, blocks))
    return np.concatenate(found)


def _block_maxima(
    circles: Circles, loop: object, total: int, alternative: str, counts: NDArray[np.int32]
) -> NDArray[np.float64]:
    least = np.full((len(counts), total + 1), np.inf)
    most = np.full((len(counts), 0 if alternative == "greater" else total + 1), -1.0)
    loop(circles.starts, circles.members, circles.base, counts, least, most)  # type: ignore[operator]
    return extreme_llr(least, most, total, total / circles.total_base, alternative)


def extreme_llr(
    least: NDArray[np.float64],
    most: NDArray[np.float64],
    total: int,
    rate: float,
    alternative: str,
) -> NDArray[np.float64]:
    """Take the largest likelihood ratio from the extreme bases of each number of incidents.

    Parameters
    ----------
    least, most : ndarray of float64, shape (maps, total + 1)
        The least and the most base of a circle with so many incidents; infinity and -1 where there
        is none.
    total : int
        Incidents on each map.
    rate : float
        Expected incidents for one unit of base.
    alternative : str
        As in ``poisson_llr``.

    Returns
    -------
    ndarray of float64, shape (maps,)
        The maxima.
    """
    best = np.zeros(len(least))
    for bases, there, side in (
        (least, np.isfinite(least), "greater"),
        (most, most >= 0, "less"),
    ):
        if alternative in {side, "two-sided"}:
            one, inside = np.nonzero(there)
            values = poisson_llr(inside, bases[one, inside] * rate, total, side)
            np.maximum.at(best, one, values)
    return best


def rank_p_values(
    statistics: NDArray[np.float64], maxima: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Compare statistics with the maxima of maps made by chance: p = (1 + #{>=}) / (1 + R).

    Parameters
    ----------
    statistics : ndarray of float64, shape (k,)
        Likelihood ratios of the map itself.
    maxima : ndarray of float64, shape (R,)
        The largest of each map made by chance.

    Returns
    -------
    ndarray of float64, shape (k,)
        Monte Carlo p-values; they hold for all circles together.
    """
    ordered = np.sort(maxima)
    limit = statistics - _ROUNDING * np.maximum(1.0, statistics)
    above = len(ordered) - np.searchsorted(ordered, limit, side="left")
    return np.asarray((1 + above) / (1 + len(ordered)))


def gumbel_p_values(
    statistics: NDArray[np.float64], maxima: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Extend the p-values below 1 / (1 + R), by a Gumbel law with the maxima's mean and variance.

    Parameters
    ----------
    statistics : ndarray of float64, shape (k,)
        Likelihood ratios of the map itself.
    maxima : ndarray of float64, shape (R,)
        The largest of each map made by chance.

    Returns
    -------
    ndarray of float64, shape (k,)
        An approximation, after Abrams, Kulldorff and Kleinman (2010); NaN when the maxima are all
        equal.
    """
    scale = float(maxima.std(ddof=1)) * np.sqrt(6) / np.pi
    if not scale > 0:
        return np.full(len(statistics), np.nan)
    centre = float(maxima.mean()) - _EULER * scale
    # Far below the centre the chance is 1, and e to the power would be too large a number.
    away = np.minimum(-(statistics - centre) / scale, _CERTAIN)
    return np.asarray(-np.expm1(-np.exp(away)))
