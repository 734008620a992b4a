"""Moran's I, global and local, beside spdep's and esda's."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import geopandas as gpd
import h3
import libpysal
import numpy as np
import pandas as pd
import pytest
from esda.moran import Moran, Moran_Local, Moran_Rate
from libpysal.examples import get_path
from libpysal.graph import Graph

import hotspots as hs
from hotspots.cells import cell_areas_km2, cell_polygons
from hotspots.methods.autocorrelation.links import links_between
from hotspots.methods.autocorrelation.local_testing import local_statistic
from hotspots.neighbours import grid_windows

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conformance.conftest import Agree

FACTS = {
    "groups": "burglary",
    "period": "1979-07-01/1984-06-30",
    "source_id": "made-up",
    "source_sha256": "ab" * 32,
    "area_basis": "polygons",
    "area_attribution": "",
    "place": "Nowhere",
}
SPDEP = "spdep 1.2-7, moran.test, printed to 7 figures"


def _columbus(reference: Path) -> tuple[gpd.GeoDataFrame, Graph]:
    table = pd.read_csv(reference / "columbus" / "columbus_crime_spdep.csv")
    edges = pd.read_csv(reference / "columbus" / "columbus_nb_edges_1based.csv")
    graph = Graph.from_arrays(edges["i"], edges["j"], np.ones(len(edges)))
    points = gpd.points_from_xy(table["X"], table["Y"])
    grid = gpd.GeoDataFrame(table.drop(columns="POLYID"), geometry=points)
    grid.index = pd.Index(table["POLYID"], name="cell")
    return grid, graph


def _weights(name: str) -> libpysal.weights.W:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        read = libpysal.io.open(get_path(name))
        weights = read.read()
        read.close()
    weights.transform = "r"
    return weights


def _frame(table: pd.DataFrame, weights: libpysal.weights.W) -> tuple[gpd.GeoDataFrame, Graph]:
    points = gpd.points_from_xy(np.arange(len(table)), np.zeros(len(table)))
    grid = gpd.GeoDataFrame(table, geometry=points)
    grid.index = pd.Index(weights.id_order, name="cell")
    return grid, Graph.from_W(weights)


def test_columbus_is_that_of_spdep(agree: Agree, reference: Path) -> None:
    grid, graph = _columbus(reference)
    found = hs.global_moran(grid, column="CRIME", graph=graph, n_permutations=99, rng=1)
    assert found.data is not None
    what = "columbus, crime"
    agree(found.estimate, 0.4857709, what=f"Moran's I, {what}", source=SPDEP, within=5e-8)
    z = found.data.loc["randomisation", "z"]
    agree(z, 5.342714, what=f"Moran's I, z, {what}", source=SPDEP, within=5e-7)


def test_columbus_cell_by_cell_is_that_of_spdep(agree: Agree, reference: Path) -> None:
    grid, graph = _columbus(reference)
    links = links_between(grid, np.ones(len(grid), dtype=bool), n_rings=1, graph=graph)
    values = grid["CRIME"].to_numpy()
    ours = local_statistic(values, links @ values, np.diff(links.indptr))
    agree(
        ours,
        grid["Ii"],
        what="Local Moran, columbus, crime",
        source="spdep 1.2-7, localmoran",
        within=1e-9,
    )


def test_the_manual_of_esda_prints_ours(agree: Agree) -> None:
    """Homicide rates around St Louis, 1988-93, as the examples of esda's manual give them."""
    table = pd.read_csv(get_path("stl_hom.txt"), skiprows=1)
    grid, graph = _frame(table[["HR8893"]], _weights("stl.gal"))
    found = hs.global_moran(grid, column="HR8893", graph=graph, n_permutations=99, rng=1)
    assert found.data is not None
    what = "homicide rates around St Louis, 1988-93"
    source = "esda, manual, printed"
    agree(
        found.estimate,
        0.24365582621771659,
        what=f"Moran's I, {what}",
        source=source,
        within=1e-12,
    )
    agree(
        found.data.loc["normality", "p_value"],
        0.00027147862770937614 / 2,
        what=f"Moran's I, one-sided normal p, {what}",
        source=source,
        within=1e-12,
    )


def test_moments_are_those_of_esda(agree: Agree) -> None:
    table = pd.read_csv(get_path("stl_hom.txt"), skiprows=1)
    weights = _weights("stl.gal")
    grid, graph = _frame(table[["HR8893"]], weights)
    found = hs.global_moran(grid, column="HR8893", graph=graph, n_permutations=99, rng=1)
    peer = Moran(table["HR8893"].to_numpy(), weights, permutations=0)
    assert found.data is not None
    agree(
        found.data.loc[["normality", "randomisation"], ["expected", "variance", "z"]]
        .to_numpy()
        .ravel(),
        [peer.EI, peer.VI_norm, peer.z_norm, peer.EI, peer.VI_rand, peer.z_rand],
        what="Moran's I, moments and z, St Louis",
        source="esda, Moran",
        within=1e-12,
    )


def test_rates_are_those_of_esda(agree: Agree) -> None:
    """Sudden infant deaths in North Carolina, 1979-84: printed in esda's manual as 0.1662."""
    read = gpd.read_file(get_path("sids2.shp"))
    weights = _weights("sids2.gal")
    table = pd.DataFrame({"n": read["SID79"].astype("int64"), "births": read["BIR79"]})
    grid, graph = _frame(table, weights)
    found = hs.global_moran(
        grid.assign(**FACTS),
        population="births",
        denominator="births",
        graph=graph,
        n_permutations=99,
        rng=1,
    )
    peer = Moran_Rate(
        table["n"].to_numpy(dtype=float), table["births"].to_numpy(), weights, permutations=0
    )
    what = "Moran's I of rates (Assuncao and Reis), sids2 1979"
    agree(found.estimate, peer.I, what=what, source="esda, Moran_Rate", within=1e-12)
    agree(found.estimate, 0.1662, what=what, source="esda, manual, printed", within=5e-5)


@pytest.mark.filterwarnings("ignore:The alternative hypothesis:DeprecationWarning")
def test_p_values_of_busy_cells_are_those_of_many_permutations(agree: Agree) -> None:
    """The exact tail beside esda's 9,999 permutations, which are right to 0.02 or so.

    The counts are large, so that ties matter little: esda compares sums of rounded numbers.
    """
    cells = sorted(h3.grid_disk(h3.latlng_to_cell(53.8, -1.55, 8), 9))
    areas = cell_areas_km2(cells)
    counts = np.random.default_rng(3).negative_binomial(1.0, 0.02, len(cells))
    grid = gpd.GeoDataFrame(
        {"n": counts, "area_km2": areas, "area_in_study_km2": areas},
        geometry=cell_polygons(cells),
        index=pd.Index(cells, name="cell"),
        crs="EPSG:4326",
    ).assign(**FACTS)
    ours = hs.local_moran(grid, cap_quantile=None).data
    windows = grid_windows(grid)
    owner = np.repeat(np.arange(len(cells)), windows.sizes)
    other = owner != windows.members
    links = Graph.from_arrays(
        owner[other], windows.members[other], np.ones(int(other.sum()))
    ).transform("R")
    peer = Moran_Local(counts.astype(float), links, permutations=9_999, seed=1, n_jobs=1)
    n = len(cells)
    agree(
        ours["local_moran"],
        peer.Is * n / (n - 1),
        what="Local Moran, made-up counts on 271 hexagons",
        source="esda, Moran_Local (which divides by n - 1)",
        within=1e-12,
    )
    busy = (ours["quadrant"] == "high-high").to_numpy() & (peer.p_sim < 0.4)
    assert busy.sum() > 30
    agree(
        ours["p_value"][busy],
        peer.p_sim[busy],
        what="Local Moran, exact p, high-high cells",
        source="esda, Moran_Local, 9,999 permutations",
        within=0.025,
    )
