"""Local Moran beside esda's with 999 conditional permutations, in one run.

esda gets its neighbours for nothing and is warm; ours includes finding the neighbours, correcting
and writing the table. esda runs on one thread.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

import geopandas as gpd
import h3
import numpy as np
import pandas as pd
import pytest
from benchmarks.timing import median_s
from esda.moran import Moran_Local
from libpysal.graph import Graph

from hotspots.cells import cell_areas_km2, cell_polygons
from hotspots.methods.autocorrelation import global_moran, local_moran

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


def _esda_seconds(grid: gpd.GeoDataFrame, graph: Graph) -> float:
    start = time.perf_counter()
    Moran_Local(grid["n"].astype(float), graph, permutations=999, n_jobs=1, seed=1)
    return time.perf_counter() - start


@pytest.mark.parametrize("n_cells", [10_000, 100_000, 1_000_000])
def test_local_moran(benchmark: BenchmarkFixture, n_cells: int) -> None:
    result = benchmark(local_moran, _grid(n_cells))
    assert result.params.inference == "exact"


def test_global_moran_of_10000_cells(benchmark: BenchmarkFixture) -> None:
    benchmark(global_moran, _grid(10_000), rng=1)
    assert median_s(benchmark) < 3.0


@pytest.mark.filterwarnings("ignore:The alternative hypothesis:DeprecationWarning")
@pytest.mark.parametrize("n_permutations", [None, 999])
def test_ratio_to_esda_on_100000_cells(
    benchmark: BenchmarkFixture, n_permutations: int | None
) -> None:
    grid = _grid(100_000)
    few = grid.iloc[:300]
    _esda_seconds(few, Graph.build_h3(few.index).transform("R"))  # compiles
    graph = Graph.build_h3(grid.index).transform("R")
    peer = float(np.median([_esda_seconds(grid, graph) for _ in range(3)]))
    benchmark(local_moran, grid, n_permutations=n_permutations, rng=1)
    ours = median_s(benchmark)
    ratio = peer / ours
    benchmark.extra_info["times as fast as esda"] = round(ratio, 1)
    how = "exact" if n_permutations is None else f"{n_permutations} draws"
    print(f"\nesda {peer:.2f} s, here ({how}) {ours:.4f} s: {ratio:.0f} times as fast")  # noqa: T201
    assert ratio > 5
