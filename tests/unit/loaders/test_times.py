"""Moments: a rule for each field, and no row lost to the clock."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotspots.loaders import times, wall
from hotspots.loaders.clocks import NO_CLOCK, parse_clocks, shift_edges
from hotspots.loaders.columns import Columns
from hotspots.loaders.formats import foreign_order, halves, strptime
from hotspots.loaders.rules import MomentRules, Shift, TimeRules
from hotspots.loaders.times import Moments, joined_moments, parse_moments, shift_ends
from hotspots.loaders.wall import NOT_A_TIME, on_the_wall

ISO = "%Y-%m-%d %H:%M:%S"
W3C = "%Y-%m-%dT%H:%M:%S%.f%z"


def _rules(moment: MomentRules, zone: str = "America/New_York", **given: object) -> TimeRules:
    facts = {"precision": "minute", "basis": "occurrence", "first_day": date(2000, 1, 1)}
    return TimeRules(zone=zone, start=moment, **(facts | given))  # type: ignore[arg-type]


def _parse(
    table: dict[str, list[str]],
    moment: MomentRules,
    zone: str = "America/New_York",
    **given: object,
) -> Moments:
    columns = Columns.of(pl.DataFrame(table), {c: c for c in table})
    return parse_moments(columns, moment, _rules(moment, zone, **given))


def _utc(moments: Moments) -> list[str | None]:
    """Write moments as text; None where there is none."""
    return [
        None if us == NOT_A_TIME else pd.Timestamp(us, unit="us").isoformat()
        for us in moments.utc_us.tolist()
    ]


def _rows(mask: np.ndarray) -> list[int]:
    return [int(i) for i in np.flatnonzero(mask)]


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("local", ["2024-02-20T16:08:25", "2024-07-20T04:00:00"]),
        ("utc", ["2024-02-20T11:08:25", "2024-07-20T00:00:00"]),
    ],
)
def test_plus_00_is_what_the_rule_says(rule: str, expected: list[str]) -> None:
    texts = ["2024/02/20 11:08:25+00", " 2024/07/20 00:00:00+00 "]
    moment = MomentRules(column="t", formats=("%Y/%m/%d %H:%M:%S+00",), rule=rule)
    found = _parse({"t": texts}, moment)
    assert _utc(found) == expected
    # Midnight is a placeholder on the wall in New York, not in UTC.
    assert _rows(found.placeholder) == ([1] if rule == "local" else [])


@pytest.mark.parametrize("rule", ["local", "utc"])
def test_offset_in_the_text_is_believed_whatever_the_rule(rule: str) -> None:
    texts = [
        "2024-07-01T22:15:00-04:00", "2024-07-01T22:15:00.250Z", "2024-07-02T00:00:00-0400",
        "2024-07-02T04:00:00+00:00", "2024-11-03T01:30:00-05:00", "2024-07-01T22:15:00",
        "2024-07-01T22:15:00+01",
    ]  # fmt: skip
    found = _parse({"t": texts}, MomentRules(column="t", formats=(W3C,), rule=rule))
    assert _utc(found) == [
        "2024-07-02T02:15:00", "2024-07-01T22:15:00.250000", "2024-07-02T04:00:00",
        "2024-07-02T04:00:00", "2024-11-03T06:30:00", None, "2024-07-01T21:15:00",
    ]  # fmt: skip
    # Midnight on the wall in New York, however it is written; and no hour is there twice.
    assert _rows(found.placeholder) == [2, 3]
    assert not found.ambiguous.any()


def test_formats_with_and_without_an_offset_stand_side_by_side() -> None:
    moment = MomentRules(column="t", formats=(W3C, "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d"))
    texts = ["2024-07-01T22:15:00Z", "2024-07-01T22:15:00", "2024-07-01"]
    found = _parse({"t": texts}, moment)
    wanted = ["2024-07-01T22:15:00", "2024-07-02T02:15:00", "2024-07-01T04:00:00"]
    assert _utc(found) == wanted
    assert _rows(found.to_the_day) == [2]


@pytest.mark.parametrize("form", ["%Y/%m/%d %H:%M:%S+00", "epoch_ms"])
def test_local_midnight_in_utc_is_a_local_day(form: str) -> None:
    moments = pd.to_datetime(["2014-03-02 05:00", "2014-07-02 04:00", "2014-07-02 05:00"])
    texts = [m.strftime("%Y/%m/%d %H:%M:%S+00") for m in moments]
    if form == "epoch_ms":
        texts = [str(m.value // 1_000_000) for m in moments]
    moment = MomentRules(column="d", formats=(form,), rule="local_midnight_in_utc")
    day = _parse({"d": texts}, moment, "America/Toronto")
    # The last was written by a clock that forgot summer time: it is the same day.
    assert _utc(day) == ["2014-03-02T05:00:00", "2014-07-02T04:00:00", "2014-07-02T04:00:00"]
    assert day.to_the_day.all()
    assert not day.placeholder.any()
    hourly = MomentRules(
        column="d", formats=(form,), rule="local_midnight_in_utc", clock="h", clock_formats=("%H",)
    )
    found = _parse({"d": texts, "h": ["0", "23", ""]}, hourly, "America/Toronto")
    assert _utc(found) == ["2014-03-02T05:00:00", "2014-07-03T03:00:00", "2014-07-02T04:00:00"]
    assert _rows(found.placeholder) == [0]
    assert _rows(found.to_the_day) == [2]


def test_epoch_of_odd_values() -> None:
    texts = ["1708427305000", "1708427305000.0", "-1000", "9" * 25, "", "x", "9223372036854775807"]
    found = _parse({"t": texts}, MomentRules(column="t", formats=("epoch_ms",), rule="utc"))
    known = "2024-02-20T11:08:25"
    assert _utc(found) == [known, known, "1969-12-31T23:59:59", None, None, None, None]


def test_clock_column_without_leading_zeros() -> None:
    moment = MomentRules(
        column="DATE OCC", formats=("%m/%d/%Y 12:00:00 AM",), clock="TIME OCC",
        clock_hook="hhmm_text", clock_formats=("%H:%M",),
    )  # fmt: skip
    days = ["01/01/2020 12:00:00 AM"] * 6
    clocks = ["30", "0030", "2230", "2500", "", "1"]
    found = _parse({"DATE OCC": days, "TIME OCC": clocks}, moment, "America/Los_Angeles")
    assert _utc(found) == [
        "2020-01-01T08:30:00", "2020-01-01T08:30:00", "2020-01-02T06:30:00",
        "2020-01-01T08:00:00", "2020-01-01T08:00:00", "2020-01-01T08:01:00",
    ]  # fmt: skip
    assert _rows(found.to_the_day) == [3, 4]
    assert not found.placeholder.any()


def test_the_clock_of_the_date_column_is_ignored_beside_a_clock_column() -> None:
    moment = MomentRules(column="d", formats=(ISO,), clock="c")
    found = _parse({"d": ["2024-01-01 15:00:00"], "c": ["08:00"]}, moment, "UTC")
    assert _utc(found) == ["2024-01-01T08:00:00"]


def test_date_and_clock_both_in_utc() -> None:
    moment = MomentRules(column="d", formats=("%Y-%m-%d",), clock="c", rule="utc")
    found = _parse({"d": ["2024-01-01", ""], "c": ["05:00:00", "05:00:00"]}, moment)
    assert _utc(found) == ["2024-01-01T05:00:00", None]
    assert found.placeholder.tolist() == [True, False]  # midnight in New York


def test_parts_of_a_date() -> None:
    moment = MomentRules(parts=("YEAR", "MONTH", "DAY", "HOUR", "MINUTE"))
    table = {
        "YEAR": ["2025"] * 6,
        "MONTH": ["11", "3", "2", "1", "13", ""],
        "DAY": ["25", "9", "30", "02", "1", ""],
        "HOUR": ["0", "2", "1", "", "1", ""],
        "MINUTE": ["0", "30", "1", "", "1", ""],
    }
    found = _parse(table, moment, "America/Vancouver")
    expected = [
        "2025-11-25T08:00:00",
        "2025-03-09T10:30:00",
        None,
        "2025-01-02T08:00:00",
        None,
        None,
    ]
    assert _utc(found) == expected
    assert _rows(found.placeholder) == [0]
    assert _rows(found.nonexistent) == [1]
    assert _rows(found.to_the_day) == [3]


def test_gap_and_overlap_of_the_clock() -> None:
    texts = ["2024-03-10 02:30:00", "2024-11-03 01:30:00", "2024-11-03 02:00:00"]
    whole = _parse({"t": texts}, MomentRules(column="t", formats=(ISO,)))
    assert _utc(whole) == ["2024-03-10T07:30:00", "2024-11-03T05:30:00", "2024-11-03T07:00:00"]
    assert (_rows(whole.nonexistent), _rows(whole.ambiguous)) == ([0], [1])
    table = {"d": [t[:10] for t in texts], "c": [t[11:] for t in texts]}
    apart = _parse(table, MomentRules(column="d", formats=("%Y-%m-%d",), clock="c"))
    for name in ("utc_us", "nonexistent", "ambiguous", "placeholder", "to_the_day"):
        np.testing.assert_array_equal(getattr(apart, name), getattr(whole, name))


def test_formats_without_a_clock_beside_those_with_one_are_days() -> None:
    moment = MomentRules(column="t", formats=("%m/%d/%Y %H:%M", "%m/%d/%Y"))
    found = _parse({"t": ["6/14/2021 3:25", "6/14/2021", "14/6/2021"]}, moment, "UTC")
    assert _utc(found) == ["2021-06-14T03:25:00", "2021-06-14T00:00:00", None]
    assert _rows(found.to_the_day) == [1]
    assert not found.placeholder.any()


def test_months_and_hours() -> None:
    months = MomentRules(column="t", formats=("%Y-%m",))
    found = _parse({"t": ["2018-07", "2018-13"]}, months, "Europe/London", precision="month")
    assert _utc(found) == ["2018-06-30T23:00:00", None]
    assert not found.placeholder.any()
    hours = MomentRules(column="t", formats=("%Y-%m-%d %H",))
    found = _parse({"t": ["2018-07-01 5"]}, hours, "UTC", precision="hour")
    assert _utc(found) == ["2018-07-01T05:00:00"]


def test_placeholder_times_are_the_feeds_own() -> None:
    moment = MomentRules(column="t", formats=(ISO,))
    texts = ["2024-01-01 00:00:00", "2024-01-01 00:01:00", "2024-01-01 00:01:30"]
    assert _rows(_parse({"t": texts}, moment, "UTC").placeholder) == [0]
    found = _parse({"t": texts}, moment, "UTC", placeholder_times=("00:01",))
    assert _rows(found.placeholder) == [1]


def test_shifts_have_a_start_and_an_end() -> None:
    shifts = (
        Shift(value="jour", start="08:00", end="16:00"),
        Shift(value="nuit", start="00:00", end="08:00"),
        Shift(value="soir", start="16:00", end="24:00"),
        Shift(value="late", start="22:00", end="06:00"),
    )
    moment = MomentRules(column="d", formats=("%Y-%m-%d",), shift="q", shifts=shifts)
    table = {"d": ["2024-01-01"] * 5 + ["x"], "q": ["Jour", "soir", "late", "nuit", "?", "jour"]}
    columns = Columns.of(pl.DataFrame(table), {c: c for c in table})
    rules = _rules(moment, "UTC", precision="shift")
    start = parse_moments(columns, moment, rules)
    day = "2024-01-01T"
    assert _utc(start) == [
        f"{day}08:00:00",
        f"{day}16:00:00",
        f"{day}22:00:00",
        *[f"{day}00:00:00"] * 2,
        None,
    ]
    assert _rows(start.to_the_day) == [4]
    end = _utc(shift_ends(columns, moment, rules))
    assert end[:3] == [f"{day}16:00:00", "2024-01-02T00:00:00", "2024-01-02T06:00:00"]
    assert end[3:] == [f"{day}08:00:00", None, None]
    assert shift_edges(pl.Series(["?"]), shifts)[0].tolist() == [NO_CLOCK]


def test_clocks_that_are_none() -> None:
    texts = pl.Series(["24:00", "25:00", "", "7:5", "23:59:59", "noon"])
    hour = 3_600_000_000
    assert parse_clocks(texts, ["%H:%M:%S", "%H:%M"]).tolist() == [
        NO_CLOCK, NO_CLOCK, NO_CLOCK, 7 * hour + 300_000_000, 24 * hour - 1_000_000, NO_CLOCK,
    ]  # fmt: skip


def test_day_and_month_that_change_places_are_found() -> None:
    texts = pl.Series(["25/12/2024", "13/13/2024", "x", "31-12-24"])
    formats = ["%m/%d/%Y", "%m-%d-%y"]
    assert foreign_order(texts, formats).to_list() == [True, False, False, True]
    assert foreign_order(texts, ["%Y-%m", "epoch_ms"]).to_list() == [False] * 4


def test_formats_that_can_be_cut() -> None:
    assert halves("%d/%m/%Y %H:%M") == (" ", "%d/%m/%Y", "%H:%M")
    assert halves("%d %b %Y %H:%M") == ("", "", "")
    assert halves("%H:%M %d/%m/%Y") == ("", "", "")
    assert halves("%F %T") == (" ", "%F", "%T")
    assert halves(W3C) == ("", "", "")
    assert strptime(pl.Series(["2024-01-02 03"]), "%Y-%m-%d %H").to_list()[0].hour == 3


@settings(max_examples=30)
@given(
    st.lists(
        st.datetimes(
            min_value=pd.Timestamp("1990-01-01").to_pydatetime(),
            max_value=pd.Timestamp("2030-01-01").to_pydatetime(),
        ),
        min_size=1,
        max_size=60,
    ),
    st.sampled_from(["America/New_York", "Europe/London", "Africa/Cairo", "America/Sao_Paulo"]),
    st.sampled_from(["local", "utc"]),
    st.sampled_from(["%m/%d/%Y %I:%M:%S %p", "%Y-%m-%dT%H:%M:%S"]),
)
def test_parsing_apart_gives_what_parsing_whole_gives(
    moments: list[pd.Timestamp], zone: str, rule: str, form: str
) -> None:
    texts = [m.strftime(form) for m in moments]
    # The hours around every change of the clock, which chance hardly ever finds.
    for year, month, day in ((2024, 3, 10), (2024, 11, 3), (2017, 10, 15), (2014, 9, 26)):
        texts += [pd.Timestamp(year, month, day, h, 30).strftime(form) for h in (0, 1, 2, 23)]
    texts += ["", "2024", "31/31/2024 10:00:00 AM", "2024-01-01"]
    moment = MomentRules(column="t", formats=(form, "%Y-%m-%d"), rule=rule)
    rules = _rules(moment, zone)
    series = pl.Series(texts)
    columns = Columns.of(pl.DataFrame({"t": texts}), {"t": "t"})
    whole = parse_moments(columns, moment, rules)
    halved, fits = times._by_halves(series, moment, rules)  # noqa: SLF001 - both ways are compared
    assert fits.sum() >= len(moments)
    for name in ("utc_us", "nonexistent", "ambiguous", "placeholder", "to_the_day"):
        np.testing.assert_array_equal(getattr(halved, name)[fits], getattr(whole, name)[fits], name)
    assert (whole.utc_us[~fits] == NOT_A_TIME).sum() >= 3


def test_many_moments_are_parsed_as_few_are(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [f"2024-0{1 + i % 9}-1{i % 9} 1{i % 9}:0{i % 7}:00" for i in range(200)] + [
        "2024-05-01",
        "x",
    ]
    moment = MomentRules(column="t", formats=(ISO, "%Y-%m-%d"))
    few = _parse({"t": texts}, moment)
    monkeypatch.setattr(times, "_MANY", 1)
    many = _parse({"t": texts}, moment)
    for name in ("utc_us", "nonexistent", "ambiguous", "placeholder", "to_the_day"):
        np.testing.assert_array_equal(getattr(many, name), getattr(few, name))
    assert _rows(many.to_the_day) == [200]
    offset = MomentRules(column="t", formats=(W3C,))
    many = _parse({"t": ["2024-07-01T22:15:00-04:00", "x"]}, offset)
    assert _utc(many) == ["2024-07-02T02:15:00", None]


def test_days_that_are_none_join_to_nothing() -> None:
    never = np.full(2, NOT_A_TIME)
    rules = _rules(MomentRules(column="t", formats=(ISO,)))
    for rule in ("local", "utc"):
        found = joined_moments(never, np.arange(2), np.array([0, NO_CLOCK]), rule, rules)
        assert (found.utc_us == NOT_A_TIME).all()
        assert not (found.placeholder | found.to_the_day | found.ambiguous).any()


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Kathmandu", "America/Sao_Paulo", "UTC"])
def test_many_moments_are_on_the_wall_as_few_are(
    zone: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin = pd.Timestamp("2014-01-01").value // 1000
    utc = begin + np.arange(0, 5 * 366 * 48) * 1_800_000_000 + 7
    utc = np.append(utc, NOT_A_TIME)
    many = on_the_wall(utc, zone)
    for name, size in (("_MANY", 10**9), ("_MOST_DAYS", 3)):
        monkeypatch.setattr(wall, name, size)
        np.testing.assert_array_equal(many, on_the_wall(utc, zone))
        monkeypatch.undo()
    assert on_the_wall(np.full(30_000, NOT_A_TIME), zone).max() == NOT_A_TIME
