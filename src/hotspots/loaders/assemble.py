"""From parsed columns to Incidents."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import shapely

from hotspots.loaders.categories import distinct_codes
from hotspots.loaders.columns import NO_TEXT, is_blank
from hotspots.loaders.coordinates import STATUSES
from hotspots.loaders.flags import repeated_ids
from hotspots.loaders.locations import location_texts
from hotspots.loaders.rules import QUALITIES
from hotspots.loaders.times import as_column
from hotspots.loaders.wall import NOT_A_TIME
from hotspots.offences import display_groups, offence_codes
from hotspots.schema import INCIDENT_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hotspots.loaders.coordinates import Places
    from hotspots.loaders.kept import Kept
    from hotspots.loaders.spec import FeedSpec
    from hotspots.loaders.times import Moments

_ID_HASH: Final = 12


def assemble(kept: Kept, spec: FeedSpec, sha256: str) -> gpd.GeoDataFrame:
    """Build Incidents.

    Parameters
    ----------
    kept : Kept
        The rows, parsed.
    spec : FeedSpec
        The feed.
    sha256 : str
        Of the file.

    Returns
    -------
    geopandas.GeoDataFrame
        Columns of ``INCIDENT_COLUMNS`` and the geometry, EPSG:4326.
    """
    columns = {
        **_identity(kept, spec, sha256),
        **_moment_columns(kept, spec),
        **_category_columns(kept, spec),
        **_place_columns(kept, spec),
        "source_row": pd.Series(kept.source_row),
    }
    points = _points(kept.places)
    data = pd.DataFrame({name: columns[name] for name in INCIDENT_COLUMNS})
    return gpd.GeoDataFrame(data, geometry=gpd.GeoSeries(points, crs="EPSG:4326"))


def _points(places: Places) -> np.ndarray:
    there = places.there
    points = np.full(len(there), None, dtype=object)
    collecting = gc.isenabled()
    # A million new objects set the garbage collector off again and again, and none is garbage.
    gc.disable()
    try:
        points[there] = shapely.points(places.longitude[there], places.latitude[there])
    finally:
        if collecting:
            gc.enable()
    return points


def _identity(kept: Kept, spec: FeedSpec, sha256: str) -> dict[str, pd.Series]:
    keys = kept.text(spec.rows.key)
    by_row = pl.Series(is_blank(keys).to_numpy() | repeated_ids(kept, spec))
    by_key = pl.lit(f"{spec.source_id}:") + keys
    if by_row.any():
        rows = pl.Series(kept.source_row).cast(pl.String)
        by_line = pl.lit(f"{spec.source_id}:{sha256[:_ID_HASH]}:") + rows
        by_key = pl.when(by_row).then(by_line).otherwise(by_key)
    ids = pl.select(by_key.alias("id")).to_series()
    count = len(keys)
    return {
        "incident_id": _strings(ids),
        "source_id": _constant(spec.source_id, count),
        "source_sha256": _constant(sha256, count),
        "source_record_id": _texts(kept, spec.rows.key),
        "case_id": _texts(kept, spec.rows.case),
        "row_grain": _constant(spec.rows.grain, count),
        "count": pd.Series(kept.counts),
        "record_kind": _constant(spec.rows.kind, count),
    }


def _moment_columns(kept: Kept, spec: FeedSpec) -> dict[str, pd.Series]:
    rules, start, count = spec.time, kept.start, len(kept.source_row)

    def column(moments: Moments | None) -> pd.Series:
        never = np.full(count, NOT_A_TIME)
        return as_column(never if moments is None else moments.utc_us, rules.zone)

    precisions = tuple(dict.fromkeys((rules.precision, "day")))
    precision = np.where(start.to_the_day, precisions.index("day"), 0).astype(np.int8)
    suspect = start.placeholder | start.ambiguous | start.nonexistent | kept.doubted
    return {
        "occurred_start": column(start),
        "occurred_end": column(kept.end),
        "occurred_precision": pd.Series(pd.Categorical.from_codes(precision, list(precisions))),
        "occurred_basis": _constant(rules.basis, count),
        "time_suspect": pd.Series(suspect),
        "reported_at": column(kept.reported),
    }


def _category_columns(kept: Kept, spec: FeedSpec) -> dict[str, pd.Series]:
    codes = offence_codes()
    vocabularies: dict[str, Sequence[str]] = {
        "offence_code": tuple(codes),
        "offence_group": tuple(dict.fromkeys(c.category for c in codes.values())),
        "offence_against": ("person", "property", "society", "none"),
        "display_group": tuple(display_groups()),
        "mapping_quality": QUALITIES,
    }
    table, positions = kept.categories.table, kept.categories.positions
    columns = {
        name: pd.Series(pd.Categorical(table[name], categories=words)[positions])
        for name, words in vocabularies.items()
    }
    return {
        **columns,
        "category_raw": _texts(kept, spec.category.category),
        "description_raw": _texts(kept, spec.category.description),
        "category_code_raw": _spread(*distinct_codes(kept.columns, spec.category)),
        "sensitive": pd.Series(_sensitive_rows(kept, spec)),
    }


def _sensitive_rows(kept: Kept, spec: FeedSpec) -> np.ndarray:
    """Say which rows are sensitive: by their category, or because the feed marks them."""
    table, positions = kept.categories.table, kept.categories.positions
    marks, rows = kept.columns.distinct(spec.category.sensitive)
    marked = marks.str.strip_chars().str.to_lowercase().is_in(list(spec.category.sensitive_values))
    by_category: np.ndarray = table["sensitive"].to_numpy(dtype=bool)[positions]
    sensitive: np.ndarray = by_category | marked.to_numpy()[rows]
    return sensitive


def _place_columns(kept: Kept, spec: FeedSpec) -> dict[str, pd.Series]:
    rules, count = spec.place, len(kept.source_row)
    status = pd.Categorical.from_codes(kept.places.status, categories=STATUSES)
    locations, rows = kept.columns.distinct(rules.text)
    return {
        "location_text": _spread(location_texts(locations, rules), rows),
        "location_precision": _constant(rules.precision, count),
        "location_status": pd.Series(status),
        "coord_uncertainty_m": pd.Series(np.full(count, rules.uncertainty_m, dtype=np.float32)),
        "area_name": _names(kept, rules.area, rules.area_format, rules.empty_texts),
        "district": _names(kept, rules.district, rules.district_format, rules.empty_texts),
    }


def _names(kept: Kept, column: str, form: str, empty: Sequence[str]) -> pd.Series:
    found, rows = kept.columns.distinct(column)
    nothing = {*NO_TEXT, *empty}
    bare = [text.strip() for text in found.to_list()]
    named = [None if text in nothing else form.format(text) for text in bare]
    return _spread(pl.Series(named, dtype=pl.String), rows)


def _texts(kept: Kept, column: str) -> pd.Series:
    """Give a column as it is written; a text that is none is missing."""
    return _spread(*kept.columns.distinct(column))


def _spread(found: pl.Series, rows: np.ndarray) -> pd.Series:
    """Give every row its text of those found; a text that is none is missing."""
    known = pl.select(pl.when(~is_blank(found)).then(found).alias("text")).to_series()
    # As many texts as rows are the rows themselves: so gives them ``distinct``.
    if len(known) == len(rows):
        return _strings(known)
    texts = known.to_arrow().cast(pa.large_string())
    return pd.Series(pd.array(texts.take(pa.array(rows)), dtype="string"))


def _strings(texts: pl.Series) -> pd.Series:
    return pd.Series(pd.array(texts.to_arrow().cast(pa.large_string()), dtype="string"))


def _constant(value: str, count: int) -> pd.Series:
    return pd.Series(pd.Categorical.from_codes(np.zeros(count, dtype=np.int8), [value]))
