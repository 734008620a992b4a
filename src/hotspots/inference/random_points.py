"""Points thrown at random over an area, each spot as likely as any other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

if TYPE_CHECKING:
    from numpy.typing import NDArray


class RandomPoints:
    """Throw points into a polygon, none beside it.

    The polygon is cut into triangles once. A point is then thrown into a triangle chosen by its
    area, so that no throw is lost, however thin the polygon.

    Parameters
    ----------
    outline : shapely.Geometry
        A polygon or multipolygon on a plane; for points that are even on the ground, one on which
        areas are true.

    Examples
    --------
    >>> import numpy as np, shapely
    >>> from hotspots.inference.random_points import RandomPoints
    >>> x, y = RandomPoints(shapely.box(0, 0, 2, 1)).throw(1000, np.random.default_rng(1))
    >>> bool((x <= 2).all()), bool((y <= 1).all()), abs(float(x.mean()) - 1) < 0.1
    (True, True, True)
    """

    def __init__(self, outline: shapely.Geometry) -> None:
        parts = shapely.get_parts(shapely.constrained_delaunay_triangles(outline))
        corners = shapely.get_coordinates(shapely.get_exterior_ring(parts)).reshape(-1, 4, 2)
        self._start = corners[:, 0]
        self._one = corners[:, 1] - corners[:, 0]
        self._other = corners[:, 2] - corners[:, 0]
        so_far = np.cumsum(shapely.area(parts))
        self._shares = so_far / so_far[-1]

    def throw(
        self, n: int, rng: np.random.Generator
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Throw points.

        Parameters
        ----------
        n : int
            How many.
        rng : numpy.random.Generator
            Where the randomness comes from.

        Returns
        -------
        x, y : ndarray of float64, shape (n,)
            Independent of each other, and even over the area.
        """
        which = np.searchsorted(self._shares, rng.random(n), side="right")
        u, v = rng.random((2, n))
        beyond = u + v > 1  # the other half of the parallelogram: turned back into the triangle
        u, v = np.where(beyond, 1 - u, u), np.where(beyond, 1 - v, v)
        xy = self._start[which] + u[:, None] * self._one[which] + v[:, None] * self._other[which]
        return np.ascontiguousarray(xy[:, 0]), np.ascontiguousarray(xy[:, 1])
