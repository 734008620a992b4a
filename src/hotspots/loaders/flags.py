"""What must be known about rows that are kept: flags, and rows by group, day and status."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import polars as pl

from hotspots.loaders.columns import is_blank
from hotspots.loaders.kept import earlier
from hotspots.loaders.wall import DAY_US, on_the_wall

if TYPE_CHECKING:
    import geopandas as gpd

    from hotspots.loaders.kept import Kept
    from hotspots.loaders.spec import FeedSpec


def repeated_ids(kept: Kept, spec: FeedSpec) -> np.ndarray:
    """Say which rows share the publisher's id with another row.

    Parameters
    ----------
    kept : Kept
        The rows, parsed.
    spec : FeedSpec
        The feed.

    Returns
    -------
    numpy.ndarray of bool
        The answer.
    """
    if spec.rows.key_unique or not kept.columns.has(spec.rows.key):
        return np.zeros(len(kept.source_row), dtype=bool)
    keys = kept.text(spec.rows.key)
    shared: np.ndarray = (keys.is_duplicated() & ~is_blank(keys)).to_numpy()
    return shared


def find_flags(kept: Kept, spec: FeedSpec, incidents: gpd.GeoDataFrame) -> dict[str, np.ndarray]:
    """Find the rows that have something to know about them.

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
    dict of str to numpy.ndarray of bool
        Rows with each flag that at least one row has.
    """
    # Where the key is unique no two rows are identical, and not all columns were read.
    unique, frame = spec.rows.key_unique, kept.columns.frame
    quality = incidents["mapping_quality"]
    rows = {
        "no_record_id": incidents["source_record_id"].isna() if spec.rows.key else False,
        "repeated_row": False if unique else ~_first_of_its_kind(frame).to_numpy(),
        "non_unique_id": repeated_ids(kept, spec),
        "to_the_day": kept.start.to_the_day,
        "placeholder_time": kept.start.placeholder,
        "dst_ambiguous": kept.start.ambiguous,
        "dst_nonexistent": kept.start.nonexistent,
        "doubted_date": kept.doubted,
        "end_before_start": earlier(kept.start, kept.end) if kept.end else False,
        "reported_before_occurred": earlier(kept.start, kept.reported) if kept.reported else False,
        "count_not_one": kept.counts != 1,
        "unmapped_category": quality == "unmapped",
        "ambiguous_category": quality == "ambiguous",
        "sensitive": incidents["sensitive"],
    }
    masks = {flag: np.asarray(which, dtype=bool) for flag, which in rows.items()}
    return {flag: which for flag, which in masks.items() if which.any()}


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
    start = incidents["occurred_start"]
    wall = on_the_wall(start.to_numpy(dtype="datetime64[us]").astype(np.int64), str(start.dt.tz))
    words = {name: incidents[name].cat for name in ("display_group", "location_status")}
    counted = (
        pl.DataFrame(
            {
                "display_group": words["display_group"].codes.to_numpy(),
                "day": wall // DAY_US,
                "location_status": words["location_status"].codes.to_numpy(),
            }
        )
        .group_by("display_group", "day", "location_status")
        .len("rows")
        .sort("display_group", "day", "location_status")
    )
    columns = {
        name: pd.Categorical.from_codes(counted[name].to_numpy(), dtype=incidents[name].dtype)
        for name in words
    }
    days = counted["day"].to_numpy().astype("datetime64[D]").astype("datetime64[us]")
    return pd.DataFrame(
        {
            "display_group": columns["display_group"],
            "day": pd.Series(days, dtype="datetime64[us]"),
            "location_status": columns["location_status"],
            "rows": counted["rows"].to_numpy().astype(np.int64),
        }
    )
