"""A patch of cells, counted grids on it, and incidents in it, all made up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import geopandas as gpd
import h3
import numpy as np
import pandas as pd
import pytest
import shapely

from hotspots.cells import cell_areas_km2, cell_polygons

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

#: Constant columns that count_incidents writes.
_FACTS = {
    "groups": "burglary",
    "period": "2018-07-01/2018-07-31",
    "source_id": "made-up",
    "source_sha256": "ab" * 32,
    "area_basis": "polygons",
    "area_attribution": "",
    "resolution_basis": "given",
    "place": "Nowhere",
}


class MakeGrid(Protocol):
    """Make a counted grid: cells lie in a disk around one place, in the order of their ids."""

    def __call__(self, counts: Sequence[int] | NDArray[np.int64]) -> gpd.GeoDataFrame: ...


class MakeIncidents(Protocol):
    """Make incidents, with the columns that the grid reads, at points (longitude, latitude)."""

    def __call__(
        self,
        points: Sequence[tuple[float, float] | None],
        *,
        group: str | Sequence[str] = "burglary",
        day: str | Sequence[str] = "2018-07-01",
        precision: str = "day",
    ) -> gpd.GeoDataFrame: ...


@pytest.fixture
def make_grid() -> MakeGrid:
    return _make_grid


@pytest.fixture
def make_incidents() -> MakeIncidents:
    return _make_incidents


def _make_grid(counts: Sequence[int] | NDArray[np.int64]) -> gpd.GeoDataFrame:
    rings = 0
    while 3 * rings * (rings + 1) + 1 < len(counts):
        rings += 1
    cells = sorted(h3.grid_disk(h3.latlng_to_cell(53.8, -1.55, 8), rings)[: len(counts)])
    areas = cell_areas_km2(cells)
    columns = {"n": np.asarray(counts, dtype=np.int64), "area_km2": areas}
    index = pd.Index(cells, name="cell")
    grid = gpd.GeoDataFrame(columns, geometry=cell_polygons(cells), index=index, crs="EPSG:4326")
    grid["area_in_study_km2"] = areas
    return grid.assign(**{k: pd.Categorical([v] * len(grid)) for k, v in _FACTS.items()})


def _make_incidents(
    points: Sequence[tuple[float, float] | None],
    *,
    group: str | Sequence[str] = "burglary",
    day: str | Sequence[str] = "2018-07-01",
    precision: str = "day",
) -> gpd.GeoDataFrame:
    n = len(points)
    groups = [group] * n if isinstance(group, str) else list(group)
    days = [day] * n if isinstance(day, str) else list(day)
    columns = {
        "count": np.ones(n, dtype=np.int8),
        "record_kind": pd.Categorical(["offence"] * n),
        "display_group": pd.Categorical(groups),
        "occurred_start": pd.to_datetime(days).tz_localize("Europe/London"),
        "occurred_precision": pd.Categorical([precision] * n),
        "source_id": pd.Categorical(["made-up"] * n),
        "source_sha256": pd.Categorical(["ab" * 32] * n),
    }
    places = [None if xy is None else shapely.Point(xy) for xy in points]
    return gpd.GeoDataFrame(columns, geometry=places, crs="EPSG:4326")
