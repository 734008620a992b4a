"""Scanning space and time: cylinders, permutations, what is found and what is refused."""

from __future__ import annotations

from datetime import date
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import hotspots as hs
from hotspots.errors import FitnessError, ParameterError, PublishError
from hotspots.inference.circles import nested_circles
from hotspots.inference.cylinders import (
    NONE,
    best_cylinders,
    counts_up_to,
    incidents_in,
    least_products_loop,
    least_products_numpy,
    permuted_maxima,
    stretches_of,
)
from hotspots.methods.scan import space_time

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray
    from tests.conftest import WestYorkshire

PERIOD: Final = "2024-06-01/2024-06-30"


@cache
def _sample() -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    incidents, _ = hs.load_sample("synthetic-chicago")
    june, _ = hs.select_incidents(incidents, period="2024-06")
    june = june[june.geometry.notna()].iloc[:400]
    return june, hs.make_hexgrid(hs.study_area(june), resolution=6)


def _incidents() -> gpd.GeoDataFrame:
    return _sample()[0].copy()


def _grid() -> gpd.GeoDataFrame:
    return _sample()[1]


def _with_outbreak(n: int = 25) -> tuple[gpd.GeoDataFrame, str]:
    """Let some incidents happen in one cell on the last three days."""
    incidents, grid = _incidents(), _grid()
    counted = hs.count_incidents(incidents, grid)
    cell = str(counted["n"].sort_values().index[len(grid) // 2])
    point = grid.geometry[cell].centroid
    moved = incidents.index[:n]
    incidents.loc[moved, "geometry"] = gpd.GeoSeries([point] * n, index=moved, crs="EPSG:4326")
    zone = incidents["occurred_start"].dt.tz
    when = pd.Timestamp("2024-06-28 12:00", tz=zone) + pd.to_timedelta(np.arange(n) % 3, unit="D")
    incidents.loc[moved, "occurred_start"] = when.to_numpy()
    return incidents, cell


# --- cylinders -----------------------------------------------------------------------------------


def test_stretches_are_those_that_are_asked_for() -> None:
    now = stretches_of(10, longest=3, ending_last=True)
    spans = list(zip(now.edges[now.first], now.edges[now.last], strict=True))
    assert spans == [(9, 10), (8, 10), (7, 10)]
    ever = stretches_of(4, longest=2, ending_last=False)
    spans = list(zip(ever.edges[ever.first], ever.edges[ever.last], strict=True))
    assert spans == [(0, 1), (1, 2), (2, 3), (3, 4), (0, 2), (1, 3), (2, 4)]


def _brute_force(
    x: NDArray[np.float64],
    places: NDArray[np.intp],
    steps: NDArray[np.intp],
    n_steps: int,
    *,
    longest: int,
    ending_last: bool,
) -> float:
    """Work out the statistic from its definition, cylinder by cylinder."""
    total, best = len(places), 0.0
    here = np.bincount(places, minlength=len(x))
    for i in range(len(x)):
        for radius in np.unique(np.abs(x - x[i])):
            inside = np.abs(x - x[i]) <= radius
            if here[inside].sum() > 0.5 * total:
                continue
            for end in [n_steps] if ending_last else range(1, n_steps + 1):
                for begin in range(max(0, end - longest), end):
                    then = (steps >= begin) & (steps < end)
                    c = (then & inside[places]).sum()
                    e = then.sum() * here[inside].sum() / total
                    if c > e:
                        rest = total - c
                        last = rest * np.log(rest / (total - e)) if rest else 0.0
                        best = max(best, c * np.log(c / e) + last)
    return best


@pytest.mark.parametrize("ending_last", [True, False])
@given(data=st.data())
@settings(max_examples=20)
def test_loop_arrays_and_definition_agree(ending_last: bool, data: st.DataObject) -> None:  # noqa: FBT001
    m, n_steps = data.draw(st.integers(2, 6)), data.draw(st.integers(2, 7))
    where = data.draw(st.lists(st.integers(0, m - 1), min_size=4, max_size=25))
    _, places = np.unique(where, return_inverse=True)
    m = int(places.max()) + 1
    x = np.array(data.draw(st.lists(st.integers(0, 5), min_size=m, max_size=m)), float)
    when = st.lists(st.integers(0, n_steps - 1), min_size=len(places), max_size=len(places))
    steps = np.array(data.draw(when))
    longest = data.draw(st.integers(1, n_steps - 1))
    stretches = stretches_of(n_steps, longest=longest, ending_last=ending_last)
    n = np.bincount(places, minlength=m).astype(float)
    circles = nested_circles(x, np.zeros(m), n, max_share=0.5)
    before = counts_up_to(places, steps, m, stretches)
    at_time = incidents_in(steps, stretches)
    tables = []
    for way in (least_products_loop, least_products_numpy):
        least = np.full(len(places) + 1, NONE)
        way(
            circles.starts,
            circles.members,
            before,
            stretches.first,
            stretches.last,
            at_time,
            least,
        )
        tables.append(least)
    np.testing.assert_array_equal(tables[0], tables[1])
    slow = _brute_force(x, places, steps, n_steps, longest=longest, ending_last=ending_last)
    found = best_cylinders(circles, before, stretches, at_time)[0].max()
    assert found == pytest.approx(slow, abs=1e-9)


@pytest.mark.parametrize("ending_last", [True, False])
def test_compiled_and_plain_permutations_are_the_same(ending_last: bool) -> None:  # noqa: FBT001
    rng = np.random.default_rng(1)
    places, steps = np.sort(rng.integers(0, 12, 80)), rng.integers(0, 9, 80)
    x, y = rng.uniform(0, 5000, (2, 12))
    n = np.bincount(places, minlength=12).astype(float)
    circles = nested_circles(x, y, n, max_share=0.5)
    stretches = stretches_of(9, longest=4, ending_last=ending_last)
    quick, plain = (
        permuted_maxima(
            circles,
            places,
            steps,
            stretches,
            n_simulations=20,
            rng=np.random.default_rng(3),
            loops=loops,
        )
        for loops in (True, False)
    )
    np.testing.assert_array_equal(quick, plain)
    assert len(np.unique(quick)) > 5


# --- the whole -----------------------------------------------------------------------------------


def test_an_outbreak_at_the_end_is_found_with_its_days() -> None:
    incidents, cell = _with_outbreak()
    result = hs.scan_space_time(incidents, _grid(), n_simulations=99, rng=1)
    first = hs.scan_clusters(result).loc[1]
    assert first["hotspot"] == "hot"
    assert first["first_day"] == date(2024, 6, 28)
    assert first["last_day"] == date(2024, 6, 30)
    assert first["p_value"] == 0.01 == result.params.smallest_p_value
    assert result.data.loc[cell, "cluster"] == 1
    assert result.data.loc[cell, "first_day"] == pd.Timestamp("2024-06-28")
    assert first["n"] >= 25
    assert first["ratio"] == pytest.approx(first["n"] / first["expected"])
    assert f"from 2024-06-28 to 2024-06-30: {first['n']} incidents" in first["sentence"]
    assert "relative_density" not in hs.scan_clusters(result).columns
    assert result.provenance.incidents_used == 400
    assert result.params.n_steps == 30
    assert result.params.window_days == 15


def test_an_outbreak_that_is_over_is_found_by_looking_back_only() -> None:
    incidents, cell = _with_outbreak()
    incidents["occurred_start"] = incidents["occurred_start"] - pd.to_timedelta(
        np.where(incidents.index.isin(incidents.index[:25]), 14, 0), unit="D"
    )
    grid = _grid()
    asked: dict[str, Any] = {"n_simulations": 39, "window_days": 5, "rng": 1}
    back = hs.scan_space_time(incidents, grid, prospective=False, **asked)
    first = hs.scan_clusters(back).loc[1]
    assert (first["hotspot"], first["first_day"]) == ("hot", date(2024, 6, 14))
    assert back.data.loc[cell, "cluster"] == 1
    now = hs.scan_space_time(incidents, grid, **asked)
    assert not (now.data["hotspot"] == "hot").any()


def test_a_place_that_is_always_busy_is_not_found() -> None:
    incidents, grid = _incidents(), _grid()
    point = grid.geometry.iloc[len(grid) // 2].centroid
    moved = incidents.index[::5]
    shapes = gpd.GeoSeries([point] * len(moved), index=moved, crs="EPSG:4326")
    incidents.loc[moved, "geometry"] = shapes
    result = hs.scan_space_time(incidents, grid, n_simulations=39, rng=1)
    assert not (result.data["hotspot"] == "hot").any()


def test_the_result_keeps_the_shape_of_the_grid() -> None:
    incidents, grid = _incidents(), _grid()
    result = hs.scan_space_time(incidents, grid, n_simulations=19, rng=1)
    assert result.data.index.equals(grid.index)
    assert result.data.columns[-1] == "geometry"
    counted = hs.count_incidents(incidents, grid)
    np.testing.assert_array_equal(result.data["n"], counted["n"])
    assert (result.data["hotspot"].isna() == (counted["n"] == 0)).all()
    assert "no incident at any time" in " ".join(result.data["note"])
    assert sum(result.params.incidents_left_out.values()) == 0


def test_the_order_of_rows_and_the_number_of_threads_change_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    incidents, grid = _incidents(), _grid()
    one = hs.scan_space_time(incidents, grid, n_simulations=39, rng=4)
    monkeypatch.setattr("hotspots.inference.cylinders.threads", lambda: 4)
    mixed = incidents.sample(frac=1, random_state=1)
    two = hs.scan_space_time(mixed, grid.iloc[::-1], n_simulations=39, rng=4)
    assert one.params == two.params
    pd.testing.assert_frame_equal(one.data, two.data.loc[one.data.index])


def test_weeks_end_with_the_last_day() -> None:
    result = hs.scan_space_time(
        _incidents(), _grid(), step="week", window_days=14, n_simulations=19, rng=1
    )
    params = result.params
    assert (params.n_steps, params.window_days) == (4, 14)
    assert (params.first_day, params.last_day) == (date(2024, 6, 3), date(2024, 6, 30))
    left = params.incidents_left_out["before_the_first_step"]
    assert left == (_incidents()["occurred_start"].dt.day < 3).sum() > 0


def test_rows_that_cannot_be_placed_are_counted() -> None:
    incidents = _incidents()
    grid = _grid()
    gone = hs.count_incidents(incidents, grid)["n"].idxmax()
    result = hs.scan_space_time(incidents, grid.drop(index=gone), n_simulations=19, rng=1)
    left = result.params.incidents_left_out["in_no_cell"]
    assert left == hs.count_incidents(incidents, grid).loc[gone, "n"]
    assert result.provenance.incidents_used == 400 - left


# --- what is refused -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"step": "month"}, "step must be 'day' or 'week', got 'month'"),
        ({"window_days": 0}, "window_days must be 1, or a multiple"),
        ({"window_days": 2.5}, "window_days must be 1"),
        ({"window_days": 10, "step": "week"}, "window_days must be 7, or a multiple"),
        ({"max_share": 0}, "max_share must lie above 0"),
        ({"max_radius_m": 0}, "max_radius_m must be above 0 m"),
        ({"alpha": 0}, "alpha must lie between 0 and 1"),
        ({"n_simulations": 5}, "at least 19 are needed"),
    ],
)
def test_options_that_are_not_offered(options: dict[str, Any], said: str) -> None:
    with pytest.raises(ParameterError, match=said):
        hs.scan_space_time(_incidents(), _grid(), **options)


def test_months_are_not_days(west_yorkshire: WestYorkshire) -> None:
    with pytest.raises(FitnessError, match="needs the day of each incident"):
        hs.scan_space_time(west_yorkshire.burglary, west_yorkshire.grid)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda i: i.iloc[:20], "needs at least 30 incidents"),
        (lambda i: i.assign(period="2024-06-28/2024-06-30"), "and 4 days; got"),
        (lambda i: i.assign(count=-1), "takes back 1 incidents"),
    ],
)
def test_incidents_that_cannot_be_scanned(
    spoil: Callable[[gpd.GeoDataFrame], gpd.GeoDataFrame], said: str
) -> None:
    with pytest.raises(FitnessError, match=said):
        hs.scan_space_time(spoil(_incidents()), _grid())


def test_hours_of_work_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(space_time, "_MOST_WORK", 1e5)
    with pytest.raises(FitnessError, match="hours of work"):
        hs.scan_space_time(_incidents(), _grid(), prospective=False)


def test_a_scan_is_not_for_the_public_yet(west_yorkshire: WestYorkshire) -> None:
    result = hs.scan_space_time(_incidents(), _grid(), n_simulations=19, rng=1)
    with pytest.raises(PublishError):
        hs.publish(result, quality=west_yorkshire.quality)
