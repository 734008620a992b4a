"""The one way from a file to Incidents and a report on every row of it."""

from __future__ import annotations

import warnings
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Final, NamedTuple, NoReturn

import numpy as np
import pandas as pd

from hotspots.errors import ParameterError, SchemaMismatchError
from hotspots.loaders.assemble import assemble
from hotspots.loaders.categories import map_categories
from hotspots.loaders.columns import Columns
from hotspots.loaders.coordinates import STATUSES, locate
from hotspots.loaders.detect import (
    HeaderMatch,
    best_match,
    find_columns,
    fits_any_feed,
    fits_feed,
    listed,
    match_feed,
)
from hotspots.loaders.evidence import find_evidence
from hotspots.loaders.flags import count_groups, find_flags
from hotspots.loaders.gates import check_gates
from hotspots.loaders.generic import GenericOptions, generic_spec
from hotspots.loaders.judge import judge
from hotspots.loaders.kept import Kept, end_moments, reported_moments, row_counts
from hotspots.loaders.quality import QualityReport
from hotspots.loaders.registry import describe_feed
from hotspots.loaders.source import open_source
from hotspots.loaders.spec import columns_read, normalised
from hotspots.loaders.table import read_records
from hotspots.loaders.time_check import check_clock
from hotspots.loaders.times import parse_moments
from hotspots.loaders.zones import settle_zone
from hotspots.schema import LOCATED_STATUSES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import geopandas as gpd
    import polars as pl

    from hotspots.loaders.source import Source
    from hotspots.loaders.spec import FeedSpec
    from hotspots.loaders.table import Records, Reject

_GENERIC: Final = "generic-csv"


class Reading(NamedTuple):
    """What reading gives.

    Attributes
    ----------
    incidents : geopandas.GeoDataFrame
        One row per row of the file that was kept.
    quality : QualityReport
        What became of every row.
    """

    incidents: gpd.GeoDataFrame
    quality: QualityReport


def read_incidents(  # noqa: PLR0913 - the options of generic-csv, each by its name
    data: str | Path | pd.DataFrame | pl.DataFrame,
    feed: str | None = None,
    *,
    member: str | None = None,
    columns: Mapping[str, str] | None = None,
    time_zone: str | None = None,
    date_format: str | None = None,
    crs: str | None = None,
    bbox: tuple[float, float, float, float] | None = None,
    categories: Mapping[str, str] | None = None,
    strict: bool = False,
) -> Reading:
    """Read incidents from an open-data file, or from a table already in memory.

    Rows without a place are kept, without a point. Rows that cannot be used are rejected and
    listed with their reason. Nothing is guessed: the feed is known by its column names, the
    zone, the formats and the bounds by its description. Nothing is fetched.

    Parameters
    ----------
    data : str, pathlib.Path, pandas.DataFrame or polars.DataFrame
        A file: CSV in any common encoding, gzip or not, a zip archive of such files, Excel
        (.xlsx), GeoJSON, JSON, Parquet or GeoPackage; or a table.
    feed : str, optional
        One of ``list_feeds()``, or the path of a description that ends in ``.toml``. By default it
        is recognised by the column names.
    member : str, optional
        For a zip archive: the member that is meant, or a pattern with ``*`` for several. By default
        the tables in it that fit the feed; all of them must have the same header.
    columns : mapping of str to str, optional
        For ``feed="generic-csv"``: what the columns are called. Keys: ``occurred`` (needed),
        ``occurred_end``, ``reported``, ``latitude`` and ``longitude`` (or ``x`` and ``y``),
        ``category``, ``description``, ``code``, ``record_id``, ``case_id``, ``location_text``,
        ``area_name``, ``district``.
    time_zone : str, optional
        For ``generic-csv``, needed: IANA zone in which the moments are written. For a feed whose
        publishers have each their own (``open311``): the zone of the local days; by default that
        of the places, when they all lie in one.
    date_format : str, optional
        For ``generic-csv``, needed: how moments are written, as for ``strftime``. It also says
        how precise they are: without ``%d`` a month, without ``%H`` a day.
    crs : str, optional
        For ``generic-csv``: reference system of the coordinates. EPSG:4326 for latitude and
        longitude; needed for ``x`` and ``y``.
    bbox : tuple of float, optional
        For ``generic-csv``: west, south, east, north, in degrees. Points outside are not used, and
        swapped latitude and longitude are noticed.
    categories : mapping of str to str, optional
        For ``generic-csv``: a NIBRS or CODE code, or a display group, for each category. What is
        not listed becomes ``other``.
    strict : bool, default False
        Whether to refuse a file that is not as files of its feed are: more than 1 % of its rows of
        a category that is not known, more than 1 % outside the bounds, more than 2 % rejected (or
        what the feed says is normal for it), or a column missing that the feed reads.

    Returns
    -------
    Reading
        ``incidents``, a GeoDataFrame in EPSG:4326 with the columns of
        ``hotspots.schema.INCIDENT_COLUMNS``, and ``quality``, a QualityReport. A file with a
        header and no rows gives an empty frame and a UserWarning.

    Raises
    ------
    UnknownFeedError
        If no feed has this name, or none fits the columns.
    SchemaMismatchError
        If the columns are not those of the feed that was named.
    EmptyInputError
        If the file is empty.
    NotTabularError
        If the file is a web page, JSON or an archive.
    CoordinateReferenceError
        If most points lie outside the feed's bounds, for example because latitude and longitude
        are swapped.
    ParameterError
        If an option is missing or does not belong to the feed, or ``data`` is a web address.
    UnmappedCategoryError, GateError
        With ``strict``, if a limit is broken; the message gives every such limit with its numbers.
    InputDataError
        If the file is missing or broken, or none of its rows can be kept.

    Examples
    --------
    >>> from hotspots.loaders import read_incidents, sample_path
    >>> incidents, quality = read_incidents(sample_path("west-yorkshire-2018-07"))
    >>> print(quality.summary())
    west-yorkshire-2018-07.csv.gz, Street-level crime, ...: 31,635 rows read, 31,635 kept.
    No row was rejected.
    30,752 rows have a place; 883 have none (883 no coordinates).
    To know: 5,442 without the publisher's id; ...

    A table whose columns the caller names:

    >>> import pandas as pd
    >>> table = pd.DataFrame(
    ...     {"day": ["03/04/2024"], "Lat": [53.8], "Lon": [-1.5], "kind": ["Break-in"]}
    ... )
    >>> reading = read_incidents(
    ...     table,
    ...     feed="generic-csv",
    ...     columns={"occurred": "day", "latitude": "Lat", "longitude": "Lon", "category": "kind"},
    ...     time_zone="Europe/London",
    ...     date_format="%d/%m/%Y",
    ...     categories={"Break-in": "burglary"},
    ... )
    >>> reading.incidents["display_group"].tolist()
    ['burglary']
    """
    options = GenericOptions(
        columns=columns, time_zone=time_zone, date_format=date_format,
        crs=crs, bbox=bbox, categories=categories,
    )  # fmt: skip
    spec, source, match = _recognise(data, feed, member, options)
    load = _columns_needed(spec, source, match)
    last = find_columns(source.header, (spec.rows.may_end_before,)).values()
    records = read_records(source, load, may_end_before=next(iter(last), None))
    if records.rows_read == 0:
        warnings.warn(f"{source.name} has a header but no rows.", UserWarning, stacklevel=2)
    every = Columns.of(records.frame, match.columns)
    spec, zone_notes = settle_zone(spec, every, time_zone, source.name)
    records = replace(records, notes=(*records.notes, *zone_notes))
    kept, rejects = _keep(every, records, spec, source.name)
    if spec.rows.kind != "offence":
        # A broken row may hold what residents wrote: its number is enough.
        rejects = [replace(reject, value="") for reject in rejects]
    incidents = assemble(kept, spec, source.sha256)
    quality = _report(kept, rejects, spec, match, source, records, incidents)
    if strict:
        check_gates(quality)
    return Reading(incidents, quality)


def _recognise(
    data: str | Path | pd.DataFrame | pl.DataFrame,
    feed: str | None,
    member: str | None,
    options: GenericOptions,
) -> tuple[FeedSpec, Source, HeaderMatch]:
    """Find out which feed it is, and where its columns are."""
    given = options.given()
    if feed != _GENERIC and given not in ((), ("time_zone",)):
        _refuse_options(given)
    if feed == _GENERIC:
        spec = generic_spec(options)
        source = open_source(data, member=member, fits=lambda header: not _absent(spec, header))
        return spec, source, _match_named(spec, source)
    if feed is None:
        source = open_source(data, member=member, fits=fits_any_feed)
        match = best_match(source.header, source.name)
    else:
        describe_feed(feed)
        source = open_source(data, member=member, fits=lambda header: fits_feed(header, feed))
        match = match_feed(source.header, feed, source.name)
    spec = describe_feed(match.feed).for_variant(match.variant)
    if given and spec.time.zone:
        _refuse_options(given)
    return spec, source, match


def _refuse_options(given: Sequence[str]) -> NoReturn:
    named = ", ".join(given)
    msg = f"Only feed='generic-csv' takes {named}; the other feeds are described already."
    raise ParameterError(msg)


def _columns_needed(spec: FeedSpec, source: Source, match: HeaderMatch) -> tuple[str, ...]:
    """Name the columns to read; all of them only where rows may be identical, to find those."""
    if not spec.rows.key_unique:
        return source.header
    read = {normalised(c) for c in columns_read(spec.rows, spec.time, spec.place, spec.category)}
    return tuple(dict.fromkeys(c for n, c in match.columns.items() if normalised(n) in read))


def _absent(spec: FeedSpec, header: Sequence[str]) -> list[str]:
    """Name the columns that the caller named and the header lacks."""
    names = columns_read(spec.rows, spec.time, spec.place, spec.category)
    found = find_columns(header, names)
    return [name for name in names if name not in found]


def _match_named(spec: FeedSpec, source: Source) -> HeaderMatch:
    """Find the columns that the caller named."""
    names = columns_read(spec.rows, spec.time, spec.place, spec.category)
    absent = _absent(spec, source.header)
    if absent:
        msg = f"{source.name} has no column {listed(absent)}. It has: {listed(source.header)}."
        raise SchemaMismatchError(msg)
    found = find_columns(source.header, names)
    extra = tuple(c for c in source.header if c not in found.values())
    return HeaderMatch(
        feed=spec.id, variant="named by the caller", score=1.0, verbatim=len(found), columns=found,
        missing=(), absent=(), extra=extra,
    )  # fmt: skip


def _keep(every: Columns, records: Records, spec: FeedSpec, name: str) -> tuple[Kept, list[Reject]]:
    """Parse the rows, and set aside those that cannot be used."""
    start = parse_moments(every, spec.time.start, spec.time)
    good, doubted, rejects = judge(every, records, start, spec, name)
    columns, source_row = every.where(good), records.source_row[good]
    kept = Kept(
        columns=columns,
        source_row=source_row,
        start=start.at(good),
        end=end_moments(columns, spec),
        reported=reported_moments(columns, spec),
        doubted=doubted[good],
        places=locate(columns, spec.place, name=name),
        categories=map_categories(columns, spec),
        counts=row_counts(columns, source_row, spec, name),
    )
    return kept, rejects


def _report(
    kept: Kept,
    rejects: list[Reject],
    spec: FeedSpec,
    match: HeaderMatch,
    source: Source,
    records: Records,
    incidents: gpd.GeoDataFrame,
) -> QualityReport:
    status = np.bincount(kept.places.status, minlength=len(STATUSES))
    by_status = {word: int(rows) for word, rows in zip(STATUSES, status, strict=True) if rows}
    located = sum(by_status.pop(word, 0) for word in LOCATED_STATUSES)
    ordered = sorted(rejects, key=lambda r: r.source_row)
    rejected = _table_of(ordered)
    flagged = find_flags(kept, spec, incidents)
    evidence = find_evidence(
        incidents,
        rejected,
        crs=kept.places.evidence,
        check=check_clock(kept, spec),
        flagged=flagged,
    )
    stacked = {"stacked_location": evidence.space.in_stacks} if evidence.space.in_stacks else {}
    return QualityReport(
        feed=spec,
        file_name=source.name,
        sha256=source.sha256,
        size_bytes=source.size_bytes,
        encoding=source.encoding,
        delimiter=source.delimiter,
        variant=match.variant,
        extra_columns=match.extra,
        missing_columns=match.absent,
        rows_read=records.rows_read,
        rejected=dict(Counter(r.reason for r in ordered)),
        kept=len(incidents),
        located=located,
        unlocated=by_status,
        flags={**{flag: int(which.sum()) for flag, which in flagged.items()}, **stacked},
        groups=count_groups(incidents),
        categories=kept.categories.table,
        rejects=rejected,
        evidence=evidence,
        notes=(*source.notes, *records.notes, *kept.places.notes, *_renamed(match)),
    )


def _renamed(match: HeaderMatch) -> tuple[str, ...]:
    """Say which columns are called a little differently than the feed calls them."""
    pairs = [f"{there!r} as {name!r}" for name, there in match.columns.items() if name != there]
    return (f"columns read by like names: {', '.join(pairs)}",) if pairs else ()


def _table_of(rejects: list[Reject]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "source_row": pd.Series([r.source_row for r in rejects], dtype="int64"),
            "reason": pd.Series([r.reason for r in rejects], dtype="string"),
            "value": pd.Series([r.value for r in rejects], dtype="string"),
        }
    )
