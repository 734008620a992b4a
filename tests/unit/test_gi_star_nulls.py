"""local_gi_star under each null, with several rings, on a graph, and many maps together."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import h3
import numpy as np
import pandas as pd
import pytest
from libpysal.graph import Graph
from scipy import stats

import hotspots as hs
from hotspots.errors import FitnessError, ParameterError, PublishError, SchemaMismatchError
from hotspots.inference.correction import adjust_p_values
from hotspots.methods.local import correct_together, false_alarm_rate, local_gi_star
from hotspots.neighbours import cell_windows
from hotspots.publish.refusals import refuse_undescribed_test
from hotspots.words import say

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray
    from tests.unit.conftest import MakeGrid

    from hotspots.results import HotspotResult

N = 400


def _hot(result: HotspotResult) -> set[str]:
    return set(result.data.index[result.data["hotspot"] == "hot"])


def _people(n: int = N) -> NDArray[np.int64]:
    """Give people in towns: neighbouring cells, whose ids are close, hold alike."""
    return np.round(40 + 400 * (1 + np.sin(np.arange(n) / 40))).astype(np.int64)


def _over_people(make_grid: MakeGrid, *, times: int = 1, seed: int = 3) -> gpd.GeoDataFrame:
    """Count incidents in proportion to people, and so many times as many around cell 200."""
    people = _people()
    grid = make_grid(np.zeros(N, dtype=np.int64)).assign(people=people)
    planted = grid.index.isin(h3.grid_disk(grid.index[200], 1))
    rng = np.random.default_rng(seed)
    grid["n"] = rng.poisson(people * 0.03 * np.where(planted, times, 1))
    grid["n_2018-06"] = rng.poisson(people * 0.05)
    return grid


BY_PEOPLE: dict[str, Any] = {
    "null": "population",
    "population": "people",
    "denominator": "residents",
}
BY_OTHER: dict[str, Any] = {"null": "reference", "reference": "n_2018-06"}


def _one_cluster(make_grid: MakeGrid) -> gpd.GeoDataFrame:
    """Scatter two incidents a cell, and make one cell and its ring busy."""
    grid = make_grid(np.random.default_rng(1).poisson(2, N))
    grid.loc[h3.grid_disk(grid.index[200], 1), "n"] += 8
    return grid


def _said(result: HotspotResult) -> str:
    return " ".join(say(caveat) for caveat in result.caveats)


# What each null answers


@pytest.mark.parametrize("null", [BY_PEOPLE, BY_OTHER])
def test_towns_are_hot_until_their_people_are_allowed_for(
    make_grid: MakeGrid, null: dict[str, Any]
) -> None:
    grid = _over_people(make_grid)
    assert len(_hot(local_gi_star(grid))) > 20
    assert len(_hot(local_gi_star(grid, null="random_points"))) > 20
    assert not _hot(local_gi_star(grid, **null))


@pytest.mark.parametrize("null", [BY_PEOPLE, BY_OTHER])
def test_more_than_expected_is_found_where_it_is(make_grid: MakeGrid, null: dict[str, Any]) -> None:
    grid = _over_people(make_grid, times=5)
    result = local_gi_star(grid, **null)
    planted = set(h3.grid_disk(grid.index[200], 1))
    hot = _hot(result)
    assert planted <= hot
    assert len(hot - set(h3.grid_disk(grid.index[200], 2))) <= 0.2 * len(hot)
    assert result.params.inference == "approximation"
    assert result.params.dispersion is not None
    assert json.loads(json.dumps(result.params_dict())) == result.params_dict()


def test_a_hotspot_is_not_taken_for_variation_between_cells(make_grid: MakeGrid) -> None:
    quiet = local_gi_star(_over_people(make_grid), **BY_PEOPLE)
    busy = local_gi_star(_over_people(make_grid, times=8), **BY_PEOPLE)
    assert busy.params.dispersion == pytest.approx(quiet.params.dispersion, abs=0.02)
    far = ~busy.data.index.isin(h3.grid_disk(busy.data.index[200], 3))
    np.testing.assert_allclose(
        busy.data.loc[far, "expected"], quiet.data.loc[far, "expected"], rtol=0.05
    )


def test_random_points_are_binomial_by_area(make_grid: MakeGrid) -> None:
    grid = _over_people(make_grid)
    grid.loc[grid.index[:50], "area_in_study_km2"] *= 0.6
    result = local_gi_star(grid, null="random_points")
    area = grid["area_in_study_km2"].to_numpy()
    windows = cell_windows(grid.index)
    share = [a.sum() for a in np.split(area[windows.members], windows.starts[1:-1])] / area.sum()
    sums = windows.sums(grid["n"].to_numpy())
    np.testing.assert_array_equal(result.data["window_n"], sums)
    exact = stats.binom.sf(sums - 1, grid["n"].sum(), share)
    np.testing.assert_allclose(result.data["p_value"], exact, rtol=1e-9)
    np.testing.assert_allclose(result.data["expected"], grid["n"].sum() * share)
    assert result.params.cap is None
    assert result.params.cap_quantile is None
    assert result.params.inference == "exact"


def test_the_smallest_hot_sum_under_random_points_divides_full_windows(
    make_grid: MakeGrid,
) -> None:
    result = local_gi_star(_over_people(make_grid), null="random_points")
    limit = result.params.smallest_hot_sum
    assert limit is not None
    full = result.data[cell_windows(result.data.index).sizes == 7]
    clear = (full["window_n"] - limit).abs() > 1
    assert (full["window_n"].ge(limit) == full["hotspot"].eq("hot"))[clear].all()


@pytest.mark.parametrize("alternative", ["greater", "two-sided"])
@pytest.mark.parametrize("n_rings", [1, (1, 2)])
def test_one_random_point_is_too_few_and_three_are_not(
    make_grid: MakeGrid, alternative: str, n_rings: int | tuple[int, ...]
) -> None:
    counts = np.zeros(2000, dtype=np.int64)
    for incidents, word in ((1, "too few"), (3, "not significant")):
        counts[:] = 0
        counts[[100, 900, 1800][:incidents]] = 1
        options: dict[str, Any] = {"alternative": alternative, "n_rings": n_rings}
        result = local_gi_star(make_grid(counts), null="random_points", **options)
        assert (result.data["hotspot"] == word).all()
        assert (result.caveats[0].key == "methods.too_few") == (incidents == 1)
    counts[:] = 0
    counts[900] = 3
    # Three in one place are found, so three were not too few.
    together = local_gi_star(make_grid(counts), null="random_points", **options)
    assert (together.data["hotspot"] == "hot").any()


def test_the_normal_null_reads_the_z_score(make_grid: MakeGrid) -> None:
    grid = _over_people(make_grid).assign(harm=np.random.default_rng(1).normal(size=N))
    result = local_gi_star(grid, column="harm", null="normal")
    np.testing.assert_allclose(result.data["p_value"], stats.norm.sf(result.data["gi_star"]))
    assert result.data["n"].equals(grid["n"])
    assert result.data["window_n"].dtype == np.float64
    assert "on 10 to 99 of 100 maps" in _said(result)


@pytest.mark.parametrize(
    ("null", "words"),
    [
        ({}, "this map does not allow for that"),
        ({"null": "random_points"}, "anywhere on the land alike"),
        (BY_PEOPLE, "more incidents than expected for their number of residents"),
        (BY_OTHER, "a larger part of the incidents there is of this kind"),
    ],
)
def test_each_null_says_what_it_is_and_only_people_give_an_expectation(
    make_grid: MakeGrid, null: dict[str, Any], words: str
) -> None:
    said = _said(local_gi_star(_over_people(make_grid), **null))
    assert words in said
    assert "{" not in said
    assert ("than expected" in said) is (null.get("null") == "population")


def test_cells_without_people_are_not_tested(make_grid: MakeGrid) -> None:
    grid = _over_people(make_grid)
    grid.loc[grid.index[:20], "people"] = 0
    result = local_gi_star(grid, **BY_PEOPLE)
    empty = result.data.loc[grid.index[:20]]
    assert empty["hotspot"].isna().all()
    assert empty["note"].eq("not tested: no residents in the cell").all()
    assert result.params.cells_tested == N - 20
    assert "20 areas were not tested: they have no residents" in _said(result)


@pytest.mark.parametrize("given", ["series", "array"])
def test_people_and_reference_may_stand_beside_the_grid(make_grid: MakeGrid, given: str) -> None:
    grid = _over_people(make_grid, times=5)
    bare = grid.drop(columns=["people", "n_2018-06"])
    for null, key, column in (
        (BY_PEOPLE, "population", "people"),
        (BY_OTHER, "reference", "n_2018-06"),
    ):
        other = grid[column].sample(frac=1, random_state=1)
        beside = other if given == "series" else grid[column].to_numpy()
        result = local_gi_star(bare, **(null | {key: beside}))
        assert result.data["p_value"].equals(local_gi_star(grid, **null).data["p_value"])
        assert result.data[key].tolist() == grid[column].tolist()
        assert result.params_dict()[key] == key


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"null": "population"}, "needs population=.*needs denominator="),
        ({"null": "reference"}, "needs reference="),
        ({"population": "people"}, "population= is not for null='shuffled_cells'"),
        ({"reference": "n"}, "reference= is not for null='shuffled_cells'"),
        ({"denominator": "residents"}, "denominator= is not for"),
        ({"adjust": "max_statistic"}, "give n_permutations= too"),
        ({"null": "normal", "n_permutations": 99}, "n_permutations= shuffles cells"),
        ({"n_permutations": 0}, "n_permutations must be a whole number of 1 or more"),
        ({"n_permutations": 99.5}, "n_permutations must be a whole number of 1 or more"),
        ({"n_rings": [1, 2]}, "n_rings must be"),
        ({"null": "reference", "reference": "n"}, "holds the very incidents of 'n'"),
        (
            {"column": "n_2018-06", "null": "reference", "reference": "n"},
            "holds the very incidents of 'n_2018-06'",
        ),
        ({"n_rings": (2, 1)}, "in rising order"),
        ({"n_rings": ()}, "n_rings must be"),
    ],
)
def test_options_that_do_not_go_together_are_refused(
    make_grid: MakeGrid, options: dict[str, Any], text: str
) -> None:
    with pytest.raises(ParameterError, match=text):
        local_gi_star(_over_people(make_grid), **options)


def test_numbers_that_are_no_counts_need_a_test_for_them(make_grid: MakeGrid) -> None:
    grid = _over_people(make_grid).assign(harm=1.5)
    with pytest.raises(SchemaMismatchError, match="not a whole number"):
        local_gi_star(grid, column="harm")
    with pytest.raises(FitnessError, match="Every cell holds the same value"):
        local_gi_star(grid, column="harm", null="normal")
    grid.loc[grid.index[3], "harm"] = np.nan
    with pytest.raises(FitnessError, match="1 of 400 cells have no finite value"):
        local_gi_star(grid, column="harm", n_permutations=9)


def test_a_reference_of_next_to_nothing_is_refused(make_grid: MakeGrid) -> None:
    grid = _over_people(make_grid).assign(**{"n_2018-06": 0})
    with pytest.raises(FitnessError, match="at least 30 are needed"):
        local_gi_star(grid, **BY_OTHER)


# Permutations


def test_shuffles_come_near_the_exact_test_and_are_reproducible(make_grid: MakeGrid) -> None:
    grid = _over_people(make_grid, times=4)
    exact = local_gi_star(grid).data["p_value"]
    one = local_gi_star(grid, n_permutations=999, rng=4)
    again = local_gi_star(grid, n_permutations=999, rng=4)
    assert one.data["p_value"].equals(again.data["p_value"])
    assert one.params.seed == 4
    room = 5 * np.sqrt(exact * (1 - exact) / 999) + 0.002
    assert ((one.data["p_value"] - exact).abs() < room).all()


def test_when_no_p_value_can_survive_the_result_says_so(make_grid: MakeGrid) -> None:
    grid = _one_cluster(make_grid)
    few = local_gi_star(grid, n_permutations=99, adjust="bonferroni", rng=1)
    assert set(few.data["hotspot"]) == {"too few"}
    assert "with 99 shuffles no p-value is small enough" in say(few.caveats[0])
    some = local_gi_star(grid, n_permutations=99, rng=1)
    assert "at least 80 areas must reach the smallest one together" in say(some.caveats[0])
    largest = local_gi_star(grid, n_permutations=99, adjust="max_statistic", rng=1)
    assert _hot(largest)
    assert "shuffles no p-value" not in _said(largest)
    assert "stands out more than" in _said(largest)


def test_the_max_statistic_keeps_its_level_on_shuffled_maps(make_grid: MakeGrid) -> None:
    rng = np.random.default_rng(2)
    counts = rng.negative_binomial(0.5, 0.2, 100)
    alarms = 0
    for seed in range(200):
        grid = make_grid(rng.permutation(counts))
        result = local_gi_star(grid, n_permutations=39, adjust="max_statistic", rng=seed)
        alarms += bool(_hot(result))
    # 5 % exactly, but for ties: with 200 maps, under 10 % in 998 of 1,000 runs.
    assert alarms <= 20


def test_harm_is_tested_by_shuffling_it(make_grid: MakeGrid) -> None:
    grid = _one_cluster(make_grid)
    harm = np.random.default_rng(1).lognormal(0, 0.3, N)
    grid["harm"] = grid["n"] * harm
    result = local_gi_star(grid, column="harm", n_permutations=199, adjust="max_statistic", rng=1)
    assert grid.index[200] in _hot(result)
    assert result.params.cap == pytest.approx(
        grid["harm"][grid["harm"] > 0].quantile(0.99), rel=0.1
    )


# Several rings


def test_all_rings_are_corrected_together(make_grid: MakeGrid) -> None:
    grid = _over_people(make_grid, times=4)
    many = local_gi_star(grid, n_rings=(1, 2, 3))
    alone = [local_gi_star(grid, n_rings=rings) for rings in (1, 2, 3)]
    for rings, single in zip((1, 2, 3), alone, strict=True):
        np.testing.assert_allclose(many.data[f"p_value_ring_{rings}"], single.data["p_value"])
    p_values = np.concatenate([single.data["p_value"] for single in alone])
    adjusted = stats.false_discovery_control(p_values).reshape(3, -1)
    np.testing.assert_allclose(many.data["p_adjusted"], adjusted.min(axis=0))
    said = [",".join(str(k + 1) for k in range(3) if hit[k]) for hit in (adjusted <= 0.05).T]
    assert many.data["rings"].tolist() == said
    assert (many.data["rings"] != "").equals(many.data["hotspot"] == "hot")
    assert many.params.window_cells == 37
    assert "with 1, 2, 3 rings of them, up to 37 cells" in _said(many)


def test_wide_rings_find_what_is_broad(make_grid: MakeGrid) -> None:
    grid = make_grid(np.zeros(919, dtype=np.int64))
    broad = grid.index.isin(h3.grid_disk(h3.latlng_to_cell(53.8, -1.55, 8), 4))
    grid["n"] = np.random.default_rng(1).poisson(np.where(broad, 3.2, 1.6))
    narrow, wide = local_gi_star(grid), local_gi_star(grid, n_rings=(1, 2, 3))
    found = [result.data.loc[broad, "hotspot"].eq("hot").mean() for result in (narrow, wide)]
    assert found[1] > found[0] + 0.2


@pytest.mark.parametrize("null", [{}, {"null": "random_points"}, BY_PEOPLE, BY_OTHER])
def test_rings_go_with_every_null(make_grid: MakeGrid, null: dict[str, Any]) -> None:
    people = _over_people(make_grid)
    grid = _one_cluster(make_grid).join(people[["people", "n_2018-06"]].assign(people=100))
    result = local_gi_star(grid, n_rings=(1, 2), **null)
    assert result.data.index[200] in _hot(result)
    assert result.data["rings"].isin(["", "1", "2", "1,2"]).all()


# Graphs and other grids


def test_a_graph_of_the_same_neighbours_gives_the_same_answer(make_grid: MakeGrid) -> None:
    grid = _over_people(make_grid, times=5)
    graph = Graph.build_h3(grid.index)
    for null in ({}, {"null": "random_points"}, BY_PEOPLE, BY_OTHER, {"null": "normal"}):
        mine, given = local_gi_star(grid, **null), local_gi_star(grid, graph=graph, **null)
        np.testing.assert_allclose(given.data["p_value"], mine.data["p_value"], rtol=1e-6)
        assert given.data["hotspot"].equals(mine.data["hotspot"])
    assert given.params.graph


def test_a_graph_holds_its_cells_where_some_are_not_tested(make_grid: MakeGrid) -> None:
    grid = _over_people(make_grid, times=5)
    grid.loc[grid.index[:60], "area_in_study_km2"] *= 0.3
    given = local_gi_star(grid, graph=Graph.build_h3(grid.index))
    np.testing.assert_array_equal(given.data["p_value"], local_gi_star(grid).data["p_value"])


def test_weights_are_for_the_normal_null_only(make_grid: MakeGrid) -> None:
    grid = _over_people(make_grid)
    graph = Graph.build_h3(grid.index).assign_self_weight(2.0)
    with pytest.raises(ParameterError, match="weights other than 0 and 1"):
        local_gi_star(grid, graph=graph)
    result = local_gi_star(grid, null="normal", graph=graph)
    values = grid["n"].to_numpy(dtype=np.float64)
    weights = graph.sparse.toarray()
    order = [list(graph.unique_ids).index(cell) for cell in grid.index]
    weights = weights[np.ix_(order, order)]
    total, squares = weights.sum(axis=1), (weights**2).sum(axis=1)
    spread = np.sqrt(values.var() * (N * squares - total**2) / (N - 1))
    z = (weights @ values - total * values.mean()) / spread
    np.testing.assert_allclose(result.data["gi_star"], z, rtol=1e-9)


def test_rings_beside_a_graph_are_refused(make_grid: MakeGrid) -> None:
    grid = _over_people(make_grid)
    with pytest.raises(ParameterError, match="n_rings must be 1"):
        local_gi_star(grid, graph=Graph.build_h3(grid.index), n_rings=2)


def test_squares_and_named_areas_are_tested_too() -> None:
    lsoas = hs.read_areas(hs.sample_path("west-yorkshire-lsoa"))
    incidents, _ = hs.load_sample("west-yorkshire-2018-07")
    incidents, _ = hs.select_incidents(incidents, offence="burglary")
    squares = hs.make_square_grid(hs.study_area(lsoas, name="West Yorkshire"), cell_m=1500)
    kinds = {"squares": (squares, 9), "areas": (hs.area_grid(lsoas, code="lsoa_code"), None)}
    for kind, (cells, widest) in kinds.items():
        result = local_gi_star(hs.count_incidents(incidents, cells))
        assert result.params.grid_kind == kind
        assert widest in (None, result.params.window_cells)
        assert _hot(result)
        with pytest.raises(PublishError, match=f"a grid of {kind}"):
            refuse_undescribed_test(result)


# What must not matter


@pytest.mark.parametrize(
    ("null", "scaled"),
    [(BY_PEOPLE, "people"), ({"null": "random_points"}, "area_in_study_km2")],
)
def test_the_unit_of_people_and_of_land_does_not_matter(
    make_grid: MakeGrid, null: dict[str, Any], scaled: str
) -> None:
    grid = _over_people(make_grid, times=4)
    other = grid.assign(**{scaled: grid[scaled] * 2.5})
    once, again = local_gi_star(grid, **null), local_gi_star(other, **null)
    np.testing.assert_allclose(once.data["p_value"], again.data["p_value"], rtol=2e-4)
    assert once.data["hotspot"].equals(again.data["hotspot"])


@pytest.mark.parametrize(
    "options", [{"null": "random_points"}, BY_PEOPLE, BY_OTHER, {"n_rings": (1, 2, 3)}]
)
def test_the_order_of_rows_does_not_matter(make_grid: MakeGrid, options: dict[str, Any]) -> None:
    grid = _over_people(make_grid, times=4)
    mixed = local_gi_star(grid.sample(frac=1, random_state=2), **options).data.loc[grid.index]
    straight = local_gi_star(grid, **options).data
    np.testing.assert_allclose(mixed["p_value"], straight["p_value"], rtol=1e-7)
    assert mixed["hotspot"].equals(straight["hotspot"])


# The false-alarm rate of every null


@pytest.mark.parametrize(
    "options",
    [
        {"null": "random_points"},
        BY_PEOPLE,
        BY_OTHER,
        {"n_rings": (1, 2)},
        {"n_permutations": 99, "adjust": "max_statistic", "rng": 1},
    ],
)
def test_the_false_alarm_rate_is_small_under_every_null(
    make_grid: MakeGrid, options: dict[str, Any]
) -> None:
    result = local_gi_star(_over_people(make_grid, times=3), **options)
    rate = false_alarm_rate(result, n_simulations=150, rng=5)
    assert rate.confidence_interval[0] < 0.05
    assert rate.params.null == result.params.null
    assert rate.estimate == false_alarm_rate(result, n_simulations=150, rng=5).estimate


def test_the_false_alarm_rate_of_the_normal_null_shows_its_failure(make_grid: MakeGrid) -> None:
    counts = np.random.default_rng(1).poisson(0.2, N)
    result = local_gi_star(make_grid(counts), null="normal")
    assert false_alarm_rate(result, n_simulations=200, rng=5).confidence_interval[0] > 0.1


def test_a_graph_must_be_given_again(make_grid: MakeGrid) -> None:
    grid = _over_people(make_grid)
    graph = Graph.build_h3(grid.index)
    result = local_gi_star(grid, graph=graph)
    with pytest.raises(ParameterError, match="give graph= again"):
        false_alarm_rate(result, n_simulations=10)
    same = false_alarm_rate(local_gi_star(grid), n_simulations=50, rng=2).estimate
    assert false_alarm_rate(result, n_simulations=50, rng=2, graph=graph).estimate == same


# Many maps together


def _months(make_grid: MakeGrid) -> gpd.GeoDataFrame:
    grid = make_grid(np.zeros(N, dtype=np.int64))
    rng = np.random.default_rng(1)
    planted = grid.index.isin(h3.grid_disk(grid.index[200], 1))
    for month in range(1, 7):
        grid[f"n_2018-{month:02d}"] = rng.poisson(np.where(planted & (month == 3), 8, 1))
    grid["n"] = grid.filter(regex=r"^n_").sum(axis=1)
    period = pd.Categorical(["2018-01-01/2018-06-30"] * N)
    return grid.assign(period=period)


def test_the_note_of_a_hot_cell_without_incidents_goes_with_the_word(make_grid: MakeGrid) -> None:
    rng = np.random.default_rng(1)
    grid = make_grid(rng.poisson(0.3, N))
    middle = grid.index[200]
    grid.loc[h3.grid_ring(middle, 1)[:3], "n"] += 3
    grid.loc[middle, "n"] = 0
    alone = local_gi_star(grid)
    noise = [local_gi_star(make_grid(rng.poisson(0.3, N))) for _ in range(40)]
    assert "because of its neighbours" in alone.data.loc[middle, "note"]
    together = correct_together([alone, *noise])[0].data
    kept = correct_together([alone, alone])[0].data
    for data in (together, kept):
        unfounded = data["note"].str.contains("because of its neighbours")
        assert (unfounded == ((data["hotspot"] == "hot") & (data["n"] == 0))).all()
    assert together.loc[middle, "hotspot"] == "not significant"
    assert kept.loc[middle, "hotspot"] == "hot"


@pytest.mark.parametrize(
    "options", [{}, {"alternative": "two-sided"}, {"n_rings": (1, 2)}, {"adjust": "holm"}]
)
def test_many_maps_are_corrected_as_one(make_grid: MakeGrid, options: dict[str, Any]) -> None:
    grid = _months(make_grid)
    maps = [local_gi_star(grid, column=f"n_2018-{m:02d}", **options) for m in range(1, 7)]
    together = correct_together(maps)
    assert grid.index[200] in _hot(together[2])
    rings = options.get("n_rings")
    names = [f"p_value_ring_{k}" for k in rings] if rings else ["p_value"]
    p_values = np.concatenate([m.data[name] for m in maps for name in names])
    smallest = adjust_p_values(p_values, maps[0].params.adjust)
    parts = smallest.reshape(6, len(names), N).min(axis=1)
    for before, after, adjusted in zip(maps, together, parts, strict=True):
        np.testing.assert_allclose(after.data["p_adjusted"], adjusted)
        found = after.data["p_adjusted"] <= 0.05
        assert (after.data["hotspot"].isin(["hot", "cold"])).equals(found)
        assert after.params.maps_together == 6
        assert any("6 maps were corrected together" in say(c) for c in after.caveats)
        assert before.params.maps_together == 1
        assert after.data["n"].equals(before.data["n"])


def test_maps_of_every_null_can_be_corrected_together(make_grid: MakeGrid) -> None:
    people = _over_people(make_grid)
    grid = _one_cluster(make_grid).join(people[["people", "n_2018-06"]].assign(people=100))
    maps = [
        local_gi_star(grid, **BY_PEOPLE),
        local_gi_star(grid, null="random_points"),
        local_gi_star(grid, **BY_OTHER),
        local_gi_star(grid, graph=Graph.build_h3(grid.index)),
    ]
    together = correct_together(maps)
    assert all(grid.index[200] in _hot(result) for result in together)
    assert together[3].params.smallest_hot_sum is None


def test_what_cannot_be_corrected_together_is_refused(make_grid: MakeGrid) -> None:
    grid = _over_people(make_grid)
    one = local_gi_star(grid)
    with pytest.raises(ParameterError, match="two results or more, got 1"):
        correct_together([one])
    with pytest.raises(ParameterError, match=r"do not agree: alpha is 0\.05"):
        correct_together([one, local_gi_star(grid, alpha=0.01)])
    largest = local_gi_star(grid, n_permutations=9, adjust="max_statistic", rng=1)
    with pytest.raises(ParameterError, match="max_statistic"):
        correct_together([largest, largest])
    with pytest.raises(ParameterError, match="got one of DataFrame"):
        correct_together([one, pd.DataFrame()])
    on_graph = local_gi_star(grid, graph=Graph.build_h3(grid.index), **BY_PEOPLE)
    with pytest.raises(ParameterError, match="on a graph cannot"):
        correct_together([one, on_graph])


def test_maps_corrected_together_are_published_as_such() -> None:
    incidents, quality = hs.load_sample("west-yorkshire-2018-07")
    areas = hs.read_areas(hs.sample_path("west-yorkshire-lsoa"))
    area = hs.study_area(areas, name="West Yorkshire")
    grid = hs.count_incidents(incidents, hs.make_hexgrid(area, resolution=9), by="group")
    maps = [local_gi_star(grid, column=column) for column in ("n_burglary", "n_robbery")]
    # Cells of resolution 9 are too small to be shown: they are made larger, and tested anew.
    release = hs.publish(correct_together(maps), quality=quality)
    assert release.resolution < 9
    notes = [note.key for note in release.notes]
    assert "publish.maps_together" in notes
    assert "publish.several_maps" not in notes
    apart = hs.publish(maps, quality=quality)
    assert "publish.several_maps" in [note.key for note in apart.notes]
    together, alone = (sum(layer.hot_cells for layer in made.layers) for made in (release, apart))
    assert together != alone


def test_maps_of_two_corrections_are_not_published_as_of_one() -> None:
    incidents, quality = hs.load_sample("west-yorkshire-2018-07")
    area = hs.study_area(hs.read_areas(hs.sample_path("west-yorkshire-lsoa")), name="Here")
    grid = hs.count_incidents(incidents, hs.make_hexgrid(area, resolution=7), by="group")
    columns = ("n_burglary", "n_robbery", "n_vehicle_crime", "n_other_theft")
    maps = [local_gi_star(grid, column=column) for column in columns]
    one, other = correct_together(maps[:2]), correct_together(maps[2:])
    of_both = hs.publish([one[0], other[0]], quality=quality)
    assert "publish.several_maps" in [note.key for note in of_both.notes]
    of_one = hs.publish(correct_together(maps)[:2], quality=quality)
    assert "publish.maps_together" in [note.key for note in of_one.notes]


# What the page has no words for


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"null": "random_points"}, "null='random_points'"),
        (BY_PEOPLE, "null='population'"),
        (BY_OTHER, "null='reference'"),
        ({"null": "normal"}, "null='normal'"),
        ({"n_rings": (1, 2)}, r"n_rings=\(1, 2\)"),
        ({"n_permutations": 99}, "n_permutations=99"),
    ],
)
def test_a_test_without_words_is_not_published(
    make_grid: MakeGrid, options: dict[str, Any], text: str
) -> None:
    result = local_gi_star(_over_people(make_grid), **options)
    with pytest.raises(PublishError, match=text):
        refuse_undescribed_test(result)


def test_the_default_has_words(make_grid: MakeGrid) -> None:
    refuse_undescribed_test(local_gi_star(_over_people(make_grid)))
    refuse_undescribed_test(local_gi_star(_over_people(make_grid), n_rings=2, adjust="fdr_by"))


@pytest.mark.parametrize("adjust", ["fdr_bh", "max_statistic"])
def test_a_seed_gives_the_same_shuffles_whatever_the_order_of_rows(
    make_grid: MakeGrid, adjust: str
) -> None:
    grid = make_grid(np.random.default_rng(3).negative_binomial(0.4, 0.25, 200))
    options: dict[str, Any] = {"n_permutations": 99, "rng": 1, "adjust": adjust}
    one = hs.local_gi_star(grid, **options).data
    other = hs.local_gi_star(grid.sample(frac=1, random_state=5), **options).data
    for column in ("p_value", "p_adjusted", "hotspot"):
        assert one[column].tolist() == other.loc[one.index, column].tolist()


def test_counts_that_the_cap_makes_alike_are_refused_for_that_reason(make_grid: MakeGrid) -> None:
    grid = make_grid([1] * 399 + [5])
    with pytest.raises(FitnessError, match=r"Counts above 1 are taken as 1, .* cap_quantile=None"):
        hs.local_gi_star(grid)


def test_windows_too_full_to_add_up_are_refused(make_grid: MakeGrid) -> None:
    grid = make_grid(np.random.default_rng(3).poisson(200_000, 200))
    with pytest.raises(FitnessError, match=r"of both kinds; .* the most is 1,000,000"):
        hs.local_gi_star(grid, null="reference", reference=grid["n"].to_numpy())
