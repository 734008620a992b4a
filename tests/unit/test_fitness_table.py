"""Each refusal that docs/fitness.md tells of happens, to each method, in the words printed."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

import hotspots as hs
from hotspots.errors import HotspotsError
from hotspots.fitness import check_hours_known

if TYPE_CHECKING:
    from tests.unit.conftest import MakeGrid, MakeIncidents

DOCS: Final = Path(__file__).parents[2] / "docs"
BEGIN, END = "<!-- table: what is asked -->\n", "<!-- end of the table -->\n"

Asks = dict[str, Callable[[gpd.GeoDataFrame], object]]

AREA: Final[gpd.GeoDataFrame] = hs.study_area(
    gpd.GeoSeries([shapely.box(-1.65, 53.75, -1.45, 53.85)], crs="EPSG:4326"), name="A box"
)
SPREAD: Final = np.random.default_rng(1).uniform((-1.64, 53.76), (-1.46, 53.84), (60, 2)).round(6)

#: Methods on incidents, and what they are asked here.
ON_POINTS: Final[Asks] = {
    "dbscan_hotspots": lambda points: hs.dbscan_hotspots(points, eps_m=300, min_incidents=30),
    "hdbscan_hotspots": lambda points: hs.hdbscan_hotspots(points, min_incidents=30),
    "k_distance": lambda points: hs.k_distance(points, k=30),
    "kernel_density": lambda points: hs.kernel_density(points, AREA, bandwidth_m=3000),
    "bandwidth_table": lambda points: hs.bandwidth_table(points, AREA),
    "relative_risk": lambda points: hs.relative_risk(
        points, points, AREA, bandwidth_m=3000, n_permutations=99, rng=1
    ),
    "nearest_neighbor_index": lambda points: hs.nearest_neighbor_index(points, AREA),
    "ripley_k": lambda points: hs.ripley_k(points, AREA),
}
#: Methods that measure distances between incidents.
DISTANCES: Final = (
    "dbscan_hotspots",
    "hdbscan_hotspots",
    "k_distance",
    "nearest_neighbor_index",
    "ripley_k",
)
#: Methods on counts that test cells, and those that measure concentration.
TESTS: Final[Asks] = {
    "local_gi_star": hs.local_gi_star,
    "local_moran": lambda grid: hs.local_moran(grid, n_permutations=99, rng=1),
}
VALUES: Final[Asks] = {
    "global_moran": lambda grid: hs.global_moran(grid, n_permutations=99, rng=1),
}
SCAN: Final[Asks] = {
    "scan_hotspots": lambda grid: hs.scan_hotspots(grid, n_simulations=99, rng=1),
}
CONCENTRATION: Final[Asks] = {
    "lorenz_curve": hs.lorenz_curve,
    "gini_index": hs.gini_index,
    "concentration_share": hs.concentration_share,
}
#: What reads a result or a plan, not data of its own.
READS_RESULTS: Final = ("false_alarm_rate", "correct_together", "cluster_table", "scan_clusters")


class Bad:
    """Data that cannot carry a method, each in one way."""

    def __init__(self, make_incidents: MakeIncidents, make_grid: MakeGrid) -> None:
        self.incidents, self.grid = make_incidents, make_grid

    def _spread(self, n: int = 60, without: int = 0) -> gpd.GeoDataFrame:
        return self.incidents([*map(tuple, SPREAD[:n].tolist()), *[None] * without])

    def few(self) -> gpd.GeoDataFrame:
        return self._spread(20)

    def metres(self) -> gpd.GeoDataFrame:
        return self._spread().to_crs("EPSG:27700")

    def mislabelled(self) -> gpd.GeoDataFrame:
        return self._spread().to_crs("EPSG:27700").set_crs("EPSG:4326", allow_override=True)

    def mixed(self) -> gpd.GeoDataFrame:
        kinds = pd.Categorical(["offence"] * 40 + ["concern"] * 20)
        return self._spread().assign(record_kind=kinds)

    def negative(self) -> gpd.GeoDataFrame:
        return self._spread().assign(count=np.array([1] * 59 + [-2], dtype=np.int8))

    def unlocated(self) -> gpd.GeoDataFrame:
        return self._spread(40, without=20)

    def snapped(self) -> gpd.GeoDataFrame:
        return self._spread().assign(location_precision=pd.Categorical(["snap_point"] * 60))

    def stacked(self) -> gpd.GeoDataFrame:
        return self.incidents([*map(tuple, SPREAD[:20].tolist())] * 3)

    def month_only(self) -> gpd.GeoDataFrame:
        return self.incidents([(-1.5, 53.8)] * 60, precision="month")

    def midnight(self) -> gpd.GeoDataFrame:
        return self.incidents([(-1.5, 53.8)] * 60, precision="minute")

    def no_incident(self) -> gpd.GeoDataFrame:
        return self.grid([0] * 61)

    def few_cells(self) -> gpd.GeoDataFrame:
        return self.grid([5, 4, 0, 1, 2, 3, 0])

    def even(self) -> gpd.GeoDataFrame:
        return self.grid([3] * 61)

    def taken_back(self) -> gpd.GeoDataFrame:
        return self.grid([3] * 60 + [-1])

    def broken(self) -> gpd.GeoDataFrame:
        return self.grid([1] * 61).assign(n=0.5)

    def unlocated_cells(self) -> gpd.GeoDataFrame:
        grid = self.grid(list(range(61)))
        return grid.assign(rows_in_cells=1500, rows_without_place=500, rows_outside=330)

    def one_place(self) -> gpd.GeoDataFrame:
        return self.grid([60])


Rows = list[tuple[str, str, Asks]]


def _rows() -> Rows:
    """Give what is asked, the data that lack it, and the methods that ask."""
    apart = {name: ON_POINTS[name] for name in DISTANCES}
    counts = TESTS | SCAN | CONCENTRATION
    again: Asks = {
        "hotspot_stability": lambda points: hs.hotspot_stability(points, AREA, hs.local_gi_star)
    }
    counted = again | {"count_incidents": lambda points: hs.count_incidents(points, AREA)}
    return [
        ("One kind of record: offences, or residents' concerns", "mixed", ON_POINTS | counted),
        (
            "Degrees in EPSG:4326, which the method moves to metres itself",
            "metres",
            ON_POINTS | counted,
        ),
        ("Degrees that are degrees", "mislabelled", ON_POINTS | counted),
        ("No incident taken back", "negative", ON_POINTS),
        ("Enough incidents with a place", "few", ON_POINTS),
        ("A place for 85 % of the rows", "unlocated", ON_POINTS),
        ("Places of the incidents' own", "snapped", apart),
        ("Places that most do not share", "stacked", apart),
        ("Whole counts", "broken", counts),
        ("No count below zero", "taken_back", counts),
        ("Any incident at all", "no_incident", counts),
        ("A place for 85 % of the rows counted", "unlocated_cells", TESTS | SCAN),
        ("30 cells", "few_cells", TESTS | VALUES),
        ("Cells that differ", "even", TESTS | VALUES),
        ("Places to compare", "one_place", CONCENTRATION),
        (
            "The day of each incident",
            "month_only",
            {
                "scan_space_time": lambda rows: hs.scan_space_time(
                    rows, hs.make_hexgrid(AREA, resolution=8)
                )
            },
        ),
        (
            "The hour of each incident",
            "month_only",
            {"check_hours_known": lambda rows: check_hours_known(rows, what="This method")},
        ),
        (
            "An hour that is not a form's default",
            "midnight",
            {"check_hours_known": lambda rows: check_hours_known(rows, what="This method")},
        ),
    ]


def _said(ask: Callable[[gpd.GeoDataFrame], object], data: gpd.GeoDataFrame, method: str) -> str:
    with pytest.raises(HotspotsError) as caught:
        ask(data)
    text = str(caught.value)
    # What stops a method must say what to do about it: at least two sentences.
    assert len(re.findall(r"[.:] ", text)) >= 1, text
    return text.replace(method, "…")


def _table(bad: Bad) -> str:
    lines = ["| What is asked | of | what is said otherwise |", "|---|---|---|"]
    for asked, data, methods in _rows():
        said = [_said(ask, getattr(bad, data)(), name) for name, ask in methods.items()]
        names = ", ".join(f"`{name}`" for name in methods)
        lines.append(f"| {asked} | {names} | {said[0]} |")
    return "\n".join(lines) + "\n"


def test_the_table_of_the_manual_is_what_is_said(
    make_incidents: MakeIncidents, make_grid: MakeGrid
) -> None:
    page = (DOCS / "fitness.md").read_text(encoding="utf-8")
    there = page.split(BEGIN)[1].split(END)[0].strip()
    assert there == _table(Bad(make_incidents, make_grid)).strip()


def test_each_method_of_the_manual_asks_something() -> None:
    listed = (DOCS / "api.rst").read_text(encoding="utf-8").split("Methods\n---")[1]
    methods = re.findall(r"^   ([a-z_]+)$", listed.split("Show\n---")[0], flags=re.MULTILINE)
    asked = {name for _, _, names in _rows() for name in names}
    assert [name for name in methods if name not in asked | {*READS_RESULTS}] == []
