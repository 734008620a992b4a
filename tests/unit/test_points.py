"""Incidents on a plane in metres: none lost, none outside, no distances that are not theirs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

import hotspots as hs
from hotspots.errors import CoordinateReferenceError, FitnessError
from hotspots.fitness import (
    check_enough_points,
    check_located_cells,
    check_located_share,
    check_own_places,
    share_on_shared_places,
)
from hotspots.grid.points import points_of

if TYPE_CHECKING:
    from tests.unit.conftest import MakeGrid, MakeIncidents

SQUARE = gpd.GeoSeries([shapely.box(-1.6, 53.7, -1.5, 53.8)], crs="EPSG:4326")


def test_every_row_is_a_point_or_accounted_for(make_incidents: MakeIncidents) -> None:
    incidents = make_incidents([(-1.55, 53.75), None, (-1.51, 53.71), (0.0, 53.75), (-1.52, 53.72)])
    incidents["count"] = np.array([1, 1, 3, 1, 0], dtype=np.int8)
    points = points_of(incidents, hs.study_area(SQUARE, name="A square"))
    assert points.left_out == {"unlocated": 1, "outside_area": 1, "count_of_zero": 1}
    assert points.rows.tolist() == [0, 2]
    assert points.weights.tolist() == [1, 3]
    assert points.provenance.incidents_used == 4
    assert points.provenance.place == "A square"


def test_distances_are_those_on_the_ground(make_incidents: MakeIncidents) -> None:
    points = points_of(make_incidents([(-1.55, 53.75), (-1.55, 53.76), (-1.53, 53.75)]))
    north = np.hypot(np.diff(points.x_m[:2]), np.diff(points.y_m[:2]))[0]
    assert north == pytest.approx(1112.99, abs=0.5)  # 0.01 degrees of the meridian of WGS 84 here
    east = np.hypot(points.x_m[2] - points.x_m[0], points.y_m[2] - points.y_m[0])
    assert east == pytest.approx(1319.3, abs=0.5)


def test_an_area_across_the_antimeridian_is_whole(make_incidents: MakeIncidents) -> None:
    box = shapely.box(179.9, -17.1, 180.1, -16.9)
    halves = shapely.MultiPolygon(
        [shapely.box(179.9, -17.1, 180, -16.9), shapely.box(-180, -17.1, -179.9, -16.9)]
    )
    area = hs.study_area(gpd.GeoSeries([halves], crs="EPSG:4326"))
    points = points_of(make_incidents([(179.95, -17), (-179.95, -17)]), area)
    assert abs(points.x_m[1] - points.x_m[0]) == pytest.approx(10_650, rel=0.01)
    assert points.outline is not None
    assert points.outline.geom_type == "Polygon"
    assert points.outline.area == pytest.approx(
        box.area * 111_320**2 * np.cos(np.radians(17)), rel=0.01
    )


def test_another_crs_is_refused(make_incidents: MakeIncidents) -> None:
    incidents = make_incidents([(-1.55, 53.75)]).to_crs("EPSG:27700")
    with pytest.raises(CoordinateReferenceError, match=r"in EPSG:4326, these are in EPSG:27700"):
        points_of(incidents)


def test_counts_taken_back_are_refused(make_incidents: MakeIncidents) -> None:
    incidents = make_incidents([(-1.55, 53.75), (-1.55, 53.75)])
    incidents["count"] = np.array([1, -2], dtype=np.int8)
    with pytest.raises(FitnessError, match=r"Row 1 takes back 2 incidents"):
        points_of(incidents)


def test_no_place_at_all_is_refused(make_incidents: MakeIncidents) -> None:
    with pytest.raises(FitnessError, match=r"No incident can be placed \(unlocated: 1"):
        points_of(make_incidents([None]))


def test_stacked_and_snapped_places_are_refused_unless_told(make_incidents: MakeIncidents) -> None:
    stacked = make_incidents([(-1.55, 53.75)] * 3 + [(-1.56, 53.75)])
    points = points_of(stacked)
    assert share_on_shared_places(points) == 0.75
    said = {"what": "dbscan_hotspots", "option": "allow_shared_places=True"}
    with pytest.raises(FitnessError, match=r"75% of the incidents lie exactly where another"):
        check_own_places(points, allowed=False, **said)
    check_own_places(points, allowed=True, **said)
    apart = make_incidents([(-1.55, 53.75), (-1.56, 53.75)])
    check_own_places(points_of(apart), allowed=False, **said)
    apart["location_precision"] = pd.Categorical(["snap_point"] * 2)
    with pytest.raises(FitnessError, match=r"location_precision: snap_point"):
        check_own_places(points_of(apart), allowed=False, **said)


def test_too_few_points_are_refused(make_incidents: MakeIncidents) -> None:
    points = points_of(make_incidents([(-1.55, 53.75), None]))
    with pytest.raises(FitnessError, match=r"at least 20 incidents with a place, got 1 \(1 more"):
        check_enough_points(points, fewest=20, what="nearest_neighbor_index")


def test_metres_that_say_they_are_degrees_are_refused(make_incidents: MakeIncidents) -> None:
    incidents = make_incidents([(430_000.0, 430_000.0), None, (430_010.0, 430_000.0)])
    area = hs.study_area(SQUARE, name="A square")
    for where in (None, area):
        with pytest.raises(CoordinateReferenceError, match=r"places up to \(430010, 430000\)"):
            points_of(incidents, where)


def test_too_few_with_a_place_are_refused_and_say_what_would_help(
    make_incidents: MakeIncidents,
) -> None:
    located = [(-1.55 + i * 1e-3, 53.75) for i in range(17)]
    check_located_share(points_of(make_incidents([*located, None, None, None])), what="ripley_k")
    points = points_of(make_incidents([*located, None, None, None, None]))
    with pytest.raises(FitnessError, match=r"ripley_k speaks .* 4 of 21 rows \(19%\) have no"):
        check_located_share(points, what="ripley_k")
    outside = points_of(
        make_incidents([*located, (0.0, 53.7), None, None, None]),
        hs.study_area(SQUARE, name="A square"),
    )
    check_located_share(outside, what="ripley_k")


def test_metres_are_never_counted_as_nothing(make_incidents: MakeIncidents) -> None:
    """On a grid in degrees metres lie nowhere: the map would be all zeros, and nobody would see."""
    area = hs.study_area(SQUARE, name="A square")
    grid = hs.make_hexgrid(area, resolution=7)
    spread = make_incidents([(-1.55, 53.75), (-1.54, 53.74), (-1.52, 53.77)])
    metres = spread.to_crs("EPSG:27700")
    assert hs.count_incidents(spread, grid)["n"].sum() == 3
    for wrong, said in (
        (metres, r"these are in EPSG:27700"),
        (metres.set_crs("EPSG:4326", allow_override=True), r"which are no degrees"),
        (spread.set_crs(None, allow_override=True), r"these are in None"),
    ):
        with pytest.raises(CoordinateReferenceError, match=said):
            hs.count_incidents(wrong, grid)
        with pytest.raises(CoordinateReferenceError, match=said):
            hs.make_hexgrid(area, incidents=wrong)
        with pytest.raises(CoordinateReferenceError, match=said):
            hs.select_incidents(wrong, area=area)


def test_a_grid_that_left_out_too_many_without_a_place_is_refused(
    make_incidents: MakeIncidents, make_grid: MakeGrid
) -> None:
    grid = hs.make_hexgrid(hs.study_area(SQUARE, name="A square"), resolution=7)
    places = [(-1.59 + i * 1e-3, 53.71 + i * 1e-3) for i in range(17)]
    enough = hs.count_incidents(make_incidents([*places, None, None, None]), grid)
    check_located_cells(enough, what="local_gi_star")
    few = hs.count_incidents(make_incidents([*places, None, None, None, None]), grid)
    with pytest.raises(FitnessError, match=r"4 of the 21 rows that were counted \(19%\) had no"):
        check_located_cells(few, what="local_gi_star")
    check_located_cells(few.iloc[:0], what="local_gi_star")
    # A table that does not say it is let through.
    check_located_cells(make_grid([1, 2, 3]), what="local_gi_star")
