"""The scan statistic with 999 simulated maps, beside the plain way: one sort and two sums a circle.

The plain way is NumPy's, map by map and centre by centre, with the neighbours sorted before; it is
timed on few maps and scaled up, since it takes minutes.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

import numpy as np
import pytest
from benchmarks.timing import median_s

from hotspots.inference.circles import nested_circles
from hotspots.inference.scan_statistic import scan_maxima
from hotspots.methods.scan.nulls import maps_by_chance

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from pytest_benchmark.fixture import BenchmarkFixture

N_SIMULATIONS: Final = 999


def _places(n: int) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    rng = np.random.default_rng(1)
    x, y = rng.uniform(0, 50_000, (2, n))
    return x, y, rng.integers(500, 3_000, n).astype(np.float64)


def _scan(
    n: int, incidents: int, *, max_radius_m: float | None = None, loops: bool = True
) -> NDArray[np.float64]:
    """Do all that a scan of n areas with 999 simulated maps does."""
    x, y, people = _places(n)
    rng = np.random.default_rng(2)
    counts = rng.multinomial(incidents, people / people.sum())
    circles = nested_circles(x, y, people, max_share=0.5, max_radius_m=max_radius_m)
    maps = maps_by_chance(
        "poisson", counts, people, dispersion=None, n_simulations=N_SIMULATIONS, rng=rng
    )
    return scan_maxima(circles, maps, total=incidents, alternative="greater", loops=loops)


def _plain(n: int, incidents: int, maps: int) -> float:
    """Time the plain way on a few maps, and say what 999 would take."""
    x, y, people = _places(n)
    rng = np.random.default_rng(2)
    shares = people / people.sum()
    drawn = rng.multinomial(incidents, shares, size=maps)
    start = time.perf_counter()
    orders = [np.argsort(np.hypot(x - a, y - b)) for a, b in zip(x, y, strict=True)]
    held = [np.cumsum(shares[o]) for o in orders]
    once = time.perf_counter() - start
    start = time.perf_counter()
    for counts in drawn:
        best = 0.0
        for order, share in zip(orders, held, strict=True):
            last = int(np.searchsorted(share, 0.5, side="right"))
            c, e = np.cumsum(counts[order[:last]]), incidents * share[:last]
            with np.errstate(divide="ignore", invalid="ignore"):
                llr = c * np.log(c / e) + (incidents - c) * np.log(
                    (incidents - c) / (incidents - e)
                )
            best = max(best, float(np.nanmax(np.where(c > e, llr, 0.0), initial=0.0)))
    return once + (time.perf_counter() - start) / maps * N_SIMULATIONS


@pytest.mark.parametrize(("n", "incidents", "most_s"), [(300, 2_000, 1.0), (3_000, 5_000, 30.0)])
def test_scan_with_999_simulations(
    benchmark: BenchmarkFixture, n: int, incidents: int, most_s: float
) -> None:
    _scan(100, 200)  # compiles
    peer = _plain(n, incidents, 2)
    benchmark(_scan, n, incidents)
    ours = median_s(benchmark)
    benchmark.extra_info["times as fast as plain NumPy"] = round(peer / ours, 1)
    print(f"\n{n} areas: plain {peer:.1f} s, here {ours:.2f} s: {peer / ours:.0f} times as fast")  # noqa: T201
    assert ours < most_s
    assert peer / ours > 5


def test_scan_without_compiled_loops(benchmark: BenchmarkFixture) -> None:
    benchmark(_scan, 300, 2_000, loops=False)
    assert median_s(benchmark) < 3.0


def test_scan_of_10000_cells(benchmark: BenchmarkFixture) -> None:
    benchmark(_scan, 10_000, 20_000)
    assert median_s(benchmark) < 300.0


def test_scan_of_100000_cells_within_one_kilometre(benchmark: BenchmarkFixture) -> None:
    """At this size a largest radius is needed: some 125 cells a circle here."""
    benchmark(_scan, 100_000, 100_000, max_radius_m=1_000.0)
    assert median_s(benchmark) < 300.0
