"""What the finished Incidents say about themselves: their days, their places, their categories."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import polars as pl
import shapely

from hotspots.loaders.reference import CrsEvidence
from hotspots.loaders.rhythm import Rhythm, find_rhythm
from hotspots.schema import LOCATED_STATUSES

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    import geopandas as gpd

    from hotspots.loaders.rhythm import ShortMonth
    from hotspots.loaders.time_check import ClockAgreement

#: Rows at one point from which one speaks of a stack, and of a large one.
STACK: Final = 16
LARGE_STACK: Final = 100
_TOP: Final = 10
_EXAMPLES: Final = 5
#: About 100 metres: a report names a place, not a house.
_DECIMALS: Final = 3


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class DateEvidence:
    """When the rows lie, and how far their clock can be believed.

    Attributes
    ----------
    zone : str
        IANA zone of the days and hours below.
    first, last : datetime.date or None
        First and last local day; None where there is no row.
    by_year : mapping of int to int
        Rows by local year.
    precision, basis : mapping of str to int
        Rows by ``occurred_precision`` and by ``occurred_basis``.
    rhythm : Rhythm
        What the hours of the day say.
    short_months : tuple of ShortMonth
        Months with less than half the rows of the median month.
    check : ClockAgreement or None
        Agreement with a column that says the shift or the hour, where the feed has one.
    """

    zone: str
    first: date | None
    last: date | None
    by_year: Mapping[int, int]
    precision: Mapping[str, int]
    basis: Mapping[str, int]
    rhythm: Rhythm
    short_months: tuple[ShortMonth, ...]
    check: ClockAgreement | None = None


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class SpaceEvidence:
    """Where the rows lie.

    Attributes
    ----------
    located, distinct_points : int
        Rows with a place, and different places.
    in_stacks, in_large_stacks : int
        Rows at a point that 16, or 100, rows or more share.
    crs : CrsEvidence
        Why the coordinates were read in the columns and the system that they were read in.
    top_stacks : pandas.DataFrame
        At most ten stacks: ``longitude`` and ``latitude`` in degrees, to three decimals, and
        ``rows``; most rows first.
    """

    located: int
    distinct_points: int
    in_stacks: int
    in_large_stacks: int
    crs: CrsEvidence
    top_stacks: pd.DataFrame


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class GrainEvidence:
    """What one row is.

    Attributes
    ----------
    grain : str
        Values of ``row_grain``.
    rows : int
        Rows.
    cases : int or None
        Different cases; None where the feed names none. A row without a case is its own.
    """

    grain: str
    rows: int
    cases: int | None


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Evidence:
    """All that the rows say about themselves.

    Attributes
    ----------
    dates, space, grain : DateEvidence, SpaceEvidence, GrainEvidence
        When, where, what.
    unlocated_categories : pandas.DataFrame
        ``category``, ``rows``, ``unlocated``: categories of which some rows have no place.
    examples : mapping of str to tuple of int
        Up to five ``source_row`` for each reason.
    """

    dates: DateEvidence
    space: SpaceEvidence
    grain: GrainEvidence
    unlocated_categories: pd.DataFrame
    examples: Mapping[str, tuple[int, ...]]


def find_evidence(
    incidents: gpd.GeoDataFrame,
    rejects: pd.DataFrame,
    *,
    crs: CrsEvidence | None = None,
    check: ClockAgreement | None = None,
    flagged: Mapping[str, np.ndarray] | None = None,
) -> Evidence:
    """Look at finished Incidents and say what they show.

    Parameters
    ----------
    incidents : geopandas.GeoDataFrame
        Incidents; they are not changed.
    rejects : pandas.DataFrame
        ``source_row`` and ``reason`` of the rows that were not kept.
    crs : CrsEvidence, optional
        Why the coordinates were read as they were.
    check : ClockAgreement, optional
        Agreement with a column that says the shift or the hour.
    flagged : mapping of str to numpy.ndarray of bool, optional
        Rows with each flag.

    Returns
    -------
    Evidence
        The same whatever the order of the rows.

    Examples
    --------
    >>> from hotspots.loaders import load_sample
    >>> from hotspots.loaders.evidence import find_evidence
    >>> incidents, quality = load_sample("west-yorkshire-2018-07")
    >>> space = find_evidence(incidents, quality.rejects).space
    >>> space.located, space.distinct_points
    (30752, 13603)
    """
    placed = incidents["location_status"].isin(LOCATED_STATUSES).to_numpy()
    return Evidence(
        dates=_dates(incidents, check),
        space=_space(incidents, placed, crs or CrsEvidence()),
        grain=_grain(incidents),
        unlocated_categories=_unlocated_categories(incidents, placed),
        examples=_examples(incidents, rejects, flagged or {}),
    )


def _counts(values: pd.Series) -> Mapping[str, int]:
    """Count the values of a category column, without those that do not occur."""
    rows = np.bincount(values.cat.codes[values.notna()], minlength=len(values.cat.categories))
    named = zip(values.cat.categories, rows.tolist(), strict=True)
    return MappingProxyType({str(value): count for value, count in named if count})


def _dates(incidents: gpd.GeoDataFrame, check: ClockAgreement | None) -> DateEvidence:
    start = incidents["occurred_start"]
    precision = incidents["occurred_precision"]
    with_clock = precision.isin(["minute", "hour"]).to_numpy()
    rhythm, days = find_rhythm(start, with_clock)
    years: dict[int, int] = {}
    for day, rows in days.daily.items():
        years[day.year] = years.get(day.year, 0) + rows
    return DateEvidence(
        zone=days.zone,
        first=min(days.daily, default=None),
        last=max(days.daily, default=None),
        by_year=MappingProxyType(dict(sorted(years.items()))),
        precision=_counts(precision),
        basis=_counts(incidents["occurred_basis"]),
        rhythm=rhythm,
        short_months=days.short_months(),
        check=check,
    )


def _space(incidents: gpd.GeoDataFrame, placed: np.ndarray, crs: CrsEvidence) -> SpaceEvidence:
    points = shapely.get_coordinates(incidents.geometry.to_numpy()[placed])
    stacks = (
        pl.DataFrame({"longitude": points[:, 0], "latitude": points[:, 1]})
        .group_by("longitude", "latitude")
        .len("rows")
    )
    rows = stacks["rows"]
    top = (
        stacks.filter(pl.col("rows") >= STACK)
        .sort(["rows", "longitude", "latitude"], descending=[True, False, False])
        .head(_TOP)
        .with_columns(pl.col("longitude", "latitude").round(_DECIMALS))
    )
    return SpaceEvidence(
        located=int(placed.sum()),
        distinct_points=stacks.height,
        in_stacks=int(rows.filter(rows >= STACK).sum()),
        in_large_stacks=int(rows.filter(rows >= LARGE_STACK).sum()),
        crs=crs,
        top_stacks=pd.DataFrame({name: top[name].to_numpy() for name in top.columns}).astype(
            {"rows": "int64"}
        ),
    )


def _texts(values: pd.Series) -> pl.Series:
    """Hand a column of strings to polars."""
    return pl.Series(str(values.name), pl.from_pandas(values), dtype=pl.String)


def _grain(incidents: gpd.GeoDataFrame) -> GrainEvidence:
    cases = _texts(incidents["case_id"])
    named = cases.rechunk().n_unique() - (1 if cases.null_count() else 0)
    return GrainEvidence(
        grain=", ".join(_counts(incidents["row_grain"])),
        rows=len(incidents),
        cases=named + cases.null_count() if named else None,
    )


def _unlocated_categories(incidents: gpd.GeoDataFrame, placed: np.ndarray) -> pd.DataFrame:
    found = (
        pl.DataFrame({"category": _texts(incidents["category_raw"]), "placed": placed})
        .group_by("category")
        .agg(pl.len().alias("rows"), (~pl.col("placed")).sum().alias("unlocated"))
        .filter(pl.col("unlocated") > 0)
        .sort(["unlocated", "rows", "category"], descending=[True, True, False])
    )
    return pd.DataFrame(
        {
            "category": pd.Series(found["category"].to_list(), dtype="string"),
            "rows": found["rows"].to_numpy().astype(np.int64),
            "unlocated": found["unlocated"].to_numpy().astype(np.int64),
        }
    )


def _examples(
    incidents: gpd.GeoDataFrame, rejects: pd.DataFrame, flagged: Mapping[str, np.ndarray]
) -> Mapping[str, tuple[int, ...]]:
    rows = incidents["source_row"].to_numpy()
    found: dict[str, Any] = {
        str(reason): among["source_row"].to_numpy()
        for reason, among in rejects.groupby("reason", sort=True)
    }
    status = incidents["location_status"]
    for position, word in enumerate(status.cat.categories):
        if word not in LOCATED_STATUSES:
            found[word] = rows[status.cat.codes == position]
    found |= {flag: rows[which] for flag, which in flagged.items()}
    return MappingProxyType(
        {
            reason: tuple(np.sort(which)[:_EXAMPLES].tolist())
            for reason, which in found.items()
            if len(which)
        }
    )
