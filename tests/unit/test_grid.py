from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import h3
import numpy as np
import pandas as pd
import pytest
import shapely

from hotspots.cells import cell_areas_km2, cell_polygons
from hotspots.errors import (
    CoordinateReferenceError,
    FitnessError,
    ParameterError,
    SchemaMismatchError,
)
from hotspots.grid import count_incidents, make_hexgrid, name_cells, study_area
from hotspots.grid.hexgrid import COARSEST_CHOSEN, EXPECTED_IN_WINDOW, FINEST_CHOSEN
from hotspots.results import provenance_of

if TYPE_CHECKING:
    from tests.unit.conftest import MakeIncidents

SQUARE = gpd.GeoSeries([shapely.box(-1.6, 53.7, -1.5, 53.8)], crs="EPSG:4326")
#: Two boxes that meet at the 180th meridian.
ACROSS = gpd.GeoSeries(
    [shapely.box(179.9, -17.1, 180, -17), shapely.box(-180, -17.1, -179.9, -17)], crs="EPSG:4326"
)


def _metres_squared(area: gpd.GeoDataFrame, epsg: int) -> float:
    return float(area.to_crs(epsg).area.iloc[0])


# study_area


def test_an_area_is_one_row_with_what_it_was_made_from() -> None:
    area = study_area(SQUARE, name="Square")
    assert list(area.columns) == ["name", "area_basis", "area_attribution", "geometry"]
    assert area.loc[0, ["name", "area_basis"]].tolist() == ["Square", "polygons"]
    assert area.crs.to_epsg() == 4326


def test_polygons_in_another_crs_are_moved_and_overlaps_count_once() -> None:
    twice = gpd.GeoSeries([SQUARE[0], SQUARE[0]], crs="EPSG:4326").to_crs(27700)
    assert study_area(twice).geometry[0].symmetric_difference(SQUARE[0]).area < 1e-6


def test_a_polygon_that_crosses_itself_is_repaired() -> None:
    bow_tie = shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])
    with pytest.warns(UserWarning, match=r"1 of 1 shapes cross .* from 0 to 0\.5 square degrees"):
        area = study_area(gpd.GeoSeries([bow_tie], crs="EPSG:4326"))
    assert area.geometry[0].is_valid
    assert area.geometry[0].area == pytest.approx(0.5)


def test_the_name_of_a_single_polygon_is_taken() -> None:
    one = gpd.GeoDataFrame({"name": ["Leeds"]}, geometry=SQUARE)
    assert study_area(one).loc[0, "name"] == "Leeds"
    assert study_area(one, name="Town").loc[0, "name"] == "Town"
    assert study_area(SQUARE).loc[0, "name"] == "study area"


def test_a_buffer_is_in_metres() -> None:
    side = study_area(SQUARE, buffer_m=1000).to_crs(27700).total_bounds
    before = SQUARE.to_crs(27700).total_bounds
    np.testing.assert_allclose(np.abs(side - before), 1000, atol=15)


def test_a_buffer_across_the_antimeridian_stays_in_place() -> None:
    area = study_area(ACROSS, buffer_m=500)
    assert area.geometry[0].geom_type == "MultiPolygon"
    assert area.geometry[0].is_valid
    grown = _metres_squared(area, 3460) / _metres_squared(study_area(ACROSS), 3460)
    assert 1.05 < grown < 1.2
    west, _, east, _ = area.total_bounds
    assert (west, east) == (-180, 180)


def test_incidents_give_their_hull_and_say_so(make_incidents: MakeIncidents) -> None:
    points = [(-1.6, 53.7), (-1.5, 53.7), (-1.55, 53.8), None]
    area = study_area(make_incidents(points))
    assert area.loc[0, "area_basis"] == "incidents"
    assert area.geometry[0].area == pytest.approx(0.005)


@pytest.mark.parametrize("middle", [0.0, 180.0, -179.97])
def test_polygons_in_metres_may_cross_the_antimeridian(middle: float) -> None:
    plane = f"+proj=tmerc +lat_0=-17 +lon_0={middle} +ellps=WGS84 +units=m"
    square = gpd.GeoSeries([shapely.box(-4_000, -4_000, 4_000, 4_000)], crs=plane)
    area = study_area(square)
    whole = area.to_crs("+proj=laea +lat_0=-17 +lon_0=180 +datum=WGS84" if middle else "+proj=cea")
    assert whole.area.item() / 1e6 == pytest.approx(64.0, rel=1e-4)


def test_longitudes_beyond_180_are_cut_there() -> None:
    area = study_area(gpd.GeoSeries([shapely.box(179.9, -17.1, 180.1, -17)], crs="EPSG:4326"))
    boxes = shapely.get_parts(area.geometry.iloc[0])
    assert area.total_bounds == pytest.approx([-180, -17.1, 180, -17])
    assert shapely.area(boxes).tolist() == pytest.approx([0.01, 0.01])


def test_incidents_on_both_sides_of_the_antimeridian_have_a_small_hull(
    make_incidents: MakeIncidents,
) -> None:
    area = study_area(make_incidents([(179.9, -17.0), (-179.9, -17.0), (180.0, -17.1)]))
    assert area.geometry[0].area == pytest.approx(0.01)
    assert area.total_bounds[[0, 2]].tolist() == [-180, 180]


def test_incidents_on_a_line_need_a_buffer(make_incidents: MakeIncidents) -> None:
    line = make_incidents([(-1.6, 53.7), (-1.5, 53.7)])
    with pytest.raises(FitnessError, match="lie on one line"):
        study_area(line)
    assert study_area(line, buffer_m=100).geometry[0].area > 0


def test_cells_make_an_area() -> None:
    cells = h3.grid_disk(h3.latlng_to_cell(53.8, -1.55, 8), 3)
    area = study_area(cells)
    assert area.loc[0, "area_basis"] == "cells"
    assert set(make_hexgrid(area, resolution=8).index) == set(cells)


@pytest.mark.parametrize(
    ("shapes", "error", "text"),
    [
        (gpd.GeoSeries(SQUARE.to_numpy()), CoordinateReferenceError, "do not say their CRS"),
        (gpd.GeoSeries([], crs=4326), FitnessError, "Nothing here has a place"),
        (gpd.GeoSeries([None], crs=4326), FitnessError, "Nothing here has a place"),
        (SQUARE.boundary, ParameterError, "polygons alone or points alone, got LineString"),
        (shapely.box(0, 0, 1, 1), ParameterError, "got a Polygon"),
        ([], ParameterError, "got a list"),
        (["nonsense"], ParameterError, "'nonsense' is not an H3 cell"),
        (
            gpd.GeoSeries([shapely.Polygon([(0, 0), (1, 1), (2, 2)])], crs=4326),
            ParameterError,
            "cover no area",
        ),
    ],
)
def test_what_is_no_area_is_refused(shapes: object, error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        study_area(shapes)


@pytest.mark.parametrize("buffer_m", [-1.0, float("nan"), float("inf")])
def test_a_senseless_buffer_is_refused(buffer_m: float) -> None:
    with pytest.raises(ParameterError, match="buffer_m must be 0 or more metres"):
        study_area(SQUARE, buffer_m=buffer_m)


# make_hexgrid


@pytest.mark.parametrize("shapes", [SQUARE, ACROSS])
def test_a_grid_covers_its_area_exactly(shapes: gpd.GeoSeries) -> None:
    grid = make_hexgrid(study_area(shapes), resolution=8)
    assert grid.index.name == "cell"
    assert grid.index.is_monotonic_increasing
    assert grid.index.is_unique
    np.testing.assert_allclose(grid["area_km2"], cell_areas_km2(grid.index))
    assert (grid["area_in_study_km2"] <= grid["area_km2"]).all()
    assert (grid["area_in_study_km2"] > 0).all()
    assert shapely.union_all(grid.geometry).buffer(1e-6).covers(study_area(shapes).geometry[0])
    # h3 measures on a sphere, the CRS on the ellipsoid: they agree to half a per cent.
    epsg = 27700 if shapes is SQUARE else 3460
    true_km2 = _metres_squared(study_area(shapes), epsg) / 1e6
    assert grid["area_in_study_km2"].sum() == pytest.approx(true_km2, rel=5e-3)


def test_every_cell_that_overlaps_is_there_and_no_other() -> None:
    shape = SQUARE[0]
    grid = make_hexgrid(study_area(SQUARE), resolution=8)
    near = h3.grid_disk(h3.latlng_to_cell(53.75, -1.55, 8), 15)
    overlap = {
        cell
        for cell, polygon in zip(near, cell_polygons(near), strict=True)
        if polygon.intersection(shape).area > 1e-6 * polygon.area
    }
    assert set(grid.index) == overlap


def test_a_larger_area_only_adds_cells() -> None:
    small = make_hexgrid(study_area(SQUARE), resolution=8)
    large = make_hexgrid(study_area(SQUARE, buffer_m=900), resolution=8)
    assert set(small.index) < set(large.index)


def test_the_resolution_is_chosen_from_the_incidents(make_incidents: MakeIncidents) -> None:
    area = study_area(SQUARE)
    rng = np.random.default_rng(5)
    chosen = []
    for n in (1, 60, 400, 2_500, 17_000, 120_000):
        points = list(zip(rng.uniform(-1.6, -1.5, n), rng.uniform(53.7, 53.8, n), strict=True))
        grid = make_hexgrid(area, incidents=make_incidents(points))
        resolution = h3.get_resolution(grid.index[0])
        expected = 7 * n * grid["area_km2"].mean() / grid["area_in_study_km2"].sum()
        finer = expected / 7
        assert expected >= EXPECTED_IN_WINDOW or resolution == COARSEST_CHOSEN
        assert finer < EXPECTED_IN_WINDOW or resolution == FINEST_CHOSEN
        assert set(grid["resolution_basis"]) == {"chosen"}
        chosen.append(resolution)
    assert chosen == sorted(chosen)
    assert {6, 10} <= set(chosen)


def test_incidents_elsewhere_do_not_make_cells_finer(make_incidents: MakeIncidents) -> None:
    elsewhere = make_incidents([(0.0, 0.0)] * 5_000 + [None] * 5_000)
    grid = make_hexgrid(study_area(SQUARE), incidents=elsewhere)
    assert h3.get_resolution(grid.index[0]) == 6


def test_a_grid_needs_a_resolution_from_somewhere() -> None:
    with pytest.raises(ParameterError, match="needs a resolution, or the incidents"):
        make_hexgrid(study_area(SQUARE))


def test_absurd_sizes_are_refused_before_they_are_made() -> None:
    with pytest.raises(ParameterError, match="Take resolution 13 or coarser"):
        make_hexgrid(study_area(SQUARE), resolution=15)


def test_polygons_are_not_yet_an_area() -> None:
    with pytest.raises(ParameterError, match=r"must come from study_area\(\.\.\.\)"):
        make_hexgrid(SQUARE, resolution=8)


# count_incidents


def test_counts_keep_zero_cells_and_what_was_counted(make_incidents: MakeIncidents) -> None:
    grid = make_hexgrid(study_area(SQUARE, name="Square"), resolution=8)
    lat, lng = h3.cell_to_latlng(grid.index[40])
    incidents = make_incidents([(lng, lat), (lng, lat), None, (0.0, 0.0)])
    before = grid.copy()
    counted = count_incidents(incidents, grid)
    assert counted["n"].dtype == np.int64
    assert counted["n"].sum() == counted["n"].iloc[40] == 2
    assert (counted.index == grid.index).all()
    assert counted.columns[-1] == "geometry"
    assert grid.equals(before)
    facts = provenance_of(counted)
    assert facts.groups == ("burglary",)
    assert (str(facts.period_start), str(facts.period_end)) == ("2018-07-01", "2018-07-01")
    assert facts.incidents_used == 2


def test_an_area_is_covered_with_cells_of_a_size_that_is_chosen(
    make_incidents: MakeIncidents,
) -> None:
    points = [(-1.55 + 0.001 * i, 53.75 + 0.0007 * i) for i in range(60)]
    incidents = make_incidents(points)
    area = study_area(gpd.GeoSeries([shapely.box(-1.6, 53.7, -1.45, 53.85)], crs="EPSG:4326"))
    counted = count_incidents(incidents, area)
    expected = count_incidents(incidents, make_hexgrid(area, incidents=incidents))
    pd.testing.assert_frame_equal(pd.DataFrame(counted), pd.DataFrame(expected))
    assert provenance_of(counted).area_basis == "polygons"
    assert set(counted["resolution_basis"]) == {"chosen"}


def test_a_grid_of_one_cell_is_no_area(make_incidents: MakeIncidents) -> None:
    area = study_area(gpd.GeoSeries([shapely.box(-1.6, 53.7, -1.45, 53.85)], crs="EPSG:4326"))
    grid = make_hexgrid(area, resolution=8).iloc[:1]
    assert count_incidents(make_incidents([(-1.5, 53.8)]), grid).index.equals(grid.index)


def test_counts_do_not_depend_on_the_order_of_rows(make_incidents: MakeIncidents) -> None:
    grid = make_hexgrid(study_area(SQUARE), resolution=8)
    rng = np.random.default_rng(2)
    points = list(zip(rng.uniform(-1.6, -1.5, 300), rng.uniform(53.7, 53.8, 300), strict=True))
    incidents = make_incidents(points)
    counted = count_incidents(incidents, grid)["n"]
    shuffled = count_incidents(
        incidents.sample(frac=1, random_state=1), grid.sample(frac=1, random_state=2)
    )["n"]
    assert counted.sum() == 300
    assert counted.equals(shuffled.sort_index())


def test_the_column_count_is_what_counts(make_incidents: MakeIncidents) -> None:
    grid = make_hexgrid(study_area(SQUARE), resolution=8)
    incidents = make_incidents([(-1.55, 53.75)] * 3)
    incidents["count"] = np.array([2, 0, -1], dtype=np.int8)
    assert count_incidents(incidents, grid)["n"].sum() == 1


def test_months_and_groups_add_up(make_incidents: MakeIncidents) -> None:
    grid = make_hexgrid(study_area(SQUARE), resolution=8)
    incidents = make_incidents(
        [(-1.55, 53.75)] * 4,
        group=["burglary", "robbery", "robbery", "robbery"],
        day=["2018-05-01", "2018-05-01", "2018-07-01", "2018-07-01"],
        precision="month",
    )
    by_month = count_incidents(incidents, grid, by="month")
    months = ["n_2018-05", "n_2018-06", "n_2018-07"]
    assert by_month[months].sum().tolist() == [2, 0, 2]
    assert by_month["period"].iloc[0] == "2018-05-01/2018-07-31"
    by_group = count_incidents(incidents, grid, by="group")
    assert by_group[["n_burglary", "n_robbery"]].sum().tolist() == [1, 3]
    assert by_group["groups"].iloc[0] == "burglary,robbery"
    assert (by_group[["n_burglary", "n_robbery"]].sum(axis=1) == by_group["n"]).all()


def test_counting_by_something_else_is_refused(make_incidents: MakeIncidents) -> None:
    grid = make_hexgrid(study_area(SQUARE), resolution=8)
    with pytest.raises(ParameterError, match="by must be None, 'month' or 'group', got 'week'"):
        count_incidents(make_incidents([None]), grid, by="week")


def test_no_incidents_and_no_period_mean_nothing(make_incidents: MakeIncidents) -> None:
    grid = make_hexgrid(study_area(SQUARE), resolution=8)
    with pytest.raises(FitnessError, match="unknown what zero would mean"):
        count_incidents(make_incidents([None]).iloc[:0], grid)


def test_offences_and_concerns_are_never_counted_together(make_incidents: MakeIncidents) -> None:
    grid = make_hexgrid(study_area(SQUARE), resolution=8)
    both = make_incidents([(-1.55, 53.75)] * 3)
    both["record_kind"] = pd.Categorical(["offence", "concern", "concern"])
    wanted = r"2 of the kind 'concern', 1 of the kind 'offence'.*never counted together"
    with pytest.raises(FitnessError, match=wanted):
        count_incidents(both, grid)
    # One kind alone is counted, also where the column could hold the other.
    concerns = both[both["record_kind"] == "concern"]
    assert count_incidents(concerns, grid)["n"].sum() == 2


def test_frames_that_do_not_fit_are_refused(make_incidents: MakeIncidents) -> None:
    grid = make_hexgrid(study_area(SQUARE), resolution=8)
    with pytest.raises(SchemaMismatchError, match="The incidents have no column count"):
        count_incidents(make_incidents([None]).drop(columns="count"), grid)
    with pytest.raises(SchemaMismatchError, match="The grid has no cells in its index"):
        count_incidents(make_incidents([None]), grid.reset_index(drop=True))


# name_cells


def _halves() -> gpd.GeoDataFrame:
    west, east = shapely.box(-1.6, 53.7, -1.55, 53.8), shapely.box(-1.55, 53.7, -1.5, 53.8)
    return gpd.GeoDataFrame({"name": ["West", "East"]}, geometry=[west, east], crs="EPSG:4326")


def test_cells_are_named_after_the_area_of_their_centre() -> None:
    named = name_cells(make_hexgrid(study_area(SQUARE), resolution=8), _halves())
    assert named["name"].is_unique
    lng = np.array([h3.cell_to_latlng(cell)[1] for cell in named.index])
    assert (named["name"].str.startswith("West") == (lng < -1.55)).all()


def test_names_are_numbered_from_north_to_south() -> None:
    named = name_cells(make_hexgrid(study_area(SQUARE), resolution=8), _halves())
    east = named[named["name"].str.startswith("East")]
    number = east["name"].str.extract(r"\((\d+)\)$")[0].astype(int).to_numpy()
    lat = np.array([h3.cell_to_latlng(cell)[0] for cell in east.index])
    assert sorted(number) == list(range(1, len(east) + 1))
    assert (np.diff(lat[np.argsort(number)]) <= 0).all()


def test_a_name_that_one_cell_has_is_left_alone() -> None:
    grid = make_hexgrid(study_area(SQUARE), resolution=8)
    lat, lng = h3.cell_to_latlng(grid.index[50])
    halves = _halves()
    areas = gpd.GeoDataFrame(
        {"name": ["Speck", *halves["name"]]},
        geometry=[shapely.Point(lng, lat).buffer(1e-4), *halves.geometry],
        crs="EPSG:4326",
    )
    assert name_cells(grid, areas)["name"].iloc[50] == "Speck"


def test_cells_off_the_areas_take_the_overlap_and_then_the_nearest() -> None:
    cells = h3.grid_disk(h3.latlng_to_cell(53.75, -1.55, 8), 2)
    grid = make_hexgrid(study_area(cells), resolution=8)
    edge = h3.grid_ring(h3.latlng_to_cell(53.75, -1.55, 8), 2)[0]
    corner = shapely.Point(shapely.get_coordinates(grid.geometry[edge])[0])
    lat, lng = h3.cell_to_latlng(edge)
    away = shapely.Point(lng + 1, lat)
    areas = gpd.GeoDataFrame(
        {"label": ["Corner", "Away"]},
        geometry=[corner.buffer(1e-3), away.buffer(1e-3)],
        crs="EPSG:4326",
    )
    named = name_cells(grid, areas, name_column="label")
    assert named.loc[edge, "name"].startswith("Corner")
    assert not named["name"].str.startswith("Away").any()
    assert named["name"].notna().all()


def test_areas_that_cannot_name_are_refused() -> None:
    grid = make_hexgrid(study_area(SQUARE), resolution=7)
    with pytest.raises(SchemaMismatchError, match="no column 'ward'; give name_column"):
        name_cells(grid, _halves(), name_column="ward")
    with pytest.raises(ParameterError, match="no areas to name the cells after"):
        name_cells(grid, _halves().iloc[:0])
    with pytest.raises(CoordinateReferenceError, match="do not say their CRS"):
        name_cells(grid, gpd.GeoDataFrame(_halves(), crs=None).set_crs(None, allow_override=True))
    with pytest.raises(SchemaMismatchError, match="empty in row 1"):
        name_cells(grid, _halves().assign(name=["West", None]))
