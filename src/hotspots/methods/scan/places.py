"""Where the cells are, what they hold, and what they weigh."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyproj
import shapely

from hotspots.crs import WGS84, centre_of, local_equal_area_crs
from hotspots.errors import CoordinateReferenceError, FitnessError, SchemaMismatchError
from hotspots.fitness import check_located_cells, check_scan, counts_of
from hotspots.grid.denominators import rate_base

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Places:
    """The cells that are scanned, from west to east: in an order of their own, not of the rows.

    Attributes
    ----------
    rows : ndarray of intp, shape (m,)
        Position of each in the grid.
    x_m, y_m : ndarray of float64, shape (m,)
        Middle of each, in metres on a plane.
    counts : ndarray of int64, shape (m,)
        Incidents.
    base : ndarray of float64, shape (m,)
        Population or area in km2, above 0.
    longitude, latitude : ndarray of float64, shape (m,)
        Middle of each, in degrees.
    """

    rows: NDArray[np.intp]
    x_m: NDArray[np.float64]
    y_m: NDArray[np.float64]
    counts: NDArray[np.int64]
    base: NDArray[np.float64]
    longitude: NDArray[np.float64]
    latitude: NDArray[np.float64]


def places_of(
    grid: gpd.GeoDataFrame, *, column: str, population: object, denominator: str | None
) -> Places:
    """Take the cells that have a base out of a grid.

    Parameters
    ----------
    grid : geopandas.GeoDataFrame
        A counted grid.
    column : str
        The counts.
    population : str, pandas.Series, array_like of float or None
        As ``scan_hotspots`` takes it.
    denominator : str or None
        What the population counts.

    Returns
    -------
    Places
        The cells.

    Raises
    ------
    CoordinateReferenceError
        If the grid has no CRS, or one in neither degrees nor metres.
    FitnessError
        If the cells cannot carry a scan, or too many rows had no place.
    SchemaMismatchError
        If a column is missing.
    """
    counts = counts_of(grid, column)
    base = _base(grid, column=column, population=population, denominator=denominator)
    x_m, y_m, longitude, latitude = cell_middles(grid)
    has_base = np.flatnonzero(base > 0)
    check_scan(counts[has_base], denominator=denominator or "")
    check_located_cells(grid, what="scan_hotspots")
    keys = (counts, base, y_m, x_m)
    rows = has_base[np.lexsort([key[has_base] for key in keys])]
    return Places(
        rows=rows,
        x_m=x_m[rows],
        y_m=y_m[rows],
        counts=counts[rows],
        base=base[rows],
        longitude=longitude[rows],
        latitude=latitude[rows],
    )


def _base(
    grid: gpd.GeoDataFrame, *, column: str, population: object, denominator: str | None
) -> NDArray[np.float64]:
    if population is not None:
        made = rate_base(grid, population, denominator=denominator or "", column=column, per=1)
        return made.population
    if "area_in_study_km2" not in grid.columns:
        msg = "The grid has no column area_in_study_km2. Make it with make_hexgrid(area)."
        raise SchemaMismatchError(msg)
    area: NDArray[np.float64] = grid["area_in_study_km2"].to_numpy(dtype=np.float64)
    if not (np.isfinite(area) & (area >= 0)).all():
        cell = grid.index[int(np.flatnonzero(~(np.isfinite(area) & (area >= 0)))[0])]
        msg = f"Cell {cell} has no area in the study area. Make the grid with make_hexgrid(area)."
        raise SchemaMismatchError(msg)
    return area


def cell_middles(
    grid: gpd.GeoDataFrame,
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Find the middle of each cell, in metres and in degrees.

    A grid in degrees is put on an equal-area plane around its own middle, on which distances are
    true to 0.1 % within some 500 km. A grid in metres stays on its plane.

    Parameters
    ----------
    grid : geopandas.GeoDataFrame
        Any cells.

    Returns
    -------
    x_m, y_m, longitude, latitude : ndarray of float64, shape (cells,)
        The centroids.

    Raises
    ------
    CoordinateReferenceError
        If the grid has no CRS, or one in neither degrees nor metres.
    FitnessError
        If a cell has no geometry.
    """
    shapes = grid.geometry.to_numpy()
    empty = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    if empty.any():
        cell = grid.index[int(np.flatnonzero(empty)[0])]
        msg = f"Cell {cell} has no geometry, so nobody can say what is near it. Give it one."
        raise FitnessError(msg)
    plane = None if grid.crs is None else pyproj.CRS(grid.crs)
    if plane is not None and plane.is_geographic:
        plane = local_equal_area_crs(*centre_of(shapely.geometrycollections(shapes)))
        shapes = grid.geometry.to_crs(plane).to_numpy()
    if plane is None or plane.axis_info[0].unit_name != "metre":
        unit = "no CRS" if plane is None else f"coordinates in {plane.axis_info[0].unit_name}"
        msg = f"The grid has {unit}; a scan measures metres. Write grid.to_crs('EPSG:4326')."
        raise CoordinateReferenceError(msg)
    x_m, y_m = shapely.get_coordinates(shapely.centroid(shapes)).T
    back = pyproj.Transformer.from_crs(plane, WGS84, always_xy=True)
    longitude, latitude = back.transform(x_m, y_m)
    return x_m, y_m, np.asarray(longitude), np.asarray(latitude)
