"""Windows: every moment of a span is in one of them, and they are called the same every time."""

from __future__ import annotations

from datetime import UTC, date, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotspots.errors import ParameterError
from hotspots.loaders.fetch.contract import Span, Window
from hotspots.loaders.fetch.sql import condition
from hotspots.loaders.fetch.windows import bound_texts, bounds_of, time_windows, window_name
from hotspots.loaders.portals import Portal

TODAY = date(2026, 11, 22)
UNITS = st.sampled_from(["month", "year"])
ZONES = st.sampled_from(["America/New_York", "Europe/London", "Asia/Beirut", "Pacific/Apia"])
DAYS = st.dates(date(1950, 1, 1), date(2040, 12, 31))


def _portal(**given_: object) -> Portal:
    facts = {"name": "x", "protocol": "arcgis", "url": "https://example.org", "date_column": "d"}
    return Portal(**(facts | given_))  # type: ignore[arg-type]


@st.composite
def portals(draw: st.DrawFn) -> Portal:
    first = draw(st.one_of(st.just(date.min), DAYS))
    last = draw(st.one_of(st.just(date.max), DAYS.filter(lambda day: day >= first)))
    return _portal(first_day=first, last_day=last, clock=draw(st.sampled_from(["local", "utc"])))


@st.composite
def spans(draw: st.DrawFn) -> Span:
    since, until = draw(st.one_of(st.none(), DAYS)), draw(st.one_of(st.none(), DAYS))
    if since and until:
        since, until = sorted([since, until])
        until += timedelta(days=since == until)
    return Span(since=since, until=until, zone=draw(ZONES))


@given(spans(), portals(), UNITS)
def test_windows_are_disjoint_and_complete(span: Span, portal: Portal, unit: str) -> None:
    windows = time_windows(span, portal, unit, today=TODAY)  # type: ignore[arg-type]
    dated = [w for w in windows if not w.undated]
    assert dated[0].since == span.since
    assert dated[-1].until == span.until
    assert all(a.until == b.since for a, b in pairwise(dated))
    assert all(w.since < w.until for w in dated if w.since and w.until)
    bounded = span.since is not None or span.until is not None
    assert [w.undated for w in windows[len(dated) :]] == ([] if bounded else [True])
    assert len({w.name for w in windows}) == len(windows)
    assert all(set(w.name) <= set("abcdefghijklmnopqrstuvwxyz0123456789-_") for w in windows)


@given(spans(), portals(), UNITS)
def test_moments_of_the_portal_fall_into_one_window(span: Span, portal: Portal, unit: str) -> None:
    windows = time_windows(span, portal, unit, today=TODAY)  # type: ignore[arg-type]
    edges = [bounds_of(w, portal, span.zone) for w in windows if not w.undated]
    assert all(a[1] == b[0] for a, b in pairwise(edges))
    # A day that the clock skipped, as on Samoa in 2011, is no time at all.
    assert all(a <= b for a, b in edges if a and b)


@given(st.lists(st.tuples(*[st.one_of(st.none(), DAYS)] * 2), min_size=2, max_size=2, unique=True))
def test_another_window_has_another_name(pairs: list[tuple[date | None, date | None]]) -> None:
    held = [(a, b) for a, b in pairs if a is None or b is None or a < b]
    assert len({window_name(a, b) for a, b in held}) == len(held)


@given(DAYS, ZONES)
def test_the_limits_in_utc_are_midnights_of_the_zone(day: date, zone: str) -> None:
    window = Window(name="x", since=day)
    start, end = bounds_of(window, _portal(clock="utc"), zone)
    assert end is None
    assert start is not None
    local = start.replace(tzinfo=UTC).astimezone(ZoneInfo(zone))
    before = (start - timedelta(seconds=1)).replace(tzinfo=UTC).astimezone(ZoneInfo(zone))
    assert before.date() < day
    # A day that the clock skipped begins where the next one does.
    skipped = local.date() > day
    assert skipped == (zone == "Pacific/Apia" and day == date(2011, 12, 30))
    assert skipped or local.time() == time.min or (local.time() == time(1) and local.date() == day)


@pytest.mark.parametrize(
    ("clock", "expected"),
    [
        ("local", "2024-03-01 00:00:00 2024-04-01 00:00:00"),
        ("utc", "2024-03-01 05:00:00 2024-04-01 04:00:00"),
    ],
)
def test_limits_by_the_clock_of_the_portal(clock: str, expected: str) -> None:
    march = Window(name="2024-03", since=date(2024, 3, 1), until=date(2024, 4, 1))
    start, end = bounds_of(march, _portal(clock=clock), "America/New_York")
    assert f"{start} {end}" == expected


@pytest.mark.parametrize(
    ("kind", "clock", "expected"),
    [
        ("timestamp", "local", "d >= <2024-03-01 00:00:00> AND d < <2024-04-01 00:00:00>"),
        ("timestamp", "utc", "d >= <2024-03-01 05:00:00> AND d < <2024-04-01 04:00:00>"),
        # "2024-03-01" comes before "2024-03-01 00:00:00", and is a day of March.
        ("text", "local", "d >= '2024-03-01' AND d < '2024-04-01'"),
        ("text", "utc", "d >= '2024-03-01 05:00:00' AND d < '2024-04-01 04:00:00'"),
    ],
)
def test_conditions(kind: str, clock: str, expected: str) -> None:
    portal = _portal(date_kind=kind, clock=clock)
    march = Window(name="2024-03", since=date(2024, 3, 1), until=date(2024, 4, 1))
    told = condition(march, portal, "America/New_York", column="d", moment="<{}>")
    assert told == expected
    undated = Window(name="undated", undated=True)
    assert condition(undated, portal, "America/New_York", column="d") == "d IS NULL"
    assert condition(Window(name="all"), portal, "America/New_York", column="d") == ""
    assert bound_texts(Window(name="all"), portal, "America/New_York") == ("", "")


@pytest.mark.parametrize(
    ("since", "until", "name"),
    [
        (date(2024, 1, 1), date(2025, 1, 1), "2024"),
        (date(2023, 12, 1), date(2024, 1, 1), "2023-12"),
        (date(2024, 2, 29), date(2024, 3, 1), "2024-02-29"),
        (date(2024, 1, 1), date(2024, 3, 1), "2024-01-01_2024-02-29"),
        (date(2023, 1, 1), date(2025, 1, 1), "2023-01-01_2024-12-31"),
        (date(2026, 12, 1), None, "from-2026-12"),
        (date(2027, 1, 1), None, "from-2027"),
        (None, date(2001, 1, 1), "before-2001"),
        (None, date(2001, 1, 2), "before-2001-01-02"),
        (date(1, 1, 1), date(1, 2, 1), "0001-01"),
        (None, None, "all"),
    ],
)
def test_names(since: date | None, until: date | None, name: str) -> None:
    assert window_name(since, until) == name


def test_next_month_only_the_open_window_is_another() -> None:
    portal, span = _portal(first_day=date(2026, 9, 3)), Span(since=None, until=None, zone="UTC")
    now, then = (
        {w.name for w in time_windows(span, portal, today=day)}
        for day in (TODAY, date(2026, 12, 1))
    )
    assert now - then == {"from-2026-12"}
    assert then - now == {"2026-12", "from-2027"}


def test_the_days_of_a_portal_bound_the_number_of_windows() -> None:
    span = Span(since=None, until=None, zone="UTC")
    portal = _portal(first_day=date(2010, 1, 1), last_day=date(2019, 12, 31))
    names = [w.name for w in time_windows(span, portal, "year", today=TODAY)]
    assert names == ["before-2010", *map(str, range(2010, 2020)), "from-2020", "undated"]
    later = _portal(first_day=date(2030, 1, 1))
    names = [w.name for w in time_windows(span, later, "year", today=TODAY)]
    assert names == ["before-2026", "2026", "from-2027", "undated"]


def test_without_a_date_column_there_is_one_window_and_no_bounds() -> None:
    whole = _portal(date_column="")
    span = Span(since=None, until=None, zone="UTC")
    assert time_windows(span, whole) == (Window(name="all"),)
    with pytest.raises(ParameterError, match="has no column with a date that since and until"):
        time_windows(Span(since=TODAY, until=None, zone="UTC"), whole)


def test_an_empty_span_is_refused() -> None:
    with pytest.raises(ParameterError, match=r"since \(2026-11-22\) must be before until"):
        time_windows(Span(since=TODAY, until=TODAY, zone="UTC"), _portal())
