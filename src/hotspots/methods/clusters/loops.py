"""The three loops of DBSCAN over squares, for numba; ``blocks`` does the same in NumPy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]


def core_loop(  # noqa: C901 - a loop over arrays, flat so that numba takes it
    x: Floats,
    y: Floats,
    weights: Ints,
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
    weights, starts, low, high : ndarray of int64
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
        own = 0
        for i in range(first, last):
            own += weights[i]
        if own >= needed:
            core[first:last] = True
            continue
        for i in range(first, last):
            found = own
            for run in range(low.shape[1]):
                for j in range(low[b, run], high[b, run]):
                    if first <= j < last:
                        continue
                    if (x[i] - x[j]) ** 2 + (y[i] - y[j]) ** 2 <= squared_reach:
                        found += weights[j]
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
    for b in range(len(starts) - 1):
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
