"""DBSCAN beside scikit-learn's, in one run: towns of 10,000, 100,000 and a million incidents.

Incidents stack on places as those of a city do: a million lie on some 90,000. Beside them the same
town with every incident on a place of its own. ``dbscan_hotspots`` is timed whole, from the frame
to the result; ``group_places`` from arrays of metres to labels, as scikit-learn is. For a million
points scikit-learn needs 10 GB and more, and is not asked.
"""

from __future__ import annotations

import subprocess
import sys
import time
from typing import TYPE_CHECKING, Final, TypeVar

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from sklearn.cluster import DBSCAN, HDBSCAN

import hotspots as hs
from hotspots.crs import WGS84, local_equal_area_crs, project
from hotspots.grid.places import distinct_places
from hotspots.inference.random_points import RandomPoints
from hotspots.methods.clusters.chance import largest_at_random
from hotspots.methods.clusters.grouping import Grouping, group_places

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray
    from pytest_benchmark.fixture import BenchmarkFixture

    Floats = NDArray[np.float64]

T = TypeVar("T")

SIDE_M: Final = 20_000
PLACES: Final = 94_000
EPS_M: Final = 50.0
NEEDED: Final = 20
PLANE: Final = local_equal_area_crs(41.85, -87.65)


def town(n: int, *, stacked: bool) -> Floats:
    """Scatter incidents around 400 middles, on places of uneven size or each on its own."""
    rng = np.random.default_rng(1)
    middles, spread = rng.uniform(0, SIDE_M, (400, 2)), rng.lognormal(5.5, 0.6, 400)
    busy = rng.lognormal(0, 1, 400)

    def around(size: int) -> Floats:
        which = rng.choice(400, size, p=busy / busy.sum())
        xy: Floats = middles[which] + rng.normal(size=(size, 2)) * spread[which, None]
        return xy

    if not stacked:
        return around(n)
    share = rng.lognormal(0, 1.3, PLACES)
    places = around(PLACES).round(1)
    return places[rng.choice(PLACES, n, p=share / share.sum())]


def frame(xy: Floats) -> gpd.GeoDataFrame:
    n = len(xy)
    lng, lat = project_xy(xy)
    columns = {
        "count": np.ones(n, dtype=np.int8),
        "record_kind": pd.Categorical(["offence"]).repeat(n),
        "display_group": pd.Categorical(["burglary"]).repeat(n),
        "occurred_start": pd.DatetimeIndex(["2018-07-01"]).tz_localize("UTC").repeat(n),
        "occurred_precision": pd.Categorical(["day"]).repeat(n),
        "source_id": pd.Categorical(["made-up"]).repeat(n),
        "source_sha256": pd.Categorical(["ab" * 32]).repeat(n),
    }
    return gpd.GeoDataFrame(columns, geometry=gpd.points_from_xy(lng, lat), crs=WGS84)


def project_xy(xy: Floats) -> tuple[Floats, Floats]:
    moved = project(gpd.points_from_xy(*xy.T), PLANE, WGS84)
    return gpd.GeoSeries(moved).x.to_numpy(), gpd.GeoSeries(moved).y.to_numpy()


def group(xy: Floats) -> Grouping:
    """From coordinates to labels: what scikit-learn does, collapsing places included."""
    places = distinct_places(xy[:, 0], xy[:, 1], np.ones(len(xy), dtype=np.int64))
    return group_places(places.x_m, places.y_m, places.weights, reach=EPS_M, needed=NEEDED)


def seconds(work: Callable[[], object], rounds: int = 3) -> float:
    took = []
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        took.append(time.perf_counter() - start)
    return float(np.median(took))


def timed(benchmark: BenchmarkFixture, work: Callable[[], T], rounds: int = 3) -> T:
    """Run a work that is too long for many rounds; the first round compiles and does not count."""
    done: T = benchmark.pedantic(work, rounds=rounds, warmup_rounds=1)  # type: ignore[no-untyped-call]
    return done


def median_s(benchmark: BenchmarkFixture) -> float:
    assert benchmark.stats is not None, "run with --benchmark-only"
    return float(benchmark.stats["median"])


@pytest.mark.parametrize("stacked", [True, False], ids=["stacked", "distinct"])
@pytest.mark.parametrize("n", [10_000, 100_000])
def test_labels_beside_scikit_learn(benchmark: BenchmarkFixture, n: int, *, stacked: bool) -> None:
    xy = town(n, stacked=stacked)
    group(xy)  # compiles
    peer = seconds(lambda: DBSCAN(eps=EPS_M, min_samples=NEEDED).fit(xy))
    benchmark(group, xy)
    ratio = peer / median_s(benchmark)
    benchmark.extra_info["times as fast as scikit-learn"] = round(ratio, 1)
    print(f"\nscikit-learn {peer:.3f} s: {ratio:.1f} times as fast")  # noqa: T201
    if n == 100_000 and stacked:
        assert ratio >= 8


@pytest.mark.parametrize("stacked", [True, False], ids=["stacked", "distinct"])
def test_a_million_labels(benchmark: BenchmarkFixture, *, stacked: bool) -> None:
    xy = town(1_000_000, stacked=stacked)
    group(xy[:1000])
    found = timed(benchmark, lambda: group(xy))
    assert found.sizes[0] > NEEDED


@pytest.mark.parametrize("n", [10_000, 100_000, 1_000_000])
def test_the_whole_method(benchmark: BenchmarkFixture, n: int) -> None:
    incidents = frame(town(n, stacked=True))
    result = timed(
        benchmark,
        lambda: hs.dbscan_hotspots(
            incidents, eps_m=EPS_M, min_incidents=NEEDED, allow_shared_places=True
        ),
    )
    assert result.params.incidents == n


PEAK: Final = """
import resource, tracemalloc
from benchmarks.test_bench_clusters import frame, group, town
import hotspots as hs
xy = town(1_000_000, stacked={stacked})
group(xy[:1000])
tracemalloc.start()
group(xy)
print(tracemalloc.get_traced_memory()[1] / 1e9)
tracemalloc.stop()
incidents = frame(xy)
del xy
hs.dbscan_hotspots(incidents, eps_m=50, min_incidents=20, allow_shared_places=True)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6)
"""


@pytest.mark.parametrize("stacked", [True, False], ids=["stacked", "distinct"])
def test_a_million_incidents_fit_in_memory(
    benchmark: BenchmarkFixture, pytestconfig: pytest.Config, *, stacked: bool
) -> None:
    """The peak of a process of its own, the made-up incidents and all imports included."""

    def peak() -> tuple[float, float]:
        done = subprocess.run(  # noqa: S603 - our own text
            [sys.executable, "-c", PEAK.format(stacked=stacked)],
            cwd=pytestconfig.rootpath,
            capture_output=True,
            text=True,
            check=True,
        )
        grown, whole = (float(line) for line in done.stdout.split())
        return grown, whole

    grown, whole = timed(benchmark, peak, rounds=1)
    benchmark.extra_info["GB above the points"] = round(grown, 2)
    benchmark.extra_info["GB of the process"] = round(whole, 2)
    print(f"\nlabels add {grown:.2f} GB; the whole process peaks at {whole:.2f} GB")  # noqa: T201
    assert whole < 4


@pytest.mark.parametrize("places", [300, 2_000, 14_000])
def test_random_maps(benchmark: BenchmarkFixture, places: int) -> None:
    """99 maps; the default makes 999."""
    area = hs.study_area(hs.read_areas(hs.sample_path("west-yorkshire-lsoa")))
    outline = area.to_crs(local_equal_area_crs(53.74, -1.69)).geometry.iloc[0]
    x, y = RandomPoints(outline).throw(places, np.random.default_rng(1))
    weights = np.ones(places, dtype=np.int64)
    sizes = group_places(x, y, weights, reach=400.0, needed=10).sizes

    def maps() -> object:
        return largest_at_random(
            outline,
            weights,
            sizes,
            reach=400.0,
            needed=10,
            n_simulations=99,
            rng=np.random.default_rng(1),
        )

    timed(benchmark, maps)


@pytest.mark.parametrize("n", [1_000, 10_000, 40_000])
def test_hdbscan_is_scikit_learns(benchmark: BenchmarkFixture, n: int) -> None:
    xy = town(n, stacked=False)
    model = HDBSCAN(min_cluster_size=NEEDED, algorithm="kd_tree", copy=True)
    timed(benchmark, lambda: model.fit(xy), rounds=1)


def test_k_distances_of_100000(benchmark: BenchmarkFixture) -> None:
    incidents = frame(town(100_000, stacked=True))
    timed(benchmark, lambda: hs.k_distance(incidents, k=NEEDED, allow_shared_places=True))
