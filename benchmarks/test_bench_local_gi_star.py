"""Local Gi* with exact inference beside esda's with 999 permutations, in one run.

esda is timed on 10,000 cells, where 999 permutations take about a second; on 100,000 cells they
take about twenty and some gigabytes. Both include making the neighbours. esda wants floats.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

import geopandas as gpd
import h3
import numpy as np
import pandas as pd
import pytest
from esda.getisord import G_Local
from libpysal.graph import Graph

from hotspots.cells import cell_areas_km2, cell_polygons
from hotspots.methods.local import false_alarm_rate, local_gi_star
from hotspots.neighbours import cell_windows

if TYPE_CHECKING:
    from pytest_benchmark.fixture import BenchmarkFixture

FACTS: Final = {
    "groups": "burglary",
    "period": "2018-07-01/2018-07-31",
    "source_id": "made-up",
    "source_sha256": "ab" * 32,
    "area_basis": "polygons",
    "area_attribution": "",
    "resolution_basis": "given",
    "place": "Nowhere",
}


def _grid(n_cells: int) -> gpd.GeoDataFrame:
    rings = int(np.ceil(np.sqrt(n_cells / 3)))
    cells = sorted(h3.grid_disk(h3.latlng_to_cell(53.8, -1.55, 9), rings)[:n_cells])
    areas = cell_areas_km2(cells)
    counts = np.random.default_rng(1).negative_binomial(0.3, 0.2, n_cells)
    columns = {"n": counts, "area_km2": areas, "area_in_study_km2": areas}
    index = pd.Index(cells, name="cell")
    grid = gpd.GeoDataFrame(columns, geometry=cell_polygons(cells), index=index, crs="EPSG:4326")
    return grid.assign(**{k: pd.Categorical([v] * n_cells) for k, v in FACTS.items()})


def _peer(grid: gpd.GeoDataFrame) -> G_Local:
    graph = Graph.build_h3(grid.index).assign_self_weight()
    values = grid["n"].astype(float)
    return G_Local(values, graph, transform="B", star=True, permutations=999, n_jobs=1, seed=1)


def _median_s(benchmark: BenchmarkFixture) -> float:
    assert benchmark.stats is not None, "run with --benchmark-only"
    return float(benchmark.stats["median"])


@pytest.mark.parametrize("n_cells", [10_000, 100_000])
def test_local_gi_star(benchmark: BenchmarkFixture, n_cells: int) -> None:
    grid = _grid(n_cells)
    result = benchmark(local_gi_star, grid)
    assert result.params.inference == "exact"
    if n_cells == 100_000:
        assert _median_s(benchmark) < 1.0


def test_windows_of_100000_cells(benchmark: BenchmarkFixture) -> None:
    cells = _grid(100_000).index
    windows = benchmark(cell_windows, cells)
    assert windows.sizes.max() == 7


def test_false_alarm_rate_of_2800_cells(benchmark: BenchmarkFixture) -> None:
    result = local_gi_star(_grid(2_800))
    benchmark(false_alarm_rate, result, rng=1)
    assert _median_s(benchmark) < 3.0


@pytest.mark.filterwarnings("ignore:The alternative hypothesis:DeprecationWarning")
def test_ratio_to_esda_on_10000_cells(benchmark: BenchmarkFixture) -> None:
    grid = _grid(10_000)
    _peer(grid.iloc[:200])  # compiles
    start = time.perf_counter()
    _peer(grid)
    peer = time.perf_counter() - start
    benchmark(local_gi_star, grid)
    ours = _median_s(benchmark)
    ratio = peer / ours
    benchmark.extra_info["times as fast as esda"] = round(ratio, 1)
    print(f"\nesda {peer:.2f} s, here {ours:.4f} s: {ratio:.0f} times as fast")  # noqa: T201
    assert ratio > 10
