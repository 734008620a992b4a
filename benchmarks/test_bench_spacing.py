"""Nearest neighbours and Ripley's K, beside SciPy's KD-tree in the same run.

The KD-tree counts pairs without weights; ours gives each pair the weight of its edge correction.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

import numpy as np
import pytest
import shapely
from benchmarks.timing import median_s
from scipy.spatial import cKDTree

from hotspots.methods.spacing.distances import nearest_by_tree, nearest_distances, pairs_within
from hotspots.methods.spacing.overlap import overlap_of
from hotspots.methods.spacing.ripley import chosen_distances

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray
    from pytest_benchmark.fixture import BenchmarkFixture

SIDE_M: Final = 20_000.0
SQUARE: Final = shapely.box(0, 0, SIDE_M, SIDE_M)


def _points(n: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    x, y = np.random.default_rng(1).random((2, n)) * SIDE_M
    return x, y


def _seconds(work: Callable[[], object], rounds: int = 3) -> float:
    taken = []
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return float(np.median(taken))


@pytest.mark.parametrize("n", [10_000, 100_000, 1_000_000])
def test_nearest_distances(benchmark: BenchmarkFixture, n: int) -> None:
    x, y = _points(n)
    nearest_distances(x, y)  # compiles
    peer = _seconds(lambda: nearest_by_tree(x, y))
    benchmark(nearest_distances, x, y)
    ratio = peer / median_s(benchmark)
    benchmark.extra_info["times as fast as a KD-tree"] = round(ratio, 1)
    print(f"\n{n:,} points, nearest: {ratio:.1f} times as fast as a KD-tree")  # noqa: T201
    assert ratio > 1.5


@pytest.mark.parametrize("n", [10_000, 100_000, 1_000_000])
def test_weighted_pairs(benchmark: BenchmarkFixture, n: int) -> None:
    """Within the distances that ripley_k chooses: 100 others around each point."""
    x, y = _points(n)
    distances = chosen_distances(SQUARE, n)
    overlap = overlap_of(SQUARE, float(distances[-1]))
    pairs_within(x, y, distances, overlap)  # compiles
    found = benchmark(pairs_within, x, y, distances, overlap)
    assert found[-1] > 40 * n
    if n == 1_000_000:
        return
    tree = cKDTree(np.column_stack([x, y]))
    peer = _seconds(lambda: tree.count_neighbors(tree, distances))
    ratio = peer / median_s(benchmark)
    benchmark.extra_info["times as fast as cKDTree.count_neighbors"] = round(ratio, 1)
    print(f"\n{n:,} points, pairs: {ratio:.1f} times as fast as cKDTree.count_neighbors")  # noqa: T201
    assert ratio > 2
