"""From parsed columns to Incidents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import polars as pl
import shapely

from hotspots.loaders.categories import code_texts
from hotspots.loaders.columns import NO_TEXT, is_blank
from hotspots.loaders.coordinates import STATUSES
from hotspots.loaders.distinct import distinct
from hotspots.loaders.flags import repeated_ids
from hotspots.loaders.locations import location_texts
from hotspots.loaders.rules import QUALITIES
from hotspots.loaders.times import NOT_A_TIME, as_column
from hotspots.offences import display_groups, offence_codes
from hotspots.schema import INCIDENT_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Sequence

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
    places, there = kept.places, kept.places.there
    points = np.full(len(there), None, dtype=object)
    points[there] = shapely.points(places.longitude[there], places.latitude[there])
    data = pd.DataFrame({name: columns[name] for name in INCIDENT_COLUMNS})
    return gpd.GeoDataFrame(data, geometry=gpd.GeoSeries(points, crs="EPSG:4326"))


def _identity(kept: Kept, spec: FeedSpec, sha256: str) -> dict[str, pd.Series]:
    keys = kept.text(spec.rows.key)
    by_row = pl.Series(is_blank(keys).to_numpy() | repeated_ids(kept, spec))
    rows = pl.Series(kept.source_row).cast(pl.String)
    ids = pl.select(
        pl.when(by_row)
        .then(pl.lit(f"{spec.source_id}:{sha256[:_ID_HASH]}:") + rows)
        .otherwise(pl.lit(f"{spec.source_id}:") + keys)
        .alias("incident_id")
    ).to_series()
    count = len(rows)
    return {
        "incident_id": _strings(ids),
        "source_id": _constant(spec.source_id, count),
        "source_sha256": _constant(sha256, count),
        "source_record_id": _strings(keys),
        "case_id": _strings(kept.text(spec.rows.case)),
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
        "category_raw": _strings(kept.text(spec.category.category)),
        "description_raw": _strings(kept.text(spec.category.description)),
        "category_code_raw": _strings(code_texts(kept.columns, spec.category)),
        "sensitive": pd.Series(_sensitive_rows(kept, spec)),
    }


def _sensitive_rows(kept: Kept, spec: FeedSpec) -> np.ndarray:
    """Say which rows are sensitive: by their category, or because the feed marks them."""
    table, positions = kept.categories.table, kept.categories.positions
    marks, rows = distinct(kept.text(spec.category.sensitive))
    marked = marks.str.strip_chars().str.to_lowercase().is_in(list(spec.category.sensitive_values))
    by_category: np.ndarray = table["sensitive"].to_numpy(dtype=bool)[positions]
    sensitive: np.ndarray = by_category | marked.to_numpy()[rows]
    return sensitive


def _place_columns(kept: Kept, spec: FeedSpec) -> dict[str, pd.Series]:
    rules, count = spec.place, len(kept.source_row)
    status = pd.Categorical.from_codes(kept.places.status, categories=STATUSES)
    return {
        "location_text": _strings(location_texts(kept.text(rules.text), rules)),
        "location_precision": _constant(rules.precision, count),
        "location_status": pd.Series(status),
        "coord_uncertainty_m": pd.Series(np.full(count, rules.uncertainty_m, dtype=np.float32)),
        "area_name": _names(kept.text(rules.area), rules.area_format, rules.empty_texts),
        "district": _names(kept.text(rules.district), rules.district_format, rules.empty_texts),
    }


def _names(texts: pl.Series, form: str, empty: Sequence[str]) -> pd.Series:
    found, rows = distinct(texts)
    nothing = {*NO_TEXT, *empty}
    bare = [text.strip() for text in found.to_list()]
    named = ["" if text in nothing else form.format(text) for text in bare]
    return _strings(pl.Series(texts.name, named, dtype=pl.String).gather(rows))


def _strings(texts: pl.Series) -> pd.Series:
    """Make a pandas column of strings; a text that is none is missing."""
    values = pl.select(pl.when(~is_blank(texts)).then(texts).alias("text")).to_series()
    return pd.Series(pd.array(values.to_arrow(), dtype="string"))


def _constant(value: str, count: int) -> pd.Series:
    return pd.Series(pd.Categorical.from_codes(np.zeros(count, dtype=np.int8), [value]))
