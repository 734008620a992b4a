"""Kernel density beside scikit-learn's, in one run: arrays in, arrays out, fit and sum together.

Incidents cluster around 200 centres in a city 32 km wide; the cells are H3's, of resolution 10. The
peer is asked for what it is fast at: the Gaussian with rtol=1e-4. Both are compared with the direct
sum at 300 cells.
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
from sklearn.neighbors import KernelDensity

import hotspots as hs
from hotspots.cells import cell_areas_km2, cell_centres, cell_polygons
from hotspots.methods.density.sums import kernel_sums

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from pytest_benchmark.fixture import BenchmarkFixture

    Array = NDArray[np.float64]

WIDE_M: Final = 32_000.0
SPREAD_M: Final = 250.0
METRES: Final = (111_320.0 * np.cos(np.radians(53.8)), 111_320.0)


def _incidents(n: int) -> tuple[Array, Array]:
    rng = np.random.default_rng(1)
    centres = rng.uniform(0, WIDE_M, (200, 2))
    points = (centres[rng.integers(0, 200, n)] + rng.normal(0, 800, (n, 2))) % WIDE_M
    return points[:, 0].copy(), points[:, 1].copy()


def _cell_centres(n: int) -> tuple[Array, Array]:
    """Give the centres of n H3 cells, stretched to the city when they are fewer or more."""
    latitude, longitude = cell_centres(_cells(n))
    x, y = longitude * METRES[0], latitude * METRES[1]
    x, y = (v - v.min() for v in (x, y))
    return x * WIDE_M / x.max(), y * WIDE_M / y.max()


def _cells(n: int) -> list[str]:
    rings = int(np.ceil(np.sqrt(n / 3)))
    return sorted(h3.grid_disk(h3.latlng_to_cell(53.8, -1.55, 10), rings)[:n])


def _ours(n: int, kernel: str = "gaussian", width: float = SPREAD_M, *, fast: bool = True) -> Array:
    x, y = _incidents(n)
    at_x, at_y = _cell_centres(n)
    return _sums(x, y, at_x, at_y, kernel, width, fast=fast)


def _sums(
    x: Array, y: Array, at_x: Array, at_y: Array, kernel: str, width: float, *, fast: bool
) -> Array:
    one = np.ones(len(x))
    return kernel_sums(
        x, y, one, width * one, at_x_m=at_x, at_y_m=at_y, kernel=kernel, use_compiled=fast
    )


def _peer(x: Array, y: Array, at: Array, kernel: str, width: float) -> tuple[Array, float]:
    start = time.perf_counter()
    fitted = KernelDensity(bandwidth=width, kernel=kernel, rtol=1e-4).fit(np.column_stack([x, y]))
    density = len(x) * np.exp(fitted.score_samples(at))
    return density, time.perf_counter() - start


def _error(density: Array, x: Array, y: Array, at: Array) -> float:
    """Compare with the direct sum of Gaussians, as a part of the largest value."""
    some = np.random.default_rng(3).integers(0, len(at), 300)
    away = (at[some, :1] - x) ** 2 + (at[some, 1:] - y) ** 2
    exact = np.exp(-away / (2 * SPREAD_M**2)).sum(axis=1) / (2 * np.pi * SPREAD_M**2)
    return float(np.abs(density[some] - exact).max() / density.max())


@pytest.mark.parametrize(("fast", "times"), [(True, 50), (False, 15)], ids=["compiled", "numpy"])
def test_ratio_to_scikit_learn(benchmark: BenchmarkFixture, fast: bool, times: float) -> None:  # noqa: FBT001
    x, y = _incidents(100_000)
    at = np.column_stack(_cell_centres(100_000))
    _sums(x, y, at[:, 0], at[:, 1], "gaussian", SPREAD_M, fast=fast)  # compiles
    theirs, peer = _peer(x, y, at, "gaussian", SPREAD_M)
    asked = (x, y, at[:, 0], at[:, 1], "gaussian", SPREAD_M)
    ours = benchmark(_sums, *asked, fast=fast)
    ratio = peer / median_s(benchmark)
    errors = _error(ours, x, y, at), _error(theirs, x, y, at)
    benchmark.extra_info["times as fast as scikit-learn"] = round(ratio, 1)
    print(  # noqa: T201
        f"\nscikit-learn {peer:.2f} s (error {errors[1]:.1e}), here {median_s(benchmark):.4f} s "
        f"(error {errors[0]:.1e}): {ratio:.0f} times as fast"
    )
    assert errors[0] <= 4e-5
    assert errors[0] <= errors[1]
    assert ratio > times


def test_ratio_for_the_epanechnikov_kernel(benchmark: BenchmarkFixture) -> None:
    width = SPREAD_M * np.sqrt(6)
    x, y = _incidents(100_000)
    at = np.column_stack(_cell_centres(100_000))
    asked = (x, y, at[:, 0], at[:, 1], "epanechnikov", width)
    _sums(*asked, fast=True)
    theirs, peer = _peer(x, y, at, "epanechnikov", width)
    ours = benchmark(_sums, *asked, fast=True)
    ratio = peer / median_s(benchmark)
    assert np.abs(ours - theirs).max() <= 1e-4 * theirs.max()
    print(f"\nEpanechnikov: {ratio:.0f} times as fast as scikit-learn")  # noqa: T201
    assert ratio > 15


def test_the_whole_function_on_100000_cells(benchmark: BenchmarkFixture) -> None:
    """From Incidents and a grid to a result, projection, checks and table included."""
    x, y = _incidents(100_000)
    points = gpd.points_from_xy(x / METRES[0] - 1.75, y / METRES[1] + 53.66)
    facts = {"record_kind": "offence", "display_group": "burglary", "occurred_precision": "day"}
    facts |= {"source_id": "made-up", "source_sha256": "ab" * 32}
    columns: dict[str, object] = {k: pd.Categorical([v] * len(x)) for k, v in facts.items()}
    columns["count"] = np.ones(len(x), dtype=np.int8)
    columns["occurred_start"] = pd.to_datetime(["2018-07-01"] * len(x)).tz_localize("UTC")
    incidents = gpd.GeoDataFrame(columns, geometry=points, crs="EPSG:4326")
    cells = _cells(100_000)
    grid = gpd.GeoDataFrame(
        {"area_km2": cell_areas_km2(cells)},
        geometry=cell_polygons(cells),
        index=pd.Index(cells, name="cell"),
        crs="EPSG:4326",
    )
    asked = {"bandwidth_m": SPREAD_M, "kernel": "gaussian", "edge": "none"}
    hs.kernel_density(incidents, grid, **asked)  # type: ignore[arg-type]
    result = benchmark(hs.kernel_density, incidents, grid, **asked)
    _, peer = _peer(x, y, np.column_stack(_cell_centres(100_000)), "gaussian", SPREAD_M)
    ratio = peer / median_s(benchmark)
    print(f"\nThe whole function: {ratio:.1f} times as fast as scikit-learn's sums")  # noqa: T201
    assert len(result.data) == 100_000
    assert ratio > 2


@pytest.mark.parametrize(
    ("kernel", "width", "most"), [("gaussian", SPREAD_M, 1.4), ("quartic", 707.0, 2.1)]
)
def test_growth(benchmark: BenchmarkFixture, kernel: str, width: float, most: float) -> None:
    """Ten times the incidents on ten times the cells, in the same city with the same kernel."""
    _ours(10_000, kernel, width)
    seconds = []
    for n in (10_000, 100_000):
        (x, y), (at_x, at_y) = _incidents(n), _cell_centres(n)
        runs = []
        for _ in range(5):
            start = time.perf_counter()
            _sums(x, y, at_x, at_y, kernel, width, fast=True)
            runs.append(time.perf_counter() - start)
        seconds.append(float(np.median(runs)))
    x, y = _incidents(1_000_000)
    at_x, at_y = _cell_centres(1_000_000)
    benchmark(_sums, x, y, at_x, at_y, kernel, width, fast=True)
    seconds.append(median_s(benchmark))
    steps = np.log10(np.array(seconds[1:]) / seconds[:-1])
    print(  # noqa: T201
        f"\n{kernel}: 10,000 {seconds[0]:.4f} s, 100,000 {seconds[1]:.3f} s, 1,000,000 "
        f"{seconds[2]:.2f} s; exponents {steps[0]:.2f} and {steps[1]:.2f}"
    )
    assert steps.max() < most
