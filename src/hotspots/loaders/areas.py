"""Read polygons that people give: wards, beats, census areas, the outline of a town."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import geopandas as gpd
import pyogrio
import shapely

from hotspots.errors import CoordinateReferenceError, InputDataError, SchemaMismatchError

_POLYGONS: Final = ("Polygon", "MultiPolygon")


def read_areas(path: str | Path, *, name_column: str | None = None) -> gpd.GeoDataFrame:
    """Read named polygons from a GeoJSON, GeoPackage, Shapefile or other vector file.

    Parameters
    ----------
    path : str or pathlib.Path
        The file; ``.gz`` is read as it is. URLs are refused.
    name_column : str or None, default None
        The column that holds the names. None takes ``name``, in any case.

    Returns
    -------
    geopandas.GeoDataFrame
        The polygons in EPSG:4326 with the column ``name`` beside the file's own columns.

    Raises
    ------
    InputDataError
        If the file is missing, cannot be read, or holds something else than polygons.
    CoordinateReferenceError
        If the file does not say in which CRS its coordinates are.
    SchemaMismatchError
        If there is no column of names.

    Examples
    --------
    >>> import hotspots as hs
    >>> areas = hs.read_areas(hs.sample_path("west-yorkshire-lsoa"))
    >>> len(areas), areas["name"].iloc[0]
    (1388, 'Bradford 001A')
    """
    found = Path(path)
    if not found.is_file():
        what = "is a folder" if found.is_dir() else "is not there"
        msg = f"{path} {what}. Give a vector file on this computer, not a URL."
        raise InputDataError(msg)
    prefix = "/vsigzip/" if found.suffix == ".gz" else ""
    try:
        areas = gpd.read_file(f"{prefix}{found.resolve()}", engine="pyogrio")
    except (
        pyogrio.errors.DataSourceError,
        pyogrio.errors.DataLayerError,
        shapely.errors.GEOSException,
    ) as error:
        msg = (
            f"{found.name} cannot be read as a file of areas. Give a GeoJSON, GeoPackage or "
            f"Shapefile with polygons. ({error})"
        )
        raise InputDataError(msg) from error
    return _named_polygons(areas, name_column=name_column, file_name=found.name)


def _named_polygons(
    areas: gpd.GeoDataFrame, *, name_column: str | None, file_name: str
) -> gpd.GeoDataFrame:
    if not isinstance(areas, gpd.GeoDataFrame) or areas.empty:
        msg = f"{file_name} holds no shapes. Give a file with polygons."
        raise InputDataError(msg)
    kinds = set(areas.geom_type.dropna().unique()) | (
        {"nothing"} if areas.geometry.isna().any() else set()
    )
    if not kinds <= set(_POLYGONS):
        other = ", ".join(sorted(kinds - set(_POLYGONS)))
        msg = f"{file_name} holds {other}; an area must be a Polygon or MultiPolygon."
        raise InputDataError(msg)
    if areas.crs is None:
        msg = f"{file_name} does not say its CRS. Save it again with one, for example EPSG:4326."
        raise CoordinateReferenceError(msg)
    fitting = [
        c
        for c in areas.columns
        if c == name_column or (not name_column and str(c).lower() == "name")
    ]
    if not fitting:
        columns = ", ".join(str(c) for c in areas.columns if c != "geometry")
        wanted = name_column or "name"
        msg = f"{file_name} has no column {wanted!r}. Give name_column one of these: {columns}."
        raise SchemaMismatchError(msg)
    named = areas.rename(columns={fitting[0]: "name"}) if fitting[0] != "name" else areas
    return named.to_crs(4326)
