"""Which cell of a grid each incident belongs to, by its place or by a code."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from hotspots.cells import as_cells, points_to_cells, resolution_of
from hotspots.errors import HotspotsError, ParameterError, SchemaMismatchError
from hotspots.grid.degrees import check_degrees
from hotspots.grid.kinds import AREAS, SQUARES, kind_of
from hotspots.grid.named_areas import areas_of_points, as_codes
from hotspots.grid.squares import squares_of_points
from hotspots.words import message, say

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

#: What a counted grid says of the rows that it was counted from, on every row alike.
ROW_COLUMNS: Final = ("rows_in_cells", "rows_without_place", "rows_outside")
_EXAMPLES: Final = 3


def cells_of_points(
    grid: gpd.GeoDataFrame, latitude: NDArray[np.float64], longitude: NDArray[np.float64]
) -> NDArray[np.intp]:
    """Find the cell that each point lies in, on any grid.

    Parameters
    ----------
    grid : geopandas.GeoDataFrame
        From ``make_hexgrid``, ``make_square_grid`` or ``area_grid``, or some rows of one.
    latitude, longitude : ndarray of float64, shape (n,)
        In degrees; NaN for no place.

    Returns
    -------
    ndarray of intp, shape (n,)
        Row of the grid; -1 for none. A point is in one cell at most.

    Raises
    ------
    SchemaMismatchError
        If the grid's index does not hold cells.
    """
    kind = kind_of(grid)
    if kind == SQUARES:
        return squares_of_points(grid, latitude, longitude)
    if kind == AREAS:
        return areas_of_points(grid, latitude, longitude)
    cells = as_cells(grid.index)
    found = points_to_cells(latitude, longitude, resolution_of(cells))
    order = np.argsort(cells)
    at = np.minimum(np.searchsorted(cells, found, sorter=order), len(cells) - 1)
    return np.where(cells[order[at]] == found, order[at], -1)


def place_incidents(
    incidents: gpd.GeoDataFrame, grid: gpd.GeoDataFrame, match: str | None
) -> tuple[NDArray[np.intp], dict[str, int]]:
    """Find the cell of each incident, and account for every row.

    Parameters
    ----------
    incidents : geopandas.GeoDataFrame
        Incidents.
    grid : geopandas.GeoDataFrame
        Any grid.
    match : str or None
        A column of the incidents that holds the id of a cell; None goes by place.

    Returns
    -------
    positions : ndarray of intp, shape (n,)
        Row of the grid; -1 for none.
    rows : dict of str to int
        A number for each of ``ROW_COLUMNS``; they add up to the rows given.

    Raises
    ------
    CoordinateReferenceError
        If the incidents are placed, and not in EPSG:4326, or not in degrees.
    ParameterError
        If the incidents have no such column.
    SchemaMismatchError
        If no code is the id of a cell, or the grid's index does not hold cells.
    """
    if match is None:
        check_degrees(incidents)
        points = incidents.geometry
        positions = cells_of_points(grid, points.y.to_numpy(), points.x.to_numpy())
        known = points.notna().to_numpy() & ~points.is_empty.to_numpy()
    else:
        positions, known = _by_code(incidents, grid, match)
    inside = positions >= 0
    counted = (inside.sum(), (~known).sum(), (known & ~inside).sum())
    rows = {name: int(number) for name, number in zip(ROW_COLUMNS, counted, strict=True)}
    if sum(rows.values()) != len(incidents):
        msg = (
            f"{len(incidents)} rows went in, and {rows} came out: they do not add up. This is a "
            "fault of the library; please report it."
        )
        raise HotspotsError(msg)
    return positions, rows


def _by_code(
    incidents: gpd.GeoDataFrame, grid: gpd.GeoDataFrame, match: str
) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    kind_of(grid)
    if match not in incidents.columns:
        texts = [c for c in ("area_name", "district") if c in incidents.columns]
        msg = (
            f"The incidents have no column {match!r} to match; codes stand in: {', '.join(texts)}."
        )
        raise ParameterError(msg)
    codes = as_codes(incidents[match])
    known = pd.notna(codes)
    positions = np.asarray(grid.index.get_indexer(pd.Index(codes, dtype=object)), dtype=np.intp)
    lost = known & (positions < 0)
    strange = ", ".join(repr(c) for c in pd.unique(codes[lost])[:_EXAMPLES])
    if lost.any() and not (positions >= 0).any():
        ids = ", ".join(repr(c) for c in grid.index[:_EXAMPLES])
        msg = (
            f"No code of the column {match!r} is the id of a cell: there it is {strange}, here "
            f"{ids}. Give area_grid() the column that holds the same codes."
        )
        raise SchemaMismatchError(msg)
    if lost.any():
        what = message(
            "grid.unknown_codes", rows=int(lost.sum()), total=len(incidents), codes=strange
        )
        warnings.warn(say(what), UserWarning, stacklevel=4)
    return positions, known
