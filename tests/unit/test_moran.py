"""Moran's I: exact given a cell's own count, blind to order, units and names of cells."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import h3
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from libpysal.graph import Graph
from scipy import sparse, stats

import hotspots as hs
from hotspots.errors import FitnessError, ParameterError, PublishError, SchemaMismatchError
from hotspots.inference.conditional_sums import without_one
from hotspots.inference.shared_draws import draw_sets, drawn_tails
from hotspots.inference.window_sums import window_sum_tails
from hotspots.methods.autocorrelation.global_moran import standardised_rates
from hotspots.methods.autocorrelation.local_testing import judge
from hotspots.methods.autocorrelation.moments import (
    moran_index,
    moran_moments,
    row_standardised,
    shuffled_indices,
)
from hotspots.methods.autocorrelation.params import LocalMoranParams
from hotspots.neighbours import grid_windows

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from tests.conftest import WestYorkshire
    from tests.unit.conftest import MakeGrid

RNG = np.random.default_rng(20261122)
counts_lists = st.lists(st.integers(0, 12), min_size=8, max_size=30)


def _links(side: int) -> sparse.csr_array:
    """Give side by side squares, each with the up to four that share a side."""
    at = np.arange(side * side).reshape(side, side)
    pairs = np.concatenate(
        [
            np.column_stack([at[:, :-1].ravel(), at[:, 1:].ravel()]),
            np.column_stack([at[:-1].ravel(), at[1:].ravel()]),
        ]
    )
    rows, columns = np.concatenate([pairs, pairs[:, ::-1]]).T
    ones = np.ones(len(rows), dtype=np.int64)
    return sparse.csr_array((ones, (rows, columns)), shape=(side * side, side * side))


def _params(**options: Any) -> LocalMoranParams:  # noqa: ANN401 - of several kinds
    given_options: dict[str, Any] = {
        "column": "n",
        "alternative": "greater",
        "adjust": "fdr_bh",
        "alpha": 0.05,
        "cap_quantile": None,
        "n_permutations": None,
        "n_rings": 1,
        "min_area_share": 0.5,
    }
    return LocalMoranParams(**(given_options | options))


def _clustered(n_cells: int = 91) -> NDArray[np.int64]:
    """Give few incidents everywhere, and many in the middle of a disk of cells and around it."""
    cells = sorted(h3.grid_disk(h3.latlng_to_cell(53.8, -1.55, 8), 5)[:n_cells])
    middle = set(h3.grid_disk(h3.latlng_to_cell(53.8, -1.55, 8), 1))
    counts = np.random.default_rng(4).poisson(0.6, n_cells)
    counts[[i for i, cell in enumerate(cells) if cell in middle]] += 6
    return counts


# --- the tails ---------------------------------------------------------------------------------


@given(counts_lists, st.data())
def test_tails_without_a_cell_are_those_of_the_others(
    counts: list[int], data: st.DataObject
) -> None:
    values = np.array(counts)
    largest = data.draw(st.integers(1, min(7, len(values) - 1)))
    out = data.draw(st.integers(0, len(values) - 1))
    found = without_one(window_sum_tails(values, largest), counts[out], len(values))
    direct = window_sum_tails(np.delete(values, out), largest)
    width = direct.upper.shape[1]
    for name in ("chances", "upper", "lower"):
        np.testing.assert_allclose(
            getattr(found, name)[:, :width], getattr(direct, name), rtol=1e-9, atol=1e-13
        )


@given(st.lists(st.integers(0, 4_000), min_size=12, max_size=25), st.data())
def test_tails_on_a_lattice_are_upper_bounds(counts: list[int], data: st.DataObject) -> None:
    values = np.array(counts)
    coarse = window_sum_tails(values, 4, budget=20_000)
    out = data.draw(st.integers(0, len(values) - 1))
    found = without_one(coarse, counts[out], len(values))
    direct = window_sum_tails(np.delete(values, out), 4)
    sums = np.arange(0, int(np.sort(values)[-4:].sum()) + 1, 7)
    sizes = np.full(len(sums), 4)
    assert (found.at_least(sums, sizes) >= direct.at_least(sums, sizes) - 1e-12).all()
    assert (found.at_most(sums, sizes) >= direct.at_most(sums, sizes) - 1e-12).all()


def test_as_many_neighbours_as_cells_are_refused() -> None:
    tails = window_sum_tails(np.array([0, 1, 2]), 3)
    with pytest.raises(ParameterError, match="3 cells cannot be drawn from the others of 3"):
        without_one(tails, 1, 3)


@pytest.mark.parametrize("size", [2, 9])
def test_sets_hold_each_cell_once_and_all_alike(size: int) -> None:
    sets = draw_sets(12, size, n_draws=30_000, rng=np.random.default_rng(1))
    ordered = np.sort(sets, axis=1)
    assert (ordered[:, 1:] > ordered[:, :-1]).all()
    seen = np.bincount(sets.ravel(), minlength=12)
    assert stats.chisquare(seen).pvalue > 0.001


def test_drawn_tails_come_near_the_exact_ones() -> None:
    links = _links(8)
    counts = np.random.default_rng(2).negative_binomial(0.5, 0.2, 64)
    sizes, sums = np.diff(links.indptr), links @ counts
    drawn = drawn_tails(counts, sums, sizes, n_draws=40_000, rng=np.random.default_rng(3))
    tails = window_sum_tails(counts, 4)
    for cell in range(64):
        exact = without_one(tails, int(counts[cell]), 64)
        assert drawn.at_least[cell] == pytest.approx(
            float(exact.at_least(sums[cell], sizes[cell])), abs=0.012
        )
        assert drawn.at_most[cell] == pytest.approx(
            float(exact.at_most(sums[cell], sizes[cell])), abs=0.012
        )


# --- local -------------------------------------------------------------------------------------


def test_with_one_incident_a_cell_the_tail_is_hypergeometric(make_grid: MakeGrid) -> None:
    counts = np.random.default_rng(5).integers(0, 2, 61)
    table = hs.local_moran(make_grid(counts), cap_quantile=None).data
    busy = (counts == 1) & (table["neighbours"] > 0).to_numpy()
    expected = stats.hypergeom.sf(
        table["neighbours_n"].to_numpy(dtype=float)[busy] - 1,
        60,
        counts.sum() - 1,
        table["neighbours"].to_numpy(dtype=float)[busy],
    )
    np.testing.assert_allclose(table["p_value"].to_numpy()[busy], expected, rtol=1e-9)
    assert table["p_value"][~busy].isna().all()


def test_a_cluster_is_hot_and_its_empty_edge_is_not(make_grid: MakeGrid) -> None:
    grid = make_grid(_clustered())
    before = grid.copy(deep=True)
    result = hs.local_moran(grid)
    pd.testing.assert_frame_equal(grid, before)
    hot = result.data["hotspot"] == "hot"
    assert hot.sum() >= 5
    assert (result.data.loc[hot, "quadrant"] == "high-high").all()
    assert (result.data.loc[hot, "p_adjusted"] <= 0.05).all()
    assert (result.data.loc[hot, "n"] > result.params.mean).all()
    assert (result.data.loc[result.data["n"] == 0, "hotspot"] == "not significant").all()
    assert result.params.cells_tested == (result.data["p_value"].notna()).sum()
    assert result.params.inference == "exact"
    assert result.data["outlier"].isna().all()


def test_a_lone_giant_is_not_hot(make_grid: MakeGrid) -> None:
    counts = np.random.default_rng(6).poisson(1.0, 91)
    counts[45] = 500
    result = hs.local_moran(make_grid(counts), cap_quantile=None)
    assert result.data["hotspot"].iloc[45] == "not significant"


def test_both_sides_find_cold_cells_and_outliers(make_grid: MakeGrid) -> None:
    rings = h3.grid_disk(h3.latlng_to_cell(53.8, -1.55, 8), 7)
    cells = sorted(rings)
    near = set(h3.grid_disk(h3.latlng_to_cell(53.8, -1.55, 8), 3))
    busy = np.array([cell in near for cell in cells])
    counts = np.where(busy, 9, 0) + np.random.default_rng(7).poisson(2.0, len(cells))
    hole = cells.index(h3.latlng_to_cell(53.8, -1.55, 8))
    counts[hole] = 0
    table = hs.local_moran(make_grid(counts), alternative="two-sided").data
    assert table["outlier"].iloc[hole] == "low-high"
    assert table["hotspot"].iloc[hole] == "not significant"
    assert (table["hotspot"] == "hot").sum() > 10
    cold = table["hotspot"] == "cold"
    assert (table.loc[cold, "quadrant"] == "low-low").all()
    only_hot = hs.local_moran(make_grid(counts)).data
    assert not (only_hot["hotspot"] == "cold").any()
    assert only_hot["outlier"].isna().all()


def test_a_cold_patch_is_found_when_asked(make_grid: MakeGrid) -> None:
    cells = sorted(h3.grid_disk(h3.latlng_to_cell(53.8, -1.55, 8), 8))
    near = set(h3.grid_disk(h3.latlng_to_cell(53.8, -1.55, 8), 3))
    quiet = np.array([cell in near for cell in cells])
    counts = np.random.default_rng(8).poisson(np.where(quiet, 1.0, 12.0))
    table = hs.local_moran(make_grid(counts), alternative="two-sided").data
    assert (table.loc[quiet, "hotspot"] == "cold").sum() > 15
    assert (table.loc[~quiet, "hotspot"] == "cold").sum() <= 2


@settings(max_examples=25)
@given(st.integers(0, 2**32 - 1))
def test_the_order_of_cells_does_not_matter(seed: int) -> None:
    rng = np.random.default_rng(seed)
    links, counts = _links(7), rng.negative_binomial(0.6, 0.2, 49)
    counts[0] += 1  # never all equal
    counts[1] += 5
    order = rng.permutation(49)
    here = judge(counts, links, _params(), rng=RNG)
    there = judge(counts[order], sparse.csr_array(links[order][:, order]), _params(), rng=RNG)
    np.testing.assert_allclose(here.p_value[order], there.p_value, rtol=1e-9)
    np.testing.assert_allclose(here.moran[order], there.moran, rtol=1e-9, atol=1e-12)
    assert (here.word[order] == there.word).all()


@settings(max_examples=25)
@given(st.integers(0, 2**32 - 1), st.integers(1, 5), st.integers(0, 6))
def test_adding_and_scaling_change_no_p_value(seed: int, times: int, more: int) -> None:
    rng = np.random.default_rng(seed)
    links, counts = _links(7), rng.negative_binomial(0.6, 0.2, 49)
    counts[:2] = 0, 7
    params = _params(alternative="two-sided")
    here = judge(counts, links, params, rng=RNG)
    there = judge(counts * times + more, links, params, rng=RNG)
    np.testing.assert_allclose(here.p_value, there.p_value, rtol=1e-9)
    np.testing.assert_allclose(here.moran, there.moran, rtol=1e-9, atol=1e-12)
    assert (here.quadrant == there.quadrant).all()


def test_the_mean_of_the_local_statistics_is_the_global_one() -> None:
    links, counts = _links(9), np.random.default_rng(9).poisson(3.0, 81)
    here = judge(counts, links, _params(), rng=RNG)
    whole = moran_index(counts.astype(float), row_standardised(links))
    assert here.moran.mean() == pytest.approx(whole, rel=1e-12)


def test_cells_without_neighbours_have_no_value_and_are_said(make_grid: MakeGrid) -> None:
    grid = make_grid(_clustered())
    alone = grid.index.get_loc(h3.latlng_to_cell(53.8, -1.55, 8))
    around = h3.grid_ring(grid.index[alone], 1)
    result = hs.local_moran(grid.drop(index=list(around)))
    row = result.data.loc[h3.latlng_to_cell(53.8, -1.55, 8)]
    assert pd.isna(row["hotspot"])
    assert pd.isna(row["p_value"])
    assert pd.isna(row["quadrant"])
    assert "no neighbour" in row["note"]
    assert result.params.islands == 1
    assert any("1 areas have no neighbour" in str(caveat) for caveat in result.caveats)


def test_cells_at_the_edge_are_nobodys_neighbours(make_grid: MakeGrid) -> None:
    grid = make_grid(_clustered())
    cut = grid.index[:12]
    grid.loc[cut, "area_in_study_km2"] *= 0.4
    here = hs.local_moran(grid)
    there = hs.local_moran(grid.drop(index=cut))
    assert here.data.loc[cut, "hotspot"].isna().all()
    pd.testing.assert_series_equal(
        here.data.drop(index=cut)["p_value"], there.data["p_value"], rtol=1e-12
    )
    assert any("12 areas at the edge were not tested" in str(said) for said in here.caveats)


def test_a_graph_gives_the_same_as_the_rings_it_holds(make_grid: MakeGrid) -> None:
    grid = make_grid(_clustered())
    graph = Graph.build_h3(grid.index)
    here, there = hs.local_moran(grid), hs.local_moran(grid, graph=graph.transform("R"))
    pd.testing.assert_series_equal(here.data["p_value"], there.data["p_value"], rtol=1e-12)
    assert there.params.graph_given


def test_a_graph_of_unequal_weights_is_refused(make_grid: MakeGrid) -> None:
    grid = make_grid(_clustered())
    windows = grid_windows(grid)
    owner = np.repeat(np.arange(91), windows.sizes)
    other = owner != windows.members
    weights = np.where(windows.members[other] > owner[other], 2.0, 1.0)
    graph = Graph.from_arrays(grid.index[owner[other]], grid.index[windows.members[other]], weights)
    with pytest.raises(ParameterError, match=r"different weights .*transform\('B'\)"):
        hs.local_moran(grid, graph=graph)


def test_few_draws_say_that_they_are_too_few(make_grid: MakeGrid) -> None:
    grid = make_grid(_clustered())
    few = hs.local_moran(grid, n_permutations=99, rng=1)
    assert few.params.inference == "permutation"
    assert few.params.seed == 1
    assert few.params.smallest_p_value == 0.01
    tests = few.params.cells_tested
    together = int(np.ceil(0.01 * tests / 0.05))
    assert f"{together} or more would have to reach" in str(few.caveats[0])
    for adjust in ("bonferroni", "holm"):
        never = hs.local_moran(grid, n_permutations=99, adjust=adjust, rng=1)
        assert "no p-value can be small enough: " in str(never.caveats[0])
        assert f"take {np.ceil(tests / 0.05):,.0f} draws" in str(never.caveats[0])
        assert not (never.data["hotspot"] == "hot").any()
    many = hs.local_moran(grid, n_permutations=99_999, rng=1)
    assert "draws" not in str(many.caveats[0])
    exact = hs.local_moran(grid)
    assert (many.data["hotspot"] == exact.data["hotspot"]).all()


def test_draws_are_those_of_the_seed(make_grid: MakeGrid) -> None:
    grid = make_grid(_clustered())
    first, again, other = (
        hs.local_moran(grid, n_permutations=199, rng=seed).data["p_value"] for seed in (1, 1, 2)
    )
    pd.testing.assert_series_equal(first, again)
    assert not first.equals(other)


def test_counts_that_the_cap_makes_alike_are_refused(make_grid: MakeGrid) -> None:
    counts = np.full(400, 2)
    counts[10] = 50
    for alternative in ("greater", "two-sided"):
        with pytest.raises(FitnessError, match=r"Counts above 2 .* Write cap_quantile=None"):
            hs.local_moran(make_grid(counts), alternative=alternative)
    assert hs.local_moran(make_grid(counts), cap_quantile=None).params.cap is None


def test_high_cells_without_neighbours_leave_nothing_to_test(make_grid: MakeGrid) -> None:
    grid = make_grid(np.where(np.arange(60) == 7, 9, 0))
    ends = {c: [d for d in h3.grid_disk(c, 1) if d in grid.index and d != c] for c in grid.index}
    lone = grid.index[7]
    near = {c: [d for d in others if lone not in {c, d}] for c, others in ends.items()}
    graph = Graph.from_dicts(near)
    result = hs.local_moran(grid, graph=graph)
    assert not (result.data["hotspot"] == "hot").any()
    assert result.params.cells_tested == 0


def test_what_a_seed_gives_does_not_depend_on_the_order_of_the_rows(make_grid: MakeGrid) -> None:
    grid = make_grid(_clustered())
    mixed = grid.sample(frac=1, random_state=3)
    here, there = (hs.local_moran(g, n_permutations=199, rng=1).data for g in (grid, mixed))
    for column in ("p_value", "p_adjusted", "hotspot"):
        pd.testing.assert_series_equal(there[column].reindex(here.index), here[column])
    one, other = (hs.global_moran(g, n_permutations=99, rng=1).data for g in (grid, mixed))
    pd.testing.assert_frame_equal(one, other, rtol=1e-9)


def test_too_few_incidents_to_tell(make_grid: MakeGrid) -> None:
    counts = np.zeros(400, dtype=np.int64)
    counts[10] = 5
    result = hs.local_moran(make_grid(counts))
    assert (result.data["hotspot"] == "too few").all()
    assert "too few incidents to tell" in str(result.caveats[0])


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"alternative": "less"}, "alternative must be"),
        ({"alpha": 1.5}, "alpha must lie"),
        ({"cap_quantile": 0.0}, "cap_quantile must be"),
        ({"n_permutations": 0}, "n_permutations must be None"),
        ({"min_area_share": 2.0}, "min_area_share must lie"),
        ({"adjust": "none"}, "adjust must be"),
        ({"n_rings": 0}, "n_rings must be a whole number"),
    ],
)
def test_options_that_are_not_offered_are_refused(
    make_grid: MakeGrid, options: dict[str, Any], text: str
) -> None:
    with pytest.raises(ParameterError, match=text):
        hs.local_moran(make_grid(_clustered()), **options)


def test_grids_that_cannot_carry_it_are_refused(make_grid: MakeGrid) -> None:
    grid = make_grid(_clustered())
    with pytest.raises(SchemaMismatchError, match="no column area_km2"):
        hs.local_moran(grid.drop(columns="area_in_study_km2"))
    with pytest.raises(FitnessError, match="at least 30"):
        hs.local_moran(grid.iloc[:20])
    scattered = h3.grid_disk(grid.index[45], 40)[:: len(h3.grid_disk(grid.index[45], 40)) // 40]
    far = make_grid(np.arange(len(scattered))).set_axis(pd.Index(scattered, name="cell"))
    apart = far.drop(index=[c for c in far.index if set(h3.grid_ring(c, 1)) & set(far.index)])
    with pytest.raises(FitnessError, match="No cell that is tested has a neighbour"):
        hs.local_moran(apart)


def test_the_gate_refuses_words_about_a_cells_own_count(west_yorkshire: WestYorkshire) -> None:
    result = hs.local_moran(west_yorkshire.grid)
    with pytest.raises(PublishError, match=r"local_moran .* Publish local_gi_star"):
        hs.publish(result, quality=west_yorkshire.quality)


# --- global ------------------------------------------------------------------------------------


def _grid_of(values: NDArray[Any], make_grid: MakeGrid) -> gpd.GeoDataFrame:
    grid = make_grid(np.zeros(len(values), dtype=np.int64))
    return grid.assign(value=values)


def test_a_cluster_has_a_high_index_and_noise_has_not(make_grid: MakeGrid) -> None:
    counts = _clustered()
    found = hs.global_moran(make_grid(counts), rng=1)
    assert found.estimate > 0.3
    assert found.p_value == 0.001
    noise = hs.global_moran(make_grid(np.random.default_rng(1).permutation(counts)), rng=1)
    assert abs(noise.estimate) < 0.2
    assert noise.p_value > 0.01
    assert f"is {found.estimate:.2f}" in str(found.sentences[0])
    assert found.params.cells == 91


def test_sides_and_seeds(make_grid: MakeGrid) -> None:
    grid = make_grid(_clustered())
    more, less, both = (
        hs.global_moran(grid, alternative=side, rng=3) for side in ("greater", "less", "two-sided")
    )
    assert more.p_value == 0.001
    assert less.p_value == 1.0
    assert both.p_value == 0.002
    assert more.data is not None
    assert both.data is not None
    row = both.data.loc["normality"]
    assert row["p_value"] == pytest.approx(2 * stats.norm.sf(row["z"]))
    again = hs.global_moran(grid, rng=3)
    assert again.data is not None
    pd.testing.assert_frame_equal(more.data, again.data)


@settings(max_examples=20)
@given(
    st.integers(0, 2**32 - 1),
    st.floats(0.01, 1e4),
    st.floats(-1e4, 1e4),
)
def test_the_index_has_no_unit(seed: int, times: float, more: float) -> None:
    weights = row_standardised(_links(7))
    values = np.random.default_rng(seed).normal(size=49)
    here, there = (moran_index(v, weights) for v in (values, times * values + more))
    assert there == pytest.approx(here, abs=1e-6)
    order = np.random.default_rng(seed).permutation(49)
    moved = sparse.csr_array(weights[order][:, order])
    assert moran_index(values[order], moved) == pytest.approx(here, abs=1e-12)
    assert moran_moments(values, weights).variance_randomisation == pytest.approx(
        moran_moments(values[order], moved).variance_randomisation, rel=1e-9
    )


def test_the_moments_are_those_of_shuffled_maps() -> None:
    weights = row_standardised(_links(6))
    values = np.random.default_rng(1).negative_binomial(0.5, 0.2, 36).astype(float)
    shuffled = shuffled_indices(
        values, weights, n_permutations=40_000, rng=np.random.default_rng(2)
    )
    moments = moran_moments(values, weights)
    assert shuffled.mean() == pytest.approx(moments.expected, abs=4 * shuffled.std() / 200)
    assert shuffled.var() == pytest.approx(moments.variance_randomisation, rel=0.05)


def test_rates_of_constant_risk_show_no_pattern_where_counts_do(make_grid: MakeGrid) -> None:
    cells = sorted(h3.grid_disk(h3.latlng_to_cell(53.8, -1.55, 8), 9))
    away = np.array([h3.grid_distance(cell, h3.latlng_to_cell(53.8, -1.55, 8)) for cell in cells])
    people = 4_000.0 * np.exp(-away / 3)
    people[-3:] = 0
    counts = np.random.default_rng(1).poisson(people * 0.004)
    grid = make_grid(counts).assign(people=people)
    plain = hs.global_moran(grid, rng=1)
    rates = hs.global_moran(grid, population="people", denominator="residents", rng=1)
    assert plain.p_value == 0.001
    assert rates.p_value > 0.05
    assert rates.params.without_population == 3
    assert rates.params.denominator == "residents"
    assert "incidents for each of the residents" in str(rates.sentences[0])
    assert any("3 areas have no population" in str(said) for said in rates.sentences)


def test_cut_cells_are_no_pattern_when_land_is_the_population() -> None:
    """Many even points: cells that the edge cuts hold less, and lie beside each other."""
    box = gpd.GeoSeries([shapely.box(-1.9, 53.6, -1.3, 53.95)], crs="EPSG:4326")
    grid = hs.make_square_grid(hs.study_area(box, name="A box"), cell_m=2_000)
    land = grid["area_in_study_km2"].to_numpy()
    counts = np.random.default_rng(1).multinomial(50_000, land / land.sum())
    grid = grid.assign(n=counts, groups="burglary", period="2018-07-01/2018-07-31")
    grid = grid.assign(source_id="made-up", source_sha256="ab" * 32)
    plain = hs.global_moran(grid, rng=1)
    per_km2 = hs.global_moran(
        grid, population="area_in_study_km2", denominator="square kilometres", rng=1
    )
    assert plain.p_value < 0.01
    assert per_km2.p_value > 0.05


def test_rates_with_no_spread_between_cells_stay_finite() -> None:
    population = np.array([100.0, 10_000.0, 400.0, 2_500.0])
    rates = standardised_rates((population / 100).astype(np.int64), population)
    np.testing.assert_allclose(rates, 0.0, atol=1e-12)


def test_islands_and_edges_are_left_out_and_said(make_grid: MakeGrid) -> None:
    grid = make_grid(_clustered())
    middle = h3.latlng_to_cell(53.8, -1.55, 8)
    grid = grid.drop(index=h3.grid_ring(middle, 1))
    grid.loc[grid.index[:5], "area_in_study_km2"] *= 0.1
    found = hs.global_moran(grid, rng=1)
    assert found.params.islands == 1
    assert found.params.at_edge == 5
    assert found.params.cells == 91 - 6 - 6
    said = " ".join(map(str, found.sentences))
    assert "1 areas have no neighbour" in said
    assert "5 areas at the edge" in said


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"alternative": "more"}, "alternative must be one of"),
        ({"n_permutations": 0}, "n_permutations must be"),
        ({"population": "n"}, "needs a denominator"),
        ({"denominator": "residents"}, "names a population, and there is none"),
    ],
)
def test_global_options_that_are_not_offered_are_refused(
    make_grid: MakeGrid, options: dict[str, Any], text: str
) -> None:
    with pytest.raises(ParameterError, match=text):
        hs.global_moran(make_grid(_clustered()), **options)


def test_values_that_cannot_carry_it_are_refused(make_grid: MakeGrid) -> None:
    values = np.arange(61.0)
    grid = _grid_of(values, make_grid)
    with pytest.raises(SchemaMismatchError, match="no column 'other'"):
        hs.global_moran(grid, column="other")
    with pytest.raises(SchemaMismatchError, match="not a number in every row"):
        hs.global_moran(grid.assign(value="x"), column="value")
    with pytest.raises(SchemaMismatchError, match="no number in 1 cells"):
        hs.global_moran(grid.assign(value=np.where(values == 3, np.nan, values)), column="value")
    with pytest.raises(FitnessError, match="same value"):
        hs.global_moran(grid.assign(value=2.5), column="value")
    with pytest.raises(FitnessError, match="at least 30"):
        hs.global_moran(grid.iloc[:25], column="value")
