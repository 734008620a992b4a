"""Reading 1,000,000 rows in Chicago's format, beside a bare scan of the same columns and points."""

from __future__ import annotations

import statistics
import time
from typing import TYPE_CHECKING

import geopandas as gpd
import polars as pl
import pytest

import hotspots as hs

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytest_benchmark.fixture import BenchmarkFixture

ROUNDS = 3
COPIES = 50
#: The columns that the feed reads.
COLUMNS = [
    "ID",
    "Case Number",
    "Date",
    "Block",
    "IUCR",
    "Primary Type",
    "Description",
    "Domestic",
    "Community Area",
    "District",
    "Latitude",
    "Longitude",
]


@pytest.fixture(scope="module")
def million(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the synthetic sample fifty times into one file, with ids of its own for each row."""
    sample = pl.read_csv(hs.sample_path("synthetic-chicago"), infer_schema=False)
    parts = [
        sample.with_columns((pl.col("ID").cast(pl.Int64) + copy * 1_000_000).cast(pl.String))
        for copy in range(COPIES)
    ]
    path = tmp_path_factory.mktemp("read") / "million.csv"
    pl.concat(parts).write_csv(path)
    return path


def _floor(path: Path) -> gpd.array.GeometryArray:
    frame = pl.scan_csv(path, infer_schema=False).select(COLUMNS).collect()
    places = frame.select(pl.col("Longitude", "Latitude").cast(pl.Float64, strict=False))
    return gpd.points_from_xy(places["Longitude"].to_numpy(), places["Latitude"].to_numpy())


def _median_seconds(work: Callable[[], object]) -> float:
    taken = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        work()
        taken.append(time.perf_counter() - begun)
    return statistics.median(taken)


def test_read_a_million_rows(benchmark: BenchmarkFixture, million: Path) -> None:
    peer = _median_seconds(lambda: _floor(million))
    ours = _median_seconds(lambda: hs.read_incidents(million))
    said = f"read_incidents {ours:.2f} s, bare scan and points {peer:.2f} s: {ours / peer:.2f}x"
    print(f"\n{said}")  # noqa: T201 - the ratio is what this run is for
    benchmark.pedantic(hs.read_incidents, args=(million,), rounds=1)  # type: ignore[no-untyped-call]
