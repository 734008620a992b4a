"""Distances to the nearest neighbour, and pairs by distance: compiled, or with a KD-tree."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.spatial import cKDTree

from hotspots.compiled import compiled
from hotspots.methods.spacing.loops import bins_of, hints_for, nearest_loop, pairs_loop

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hotspots.methods.spacing.overlap import Overlap

#: Points in a bin, when the nearest one is looked for.
_IN_A_BIN: Final = 2.0
#: Pairs at a time without compiled loops: some 200 MB.
_PAIRS: Final = 2_000_000


def nearest_distances(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    """Find how far the nearest other point is from each.

    Parameters
    ----------
    x, y : ndarray of float64, shape (n,)
        The points, two or more.

    Returns
    -------
    ndarray of float64, shape (n,)
        The distances, in no particular order.
    """
    loop = compiled(nearest_loop)
    extent = max(float(np.ptp(x)), float(np.ptp(y)))
    if loop is None or extent == 0:
        return nearest_by_tree(x, y)
    side = _side(x, y, _IN_A_BIN)
    order, starts, columns, rows = bins_of(x, y, side)
    found = loop(x[order], y[order], starts, columns, rows, side, x.min(), y.min())
    return np.asarray(found)


def nearest_by_tree(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    """Find how far the nearest other point is from each, without compiled loops.

    Parameters
    ----------
    x, y : ndarray of float64, shape (n,)
        The points, two or more.

    Returns
    -------
    ndarray of float64, shape (n,)
        The distances, in the order of the points.
    """
    points = np.column_stack([x, y])
    apart, _ = cKDTree(points).query(points, k=2)
    return np.asarray(apart[:, 1])


def pairs_within(
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    distances: NDArray[np.float64],
    overlap: Overlap | None,
) -> NDArray[np.float64]:
    """Add up the weights of the pairs that are no farther apart than each distance.

    Parameters
    ----------
    x, y : ndarray of float64, shape (n,)
        The points.
    distances : ndarray of float64, shape (k,)
        Rising, above 0.
    overlap : Overlap or None
        From which a pair gets its weight; None: all weigh 1.

    Returns
    -------
    ndarray of float64, shape (k,)
        Each pair counts once.
    """
    loop = compiled(pairs_loop)
    if loop is None:
        return pairs_by_tree(x, y, distances, overlap)
    side = max(float(distances[-1]), _side(x, y, 1.0))
    order, starts, columns, rows = bins_of(x, y, side)
    share = np.ones((1, 1)) if overlap is None else overlap.share
    pixels = (1.0, 1.0) if overlap is None else (overlap.pixel_x, overlap.pixel_y)
    found = loop(
        x[order], y[order], starts, columns, rows, distances, hints_for(distances), share, *pixels
    )
    return np.cumsum(found)


def pairs_by_tree(
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    distances: NDArray[np.float64],
    overlap: Overlap | None,
) -> NDArray[np.float64]:
    """Do as ``pairs_within`` without compiled loops.

    Parameters
    ----------
    x, y : ndarray of float64, shape (n,)
        The points.
    distances : ndarray of float64, shape (k,)
        Rising, above 0.
    overlap : Overlap or None
        From which a pair gets its weight; None: all weigh 1.

    Returns
    -------
    ndarray of float64, shape (k,)
        Each pair counts once.
    """
    points = np.column_stack([x, y])
    tree = cKDTree(points)
    # A little farther, so that rounding loses no pair at just the largest distance.
    reach = float(distances[-1]) * (1 + 1e-9)
    near = tree.query_ball_point(points, reach, return_length=True)
    block = np.cumsum(near) // _PAIRS
    found = np.zeros(len(distances))
    for k in np.unique(block).tolist():
        some = np.flatnonzero(block == k)
        pairs = cKDTree(points[some]).sparse_distance_matrix(tree, reach, output_type="ndarray")
        i, j = some[pairs["i"]], pairs["j"]
        once = i < j
        dx, dy = (points[j[once]] - points[i[once]]).T
        apart = np.sqrt(dx * dx + dy * dy)
        which = np.searchsorted(distances, apart, side="left")
        kept = which < len(distances)
        weights = None if overlap is None else 1 / overlap.at(dx[kept], dy[kept])
        found += np.bincount(which[kept], weights=weights, minlength=len(distances))
    return np.cumsum(found)


def _side(x: NDArray[np.float64], y: NDArray[np.float64], in_a_bin: float) -> float:
    """Give a side with which bins hold so many points on average."""
    wide, high = float(np.ptp(x)), float(np.ptp(y))
    longest = max(wide, high)
    # A line of points would have bins without width.
    room = max(wide, longest / len(x)) * max(high, longest / len(x))
    return float(np.sqrt(room * in_a_bin / len(x)))
