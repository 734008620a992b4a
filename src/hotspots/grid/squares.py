"""The squares of a study area, on an equal-area plane around its middle."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from hotspots.crs import (
    WGS84,
    centre_of,
    cut_at_antimeridian,
    local_equal_area_crs,
    unwrap_longitudes,
)
from hotspots.digests import digest_of
from hotspots.errors import ParameterError, SchemaMismatchError
from hotspots.grid.area import check_study_area
from hotspots.grid.hexgrid import MOST_CELLS, with_constants
from hotspots.grid.kinds import KIND_COLUMN, SQUARES, parse_squares, square_names
from hotspots.grid.plane import on_plane

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

#: A square that shares less than this with the area, in m2, only touches it (rounding).
_TOUCH_M2: Final = 1e-6
#: What finds the square of a point again.
_LATTICE: Final = ("cell_m", "cell_origin_x_m", "cell_origin_y_m", "cell_crs")


def make_square_grid(
    area: gpd.GeoDataFrame, *, cell_m: float, origin_m: Sequence[float] = (0.0, 0.0)
) -> gpd.GeoDataFrame:
    """Cover a study area with squares of equal area.

    The squares stand on the plane ``local_equal_area_crs`` around the middle of the area, where all
    of them have the same area. A side and a corner of a square belong to the square north and east
    of it, so that every point lies in exactly one.

    Parameters
    ----------
    area : geopandas.GeoDataFrame
        From ``study_area``.
    cell_m : float
        Length of a side, in metres.
    origin_m : sequence of two float, default (0.0, 0.0)
        Moves the corner that is common to ``N1E1`` and ``S1W1`` by so many metres east and north of
        the middle of the area, and all squares with it.

    Returns
    -------
    geopandas.GeoDataFrame
        Every square that overlaps the area, from north to south and west to east; index ``cell``
        (``"S2E13"`` is in the second row south of the origin, and the 13th column east of it),
        columns ``area_km2``, ``area_in_study_km2``, ``place``, ``area_basis``,
        ``area_attribution``, ``resolution_basis`` and ``cells_digest`` as ``make_hexgrid`` gives
        them, ``geometry`` in EPSG:4326, and the same on every row, to find the square of a point:
        ``grid_kind`` (``"squares"``), ``cell_m``, ``cell_origin_x_m`` and ``cell_origin_y_m``
        (float64) and ``cell_crs`` (the plane, as a PROJ text).

    Raises
    ------
    ParameterError
        If ``cell_m`` is not a number above 0, ``origin_m`` is not two numbers, or the rectangle
        around the area holds more than 5 million squares.

    See Also
    --------
    make_hexgrid : Hexagons, which ``publish()`` takes.

    Examples
    --------
    >>> import geopandas as gpd, shapely, hotspots as hs
    >>> square = gpd.GeoSeries([shapely.box(-1.6, 53.7, -1.5, 53.8)], crs="EPSG:4326")
    >>> grid = hs.make_square_grid(hs.study_area(square), cell_m=500)
    >>> len(grid), grid.index[0], float(grid["area_km2"].iloc[0])
    (336, 'N12W7', 0.25)
    >>> round(float(grid["area_in_study_km2"].sum()), 1)
    73.4
    """
    shape = check_study_area(area)
    side, (east, north) = _checked(cell_m, origin_m)
    middle = centre_of(shape)
    plane = on_plane(np.array([shape]), middle)[0]
    rows, columns = _lattice_over(plane, side, east, north)
    west, south = columns * side + east, rows * side + north
    inside = _area_inside(plane, np.asarray(west), np.asarray(south), side)
    kept = inside > _TOUCH_M2
    rows, columns = rows[kept], columns[kept]
    grid = gpd.GeoDataFrame(
        {"area_km2": np.full(len(rows), side**2 / 1e6), "area_in_study_km2": inside[kept] / 1e6},
        geometry=_outlines(rows, columns, side, (east, north), middle),
        index=pd.Index(square_names(rows, columns), name="cell"),
        crs=WGS84,
    )
    grid = grid.assign(cell_m=side, cell_origin_x_m=east, cell_origin_y_m=north)
    facts = {name: str(area[name].iloc[0]) for name in ("area_basis", "area_attribution")}
    return with_constants(
        grid,
        {
            "place": str(area["name"].iloc[0]),
            **facts,
            "cells_digest": digest_of(grid.index),
            "resolution_basis": "given",
            KIND_COLUMN: SQUARES,
            "cell_crs": local_equal_area_crs(*middle).srs,
        },
    )


def squares_of_points(
    grid: pd.DataFrame, latitude: NDArray[np.float64], longitude: NDArray[np.float64]
) -> NDArray[np.intp]:
    """Find the square that each point lies in.

    Parameters
    ----------
    grid : pandas.DataFrame
        From ``make_square_grid``, or some rows of one.
    latitude, longitude : ndarray of float64, shape (n,)
        In degrees; NaN for no place.

    Returns
    -------
    ndarray of intp, shape (n,)
        Row of the grid; -1 for none.

    Raises
    ------
    SchemaMismatchError
        If the grid lacks the columns that say where its squares are.
    """
    missing = [name for name in _LATTICE if name not in grid.columns]
    if missing:
        msg = f"The grid has no column {', '.join(missing)}. Use it as make_square_grid() made it."
        raise SchemaMismatchError(msg)
    side, east, north, crs = (grid[name].iloc[0] for name in _LATTICE)
    known = np.flatnonzero(np.isfinite(latitude) & np.isfinite(longitude))
    mover = pyproj.Transformer.from_crs(WGS84, str(crs), always_xy=True)
    x_m, y_m = mover.transform(longitude[known], latitude[known])
    # A point on the other side of the world has no place on the plane.
    near = np.isfinite(x_m) & np.isfinite(y_m)
    known = known[near]
    rows = np.floor((y_m[near] - north) / side).astype(np.int64)
    columns = np.floor((x_m[near] - east) / side).astype(np.int64)
    found = np.full(len(latitude), -1, dtype=np.intp)
    found[known] = _rows_of_squares(*parse_squares(grid.index), rows, columns)
    return found


def _rows_of_squares(
    grid_rows: NDArray[np.int64],
    grid_columns: NDArray[np.int64],
    rows: NDArray[np.int64],
    columns: NDArray[np.int64],
) -> NDArray[np.intp]:
    """Look squares up by one number a square; those outside the extent of the grid are none."""
    south, west = grid_rows.min(), grid_columns.min()
    high, wide = np.ptp(grid_rows) + 1, np.ptp(grid_columns) + 1
    keys = (grid_rows - south) * wide + (grid_columns - west)
    order = np.argsort(keys)
    rows, columns = rows - south, columns - west
    in_extent = (rows >= 0) & (rows < high) & (columns >= 0) & (columns < wide)
    asked = np.where(in_extent, rows * wide + columns, -1)
    at = order[np.minimum(np.searchsorted(keys, asked, sorter=order), len(keys) - 1)]
    return np.where(keys[at] == asked, at, -1)


def _checked(cell_m: float, origin_m: Sequence[float]) -> tuple[float, tuple[float, float]]:
    number = isinstance(cell_m, int | float | np.number) and not isinstance(cell_m, bool)
    if not number or not np.isfinite(cell_m) or cell_m <= 0:
        msg = f"cell_m must be a number of metres above 0, got {cell_m!r}. For a town take 500."
        raise ParameterError(msg)
    try:
        east, north = (float(shift) for shift in origin_m)
    except (TypeError, ValueError):
        east = north = np.nan
    if not np.isfinite([east, north]).all():
        msg = f"origin_m must be two numbers, metres east and north, got {origin_m!r}."
        raise ParameterError(msg)
    return float(cell_m), (east, north)


def _lattice_over(
    plane: shapely.Geometry, side: float, east: float, north: float
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Give row and column of every square of the rectangle around a shape, the northmost first."""
    west_m, south_m, east_m, north_m = shapely.bounds(plane)
    first = np.floor((np.array([south_m, west_m]) - (north, east)) / side)
    last = np.floor((np.array([north_m, east_m]) - (north, east)) / side)
    expected = float(np.prod(last - first + 1))
    if expected > MOST_CELLS:
        fits = side * np.sqrt(expected / MOST_CELLS)
        msg = (
            f"Squares of {side:g} m would be about {expected:,.0f} over the rectangle around the "
            f"area; the most is {MOST_CELLS:,}. Take cell_m={np.ceil(1.01 * fits):g} or more, or a "
            "smaller area."
        )
        raise ParameterError(msg)
    rows = np.arange(last[0], first[0] - 1, -1).astype(np.int64)
    columns = np.arange(first[1], last[1] + 1).astype(np.int64)
    return np.repeat(rows, len(columns)), np.tile(columns, len(rows))


def _area_inside(
    plane: shapely.Geometry, west: NDArray[np.float64], south: NDArray[np.float64], side: float
) -> NDArray[np.float64]:
    """Measure what of each square lies in the area, in m2; only squares on its edge are cut."""
    boxes = shapely.box(west, south, west + side, south + side)
    shapely.prepare(plane)
    inside = np.where(shapely.covers(plane, boxes), side**2, 0.0)
    edge = np.flatnonzero((inside == 0) & shapely.intersects(plane, boxes))
    inside[edge] = shapely.area(shapely.intersection(plane, boxes[edge]))
    return np.minimum(inside, side**2)


def _outlines(
    rows: NDArray[np.int64],
    columns: NDArray[np.int64],
    side: float,
    origin: tuple[float, float],
    middle: tuple[float, float],
) -> NDArray[np.object_]:
    """Draw squares in degrees. Neighbours share the very same corners."""
    ring = np.array([(0, 0), (1, 0), (1, 1), (0, 1)])
    x_m = (columns[:, None] + ring[:, 0]) * side + origin[0]
    y_m = (rows[:, None] + ring[:, 1]) * side + origin[1]
    mover = pyproj.Transformer.from_crs(local_equal_area_crs(*middle), WGS84, always_xy=True)
    lng, lat = mover.transform(x_m.ravel(), y_m.ravel())
    owner = np.repeat(np.arange(len(rows)), len(ring))
    rings = shapely.linearrings(np.column_stack([lng, lat]), indices=owner)
    return cut_at_antimeridian(unwrap_longitudes(shapely.polygons(rings), middle[1]))
