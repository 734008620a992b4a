"""What the rows say about themselves: clock, months, stacks, categories without a place."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from hotspots.loaders import QualityReport, load_sample, read_incidents
from hotspots.loaders.rhythm import Days, ShortMonth, find_rhythm, quiet_is_at_night, quietest

if TYPE_CHECKING:
    from pathlib import Path

Row = Callable[..., dict[str, str]]

#: Rows in each local hour of a day with quiet hours from 3:00 to 6:00.
_SHAPE = [
    40,
    35,
    25,
    12,
    10,
    11,
    18,
    25,
    35,
    45,
    50,
    55,
    60,
    60,
    60,
    62,
    65,
    66,
    66,
    64,
    62,
    60,
    55,
]
_SHAPE = [*_SHAPE, 48]


def _own(table: pd.DataFrame) -> QualityReport:
    """Read a table of the caller's own."""
    columns = {
        "occurred": "when",
        "latitude": "lat",
        "longitude": "lon",
        "category": "kind",
        "description": "text",
    }
    return read_incidents(
        table,
        feed="generic-csv",
        columns={role: name for role, name in columns.items() if name in table},
        time_zone="America/Chicago",
        date_format="%Y-%m-%d %H:%M",
    ).quality


def _table(when: list[str], lat: object = "41.88", lon: object = "-87.63") -> pd.DataFrame:
    return pd.DataFrame({"when": when, "lat": lat, "lon": lon, "kind": "THEFT"})


def _daily(months: dict[str, int]) -> Days:
    return Days(zone="UTC", daily={date.fromisoformat(f"{m}-10"): n for m, n in months.items()})


def test_clock_is_counted_by_the_local_hour() -> None:
    when = ["2024-07-01 00:00", "2024-07-01 12:00", "2024-01-01 12:00", "2024-07-01 13:00"]
    dates = _own(_table([*when, "2024-07-01 23:59"])).evidence.dates
    rhythm = dates.rhythm
    assert (rhythm.rows, rhythm.midnight, rhythm.noon, rhythm.on_the_hour) == (5, 1, 2, 4)
    assert {hour: rows for hour, rows in enumerate(rhythm.by_hour) if rows} == {13: 1, 23: 1}
    assert (dates.first, dates.last) == (date(2024, 1, 1), date(2024, 7, 1))
    assert dict(dates.by_year) == {2024: 5}
    assert dict(dates.precision) == {"minute": 5}


@pytest.mark.parametrize("zone", ["Asia/Kathmandu", "Australia/Adelaide", "America/St_Johns"])
def test_zones_that_are_not_whole_hours_off_have_full_hours(zone: str) -> None:
    when = pd.Series(pd.to_datetime(["2024-03-05 08:00", "2024-03-05 08:15"])).dt.tz_localize(zone)
    rhythm, days = find_rhythm(when, np.array([True, True]))
    assert rhythm.on_the_hour == 1
    assert rhythm.by_hour[8] == 2
    assert days.daily == {date(2024, 3, 5): 2}


def test_months_have_no_clock() -> None:
    dates = load_sample("west-yorkshire-2018-07").quality.evidence.dates
    assert dates.rhythm.rows == 0
    assert dates.rhythm.quiet_from is None
    assert dict(dates.precision) == {"month": 31_635}
    assert dict(dates.basis) == {"report": 31_635}


@pytest.mark.parametrize(
    ("written_as", "quiet_from", "warned"), [("America/Chicago", 3, False), ("UTC", 8, True)]
)
def test_a_wrong_zone_shows_in_the_quiet_hours(
    written_as: str, quiet_from: int, *, warned: bool
) -> None:
    hours = [h for h, rows in enumerate(_SHAPE) for _ in range(rows)]
    local = pd.to_datetime([f"2024-07-03 {h:02d}:17" for h in hours]).tz_localize("America/Chicago")
    texts = local.tz_convert(written_as).strftime("%Y-%m-%d %H:%M")
    quality = _own(_table(texts.tolist()))
    assert quality.evidence.dates.rhythm.quiet_from == quiet_from
    assert any(c.key == "loaders.caution_quiet" for c in quality.cautions) == warned


@pytest.mark.parametrize(("hour", "night"), [(0, False), (1, True), (7, True), (8, False)])
def test_quiet_hours_lie_in_the_night_or_the_early_morning(hour: int, *, night: bool) -> None:
    assert quiet_is_at_night(hour) == night


def test_few_rows_have_no_shape() -> None:
    assert quietest(np.array([40] * 23 + [0])) is None
    assert quietest(np.array([50] * 22 + [1, 0])) in (21, 22, 23)


_FEED = """
id = "own"
version = "1"
source_id = "own"
title = "Own"
publisher = "Nobody"
homepage = ""
licence = ""
licence_url = ""
attribution = ""
anonymised_by_publisher = false
anonymisation = ""
caveats = []
checked_on = "documentation"
[[variants]]
name = "only"
required = ["when", "lat", "lon", "kind", "said"]
optional = ["x", "y"]
[rows]
grain = "incident"
[time]
zone = "America/New_York"
precision = "minute"
basis = "occurrence"
first_day = 2000-01-01
start = { column = "when", formats = ["%Y-%m-%d %H:%M"], rule = "RULE" }
[time.check]
column = "said"
shifts = [SHIFTS]
[place]
bbox = [-77.2, 38.7, -76.8, 39.0]
precision = "block"
sources = [{ x = "x", y = "y", crs = "EPSG:26985" }, { x = "lon", y = "lat" }]
[category]
category = "kind"
"""
_SHIFTS = (
    '{ value = "MIDNIGHT", start = "23:00", end = "07:00" }, '
    '{ value = "DAY", start = "07:00", end = "15:00" }'
)


def _described(
    write: Callable[..., Path], rule: str, shifts: str, table: dict[str, list[str]]
) -> QualityReport:
    feed = write(_FEED.replace("RULE", rule).replace("SHIFTS", shifts), "own.toml")
    rows = {"lat": "38.9", "lon": "-77.0", "kind": "THEFT", **table}
    return read_incidents(pd.DataFrame(rows), feed=str(feed)).quality


@pytest.mark.parametrize(
    ("rule", "said", "agree", "otherwise"),
    [
        # 04:30 UTC is 23:30 in New York; 13:00 UTC is 08:00; 11:59 UTC is 06:59
        ("utc", ["MIDNIGHT", " day", "MIDNIGHT", "?"], 3, 2),
        ("local", ["MIDNIGHT", "DAY", "DAY", ""], 3, 2),
    ],
)
def test_a_shift_proves_the_zone(
    write: Callable[..., Path], rule: str, said: list[str], agree: int, otherwise: int
) -> None:
    when = ["2024-02-20 04:30", "2024-02-20 13:00", "2024-02-20 11:59", "2024-02-20 13:01"]
    quality = _described(write, rule, _SHIFTS, {"when": when, "said": said})
    check = quality.evidence.dates.check
    assert check is not None
    assert (check.rows, check.agree, check.agree_otherwise) == (3, agree, otherwise)
    assert f"said agrees with the local clock on {agree} of 3 rows (100.0 %)" in (
        quality.to_markdown()
    )


def test_an_hour_proves_the_zone_and_its_lack_is_warned_of(write: Callable[..., Path]) -> None:
    when = ["2024-02-20 04:30", "2024-02-20 13:00", "2024-02-20 23:59", "2024-02-20 13:01"]
    right = _described(write, "utc", "", {"when": when, "said": ["23", "8", "18", "x"]})
    check = right.evidence.dates.check
    assert check is not None
    assert (check.rows, check.agree, check.agree_otherwise) == (3, 3, 0)
    wrong = _described(write, "local", "", {"when": when, "said": ["23", "8", "18", "x"]})
    (said,) = (str(c) for c in wrong.cautions if c.key == "loaders.caution_check")
    assert (
        said == "said agrees with the local clock on only 0 of 3 rows (0.0 %): is the zone right?"
    )


def test_the_reference_system_is_shown_with_what_was_not_taken(write: Callable[..., Path]) -> None:
    degrees = {"x": ["-77.01", "-77.02"], "y": ["38.91", "38.92"]}
    when = {"when": ["2024-02-20 04:30"] * 2, "said": ["1", "1"]}
    said = _described(write, "local", "", {**when, **degrees}).to_dict()["places"]["crs"]
    assert said == [
        {"columns": ["x", "y"], "crs": "EPSG:26985", "points": 2, "inside": 0, "taken": False},
        {"columns": ["lon", "lat"], "crs": "EPSG:4326", "points": 2, "inside": 2, "taken": True},
    ]


def test_a_short_last_month_is_named() -> None:
    months = {"2024-01": 100, "2024-02": 110, "2024-03": 90, "2024-04": 40}
    assert _daily(months).short_months() == (ShortMonth(month="2024-04", rows=40, median=95),)


def test_a_month_that_is_missing_altogether_is_named() -> None:
    months = {"2024-01": 100, "2024-02": 110, "2024-04": 100, "2024-05": 90}
    assert [m.month for m in _daily(months).short_months()] == ["2024-03"]


@pytest.mark.parametrize(
    "months",
    [
        {"2024-01": 100, "2024-02": 60, "2024-03": 51},  # not under half
        {"1989-05": 1, "2022-11": 2, "2024-01": 100, "2024-02": 110, "2024-03": 90},  # stragglers
        {"2024-01": 20, "2024-02": 25, "2024-03": 3},  # too few rows to tell
        {"2024-01": 100, "2024-02": 10},  # too few months
        {},
    ],
)
def test_other_months_are_not(months: dict[str, int]) -> None:
    assert _daily(months).short_months() == ()


def test_short_months_are_warned_of_with_the_numbers() -> None:
    when = [f"2024-{m:02d}-15 10:01" for m in (1, 2, 3, 4) for _ in range(40 if m < 4 else 9)]
    assert (
        "Warning: 2024-04 (9) has less than half the rows of the median month (40). A part of a "
        "month, or a gap at the publisher's?"
    ) in _own(_table(when)).summary().splitlines()
    gaps = [f"2024-{m:02d}-15 10:01" for m in (1, 2, 3, 4, 5, 11) for _ in range(40)]
    (said,) = (c for c in _own(_table(gaps)).cautions if "months" in c.key)
    assert dict(said.values)["named"] == "2024-08 (0), 2024-09 (0), 2024-10 (0), and 2 more"


def test_placeholder_times_are_warned_of() -> None:
    when = ["2024-05-01 00:00"] * 20 + ["2024-05-01 10:31"] * 80
    assert any("20.0 % of the rows with a clock" in str(c) for c in _own(_table(when)).cautions)
    some = ["2024-05-01 00:00"] * 4 + ["2024-05-01 10:31"] * 96
    assert not any(c.key == "loaders.caution_placeholder" for c in _own(_table(some)).cautions)


def test_stacks_are_counted_and_named_to_three_decimals() -> None:
    sizes = {"41.881234": 120, "41.882345": 16, "41.883456": 15}
    lat = [value for value, rows in sizes.items() for _ in range(rows)]
    quality = _own(_table(["2024-05-01 10:31"] * len(lat), lat=lat, lon="-87.631111"))
    space = quality.evidence.space
    assert (space.located, space.distinct_points) == (151, 3)
    assert (space.in_stacks, space.in_large_stacks) == (136, 120)
    assert space.top_stacks.to_dict("records") == [
        {"longitude": -87.631, "latitude": 41.881, "rows": 120},
        {"longitude": -87.631, "latitude": 41.882, "rows": 16},
    ]
    assert quality.flags["stacked_location"] == 136
    assert "41.881234" not in json.dumps(quality.to_dict()) + quality.to_markdown()
    assert any("120 of 151 rows with a place (79.5 %) lie at one point" in str(c)
               for c in quality.cautions)  # fmt: skip


def test_at_most_ten_stacks_are_named() -> None:
    lat = [f"41.{800 + i}" for i in range(12) for _ in range(16 + i)]
    top = _own(_table(["2024-05-01 10:31"] * len(lat), lat=lat)).evidence.space.top_stacks
    assert top["rows"].tolist() == list(range(27, 17, -1))


def test_a_category_without_places_is_said() -> None:
    lat = ["0"] * 40 + ["41.88"] * 60 + ["0"]
    table = _table(["2024-05-01 10:31"] * 101, lat=lat, lon=["0"] * 40 + ["-87.6"] * 60 + ["0"])
    table["kind"] = ["Offence Against a Person"] * 40 + ["Mischief"] * 61
    quality = _own(table)
    assert quality.evidence.unlocated_categories.to_dict("records") == [
        {"category": "Offence Against a Person", "rows": 40, "unlocated": 40},
        {"category": "Mischief", "rows": 61, "unlocated": 1},
    ]
    (said,) = (str(c) for c in quality.cautions if c.key == "loaders.caution_unlocated")
    assert said == (
        "40 of 40 rows of the category 'Offence Against a Person' have no place (100.0 %): no map "
        "shows them."
    )
    assert "| Offence Against a Person | 40 | 40 | 100.0 % |" in quality.to_markdown()


def test_examples_name_five_lines_for_each_reason(chicago_row: Row) -> None:
    rows = [chicago_row(i, Date="" if i % 2 else "06/15/2024 03:31:00 PM") for i in range(20)]
    rows += [chicago_row(30, Latitude=""), chicago_row(31, **{"Primary Type": "WITCHCRAFT"})]
    _, quality = read_incidents(pd.DataFrame(rows))
    examples = quality.evidence.examples
    assert examples["no_date"] == (2, 4, 6, 8, 10)
    assert examples["missing"] == (21,)
    assert examples["unmapped_category"] == (22,)
    assert set(examples) == {*quality.rejected, *quality.unlocated, *quality.flags}


def test_cases_are_counted(chicago_row: Row) -> None:
    rows = [chicago_row(i, **{"Case Number": number}) for i, number in enumerate("AAB")]
    rows.append(chicago_row(4, **{"Case Number": ""}))
    grain = read_incidents(pd.DataFrame(rows)).quality.evidence.grain
    assert (grain.grain, grain.rows, grain.cases) == ("incident", 4, 3)
    assert load_sample("west-yorkshire-2018-07").quality.evidence.grain.cases is None


def test_the_order_of_the_rows_does_not_matter() -> None:
    rng = np.random.default_rng(3)
    minutes = pd.to_datetime("2024-01-01") + pd.to_timedelta(rng.integers(0, 500_000, 3000), "min")
    table = _table(minutes.strftime("%Y-%m-%d %H:%M").tolist())
    table["lat"] = rng.choice(["41.81", "41.82", "41.83", "0"], 3000)
    table["lon"] = np.where(table["lat"] == "0", "0", "-87.6")
    first, second = (_own(t).to_dict() for t in (table, table.sample(frac=1, random_state=1)))
    for said in (first, second):
        for key in ("sha256", "examples"):
            del said[key]
    assert first == second


def test_an_empty_file_has_a_report() -> None:
    with pytest.warns(UserWarning, match="no rows"):
        quality = _own(_table([]))
    assert quality.evidence.dates.first is None
    assert quality.cautions == ()
    assert "No row has a place." in quality.to_markdown()
    json.dumps(quality.to_dict(), allow_nan=False)
