"""Beats, wards and census areas as the cells of a grid."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from hotspots.crs import WGS84, centre_of, cut_at_antimeridian, polygons_in_degrees
from hotspots.digests import digest_of
from hotspots.errors import CoordinateReferenceError, ParameterError, SchemaMismatchError
from hotspots.grid.area import attribution_of, repaired
from hotspots.grid.hexgrid import with_constants
from hotspots.grid.holders import first_holder
from hotspots.grid.kinds import AREAS, KIND_COLUMN
from hotspots.grid.plane import on_plane
from hotspots.words import message, say

if TYPE_CHECKING:
    from numpy.typing import NDArray

_POLYGONS: Final = ("Polygon", "MultiPolygon")
_POLYGON_TYPES: Final = (3, 6)
#: Areas that were drawn apart overlap by slivers; a larger share than this of an area is said.
SLIVER: Final = 1e-3


def area_grid(
    polygons: gpd.GeoDataFrame, *, code: str | None = None, name: str | None = None, place: str = ""
) -> gpd.GeoDataFrame:
    """Take named areas as the cells of a grid: beats, wards, districts, census areas.

    Take them where only codes are known, or where a population is known for each area. Areas are of
    unequal size, so a count says more of the size of an area than of anything else: look at rates
    (``incident_rate``), or count per km2.

    Parameters
    ----------
    polygons : geopandas.GeoDataFrame
        Polygons, one row an area, in any CRS. Gaps between them are allowed. Shapes that cross
        themselves are repaired, with a warning.
    code : str or None, default None
        The column with the code of each area, which becomes the id of the cell. None takes the
        column ``code`` in any case, and ``name`` when there is none.
    name : str or None, default None
        The column with the names. None takes ``name`` in any case; without it the cells have no
        names.
    place : str, default ""
        What to call all of them together.

    Returns
    -------
    geopandas.GeoDataFrame
        Every area, sorted by code; index ``cell`` (the code as text), columns ``name`` (where there
        are names), ``area_km2`` and ``area_in_study_km2`` (both of the whole area, on an equal-area
        plane), ``overlap_share`` (float64, how much of the area others cover too), and the same on
        every row ``place``, ``area_basis``, ``area_attribution``, ``resolution_basis``,
        ``cells_digest`` and ``grid_kind`` (``"areas"``); ``geometry`` in EPSG:4326.

    Raises
    ------
    CoordinateReferenceError
        If the polygons do not say their CRS.
    ParameterError
        If there is no polygon, if a shape is none or covers nothing.
    SchemaMismatchError
        If there is no column of codes, if a code is missing, or if two areas have the same.

    Warns
    -----
    UserWarning
        If more than a thousandth of an area is covered by others too. A point there is counted
        once, in the area whose code comes first.

    See Also
    --------
    population_in_cells : The population of areas on other cells.

    Examples
    --------
    >>> import hotspots as hs
    >>> areas = hs.read_areas(hs.sample_path("west-yorkshire-lsoa"))
    >>> grid = hs.area_grid(areas, code="lsoa_code", place="West Yorkshire")
    >>> grid.index[0], grid["name"].iloc[0], round(float(grid["area_km2"].sum()))
    ('E01010568', 'Bradford 016A', 2032)
    """
    if not isinstance(polygons, gpd.GeoDataFrame) or polygons.empty:
        kind = "no row" if isinstance(polygons, gpd.GeoDataFrame) else type(polygons).__name__
        msg = f"area_grid() takes a GeoDataFrame with a polygon a row, got {kind}."
        raise ParameterError(msg)
    names_column = _column(polygons, name, "name")
    codes = _codes(polygons, _column(polygons, code, "code") or names_column)
    order = np.argsort(codes)
    shapes = polygons_of(polygons, codes, stacklevel=3)[order]
    plane = on_plane(shapes, centre_of(shapes))
    km2 = shapely.area(plane) / 1e6
    columns: dict[str, object] = {"area_km2": km2, "area_in_study_km2": km2}
    if names_column is not None:
        names = polygons[names_column].astype(object).where(polygons[names_column].notna(), "")
        columns = {"name": names.astype(str).to_numpy()[order], **columns}
    grid = gpd.GeoDataFrame(
        {**columns, "overlap_share": _overlap_shares(plane, codes[order])},
        geometry=shapes,
        index=pd.Index(codes[order], name="cell"),
        crs=WGS84,
    )
    return with_constants(
        grid,
        {
            "place": place,
            "area_basis": "polygons",
            "area_attribution": attribution_of(polygons),
            "cells_digest": digest_of(grid.index),
            "resolution_basis": "given",
            KIND_COLUMN: AREAS,
        },
    )


def areas_of_points(
    grid: gpd.GeoDataFrame, latitude: NDArray[np.float64], longitude: NDArray[np.float64]
) -> NDArray[np.intp]:
    """Find the named area that each point lies in.

    Parameters
    ----------
    grid : geopandas.GeoDataFrame
        From ``area_grid``, or some rows of one, in any order.
    latitude, longitude : ndarray of float64, shape (n,)
        In degrees; NaN for no place.

    Returns
    -------
    ndarray of intp, shape (n,)
        Row of the grid; -1 for none. Of several areas it is the one whose code comes first.
    """
    order = np.argsort(grid.index.to_numpy().astype(str), kind="stable")
    found = first_holder(grid.geometry.to_numpy()[order], latitude, longitude)
    return np.where(found >= 0, order[found], -1)


def _column(polygons: gpd.GeoDataFrame, asked: str | None, usual: str) -> str | None:
    columns = [str(c) for c in polygons.columns if c != polygons.geometry.name]
    if asked is not None and asked not in columns:
        msg = f"The areas have no column {asked!r}; they have: {', '.join(columns)}."
        raise SchemaMismatchError(msg)
    return asked or next((c for c in columns if c.lower() == usual), None)


def _codes(polygons: gpd.GeoDataFrame, column: str | None) -> NDArray[np.object_]:
    if column is None:
        columns = ", ".join(str(c) for c in polygons.columns if c != polygons.geometry.name)
        msg = f"It is not known which column holds the codes. Give code, one of: {columns}."
        raise SchemaMismatchError(msg)
    values = polygons[column]
    codes = as_codes(values)
    if pd.isna(codes).any():
        row = values.index[pd.isna(codes)][0]
        msg = f"Column {column!r} is empty in row {row!r}. Every area needs a code."
        raise SchemaMismatchError(msg)
    if len(np.unique(codes)) < len(codes):
        twice = pd.Series(codes)[pd.Series(codes).duplicated()].iloc[0]
        msg = (
            f"{twice!r} stands in column {column!r} more than once. Join the parts of an area, "
            f"polygons.dissolve({column!r}).reset_index(), or give a column of codes."
        )
        raise SchemaMismatchError(msg)
    return codes


def as_codes(values: pd.Series) -> NDArray[np.object_]:
    """Write codes as text, so that 113, 113.0 and " 113" are one.

    Parameters
    ----------
    values : pandas.Series
        Texts or whole numbers; what is missing stays missing.

    Returns
    -------
    ndarray of object, shape (n,)
        Texts, and None where there is no code.
    """
    texts = values.astype(str).str.strip()
    there = (values.notna() & (texts != "")).to_numpy()
    if pd.api.types.is_float_dtype(values.dtype):
        texts = texts.str.removesuffix(".0")
    codes = texts.to_numpy(dtype=object, copy=True)
    codes[~there] = None
    return np.asarray(codes)


def polygons_of(
    areas: gpd.GeoDataFrame, labels: NDArray[np.object_], *, stacklevel: int
) -> NDArray[np.object_]:
    """Take the polygons out of a frame of areas, or say which of them is none.

    Parameters
    ----------
    areas : geopandas.GeoDataFrame
        Areas, in any CRS.
    labels : ndarray of object, shape (n,)
        What to call each in an error.
    stacklevel : int
        Whose line a warning names, counted from here.

    Returns
    -------
    ndarray of shapely.Polygon or shapely.MultiPolygon, shape (n,)
        Valid, in EPSG:4326.

    Raises
    ------
    CoordinateReferenceError
        If the areas do not say their CRS.
    ParameterError
        If one has no shape, is no polygon, or covers nothing.
    """
    if areas.crs is None:
        msg = "The areas do not say their CRS. Set it, for example areas.set_crs('EPSG:4326')."
        raise CoordinateReferenceError(msg)
    shapes = areas.geometry
    for wrong, what in (
        (shapes.isna() | shapes.is_empty, "has no shape"),
        (~shapes.geom_type.isin(_POLYGONS), "is no polygon"),
    ):
        if wrong.any():
            first = labels[int(np.flatnonzero(wrong)[0])]
            msg = (
                f"The area {first} {what}. Give polygons only, such as areas[areas.geom_type"
                ".isin(['Polygon', 'MultiPolygon'])]."
            )
            raise ParameterError(msg)
    whole = cut_at_antimeridian(repaired(polygons_in_degrees(shapes), stacklevel=stacklevel + 1))
    flat = np.flatnonzero(shapely.area(whole) == 0)
    if len(flat):
        msg = f"The area {labels[flat[0]]} covers nothing. Leave it out, or repair it."
        raise ParameterError(msg)
    for i in np.flatnonzero(~np.isin(shapely.get_type_id(whole), _POLYGON_TYPES)):
        parts = shapely.get_parts(whole[i])
        whole[i] = shapely.union_all(parts[shapely.area(parts) > 0])
    return whole


def _overlap_shares(plane: NDArray[np.object_], codes: NDArray[np.object_]) -> NDArray[np.float64]:
    """Measure how much of each area others cover too, and say it where it is more than slivers."""
    one, other = shapely.STRtree(plane).query(plane, predicate="intersects")
    # Nearly all pairs share a border and nothing else; to see that is cheaper than to cut them.
    shapely.prepare(plane)
    pairs = (one < other) & ~shapely.touches(plane[one], plane[other])
    one, other = one[pairs], other[pairs]
    shared = shapely.intersection(plane[one], plane[other])
    real = shapely.area(shared) > 0
    one, other, shared = one[real], other[real], shared[real]
    parts = pd.Series(np.concatenate([shared, shared]), dtype=object)
    owners = np.concatenate([one, other])
    covered = np.zeros(len(plane))
    for owner, mine in parts.groupby(owners):
        covered[owner] = shapely.union_all(mine.to_numpy()).area
    shares = covered / shapely.area(plane)
    said = shares > SLIVER
    if said.any():
        worst = int(np.argmax(shares))
        what = message(
            "grid.areas_overlap",
            areas=int(said.sum()),
            total=len(plane),
            worst=str(codes[worst]),
            percent=f"{100 * shares[worst]:.3g}",
        )
        warnings.warn(say(what), UserWarning, stacklevel=3)
    return np.asarray(shares)
