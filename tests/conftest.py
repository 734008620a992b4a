"""Fixtures that several rooms share: the real sample, read once a worker, and a made-up release."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, NamedTuple, Protocol

import h3
import numpy as np
import pandas as pd
import pytest
from hypothesis import settings

import hotspots as hs
from hotspots.publish.policy import OPEN
from hotspots.publish.release import SEAL, Account, Layer, Release, Source, stamped
from hotspots.publish.suppression import band_counts
from hotspots.words import message

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd

# How long an example takes is the machine's affair; benchmarks/ is for that.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


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


class MakeRelease(Protocol):
    """Make a release of a made-up place without going through the gate."""

    def __call__(
        self,
        *,
        n_cells: int = 2000,
        groups: tuple[str, ...] = ("burglary",),
        place: str = "Ambridge",
        names: Sequence[str] = (),
        text: str = "Street file",
    ) -> Release: ...


@pytest.fixture(scope="session")
def make_release() -> MakeRelease:
    return _make_release


def _make_release(
    *,
    n_cells: int = 2000,
    groups: tuple[str, ...] = ("burglary",),
    place: str = "Ambridge",
    names: Sequence[str] = (),
    text: str = "Street file",
) -> Release:
    """Give ``names`` to the first rows of the table, and ``text`` to all that a feed may say."""
    centre = h3.latlng_to_cell(52.2, -1.9, 8)
    ring = h3.grid_disk(centre, 26)
    cells = sorted(ring, key=lambda cell: (h3.grid_distance(centre, cell), cell))[:n_cells]
    away = np.array([h3.grid_distance(centre, cell) for cell in cells])
    titles = [*names, *(f"Ambridge {number:03d}A" for number in range(len(cells)))][: len(cells)]
    rng = np.random.default_rng(7)
    tables, layers = [], []
    for group in groups:
        # One busy middle; the far rim is not tested.
        bands = band_counts(rng.poisson(0.5 + 24 * np.exp(-away / 4)), OPEN)
        word = np.select([away < 4, away > 24], ["hot", ""], "not significant").astype(object)
        word[word == ""] = None
        key = f"{group}|2018-07-01/2018-07-31"
        tables.append(bands.assign(layer=key, cell=cells, name=titles, hotspot=word))
        layers.append(_layer(key, group, int((word == "hot").sum())))
    table = pd.concat(tables, ignore_index=True)
    made = Release(
        place=place,
        area_attribution="Areas by Nobody's Survey.",
        resolution=8,
        layers=tuple(layers),
        table=table[["layer", "cell", "name", "count", "low", "high", "hotspot"]],
        sources=(_source(text),),
        policy=OPEN,
        notes=(message("publish.small_counts", min_count=5, low=0, high=4, rounding=5),),
        receipt={"made_with": "crime-hotspots 0"},
        seal=SEAL,
    )
    return stamped(made)


def _layer(key: str, group: str, hot_cells: int) -> Layer:
    accounts = (("rows_read", 30000, 30002, 30000), ("unlocated", 0, 4, None))
    return Layer(
        key=key,
        groups=(group,),
        period_start=date(2018, 7, 1),
        period_end=date(2018, 7, 31),
        method="local_gi_star",
        null="shuffled_cells",
        adjust="fdr_bh",
        alpha=0.05,
        hot_cells=hot_cells,
        accounts=tuple(
            Account(key=f"publish.account_{what}", low=low, high=high, shown=shown)
            for what, low, high, shown in accounts
        ),
        share_shown_percent=45,
        caveats=(message("methods.cells_with_neighbours", cells=7),),
    )


def _source(text: str) -> Source:
    return Source(
        title=text,
        publisher=text,
        licence=text,
        licence_url="https://example.org/licence",
        attribution=text,
        file_sha256="cd" * 32,
        caveats=(text,),
    )
