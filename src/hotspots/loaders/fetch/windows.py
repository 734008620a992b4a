"""Cutting a span of days into windows, and saying where they begin by the clock of a portal."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Final, Literal
from zoneinfo import ZoneInfo

from hotspots.errors import ParameterError
from hotspots.loaders.fetch.contract import Window

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hotspots.loaders.fetch.contract import Span
    from hotspots.loaders.portals import Portal

#: Where the cutting begins when nobody says from when a dataset is. What is older is one window.
_FIRST_YEAR: Final = 2000
_ONE_DAY: Final = timedelta(days=1)
#: How many characters of a day are its year, and its month.
_YEAR, _MONTH = 4, 7


def time_windows(
    span: Span,
    portal: Portal,
    unit: Literal["month", "year"] = "month",
    *,
    today: date | None = None,
) -> tuple[Window, ...]:
    """Cut a span into months or years.

    The days that a portal says it covers, and today, only decide where the cutting ends: what is
    dated before or after is in a window that is open on that side.

    Parameters
    ----------
    span : Span
        The days that are asked for.
    portal : Portal
        Its ``first_day`` and ``last_day`` bound how many windows there are.
    unit : {"month", "year"}, default "month"
        How long one is.
    today : datetime.date, optional
        The present day; by the clock when not given.

    Returns
    -------
    tuple of Window
        Oldest first. They do not overlap, and every moment of the span is in one of them. Without
        bounds the last one is for the rows without a date. For a dataset without a date column
        there is one window, ``all``.

    Raises
    ------
    ParameterError
        If the span is empty, or the dataset has no column to compare its bounds with.

    Examples
    --------
    >>> from datetime import date
    >>> from hotspots.loaders.fetch.contract import Span
    >>> from hotspots.loaders.fetch.windows import time_windows
    >>> from hotspots.loaders.portals import Portal
    >>> portal = Portal(name="x", protocol="socrata", url="https://example.org",
    ...                 date_column="date", first_day=date(2025, 11, 5))
    >>> def names(since, until):
    ...     span = Span(since=since, until=until, zone="America/Chicago")
    ...     return [w.name for w in time_windows(span, portal, today=date(2026, 1, 9))]
    >>> names(None, None)
    ['before-2025-11', '2025-11', '2025-12', '2026-01', 'from-2026-02', 'undated']
    >>> names(date(2025, 12, 24), date(2026, 1, 7))
    ['2025-12-24_2025-12-31', '2026-01-01_2026-01-06']
    """
    since, until = span.since, span.until
    bounded = is_bounded(span, portal)
    if not portal.date_column:
        return (Window(name=window_name(None, None)),)
    now = today or datetime.now(ZoneInfo(span.zone)).date()
    inside = [
        edge
        for edge in _edges(portal, unit, now)
        if (since is None or since < edge) and (until is None or edge < until)
    ]
    dated = [
        Window(name=window_name(a, b), since=a, until=b)
        for a, b in pairwise([since, *inside, until])
    ]
    return (*dated, *(() if bounded else (Window(name="undated", undated=True),)))


def is_bounded(span: Span, portal: Portal) -> bool:
    """Say whether a span has bounds, once they are such as a portal can be asked for.

    Parameters
    ----------
    span : Span
        The days that are asked for.
    portal : Portal
        The dataset.

    Returns
    -------
    bool
        False: everything is asked for.

    Raises
    ------
    ParameterError
        If the span is empty, or the dataset has no column to compare its bounds with.
    """
    if span.since is None and span.until is None:
        return False
    if not portal.date_column:
        msg = (
            f"{portal.name!r} has no column with a date that since and until could be compared "
            "with. Fetch it whole, and select the days when it is read."
        )
        raise ParameterError(msg)
    if span.since is not None and span.until is not None and span.since >= span.until:
        msg = f"since ({span.since}) must be before until ({span.until})."
        raise ParameterError(msg)
    return True


def window_name(since: date | None, until: date | None) -> str:
    """Name the window between two days; another one has another name.

    Parameters
    ----------
    since, until : datetime.date or None
        First day, and the day after the last; None: no bound.

    Returns
    -------
    str
        A year, a month, a day, the first and the last day, or what it is open to.

    Examples
    --------
    >>> from datetime import date
    >>> from hotspots.loaders.fetch.windows import window_name
    >>> window_name(date(2024, 3, 1), date(2024, 4, 1)), window_name(None, date(2001, 1, 1))
    ('2024-03', 'before-2001')
    """
    if since is None:
        return "all" if until is None else f"before-{_begins(until)}"
    if until is None:
        return f"from-{_begins(since)}"
    last = until - _ONE_DAY
    if since.day == since.month == 1 and until == _next_start(since, "year"):
        return _begins(since)
    if since.day == 1 and until == _next_start(since, "month"):
        return since.isoformat()[:_MONTH]
    return f"{since}" if last == since else f"{since}_{last}"


def bounds_of(window: Window, portal: Portal, zone: str) -> tuple[datetime | None, datetime | None]:
    """Say when a window begins and ends, as the portal's clock writes it.

    Parameters
    ----------
    window : Window
        The window.
    portal : Portal
        Its ``clock`` is ``"local"`` or ``"utc"``.
    zone : str
        IANA zone of the feed, in which the days of the window are.

    Returns
    -------
    tuple of datetime.datetime or None
        The first moment in it, and the first one after it, without a zone; None: no bound.

    Examples
    --------
    >>> from datetime import date
    >>> from hotspots.loaders.fetch.contract import Window
    >>> from hotspots.loaders.fetch.windows import bounds_of
    >>> from hotspots.loaders.portals import Portal
    >>> portal = Portal(name="x", protocol="arcgis", url="https://example.org", clock="utc")
    >>> march = Window(name="2024-03", since=date(2024, 3, 1), until=date(2024, 4, 1))
    >>> print(*bounds_of(march, portal, "America/New_York"), sep=" to ")
    2024-03-01 05:00:00 to 2024-04-01 04:00:00
    """
    start, end = (_moment(day, portal.clock, zone) for day in (window.since, window.until))
    return start, end


def bound_texts(window: Window, portal: Portal, zone: str) -> tuple[str, str]:
    """Write the limits of a window so that they compare with a text as with a moment.

    Parameters
    ----------
    window : Window
        The window.
    portal : Portal
        Its clock.
    zone : str
        IANA zone of the feed.

    Returns
    -------
    tuple of str
        As ``bounds_of``. Midnight is the day alone, since a text that is only a day comes before
        that day with a time. Empty: no bound.

    Examples
    --------
    >>> from datetime import date
    >>> from hotspots.loaders.fetch.contract import Window
    >>> from hotspots.loaders.fetch.windows import bound_texts
    >>> from hotspots.loaders.portals import Portal
    >>> portal = Portal(name="x", protocol="ckan", url="https://example.org")
    >>> bound_texts(Window(name="from-2024-03", since=date(2024, 3, 1)), portal, "Europe/London")
    ('2024-03-01', '')
    """
    start, end = (
        "" if moment is None else str(moment).removesuffix(" 00:00:00")
        for moment in bounds_of(window, portal, zone)
    )
    return start, end


def _moment(day: date | None, clock: str, zone: str) -> datetime | None:
    if day is None:
        return None
    midnight = datetime.combine(day, time.min)
    if clock != "utc":
        return midnight
    try:
        return midnight.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC).replace(tzinfo=None)
    except OverflowError:  # the first or the last day that there can be
        return midnight


def _edges(portal: Portal, unit: Literal["month", "year"], today: date) -> Iterator[date]:
    """Give the first days of all units that the portal covers, and of the one after."""
    given = portal.first_day if portal.first_day > date.min else date(_FIRST_YEAR, 1, 1)
    last = min(portal.last_day, today)
    first = min(given, last)
    edge = first.replace(day=1) if unit == "month" else first.replace(month=1, day=1)
    while edge <= last:
        yield edge
        edge = _next_start(edge, unit)
    yield edge


def _next_start(day: date, unit: Literal["month", "year"]) -> date:
    """Give the first day of the next month or year."""
    if unit == "year" or day.month == 12:  # noqa: PLR2004 - December
        return date(min(day.year + 1, date.max.year), 1, 1)
    return date(day.year, day.month + 1, 1)


def _begins(day: date) -> str:
    """Write a day as the year or month that it begins, if it does."""
    if day.day > 1:
        return str(day)
    return day.isoformat()[: _YEAR if day.month == 1 else _MONTH]
