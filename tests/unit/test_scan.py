"""Scanning cells: circles, ties, nulls, clusters, words, and what is refused."""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

import hotspots as hs
from hotspots.errors import CoordinateReferenceError, FitnessError, ParameterError, PublishError
from hotspots.inference import circles as circles_module
from hotspots.inference.circles import nested_circles, whole_base
from hotspots.inference.scan_loops import extreme_bases_loop, extreme_bases_numpy
from hotspots.inference.scan_statistic import (
    best_circles,
    gumbel_p_values,
    poisson_llr,
    rank_p_values,
    scan_maxima,
)
from hotspots.methods.scan.nulls import fitted_dispersion, maps_by_chance

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray
    from tests.conftest import WestYorkshire

FACTS: Final = {
    "groups": "burglary",
    "period": "2018-07-01/2018-07-31",
    "source_id": "made-up",
    "source_sha256": "ab" * 32,
    "area_basis": "polygons",
    "area_attribution": "",
    "place": "Nowhere",
}
SIDE: Final = 8


def _squares(
    counts: NDArray[np.int64], *, east_m: float = 0.0, crs: str = "EPSG:27700"
) -> gpd.GeoDataFrame:
    """Give squares of 1 km in rows, west to east and south to north, one for each count."""
    side = int(np.sqrt(len(counts)))
    row, column = np.divmod(np.arange(len(counts)), side)
    x, y = 400_000 + east_m + 1000 * column, 400_000 + 1000 * row
    index = pd.Index([f"r{i}c{j}" for i, j in zip(row, column, strict=True)], name="cell")
    columns = {"n": counts.astype(np.int64), "area_km2": 1.0, "area_in_study_km2": 1.0}
    shapes = shapely.box(x, y, x + 1000, y + 1000)
    return gpd.GeoDataFrame(columns, geometry=shapes, index=index, crs=crs).assign(**FACTS)


def _planted(seed: int = 1, *, times: int = 6) -> gpd.GeoDataFrame:
    """Give some four incidents a square, and many more in the squares around the middle."""
    rng = np.random.default_rng(seed)
    mean = np.full((SIDE, SIDE), 4.0)
    mean[3:6, 3:6] *= times
    return _squares(rng.poisson(mean).ravel())


def _brute_force(
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    counts: NDArray[np.int64],
    base: NDArray[np.float64],
    *,
    max_share: float = 0.5,
    alternative: str = "greater",
) -> float:
    """Work out the statistic from its definition, circle by circle."""
    best, total, whole = 0.0, counts.sum(), base.sum()
    for i in range(len(x)):
        away = np.hypot(x - x[i], y - y[i])
        for radius in np.unique(np.round(away, 6)):
            inside = away <= radius + 1e-6
            c, share = counts[inside].sum(), base[inside].sum() / whole
            e = total * share
            if share > max_share + 1e-12 or (alternative == "greater" and c <= e):
                continue
            if alternative == "less" and c >= e:
                continue
            llr = (c * np.log(c / e) if c else 0.0) + (
                (total - c) * np.log((total - c) / (total - e)) if total > c else 0.0
            )
            best = max(best, llr)
    return best


# --- circles -------------------------------------------------------------------------------------


def test_places_equally_far_away_enter_together() -> None:
    x, y = np.array([0.0, 1000, -1000, 0, 0]), np.array([0.0, 0, 0, 1000, -1000])
    found = nested_circles(x, y, np.ones(5), max_share=1.0)
    around, ends = found.around(0)
    assert around[0] == 0
    assert ends.tolist() == [True, False, False, False, True]


def test_a_circle_stops_before_a_tie_that_would_be_too_much() -> None:
    x, y = np.array([0.0, 1000, -1000, 0, 0, 9000]), np.array([0.0, 0, 0, 1000, -1000, 0])
    found = nested_circles(x, y, np.ones(6), max_share=0.6)
    assert [len(found.around(i)[0]) for i in range(2)] == [1, 2]


def test_one_place_above_the_share_has_no_circle() -> None:
    found = nested_circles(np.array([0.0, 1, 5]), np.zeros(3), np.array([8.0, 1, 1]), max_share=0.5)
    assert len(found.around(0)[0]) == 0
    assert found.around(2)[0].tolist() == [2, 1]


def test_a_largest_radius_gives_the_same_circles_up_to_it() -> None:
    x, y = np.random.default_rng(3).uniform(0, 10_000, (2, 60))
    free = nested_circles(x, y, np.ones(60), max_share=0.5)
    held = nested_circles(x, y, np.ones(60), max_share=0.5, max_radius_m=2_500)
    for i in range(60):
        near = np.hypot(x - x[i], y - y[i])[free.around(i)[0]] <= 2_500
        np.testing.assert_array_equal(free.around(i)[0][near], held.around(i)[0])


def test_too_many_circles_are_refused_before_memory_is_full(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(circles_module, "MOST_MEMBERS", 1_000)
    x, y = np.random.default_rng(3).uniform(0, 10_000, (2, 60))
    with pytest.raises(FitnessError, match=r"60 cells would hold about 1,800 .* max_radius_m"):
        nested_circles(x, y, np.ones(60), max_share=0.5)
    with pytest.raises(FitnessError, match="larger cells"):
        nested_circles(x, y, np.ones(60), max_share=0.5, max_radius_m=9_000)
    assert nested_circles(x, y, np.ones(60), max_share=0.5, max_radius_m=500).total_base == 60


def test_sums_of_a_base_do_not_depend_on_their_order() -> None:
    base = np.random.default_rng(4).uniform(0.1, 0.9, 500)
    whole = whole_base(base)
    assert whole.sum() == whole[::-1].sum() == np.cumsum(whole)[-1]
    np.testing.assert_allclose(whole / whole.sum(), base / base.sum(), rtol=1e-12)
    np.testing.assert_array_equal(whole_base(np.array([3.0, 4.0])), [3, 4])


# --- the statistic -------------------------------------------------------------------------------


@pytest.mark.parametrize("alternative", ["greater", "less", "two-sided"])
@given(data=st.data())
@settings(max_examples=25)
def test_loop_arrays_and_definition_agree(alternative: str, data: st.DataObject) -> None:
    n = data.draw(st.integers(3, 14))
    whole = st.integers(0, 4)
    x, y = (np.array(data.draw(st.lists(whole, min_size=n, max_size=n)), float) for _ in "xy")
    base = np.array(data.draw(st.lists(st.integers(1, 9), min_size=n, max_size=n)), float)
    counts = np.array(data.draw(st.lists(st.integers(0, 6), min_size=n, max_size=n)))
    if not counts.any():
        counts[0] = 1
    found = nested_circles(x, y, base, max_share=0.5)
    asked = {"total": int(counts.sum()), "alternative": alternative}
    one = [counts[None].astype(np.int32)]
    quick = scan_maxima(found, one, **asked)[0]  # type: ignore[arg-type]
    plain = scan_maxima(found, one, loops=False, **asked)[0]  # type: ignore[arg-type]
    slow = _brute_force(x, y, counts, base, alternative=alternative)
    assert quick == plain
    assert quick == pytest.approx(slow, abs=1e-9)
    assert best_circles(found, counts, alternative)[0].max() == pytest.approx(slow, abs=1e-9)


def test_the_loop_in_plain_python_fills_the_same_tables() -> None:
    """Coverage cannot see into compiled code, and an interpreter without numba must do as well."""
    rng = np.random.default_rng(2)
    x, y = rng.integers(0, 4, (2, 12)).astype(float)
    found = nested_circles(x, y, rng.integers(1, 5, 12).astype(float), max_share=0.7)
    counts = rng.multinomial(20, np.full(12, 1 / 12), size=5).astype(np.int32)
    tables = []
    for way in (extreme_bases_loop, extreme_bases_numpy):
        least, most = np.full((5, 21), np.inf), np.full((5, 21), -1.0)
        way(found.starts, found.members, found.base, counts, least, most)
        tables.append((least, most))
    np.testing.assert_array_equal(tables[0], tables[1])


def test_the_ratio_is_nought_on_the_side_that_is_not_asked_for() -> None:
    inside, expected = np.array([8, 2, 5, 0, 10]), np.array([5.0, 5, 5, 5, 5])
    high = poisson_llr(inside, expected, 10, "greater")
    low = poisson_llr(inside, expected, 10, "less")
    both = poisson_llr(inside, expected, 10, "two-sided")
    assert high[0] == pytest.approx(8 * np.log(8 / 5) + 2 * np.log(2 / 5))
    assert high[4] == low[3] == pytest.approx(10 * np.log(2))
    assert high[1] == high[2] == high[3] == low[0] == low[2] == both[2] == 0
    np.testing.assert_allclose(both, high + low)


def test_a_circle_that_holds_everything_surprises_nobody() -> None:
    # 31 / 30 * 30 is a little more than 31 to a computer.
    expected = np.array([30 * (31 / 30)])
    assert expected[0] > 31
    for alternative in ("greater", "less", "two-sided"):
        assert poisson_llr(np.array([31]), expected, 31, alternative) == [0.0]
    # The same in a scan, with a population for which rounding goes that way.
    population = np.ones(64)
    population[0], incidents = next(
        (float(more), n)
        for more in range(2, 200)
        for n in range(30, 60)
        if (63 + more) * (n / (63 + more)) > n
    )
    counts = np.random.default_rng(1).multinomial(incidents, np.full(64, 1 / 64))
    result = hs.scan_hotspots(
        _squares(counts),
        population=population,
        denominator="residents",
        null="poisson",
        alternative="less",
        max_share=1.0,
        n_simulations=39,
        rng=1,
    )
    assert np.isfinite(result.params.llr_needed)
    assert all(np.isfinite(one.llr) and one.cells < 64 for one in result.params.clusters)


def test_what_are_no_counts_of_incidents_is_refused() -> None:
    counts = np.ones(64, dtype=np.int64)
    counts[3] = 2**32  # it would stand as 0 on the maps made by chance
    with pytest.raises(FitnessError, match=r"4,294,967,359 incidents .* up to 100,000,000"):
        hs.scan_hotspots(_squares(counts), n_simulations=19, rng=1)


def test_ranks_count_ties_against_the_map() -> None:
    maxima = np.array([1.0, 2.0, 3.0, 4.0])
    got = rank_p_values(np.array([5.0, 4.0, 4.0 - 1e-12, 2.5, 0.0]), maxima)
    np.testing.assert_allclose(got, [1 / 5, 2 / 5, 2 / 5, 3 / 5, 1.0])


def test_the_gumbel_tail_agrees_with_ranks_where_both_can_be_seen() -> None:
    maxima = np.random.default_rng(5).gumbel(10, 2, 20_000)
    at = np.quantile(maxima, [0.5, 0.9, 0.99])
    np.testing.assert_allclose(gumbel_p_values(at, maxima), [0.5, 0.1, 0.01], rtol=0.1)
    assert gumbel_p_values(np.array([60.0]), maxima)[0] < 1e-8
    assert np.isnan(gumbel_p_values(np.array([1.0]), np.ones(9)))[0]
    assert gumbel_p_values(np.array([0.0]), np.linspace(50, 50.001, 99))[0] == 1.0


# --- chance --------------------------------------------------------------------------------------


@pytest.mark.parametrize("null", ["poisson", "uneven_cells", "shuffled_cells"])
def test_every_map_by_chance_holds_as_many_incidents(null: str) -> None:
    counts, base = np.arange(40), np.linspace(1, 3, 40)
    made = np.concatenate(
        list(
            maps_by_chance(
                null,
                counts,
                base,
                dispersion=0.5,
                n_simulations=7,
                rng=np.random.default_rng(1),
            )
        )
    )
    assert made.shape == (7, 40)
    assert (made.sum(axis=1) == counts.sum()).all()
    if null == "shuffled_cells":
        assert (np.sort(made, axis=1) == counts).all()


def test_dispersion_is_found_and_is_nought_where_there_is_none() -> None:
    rng = np.random.default_rng(6)
    base = rng.uniform(50, 150, 4_000)
    uneven = rng.poisson(base * rng.gamma(2, 0.5, 4_000))
    assert fitted_dispersion(uneven, base) == pytest.approx(0.5, rel=0.1)
    assert fitted_dispersion(np.full(100, 5), np.ones(100)) == 0
    # Rates with a heavy tail, variance e - 1.
    heavy = rng.poisson(base * rng.lognormal(-0.5, 1, 4_000))
    assert fitted_dispersion(heavy, base) == pytest.approx(np.e - 1, rel=0.3)


# --- the whole ------------------------------------------------------------------------------------


def test_a_plant_is_found_with_its_middle_and_size() -> None:
    grid = _planted()
    result = hs.scan_hotspots(grid, n_simulations=199, rng=1)
    first = hs.scan_clusters(result).loc[1]
    assert first["hotspot"] == "hot"
    assert first["centre"] == "r4c4"
    assert first["cells"] == 9
    assert first["radius_m"] == pytest.approx(1000 * np.sqrt(2))
    assert first["p_value"] == 1 / 200 == result.params.smallest_p_value
    assert 0 < first["p_gumbel"] < first["p_value"]
    inside = result.data["cluster"] == 1
    assert first["n"] == grid.loc[inside, "n"].sum()
    assert first["expected"] == pytest.approx(grid["n"].sum() * 9 / 64)
    outside = grid.loc[~inside.fillna(value=False).to_numpy(bool), "n"].sum() / 55
    assert first["relative_density"] == pytest.approx(first["n"] / 9 / outside)
    assert (result.data.loc[inside, "hotspot"] == "hot").all()
    assert (result.data.loc[inside, "llr"] == first["llr"]).all()
    assert first["sentence"].startswith("Within 1.4 km of r4c4: ")
    assert "times as many per km² as elsewhere" in first["sentence"]


def test_the_result_keeps_the_shape_of_the_grid() -> None:
    grid = _planted()
    before = grid.copy()
    result = hs.scan_hotspots(grid, n_simulations=39, rng=1)
    pd.testing.assert_frame_equal(grid, before)
    assert result.data.index.equals(grid.index)
    assert result.data.columns[-1] == "geometry"
    assert result.data["n"].dtype == np.int64
    assert result.data["cluster"].dtype == "Int64"
    assert result.data["expected"].sum() == pytest.approx(grid["n"].sum())
    pd.testing.assert_series_equal(
        result.data["p_value"], result.data["p_adjusted"], check_names=False
    )
    assert result.method == "scan_hotspots"
    assert result.params_dict()["clusters"][0]["cluster"] == 1
    assert result.provenance.groups == ("burglary",)


def test_clusters_share_no_cell_and_grow_weaker() -> None:
    result = hs.scan_hotspots(_planted(), n_simulations=99, rng=1)
    table = hs.scan_clusters(result)
    assert table["llr"].is_monotonic_decreasing
    assert table["p_value"].is_monotonic_increasing
    assert len(table) <= 10
    sizes = result.data["cluster"].value_counts()
    assert (sizes.sort_index().to_numpy() == table["cells"].to_numpy()).all()


def test_a_giant_cell_does_not_hide_a_cluster() -> None:
    counts = _planted(times=4)["n"].to_numpy().copy()
    counts[0] = 900
    grid = _squares(counts)
    asked: dict[str, Any] = {"n_simulations": 99, "rng": 1}
    capped = hs.scan_hotspots(grid, **asked)
    assert 4 < capped.params.cap < 60
    assert capped.data.loc["r4c4", "hotspot"] == "hot"
    assert any("were taken as no busier" in str(said) for said in capped.caveats)
    assert capped.data.loc["r0c0", "n"] == 900
    raw = hs.scan_hotspots(grid, cap_quantile=None, **asked)
    assert raw.params.cap is None
    # Whatever the order, the giant alone surprises as much.
    assert (raw.data["hotspot"] == "too few").all()
    # The table tells the counts as they are, whatever was tested.
    first = hs.scan_clusters(capped).loc[1]
    assert first["n"] == grid["n"][(capped.data["cluster"] == 1).fillna(value=False)].sum()
    assert first["expected"] == pytest.approx(counts.sum() * first["cells"] / 64)


def test_no_cap_under_other_nulls() -> None:
    assert hs.scan_hotspots(_planted(), null="poisson", n_simulations=19, rng=1).params.cap is None


def test_cells_in_no_cluster_have_a_p_value_of_one() -> None:
    result = hs.scan_hotspots(_planted(), n_simulations=19, rng=1)
    outside = result.data["cluster"].isna()
    assert outside.any()
    assert (result.data.loc[outside, "p_adjusted"] == 1).all()
    assert result.data.loc[outside, "llr"].isna().all()


def test_a_scan_can_be_drawn_and_one_cell_is_not_called_a_circle(
    west_yorkshire: WestYorkshire,
) -> None:
    result = hs.scan_hotspots(west_yorkshire.grid, max_share=0.05, n_simulations=19, rng=1)
    assert len(hs.make_map(result).get_root().render()) > 10_000
    table = hs.scan_clusters(result)
    alone = table["radius_m"] == 0
    assert alone.any()
    assert table.loc[alone, "sentence"].str.match(r"In .* alone: ").all()
    assert table.loc[~alone, "sentence"].str.match(r"Within [0-9.]+ km of ").all()


def test_in_sequence_a_second_cluster_is_judged_on_the_rest_of_the_map() -> None:
    """A strong first cluster leaves a weak second one no room; without it, it can be seen."""
    mean = np.full((SIDE, SIDE), 4.0)
    mean[:2, :2], mean[5:7, 5:7] = 60.0, 12.0
    grid = _squares(np.random.default_rng(1).poisson(mean).ravel())
    asked: dict[str, Any] = {"null": "poisson", "n_simulations": 199, "rng": 1}
    one = hs.scan_clusters(hs.scan_hotspots(grid, **asked))
    result = hs.scan_hotspots(grid, secondary="sequential", **asked)
    two = hs.scan_clusters(result)
    assert one.loc[1].drop("sentence").equals(two.loc[1].drop("sentence"))
    assert (two["hotspot"].iloc[:-1] == "hot").all()
    assert two["hotspot"].iloc[-1] == "not significant"
    second = two.loc[2]
    assert second["hotspot"] == "hot"
    assert (result.data.loc[["r5c5", "r5c6", "r6c5", "r6c6"], "cluster"] == 2).all()
    inside = grid.index.isin(["r0c0", "r0c1", "r1c0", "r1c1"])
    assert second["expected"] == pytest.approx(grid["n"][~inside].sum() * second["cells"] / 60)


def test_in_sequence_the_map_can_run_out() -> None:
    counts = np.zeros(64, dtype=np.int64)
    counts[27] = 90
    result = hs.scan_hotspots(
        _squares(counts), null="poisson", secondary="sequential", n_simulations=39, rng=1
    )
    assert len(result.params.clusters) == 1
    assert result.params.clusters[0].inside_to_outside == np.inf
    assert "the rest of the map" in " ".join(map(str, result.caveats))


def test_without_a_population_no_word_is_said_of_risk() -> None:
    result = hs.scan_hotspots(_planted(), n_simulations=39, rng=1)
    assert "relative_risk" not in result.data.columns
    said = " ".join([*map(str, result.caveats), *hs.scan_clusters(result)["sentence"]])
    assert "risk" not in said
    assert "how likely anybody is" in said
    assert result.params.null == "shuffled_cells"


def test_with_a_population_the_rate_is_compared() -> None:
    grid = _planted()
    people = pd.Series(1000.0, index=grid.index)
    people.loc[["r3c3", "r3c4", "r3c5", "r4c3", "r4c4", "r4c5", "r5c3", "r5c4", "r5c5"]] = 6000.0
    even = hs.scan_hotspots(
        grid, population=people, denominator="residents", n_simulations=99, rng=1
    )
    assert even.params.null == "uneven_cells"
    assert even.params.dispersion is not None
    assert not (even.data["hotspot"] == "hot").any()
    flat = hs.scan_hotspots(
        grid, population=[1000] * 64, denominator="residents", n_simulations=99, rng=1
    )
    assert (flat.data["hotspot"] == "hot").sum() == 9
    assert "relative_risk" in flat.data.columns
    assert "times the rate elsewhere" in hs.scan_clusters(flat)["sentence"].loc[1]


def test_cells_without_population_are_not_tested_and_are_said() -> None:
    grid = _planted()
    people = np.full(64, 500.0)
    people[:3] = 0
    result = hs.scan_hotspots(grid, population=people, denominator="homes", n_simulations=39, rng=1)
    assert result.data["hotspot"].isna().sum() == 3
    assert result.data["note"].iloc[0] == "not tested: no homes"
    assert result.params.incidents_left_out == grid["n"].iloc[:3].sum()
    assert result.params.cells_tested == 61
    assert any("3 cells have no homes" in str(c) for c in result.caveats)


def test_few_incidents_in_a_place_are_found_when_asked_for() -> None:
    mean = np.full((SIDE, SIDE), 20.0)
    mean[2:5, 2:5] = 1.0
    grid = _squares(np.random.default_rng(1).poisson(mean).ravel())
    low = hs.scan_hotspots(grid, alternative="less", null="poisson", n_simulations=99, rng=1)
    first = hs.scan_clusters(low).loc[1]
    assert first["hotspot"] == "cold"
    assert first["centre"] == "r3c3"
    both = hs.scan_hotspots(grid, alternative="two-sided", null="poisson", n_simulations=99, rng=1)
    assert hs.scan_clusters(both).loc[1, "hotspot"] == "cold"
    high = hs.scan_hotspots(grid, null="poisson", n_simulations=99, rng=1)
    assert not (high.data["hotspot"] == "cold").any()


def test_too_few_incidents_say_so() -> None:
    counts = np.zeros(64, dtype=np.int64)
    counts[5] = 1
    result = hs.scan_hotspots(_squares(counts), n_simulations=99, rng=1)
    assert (result.data["hotspot"] == "too few").all()
    assert "too few incidents" in str(result.caveats[0])


def test_a_seed_gives_one_answer_whatever_the_order_and_the_threads(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    grid = _planted()
    one = hs.scan_hotspots(grid, n_simulations=99, rng=7)
    monkeypatch.setattr("hotspots.inference.scan_statistic.threads", lambda: 5)
    two = hs.scan_hotspots(grid, n_simulations=99, rng=7)
    assert one.params == two.params
    assert one.params.seed == 7
    other = hs.scan_hotspots(grid, n_simulations=99, rng=np.random.default_rng(8))
    assert other.params.seed is None
    assert other.params.llr_needed != one.params.llr_needed


@given(st.randoms(use_true_random=False))
@settings(max_examples=10)
def test_the_order_of_the_rows_changes_nothing(random: Any) -> None:  # noqa: ANN401 - hypothesis
    grid = _planted()
    rows = list(range(len(grid)))
    random.shuffle(rows)
    one = hs.scan_hotspots(grid, n_simulations=39, rng=3)
    two = hs.scan_hotspots(grid.iloc[rows], n_simulations=39, rng=3)
    assert one.params == two.params
    pd.testing.assert_frame_equal(one.data, two.data.loc[one.data.index])


def test_other_names_and_another_place_change_nothing_else() -> None:
    grid = _planted()
    one = hs.scan_hotspots(grid, n_simulations=39, rng=3)
    named = grid.set_axis(pd.Index([f"cell {i}" for i in range(64)], name="cell"))
    two = hs.scan_hotspots(named, n_simulations=39, rng=3)
    np.testing.assert_array_equal(one.data["llr"], two.data["llr"])
    np.testing.assert_array_equal(one.data["p_value"], two.data["p_value"])
    moved = _squares(grid["n"].to_numpy(), east_m=12_345.0)
    three = hs.scan_hotspots(moved, n_simulations=39, rng=3)
    np.testing.assert_array_equal(one.data["p_value"], three.data["p_value"])
    np.testing.assert_array_equal(one.data["llr"], three.data["llr"])


def test_doubling_all_counts_doubles_the_ratio() -> None:
    grid = _planted()
    one = hs.scan_hotspots(grid, n_simulations=39, rng=3)
    two = hs.scan_hotspots(grid.assign(n=2 * grid["n"]), n_simulations=39, rng=3)
    for a, b in zip(one.params.clusters[:3], two.params.clusters[:3], strict=True):
        assert (a.centre, a.cells) == (b.centre, b.cells)
        assert b.llr == pytest.approx(2 * a.llr)
    # A shuffle keeps counts together, so its maxima double as well.
    assert [c.p_value for c in one.params.clusters] == [c.p_value for c in two.params.clusters]


def test_degrees_and_metres_give_the_same_clusters() -> None:
    grid = _planted()
    plane = hs.scan_hotspots(grid, n_simulations=39, rng=3)
    globe = hs.scan_hotspots(grid.to_crs("EPSG:4326"), n_simulations=39, rng=3)
    assert globe.params.clusters[0].centre == plane.params.clusters[0].centre
    assert globe.params.clusters[0].n == plane.params.clusters[0].n
    assert globe.params.clusters[0].radius_m == pytest.approx(1000 * np.sqrt(2), rel=2e-3)
    assert globe.params.clusters[0].latitude == pytest.approx(plane.params.clusters[0].latitude)


def test_an_area_across_the_180th_meridian_is_whole() -> None:
    grid = _planted()
    plain = hs.scan_hotspots(grid.to_crs("EPSG:4326"), n_simulations=39, rng=3)
    middle = grid.to_crs("EPSG:4326")
    lng = middle.total_bounds[[0, 2]].mean()
    shapes = shapely.transform(
        middle.geometry.to_numpy(),
        lambda xy: np.column_stack([(xy[:, 0] - lng + 180 + 180) % 360 - 180, xy[:, 1]]),
    )
    over = middle.set_geometry(gpd.GeoSeries(shapes, index=middle.index, crs="EPSG:4326"))
    whole = over[np.ptp(shapely.bounds(shapes)[:, [0, 2]], axis=1) < 180]
    assert len(whole) >= 48
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        result = hs.scan_hotspots(whole, n_simulations=39, rng=3)
    assert abs(result.params.clusters[0].radius_m - plain.params.clusters[0].radius_m) < 1500


def test_far_cells_without_incidents_leave_the_circle_where_it_is() -> None:
    grid = _planted()
    far = _squares(np.zeros(16, dtype=np.int64), east_m=200_000)
    far.index = pd.Index([f"far {i}" for i in range(16)], name="cell")
    wider = pd.concat([grid, far])
    one = hs.scan_hotspots(grid, null="poisson", n_simulations=39, rng=3).params.clusters[0]
    two = hs.scan_hotspots(
        wider, null="poisson", max_share=9 / 64, n_simulations=39, rng=3
    ).params.clusters[0]
    assert (one.centre, one.n, one.cells) == (two.centre, two.n, two.cells)


# --- what is refused ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"null": "normal"}, "null must be one of 'shuffled_cells'"),
        ({"alternative": "high"}, "alternative must be one of 'greater'"),
        ({"cap_quantile": 0}, "cap_quantile must be None or in"),
        ({"secondary": "all"}, "secondary must be 'maxima' or 'sequential'"),
        ({"max_share": 0.0}, "max_share must lie above 0"),
        ({"max_share": 1.1}, "max_share must lie above 0"),
        ({"max_radius_m": -1}, "max_radius_m must be above 0 m"),
        ({"max_radius_m": np.nan}, "max_radius_m must be above 0 m"),
        ({"alpha": 1.0}, "alpha must lie between 0 and 1"),
        ({"n_simulations": 10}, "at least 19 are needed"),
        ({"n_simulations": 99.0}, "n_simulations must be a whole number"),
        ({"n_simulations": True}, "n_simulations must be a whole number"),
        ({"alpha": 0.001, "n_simulations": 99}, "at least 999 are needed"),
        ({"denominator": "homes"}, "names a population, and none was given"),
        ({"population": [1.0] * 64}, "denominator must name"),
        (
            {"population": [1.0] * 64, "denominator": "homes", "null": "shuffled_cells"},
            "takes cells to be alike",
        ),
    ],
)
def test_options_that_are_not_offered(options: dict[str, Any], said: str) -> None:
    with pytest.raises(ParameterError, match=said):
        hs.scan_hotspots(_planted(), **options)


@pytest.mark.parametrize(
    ("spoil", "error", "said"),
    [
        (lambda g: g.assign(n=0), FitnessError, "no incident in any cell"),
        (lambda g: g.assign(n=3), FitnessError, "Every cell holds the same"),
        (lambda g: g.iloc[:20], FitnessError, "20 cells to test"),
        (lambda g: g.assign(n=-1), FitnessError, "has -1 incidents"),
        (lambda g: g.drop(columns="n"), hs.HotspotsError, "no column n"),
        (lambda g: g.drop(columns="area_in_study_km2"), hs.HotspotsError, "area_in_study_km2"),
        (lambda g: g.assign(area_in_study_km2=np.nan), hs.HotspotsError, "has no area"),
        (lambda g: g.set_crs(None, allow_override=True), CoordinateReferenceError, "no CRS"),
        (lambda g: g.to_crs("EPSG:2263"), CoordinateReferenceError, "US survey foot"),
        (lambda g: g.assign(n=g["n"] + 0.5), hs.HotspotsError, "whole number"),
        (
            lambda g: g.set_geometry([None, *g.geometry.iloc[1:]], crs=g.crs),
            FitnessError,
            "r0c0 has no geometry",
        ),
    ],
)
def test_grids_that_cannot_be_scanned(
    spoil: Callable[[gpd.GeoDataFrame], gpd.GeoDataFrame], error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        hs.scan_hotspots(spoil(_planted()), n_simulations=19)


def test_a_population_that_cannot_be_scanned() -> None:
    grid = _planted()
    few = np.where(np.arange(64) < 10, 5.0, 0.0)
    with pytest.raises(FitnessError, match="10 cells with homes"):
        hs.scan_hotspots(grid, population=few, denominator="homes")
    empty = grid.assign(n=np.where(few > 0, 0, grid["n"]))
    with pytest.raises(FitnessError, match="no incident in any cell that has homes"):
        hs.scan_hotspots(empty, population=few, denominator="homes")
    with pytest.raises(hs.HotspotsError, match="no column 'people'"):
        hs.scan_hotspots(grid, population="people", denominator="homes")


def test_only_a_scan_has_clusters(west_yorkshire: WestYorkshire) -> None:
    with pytest.raises(ParameterError, match="needs a result of scan_hotspots"):
        hs.scan_clusters(west_yorkshire.result)


def test_a_scan_is_not_for_the_public_yet(west_yorkshire: WestYorkshire) -> None:
    result = hs.scan_hotspots(west_yorkshire.grid, n_simulations=19, rng=1)
    with pytest.raises(PublishError, match=r"A result of scan_hotspots is for the analyst"):
        hs.publish(result, quality=west_yorkshire.quality)


def test_no_clusters_make_an_empty_table_with_its_columns() -> None:
    result = hs.scan_hotspots(_planted(), n_simulations=19, rng=1)
    bare = replace(result, params=replace(result.params, clusters=()))
    table = hs.scan_clusters(bare)
    assert len(table) == 0
    assert "relative_density" in table.columns
