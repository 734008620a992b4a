"""Shapes on a plane in metres, in which areas are true."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import shapely

from hotspots.crs import WGS84, local_equal_area_crs, project, unwrap_longitudes

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: A side that is straight in degrees is bent on the plane; cut into pieces of this length it lies
#: within some centimetres of where it should.
_PIECE_DEGREES: Final = 0.01
_HALF_TURN: Final = 180.0


def on_plane(shapes: NDArray[np.object_], middle: tuple[float, float]) -> NDArray[np.object_]:
    """Put shapes on the equal-area plane around a place.

    Parameters
    ----------
    shapes : ndarray of shapely.Geometry, shape (n,)
        In EPSG:4326.
    middle : tuple of float
        Latitude and longitude around which the plane lies, in degrees.

    Returns
    -------
    ndarray of shapely.Geometry, shape (n,)
        In metres, in ``local_equal_area_crs(*middle)``. Sides follow what is straight in degrees,
        and a shape that is cut at the 180th meridian is whole again.
    """
    pieces = unwrap_longitudes(shapely.segmentize(shapes, _PIECE_DEGREES), middle[1])
    plane = np.array(project(pieces, WGS84, local_equal_area_crs(*middle)), dtype=object)
    bounds = shapely.bounds(shapes)
    for i in np.flatnonzero(bounds[:, 2] - bounds[:, 0] > _HALF_TURN):
        plane[i] = shapely.union_all(shapely.get_parts(plane[i]))
    return plane
