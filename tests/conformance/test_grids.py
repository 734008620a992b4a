"""Windows, areas and populations on cells, beside what other programs give."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import pytest
import shapely
from libpysal.examples import get_path
from libpysal.graph import Graph

import hotspots as hs
from hotspots.crs import centre_of, local_equal_area_crs
from hotspots.grid.placing import cells_of_points
from hotspots.neighbours import grid_windows

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conformance.conftest import Agree


def _counties() -> gpd.GeoDataFrame:
    return gpd.read_file(get_path("sids2.shp")).set_crs(4267).to_crs(4326)


def test_neighbours_of_counties_are_those_of_spdep(agree: Agree) -> None:
    windows = grid_windows(hs.area_grid(_counties()))
    links = int(windows.sizes.sum()) - 100
    agree(links, 490, what="Links between 100 counties, nc.sids", source="spdep, poly2nb", within=0)


@pytest.mark.parametrize(("name", "links"), [("columbus.shp", 236), ("sids2.shp", 490)])
def test_neighbours_of_areas_are_those_of_libpysal(agree: Agree, name: str, links: int) -> None:
    # columbus is drawn on a plane of its own; who touches whom does not depend on where it lies.
    shapes = gpd.read_file(get_path(name)).geometry.set_crs(4326, allow_override=True)
    codes = [f"{i:03d}" for i in range(len(shapes))]
    grid = hs.area_grid(gpd.GeoDataFrame({"code": codes}, geometry=shapes))
    ours, theirs = (
        grid_windows(grid, graph=graph)
        for graph in (None, Graph.build_contiguity(grid, rook=False))
    )
    assert ours.members.size == links + len(grid)
    agree(
        ours.members,
        theirs.members,
        what=f"Members of the windows, {name.removesuffix('.shp')}",
        source="libpysal, Graph.build_contiguity",
        within=0,
    )


def test_areas_are_those_on_the_ellipsoid(agree: Agree) -> None:
    counties = _counties()
    geod = pyproj.Geod(ellps="WGS84")
    fine = shapely.segmentize(counties.geometry.to_numpy(), 1e-3)
    true = [abs(geod.geometry_area_perimeter(shape)[0]) / 1e6 for shape in fine]
    theirs = pd.Series(true, index=counties["NAME"]).sort_index()
    agree(
        hs.area_grid(counties)["area_km2"],
        theirs,
        what="Area of 100 counties, nc.sids, in km2",
        source="GeographicLib, by pyproj.Geod",
        within=1e-6,
        relative=True,
    )
    squares = hs.make_square_grid(hs.study_area(counties), cell_m=20_000)
    agree(
        squares["area_in_study_km2"].sum(),
        theirs.sum(),
        what="Area of squares of 20 km inside nc.sids, in km2",
        source="GeographicLib, by pyproj.Geod",
        within=1e-6,
        relative=True,
    )


def test_births_on_hexagons_are_those_of_an_overlay(agree: Agree) -> None:
    counties = _counties()
    area = hs.study_area(counties)
    grid = hs.make_hexgrid(area, resolution=4)
    ours, _ = hs.population_in_cells(grid, counties, population="BIR74", denominator="births")
    # Sides of 40 km bend on the plane; in pieces they do not.
    metres = local_equal_area_crs(*centre_of(grid.geometry.to_numpy()))
    whole = counties[["NAME", "BIR74", "geometry"]].copy()
    whole.geometry = whole.segmentize(0.01)
    cells = grid[["geometry"]].segmentize(0.01).to_frame("geometry").reset_index()
    whole = whole.to_crs(metres)
    parts = gpd.overlay(whole, cells.to_crs(metres))
    share = parts.area / parts["NAME"].map(whole.set_index("NAME").area)
    theirs = (share * parts["BIR74"]).groupby(parts["cell"]).sum().reindex(grid.index, fill_value=0)
    agree(
        ours,
        theirs,
        what="Births of 100 counties on hexagons, by area, nc.sids",
        source="geopandas.overlay",
        within=1e-6,
    )


@pytest.fixture
def memphis(reference: Path) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Give precincts, census blocks as points, and robberies."""
    folder = reference / "memphis"
    precincts = gpd.read_file(f"/vsigzip/{folder}/memphis_precincts.geojson.gz")
    precincts.geometry = precincts.make_valid()
    tables = (
        pd.read_csv(folder / name)
        for name in ("memphis_population.csv.gz", "memphis_robberies.csv")
    )
    blocks, robberies = (
        gpd.GeoDataFrame(t, geometry=gpd.points_from_xy(t.longitude, t.latitude), crs=4326)
        for t in tables
    )
    return precincts, blocks, robberies


def test_residents_of_memphis_are_all_accounted_for(
    agree: Agree,
    memphis: tuple[gpd.GeoDataFrame, gpd.GeoDataFrame, gpd.GeoDataFrame],
) -> None:
    precincts, blocks, _ = memphis
    city = hs.study_area(precincts, name="Memphis")
    grid = hs.make_hexgrid(city, resolution=8)
    with pytest.warns(UserWarning, match=r"67 of 634,612 residents \(0\.011 %\) are outside"):
        own, account = hs.population_in_cells(
            grid, blocks, population="population", denominator="residents", area=city
        )
    agree(
        account.placed + account.outside,
        blocks["population"].sum(),
        what="Residents of Memphis, census blocks on hexagons",
        source="sum of the blocks in the file",
        within=1e-6,
    )
    with pytest.warns(UserWarning, match="67 of 634,612 residents"):
        by_precinct, _ = hs.population_in_cells(
            hs.area_grid(precincts, code="precinct"),
            blocks,
            population="population",
            denominator="residents",
        )
    known = precincts.assign(residents=by_precinct.reindex(precincts["precinct"]).to_numpy())
    asked = {"population": "residents", "denominator": "residents"}
    there = hs.population_in_cells(grid, known, points=blocks, weight="population", **asked)
    agree(
        there.population,
        own,
        what="Residents of Memphis on hexagons, from precincts by the blocks in them",
        source="the blocks themselves",
        within=1e-9,
    )
    even, _ = hs.population_in_cells(grid, known, **asked)
    assert even.sum() == pytest.approx(own.sum(), rel=1e-9)
    # What an even spread costs; docs/grids.md prints it.
    assert (even - own).abs().sum() / 2 / own.sum() == pytest.approx(0.39, abs=5e-3)


def test_robberies_by_precinct_are_those_of_a_spatial_join(
    agree: Agree,
    memphis: tuple[gpd.GeoDataFrame, gpd.GeoDataFrame, gpd.GeoDataFrame],
) -> None:
    precincts, _, robberies = memphis
    grid = hs.area_grid(precincts, code="precinct")
    points = robberies.geometry
    at = cells_of_points(grid, points.y.to_numpy(), points.x.to_numpy())
    joined = gpd.sjoin(robberies[["geometry"]], grid[["geometry"]], predicate="within")
    agree(
        np.bincount(at[at >= 0], minlength=len(grid)),
        joined.groupby("cell").size().reindex(grid.index, fill_value=0),
        what="Robberies in 9 precincts of Memphis, 2019",
        source="geopandas.sjoin",
        within=0,
    )


def test_incidents_in_census_areas_are_those_of_a_spatial_join(agree: Agree) -> None:
    incidents, _ = hs.load_sample("west-yorkshire-2018-07")
    grid = hs.area_grid(hs.read_areas(hs.sample_path("west-yorkshire-lsoa")), code="lsoa_code")
    ours = hs.count_incidents(incidents, grid)["n"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        joined = gpd.sjoin(incidents[["geometry"]].dropna(), grid[["geometry"]])
    theirs = joined[~joined.index.duplicated()].groupby("cell").size()
    agree(
        ours,
        theirs.reindex(grid.index, fill_value=0),
        what="Incidents in 1,388 census areas of West Yorkshire",
        source="geopandas.sjoin, first of several",
        within=0,
    )
