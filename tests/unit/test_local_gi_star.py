from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import h3
import numpy as np
import pandas as pd
import pytest
from esda.getisord import G_Local
from libpysal.weights import W

from hotspots.errors import FitnessError, ParameterError, SchemaMismatchError
from hotspots.methods.local import false_alarm_rate, local_gi_star
from hotspots.neighbours import cell_windows
from hotspots.words import say

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray
    from tests.unit.conftest import MakeGrid

    from hotspots.results import HotspotResult


def _heavy(n: int, seed: int = 1) -> NDArray[np.int64]:
    return np.random.default_rng(seed).negative_binomial(0.4, 0.25, n)


def _with_cluster(make_grid: MakeGrid, n: int = 1000, seed: int = 1) -> gpd.GeoDataFrame:
    """Make a map of scattered counts, with a cell and its ring made busy."""
    grid = make_grid(_heavy(n, seed))
    planted = h3.grid_disk(grid.index[n // 2], 1)
    grid.loc[planted, "n"] += 8
    return grid


def _answers(result: HotspotResult) -> pd.DataFrame:
    wanted = ["n", "window_n", "expected", "gi_star", "p_value", "p_adjusted", "hotspot", "busiest"]
    return pd.DataFrame(result.data[wanted]).sort_index()


# The z-score beside a peer's


def test_z_is_that_of_esda_with_binary_weights(make_grid: MakeGrid) -> None:
    grid = make_grid(_heavy(300))
    result = local_gi_star(grid, cap_quantile=None)
    windows = cell_windows(grid.index)
    members = np.split(windows.members, windows.starts[1:-1])
    weights = W({i: m.tolist() for i, m in enumerate(members)}, silence_warnings=True)
    peer = G_Local(
        grid["n"].to_numpy(dtype=float), weights, transform="B", star=True, permutations=0
    )
    np.testing.assert_allclose(result.data["gi_star"], peer.Zs, atol=1e-10)


# What is found


def test_a_planted_cluster_is_found_and_nothing_far_from_it(make_grid: MakeGrid) -> None:
    grid = _with_cluster(make_grid)
    result = local_gi_star(grid)
    centre = grid.index[500]
    hot = set(result.data.index[result.data["hotspot"] == "hot"])
    assert set(h3.grid_disk(centre, 1)) <= hot
    assert hot <= set(h3.grid_disk(centre, 2))


def test_one_giant_cell_does_not_hide_the_others(make_grid: MakeGrid) -> None:
    grid = _with_cluster(make_grid)
    grid.iloc[20, grid.columns.get_loc("n")] = 4000
    raw = local_gi_star(grid, cap_quantile=None)
    capped = local_gi_star(grid)
    assert raw.data["hotspot"].eq("hot").sum() < capped.data["hotspot"].eq("hot").sum()
    assert raw.params.cap is None
    assert capped.params.cap is not None
    assert capped.data["n"].iloc[20] == 4000
    assert capped.data["note"].iloc[20] == f"counted as {capped.params.cap} in the test"


def test_cold_cells_are_looked_for_only_when_asked(make_grid: MakeGrid) -> None:
    rng = np.random.default_rng(4)
    grid = make_grid(rng.poisson(20, 1000))
    quiet = h3.grid_disk(grid.index[500], 2)
    grid.loc[quiet, "n"] = 1
    one_sided, two_sided = local_gi_star(grid), local_gi_star(grid, alternative="two-sided")
    assert not one_sided.data["hotspot"].eq("cold").any()
    assert two_sided.data.loc[quiet, "hotspot"].eq("cold").sum() >= 7
    assert (two_sided.data.loc[two_sided.data["hotspot"].eq("cold"), "gi_star"] < 0).all()
    assert (two_sided.data.loc[two_sided.data["hotspot"].eq("hot"), "gi_star"] > 0).all()


def test_a_hot_cell_without_incidents_says_why(make_grid: MakeGrid) -> None:
    grid = _with_cluster(make_grid)
    grid.loc[grid.index[500], "n"] = 0
    row = local_gi_star(grid).data.loc[grid.index[500]]
    assert row["hotspot"] == "hot"
    assert row["note"] == "no incident in the cell itself: hot because of its neighbours"


def test_the_smallest_hot_sum_divides_hot_from_not(make_grid: MakeGrid) -> None:
    result = local_gi_star(_with_cluster(make_grid))
    full = result.data[cell_windows(result.data.index).sizes == 7]
    limit = result.params.smallest_hot_sum
    assert limit is not None
    assert (full["window_n"].ge(limit) == full["hotspot"].eq("hot")).all()


def test_expected_is_the_mean_over_shuffled_maps(make_grid: MakeGrid) -> None:
    result = local_gi_star(make_grid(_heavy(300)), cap_quantile=None)
    mean = result.data["n"].mean()
    sizes = cell_windows(result.data.index).sizes
    np.testing.assert_allclose(result.data["expected"], mean * sizes)


# What must not matter


def test_the_order_of_rows_does_not_matter(make_grid: MakeGrid) -> None:
    grid = _with_cluster(make_grid)
    shuffled = grid.sample(frac=1, random_state=3)
    pd.testing.assert_frame_equal(
        _answers(local_gi_star(grid)), _answers(local_gi_star(shuffled)), rtol=1e-12
    )
    assert local_gi_star(shuffled).data.index.equals(shuffled.index)


def test_the_grid_is_not_changed(make_grid: MakeGrid) -> None:
    grid = _with_cluster(make_grid)
    before = grid.copy()
    local_gi_star(grid)
    pd.testing.assert_frame_equal(grid, before)


def test_doubling_every_count_changes_no_p_value(make_grid: MakeGrid) -> None:
    grid = _with_cluster(make_grid)
    once, twice = local_gi_star(grid), local_gi_star(grid.assign(n=grid["n"] * 2))
    for column in ("gi_star", "p_value", "p_adjusted"):
        np.testing.assert_allclose(once.data[column], twice.data[column], rtol=1e-9)
    assert once.data["hotspot"].equals(twice.data["hotspot"])


def test_the_place_on_the_globe_does_not_matter(make_grid: MakeGrid) -> None:
    grid = _with_cluster(make_grid, n=919)
    near = grid.index.to_numpy()
    origin = h3.latlng_to_cell(53.8, -1.55, 8)
    target = h3.latlng_to_cell(41.9, -87.6, 8)
    start, end = h3.cell_to_local_ij(origin, origin), h3.cell_to_local_ij(target, target)
    moved = []
    for cell in near:
        i, j = h3.cell_to_local_ij(origin, cell)
        moved.append(h3.local_ij_to_cell(target, i - start[0] + end[0], j - start[1] + end[1]))
    there = grid.set_index(pd.Index(moved, name="cell"))
    here = local_gi_star(grid)
    np.testing.assert_array_equal(here.data["p_value"], local_gi_star(there).data["p_value"])


# What is not tested, and too few


def test_edge_cells_are_not_tested_and_stand_in_no_window(make_grid: MakeGrid) -> None:
    grid = _with_cluster(make_grid)
    edge = grid.index[:100]
    grid.loc[edge, "area_in_study_km2"] *= 0.49
    result = local_gi_star(grid)
    assert result.data.loc[edge, "hotspot"].isna().all()
    assert result.data.loc[edge, ["p_value", "p_adjusted", "gi_star"]].isna().all(axis=None)
    assert result.data.loc[edge, "note"].str.startswith("not tested: less than 50 %").all()
    assert result.params.cells_tested == 900
    alone = local_gi_star(grid.drop(index=edge))
    np.testing.assert_array_equal(
        result.data["p_value"].dropna().to_numpy(), alone.data["p_value"].to_numpy()
    )
    assert any("100 areas at the edge were not tested" in say(c) for c in result.caveats)


@pytest.mark.parametrize("counts", [[1], [2], [50]])
def test_too_few_incidents_are_called_too_few(make_grid: MakeGrid, counts: list[int]) -> None:
    result = local_gi_star(make_grid([*counts, *[0] * 999]))
    assert set(result.data["hotspot"]) == {"too few"}
    assert result.params.smallest_hot_sum is None
    assert say(result.caveats[0]).startswith("There are too few incidents to tell")


@pytest.mark.parametrize("alternative", ["greater", "two-sided"])
@pytest.mark.parametrize(("n_incidents", "can"), [(1, "no"), (2, "?"), (3, "?"), (7, "yes")])
def test_too_few_is_said_only_where_no_arrangement_finds_anything(
    make_grid: MakeGrid, n_incidents: int, can: str, alternative: str
) -> None:
    cells = make_grid([0] * 61)
    rng = np.random.default_rng(n_incidents)
    found, too_few = False, set()
    for _ in range(60):
        near = h3.grid_disk(cells.index[rng.integers(61)], 1)
        near = [cell for cell in near if cell in cells.index]
        grid = cells.copy()
        grid.loc[rng.choice(near, min(n_incidents, len(near)), replace=False), "n"] = 1
        if grid["n"].sum() < n_incidents:
            continue
        data = local_gi_star(grid, alternative=alternative).data
        found |= bool((data["p_adjusted"] <= 0.05).any())
        too_few.add(bool(data["hotspot"].eq("too few").all()))
    # The same counts always get the same answer; where it is "too few", nothing was ever found.
    assert len(too_few) == 1
    assert not (found and True in too_few)
    assert can == "?" or (can == "yes") is found is (False in too_few)


def test_few_incidents_side_by_side_can_be_hot(make_grid: MakeGrid) -> None:
    grid = make_grid([0] * 1000)
    grid.loc[h3.grid_disk(grid.index[500], 1), "n"] = 1
    result = local_gi_star(grid)
    assert result.data.loc[grid.index[500], "hotspot"] == "hot"
    assert any("fewer than 10 incidents on average" in say(c) for c in result.caveats)


@pytest.mark.parametrize(
    ("counts", "text"),
    [
        ([0] * 40, "no incident in any cell"),
        ([3] * 40, r"same number of incidents \(3\)"),
        ([1, 2] * 10, "There are 20 cells to test"),
        ([1, -1] * 20, "has -1 incidents"),
    ],
)
def test_counts_that_carry_no_test_are_refused(
    make_grid: MakeGrid, counts: list[int], text: str
) -> None:
    with pytest.raises(FitnessError, match=text):
        local_gi_star(make_grid(counts))


def test_a_grid_without_counts_is_refused(make_grid: MakeGrid) -> None:
    grid = make_grid(_heavy(40))
    with pytest.raises(SchemaMismatchError, match="no column 'n'"):
        local_gi_star(grid.drop(columns="n"))
    with pytest.raises(SchemaMismatchError, match="not a whole number in every row"):
        local_gi_star(grid.assign(n=grid["n"] / 2))
    with pytest.raises(SchemaMismatchError, match="no column area_km2"):
        local_gi_star(grid.drop(columns="area_km2"))


@pytest.mark.parametrize(
    ("option", "text"),
    [
        ({"null": "csr"}, "null must be one of 'shuffled_cells', 'random_points', .*, got 'csr'"),
        ({"alternative": "less"}, "alternative must be 'greater' or 'two-sided', got 'less'"),
        ({"adjust": "none"}, "'bonferroni' or 'holm', got 'none'"),
        ({"alpha": 0.0}, "alpha must lie between 0 and 1"),
        ({"cap_quantile": 0.0}, r"cap_quantile must be None or in \(0, 1\]"),
        ({"n_rings": 1.5}, "n_rings must be a whole number from 1 to 3, or several .*, got 1.5"),
        ({"n_rings": 4}, "n_rings must be a whole number from 1 to 3"),
        ({"min_area_share": 1.5}, "min_area_share must lie in 0 to 1"),
        ({"n_busiest": -1}, "n_busiest must be 0 or more"),
    ],
)
def test_options_out_of_range_are_refused(
    make_grid: MakeGrid, option: dict[str, Any], text: str
) -> None:
    with pytest.raises(ParameterError, match=text):
        local_gi_star(make_grid(_heavy(40)), **option)


# Columns and parameters


def test_another_column_becomes_n(make_grid: MakeGrid) -> None:
    grid = make_grid(_heavy(100)).assign(n_burglary=_heavy(100, 2))
    result = local_gi_star(grid, column="n_burglary")
    assert result.data["n"].tolist() == grid["n_burglary"].tolist()
    assert result.provenance.incidents_used == grid["n_burglary"].sum()


@pytest.mark.parametrize(("n_busiest", "marked"), [(0, 0), (1, 1), (2, 1), (3, 3), (99, 4)])
def test_the_busiest_are_marked_by_count_and_ties_left_out(
    make_grid: MakeGrid, n_busiest: int, marked: int
) -> None:
    grid = make_grid([9, 5, 5, 1, *[0] * 36])
    assert local_gi_star(grid, n_busiest=n_busiest).data["busiest"].sum() == marked


def test_parameters_are_said_as_resolved(make_grid: MakeGrid) -> None:
    result = local_gi_star(_with_cluster(make_grid), n_rings=2)
    said = result.params_dict()
    assert json.loads(json.dumps(said)) == said
    assert (said["window_cells"], said["cells_tested"], said["inference"]) == (19, 1000, "exact")
    for caveat in result.caveats:
        assert "{" not in say(caveat)


def test_very_large_counts_are_tested_by_an_upper_bound(make_grid: MakeGrid) -> None:
    counts = np.random.default_rng(3).lognormal(11, 1.5, 3000).astype(np.int64)
    result = local_gi_star(make_grid(counts))
    assert result.params.inference == "upper bound"
    assert result.params.lattice_step > 1
    assert any("rounded them" in say(c) for c in result.caveats)


# The false-alarm rate


def test_the_false_alarm_rate_is_reproducible_and_small(make_grid: MakeGrid) -> None:
    result = local_gi_star(_with_cluster(make_grid))
    once = false_alarm_rate(result, rng=7)
    again = false_alarm_rate(result, rng=np.random.default_rng(7))
    assert once.estimate == again.estimate == once.params.alarms / 999
    assert once.params.seed == 7
    assert again.params.seed is None
    low, high = once.confidence_interval
    assert low <= once.estimate <= high
    assert low < 0.05


def test_the_false_alarm_rate_is_that_of_the_test_itself(make_grid: MakeGrid) -> None:
    grid = make_grid(_heavy(100, 5))
    fast = false_alarm_rate(local_gi_star(grid, alpha=0.4), n_simulations=60, rng=9)
    shuffled = np.random.default_rng(9).permuted(np.tile(grid["n"], (60, 1)), axis=1)
    slow = [
        local_gi_star(grid.assign(n=counts), alpha=0.4).data["hotspot"].eq("hot").any()
        for counts in shuffled
    ]
    assert 0 < np.mean(slow) < 1
    assert fast.estimate == np.mean(slow)


def test_a_false_alarm_rate_needs_a_map_to_shuffle(make_grid: MakeGrid) -> None:
    result = local_gi_star(make_grid(_heavy(100)))
    with pytest.raises(ParameterError, match="n_simulations must be 1 or more, got 0"):
        false_alarm_rate(result, n_simulations=0)
