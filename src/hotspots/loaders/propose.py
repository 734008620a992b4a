"""How could a file that no feed fits be read? What speaks for it, and what is open."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

import polars as pl

from hotspots.errors import EmptyInputError, ParameterError, SchemaMismatchError
from hotspots.loaders.detect import find_columns, listed
from hotspots.loaders.documents import X, Y
from hotspots.loaders.generic import ROLES, check_zone_and_crs
from hotspots.loaders.labels import percent
from hotspots.loaders.profile import MOSTLY, profiles_of
from hotspots.loaders.propose_clock import find_clock
from hotspots.loaders.propose_dates import EPOCHS, Dates, find_dates
from hotspots.loaders.propose_places import (
    Bounds,
    PlaceFit,
    find_pair,
    fit_pair_text,
    fit_places,
)
from hotspots.loaders.propose_roles import find_roles, possible_categories
from hotspots.loaders.propose_words import (
    date_evidence,
    place_evidence,
    role_evidence,
    unused_evidence,
)
from hotspots.loaders.reference import WGS84
from hotspots.loaders.source import open_source
from hotspots.loaders.table import read_records
from hotspots.loaders.zones import zones_at
from hotspots.words import message

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pandas as pd

    from hotspots.loaders.profile import ColumnProfile
    from hotspots.loaders.propose_clock import Clock
    from hotspots.loaders.source import Source
    from hotspots.words import Message

_MOST_LABELS: Final = 40
_PAIRS: Final = (("longitude", "latitude"), ("x", "y"))


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Proposal:
    """How a file could be read.

    Attributes
    ----------
    file_name : str
        Base name of the file.
    header : tuple of str
        Its columns.
    rows : int
        Its rows.
    columns : mapping of str to str
        What the columns are, in the roles of ``generic-csv``.
    dates : Dates
        Columns and formats of the moments.
    date_format : str or None
        Format of the moment; None when day and month could stand in either order, or in both.
    clock : str or None
        ``"local"``, ``"utc"`` or ``"local_midnight_in_utc"``: which clock the moments show; None
        when that is open.
    time_zone : str or None
        IANA zone; None when it is open.
    place : PlaceFit or None
        Columns, system and bounds of the coordinates; None when there are none.
    labels : tuple of tuple
        The commonest categories with their rows.
    evidence : tuple of Message
        What speaks for each part.
    questions : tuple of Message
        What the file does not say, and how to say it; empty when it can be read as proposed.
    """

    file_name: str
    header: tuple[str, ...]
    rows: int
    columns: Mapping[str, str]
    dates: Dates
    date_format: str | None
    clock: Clock | None
    time_zone: str | None
    place: PlaceFit | None
    labels: tuple[tuple[str, int], ...]
    evidence: tuple[Message, ...]
    questions: tuple[Message, ...]

    @property
    def simple(self) -> bool:  # numpydoc ignore=RT01
        """Whether ``feed="generic-csv"`` can read it; otherwise a description of the feed can."""
        dates = self.dates
        alone = dates.clock or dates.parts or self.clock != "local" or dates.basis != "occurrence"
        place = self.place
        mixed = place is not None and (place.mixed_decimals or bool(place.pair_order))
        fits = [fit for fit in (dates.start, dates.end, dates.reported) if fit and fit.certain]
        forms = {fit.form for fit in fits}
        return not (alone or mixed or len(forms) > 1 or forms & {*EPOCHS})

    def options(self) -> dict[str, Any]:
        """Give the options of ``read_incidents`` that read the file as proposed.

        Returns
        -------
        dict
            ``feed``, ``columns`` and the others; empty when something is open, or when the file
            needs a description of its own.
        """
        if self.questions or not self.simple or self.place is None:
            return {}
        options: dict[str, Any] = {
            "feed": "generic-csv",
            "columns": dict(self.columns),
            "time_zone": self.time_zone,
            "date_format": self.date_format,
        }
        if self.place.crs != WGS84:
            options["crs"] = self.place.crs
        return {**options, "bbox": self.place.bounds}


def propose_reading(
    data: str | Path | pd.DataFrame | pl.DataFrame,
    *,
    time_zone: str | None = None,
    date_format: str | None = None,
    clock: Clock | None = None,
    crs: str | None = None,
    bbox: Bounds | None = None,
    columns: Mapping[str, str] | None = None,
) -> Proposal:
    """Look at a file that no feed fits and propose how to read it. Nothing is guessed in silence.

    Parameters
    ----------
    data : str, pathlib.Path, pandas.DataFrame or polars.DataFrame
        As for ``read_incidents``.
    time_zone : str, optional
        IANA zone, when it is known.
    date_format : str, optional
        How dates are written, when it is known, as for ``strftime``.
    clock : {"local", "utc"}, optional
        Which clock the moments show, when they carry a mark such as ``+00``.
    crs : str, optional
        Reference system of the coordinates, when it is known.
    bbox : tuple of float, optional
        West, south, east, north in degrees that hold the places, when they are known.
    columns : mapping of str to str, optional
        What columns are, as for ``feed="generic-csv"``, where it is known.

    Returns
    -------
    Proposal
        Columns, formats, zone and system; what speaks for each; what is open.

    Raises
    ------
    EmptyInputError
        If the file has no rows.
    ParameterError
        If an option is not understood.
    SchemaMismatchError
        If the file lacks a column that was named.
    InputDataError
        If the file cannot be read as a table.

    Examples
    --------
    >>> import pandas as pd
    >>> from hotspots.loaders.propose import propose_reading
    >>> table = pd.DataFrame(
    ...     {
    ...         "When": ["25/12/2024 10:30", "03/04/2024 23:10"],
    ...         "Lat": ["53,81", "53,79"],
    ...         "Lon": ["-1,53", "-1,55"],
    ...     }
    ... )
    >>> proposal = propose_reading(table, time_zone="Europe/London")
    >>> proposal.date_format, proposal.place.crs, proposal.place.decimal_comma
    ('%d/%m/%Y %H:%M', 'EPSG:4326', True)
    """
    check_zone_and_crs(time_zone or "UTC", crs or WGS84)
    source = open_source(data)
    told = _told(columns or {}, source.header, source.name)
    records = read_records(source, source.header)
    frame = records.frame
    if frame.is_empty():
        msg = f"{source.name} has no rows to look at. Give a file with some."
        raise EmptyInputError(msg)
    profiles = profiles_of(frame)
    dates = find_dates(profiles, start=told.get("occurred"), form=date_format)
    if date_format is not None and dates.start is None:
        _refuse_format(profiles, date_format, source.name)
    pair, hours = _told_pair(told) or find_pair(profiles), _offset_hours(time_zone)
    system = crs or (_stated(source, pair) if pair else None)
    if pair is not None:
        place: PlaceFit | None = fit_places(
            frame, pair, crs=system, bbox=bbox, utc_offset_hours=hours
        )
    else:
        place = fit_pair_text(frame, profiles, bbox=bbox, utc_offset_hours=hours)
    zone, zone_said = _zone(time_zone, place)
    which, clock_said = find_clock(frame, dates.start, zone, clock)
    used = {
        *((place.x, place.y) if place else ()), dates.clock, *dates.parts, *dates.others,
        *(fit.column for fit in (dates.start, dates.end, dates.reported) if fit),
    }  # fmt: skip
    others = {r: name for r, name in told.items() if r not in (*_PAIRS[0], *_PAIRS[1], "occurred")}
    roles = {**_moment_roles(dates), **_place_roles(place), **find_roles(profiles, used, others)}
    labels = _label_counts(frame, roles.get("category"))
    able = [p.name for p in possible_categories(profiles, {*used, *roles.values()})]
    said = [message("loaders.note", text=note) for note in source.notes]
    said += [*date_evidence(dates, told=date_format is not None), *clock_said]
    stated = crs is None and system is not None
    said += [
        *place_evidence(place, bounded=bbox is not None, stated=stated),
        *zone_said,
        *role_evidence(roles, labels, able),
        *unused_evidence([name for name in source.header if name not in {*used, *roles.values()}]),
    ]
    return Proposal(
        file_name=source.name,
        header=source.header,
        rows=records.rows_read,
        columns=roles,
        dates=dates,
        date_format=dates.start.form if dates.start and dates.start.certain else None,
        clock=which,
        time_zone=zone,
        place=place,
        labels=labels[:_MOST_LABELS],
        evidence=tuple(m for m in said if not m.key.startswith("loaders.ask_")),
        questions=tuple(m for m in said if m.key.startswith("loaders.ask_")),
    )


def _told(columns: Mapping[str, str], header: tuple[str, ...], name: str) -> dict[str, str]:
    """Find the columns that the caller named."""
    unknown = [role for role in columns if role not in ROLES]
    if unknown:
        msg = f"columns: {unknown[0]!r} is not known. Choose from: {', '.join(ROLES)}."
        raise ParameterError(msg)
    found = find_columns(header, tuple(columns.values()))
    absent = [column for column in columns.values() if column not in found]
    if absent:
        msg = f"{name} has no column {listed(absent)}. It has: {listed(header)}."
        raise SchemaMismatchError(msg)
    return {role: found[column] for role, column in columns.items()}


def _stated(source: Source, pair: tuple[str, str]) -> str | None:
    """Give the system that a file states for the points in it."""
    return (source.crs or None) if pair == (X, Y) else None


def _told_pair(told: Mapping[str, str]) -> tuple[str, str] | None:
    for across, up in _PAIRS:
        if across in told and up in told:
            return told[across], told[up]
    return None


def _refuse_format(profiles: tuple[ColumnProfile, ...], date_format: str, name: str) -> None:
    """Say that no values bear out the caller's word, and which format they do fit."""
    found = find_dates(profiles).start
    hint = f" {found.column!r} is written as {found.form}." if found else ""
    msg = f"{name} has no column with dates written as {date_format!r}.{hint}"
    raise ParameterError(msg)


def _offset_hours(time_zone: str | None) -> float | None:
    if time_zone is None:
        return None
    winter = datetime(2024, 1, 15, 12, tzinfo=UTC).astimezone(ZoneInfo(time_zone))
    offset = winter.utcoffset()
    return offset.total_seconds() / 3600 if offset is not None else None


def _moment_roles(dates: Dates) -> dict[str, str]:
    """Name the columns of moments; other moments count only when they are written alike."""
    if dates.start is None:
        return {}
    roles = {"occurred": dates.start.column}
    for role, fit in (("occurred_end", dates.end), ("reported", dates.reported)):
        if fit is not None and fit.form == dates.start.form:
            roles[role] = fit.column
    return roles


def _place_roles(place: PlaceFit | None) -> dict[str, str]:
    if place is None or place.pair_order:
        return {}
    across, up = ("longitude", "latitude") if place.crs == WGS84 else ("x", "y")
    return {across: place.x, up: place.y}


def _label_counts(frame: pl.DataFrame, column: str | None) -> tuple[tuple[str, int], ...]:
    if column is None:
        return ()
    counted = (
        frame.select(pl.col(column).str.strip_chars().alias("label"))
        .filter(pl.col("label") != "")
        .group_by("label")
        .len("rows")
        .sort(["rows", "label"], descending=[True, False])
    )
    return tuple(zip(counted["label"].to_list(), counted["rows"].to_list(), strict=True))


def _zone(told: str | None, place: PlaceFit | None) -> tuple[str | None, list[Message]]:
    if told is not None:
        return told, [message("loaders.found_zone_told", zone=told)]
    if place is None or not len(place.longitude) or place.systems[0].share < MOSTLY:
        later = place is not None and place.points > 0
        return None, [message("loaders.ask_zone_later" if later else "loaders.ask_zone")]
    zones = zones_at(place.longitude, place.latitude)
    if not zones:
        return None, [message("loaders.ask_zone")]
    best, points = next(iter(zones.items()))
    of = sum(zones.values())
    if "/" not in best or best.startswith("Etc/") or points * 20 < of * 19:
        return None, [message("loaders.ask_zone_of", zones=", ".join(list(zones)[:3]))]
    return best, [message("loaders.found_zone", zone=best, share=percent(points, of))]
