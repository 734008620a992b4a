"""The loops of DBSCAN over squares, for numba; ``bins`` and ``blocks`` do the same in NumPy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]


def run_loop(keys: Ints, starts: Ints, stride: int, reach: int) -> tuple[Ints, Ints]:
    """Find where the places of the squares around each square begin and end, row by row.

    Parameters
    ----------
    keys : ndarray of int64, shape (bins,)
        The squares, sorted: ``stride`` times the row, plus the column.
    starts : ndarray of int64, shape (bins + 1,)
        As in ``Bins``.
    stride : int
        From one row to the next.
    reach : int
        Rows and columns to either side.

    Returns
    -------
    low, high : ndarray of int64, shape (bins, 2 * reach + 1)
        As in ``Bins``.
    """
    low = np.empty((len(keys), 2 * reach + 1), dtype=np.int64)
    high = np.empty_like(low)
    for run in range(2 * reach + 1):
        first = last = 0
        # Both ends only ever move on, since the squares come in their order.
        for b in range(len(keys)):
            middle = keys[b] + (run - reach) * stride
            while first < len(keys) and keys[first] < middle - reach:
                first += 1
            while last < len(keys) and keys[last] <= middle + reach:
                last += 1
            low[b, run] = starts[first]
            high[b, run] = starts[last]
    return low, high


def core_loop(  # noqa: C901 - a loop over arrays, flat so that numba takes it
    x: Floats,
    y: Floats,
    so_far: Ints,
    starts: Ints,
    low: Ints,
    high: Ints,
    squared_reach: float,
    needed: int,
) -> NDArray[np.bool_]:
    """Find the places with enough incidents within reach, their own included.

    Parameters
    ----------
    x, y : ndarray of float64, shape (places,)
        As in ``Bins``.
    so_far, starts, low, high : ndarray of int64
        As in ``Bins``.
    squared_reach : float
        The reach, squared.
    needed : int
        Incidents that are enough.

    Returns
    -------
    ndarray of bool, shape (places,)
        Whether a place is a core.
    """
    core = np.zeros(len(x), dtype=np.bool_)
    for b in range(len(starts) - 1):
        first, last = starts[b], starts[b + 1]
        own = so_far[last] - so_far[first]
        if own >= needed:
            core[first:last] = True
            continue
        around = 0
        for run in range(low.shape[1]):
            around += so_far[high[b, run]] - so_far[low[b, run]]
        if around < needed:
            continue
        for i in range(first, last):
            found = own
            for run in range(low.shape[1]):
                for j in range(low[b, run], high[b, run]):
                    if first <= j < last:
                        continue
                    if (x[i] - x[j]) ** 2 + (y[i] - y[j]) ** 2 <= squared_reach:
                        found += so_far[j + 1] - so_far[j]
                        if found >= needed:
                            break
                if found >= needed:
                    core[i] = True
                    break
    return core


def join_loop(  # noqa: C901 - as core_loop
    x: Floats,
    y: Floats,
    core: NDArray[np.bool_],
    bin_of: Ints,
    starts: Ints,
    low: Ints,
    high: Ints,
    squared_reach: float,
) -> Ints:
    """Join squares that hold cores within reach of each other.

    Parameters
    ----------
    x, y : ndarray of float64, shape (places,)
        As in ``Bins``.
    core : ndarray of bool, shape (places,)
        From ``core_loop``.
    bin_of, starts, low, high : ndarray of int64
        As in ``Bins``.
    squared_reach : float
        The reach, squared.

    Returns
    -------
    ndarray of int64, shape (bins,)
        Squares with the same number are joined; the number is that of one of them.
    """
    parent = np.arange(len(starts) - 1)
    for b in range(len(parent)):
        root = b
        while parent[root] != root:
            root = parent[root]
        for i in range(starts[b], starts[b + 1]):
            if not core[i]:
                continue
            # Squares that come later only: the others have looked at this one.
            for run in range(low.shape[1] // 2, low.shape[1]):
                j = max(low[b, run], starts[b + 1])
                while j < high[b, run]:
                    other = bin_of[j]
                    while parent[other] != other:
                        parent[other] = parent[parent[other]]
                        other = parent[other]
                    near = (x[i] - x[j]) ** 2 + (y[i] - y[j]) ** 2 <= squared_reach
                    if other == root or (core[j] and near):
                        if other < root:
                            parent[root] = other
                            root = other
                        else:
                            parent[other] = root
                        j = starts[bin_of[j] + 1]
                    else:
                        j += 1
    for b in range(len(parent)):
        parent[b] = parent[parent[b]]
    return parent


def nearest_loop(
    x: Floats,
    y: Floats,
    core: NDArray[np.bool_],
    rank: Ints,
    starts: Ints,
    low: Ints,
    high: Ints,
    squared_reach: float,
) -> Ints:
    """Find the nearest core within reach of each place that is none.

    Parameters
    ----------
    x, y : ndarray of float64, shape (places,)
        As in ``Bins``.
    core : ndarray of bool, shape (places,)
        From ``core_loop``.
    rank, starts, low, high : ndarray of int64
        As in ``Bins``.
    squared_reach : float
        The reach, squared.

    Returns
    -------
    ndarray of int64, shape (places,)
        Position of the core; of two at the same distance the one with the smaller rank. A core has
        itself, and -1 means that there is none.
    """
    nearest = np.full(len(x), -1)
    cores_so_far = np.zeros(len(x) + 1, dtype=np.int64)
    cores_so_far[1:] = np.cumsum(core)
    for b in range(len(starts) - 1):
        around = 0
        for run in range(low.shape[1]):
            around += cores_so_far[high[b, run]] - cores_so_far[low[b, run]]
        if around == 0:
            continue
        for i in range(starts[b], starts[b + 1]):
            if core[i]:
                nearest[i] = i
                continue
            best = squared_reach
            for run in range(low.shape[1]):
                for j in range(low[b, run], high[b, run]):
                    if not core[j]:
                        continue
                    away = (x[i] - x[j]) ** 2 + (y[i] - y[j]) ** 2
                    first = nearest[i] < 0 or rank[j] < rank[nearest[i]]
                    if away < best or (away == best and first):
                        best = away
                        nearest[i] = j
    return nearest
