"""Gi and Gi* beside the numbers of spdep, sfhotspot and esda; corrections beside scipy's."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import libpysal
import numpy as np
import pandas as pd
import pytest
from libpysal.examples import get_path
from libpysal.graph import Graph
from scipy import stats

import hotspots as hs
from hotspots.inference.correction import adjust_p_values
from hotspots.inference.nulls import random_points
from hotspots.inference.window_sums import window_sum_tails
from hotspots.inference.z_scores import z_scores

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray
    from tests.conformance.conftest import Agree

    Near = NDArray[np.int64]

SPDEP = "spdep 1.2-7, localG"
ESDA = "esda's documentation, G_Local"
FACTS = {
    "groups": "burglary",
    "period": "1980-01-01/1980-12-31",
    "source_id": "made-up",
    "source_sha256": "ab" * 32,
    "area_basis": "polygons",
    "area_attribution": "",
    "place": "Nowhere",
    "grid_kind": "areas",
}


def gi_star(values: NDArray[Any], near: NDArray[Any]) -> NDArray[np.float64]:
    """Score each cell with its neighbours and itself; ``near`` holds the weights."""
    return z_scores(values, near @ values, near.sum(axis=1), (near**2).sum(axis=1))


def gi(values: NDArray[Any], near: NDArray[Any]) -> NDArray[np.float64]:
    """Score each cell's neighbours without it: Gi* on all other cells."""
    scores = []
    for i in range(len(values)):
        others = np.delete(values, i)
        weight = np.delete(near[i], i)
        total, squares = weight.sum(keepdims=True), (weight**2).sum(keepdims=True)
        scores.append(z_scores(others, (weight @ others)[None], total, squares)[0])
    return np.array(scores)


def pairs_within(points: NDArray[Any], distance: float) -> Near:
    """Mark pairs of points that are no further apart, each with itself."""
    apart = np.linalg.norm(points[:, None] - points[None], axis=2)
    return np.asarray(apart <= distance + 1e-9, dtype=np.int64)


@pytest.mark.parametrize(("column", "distance"), [(f"G{d}", d) for d in (30, 60, 90, 120, 150)])
def test_gi_of_the_1996_example(
    agree: Agree, reference: Path, column: str, distance: float
) -> None:
    spdep = pd.read_csv(reference / "getisord" / "getisord_spdep_localG.csv")
    values = spdep["val"].to_numpy(dtype=np.float64)
    found = gi(values, pairs_within(spdep[["x", "y"]].to_numpy(), distance))
    agree(
        found,
        spdep[column],
        what=f"Gi, 256 cells of Getis and Ord (1996), within {distance}",
        source=SPDEP,
        within=1e-9,
    )


def test_gi_star_of_the_1996_example(agree: Agree, reference: Path) -> None:
    spdep = pd.read_csv(reference / "getisord" / "getisord_spdep_localG.csv")
    near = pairs_within(spdep[["x", "y"]].to_numpy(), 30)
    z = gi_star(spdep["val"].to_numpy(), near)
    what = "Gi*, Getis and Ord (1996)"
    agree(z, spdep["Gstar30"], what=f"{what}, 256 cells", source=SPDEP, within=1e-9)
    printed = json.loads((reference / "reference_values.json").read_text(encoding="utf-8"))
    agree(
        z[119],
        printed["gistar"]["getisord_1996"]["Gstar30"],
        what=f"{what}, the cell of the book",
        source=f"{SPDEP}, printed to 6 figures",
        within=5e-6,
    )


POINTS = np.array([[10, 10], [20, 10], [40, 10], [15, 20], [30, 20], [30, 30]])
VALUES = np.array([2, 3, 3.2, 5, 8, 7])
SIX_GI = [-1.0136729, -0.04361589, 1.31558703, -0.31412676, 1.15373986, 1.77833941]
SIX_GI_STAR = [-1.39727626, -0.28917762, 0.65064964, -0.28917762, 1.23452088, 2.02424331]


def test_the_six_points_of_esda(agree: Agree) -> None:
    near = pairs_within(POINTS, 15)
    what = "six points, neighbours within 15"
    source = f"{ESDA}, printed to 8 decimals"
    agree(gi_star(VALUES, near), SIX_GI_STAR, what=f"Gi*, {what}", source=source, within=5e-9)
    agree(gi(VALUES, near), SIX_GI, what=f"Gi, {what}", source=source, within=5e-9)


def test_equal_weights_give_the_same_score_however_large_they_are(agree: Agree) -> None:
    near = pairs_within(POINTS, 15)
    agree(
        gi_star(VALUES, near / near.sum(axis=1, keepdims=True)),
        SIX_GI_STAR,
        what="Gi*, six points, weights that add up to 1 in each row",
        source=f"{ESDA} with weights of 0 and 1, printed to 8 decimals",
        within=5e-9,
    )


def _columbus() -> gpd.GeoDataFrame:
    read = gpd.read_file(get_path("columbus.shp"))
    index = pd.Index(read["POLYID"].astype(int).astype(str), name="cell")
    # Made for a map of its own: the coordinates are in no reference system.
    shapes = gpd.GeoSeries(read.geometry.translate(-8, -11).to_numpy(), index=index)
    grid = gpd.GeoDataFrame(
        {"n": 1, "crime": read["CRIME"].to_numpy(), "area_km2": 1.0, "area_in_study_km2": 1.0},
        geometry=shapes,
        index=index,
        crs="EPSG:4326",
    )
    return grid.assign(**FACTS)


def _columbus_graph(reference: Path) -> Graph:
    pairs = pd.read_csv(reference / "columbus" / "columbus_nb_edges_1based.csv").astype(str)
    return Graph.from_arrays(pairs["i"].to_numpy(), pairs["j"].to_numpy(), np.ones(len(pairs)))


def test_columbus(agree: Agree, reference: Path) -> None:
    spdep = pd.read_csv(reference / "columbus" / "columbus_crime_spdep.csv")
    grid, graph = _columbus(), _columbus_graph(reference)
    result = hs.local_gi_star(grid, column="crime", null="normal", graph=graph)
    agree(
        result.data["gi_star"],
        spdep["GiStar_B"],
        what="Gi*, columbus crime, 49 areas, local_gi_star(null='normal')",
        source=SPDEP,
        within=1e-9,
    )
    near = graph.sparse.toarray()
    order = [int(name) - 1 for name in graph.unique_ids]
    agree(
        gi(spdep["CRIME"].to_numpy()[order], near),
        spdep["Gi_B"].to_numpy()[order],
        what="Gi, columbus crime, 49 areas",
        source=SPDEP,
        within=1e-9,
    )


def test_columbus_as_printed(agree: Agree) -> None:
    """The neighbours are those that libpysal brings along, so this runs in every clone.

    The two lists differ by three pairs, none of which has one of the first four areas.
    """
    grid = _columbus()
    file = libpysal.io.open(get_path("columbus.gal"))
    graph = Graph.from_W(file.read())
    file.close()
    result = hs.local_gi_star(grid, column="crime", null="normal", graph=graph)
    agree(
        result.data["gi_star"].iloc[:4],
        [-1.43278, -1.340008, -0.7719987, -0.1317334],
        what="Gi*, columbus crime, first four areas",
        source=f"{SPDEP}, printed to 7 figures",
        within=5e-7,
    )


def _memphis(reference: Path) -> pd.DataFrame:
    return pd.read_csv(reference / "memphis" / "peer_hotspot_gistar_utm15_default.csv.gz")


def _memphis_sums(peer: pd.DataFrame) -> tuple[Near, Near]:
    """Add up each square of 500 m and the eight around it: incidents, and squares."""
    column = ((peer["cx"] - peer["cx"].min()) / 500).round().astype(int)
    row = ((peer["cy"] - peer["cy"].min()) / 500).round().astype(int)
    board = np.zeros((2, row.max() + 3, column.max() + 3), dtype=np.int64)
    board[:, row + 1, column + 1] = peer["n"].to_numpy(), np.ones(len(peer))
    steps = [(i, j) for i in (-1, 0, 1) for j in (-1, 0, 1)]
    around = np.sum([np.roll(board, step, (1, 2)) for step in steps], axis=0)
    sums, sizes = around[:, row + 1, column + 1]
    return sums, sizes


def test_memphis_robberies(agree: Agree, reference: Path) -> None:
    peer = _memphis(reference)
    sums, sizes = _memphis_sums(peer)
    agree(
        z_scores(peer["n"].to_numpy(), sums, sizes),
        peer["gistar"],
        what="Gi*, Memphis robberies 2019, 3,302 squares of 500 m",
        source="sfhotspot 1.0.0, hotspot_gistar",
        within=1e-9,
    )


@pytest.mark.parametrize(("adjust", "hot"), [("fdr_bh", 278), ("fdr_by", 178), ("bonferroni", 125)])
def test_memphis_hot_cells_of_the_normal_test(
    agree: Agree, reference: Path, adjust: str, hot: int
) -> None:
    peer = _memphis(reference)
    adjusted = adjust_p_values(peer["pvalue"].to_numpy(), adjust)
    agree(
        ((adjusted <= 0.05) & (peer["gistar"] > 0)).sum(),
        hot,
        what=f"Hot cells of the peer's own p-values, Memphis, after {adjust}",
        source="sfhotspot 1.0.0 and R's p.adjust",
        within=0,
    )


@pytest.mark.parametrize(
    ("null", "hot", "empty"), [("shuffled cells", 45, 7), ("random points", 501, None)]
)
def test_memphis_hot_cells_of_the_exact_tests(
    agree: Agree, reference: Path, null: str, hot: int, empty: int | None
) -> None:
    peer = _memphis(reference)
    sums, sizes = _memphis_sums(peer)
    counts = peer["n"].to_numpy()
    if null == "shuffled cells":
        p_values = window_sum_tails(counts, 9).at_least(sums, sizes)
    else:
        p_values = random_points(counts, np.ones(len(counts)), sizes.astype(np.float64)).at_least(
            sums
        )
    found = adjust_p_values(p_values, "fdr_bh") <= 0.05
    what, source = "Memphis robberies 2019", "a prototype written apart from this library"
    agree(found.sum(), hot, what=f"Hot cells, {what}, {null}, exact", source=source, within=0)
    if empty is not None:
        without = (found & (counts == 0)).sum()
        what = f"Hot cells without a robbery, {what}, {null}, exact"
        agree(without, empty, what=what, source=source, within=0)


def test_corrections_are_those_of_scipy(agree: Agree) -> None:
    p_values = np.random.default_rng(1).beta(0.3, 3, 5000)
    for ours, theirs in (("fdr_bh", "bh"), ("fdr_by", "by")):
        agree(
            adjust_p_values(p_values, ours),
            stats.false_discovery_control(p_values, method=theirs),
            what=f"Correction {ours}, 5,000 p-values",
            source="scipy, false_discovery_control",
            within=1e-12,
        )


#: The p-values of section 3.2; their own test at 5 % finds four of them, Bonferroni's three.
BH_1995 = [
    *(0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240),
    *(0.4262, 0.5719, 0.6528, 0.7590, 1.0000),
]


def test_the_example_of_benjamini_and_hochberg(agree: Agree) -> None:
    source = "Benjamini and Hochberg (1995), section 3.2"
    for adjust, found in (("fdr_bh", 4), ("bonferroni", 3)):
        agree(
            (adjust_p_values(np.array(BH_1995), adjust) <= 0.05).sum(),
            found,
            what=f"Hypotheses rejected of 15, {adjust}",
            source=source,
            within=0,
        )


def test_random_points_are_the_binomial_of_scipy(agree: Agree) -> None:
    rng = np.random.default_rng(2)
    area = rng.uniform(0.5, 1.0, 400)
    window = np.minimum(area * 7, area.sum())
    counts = rng.multinomial(2_000, area / area.sum())
    sums = rng.integers(0, 80, 400)
    null = random_points(counts, area, window)
    expected = stats.binom.sf(sums - 1, 2_000, window / area.sum())
    agree(
        null.at_least(sums) / expected,
        np.ones(400),
        what="Chance of a window sum under random points, 400 windows, ratio",
        source="scipy, binom.sf",
        within=1e-10,
    )
