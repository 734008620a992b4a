"""From text to moments: one zone a feed, gaps and overlaps of the clock counted and never lost."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import polars as pl

from hotspots.loaders.distinct import distinct

if TYPE_CHECKING:
    from collections.abc import Sequence

NOT_A_TIME: Final = np.iinfo(np.int64).min
_CLOCK: Final = ("minute", "hour")


@dataclass(frozen=True, slots=True, kw_only=True)
class Moments:
    """Parsed moments, one a row.

    Attributes
    ----------
    utc_us : numpy.ndarray of int64
        Microseconds since 1970 in UTC; ``NOT_A_TIME`` where the text is no moment.
    placeholder, ambiguous, nonexistent : numpy.ndarray of bool
        Exactly midnight or noon; an hour that the clock shows twice (the first is taken); an hour
        that the clock skips (moved forward).
    """

    utc_us: np.ndarray
    placeholder: np.ndarray
    ambiguous: np.ndarray
    nonexistent: np.ndarray


def parse_moments(
    values: pl.Series, *, formats: Sequence[str], zone: str, precision: str
) -> Moments:
    """Parse a column of local moments.

    Parameters
    ----------
    values : polars.Series of str
        The column, without nulls.
    formats : sequence of str
        Formats in the notation of strftime; the first that fits counts.
    zone : str
        IANA zone in which the moments are written.
    precision : str
        ``"month"`` and ``"day"`` have no clock, so nothing about it is flagged.

    Returns
    -------
    Moments
        One moment a row.
    """
    texts, rows = distinct(values)
    local = _parse(texts.str.strip_chars(), formats)
    first = local.dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null")
    last = local.dt.replace_time_zone(zone, ambiguous="latest", non_existent="null")
    gap = (local.is_not_null() & first.is_null()).to_numpy()
    utc = first.dt.epoch("us").fill_null(NOT_A_TIME).to_numpy().copy()
    for i in np.flatnonzero(gap):
        # The offset before the gap (PEP 495) puts 02:30 where the clock shows 03:30.
        moment = local[int(i)].replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
        utc[i] = round(moment.timestamp()) * 1_000_000
    has_clock = precision in _CLOCK
    hour = local.dt.hour().is_in([0, 12]) & (local.dt.minute() == 0) & (local.dt.second() == 0)
    return Moments(
        utc_us=utc[rows],
        placeholder=(hour.fill_null(value=False).to_numpy() & has_clock)[rows],
        ambiguous=((first != last).fill_null(value=False).to_numpy() & has_clock)[rows],
        nonexistent=(gap & has_clock)[rows],
    )


def _parse(texts: pl.Series, formats: Sequence[str]) -> pl.Series:
    found = pl.Series(texts.name, [None] * len(texts), dtype=pl.Datetime("us"))
    for form in formats:
        # A month alone is no moment to the parser: its first day is.
        day = has_day(form)
        whole = texts if day else texts + "-01"
        parsed = whole.str.strptime(pl.Datetime("us"), form if day else f"{form}-%d", strict=False)
        found = pl.select(pl.coalesce(found, parsed).alias(texts.name)).to_series()
    return found


def has_day(date_format: str) -> bool:
    """Say whether a format names the day of the month, and not only the month.

    Parameters
    ----------
    date_format : str
        In the notation of strftime.

    Returns
    -------
    bool
        The answer.

    Examples
    --------
    >>> from hotspots.loaders.times import has_day
    >>> has_day("%d/%m/%Y"), has_day("%Y-%m")
    (True, False)
    """
    return re.search(r"%[-_0]?[dejDFcxs]", date_format) is not None


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
    start = datetime(first_day.year, first_day.month, first_day.day, tzinfo=ZoneInfo(zone))
    low, high = (round(t.timestamp()) * 1_000_000 for t in (start, now))
    return (utc_us >= low) & (utc_us <= high)


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
