"""Parquet and GeoPackage: tables with types, and points with their geometry."""

from __future__ import annotations

import io
import json
import warnings
from typing import TYPE_CHECKING, Final

import pandas as pd
import polars as pl
import pyarrow as pa
import pyogrio
import pyproj
import shapely
from pyarrow import parquet
from pyproj.exceptions import CRSError

from hotspots.errors import InputDataError, NotTabularError
from hotspots.loaders.documents import X, Y
from hotspots.loaders.frames import check_header, text_frame
from hotspots.loaders.reference import WGS84

if TYPE_CHECKING:
    import numpy as np

#: Objects in objects are flattened so many times.
_NESTED: Final = 3
_GEOMETRY: Final = "geometry"
#: What GeoParquet means when it says nothing.
_CRS84: Final = "OGC:CRS84"


def read_parquet(raw: bytes, name: str) -> tuple[pl.DataFrame, str]:
    """Turn a Parquet file, GeoParquet or not, into a table of text.

    Parameters
    ----------
    raw : bytes
        The file.
    name : str
        What messages call it.

    Returns
    -------
    tuple of polars.DataFrame and str
        Text, with the coordinates of points in ``geometry.x`` and ``geometry.y``; and their
        reference system, as the file says it; empty when it says none.

    Raises
    ------
    InputDataError
        If the file is broken, or has too many columns.
    """
    try:
        file = parquet.ParquetFile(pa.BufferReader(raw))
        check_header([str(n) for n in file.schema_arrow.names], name)
        table = file.read()
        # Bytes that are no text, where text should be, stop what reads them without a message.
        table.validate(full=True)
        table = pa.table([_plain(c) for c in table.columns], names=table.column_names)
        for _ in range(_NESTED):
            table = table.flatten()
    except (pa.ArrowException, OSError, ValueError) as error:
        msg = f"{name} is a broken Parquet file ({error}). Write or download it again."
        raise InputDataError(msg) from error
    check_header([str(n) for n in table.column_names], name)
    frame = pl.DataFrame(pl.from_arrow(table))
    binary = [c for c in frame.columns if frame[c].dtype == pl.Binary]
    text = text_frame(frame.drop(binary))
    if _GEOMETRY not in binary:
        return text, ""
    shapes = shapely.from_wkb(frame[_GEOMETRY].to_numpy(), on_invalid="ignore")
    return text.with_columns(_point_columns(shapes)), _stated_in(file.schema_arrow.metadata or {})


def read_geopackage(raw: bytes, name: str) -> tuple[pl.DataFrame, str]:
    """Turn the one layer of a GeoPackage into a table of text.

    Parameters
    ----------
    raw : bytes
        The file.
    name : str
        What messages call it.

    Returns
    -------
    tuple of polars.DataFrame and str
        Text, with the coordinates of points in ``geometry.x`` and ``geometry.y``; and their
        reference system, as the file says it; empty when it says none.

    Raises
    ------
    InputDataError
        If the file is broken, or has too many columns.
    NotTabularError
        If it has no layer, or several.
    """
    try:
        layers, data = _layers(raw)
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, ValueError) as error:
        msg = f"{name} is a broken GeoPackage ({error}). Write or download it again."
        raise InputDataError(msg) from error
    if data is None:
        listed = ", ".join(map(repr, layers)) or "none"
        msg = f"{name} has {len(layers)} layers ({listed}), not one. Export the layer alone."
        raise NotTabularError(msg)
    check_header([str(c) for c in data.columns], name)
    shapes = data[_GEOMETRY].to_numpy() if _GEOMETRY in data else None
    text = text_frame(pd.DataFrame(data.drop(columns=_GEOMETRY, errors="ignore")))
    if shapes is None:
        return text, ""
    return text.with_columns(_point_columns(shapes)), _system(getattr(data, "crs", None))


def _stated_in(metadata: dict[bytes, bytes]) -> str:
    """Find the system of the points in the words of GeoParquet."""
    try:
        column = json.loads(metadata[b"geo"])["columns"][_GEOMETRY]
        return _system(column.get("crs", _CRS84))
    except (KeyError, ValueError, TypeError, AttributeError, RecursionError):
        # What a file says of itself can be anything; then its system is asked for.
        return ""


def _system(stated: object) -> str:
    """Write a reference system as briefly as it can be; empty when there is none that is known."""
    if stated is None:
        return ""
    try:
        crs = pyproj.CRS.from_user_input(stated)
    except (CRSError, TypeError, ValueError):
        return ""
    authority = crs.to_authority(min_confidence=100)
    if authority is None:
        return str(crs.to_wkt())
    found = ":".join(authority)
    return WGS84 if found == _CRS84 else found


def _layers(raw: bytes) -> tuple[list[str], pd.DataFrame | None]:
    """Name the layers, and read the layer when it is the only one."""
    # GDAL goes by the suffix, and warns of what then either can be read or raises an error. In
    # memory there is no suffix, but reading leaves no copy of the incidents on the disk.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        warnings.simplefilter("ignore", UserWarning)
        layers = [str(layer) for layer, _ in pyogrio.list_layers(io.BytesIO(raw))]
        return layers, pyogrio.read_dataframe(io.BytesIO(raw)) if len(layers) == 1 else None


def _plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Take the meaning off a column that has one of its own, such as a geometry."""
    if not isinstance(column.type, pa.BaseExtensionType):
        return column
    return pa.chunked_array([c.storage for c in column.chunks], type=column.type.storage_type)


def _point_columns(shapes: np.ndarray) -> list[pl.Series]:
    """Give the coordinates of points; blank where there is no point."""
    return [
        pl.Series(column, get(shapes)).fill_nan(None).cast(pl.String).fill_null("")
        for column, get in ((X, shapely.get_x), (Y, shapely.get_y))
    ]
