"""From text to moments: a rule for each, gaps and overlaps of the clock counted and never lost."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import TYPE_CHECKING, Final, Self
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import polars as pl

from hotspots.loaders.clocks import NO_CLOCK, clock_column, clock_us, parse_clocks, shift_edges
from hotspots.loaders.distinct import distinct
from hotspots.loaders.formats import (
    INSTANT_FORMAT,
    WALL_FORMAT,
    halves,
    has_clock,
    has_offset,
    strptime,
)
from hotspots.loaders.wall import DAY_US, NOT_A_TIME, localised, on_the_wall

if TYPE_CHECKING:
    from hotspots.loaders.columns import Columns
    from hotspots.loaders.rules import MomentRules, TimeRules

_WITH_CLOCK: Final = ("minute", "hour")
#: From so many different moments on, it pays to parse date and clock apart.
_MANY: Final = 20_000
_PARTS_FORMATS: Final = ("%Y-%m-%d", "%Y-%m-%d-%H", "%Y-%m-%d-%H-%M")


@dataclass(frozen=True, slots=True, kw_only=True)
class Moments:
    """Parsed moments, one a row.

    Attributes
    ----------
    utc_us : numpy.ndarray of int64
        Microseconds since 1970 in UTC; ``NOT_A_TIME`` where the text is no moment.
    to_the_day : numpy.ndarray of bool
        The time of day is not known, although other rows have one.
    placeholder, ambiguous, nonexistent : numpy.ndarray of bool
        A time of day that often means that it is unknown; an hour that the clock shows twice (the
        first is taken); an hour that the clock skips (moved forward).
    """

    utc_us: np.ndarray
    to_the_day: np.ndarray
    placeholder: np.ndarray
    ambiguous: np.ndarray
    nonexistent: np.ndarray

    def at(self, rows: np.ndarray) -> Self:
        """Choose rows.

        Parameters
        ----------
        rows : numpy.ndarray of bool or int
            Which rows, or their positions.

        Returns
        -------
        Moments
            The moments of those rows.
        """
        return type(self)(**{f.name: getattr(self, f.name)[rows] for f in fields(self)})

    def put(self, rows: np.ndarray, others: Self) -> Self:
        """Replace some rows.

        Parameters
        ----------
        rows : numpy.ndarray of bool
            Which rows.
        others : Moments
            What they become.

        Returns
        -------
        Moments
            New moments; these are not changed.
        """
        columns = {f.name: getattr(self, f.name).copy() for f in fields(self)}
        for name, column in columns.items():
            column[rows] = getattr(others, name)
        return type(self)(**columns)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Written:
    """Moments as written: microseconds on a clock that the rule names, and what is known of them.

    ``in_utc`` are moments in UTC whatever the rule says; ``to_the_day`` have no time of day.
    """

    us: np.ndarray
    in_utc: np.ndarray
    to_the_day: np.ndarray


def parse_moments(columns: Columns, moment: MomentRules, rules: TimeRules) -> Moments:
    """Parse one of the moments of every row.

    Parameters
    ----------
    columns : Columns
        The table.
    moment : MomentRules
        Where the moment stands and how it is written.
    rules : TimeRules
        The feed's zone and precision.

    Returns
    -------
    Moments
        One moment a row.
    """
    clocks = clock_column(columns, moment)
    texts, rows = distinct(moment_texts(columns, moment))
    if clocks is not None:
        written = _as_written(texts, moment)
        days = _days(written, moment.rule, rules.zone)
        return joined_moments(days, rows, clocks, moment.rule, rules)
    if len(texts) < _MANY or moment.rule == "local_midnight_in_utc" or moment.parts:
        return _settled(_as_written(texts, moment), moment.rule, rules).at(rows)
    found, fits = _by_halves(texts, moment, rules)
    if not fits.all():
        others = texts.filter(~fits)
        found = found.put(~fits, _settled(_as_written(others, moment), moment.rule, rules))
    return found.at(rows)


def _by_halves(
    texts: pl.Series, moment: MomentRules, rules: TimeRules
) -> tuple[Moments, np.ndarray]:
    """Parse date and clock apart: of many moments, few days and few times of day are different.

    Only the first format is tried; which texts fit it comes back as well.
    """
    separator, day_format, clock_format = halves(moment.formats[0])
    never = np.full(len(texts), NOT_A_TIME)
    if not separator:
        return joined_moments(never, np.arange(len(texts)), never, moment.rule, rules), never == 0
    parts = texts.str.strip_chars().str.splitn(separator, 2).struct
    dates, day_rows = distinct(parts.field("field_0").fill_null(""))
    times, clock_rows = distinct(parts.field("field_1").fill_null(""))
    days = _epoch(strptime(dates, day_format))
    clocks = parse_clocks(times, (clock_format,))[clock_rows]
    fits = (days != NOT_A_TIME)[day_rows] & (clocks != NO_CLOCK)
    return joined_moments(days, day_rows, clocks, moment.rule, rules), fits


def joined_moments(
    days: np.ndarray, rows: np.ndarray, clocks: np.ndarray, rule: str, rules: TimeRules
) -> Moments:
    """Join days and times of day.

    Parameters
    ----------
    days : numpy.ndarray of int64
        Midnight of each day on the wall, in microseconds; ``NOT_A_TIME`` where there is no day.
    rows : numpy.ndarray of int
        Position in ``days`` of each row.
    clocks : numpy.ndarray of int64
        Microseconds since midnight of each row; ``NO_CLOCK`` where the time is not known.
    rule : str
        ``"utc"`` when days and clocks are in UTC; else they are on the wall.
    rules : TimeRules
        The feed's zone and precision.

    Returns
    -------
    Moments
        One moment a row.
    """
    there = (days != NOT_A_TIME)[rows]
    known = there & (clocks != NO_CLOCK)
    since = np.where(known, clocks, 0)
    ambiguous, nonexistent = np.zeros((2, len(rows)), dtype=bool)
    if rule == "utc":
        utc = np.where(there, days[rows] + since, NOT_A_TIME)
        clocks = on_the_wall(utc, rules.zone) % DAY_US
    else:
        begin, twice, gap = localised(days, rules.zone)
        is_day = days != NOT_A_TIME
        end = localised(np.where(is_day, days + DAY_US, NOT_A_TIME), rules.zone)[0]
        # On all days but two a year, the clock on the wall runs on at one pace.
        steady = is_day & ~twice & ~gap & (end - begin == DAY_US)
        utc = np.where(there, begin[rows] + since, NOT_A_TIME)
        odd = np.flatnonzero(known & ~steady[rows])
        utc[odd], ambiguous[odd], nonexistent[odd] = localised(
            days[rows[odd]] + clocks[odd], rules.zone
        )
    placeholders = [clock_us(t) for t in rules.placeholder_times]
    flagged = known & (rules.precision in _WITH_CLOCK)
    return Moments(
        utc_us=utc,
        to_the_day=there & ~known,
        placeholder=np.isin(clocks, placeholders) & flagged,
        ambiguous=ambiguous & flagged,
        nonexistent=nonexistent & flagged,
    )


def shift_ends(columns: Columns, moment: MomentRules, rules: TimeRules) -> Moments:
    """Give the end of every row's shift.

    Parameters
    ----------
    columns : Columns
        The table.
    moment : MomentRules
        A moment that has a shift.
    rules : TimeRules
        The feed's zone.

    Returns
    -------
    Moments
        One moment a row; none where the shift is not known.
    """
    texts, rows = distinct(moment_texts(columns, moment))
    days = _days(_as_written(texts, moment), moment.rule, rules.zone)[rows]
    ends = shift_edges(columns.text(moment.shift), moment.shifts)[1]
    us = np.where((days != NOT_A_TIME) & (ends != NO_CLOCK), days + ends, NOT_A_TIME)
    never = np.zeros(len(us), dtype=bool)
    return _settled(_Written(us=us, in_utc=never, to_the_day=never), "local", rules)


def moment_texts(columns: Columns, moment: MomentRules) -> pl.Series:
    """Give the text that a moment is read from.

    Parameters
    ----------
    columns : Columns
        The table.
    moment : MomentRules
        Where the moment stands.

    Returns
    -------
    polars.Series of str
        The column, or the parts with a dash between them.
    """
    if moment.parts:
        return columns.joined(moment.parts, "-")
    return columns.text(moment.column)


def _as_written(texts: pl.Series, moment: MomentRules) -> _Written:
    """Parse distinct texts; the first format that fits counts."""
    texts = texts.str.strip_chars()
    formats = moment.formats
    if moment.parts:
        formats = _PARTS_FORMATS[len(moment.parts) - 3 :: -1]
        texts = texts.str.strip_chars_end("-")
    found = pl.Series(texts.name, [None] * len(texts), dtype=pl.Datetime("us"))
    to_the_day, in_utc = np.zeros((2, len(texts)), dtype=bool)
    clocked = [has_clock(form) for form in formats]
    for form, clock in zip(formats, clocked, strict=True):
        if not found.null_count():
            break
        parsed = strptime(texts, form)
        fresh = (found.is_null() & parsed.is_not_null()).to_numpy()
        if not clock and any(clocked):
            to_the_day |= fresh
        if has_offset(form):
            in_utc |= fresh
        found = pl.select(pl.coalesce(found, parsed).alias(texts.name)).to_series()
    if found.null_count() and texts.str.ends_with("]").any():
        walls, instants = strptime(texts, WALL_FORMAT), strptime(texts, INSTANT_FORMAT)
        found = pl.select(pl.coalesce(found, walls, instants).alias(texts.name)).to_series()
        in_utc |= instants.is_not_null().to_numpy()
    return _Written(us=_epoch(found), in_utc=in_utc, to_the_day=to_the_day)


def _epoch(moments: pl.Series) -> np.ndarray:
    us: np.ndarray = moments.dt.epoch("us").fill_null(NOT_A_TIME).to_numpy()
    return us.copy()


def _days(written: _Written, rule: str, zone: str) -> np.ndarray:
    """Give the day of each moment, as microseconds on the wall at its midnight."""
    us = written.us
    there = us != NOT_A_TIME
    if rule == "local_midnight_in_utc":
        # Half a day on: a publisher who forgets summer time is an hour off, to either side.
        local = np.where(there, on_the_wall(us, zone) + DAY_US // 2, 0)
    else:
        local = np.where(written.in_utc, on_the_wall(us, zone), np.where(there, us, 0))
    return np.where(there, local - local % DAY_US, NOT_A_TIME)


def _settled(written: _Written, rule: str, rules: TimeRules) -> Moments:
    """Turn moments as written into UTC, by the rule, and flag what is odd about them."""
    there, never = written.us != NOT_A_TIME, np.zeros(len(written.us), dtype=bool)
    if rule == "utc":
        utc, ambiguous, nonexistent = written.us, never, never
    else:
        wall = written.us
        if rule == "local_midnight_in_utc":
            wall = _days(written, rule, rules.zone)
        utc, ambiguous, nonexistent = localised(wall, rules.zone)
        utc = np.where(written.in_utc & there, written.us, utc)
    to_the_day = written.to_the_day
    if rule == "local_midnight_in_utc":
        to_the_day = there
    flagged = there & ~to_the_day & (rules.precision in _WITH_CLOCK)
    placeholders = [clock_us(t) for t in rules.placeholder_times]
    wall = on_the_wall(utc, rules.zone)
    return Moments(
        utc_us=utc,
        to_the_day=to_the_day & (rules.precision in _WITH_CLOCK),
        placeholder=np.isin(wall % DAY_US, placeholders) & flagged,
        ambiguous=ambiguous & flagged & ~written.in_utc,
        nonexistent=nonexistent & flagged & ~written.in_utc,
    )


def believable(utc_us: np.ndarray, *, first_day: date, zone: str, now: datetime) -> np.ndarray:
    """Say which moments lie between the feed's first day and now.

    Parameters
    ----------
    utc_us : numpy.ndarray of int64
        Moments, as in ``Moments``.
    first_day : datetime.date
        First day of the feed.
    zone : str
        IANA zone of the day.
    now : datetime.datetime
        The present; nothing can have happened later.

    Returns
    -------
    numpy.ndarray of bool
        True where the moment can be believed; False where there is none.
    """
    low, high = start_of_day(first_day, zone), round(now.timestamp()) * 1_000_000
    return (utc_us >= low) & (utc_us <= high)


def start_of_day(day: date, zone: str) -> int:
    """Give the first moment of a day.

    Parameters
    ----------
    day : datetime.date
        The day.
    zone : str
        IANA zone.

    Returns
    -------
    int
        Microseconds since 1970 in UTC.
    """
    start = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone))
    return round(start.timestamp()) * 1_000_000


def as_column(utc_us: np.ndarray, zone: str) -> pd.Series:
    """Turn moments into a pandas column with a zone.

    Parameters
    ----------
    utc_us : numpy.ndarray of int64
        Moments, as in ``Moments``.
    zone : str
        IANA zone of the column.

    Returns
    -------
    pandas.Series
        ``datetime64[us, zone]``; NaT where there is no moment.
    """
    index = pd.DatetimeIndex(utc_us.astype("datetime64[us]"))
    return pd.Series(index.tz_localize("UTC").tz_convert(zone).as_unit("us"))
