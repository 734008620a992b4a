"""From a frame to text, as a CSV file would hold it; moments keep whether they have a zone."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa

from hotspots.errors import InputDataError, SchemaMismatchError
from hotspots.loaders.formats import INSTANT, TYPED_FORMAT, WALL

if TYPE_CHECKING:
    from collections.abc import Sequence

_MAX_COLUMNS: Final = 500


def check_header(names: Sequence[str], name: str) -> None:
    """Refuse a header in which a name stands twice, or that no table of incidents has.

    Parameters
    ----------
    names : sequence of str
        The header.
    name : str
        What messages call the table.

    Raises
    ------
    SchemaMismatchError
        If a name stands twice; the message says which.
    InputDataError
        If there are more than 500 columns.
    """
    if len(names) > _MAX_COLUMNS:
        msg = f"{name} has {len(names):,} columns; more than {_MAX_COLUMNS} are refused."
        raise InputDataError(msg)
    twice = sorted(f for f, times in Counter(names).items() if times > 1)
    if twice:
        msg = f"{name} has more than one column called {', '.join(map(repr, twice))}. Rename them."
        raise SchemaMismatchError(msg)


def text_frame(data: pd.DataFrame | pl.DataFrame) -> pl.DataFrame:
    """Turn every column of a frame into text.

    Parameters
    ----------
    data : pandas.DataFrame or polars.DataFrame
        Any table.

    Returns
    -------
    polars.DataFrame
        Text only; what was missing is blank. Moments end in ``[wall]``, or in ``[UTC]`` when they
        had a zone.

    Examples
    --------
    >>> import pandas as pd
    >>> from hotspots.loaders.frames import text_frame
    >>> text_frame(pd.DataFrame({"id": [7.0, None]}))["id"].to_list()
    ['7', '']
    """
    if isinstance(data, pd.DataFrame):
        columns = {str(c): _pandas_text(data[c]) for c in data.columns}
    else:
        columns = {c: _polars_text(data[c]) for c in data.columns}
    return pl.DataFrame({c: texts.fill_null("") for c, texts in columns.items()})


def _pandas_text(values: pd.Series) -> pl.Series:
    if pd.api.types.is_datetime64_any_dtype(values.dtype):
        return _polars_text(pl.Series(values))
    if pd.api.types.is_float_dtype(values.dtype):
        whole = values.dropna()
        # A column of ids with gaps comes as floats: 9955810.0 is not the id.
        if np.isfinite(whole).all() and (whole == whole.round()).all():
            values = values.astype("Int64")
    elif values.dtype == object and pd.api.types.infer_dtype(values) in ("date", "datetime"):
        return _polars_text(pl.Series(values.where(values.notna(), None).to_list()))
    try:
        texts = pa.array(values.astype("string"), type=pa.large_string(), from_pandas=True)
    except UnicodeError as error:
        msg = f"The column {values.name!r} holds what is no text ({error}). Decode it first."
        raise InputDataError(msg) from error
    return pl.Series(pl.from_arrow(texts), dtype=pl.String)


def _polars_text(values: pl.Series) -> pl.Series:
    kind = values.dtype
    if isinstance(kind, pl.Datetime) and kind.time_zone is not None:
        return values.dt.convert_time_zone("UTC").dt.strftime(TYPED_FORMAT) + INSTANT
    if isinstance(kind, pl.Datetime | pl.Date):
        return values.cast(pl.Datetime("us")).dt.strftime(TYPED_FORMAT) + WALL
    if isinstance(kind, pl.Time):
        return values.dt.strftime("%H:%M:%S")
    if kind.is_nested() or kind in (pl.Object, pl.Binary, pl.Duration):
        written = [None if value is None else str(value) for value in values.to_list()]
        return pl.Series(values.name, written, dtype=pl.String)
    return values.cast(pl.String)
