"""Metres around a place, and polygons that cross the 180th meridian."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyproj
import shapely

if TYPE_CHECKING:
    from numpy.typing import NDArray

WGS84: Final = "EPSG:4326"
_HALF_TURN: Final = 180.0
_TURN: Final = 360.0


def local_equal_area_crs(latitude: float, longitude: float) -> pyproj.CRS:
    """Give a projected CRS in metres, centred on a place, in which areas are true.

    Parameters
    ----------
    latitude, longitude : float
        The centre, in degrees.

    Returns
    -------
    pyproj.CRS
        Lambert azimuthal equal-area on WGS 84. Distances are true to 0.1 % within about 500 km.
    """
    return pyproj.CRS.from_proj4(
        f"+proj=laea +lat_0={latitude:.6f} +lon_0={longitude:.6f} +datum=WGS84 +units=m +no_defs"
    )


def centre_of(geometry: shapely.Geometry) -> tuple[float, float]:
    """Find the middle of a geometry in degrees, also when it lies on both sides of 180 degrees.

    Parameters
    ----------
    geometry : shapely.Geometry
        In EPSG:4326.

    Returns
    -------
    latitude, longitude : float
        Middle of its vertices' extent, in degrees.
    """
    lng, lat = shapely.get_coordinates(geometry).T
    if np.ptp(lng) > _HALF_TURN:
        lng = np.where(lng < 0, lng + _TURN, lng)
    middle = float(lng.min() + lng.max()) / 2
    return float(lat.min() + lat.max()) / 2, (middle + _HALF_TURN) % _TURN - _HALF_TURN


def unwrap_longitudes(geometry: shapely.Geometry, longitude: float) -> shapely.Geometry:
    """Shift each vertex by whole turns so that it lies within 180 degrees of a longitude.

    Parameters
    ----------
    geometry : shapely.Geometry
        In degrees.
    longitude : float
        The longitude to stay near.

    Returns
    -------
    shapely.Geometry
        The same places; longitudes may lie outside -180 to 180.
    """

    def near(coordinates: NDArray[np.float64]) -> NDArray[np.float64]:
        turns = np.round((coordinates[:, 0] - longitude) / _TURN)
        return np.column_stack([coordinates[:, 0] - turns * _TURN, coordinates[:, 1]])

    return shapely.transform(geometry, near)


def cut_at_antimeridian(polygons: Any) -> NDArray[np.object_]:  # noqa: ANN401 - one geometry or many
    """Cut polygons that leave -180 to 180 degrees at the 180th meridian, as RFC 7946 asks.

    Parameters
    ----------
    polygons : shapely.Geometry or array of shapely.Geometry
        In degrees, with longitudes that run on past 180 or -180.

    Returns
    -------
    ndarray of shapely.Geometry
        The polygons; those that crossed are MultiPolygons with all longitudes in -180 to 180.
    """
    out = np.array(np.atleast_1d(polygons), dtype=object)
    bounds = shapely.bounds(out)
    outside = np.flatnonzero((bounds[:, 0] < -_HALF_TURN) | (bounds[:, 2] > _HALF_TURN))
    for i in outside:
        parts = []
        for turn in (-1, 0, 1):
            west = turn * _TURN - _HALF_TURN
            part = shapely.intersection(out[i], shapely.box(west, -90, west + _TURN, 90))
            parts.append(
                shapely.transform(part, lambda xy, shift=turn * _TURN: xy - np.array([shift, 0.0]))
            )
        # A side that runs along the meridian leaves a line on its other side.
        pieces = shapely.get_parts(parts)
        out[i] = shapely.union_all(pieces[shapely.area(pieces) > 0])
    return out


def project(geometries: Any, source: Any, target: Any) -> Any:  # noqa: ANN401 - shapely, one or many; any CRS
    """Move geometries from one CRS to another, without a GeoDataFrame around them.

    Parameters
    ----------
    geometries : shapely.Geometry or array of shapely.Geometry
        What is to be moved.
    source, target : anything that pyproj takes as a CRS
        From where, and where to; axis order is always x, y.

    Returns
    -------
    shapely.Geometry or ndarray of shapely.Geometry
        The same geometries in the target CRS.
    """
    mover = pyproj.Transformer.from_crs(source, target, always_xy=True)

    def move(xy: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.column_stack(mover.transform(xy[:, 0], xy[:, 1]))

    return shapely.transform(geometries, move)


def polygons_in_degrees(polygons: Any) -> NDArray[np.object_]:  # noqa: ANN401 - a GeoSeries
    """Move polygons to EPSG:4326 without letting them go around the world.

    On a plane a polygon that crosses the 180th meridian is whole. In degrees some of its vertices
    get a longitude near 180 and some near -180, and the line between them runs over Greenwich.

    Parameters
    ----------
    polygons : geopandas.GeoSeries
        Polygons that say their CRS.

    Returns
    -------
    ndarray of shapely.Geometry
        The same places; a polygon that crosses the 180th meridian has longitudes that run on past
        180 or -180, for ``cut_at_antimeridian``.
    """
    degrees = np.array(polygons.to_crs(WGS84), dtype=object)
    if polygons.crs.is_projected:
        west, _, east, _ = shapely.bounds(degrees).T
        around = np.flatnonzero(east - west > _HALF_TURN)
        inside = project(
            shapely.point_on_surface(np.array(polygons, dtype=object)[around]), polygons.crs, WGS84
        )
        for i, longitude in zip(around, shapely.get_x(inside), strict=True):
            degrees[i] = unwrap_longitudes(degrees[i], float(longitude))
    return degrees
