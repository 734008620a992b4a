"""Cylinders: a circle of places and a stretch of time; which of them surprises most.

Under the space-time permutation every place keeps its incidents and every day keeps its own; a
cylinder is expected to hold (incidents of its places) times (incidents of its days) over all
incidents. With so many inside, it surprises the more, the smaller that product is.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from hotspots.compiled import compiled
from hotspots.inference.circles import threads
from hotspots.inference.scan_statistic import poisson_llr

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hotspots.inference.circles import Circles

_ROUNDING: Final = 1e-9
#: Larger than any product of incidents: no cylinder holds so many.
NONE: Final = np.iinfo(np.int64).max
#: Permuted days held at a time.
_BATCH: Final = 4_000_000


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Stretches:
    """Stretches of time to look at.

    Attributes
    ----------
    edges : ndarray of int64, shape (k,)
        Steps at which a stretch begins or ends, in order; the last is the number of steps.
    first, last : ndarray of int64, shape (w,)
        Positions in ``edges``: a stretch runs from one up to, not including, the other.
    """

    edges: NDArray[np.int64]
    first: NDArray[np.int64]
    last: NDArray[np.int64]


def stretches_of(n_steps: int, *, longest: int, ending_last: bool) -> Stretches:
    """List all stretches of at most so many steps.

    Parameters
    ----------
    n_steps : int
        Steps in the whole period.
    longest : int
        Steps in the longest stretch.
    ending_last : bool
        Only those that end with the last step.

    Returns
    -------
    Stretches
        The shortest first, and of these the earliest.
    """
    edges = np.arange(n_steps - longest if ending_last else 0, n_steps + 1)
    length = np.arange(1, longest + 1)
    if ending_last:
        return Stretches(
            edges=edges, first=len(edges) - 1 - length, last=np.full(longest, len(edges) - 1)
        )
    first = np.concatenate([np.arange(n_steps + 1 - k) for k in length])
    last = first + np.repeat(length, n_steps + 1 - length)
    return Stretches(edges=edges, first=first, last=last)


def counts_up_to(
    places: NDArray[np.intp], steps: NDArray[np.intp], n_places: int, stretches: Stretches
) -> NDArray[np.int32]:
    """Count the incidents of each place before each edge.

    Parameters
    ----------
    places, steps : ndarray of intp, shape (incidents,)
        Where and when each was.
    n_places : int
        Places.
    stretches : Stretches
        Of these, the edges.

    Returns
    -------
    ndarray of int32, shape (n_places, k)
        The last column holds all incidents of the place.
    """
    k = len(stretches.edges)
    column = np.searchsorted(stretches.edges, steps, side="right")
    flat = np.bincount(places * (k + 1) + column, minlength=n_places * (k + 1))
    return np.cumsum(flat.reshape(n_places, k + 1)[:, :k], axis=1, dtype=np.int32)


def least_products_loop(
    starts: NDArray[np.int64],
    members: NDArray[np.int32],
    before: NDArray[np.int32],
    first: NDArray[np.int64],
    last: NDArray[np.int64],
    at_time: NDArray[np.int64],
    least: NDArray[np.int64],
) -> None:
    """Find for each number of incidents the least product that a cylinder with so many has.

    Parameters
    ----------
    starts, members : ndarray
        As in ``Circles``.
    before : ndarray of int32, shape (n, k)
        From ``counts_up_to``.
    first, last : ndarray of int64, shape (w,)
        As in ``Stretches``.
    at_time : ndarray of int64, shape (w,)
        All incidents of each stretch.
    least : ndarray of int64, shape (incidents + 1,)
        Filled in; comes in as ``NONE``.
    """
    k = before.shape[1]
    so_far = np.zeros(k, dtype=np.int64)
    for centre in range(len(starts) - 1):
        so_far[:] = 0
        for at in range(starts[centre], starts[centre + 1]):
            place = members[at]
            ends = place >= 0
            if not ends:
                place = ~place
            for edge in range(k):
                so_far[edge] += before[place, edge]
            if ends:
                for one in range(len(first)):
                    inside = so_far[last[one]] - so_far[first[one]]
                    product = so_far[k - 1] * at_time[one]
                    least[inside] = min(least[inside], product)


def least_products_numpy(
    starts: NDArray[np.int64],
    members: NDArray[np.int32],
    before: NDArray[np.int32],
    first: NDArray[np.int64],
    last: NDArray[np.int64],
    at_time: NDArray[np.int64],
    least: NDArray[np.int64],
) -> None:
    """Do as the loop does, centre by centre.

    Parameters
    ----------
    starts, members, before, first, last, at_time, least : ndarray
        As in the loop.
    """
    for begin, end in pairwise(starts):
        coded = members[begin:end]
        ends = coded >= 0
        so_far = np.cumsum(before[np.where(ends, coded, ~coded)], axis=0, dtype=np.int64)[ends]
        inside = so_far[:, last] - so_far[:, first]
        np.minimum.at(least, inside.ravel(), (so_far[:, -1:] * at_time).ravel())


def best_cylinders(
    circles: Circles,
    before: NDArray[np.int32],
    stretches: Stretches,
    at_time: NDArray[np.int64],
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]:
    """Find the most surprising cylinder around each centre.

    Parameters
    ----------
    circles : Circles
        The circles.
    before : ndarray of int32, shape (n, k)
        From ``counts_up_to``.
    stretches : Stretches
        The stretches.
    at_time : ndarray of int64, shape (w,)
        All incidents of each stretch.

    Returns
    -------
    llr : ndarray of float64, shape (n,)
        Its logarithm of the likelihood ratio.
    places : ndarray of int64, shape (n,)
        How many places it holds; the smallest of equal ones.
    stretch : ndarray of int64, shape (n,)
        Which stretch; the shortest of equal ones.
    """
    total = int(before[:, -1].sum())
    n = len(circles.starts) - 1
    llr = np.zeros(n)
    places, stretch = np.zeros(n, dtype=np.int64), np.zeros(n, dtype=np.int64)
    for centre in range(n):
        around, ends = circles.around(centre)
        if not len(around):
            continue
        so_far = np.cumsum(before[around], axis=0, dtype=np.int64)
        inside = so_far[:, stretches.last] - so_far[:, stretches.first]
        expected = so_far[:, -1:] * (at_time / total)
        value = poisson_llr(inside, expected, total, "greater")
        value[~ends] = 0.0
        best = int(np.argmax(value >= value.max() - _ROUNDING))
        row, stretch[centre] = divmod(best, len(at_time))
        llr[centre], places[centre] = value.flat[best], row + 1
    return llr, places, stretch


def permuted_maxima(
    circles: Circles,
    places: NDArray[np.intp],
    steps: NDArray[np.intp],
    stretches: Stretches,
    *,
    n_simulations: int,
    rng: np.random.Generator,
    loops: bool = True,
) -> NDArray[np.float64]:
    """Permute the times of the incidents again and again, and take the largest ratio of each.

    Parameters
    ----------
    circles : Circles
        The circles.
    places, steps : ndarray of intp, shape (incidents,)
        Where and when each was.
    stretches : Stretches
        The stretches.
    n_simulations : int
        Permutations.
    rng : numpy.random.Generator
        Where the randomness comes from.
    loops : bool, default True
        Take the compiled loop when there is one; the answer is the same.

    Returns
    -------
    ndarray of float64, shape (n_simulations,)
        The maxima, whatever the number of threads.
    """
    loop = (compiled(least_products_loop) if loops else None) or least_products_numpy
    find = partial(_largest, circles, places, stretches, incidents_in(steps, stretches), loop)
    batch = max(1, _BATCH // len(steps))
    found: list[float] = []
    with ThreadPoolExecutor(threads()) as pool:
        for first in range(0, n_simulations, batch):
            maps = min(batch, n_simulations - first)
            permuted = rng.permuted(np.tile(steps, (maps, 1)), axis=1)
            found.extend(pool.map(find, permuted))
    return np.array(found)


def incidents_in(steps: NDArray[np.intp], stretches: Stretches) -> NDArray[np.int64]:
    """Count all incidents of each stretch.

    Parameters
    ----------
    steps : ndarray of intp, shape (incidents,)
        When each was.
    stretches : Stretches
        The stretches.

    Returns
    -------
    ndarray of int64, shape (w,)
        The counts.
    """
    before = counts_up_to(np.zeros(len(steps), dtype=np.intp), steps, 1, stretches)[0]
    return np.asarray(before[stretches.last] - before[stretches.first], dtype=np.int64)


def _largest(
    circles: Circles,
    places: NDArray[np.intp],
    stretches: Stretches,
    at_time: NDArray[np.int64],
    loop: Any,  # noqa: ANN401 - the loop, compiled or not
    steps: NDArray[np.intp],
) -> float:
    total = len(steps)
    before = counts_up_to(places, steps, len(circles.base), stretches)
    least = np.full(total + 1, NONE)
    first, last = stretches.first, stretches.last
    loop(circles.starts, circles.members, before, first, last, at_time, least)
    inside = np.flatnonzero(least < NONE)
    return float(poisson_llr(inside, least[inside] / total, total, "greater").max(initial=0.0))
