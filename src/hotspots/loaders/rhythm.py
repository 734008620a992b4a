"""Hours and months of the rows: what they say about the clock, the zone and missing months."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
import polars as pl

from hotspots.loaders.wall import DAY_US, on_the_wall

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

_HOUR_US: Final = 60 * 60 * 1_000_000
_HOURS: Final = 24
_NOON: Final = 12
#: Hours that the quietest window is long.
_WINDOW: Final = 3
#: Fewer rows than this show no shape of the day.
_ENOUGH: Final = 1000
#: Where people live, the three quietest hours begin between these hours of the local clock: from 3
#: to 5 in files of all offences of six cities, at 7 in one of robberies alone.
_QUIET_BEGINS: Final = (1, 7)
#: A month is short under this share of the median month, where that has enough rows to tell.
_SHORT: Final = 0.5
_ENOUGH_A_MONTH: Final = 30
#: The months before the first that has this share of a busy one are stragglers.
_BUSY: Final = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class Rhythm:
    """What the hours of the day say about the clock.

    Attributes
    ----------
    rows : int
        Rows whose hour is known.
    midnight, noon, on_the_hour : int
        Rows at exactly 00:00, at exactly 12:00, and at any full hour.
    by_hour : tuple of int
        Rows in each of the 24 local hours, without those at exactly midnight or noon.
    quiet_from : int or None
        First of the three quietest hours in a row; None where there are too few rows to tell.
    """

    rows: int
    midnight: int
    noon: int
    on_the_hour: int
    by_hour: tuple[int, ...]
    quiet_from: int | None

    @property
    def quiet_at_night(self) -> bool:  # numpydoc ignore=RT01
        """Whether the quietest hours lie where local time has them; True where nothing is known."""
        return self.quiet_from is None or quiet_is_at_night(self.quiet_from)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShortMonth:
    """A month with fewer rows than one would expect.

    Attributes
    ----------
    month : str
        ``YYYY-MM``.
    rows, median : int
        Its rows, and those of the median month.
    """

    month: str
    rows: int
    median: int


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Days:
    """Rows by local day.

    Attributes
    ----------
    zone : str
        IANA zone of the days.
    daily : mapping of datetime.date to int
        Rows of each day that has any.
    """

    zone: str
    daily: Mapping[date, int]

    def short_months(self) -> tuple[ShortMonth, ...]:
        """Name the months with less than half the rows of the median month.

        Months before the data begin in earnest are stragglers (reported late) and not looked at;
        empty months in between are.

        Returns
        -------
        tuple of ShortMonth
            In order; empty where there are fewer than three months, or too few rows to tell.
        """
        counts: dict[tuple[int, int], int] = {}
        for day, rows in self.daily.items():
            counts[day.year, day.month] = counts.get((day.year, day.month), 0) + rows
        few = 3
        if len(counts) < few:
            return ()
        busy = sorted(counts.values())[-few]
        begin = min(month for month, rows in counts.items() if rows >= _BUSY * busy)
        span = pd.period_range(
            pd.Period(year=begin[0], month=begin[1], freq="M"),
            pd.Period(year=max(counts)[0], month=max(counts)[1], freq="M"),
        )
        rows_of = {str(month): counts.get((month.year, month.month), 0) for month in span}
        median = int(np.median(list(rows_of.values())))
        if len(rows_of) < few or median < _ENOUGH_A_MONTH:
            return ()
        return tuple(
            ShortMonth(month=month, rows=rows, median=median)
            for month, rows in rows_of.items()
            if rows < _SHORT * median
        )


def find_rhythm(start: pd.Series, with_clock: np.ndarray) -> tuple[Rhythm, Days]:
    """Count rows by hour and by day of the local clock.

    Parameters
    ----------
    start : pandas.Series
        Moments with a zone.
    with_clock : numpy.ndarray of bool
        Rows whose hour is known.

    Returns
    -------
    Rhythm, Days
        What the hours say, and the rows of each day.
    """
    zone = str(start.dt.tz)
    known = start.notna().to_numpy()
    utc = start.to_numpy(dtype="datetime64[us]")[known].astype(np.int64)
    wall = on_the_wall(utc, zone)
    days = pl.DataFrame({"day": wall // DAY_US}).group_by("day").len("rows").sort("day")
    dates = days["day"].to_numpy().astype("datetime64[D]").tolist()
    daily = dict(zip(dates, days["rows"].to_list(), strict=True))
    return _rhythm(wall[with_clock[known]] % DAY_US), Days(zone=zone, daily=daily)


def _rhythm(since_midnight: np.ndarray) -> Rhythm:
    hour, rest = np.divmod(since_midnight, _HOUR_US)
    full = np.bincount(hour[rest == 0], minlength=_HOURS)
    by_hour = np.bincount(hour, minlength=_HOURS)
    by_hour[[0, _NOON]] -= full[[0, _NOON]]
    return Rhythm(
        rows=len(hour),
        midnight=int(full[0]),
        noon=int(full[_NOON]),
        on_the_hour=int(full.sum()),
        by_hour=tuple(by_hour.tolist()),
        quiet_from=quietest(by_hour),
    )


def quietest(by_hour: np.ndarray) -> int | None:
    """Find the three hours in a row with the fewest rows.

    Parameters
    ----------
    by_hour : numpy.ndarray of int
        Rows in each of the 24 hours.

    Returns
    -------
    int or None
        The first of the three hours; None with fewer than 1,000 rows.
    """
    if by_hour.sum() < _ENOUGH:
        return None
    windows = sum(np.roll(by_hour, -step) for step in range(_WINDOW))
    return int(np.argmin(windows))


def quiet_is_at_night(hour: int) -> bool:
    """Say whether the quietest three hours begin when they do where people live.

    Parameters
    ----------
    hour : int
        The first of the three.

    Returns
    -------
    bool
        The answer.
    """
    first, last = _QUIET_BEGINS
    return first <= hour <= last
