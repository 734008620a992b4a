"""What the benchmarks read off the timer, in one place."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_benchmark.fixture import BenchmarkFixture


def median_s(benchmark: BenchmarkFixture) -> float:
    """Give the median of the rounds that were just timed, in seconds."""
    assert benchmark.stats is not None, "run with --benchmark-only"
    return float(benchmark.stats["median"])
