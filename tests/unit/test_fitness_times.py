"""Days and hours: a file that knows the month only carries no method that needs more."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

import hotspots as hs
from hotspots.errors import FitnessError, SchemaMismatchError
from hotspots.fitness import check_days_known, check_hours_known

if TYPE_CHECKING:
    import geopandas as gpd
    from tests.conftest import WestYorkshire
    from tests.unit.conftest import MakeIncidents


def _dated(make_incidents: MakeIncidents, precisions: list[str]) -> gpd.GeoDataFrame:
    incidents = make_incidents([(-1.55, 53.8)] * len(precisions))
    start = pd.date_range("2018-07-01", periods=len(precisions), freq="613min", tz="Europe/London")
    return incidents.assign(occurred_start=start, occurred_precision=pd.Categorical(precisions))


@pytest.mark.parametrize(
    ("check", "unit"), [(check_days_known, "day"), (check_hours_known, "hour")]
)
def test_a_month_only_file_is_refused_and_says_what_would_help(
    west_yorkshire: WestYorkshire,
    check: type(check_days_known),  # type: ignore[valid-type]
    unit: str,
) -> None:
    said = (
        rf"knox_test needs the {unit} of each incident, and 2,029 of 2,029 rows do not know it "
        r"\(2,029 have only the month\)\. Its publisher gives the month only, .*ask the police "
        rf"for a file with the {unit}"
    )
    with pytest.raises(FitnessError, match=said):
        check(west_yorkshire.burglary, what="knox_test")


def test_a_file_with_minutes_passes() -> None:
    incidents, _ = hs.load_sample("synthetic-chicago")
    assert check_days_known(incidents, what="knox_test").all()
    assert check_hours_known(incidents, what="temporal_profile").mean() > 0.9


def test_shifts_know_the_day_and_not_the_hour(make_incidents: MakeIncidents) -> None:
    incidents = _dated(make_incidents, ["shift"] * 20)
    assert check_days_known(incidents, what="knox_test").all()
    with pytest.raises(FitnessError, match=r"20 have only the shift\)\. Take a file that gives"):
        check_hours_known(incidents, what="temporal_profile")


def test_a_few_rows_may_not_know_it_and_are_told_apart(make_incidents: MakeIncidents) -> None:
    incidents = _dated(make_incidents, ["minute"] * 17 + ["day"] * 3)
    assert (
        check_hours_known(incidents, what="temporal_profile").tolist() == [True] * 17 + [False] * 3
    )
    fewer = _dated(make_incidents, ["minute"] * 16 + ["day"] * 4)
    with pytest.raises(FitnessError, match=r"4 of 20 rows do not know it \(4 have only the day\)"):
        check_hours_known(fewer, what="temporal_profile")
    assert check_days_known(fewer, what="knox_test").all()


def test_rows_without_a_date_know_nothing(make_incidents: MakeIncidents) -> None:
    incidents = _dated(make_incidents, ["minute"] * 10)
    incidents.loc[incidents.index[:5], "occurred_start"] = pd.NaT
    with pytest.raises(FitnessError, match=r"5 of 10 rows .*\(5 have no date at all\)"):
        check_days_known(incidents, what="knox_test")


def test_one_minute_that_is_a_default_is_refused(make_incidents: MakeIncidents) -> None:
    incidents = _dated(make_incidents, ["minute"] * 100)
    hours = incidents["occurred_start"].copy()
    hours.iloc[:30] = pd.Timestamp("2018-07-02 00:00", tz="Europe/London")
    with pytest.raises(FitnessError, match=r"3\d% of them are at 00:00, which is what is written"):
        check_hours_known(incidents.assign(occurred_start=hours), what="temporal_profile")
    assert check_days_known(incidents.assign(occurred_start=hours), what="knox_test").all()
    # Three of ten are there by chance.
    assert check_hours_known(
        incidents.assign(occurred_start=hours).iloc[27:37], what="temporal_profile"
    ).all()


def test_no_incidents_and_no_columns_are_refused(make_incidents: MakeIncidents) -> None:
    with pytest.raises(FitnessError, match=r"knox_test needs incidents and there are none"):
        check_days_known(make_incidents([]), what="knox_test")
    bare = make_incidents([(-1.5, 53.8)]).drop(columns="occurred_precision")
    with pytest.raises(SchemaMismatchError, match=r"no column occurred_precision"):
        check_days_known(bare, what="knox_test")
    assert np.array_equal(check_days_known(_dated(make_incidents, ["day"]), what="x"), [True])
