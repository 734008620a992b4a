"""H3 cells at speed: points to cells, areas, boundaries, centres, cells of a polygon.

Inside the library a cell is an unsigned 64-bit integer in an array; the text that h3-py writes
(``cell_names``) stands in the index of a grid. H3 cells are not equal-area: each has its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias, cast

import h3.api.numpy_int as h3
import numpy as np
import pandas as pd
import polars as pl
import polars_h3 as plh3
import shapely

from hotspots.crs import cut_at_antimeridian
from hotspots.errors import ParameterError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import ArrayLike, NDArray

    Cells: TypeAlias = NDArray[np.uint64]
    CellsLike: TypeAlias = ArrayLike | pd.Index | Iterable[str]

#: Stands for "no cell": H3 never gives it to a place.
NO_CELL: Final = 0
FINEST_RESOLUTION: Final = 15
#: Where the seven children of a cell lie around its middle, on two axes 120 degrees apart.
_CHILD_I: Final = np.array([0, -1, 0, -1, 1, 0, 1, 0])
_CHILD_J: Final = np.array([0, -1, 1, 0, 0, -1, 1, 0])


def check_resolution(resolution: int) -> int:
    """Refuse what is not an H3 resolution.

    Parameters
    ----------
    resolution : int
        0 (largest cells) to 15.

    Returns
    -------
    int
        The resolution.

    Raises
    ------
    ParameterError
        If it is not a whole number from 0 to 15.
    """
    whole = isinstance(resolution, int | np.integer) and not isinstance(resolution, bool)
    if not whole or not 0 <= resolution <= FINEST_RESOLUTION:
        msg = (
            f"resolution must be a whole number from 0 to {FINEST_RESOLUTION}, got {resolution!r}. "
            "For a town take 8 (cells of about 0.7 km2) or 9 (0.1 km2)."
        )
        raise ParameterError(msg)
    return int(resolution)


def points_to_cells(latitude: ArrayLike, longitude: ArrayLike, resolution: int) -> Cells:
    """Find the cell of each point.

    Parameters
    ----------
    latitude, longitude : array_like of float, shape (n,)
        In degrees. A point with a NaN, or off the globe, has no cell.
    resolution : int
        H3 resolution, 0 to 15.

    Returns
    -------
    ndarray of uint64, shape (n,)
        The cells; 0 where there is none.

    Examples
    --------
    >>> from hotspots.cells import cell_names, points_to_cells
    >>> cell_names(points_to_cells([53.8], [-1.55], 8)).tolist()
    ['881942c58bfffff']
    """
    # Indexing each distinct coordinate once was tried: with polars-h3 it gains nothing, since
    # finding the distinct ones costs as much as indexing them all.
    lat = np.asarray(latitude, dtype=np.float64)
    lng = np.asarray(longitude, dtype=np.float64)
    on_globe = (np.abs(lat) <= 90) & (np.abs(lng) <= 180)  # noqa: PLR2004 - NaN compares False
    frame = pl.DataFrame({"lat": np.where(on_globe, lat, 0.0), "lng": np.where(on_globe, lng, 0.0)})
    cells = frame.select(plh3.latlng_to_cell("lat", "lng", check_resolution(resolution)))
    return np.where(on_globe, cells.to_series().to_numpy(), np.uint64(NO_CELL))


def as_cells(cells: CellsLike) -> Cells:
    """Take cells as integers or as the text that h3-py writes, and give integers.

    Parameters
    ----------
    cells : array_like of uint64 or of str, shape (n,)
        H3 cells; an index of a grid fits.

    Returns
    -------
    ndarray of uint64, shape (n,)
        The cells, in the order given.
    """
    if isinstance(cells, pd.Index) and isinstance(cells.dtype, pd.StringDtype):
        return parse_cells(cells)
    found = np.asarray(cells)
    return found.astype(np.uint64) if found.dtype.kind in "ui" else parse_cells(found)


def _table(cells: CellsLike) -> pl.DataFrame:
    return pl.DataFrame({"cell": as_cells(cells)})


def cell_names(cells: CellsLike) -> NDArray[np.object_]:
    """Write cells the way h3-py does.

    Parameters
    ----------
    cells : array_like of uint64 or str, shape (n,)
        H3 cells.

    Returns
    -------
    ndarray of str, shape (n,)
        Their ids, such as ``"881942c58bfffff"``.
    """
    return _table(cells).select(plh3.int_to_str("cell")).to_series().to_numpy().astype(object)


def parse_cells(names: Iterable[str]) -> Cells:
    """Read cells that h3-py wrote.

    Parameters
    ----------
    names : iterable of str
        H3 ids, all of one resolution.

    Returns
    -------
    ndarray of uint64, shape (n,)
        The cells, in the order given.

    Raises
    ------
    ParameterError
        If one of them is not an H3 cell, or they are of several resolutions.
    """
    texts = _texts(names)
    cells = pl.DataFrame({"cell": texts}).select(cell=plh3.str_to_int("cell").cast(pl.UInt64))
    checked = cells.select(
        valid=plh3.is_valid_cell("cell").fill_null(value=False), res=plh3.get_resolution("cell")
    )
    if not checked["valid"].all():
        first = texts[int(np.flatnonzero(~checked["valid"].to_numpy())[0])]
        msg = f"{first!r} is not an H3 cell. An id looks like '881942c58bfffff'."
        raise ParameterError(msg)
    if checked["res"].n_unique() > 1:
        found = ", ".join(str(r) for r in sorted(checked["res"].unique()))
        msg = f"The cells are of several resolutions ({found}). Give cells of one resolution."
        raise ParameterError(msg)
    return cells.to_series().to_numpy()


def _texts(names: Iterable[str]) -> pl.Series:
    """Take texts as they are where polars can read them, which is much the fastest."""
    if isinstance(names, pd.Index) and isinstance(names.dtype, pd.StringDtype):
        return cast("pl.Series", pl.from_pandas(names))
    # An index of pandas gives its texts one by one ten times as slowly as all at once.
    given = np.asarray(names).tolist() if hasattr(names, "dtype") else names
    return pl.Series([str(name) for name in given], dtype=pl.String)


def resolution_of(cells: CellsLike) -> int:
    """Read the resolution of a set of cells from the first of them.

    Parameters
    ----------
    cells : array_like of uint64 or str, shape (n,)
        H3 cells of one resolution, at least one.

    Returns
    -------
    int
        The resolution.
    """
    return int(h3.get_resolution(as_cells(cells)[0]))


def cell_areas_km2(cells: CellsLike) -> NDArray[np.float64]:
    """Measure each cell: cells of one resolution differ by up to a factor of two.

    Parameters
    ----------
    cells : array_like of uint64 or str, shape (n,)
        H3 cells.

    Returns
    -------
    ndarray of float64, shape (n,)
        Area of each cell on the sphere, in km2 (``h3.cell_area``).
    """
    return _table(cells).select(plh3.cell_area("cell", "km^2")).to_series().to_numpy()


def cell_centres(cells: CellsLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Find the centre of each cell.

    Parameters
    ----------
    cells : array_like of uint64 or str, shape (n,)
        H3 cells.

    Returns
    -------
    latitude, longitude : ndarray of float64, shape (n,)
        In degrees.
    """
    found = _table(cells).select(lat=plh3.cell_to_lat("cell"), lng=plh3.cell_to_lng("cell"))
    return found["lat"].to_numpy(), found["lng"].to_numpy()


def cell_polygons(cells: CellsLike) -> NDArray[np.object_]:
    """Draw the boundary of each cell.

    Parameters
    ----------
    cells : array_like of uint64 or str, shape (n,)
        H3 cells. The two cells of a resolution that hold a pole have no outline in degrees.

    Returns
    -------
    ndarray of shapely.Polygon or shapely.MultiPolygon, shape (n,)
        In EPSG:4326; a cell on the 180th meridian is cut there.
    """
    table = _table(cells)
    if table.is_empty():
        return np.empty(0, dtype=object)
    rings = table.select(plh3.cell_to_boundary("cell")).to_series()
    sizes = rings.list.len().to_numpy().astype(np.int64)
    latlng = rings.explode().list.to_array(2).to_numpy()
    lng, lat = latlng[:, 1].copy(), latlng[:, 0]
    owner = np.repeat(np.arange(len(sizes)), sizes)
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    wide = np.maximum.reduceat(lng, starts) - np.minimum.reduceat(lng, starts) > 180  # noqa: PLR2004
    lng[wide[owner] & (lng < 0)] += 360
    outlines = shapely.linearrings(np.column_stack([lng, lat]), indices=owner)
    return cut_at_antimeridian(shapely.polygons(outlines))


def cells_in_base(
    cells: CellsLike,
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Place each cell on the flat lattice of hexagons inside its base cell.

    Each resolution turns the lattice and makes it seven times as fine; the digit of a cell says
    which of the seven it is. So the position is a sum over the digits. Two cells of one base cell
    are neighbours if their positions differ by (1, 0), (0, 1) or (1, 1), or the opposite of one of
    these. (The five sides of a pentagon leave a gap in the lattice of its base cell, and cells on
    both sides of the gap are neighbours too.)

    Parameters
    ----------
    cells : array_like of uint64 or str, shape (n,)
        H3 cells of one resolution, at least one.

    Returns
    -------
    base, i, j : ndarray of int64, shape (n,)
        The base cell, 0 to 121, and the position along two axes 120 degrees apart.
    """
    found = as_cells(cells)
    i, j = np.zeros(len(found), dtype=np.int64), np.zeros(len(found), dtype=np.int64)
    for level in range(1, resolution_of(found) + 1):
        digit = (found >> np.uint64(3 * (FINEST_RESOLUTION - level))) & np.uint64(7)
        i, j = (2 * i + j, 3 * j - i) if level % 2 else (3 * i - j, i + 2 * j)
        i += _CHILD_I[digit]
        j += _CHILD_J[digit]
    return ((found >> np.uint64(45)) & np.uint64(127)).astype(np.int64), i, j


def cells_overlapping(polygon: Any, resolution: int) -> Cells:  # noqa: ANN401 - a shapely geometry
    """Find every cell that overlaps a polygon, also by a sliver or only by touching it.

    Parameters
    ----------
    polygon : shapely.Polygon or shapely.MultiPolygon
        In EPSG:4326; cut at the 180th meridian if it crosses it.
    resolution : int
        H3 resolution, 0 to 15.

    Returns
    -------
    ndarray of uint64
        The cells, sorted.
    """
    found = [
        h3.h3shape_to_cells_experimental(h3.geo_to_h3shape(part), resolution, contain="overlap")
        for part in shapely.get_parts(polygon)
    ]
    return np.unique(np.concatenate([*found, np.empty(0, dtype=np.uint64)]).astype(np.uint64))
