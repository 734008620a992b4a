"""From parsed columns to Incidents, and to the counts of their report."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import polars as pl
import shapely

from hotspots.loaders.coordinates import STATUSES, location_texts
from hotspots.loaders.distinct import distinct
from hotspots.loaders.rules import QUALITIES
from hotspots.loaders.times import NOT_A_TIME, as_column, parse_moments
from hotspots.offences import display_groups, offence_codes
from hotspots.schema import INCIDENT_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hotspots.loaders.categories import Categories
    from hotspots.loaders.coordinates import Places
    from hotspots.loaders.rules import MomentRules
    from hotspots.loaders.spec import FeedSpec
    from hotspots.loaders.times import Moments

_ID_HASH: Final = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """The rows that are kept, parsed.

    Attributes
    ----------
    frame : polars.DataFrame
        Their text, under the names of the file.
    names : mapping of str to str
        The feed's name of each column, and the file's.
    source_row : numpy.ndarray of int64
        Line in the file.
    moments, places, categories : Moments, Places, Categories
        What the text says.
    """

    frame: pl.DataFrame
    names: Mapping[str, str]
    source_row: np.ndarray
    moments: Moments
    places: Places
    categories: Categories

    def text(self, column: str) -> pl.Series:
        """Give a column of the feed as text; blank where the file has none.

        Parameters
        ----------
        column : str
            The feed's name of the column.

        Returns
        -------
        polars.Series of str
            Its values.
        """
        return text_of(self.frame, self.names, column)


def text_of(frame: pl.DataFrame, names: Mapping[str, str], column: str) -> pl.Series:
    """Give a column of the feed as text; blank where the file has none.

    Parameters
    ----------
    frame : polars.DataFrame
        Text, under the names of the file.
    names : mapping of str to str
        The feed's name of each column, and the file's.
    column : str
        The feed's name; may be empty.

    Returns
    -------
    polars.Series of str
        One text a row, without nulls.
    """
    if column in names:
        return frame[names[column]]
    return pl.Series(column, [""], dtype=pl.String).new_from_index(0, frame.height)


def _sensitive_rows(kept: Kept, spec: FeedSpec) -> np.ndarray:
    """Say which rows are sensitive: by their category, or because the feed marks them."""
    table, positions = kept.categories.table, kept.categories.positions
    marks = kept.text(spec.category.sensitive).str.strip_chars().str.to_lowercase()
    marked: np.ndarray = marks.is_in(list(spec.category.sensitive_values)).to_numpy()
    by_category: np.ndarray = table["sensitive"].to_numpy(dtype=bool)[positions]
    sensitive: np.ndarray = by_category | marked
    return sensitive


def _repeated_ids(kept: Kept, spec: FeedSpec) -> np.ndarray:
    """Say which rows share the publisher's id with another row."""
    if spec.rows.key_unique:
        return np.zeros(len(kept.source_row), dtype=bool)
    keys = kept.text(spec.rows.key)
    shared: np.ndarray = (keys.is_duplicated() & (keys.str.strip_chars() != "")).to_numpy()
    return shared


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
    rows = len(kept.source_row)
    columns = {
        **_identity(kept, spec, sha256),
        **_moment_columns(kept, spec),
        **_category_columns(kept, spec),
        **_place_columns(kept, spec),
        "source_row": pd.Series(kept.source_row),
    }
    points = np.full(rows, None, dtype=object)
    there = kept.places.status == STATUSES.index("ok")
    points[there] = shapely.points(kept.places.longitude[there], kept.places.latitude[there])
    data = pd.DataFrame({name: columns[name] for name in INCIDENT_COLUMNS})
    return gpd.GeoDataFrame(data, geometry=gpd.GeoSeries(points, crs="EPSG:4326"))


def _identity(kept: Kept, spec: FeedSpec, sha256: str) -> dict[str, pd.Series]:
    keys = kept.text(spec.rows.key)
    by_row = pl.Series((keys.str.strip_chars() == "").to_numpy() | _repeated_ids(kept, spec))
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
        "source_id": _constant(spec.source_id, (spec.source_id,), count),
        "source_sha256": _constant(sha256, (sha256,), count),
        "source_record_id": _strings(keys),
        "case_id": _strings(kept.text(spec.rows.case)),
        "row_grain": _constant(spec.rows.grain, (spec.rows.grain,), count),
        "count": pd.Series(np.ones(count, dtype=np.int8)),
        "record_kind": _constant(spec.rows.kind, (spec.rows.kind,), count),
    }


def _moment_columns(kept: Kept, spec: FeedSpec) -> dict[str, pd.Series]:
    rules, moments, count = spec.time, kept.moments, len(kept.source_row)

    def column(moment: MomentRules) -> pd.Series:
        if moment.column not in kept.names:
            return as_column(np.full(count, NOT_A_TIME), rules.zone)
        parsed = parse_moments(
            kept.text(moment.column),
            formats=moment.formats,
            zone=rules.zone,
            precision=rules.precision,
        )
        return as_column(parsed.utc_us, rules.zone)

    return {
        "occurred_start": as_column(moments.utc_us, rules.zone),
        "occurred_end": column(rules.end),
        "occurred_precision": _constant(rules.precision, (rules.precision,), count),
        "occurred_basis": _constant(rules.basis, (rules.basis,), count),
        "time_suspect": pd.Series(moments.placeholder | moments.ambiguous | moments.nonexistent),
        "reported_at": column(rules.reported),
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
        "category_code_raw": _strings(kept.text(spec.category.code)),
        "sensitive": pd.Series(_sensitive_rows(kept, spec)),
    }


def _place_columns(kept: Kept, spec: FeedSpec) -> dict[str, pd.Series]:
    rules, count = spec.place, len(kept.source_row)
    status = pd.Categorical.from_codes(kept.places.status, categories=STATUSES)
    return {
        "location_text": _strings(location_texts(kept.text(rules.text), rules)),
        "location_precision": _constant(rules.precision, (rules.precision,), count),
        "location_status": pd.Series(status),
        "coord_uncertainty_m": pd.Series(np.full(count, rules.uncertainty_m, dtype=np.float32)),
        "area_name": _names(kept.text(rules.area), rules.area_format),
        "district": _names(kept.text(rules.district), rules.district_format),
    }


def _names(texts: pl.Series, form: str) -> pd.Series:
    found, rows = distinct(texts.str.strip_chars())
    named = [form.format(text) if text else "" for text in found.to_list()]
    return _strings(pl.Series(texts.name, named, dtype=pl.String).gather(rows))


def _strings(texts: pl.Series) -> pd.Series:
    """Make a pandas column of strings; a blank text is missing."""
    values = pl.select(pl.when(texts.str.strip_chars() != "").then(texts).alias("text")).to_series()
    return pd.Series(pd.array(values.to_arrow(), dtype="string"))


def _constant(value: str, words: Sequence[str], count: int) -> pd.Series:
    codes = np.full(count, words.index(value), dtype=np.int8)
    return pd.Series(pd.Categorical.from_codes(codes, categories=list(words)))


def count_flags(kept: Kept, spec: FeedSpec, incidents: gpd.GeoDataFrame) -> dict[str, int]:
    """Count the rows that have something to know about them.

    Parameters
    ----------
    kept : Kept
        The rows, parsed.
    spec : FeedSpec
        The feed.
    incidents : geopandas.GeoDataFrame
        What was built of them.

    Returns
    -------
    dict of str to int
        Flags that at least one row has.
    """
    # Where the key is unique no two rows are identical, and not all columns were read.
    repeated = 0 if spec.rows.key_unique else int((~_first_of_its_kind(kept.frame)).sum())
    quality = incidents["mapping_quality"]
    flags = {
        "no_record_id": int(incidents["source_record_id"].isna().sum()) if spec.rows.key else 0,
        "non_unique_id": int(_repeated_ids(kept, spec).sum()),
        "repeated_row": repeated,
        "placeholder_time": int(kept.moments.placeholder.sum()),
        "dst_ambiguous": int(kept.moments.ambiguous.sum()),
        "dst_nonexistent": int(kept.moments.nonexistent.sum()),
        "unmapped_category": int((quality == "unmapped").sum()),
        "ambiguous_category": int((quality == "ambiguous").sum()),
        "sensitive": int(incidents["sensitive"].sum()),
    }
    return {flag: rows for flag, rows in flags.items() if rows}


def _first_of_its_kind(frame: pl.DataFrame) -> pl.Series:
    return frame.select(pl.struct(pl.all()).is_first_distinct().alias("first"))["first"]


def count_groups(incidents: gpd.GeoDataFrame) -> pd.DataFrame:
    """Count rows by display group, local day and location status.

    Parameters
    ----------
    incidents : geopandas.GeoDataFrame
        Incidents.

    Returns
    -------
    pandas.DataFrame
        ``display_group``, ``day`` (datetime64, no zone), ``location_status``, ``rows``.
    """
    keys = pd.DataFrame(
        {
            "display_group": incidents["display_group"],
            "day": incidents["occurred_start"].dt.tz_localize(None).dt.floor("D"),
            "location_status": incidents["location_status"],
        }
    )
    return keys.groupby(list(keys), observed=True).size().rename("rows").reset_index()
