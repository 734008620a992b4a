"""Loops over points in square bins; numba compiles them where it is installed.

Both take points in the order of their bins: those of bin ``b`` are ``starts[b]`` to
``starts[b + 1]``, bins run along x first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def bins_of(
    x: NDArray[np.float64], y: NDArray[np.float64], side: float
) -> tuple[NDArray[np.intp], NDArray[np.int64], int, int]:
    """Put points into square bins.

    Parameters
    ----------
    x, y : ndarray of float64, shape (n,)
        The points.
    side : float
        Side of a bin; it is made larger where there would be many more bins than points.

    Returns
    -------
    order : ndarray of intp, shape (n,)
        The points, bin after bin.
    starts : ndarray of int64, shape (columns * rows + 1,)
        Where the points of each bin start in ``order``.
    columns, rows : int
        How many bins lie side by side, and one above the other.
    """
    wide, high = x.max() - x.min(), y.max() - y.min()
    columns, rows = int(wide / side) + 1, int(high / side) + 1
    column = np.minimum((x - x.min()) / side, columns - 1).astype(np.int64)
    row = np.minimum((y - y.min()) / side, rows - 1).astype(np.int64)
    which = row * columns + column
    order = np.argsort(which, kind="stable")
    inside = np.bincount(which, minlength=columns * rows)
    starts = np.concatenate([[0], np.cumsum(inside)]).astype(np.int64)
    return order, starts, columns, rows


def hints_for(distances: NDArray[np.float64], *, n_parts: int = 4096) -> NDArray[np.int64]:
    """Say where to start looking for the first distance that is no shorter than a given one.

    Parameters
    ----------
    distances : ndarray of float64, shape (k,)
        Rising.
    n_parts : int, default 4096
        Parts of equal length up to the largest distance.

    Returns
    -------
    ndarray of int64, shape (n_parts + 2,)
        For each part a position at or before the one that is looked for; one part early, since the
        part may have been computed one too high.
    """
    edges = (np.arange(n_parts + 2) - 1) * (distances[-1] / n_parts)
    found = np.searchsorted(distances, edges, side="left")
    return np.asarray(np.minimum(found, len(distances) - 1), dtype=np.int64)


def nearest_loop(
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    starts: NDArray[np.int64],
    columns: int,
    rows: int,
    side: float,
    left: float,
    bottom: float,
) -> NDArray[np.float64]:
    """Find how far the nearest other point is from each.

    Parameters
    ----------
    x, y : ndarray of float64, shape (n,)
        Points in the order of their bins.
    starts : ndarray of int64, shape (columns * rows + 1,)
        Where the points of each bin start.
    columns, rows : int
        Bins side by side, and one above the other.
    side : float
        Side of a bin.
    left, bottom : float
        Corner of the first bin.

    Returns
    -------
    ndarray of float64, shape (n,)
        The distances, in the order of the points.
    """
    nearest = np.empty(len(x))
    for i in range(len(x)):
        column = min(int((x[i] - left) / side), columns - 1)
        row = min(int((y[i] - bottom) / side), rows - 1)
        best = np.inf
        ring = 0
        # Beyond the bins of a ring nothing is nearer than so many sides.
        while ring <= max(columns, rows) and (ring == 0 or best > ((ring - 1) * side) ** 2):
            for r in range(max(row - ring, 0), min(row + ring, rows - 1) + 1):
                whole = abs(r - row) == ring
                step = 1 if whole or ring == 0 else 2 * ring
                for c in range(column - ring, column + ring + 1, step):
                    if c < 0 or c >= columns:
                        continue
                    for j in range(starts[r * columns + c], starts[r * columns + c + 1]):
                        if j != i:
                            squared = (x[i] - x[j]) ** 2 + (y[i] - y[j]) ** 2
                            best = min(best, squared)
            ring += 1
        nearest[i] = np.sqrt(best)
    return nearest


def pairs_loop(  # noqa: PLR0913, PLR0917 - a loop takes all that it touches
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    starts: NDArray[np.int64],
    columns: int,
    rows: int,
    distances: NDArray[np.float64],
    hints: NDArray[np.int64],
    overlap: NDArray[np.float64],
    pixel_x: float,
    pixel_y: float,
) -> NDArray[np.float64]:
    """Add up the weights of pairs, by the first distance that reaches from one to the other.

    Parameters
    ----------
    x, y : ndarray of float64, shape (n,)
        Points in the order of their bins, whose sides are no shorter than the largest distance.
    starts : ndarray of int64, shape (columns * rows + 1,)
        Where the points of each bin start.
    columns, rows : int
        Bins side by side, and one above the other.
    distances : ndarray of float64, shape (k,)
        Rising.
    hints : ndarray of int64
        From ``hints_for(distances)``.
    overlap : ndarray of float64, shape (2 b + 1, 2 a + 1)
        Share of the area that a copy of it covers, moved by so many pixels up (rows) and right; of
        shape (1, 1) for pairs that weigh 1.
    pixel_x, pixel_y : float
        Size of a pixel.

    Returns
    -------
    ndarray of float64, shape (k,)
        Each pair counts once.
    """
    found = np.zeros(len(distances))
    reach = distances[-1]
    scale = (len(hints) - 2) / reach
    plain = overlap.shape[0] == 1
    middle_row, middle_column = overlap.shape[0] // 2, overlap.shape[1] // 2
    for b in range(columns * rows):
        row, column = b // columns, b % columns
        for i in range(starts[b], starts[b + 1]):
            for r in range(row, min(row + 1, rows - 1) + 1):
                for c in range(max(column - 1, 0), min(column + 1, columns - 1) + 1):
                    other = r * columns + c
                    if other < b:
                        continue
                    first = i + 1 if other == b else starts[other]
                    for j in range(first, starts[other + 1]):
                        dx, dy = x[j] - x[i], y[j] - y[i]
                        apart = np.sqrt(dx * dx + dy * dy)
                        if apart > reach:
                            continue
                        low = hints[int(apart * scale)]
                        while distances[low] < apart:
                            low += 1
                        if plain:
                            found[low] += 1.0
                            continue
                        u, v = dx / pixel_x + middle_column, dy / pixel_y + middle_row
                        p = min(int(u), overlap.shape[1] - 2)
                        q = min(int(v), overlap.shape[0] - 2)
                        s, t = u - p, v - q
                        share = (
                            overlap[q, p] * (1 - s) * (1 - t)
                            + overlap[q, p + 1] * s * (1 - t)
                            + overlap[q + 1, p] * (1 - s) * t
                            + overlap[q + 1, p + 1] * s * t
                        )
                        found[low] += 1.0 / share
    return found
