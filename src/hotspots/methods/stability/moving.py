"""Moving incidents and area over the grid, since the cells of H3 cannot be moved."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pyproj
import shapely

from hotspots.crs import (
    WGS84,
    centre_of,
    cut_at_antimeridian,
    local_equal_area_crs,
    project,
    unwrap_longitudes,
)
from hotspots.grid.plane import on_plane

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

#: Shifts are chosen among so many steps along each side of the lattice's unit.
_STEPS: Final = 12


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Plane:
    """A plane in metres around the study area.

    Attributes
    ----------
    crs : pyproj.CRS
        Equal-area, so that what is moved keeps its area.
    outline : shapely.Geometry
        The study area on it.
    forth, back : pyproj.Transformer
        From degrees to metres, and from metres to degrees.
    """

    crs: pyproj.CRS
    outline: shapely.Geometry
    forth: pyproj.Transformer
    back: pyproj.Transformer


def plane_of(shape: shapely.Geometry) -> Plane:
    """Lay a plane around a study area.

    Parameters
    ----------
    shape : shapely.Geometry
        The area, in EPSG:4326.

    Returns
    -------
    Plane
        The plane.
    """
    middle = centre_of(shape)
    crs = local_equal_area_crs(*middle)
    return Plane(
        crs=crs,
        outline=on_plane(np.array([shape]), middle)[0],
        forth=pyproj.Transformer.from_crs(WGS84, crs, always_xy=True),
        back=pyproj.Transformer.from_crs(crs, WGS84, always_xy=True),
    )


def moved_area(
    area: gpd.GeoDataFrame, plane: Plane, shift_m: tuple[float, float]
) -> gpd.GeoDataFrame:
    """Move a study area.

    Parameters
    ----------
    area : geopandas.GeoDataFrame
        From ``study_area``.
    plane : Plane
        Its plane.
    shift_m : tuple of float
        Metres east and north.

    Returns
    -------
    geopandas.GeoDataFrame
        The same row, elsewhere; of the same area.
    """
    away = shapely.transform(plane.outline, lambda xy: xy + np.array(shift_m))
    degrees = project(away, plane.crs, WGS84)
    together = unwrap_longitudes(degrees, centre_of(degrees)[1])
    return area.set_geometry([cut_at_antimeridian(together)[0]], crs=WGS84)


def moved_points(
    longitude: NDArray[np.float64],
    latitude: NDArray[np.float64],
    plane: Plane,
    shift_m: tuple[float, float],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Move points.

    Parameters
    ----------
    longitude, latitude : ndarray of float64, shape (n,)
        In degrees; NaN stays NaN.
    plane : Plane
        The plane of the study area.
    shift_m : tuple of float
        Metres east and north.

    Returns
    -------
    longitude, latitude : ndarray of float64, shape (n,)
        In degrees.
    """
    x_m, y_m = plane.forth.transform(longitude, latitude)
    lng, lat = plane.back.transform(x_m + shift_m[0], y_m + shift_m[1])
    known = np.isfinite(lng) & np.isfinite(lat)
    return np.where(known, lng, np.nan), np.where(known, lat, np.nan)


def put_back(
    geometries: NDArray[np.object_], plane: Plane, shift_m: tuple[float, float]
) -> NDArray[np.object_]:
    """Move the cells of a moved grid to where they lie over the real map.

    Parameters
    ----------
    geometries : ndarray of shapely.Geometry
        Cells in EPSG:4326.
    plane : Plane
        The plane of the study area.
    shift_m : tuple of float
        How far the incidents were moved, in metres east and north.

    Returns
    -------
    ndarray of shapely.Geometry
        The cells, moved the other way.
    """

    def back(lng_lat: NDArray[np.float64]) -> NDArray[np.float64]:
        lng, lat = moved_points(lng_lat[:, 0], lng_lat[:, 1], plane, (-shift_m[0], -shift_m[1]))
        return np.column_stack([lng, lat])

    out: NDArray[np.object_] = shapely.transform(geometries, back)
    return out


def lattice_of(cell: shapely.Geometry, plane: Plane) -> NDArray[np.float64]:
    """Find the two steps that lead from a cell to its neighbours.

    Parameters
    ----------
    cell : shapely.Geometry
        One cell in EPSG:4326, whole.
    plane : Plane
        The plane.

    Returns
    -------
    ndarray of float64, shape (2, 2)
        Two steps, each east and north in metres. A neighbour's centre is the cell's own, mirrored
        at the edge between them.
    """
    lng, lat = shapely.get_coordinates(unwrap_longitudes(cell, centre_of(cell)[1]))[:-1].T
    ring = np.column_stack(plane.forth.transform(lng, lat))
    from_centre = ring - ring.mean(axis=0)
    return np.array([from_centre[0] + from_centre[1], from_centre[1] + from_centre[2]])


def spread_shifts(lattice: NDArray[np.float64], n_shifts: int) -> list[tuple[float, float]]:
    """Choose shifts as far from each other, and from none at all, as a repeating grid allows.

    A shift by a whole cell is no shift. So the choice is made within one unit of the lattice: each
    next shift is the one farthest from all before. For hexagons the first two move every centre
    onto a corner.

    Parameters
    ----------
    lattice : ndarray of float64, shape (2, 2)
        From ``lattice_of``.
    n_shifts : int
        How many.

    Returns
    -------
    list of tuple of float
        Metres east and north.
    """
    part = np.arange(_STEPS) / _STEPS
    parts = np.stack(np.meshgrid(part, part, indexing="ij"), axis=-1).reshape(-1, 2)
    around = np.array([[i, j] for i in (-1, 0, 1) for j in (-1, 0, 1)])
    apart = np.linalg.norm((parts[:, None] - parts + around[:, None, None]) @ lattice, axis=-1)
    apart = np.round(apart.min(axis=0) / np.linalg.norm(lattice[0]), 6)
    nearest = apart[0].copy()
    chosen = []
    for _ in range(n_shifts):
        best = int(nearest.argmax())
        chosen.append(best)
        nearest = np.minimum(nearest, apart[best])
    # The shorter way round to the same shift.
    ways = (parts[chosen][:, None] - np.vstack([around, around + 1])) @ lattice
    shortest = np.linalg.norm(ways, axis=-1).argmin(axis=1)
    shifts = np.take_along_axis(ways, shortest[:, None, None], axis=1)[:, 0] if chosen else ways
    return [(round(float(x), 3), round(float(y), 3)) for x, y in shifts]
