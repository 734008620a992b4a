"""Sums of kernels at many places: each incident is added where its kernel reaches, and only there.

Many equal Gaussians go by way of a lattice (``lattice.py``). For all else the places lie in
buckets. An incident looks up, for each row of buckets that its kernel reaches,
the run of buckets within the kernel's circle; the places of such a run stand side by side in
memory. The compiled way and the NumPy way walk the same runs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from hotspots.compiled import compiled
from hotspots.methods.density.kernels import (
    GAUSSIAN_REACH,
    KERNELS,
    peak,
    profile,
    reach_per_bandwidth,
)
from hotspots.methods.density.lattice import gaussian_sums, lattice_pays

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Buckets to one reach: more cut the circle closer, and cost more look-ups.
_PER_REACH: Final = 3
#: At most so many buckets for each place, however small the reach.
_MOST_BUCKETS: Final = 4
#: Pairs of incident and place that NumPy takes at a time: bounds its memory to some 100 MB.
_PAIRS_AT_A_TIME: Final = 2_000_000
#: exp(-t) near t = 25/128, where t runs from 0 to 25/64: the Gaussian is its 32nd power. The
#: seven terms are right to 1e-9, and a compiler can work on several places at a time.
_MIDDLE: Final = GAUSSIAN_REACH**2 / 128
_AT_MIDDLE: Final = float(np.exp(-_MIDDLE))


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Buckets:
    """Places sorted into square buckets.

    Attributes
    ----------
    x_m, y_m : ndarray of float64, shape (n,)
        The places, bucket by bucket, row by row.
    order : ndarray of intp, shape (n,)
        Which of the places given stands there.
    starts : ndarray of int64, shape (rows * columns + 1,)
        Where each bucket begins.
    left_m, low_m, side_m : float
        Corner of the first bucket, and the side of all.
    rows, columns : int
        How many there are.
    """

    x_m: NDArray[np.float64]
    y_m: NDArray[np.float64]
    order: NDArray[np.intp]
    starts: NDArray[np.int64]
    left_m: float
    low_m: float
    side_m: float
    rows: int
    columns: int


def kernel_sums(
    x_m: NDArray[np.float64],
    y_m: NDArray[np.float64],
    weights: NDArray[np.float64],
    bandwidths_m: NDArray[np.float64],
    *,
    at_x_m: NDArray[np.float64],
    at_y_m: NDArray[np.float64],
    kernel: str,
    use_compiled: bool = True,
) -> NDArray[np.float64]:
    """Add up kernels around points, at places.

    Parameters
    ----------
    x_m, y_m : ndarray of float64, shape (n,)
        The points, in metres.
    weights : ndarray of float64, shape (n,)
        What each counts for.
    bandwidths_m : ndarray of float64, shape (n,)
        The bandwidth at each point.
    at_x_m, at_y_m : ndarray of float64, shape (k,)
        The places.
    kernel : {"quartic", "gaussian", "epanechnikov"}
        The kernel.
    use_compiled : bool, default True
        Whether to take the compiled loop where numba is installed.

    Returns
    -------
    ndarray of float64, shape (k,)
        The sums, per square metre.
    """
    if not len(at_x_m) or not len(x_m):
        return np.zeros(len(at_x_m))
    reach = bandwidths_m * reach_per_bandwidth(kernel)
    if kernel == "gaussian" and (bandwidths_m == bandwidths_m[0]).all():
        spread, far = float(bandwidths_m[0]), float(reach[0])
        if lattice_pays(x_m, y_m, at_x_m, at_y_m, spread, far):
            return gaussian_sums(
                x_m,
                y_m,
                weights,
                spread,
                at_x_m=at_x_m,
                at_y_m=at_y_m,
                use_compiled=use_compiled,
            )
    buckets = _sorted_into_buckets(at_x_m, at_y_m, float(np.median(reach)))
    heights = weights * peak(kernel) / bandwidths_m**2
    # Points that lie near each other reach the same buckets; in this order those stay at hand.
    near = np.lexsort((x_m, np.floor((y_m - buckets.low_m) / buckets.side_m)))
    points = (x_m[near], y_m[near], heights[near], bandwidths_m[near], reach[near])
    sums = np.zeros(len(at_x_m))
    loop = compiled(_add_kernels) if use_compiled else None
    if loop is None:
        _add_kernels_by_numpy(points, buckets, kernel, sums)
    else:
        places = (buckets.x_m, buckets.y_m, buckets.starts)
        corner = (buckets.left_m, buckets.low_m, buckets.side_m)
        size = (buckets.rows, buckets.columns)
        loop(points, places, corner, size, KERNELS.index(kernel), sums)
    out = np.empty(len(sums))
    out[buckets.order] = sums
    return out


def _sorted_into_buckets(
    x_m: NDArray[np.float64], y_m: NDArray[np.float64], reach_m: float
) -> Buckets:
    left, low = float(x_m.min()), float(y_m.min())
    width, height = float(x_m.max()) - left, float(y_m.max()) - low
    fewest = max(width, height) / (_MOST_BUCKETS * len(x_m))
    fine = np.sqrt(width * height / (_MOST_BUCKETS * len(x_m)))
    side = max(reach_m / _PER_REACH, fine, fewest)
    columns, rows = int(width // side) + 1, int(height // side) + 1
    column = np.minimum((x_m - left) // side, columns - 1).astype(np.int64)
    bucket = np.minimum((y_m - low) // side, rows - 1).astype(np.int64) * columns + column
    order = np.argsort(bucket, kind="stable")
    starts = np.zeros(rows * columns + 1, dtype=np.int64)
    np.cumsum(np.bincount(bucket, minlength=rows * columns), out=starts[1:])
    return Buckets(
        x_m=x_m[order],
        y_m=y_m[order],
        order=order,
        starts=starts,
        left_m=left,
        low_m=low,
        side_m=side,
        rows=rows,
        columns=columns,
    )


def _add_kernels(points, places, corner, size, kind, sums):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202 - for numba, which takes no types
    x_m, y_m, heights, bandwidths_m, reaches_m = points
    at_x, at_y, starts = places
    left, low, side = corner
    rows, columns = size
    for j in range(len(x_m)):
        x, y, height, reach = x_m[j], y_m[j], heights[j], reaches_m[j]
        scale = 1.0 / (bandwidths_m[j] * bandwidths_m[j])
        first = max(0, int(np.floor((y - reach - low) / side)))
        last = min(rows - 1, int(np.floor((y + reach - low) / side)))
        for row in range(first, last + 1):
            away = max(0.0, low + row * side - y, y - low - (row + 1) * side)
            half = np.sqrt(max(0.0, reach * reach - away * away))
            begin = max(0, int(np.floor((x - half - left) / side)))
            end = min(columns - 1, int(np.floor((x + half - left) / side)))
            if end < begin:
                continue
            start, stop = starts[row * columns + begin], starts[row * columns + end + 1]
            # Slices, so that the index runs from 0 and the loop can take several at a time.
            to_x, to_y, out = at_x[start:stop], at_y[start:stop], sums[start:stop]
            if kind == 0:
                for k in range(stop - start):
                    u = max(0.0, 1 - ((to_x[k] - x) ** 2 + (to_y[k] - y) ** 2) * scale)
                    out[k] += height * u * u
            elif kind == 1:
                for k in range(stop - start):
                    z = ((to_x[k] - x) ** 2 + (to_y[k] - y) ** 2) * scale
                    # Beyond the cut nothing counts, but no power may overflow.
                    t = min(z, 2.0 * GAUSSIAN_REACH * GAUSSIAN_REACH) / 64 - _MIDDLE
                    e = 1 + t * (-1 + t * (1 / 2 + t * (-1 / 6 + t * (1 / 24 + t * -1 / 120))))
                    e = _AT_MIDDLE * (e + t * t * t * t * t * t / 720)
                    e *= e
                    e *= e
                    e *= e
                    e *= e
                    e *= e
                    out[k] += height * e * (z <= GAUSSIAN_REACH * GAUSSIAN_REACH)
            else:
                for k in range(stop - start):
                    u = max(0.0, 1 - ((to_x[k] - x) ** 2 + (to_y[k] - y) ** 2) * scale)
                    out[k] += height * u


def _add_kernels_by_numpy(
    points: tuple[NDArray[np.float64], ...],
    buckets: Buckets,
    kernel: str,
    sums: NDArray[np.float64],
) -> None:
    """Walk the same runs of buckets, many points at a time."""
    x_m, y_m, heights, bandwidths_m, reach = points
    side, low = buckets.side_m, buckets.low_m
    first = np.maximum(np.floor((y_m - reach - low) / side), 0).astype(np.int64)
    last = np.minimum(np.floor((y_m + reach - low) / side), buckets.rows - 1).astype(np.int64)
    for step in range(max(int((last - first).max()) + 1, 0)):
        row = first + step
        who = np.flatnonzero(row <= last)
        start, stop = _runs(x_m[who], y_m[who], reach[who], row[who], buckets)
        lengths = stop - start
        blocks = np.cumsum(lengths) // _PAIRS_AT_A_TIME
        for block in np.split(np.arange(len(who)), np.flatnonzero(np.diff(blocks)) + 1):
            n = lengths[block]
            at = np.repeat(start[block] - np.cumsum(n) + n, n) + np.arange(n.sum())
            one = np.repeat(who[block], n)
            away = (buckets.x_m[at] - x_m[one]) ** 2 + (buckets.y_m[at] - y_m[one]) ** 2
            added = heights[one] * profile(kernel, away / bandwidths_m[one] ** 2)
            sums += np.bincount(at, weights=added, minlength=len(sums))


def _runs(
    x_m: NDArray[np.float64],
    y_m: NDArray[np.float64],
    reach: NDArray[np.float64],
    row: NDArray[np.int64],
    buckets: Buckets,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    side, left = buckets.side_m, buckets.left_m
    below = buckets.low_m + row * side
    away = np.maximum(0, np.maximum(below - y_m, y_m - below - side))
    half = np.sqrt(np.maximum(0, reach**2 - away**2))
    begin = np.maximum(np.floor((x_m - half - left) / side), 0).astype(np.int64)
    end = np.minimum(np.floor((x_m + half - left) / side), buckets.columns - 1).astype(np.int64)
    start = buckets.starts[row * buckets.columns + np.minimum(begin, buckets.columns - 1)]
    stop = buckets.starts[row * buckets.columns + np.maximum(end, 0) + 1]
    return start, np.where(end < begin, start, stop)
