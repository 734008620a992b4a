"""Circles around places, one inside the other: which places each of them holds."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.spatial import KDTree
from scipy.spatial.distance import cdist

from hotspots.errors import FitnessError

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Distances that differ by less are one distance: what a projection adds to coordinates is less.
TIE_M: Final = 1e-3
#: Places in all circles together; four bytes each.
MOST_MEMBERS: Final = 250_000_000
#: Distances at a time: bounds memory to some tens of megabytes a thread.
_BATCH: Final = 2_000_000
#: Sums of whole numbers up to twice this are exact, in whatever order they are added.
_EXACT: Final = 2.0**52


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Circles:
    """All circles around each centre, from the smallest to the largest that is allowed.

    Attributes
    ----------
    starts : ndarray of int64, shape (n + 1,)
        The places around centre ``i``, nearest first, are
        ``members[starts[i]:starts[i + 1]]``.
    members : ndarray of int32
        Positions of places. A circle may end after a place; where it may not, because the next
        place is just as far away, ``~position`` stands instead.
    base : ndarray of float64, shape (n,)
        What each place weighs, as whole numbers: their sums do not depend on the order.
    total_base : float
        Sum over all places.
    x_m, y_m : ndarray of float64, shape (n,)
        Places in metres on a plane.
    """

    starts: NDArray[np.int64]
    members: NDArray[np.int32]
    base: NDArray[np.float64]
    total_base: float
    x_m: NDArray[np.float64]
    y_m: NDArray[np.float64]

    def around(self, centre: int) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
        """Give the places around one centre, nearest first, and where a circle may end.

        Parameters
        ----------
        centre : int
            Position of the centre.

        Returns
        -------
        places : ndarray of intp
            Positions.
        ends : ndarray of bool
            True after a place with which a circle may end.
        """
        coded = self.members[self.starts[centre] : self.starts[centre + 1]]
        ends = coded >= 0
        return np.where(ends, coded, ~coded).astype(np.intp), ends


def threads() -> int:
    """Say how many threads may work at once.

    Returns
    -------
    int
        Processors that this process may use.
    """
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def whole_base(base: NDArray[np.float64]) -> NDArray[np.float64]:
    """Turn weights into whole numbers whose sums are exact; whole numbers stay as they are.

    Parameters
    ----------
    base : ndarray of float64, shape (n,)
        Weights, 0 or more.

    Returns
    -------
    ndarray of float64, shape (n,)
        The same up to one factor, to one part in 2**52 of their sum.
    """
    if (base == np.floor(base)).all() and base.sum() < _EXACT:
        return base
    return np.asarray(np.round(base * (_EXACT / base.sum())))


def nested_circles(
    x_m: NDArray[np.float64],
    y_m: NDArray[np.float64],
    base: NDArray[np.float64],
    *,
    max_share: float,
    max_radius_m: float | None = None,
) -> Circles:
    """Find the circles around each place that hold at most a share of the base.

    Places that are equally far away enter together or not at all.

    Parameters
    ----------
    x_m, y_m : ndarray of float64, shape (n,)
        Places in metres on a plane.
    base : ndarray of float64, shape (n,)
        What each weighs (its population, or its area), 0 or more.
    max_share : float
        A circle holds at most this share of the whole base.
    max_radius_m : float or None, default None
        A circle is at most so large.

    Returns
    -------
    Circles
        At most n for each centre; none for a centre whose own base is above the share.

    Raises
    ------
    FitnessError
        If all circles together would hold more places than there is memory for.
    """
    points = np.column_stack([x_m, y_m]).astype(np.float64)
    weights = whole_base(np.asarray(base, dtype=np.float64))
    # A share such as 0.1 is not a number that a computer knows exactly.
    most = max_share * float(weights.sum()) * (1 + 1e-12)
    tree = None if max_radius_m is None else KDTree(points)
    _refuse_too_many(points, tree, max_share=max_share, max_radius_m=max_radius_m)
    step = max(1, _BATCH // len(points))
    make = partial(_rows, points, weights, most, tree, max_radius_m, step)
    with ThreadPoolExecutor(threads()) as pool:
        rows = [row for found in pool.map(make, range(0, len(points), step)) for row in found]
    starts = np.concatenate([[0], np.cumsum([len(row) for row in rows])]).astype(np.int64)
    return Circles(
        starts=starts,
        members=np.concatenate(rows),
        base=weights,
        total_base=float(weights.sum()),
        x_m=points[:, 0],
        y_m=points[:, 1],
    )


def _refuse_too_many(
    points: NDArray[np.float64],
    tree: KDTree | None,
    *,
    max_share: float,
    max_radius_m: float | None,
) -> None:
    if tree is None:
        members = int(max_share * len(points) ** 2)
    else:
        members = int(tree.query_ball_point(points, max_radius_m, return_length=True).sum())
    if members > MOST_MEMBERS:
        msg = (
            f"The circles around {len(points):,} cells would hold about {members:,} cells "
            f"together; the most is {MOST_MEMBERS:,} (a gigabyte). Give a smaller max_radius_m, a "
            "smaller max_share, or larger cells."
        )
        raise FitnessError(msg)


def _rows(
    points: NDArray[np.float64],
    weights: NDArray[np.float64],
    most: float,
    tree: KDTree | None,
    max_radius_m: float | None,
    step: int,
    first: int,
) -> list[NDArray[np.int32]]:
    """Sort the places around each of some centres."""
    centres = points[first : first + step]
    if tree is not None:
        inside = tree.query_ball_point(centres, max_radius_m)
        near = [np.asarray(places, dtype=np.intp) for places in inside]
        away = [np.hypot(*(points[p] - c).T) for p, c in zip(near, centres, strict=True)]
        orders = [np.argsort(d) for d in away]
        return [
            _coded(p[o], d[o], weights, most) for p, d, o in zip(near, away, orders, strict=True)
        ]
    distances = cdist(centres, points)
    order = np.argsort(distances, axis=1)
    distances = np.take_along_axis(distances, order, axis=1)
    return [_coded(o, d, weights, most) for o, d in zip(order, distances, strict=True)]


def _coded(
    places: NDArray[np.intp],
    distances: NDArray[np.float64],
    weights: NDArray[np.float64],
    most: float,
) -> NDArray[np.int32]:
    ends = np.append(np.diff(distances) > TIE_M, True)
    inside = np.searchsorted(np.cumsum(weights[places]), most, side="right")
    allowed = np.flatnonzero(ends[:inside])
    if not len(allowed):
        return np.empty(0, dtype=np.int32)
    last = allowed[-1] + 1
    return np.where(ends[:last], places[:last], ~places[:last]).astype(np.int32)
