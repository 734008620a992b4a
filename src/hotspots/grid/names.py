"""Give cells names that residents know."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from hotspots.cells import as_cells, cell_centres
from hotspots.crs import (
    WGS84,
    centre_of,
    cut_at_antimeridian,
    local_equal_area_crs,
    polygons_in_degrees,
    project,
)
from hotspots.digests import digest_of_names
from hotspots.errors import CoordinateReferenceError, ParameterError, SchemaMismatchError
from hotspots.grid.hexgrid import with_constants
from hotspots.grid.kinds import HEXAGONS, kind_of

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

_NONE = -1


def name_cells(
    grid: gpd.GeoDataFrame, areas: gpd.GeoDataFrame, *, name_column: str = "name"
) -> gpd.GeoDataFrame:
    """Name each cell after the named area it lies in.

    A cell takes the name of the area that holds its centre; failing that, of the area it overlaps
    most; failing that, of the nearest. Cells that share a name are numbered from north to south
    and, at the same latitude, from west to east.

    Parameters
    ----------
    grid : geopandas.GeoDataFrame
        From ``make_hexgrid`` or ``make_square_grid``, counted or not.
    areas : geopandas.GeoDataFrame
        Polygons with names, in any CRS.
    name_column : str, default "name"
        The column of ``areas`` that holds the names.

    Returns
    -------
    geopandas.GeoDataFrame
        The grid with a column ``name``; no two cells share one. ``names_digest`` lets
        ``publish()`` notice names that were changed afterwards.

    Raises
    ------
    CoordinateReferenceError
        If the areas do not say their CRS.
    ParameterError
        If there are no areas.
    SchemaMismatchError
        If ``areas`` has no such column, or a name is missing.

    Examples
    --------
    >>> import hotspots as hs
    >>> areas = hs.read_areas(hs.sample_path("west-yorkshire-lsoa"))
    >>> grid = hs.name_cells(hs.make_hexgrid(hs.study_area(areas), resolution=7), areas)
    >>> bool(grid["name"].is_unique)
    True
    """
    names = _names_of(areas, name_column)
    shapes = cut_at_antimeridian(polygons_in_degrees(areas.geometry))
    latitude, longitude = _centres(grid)
    owner = _holder_of_centre(shapes, latitude, longitude)
    lost = np.flatnonzero(owner == _NONE)
    owner[lost] = _largest_overlap(shapes, grid.geometry.to_numpy()[lost])
    lost = np.flatnonzero(owner == _NONE)
    owner[lost] = _nearest(shapes, latitude[lost], longitude[lost])
    return with_names(grid, names[owner])


def with_names(grid: gpd.GeoDataFrame, names: NDArray[np.object_]) -> gpd.GeoDataFrame:
    """Give each cell its name; cells that share one are numbered.

    Parameters
    ----------
    grid : geopandas.GeoDataFrame
        A grid; index ``cell``.
    names : ndarray of str, shape (cells,)
        A name for each cell.

    Returns
    -------
    geopandas.GeoDataFrame
        The grid with ``name`` and with ``names_digest``, by which ``publish()`` notices that names
        were changed afterwards.
    """
    latitude, longitude = _centres(grid)
    out = grid.copy()
    out["name"] = _numbered(names, latitude, longitude)
    return with_constants(out, {"names_digest": digest_of_names(out.index, out["name"])})


def unnumbered(names: pd.Series) -> pd.Series:
    """Take off the numbers that tell cells of one name apart.

    Parameters
    ----------
    names : pandas.Series of str
        Names from ``name_cells``.

    Returns
    -------
    pandas.Series of str
        The names of the areas.
    """
    return names.str.replace(r" \(\d+\)$", "", regex=True)


def _centres(grid: gpd.GeoDataFrame) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    if kind_of(grid) == HEXAGONS:
        return cell_centres(as_cells(grid.index))
    inner = shapely.point_on_surface(grid.geometry.to_numpy())
    return shapely.get_y(inner), shapely.get_x(inner)


def _names_of(areas: gpd.GeoDataFrame, name_column: str) -> NDArray[np.object_]:
    if name_column not in areas.columns:
        columns = ", ".join(str(c) for c in areas.columns if c != areas.geometry.name)
        msg = f"The areas have no column {name_column!r}; give name_column, one of: {columns}."
        raise SchemaMismatchError(msg)
    if areas.empty:
        msg = "There are no areas to name the cells after. Give at least one polygon."
        raise ParameterError(msg)
    if areas.crs is None:
        msg = "The areas do not say their CRS. Set it, for example areas.set_crs('EPSG:4326')."
        raise CoordinateReferenceError(msg)
    if areas[name_column].isna().any():
        row = areas.index[areas[name_column].isna()][0]
        msg = (
            f"Column {name_column!r} of the areas is empty in row {row!r}. Every area needs a name."
        )
        raise SchemaMismatchError(msg)
    return np.asarray(areas[name_column].astype(str), dtype=object)


def _holder_of_centre(
    shapes: NDArray[np.object_], latitude: NDArray[np.float64], longitude: NDArray[np.float64]
) -> NDArray[np.intp]:
    tree = shapely.STRtree(shapes)
    cell, shape = tree.query(shapely.points(longitude, latitude), predicate="intersects")
    return _first_of_each(cell, shape, len(latitude))


def _first_of_each(cell: NDArray[np.intp], shape: NDArray[np.intp], size: int) -> NDArray[np.intp]:
    """Where a cell has several shapes, keep the first in the order of the areas."""
    order = np.lexsort((shape, cell))
    cells, first = np.unique(cell[order], return_index=True)
    owner = np.full(size, _NONE, dtype=np.intp)
    owner[cells] = shape[order[first]]
    return owner


def _largest_overlap(shapes: NDArray[np.object_], cells: NDArray[np.object_]) -> NDArray[np.intp]:
    cell, shape = shapely.STRtree(shapes).query(cells, predicate="intersects")
    shared = shapely.area(shapely.intersection(cells[cell], shapes[shape]))
    pairs = pd.DataFrame({"cell": cell, "shape": shape, "shared": shared})
    pairs = pairs[pairs["shared"] > 0]
    best = pairs.sort_values(["shared", "shape"], ascending=[False, True]).drop_duplicates("cell")
    owner = np.full(len(cells), _NONE, dtype=np.intp)
    owner[best["cell"].to_numpy()] = best["shape"].to_numpy()
    return owner


def _nearest(
    shapes: NDArray[np.object_], latitude: NDArray[np.float64], longitude: NDArray[np.float64]
) -> NDArray[np.intp]:
    if not len(latitude):
        return np.empty(0, dtype=np.intp)
    points = shapely.points(longitude, latitude)
    metres = local_equal_area_crs(*centre_of(shapely.multipoints(points)))
    tree = shapely.STRtree(project(shapes, WGS84, metres))
    return np.asarray(tree.nearest(project(points, WGS84, metres)), dtype=np.intp)


def _numbered(
    names: NDArray[np.object_], latitude: NDArray[np.float64], longitude: NDArray[np.float64]
) -> NDArray[np.object_]:
    table = pd.DataFrame({"name": names, "lat": latitude, "lng": longitude})
    ordered = table.sort_values(["name", "lat", "lng"], ascending=[True, False, True])
    place = ordered.groupby("name").cumcount().reindex(table.index) + 1
    alone = table.groupby("name")["lat"].transform("size") == 1
    numbered = table["name"] + " (" + place.astype(str) + ")"
    return np.asarray(table["name"].where(alone, numbered), dtype=object)
