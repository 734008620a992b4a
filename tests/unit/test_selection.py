from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hotspots.errors import FitnessError, ParameterError
from hotspots.grid import count_incidents, make_hexgrid, select_incidents, study_area

if TYPE_CHECKING:
    from tests.unit.conftest import MakeIncidents

SQUARE = gpd.GeoSeries([shapely.box(-1.6, 53.7, -1.5, 53.8)], crs="EPSG:4326")
INSIDE, OUTSIDE = (-1.55, 53.75), (0.0, 51.5)
GROUPS = ["burglary", "robbery", "vehicle_crime", "other"]


def test_one_group_is_chosen_and_the_rest_counted(make_incidents: MakeIncidents) -> None:
    incidents = make_incidents([INSIDE] * 4, group=GROUPS)
    chosen, left_out = select_incidents(incidents, offence="burglary")
    assert chosen["display_group"].tolist() == ["burglary"]
    assert list(chosen["display_group"].cat.categories) == ["burglary"]
    assert left_out == {"other_offence": 3}


@pytest.mark.parametrize(
    ("offence", "groups"),
    [
        ("violent", ["robbery"]),
        ("property", ["burglary", "vehicle_crime"]),
        (["violent", "other"], ["robbery", "other"]),
        (None, GROUPS),
    ],
)
def test_aggregates_and_lists(
    make_incidents: MakeIncidents, offence: str | list[str] | None, groups: list[str]
) -> None:
    incidents = make_incidents([INSIDE] * 4, group=GROUPS)
    chosen, _ = select_incidents(incidents, offence=offence)
    assert chosen["display_group"].tolist() == groups


def test_an_unknown_offence_is_answered_with_the_nearest(make_incidents: MakeIncidents) -> None:
    incidents = make_incidents([INSIDE] * 4, group=GROUPS)
    with pytest.raises(
        ParameterError, match=r"'burglery'\. Did you mean 'burglary'.*are: burglary"
    ):
        select_incidents(incidents, offence="burglery")
    with pytest.raises(ParameterError, match="No incident is of the offence 'homicide'"):
        select_incidents(incidents, offence=["burglary", "homicide"])
    with pytest.raises(ParameterError, match="offence is an empty list"):
        select_incidents(incidents, offence=[])


@pytest.mark.parametrize(
    ("period", "kept", "stamp"),
    [
        ("2018-07", 2, "2018-07-01/2018-07-31"),
        ("2018", 3, "2018-07-01/2018-12-31"),
        ("2020", 1, "2020-01-01/2020-12-31"),
        (("2020-06-15", "2021-06-15"), 1, "2020-06-15/2020-12-31"),
        (("2018-07-31", "2018-08-01"), 2, "2018-07-31/2018-08-01"),
        (("2018-07-01", "2018-07-01"), 1, "2018-07-01/2018-07-01"),
        ("2020-02", 0, "2020-02-01/2020-02-29"),
    ],
)
def test_periods_hold_their_first_and_last_day(
    make_incidents: MakeIncidents, period: str | tuple[str, str], kept: int, stamp: str
) -> None:
    days = ["2018-07-01 00:00", "2018-07-31 23:59", "2018-08-01 00:00", "2020-12-31 00:00"]
    incidents = make_incidents([INSIDE] * 4, day=days)
    chosen, left_out = select_incidents(incidents, period=period)
    assert len(chosen) == kept
    assert left_out == {"no_date": 0, "outside_period": 4 - kept}
    assert list(chosen["period"].cat.categories) == [stamp]


@pytest.mark.parametrize(
    ("period", "text"),
    [
        ("July 2018", "period 'July 2018' cannot be read"),
        ("2018-13", "cannot be read"),
        (("2018-07-01",), "cannot be read"),
        (("2018-07-01", "2018-07-02", "2018-07-03"), "cannot be read"),
        (("2018-07-02", "2018-07-01"), r"ends \(2018-07-01\) before it begins \(2018-07-02\)"),
        (("01/07/2018", "02/07/2018"), "cannot be read"),
        (2018, "cannot be read"),
    ],
)
def test_periods_that_cannot_be_read_are_refused(
    make_incidents: MakeIncidents, period: object, text: str
) -> None:
    with pytest.raises(ParameterError, match=text):
        select_incidents(make_incidents([INSIDE]), period=period)  # type: ignore[arg-type]


def test_a_second_period_stays_within_the_first(make_incidents: MakeIncidents) -> None:
    incidents = make_incidents([INSIDE] * 2, day=["2018-07-01", "2018-09-01"])
    july, _ = select_incidents(incidents, period="2018-07")
    again, left_out = select_incidents(july, period="2018")
    assert list(again["period"].cat.categories) == ["2018-07-01/2018-07-31"]
    assert left_out == {"no_date": 0, "outside_period": 0}
    with pytest.raises(ParameterError, match="from 2018-07-01 to 2018-07-31"):
        select_incidents(july, period="2018-09")


def test_a_time_that_the_incidents_do_not_cover_is_refused(make_incidents: MakeIncidents) -> None:
    monthly = make_incidents([INSIDE] * 2, precision="month")
    with pytest.raises(ParameterError, match="2017-01-01 to 2017-12-31 is outside these incidents"):
        select_incidents(monthly, period="2017")


def test_a_month_is_not_cut(make_incidents: MakeIncidents) -> None:
    monthly = make_incidents([INSIDE] * 2, group=["burglary", "robbery"], precision="month")
    with pytest.raises(FitnessError, match="2 incidents know their month but not their day"):
        select_incidents(monthly, period=("2018-07-01", "2018-07-15"))
    chosen, _ = select_incidents(monthly, period=("2018-07-01", "2018-07-31"))
    assert len(chosen) == 2


def test_a_mix_of_offences_and_concerns_is_refused(make_incidents: MakeIncidents) -> None:
    both = make_incidents([None] * 2)
    both["record_kind"] = pd.Categorical(["offence", "concern"])
    with pytest.raises(FitnessError, match=r"'concern', 1 of the kind 'offence'.*one kind"):
        select_incidents(both, period="2018-07")


def test_an_area_leaves_out_the_unlocated_and_the_outside(make_incidents: MakeIncidents) -> None:
    on_the_edge = (-1.6, 53.75)
    incidents = make_incidents([INSIDE, on_the_edge, OUTSIDE, None])
    chosen, left_out = select_incidents(incidents, area=study_area(SQUARE))
    assert len(chosen) == 2
    assert left_out == {"unlocated": 1, "outside_area": 1}


def test_a_period_without_incidents_can_be_counted(make_incidents: MakeIncidents) -> None:
    grid = make_hexgrid(study_area(SQUARE), resolution=7)
    days = ["2016-12-31", "2018-01-01"]
    incidents = make_incidents([INSIDE] * 2, group=["burglary", "robbery"], day=days)
    chosen, _ = select_incidents(incidents, offence="robbery", period="2017")
    counted = count_incidents(chosen, grid)
    assert counted["n"].sum() == 0
    assert counted["period"].iloc[0] == "2017-01-01/2017-12-31"
    assert counted["groups"].iloc[0] == "robbery"


ROWS = st.lists(
    st.tuples(
        st.sampled_from([INSIDE, OUTSIDE, None]),
        st.sampled_from(GROUPS),
        st.sampled_from(["2018-06-30", "2018-07-01", "2018-07-31", "2018-08-01"]),
    ),
    min_size=1,
    max_size=30,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(rows=ROWS)
def test_no_row_is_lost_and_none_counted_twice(
    make_incidents: MakeIncidents, rows: list[tuple[tuple[float, float] | None, str, str]]
) -> None:
    rows = [*rows, (None, "other", "2018-07-15")]  # July is a time that the incidents cover
    points, groups, days = zip(*rows, strict=True)
    incidents = make_incidents(list(points), group=list(groups), day=list(days))
    before = incidents.copy()
    offence = groups[0]
    area = study_area(SQUARE)
    chosen, left_out = select_incidents(incidents, offence=offence, period="2018-07", area=area)
    expected = [
        place is INSIDE and group == offence and day.startswith("2018-07")
        for place, group, day in rows
    ]
    assert chosen.index.tolist() == np.flatnonzero(expected).tolist()
    assert len(chosen) + sum(left_out.values()) == len(rows)
    assert incidents.equals(before)
