"""Squares on the plane, so small that two places in one are near, and which lie around which."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from hotspots.compiled import compiled
from hotspots.methods.clusters.loops import run_loop

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Squares this many rows and columns away can hold a place that is near.
REACH: Final = 2
#: A square is smaller than need be by this share, so that rounding cannot make it too large.
_SLACK: Final = 1e-6


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Bins:
    """Places sorted into squares whose diagonal is a little shorter than the reach.

    Attributes
    ----------
    x, y : ndarray of float64, shape (places,)
        The places in the order of the squares.
    weights : ndarray of int64, shape (places,)
        Incidents on them.
    so_far : ndarray of int64, shape (places + 1,)
        Incidents on the places before each; the last is all of them.
    rank : ndarray of int64, shape (places,)
        Position of each place before sorting.
    bin_of : ndarray of int64, shape (places,)
        The square of each place.
    starts : ndarray of int64, shape (bins + 1,)
        Square ``b`` holds the places ``starts[b]:starts[b + 1]``; no square is empty.
    low, high : ndarray of int64, shape (bins, 5)
        Every place within reach of a place in square ``b`` is in one of the five runs
        ``low[b, r]:high[b, r]``, one for each row of squares from two below to two above.
    """

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    weights: NDArray[np.int64]
    so_far: NDArray[np.int64]
    rank: NDArray[np.int64]
    bin_of: NDArray[np.int64]
    starts: NDArray[np.int64]
    low: NDArray[np.int64]
    high: NDArray[np.int64]


def sort_into_bins(
    x: NDArray[np.float64], y: NDArray[np.float64], weights: NDArray[np.int64], reach: float
) -> Bins:
    """Sort places into squares.

    Any two places in one square are within reach of each other, as in Gunawan's and in Gan and
    Tao's exact algorithms.

    Parameters
    ----------
    x, y : ndarray of float64, shape (places,)
        At least one place. The extent may not be more than 10^9 times the reach.
    weights : ndarray of int64, shape (places,)
        Incidents on each.
    reach : float
        Positive, in the unit of the places.

    Returns
    -------
    Bins
        The squares that hold a place.
    """
    side = reach / np.sqrt(2.0) * (1.0 - _SLACK)
    row = np.floor((x - x.min()) / side).astype(np.int64)
    column = np.floor((y - y.min()) / side).astype(np.int64) + REACH
    # So wide that a step to the side never ends in another row.
    stride = int(column.max()) + REACH + 1
    key = row * stride + column
    order = np.argsort(key)
    key = key[order]
    is_new = np.ones(len(key), dtype=np.bool_)
    is_new[1:] = key[1:] != key[:-1]
    starts = np.append(np.flatnonzero(is_new), len(key)).astype(np.int64)
    keys = key[starts[:-1]]
    find_runs = compiled(run_loop) or runs_by_search
    low, high = find_runs(keys, starts, stride, REACH)
    ordered = weights[order]
    return Bins(
        x=x[order],
        y=y[order],
        weights=ordered,
        so_far=np.concatenate([[0], np.cumsum(ordered)]),
        rank=order.astype(np.int64),
        bin_of=np.cumsum(is_new) - 1,
        starts=starts,
        low=low,
        high=high,
    )


def runs_by_search(
    keys: NDArray[np.int64], starts: NDArray[np.int64], stride: int, reach: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Find what ``run_loop`` finds, without numba.

    Parameters
    ----------
    keys, starts : ndarray of int64
        As in ``run_loop``.
    stride, reach : int
        As in ``run_loop``.

    Returns
    -------
    low, high : ndarray of int64, shape (bins, 2 * reach + 1)
        As in ``Bins``.
    """
    middle = keys + np.arange(-reach, reach + 1)[:, None] * stride
    low = np.searchsorted(keys, middle - reach, side="left")
    high = np.searchsorted(keys, middle + reach, side="right")
    return np.ascontiguousarray(starts[low].T), np.ascontiguousarray(starts[high].T)
