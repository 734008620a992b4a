"""Windows, points in polygons and populations on cells, beside libpysal and geopandas in one run.

The peers are timed once, on the same data: they take seconds. What the ratio must be is asserted;
what it was is printed.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import geopandas as gpd
import h3
import numpy as np
import pandas as pd
import pytest
import shapely
from benchmarks.timing import median_s
from libpysal.graph import Graph

import hotspots as hs
from hotspots.grid.holders import first_holder
from hotspots.grid.kinds import square_names
from hotspots.neighbours import grid_windows

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray
    from pytest_benchmark.fixture import BenchmarkFixture


def _hexagons(n_cells: int) -> gpd.GeoDataFrame:
    rings = int(np.ceil(np.sqrt(n_cells / 3)))
    cells = sorted(h3.grid_disk(h3.latlng_to_cell(53.8, -1.55, 9), rings)[:n_cells])
    return gpd.GeoDataFrame(index=pd.Index(cells, name="cell"))


def _squares(n_cells: int) -> gpd.GeoDataFrame:
    side = int(np.sqrt(n_cells))
    index = pd.Index(square_names(*np.indices((side, side)).reshape(2, -1)), name="cell")
    return gpd.GeoDataFrame({"grid_kind": ["squares"] * side**2}, index=index)


def _times_as_fast(benchmark: BenchmarkFixture, peer: Callable[[], object], name: str) -> float:
    start = time.perf_counter()
    peer()
    theirs, ours = time.perf_counter() - start, median_s(benchmark)
    benchmark.extra_info[f"times as fast as {name}"] = round(theirs / ours, 1)
    print(f"\n{name} {theirs:.3f} s, here {ours:.4f} s: {theirs / ours:.1f} times as fast")  # noqa: T201
    return theirs / ours


@pytest.mark.parametrize("n_cells", [10_000, 100_000, 1_000_000])
def test_windows_of_hexagons(benchmark: BenchmarkFixture, n_cells: int) -> None:
    grid = _hexagons(n_cells)
    windows = benchmark(grid_windows, grid)
    assert windows.sizes.max() == 7


@pytest.mark.parametrize("n_cells", [10_000, 100_000])
def test_windows_of_squares(benchmark: BenchmarkFixture, n_cells: int) -> None:
    grid = _squares(n_cells)
    windows = benchmark(grid_windows, grid)
    assert windows.sizes.max() == 9


def test_windows_of_100000_hexagons_beside_libpysal(benchmark: BenchmarkFixture) -> None:
    grid = _hexagons(100_000)
    Graph.build_h3(grid.index[:100])
    benchmark(grid_windows, grid)
    assert _times_as_fast(benchmark, lambda: Graph.build_h3(grid.index), "Graph.build_h3") > 30


def _areas() -> gpd.GeoDataFrame:
    return hs.read_areas(hs.sample_path("west-yorkshire-lsoa"))


def _points(areas: gpd.GeoDataFrame, n: int) -> NDArray[np.float64]:
    """Scatter points over the areas, as many in each: dense where people live."""
    rng = np.random.default_rng(1)
    bounds = areas.bounds.to_numpy()[rng.integers(0, len(areas), n)]
    return np.column_stack([rng.uniform(bounds[:, k], bounds[:, k + 2]) for k in (0, 1)])


@pytest.mark.parametrize("n_points", [100_000, 1_000_000])
def test_points_in_1388_areas_beside_geopandas(benchmark: BenchmarkFixture, n_points: int) -> None:
    areas = _areas()
    points = _points(areas, n_points)
    shapes = areas.geometry.to_numpy()
    found = benchmark(first_holder, shapes, points[:, 1], points[:, 0])
    frame = gpd.GeoDataFrame(geometry=shapely.points(points), crs=4326)
    joined = gpd.sjoin(frame, areas[["geometry"]])
    assert (found >= 0).sum() == joined.index.nunique()
    ratio = _times_as_fast(
        benchmark, lambda: gpd.sjoin(frame, areas[["geometry"]]), "geopandas.sjoin"
    )
    assert ratio > 2


def test_10000_areas_with_windows(benchmark: BenchmarkFixture) -> None:
    west, south = np.indices((100, 100)).reshape(2, -1) / 100
    shapes = shapely.segmentize(shapely.box(west, south, west + 0.01, south + 0.01), 5e-4)
    codes = [f"{i:05d}" for i in range(len(shapes))]
    polygons = gpd.GeoDataFrame({"code": codes}, geometry=shapes, crs=4326)
    windows = benchmark(lambda: grid_windows(hs.area_grid(polygons)))
    assert windows.sizes.max() == 9


def test_population_on_hexagons_beside_an_overlay(benchmark: BenchmarkFixture) -> None:
    areas = _areas()
    grid = hs.make_hexgrid(hs.study_area(areas), resolution=9)
    placed, _ = benchmark(
        hs.population_in_cells, grid, areas, population="population", denominator="residents"
    )
    assert placed.sum() == pytest.approx(areas["population"].sum())
    one, other = areas[["geometry"]].to_crs(27700), grid[["geometry"]].to_crs(27700)
    # The overlay has no plane to make, and does not see where sides bend: about the same time.
    _times_as_fast(benchmark, lambda: gpd.overlay(one, other), "geopandas.overlay")
