from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from libpysal.examples import get_path
from scipy import stats

import hotspots as hs
from hotspots.errors import FitnessError, ParameterError, SchemaMismatchError
from hotspots.grid.rates import RATE_COLUMNS, poisson_interval
from hotspots.publish.coarsen import enlarge_cells

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import WestYorkshire
    from tests.unit.conftest import MakeGrid, MakeIncidents

FACTS = {
    "groups": "burglary",
    "period": "1974-07-01/1978-06-30",
    "source_id": "made-up",
    "source_sha256": "ab" * 32,
    "area_basis": "polygons",
    "area_attribution": "",
    "place": "Nowhere",
}


def _counties(counts: str = "SID74", births: str = "BIR74") -> gpd.GeoDataFrame:
    """Sudden infant deaths in the counties of North Carolina, as if they were a counted grid."""
    read = gpd.read_file(get_path("sids2.shp")).set_index("NAME")
    columns = {"n": read[counts].astype("int64"), "births": read[births], "geometry": read.geometry}
    return gpd.GeoDataFrame(columns).assign(**FACTS)


def _rates(grid: gpd.GeoDataFrame, population: object, **options: object) -> gpd.GeoDataFrame:
    asked = {"population": population, "denominator": "residents"} | options
    return hs.incident_rate(grid, **asked)  # type: ignore[arg-type]


def _smoothed(grid: gpd.GeoDataFrame, population: object, **options: object) -> gpd.GeoDataFrame:
    asked = {"population": population, "denominator": "residents"} | options
    return hs.empirical_bayes_rate(grid, **asked)  # type: ignore[arg-type]


# Published numbers


@pytest.mark.parametrize(
    ("count", "low", "high"),
    [(0, 0.0, 3.688879), (1, 0.025318, 5.571643), (10, 4.795389, 18.390356), (100, 81.36, 121.63)],
)
def test_the_intervals_are_those_of_the_tables(count: int, low: float, high: float) -> None:
    found = np.ravel(poisson_interval(np.array([count]), confidence=0.95))
    assert found == pytest.approx([low, high], abs=5e-3 if count == 100 else 1e-6)


@given(mean=st.floats(0.01, 60), confidence=st.floats(0.5, 0.999), count=st.integers(0, 10_000))
def test_an_interval_holds_the_truth_as_often_as_it_says(
    mean: float, confidence: float, count: int
) -> None:
    counts = np.arange(400)
    low, high = poisson_interval(counts, confidence=confidence)
    chance = stats.poisson.pmf(counts, mean)
    assert chance[mean < low].sum() <= (1 - confidence) / 2 + 1e-9
    assert chance[mean > high].sum() <= (1 - confidence) / 2 + 1e-9
    one_low, one_high = poisson_interval(np.array([count]), confidence=confidence)
    assert one_low[0] <= count <= one_high[0]


# What a rate is, and where there is none


def test_a_rate_says_what_it_is_of(make_grid: MakeGrid) -> None:
    grid = make_grid([6, 0])
    found = _rates(grid, [3000, 500])
    assert found["rate"].tolist() == [2.0, 0.0]
    assert found["rate_low"].tolist() == pytest.approx([2.2019 / 3, 0.0], abs=2e-5)
    assert found["rate_high"].tolist() == pytest.approx([13.0595 / 3, 3.6889 * 2], abs=1e-4)
    unit = "incidents per 1,000 residents, 2018-07-01 to 2018-07-31"
    assert set(found["rate_unit"]) == {unit}
    assert set(found["denominator"]) == {"residents"}
    assert set(found["rate_of"]) == {"n"}
    assert found["population"].dtype == np.float64
    assert set(found["rate_confidence"]) == {0.95}
    assert found.columns[-1] == "geometry"
    assert "rate" not in grid.columns


def test_a_rate_of_one_month_says_the_month(make_grid: MakeGrid) -> None:
    grid = make_grid([6, 2]).assign(**{"n_2018-07": [3, 1]})
    found = _rates(grid, [300, 200], column="n_2018-07", per=100)
    assert found["rate"].tolist() == [1.0, 0.5]
    assert set(found["rate_of"]) == {"n_2018-07"}
    assert found["rate_unit"].iloc[0].startswith("incidents per 100 residents, 2018-07-01")


def test_a_cell_without_residents_has_no_rate_and_is_in_no_order(make_grid: MakeGrid) -> None:
    with pytest.warns(UserWarning, match=r"40 of 50 incidents \(80\.0 %\) lie in cells without"):
        found = _rates(make_grid([40, 6, 4]), [0, 3000, 500])
    assert found["rate"].isna().tolist() == [True, False, False]
    assert found["rate_low"].isna().tolist() == found["rate_high"].isna().tolist()
    empty = found.index[0]
    for ascending in (True, False):
        order = found.sort_values("rate", ascending=ascending).index
        assert order[-1] == empty
    assert empty not in found.nlargest(2, "rate").index
    assert np.isnan(found["rate"].rank(ascending=False)[empty])
    assert found["rate_note"].tolist() == ["no residents: no rate", "", ""]
    assert set(found["incidents_without_base"]) == {40}


def test_no_share_in_per_cent_is_said_of_few_incidents(make_grid: MakeGrid) -> None:
    with pytest.warns(UserWarning, match=r"19 of 29 incidents lie in cells without residents\."):
        _rates(make_grid([19, 6, 4]), [0, 3000, 500])


def test_a_base_under_30_has_no_rate(make_grid: MakeGrid) -> None:
    with pytest.warns(UserWarning, match=r"^3 incidents lie in cells with fewer than 30 residents"):
        found = _rates(make_grid([3, 3]), [29, 30])
    assert found["rate"].isna().tolist() == [True, False]
    assert found["rate_note"].tolist() == ["fewer than 30 residents: no rate", ""]
    assert set(found["incidents_without_base"]) == {0}


def test_nothing_is_said_when_nothing_is_left_out(make_grid: MakeGrid) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        _rates(make_grid([0, 0, 4]), [0, 12, 500])


def test_smoothed_rates_leave_cells_without_residents_out(make_grid: MakeGrid) -> None:
    counts = np.random.default_rng(1).poisson(5, 61)
    people = np.random.default_rng(2).integers(1, 3000, 61)
    people[7] = 0
    with pytest.warns(UserWarning, match=f"{counts[7]} of {counts.sum()} incidents"):
        found = _smoothed(make_grid(counts), people)
    assert np.flatnonzero(found["rate_eb"].isna()).tolist() == [7]
    assert np.flatnonzero(found["rate_eb_weight"].isna()).tolist() == [7]
    grid = make_grid(counts)
    alone = _smoothed(grid.drop(index=grid.index[7]), np.delete(people, 7))
    np.testing.assert_allclose(found["rate_eb"].dropna(), alone["rate_eb"], rtol=1e-15)


# Properties


@given(
    st.lists(st.tuples(st.integers(0, 40), st.floats(1, 5000)), min_size=30, max_size=60).filter(
        lambda rows: any(count for count, _ in rows)
    )
)
def test_a_smoothed_rate_lies_between_the_own_rate_and_the_mean(
    rows: list[tuple[int, float]],
) -> None:
    counts, people = (np.array(column) for column in zip(*rows, strict=True))
    grid = gpd.GeoDataFrame({"n": counts, "geometry": None}).assign(**FACTS)
    found = _smoothed(grid, people, per=1)
    own, mean = counts / people, counts.sum() / people.sum()
    slack = 1e-12 * (1 + own.max())
    assert (found["rate_eb"] >= np.minimum(own, mean) - slack).all()
    assert (found["rate_eb"] <= np.maximum(own, mean) + slack).all()
    assert found["rate_eb_weight"].between(0, 1).all()
    order = np.argsort(people)
    assert (np.diff(found["rate_eb_weight"].to_numpy()[order]) >= -1e-12).all()
    turned = _smoothed(grid[::-1], people[::-1], per=1)[::-1]
    np.testing.assert_allclose(turned["rate_eb"], found["rate_eb"], rtol=1e-9, atol=1e-15)


def test_smoothing_finds_no_differences_where_chance_made_them(make_grid: MakeGrid) -> None:
    counts = np.array([4, 5] * 30)
    found = _smoothed(make_grid(counts), np.full(60, 1000.0))
    assert set(found["rate_eb_weight"]) == {0.0}
    assert set(found["rate_eb"]) == {4.5}


def test_smoothing_comes_nearer_to_the_truth_than_the_plain_rate() -> None:
    rng = np.random.default_rng(5)
    better = 0
    for _ in range(200):
        people = rng.lognormal(6, 1, 100)
        truth = rng.gamma(4, 0.005 / 4, 100)
        grid = gpd.GeoDataFrame({"n": rng.poisson(truth * people), "geometry": None})
        found = _smoothed(grid.assign(**FACTS), people, per=1)
        own = grid["n"] / people
        better += ((found["rate_eb"] - truth) ** 2).sum() < ((own - truth) ** 2).sum()
    assert better >= 190


# Populations as they come


def test_a_series_is_aligned_by_cell_and_may_know_other_cells(make_grid: MakeGrid) -> None:
    grid = make_grid([1, 2, 3])
    people = pd.Series([900, 300, 200, 100], index=["elsewhere", *grid.index[::-1]])
    assert _rates(grid, people)["population"].tolist() == [100, 200, 300]


def test_a_column_of_the_grid_is_taken_by_its_name(make_grid: MakeGrid) -> None:
    grid = make_grid([1, 2]).assign(homes=pd.array([100, 200], dtype="Int64"))
    found = hs.incident_rate(grid, population="homes", denominator="homes")
    assert found["rate"].tolist() == [10.0, 10.0]


@pytest.mark.parametrize(
    ("population", "error", "match"),
    [
        ("people", SchemaMismatchError, r"no column 'people' to take the population from"),
        ([1.0], SchemaMismatchError, r"shape \(1,\), and the grid 2 cells"),
        ([100.0, np.nan], SchemaMismatchError, r"population of 1 cells is not known.*Write 0"),
        ([100.0, np.inf], SchemaMismatchError, r"is not known"),
        (["100", "200"], SchemaMismatchError, r"holds .*, not a number in every cell"),
        ([True, False], SchemaMismatchError, r"holds bool, not a number"),
        ([100, None], SchemaMismatchError, r"holds object, not a number"),
        ([100.0, -1.0], ParameterError, r"has a population of -1\.0; it must be 0 or more"),
        ([0, 0], FitnessError, r"No cell has any residents"),
        (pd.Series([1, 2]), SchemaMismatchError, r"does not know 2 of the 2 cells.*to_numpy"),
        (pd.Series([1, 2], index=["a", "a"]), SchemaMismatchError, r"'a' more than once"),
    ],
)
def test_what_is_no_population_is_refused(
    make_grid: MakeGrid, population: object, error: type[Exception], match: str
) -> None:
    with pytest.raises(error, match=match):
        _rates(make_grid([1, 2]), population)
    with pytest.raises(error, match=match):
        _smoothed(make_grid([1, 2]), population)


@pytest.mark.parametrize("denominator", ["", "  ", None, 7])
def test_a_rate_without_a_named_denominator_is_refused(
    make_grid: MakeGrid, denominator: object
) -> None:
    with pytest.raises(ParameterError, match="denominator must name what the population counts"):
        _rates(make_grid([1, 2]), [50, 50], denominator=denominator)


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"per": 0}, r"per must be a whole number of 1 or more, got 0"),
        ({"per": 0.5}, r"per must be a whole number"),
        ({"per": True}, r"per must be a whole number"),
        ({"confidence": 1.0}, r"confidence must lie between 0 and 1, got 1\.0"),
        ({"confidence": float("nan")}, r"confidence must lie between 0 and 1"),
    ],
)
def test_options_outside_their_range_are_refused(
    make_grid: MakeGrid, options: dict[str, Any], match: str
) -> None:
    with pytest.raises(ParameterError, match=match):
        _rates(make_grid([1, 2]), [50, 50], **options)


def test_what_is_no_count_is_refused(make_grid: MakeGrid) -> None:
    with pytest.raises(SchemaMismatchError, match=r"'n' holds float64, not a whole number"):
        _rates(make_grid([1, 2]).assign(n=[0.5, 1.0]), [50, 50])
    with pytest.raises(FitnessError, match=r"has -2 incidents in 'n'.*a longer period"):
        _rates(make_grid([1, -2]), [50, 50])
    with pytest.raises(SchemaMismatchError, match=r"What the column 'area_km2' counts"):
        _rates(make_grid([1, 2]), [50, 50], column="area_km2")
    with pytest.raises(SchemaMismatchError, match=r"no column period"):
        _rates(make_grid([1, 2]).drop(columns="period"), [50, 50])


def test_smoothing_is_refused_where_there_is_nothing_to_learn_from(make_grid: MakeGrid) -> None:
    with pytest.raises(FitnessError, match=r"29 cells have any residents.*from 30 or more"):
        _smoothed(make_grid([1] * 37), [100] * 29 + [0] * 8)
    with pytest.raises(FitnessError, match=r"no incident in any cell with residents"):
        _smoothed(make_grid([0] * 30 + [5]), [100] * 30 + [0])


# What becomes of rates later


def test_both_rates_of_one_base_stand_side_by_side(make_grid: MakeGrid) -> None:
    people = np.arange(100, 131)
    both = _smoothed(_rates(make_grid(np.arange(31)), people), people)
    assert set(RATE_COLUMNS) <= set(both.columns)


@pytest.mark.parametrize("change", ["denominator", "per", "population", "column"])
def test_rates_of_another_base_are_taken_off(make_grid: MakeGrid, change: str) -> None:
    grid = make_grid(np.arange(31)).assign(n_burglary=np.arange(31))
    people = np.arange(100, 131)
    other: dict[str, dict[str, object]] = {
        "denominator": {"denominator": "homes"},
        "per": {"per": 100},
        "column": {"column": "n_burglary"},
    }
    now = people + 100 if change == "population" else people
    found = _rates(_smoothed(grid, people), now, **other.get(change, {}))
    assert "rate" in found
    assert "rate_eb" not in found


def test_counting_anew_takes_the_old_rates_off(
    make_grid: MakeGrid, make_incidents: MakeIncidents
) -> None:
    people = np.arange(100, 131)
    rated = _smoothed(_rates(make_grid(np.arange(31)), people), people)
    again = hs.count_incidents(make_incidents([(-1.55, 53.8)]), rated)
    assert not set(RATE_COLUMNS) & set(again.columns)
    assert again["population"].tolist() == people.tolist()


def test_a_rate_is_not_tested_as_if_it_were_a_count(make_grid: MakeGrid) -> None:
    rated = _rates(make_grid(np.arange(61)), np.arange(100, 161))
    whole = rated.assign(people=rated["population"].astype(np.int64))
    for column, said in (
        ("rate", "Column 'rate' holds float64, not a whole number .* this is for counts"),
        ("population", "Column 'population' holds float64, not a whole number"),
        ("people", "What the column 'people' counts"),
    ):
        with pytest.raises(SchemaMismatchError, match=said):
            hs.local_gi_star(whole, column=column)


# Release: a rate times a known population is a count


def test_no_rate_leaves_through_the_gate(west_yorkshire: WestYorkshire, tmp_path: Path) -> None:
    grid = west_yorkshire.grid
    people = np.random.default_rng(1).integers(30, 5000, len(grid))
    said = "zebra owners"
    rated = hs.incident_rate(grid, population=people, denominator=said)
    rated = hs.empirical_bayes_rate(rated, population=people, denominator=said)
    result = hs.local_gi_star(rated)
    assert {"rate", "rate_eb", "population"} <= set(result.data.columns)
    bare = hs.publish(west_yorkshire.result, quality=west_yorkshire.quality)
    released = hs.publish(result, quality=west_yorkshire.quality)
    pd.testing.assert_frame_equal(released.table, bare.table)
    assert released.layers == bare.layers
    assert released.notes == bare.notes
    assert released.receipt == bare.receipt
    page, plain = (
        hs.write_page(given, tmp_path / name).read_bytes()
        for given, name in ((released, "rated.html"), (bare, "bare.html"))
    )
    assert page == plain
    assert said.encode() not in page


def test_larger_cells_carry_no_rate_of_smaller_ones(west_yorkshire: WestYorkshire) -> None:
    people = np.full(len(west_yorkshire.grid), 1000)
    larger = enlarge_cells(_rates(west_yorkshire.grid, people), resolution=6)
    assert not {*RATE_COLUMNS, "population"} & set(larger.columns)
