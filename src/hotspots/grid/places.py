"""Each place once, with the incidents on it: many incidents share a place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Places:
    """Distinct places in an order that does not depend on that of the incidents.

    Attributes
    ----------
    x_m, y_m : ndarray of float64, shape (places,)
        Sorted by ``x_m``, then by ``y_m``; no two are equal in both.
    weights : ndarray of int64, shape (places,)
        Incidents on each.
    place_of : ndarray of intp, shape (n,)
        The place of each row that was given.
    """

    x_m: NDArray[np.float64]
    y_m: NDArray[np.float64]
    weights: NDArray[np.int64]
    place_of: NDArray[np.intp]


def distinct_places(
    x_m: NDArray[np.float64], y_m: NDArray[np.float64], weights: NDArray[np.int64]
) -> Places:
    """Put incidents on exactly the same coordinates together.

    Parameters
    ----------
    x_m, y_m : ndarray of float64, shape (n,)
        On a plane, in metres; none is NaN.
    weights : ndarray of int64, shape (n,)
        Incidents that each row stands for.

    Returns
    -------
    Places
        The places; rows in another order give the same ones.

    Examples
    --------
    >>> import numpy as np
    >>> from hotspots.grid.places import distinct_places
    >>> found = distinct_places(np.array([5.0, 0, 5]), np.zeros(3), np.array([1, 1, 2]))
    >>> found.x_m, found.weights, found.place_of
    (array([0., 5.]), array([1, 3]), array([1, 0, 1]))
    """
    # Three quick sorts of numbers are faster than one of pairs.
    rank_x, rank_y = _dense_rank(x_m)[0], _dense_rank(y_m)[0]
    place_of, first = _dense_rank(rank_x * len(y_m) + rank_y)
    sums = np.zeros(len(first), dtype=np.int64)
    np.add.at(sums, place_of, weights)
    return Places(x_m=x_m[first], y_m=y_m[first], weights=sums, place_of=place_of)


def _dense_rank(
    values: NDArray[np.float64] | NDArray[np.intp],
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Give each value the number of smaller distinct ones, and each distinct one a position."""
    order = np.argsort(values)
    ordered = values[order]
    is_new = np.ones(len(order), dtype=np.bool_)
    is_new[1:] = ordered[1:] != ordered[:-1]
    rank = np.empty(len(order), dtype=np.intp)
    rank[order] = np.cumsum(is_new) - 1
    return rank, order[is_new]
