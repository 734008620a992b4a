"""Fixtures that several rooms share: the real sample, read and judged once a worker."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pytest

import hotspots as hs

if TYPE_CHECKING:
    import geopandas as gpd


class WestYorkshire(NamedTuple):
    """Burglary in West Yorkshire, July 2018, from the file to the result."""

    incidents: gpd.GeoDataFrame
    quality: hs.QualityReport
    areas: gpd.GeoDataFrame
    burglary: gpd.GeoDataFrame
    left_out: dict[str, int]
    grid: gpd.GeoDataFrame
    result: hs.HotspotResult


@pytest.fixture(scope="session")
def west_yorkshire() -> WestYorkshire:
    incidents, quality = hs.load_sample("west-yorkshire-2018-07")
    known = hs.areas_of(incidents)
    assert known is not None
    areas, place = known
    burglary, left_out = hs.select_incidents(incidents, offence="burglary")
    grid = hs.make_hexgrid(hs.study_area(areas, name=place), incidents=burglary)
    grid = hs.count_incidents(burglary, hs.name_cells(grid, areas))
    result = hs.local_gi_star(grid)
    return WestYorkshire(incidents, quality, areas, burglary, left_out, grid, result)
