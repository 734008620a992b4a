from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pyproj
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

import hotspots as hs
from hotspots.crs import local_equal_area_crs
from hotspots.grid.area import study_area
from hotspots.grid.kinds import parse_squares
from hotspots.grid.placing import cells_of_points
from hotspots.grid.plane import on_plane
from hotspots.neighbours import grid_windows
from hotspots.results import provenance_of

if TYPE_CHECKING:
    from tests.unit.conftest import MakeIncidents

SQUARE = gpd.GeoSeries([shapely.box(-1.6, 53.7, -1.5, 53.8)], crs="EPSG:4326")
#: Two boxes that meet at the 180th meridian.
ACROSS = gpd.GeoSeries(
    [shapely.box(179.9, -17.1, 180, -17), shapely.box(-180, -17.1, -179.9, -17)], crs="EPSG:4326"
)
#: A ring with a sliver beside it: holes, two parts, and hardly any width.
RING = gpd.GeoSeries(
    [
        shapely.box(10, 47, 10.2, 47.1) - shapely.box(10.05, 47.02, 10.15, 47.08),
        shapely.Polygon([(10.25, 47), (10.2501, 47), (10.25, 47.1)]),
    ],
    crs="EPSG:4326",
)
PLACES = {"town": SQUARE, "across": ACROSS, "ring": RING}


def _true_km2(shape: shapely.Geometry) -> float:
    """Measure on the ellipsoid, along sides that are straight in degrees."""
    fine = shapely.segmentize(shape, 1e-3)
    return abs(float(pyproj.Geod(ellps="WGS84").geometry_area_perimeter(fine)[0])) / 1e6


def test_a_grid_says_all_that_counting_needs() -> None:
    grid = hs.make_square_grid(study_area(SQUARE, name="Square"), cell_m=500)
    assert grid.index.name == "cell"
    assert grid.index.is_unique
    assert grid.columns[-1] == "geometry"
    assert grid.crs.to_epsg() == 4326
    constant = {
        "place": "Square", "area_basis": "polygons", "resolution_basis": "given",
        "grid_kind": "squares", "cell_m": 500.0, "cell_origin_x_m": 0.0, "cell_origin_y_m": 0.0,
        "cell_crs": local_equal_area_crs(53.75, -1.55).srs,
    }  # fmt: skip
    assert {name: list(grid[name].unique()) for name in constant} == {
        name: [value] for name, value in constant.items()
    }
    assert set(grid["area_km2"]) == {0.25}
    rows, columns = parse_squares(grid.index)
    assert (np.lexsort((columns, -rows)) == np.arange(len(grid))).all()


@pytest.mark.parametrize("place", PLACES)
@settings(max_examples=25)
@given(cell_m=st.floats(700, 9_000), shift=st.tuples(st.floats(-1e4, 1e4), st.floats(-1e4, 1e4)))
def test_the_parts_inside_add_up_to_the_area(
    place: str, cell_m: float, shift: tuple[float, float]
) -> None:
    area = study_area(PLACES[place])
    grid = hs.make_square_grid(area, cell_m=cell_m, origin_m=shift)
    whole = sum(_true_km2(part) for part in shapely.get_parts(area.geometry[0]))
    assert grid["area_in_study_km2"].sum() == pytest.approx(whole, rel=1e-6)
    assert (grid["area_in_study_km2"] <= grid["area_km2"]).all()
    assert (grid["area_in_study_km2"] > 0).all()


@pytest.mark.parametrize("place", PLACES)
@settings(max_examples=25)
@given(
    cell_m=st.floats(700, 9_000),
    shift=st.tuples(st.floats(-1e4, 1e4), st.floats(-1e4, 1e4)),
    seed=st.integers(0, 2**32),
)
def test_each_point_of_the_area_lies_in_one_square(
    place: str, cell_m: float, shift: tuple[float, float], seed: int
) -> None:
    area = study_area(PLACES[place])
    grid = hs.make_square_grid(area, cell_m=cell_m, origin_m=shift)
    rng = np.random.default_rng(seed)
    points = np.concatenate(
        [
            np.column_stack([rng.uniform(w, e, 30), rng.uniform(s, n, 30)])
            for w, s, e, n in shapely.bounds(shapely.get_parts(area.geometry[0]))
        ]
    )
    points = points[shapely.contains_xy(area.geometry[0], *points.T)]
    found = cells_of_points(grid, points[:, 1], points[:, 0])
    assert (found >= 0).all()
    # An outline is drawn straight in degrees: up to 2 m beside the true sides of 9 km.
    drawn = shapely.STRtree(grid.geometry.to_numpy()).query(
        shapely.buffer(shapely.points(points), 3e-5), predicate="intersects"
    )
    assert {*zip(range(len(points)), found.tolist(), strict=True)} <= {
        *zip(*drawn.tolist(), strict=True)
    }


def test_squares_lie_beside_each_other_without_a_gap() -> None:
    grid = hs.make_square_grid(study_area(ACROSS), cell_m=700)
    corners = shapely.get_coordinates(grid.geometry.to_numpy())
    assert len(np.unique(corners, axis=0)) < len(grid) * 2
    union = shapely.union_all(grid.geometry.to_numpy())
    assert union.area == pytest.approx(shapely.area(grid.geometry.to_numpy()).sum(), rel=1e-9)
    assert union.buffer(1e-9).covers(study_area(ACROSS).geometry[0])


@pytest.mark.parametrize(("east", "cut"), [(0, False), (300, True)])
def test_squares_on_the_180th_meridian_are_cut_there(east: float, *, cut: bool) -> None:
    grid = hs.make_square_grid(study_area(ACROSS), cell_m=700, origin_m=(east, 0))
    assert (np.abs(shapely.bounds(grid.geometry.to_numpy())) <= 180).all()
    wide = grid[grid.geometry.bounds["maxx"] - grid.geometry.bounds["minx"] > 1]
    assert set(wide.geom_type) == ({"MultiPolygon"} if cut else set())
    both = cells_of_points(grid, np.array([-17.05, -17.05]), np.array([179.9999, -179.9999]))
    assert (both[0] == both[1]) == cut
    windows = grid_windows(grid)
    assert both[1] in windows.members[windows.starts[both[0]] : windows.starts[both[0] + 1]]
    # No window is torn: inside, each has nine squares.
    assert (windows.sizes == 9).sum() > 0.7 * len(grid)


def test_a_shape_cut_at_the_180th_meridian_is_whole_on_the_plane() -> None:
    shape = study_area(ACROSS).geometry.to_numpy()
    assert shapely.get_num_geometries(shape)[0] == 2
    plane = on_plane(shape, (-17.05, 180.0))
    assert shapely.get_type_id(plane)[0] == shapely.GeometryType.POLYGON
    assert plane[0].area / 1e6 == pytest.approx(_true_km2(shape[0]), rel=1e-6)


def test_a_shift_moves_every_square() -> None:
    area = study_area(SQUARE)
    here = hs.make_square_grid(area, cell_m=500)
    there = hs.make_square_grid(area, cell_m=500, origin_m=(100, -50))
    around = hs.make_square_grid(area, cell_m=500, origin_m=(600, 450))
    old, new = (g.to_crs(here["cell_crs"].iloc[0]).bounds.loc["N2E3"] for g in (here, there))
    np.testing.assert_allclose(new - old, [100, -50, 100, -50], atol=1e-6)
    np.testing.assert_allclose(
        there.geometry.to_numpy()[5].area, around.geometry.to_numpy()[5].area
    )
    assert len(around) == len(there)


def test_counting_finds_the_square_again(make_incidents: MakeIncidents) -> None:
    grid = hs.make_square_grid(study_area(SQUARE, name="Square"), cell_m=400)
    rng = np.random.default_rng(3)
    chosen = rng.integers(0, len(grid), 200)
    centres = shapely.centroid(grid.geometry.to_numpy()[chosen])
    points: list[Any] = [(p.x, p.y) for p in centres]
    incidents = make_incidents([*points, None, (0.0, 0.0), (170.0, -53.0)])
    counted = hs.count_incidents(incidents, grid)
    np.testing.assert_array_equal(counted["n"], np.bincount(chosen, minlength=len(grid)))
    rows = counted[["rows_in_cells", "rows_without_place", "rows_outside"]].iloc[0]
    assert rows.tolist() == [200, 1, 2]
    assert provenance_of(counted).place == "Square"
    some = hs.count_incidents(incidents, grid.sample(frac=0.5, random_state=1))
    assert some["n"].equals(counted["n"].loc[some.index])


def test_hot_squares_can_be_found(make_incidents: MakeIncidents) -> None:
    grid = hs.make_square_grid(study_area(SQUARE), cell_m=500)
    named = hs.name_cells(
        grid, gpd.GeoDataFrame({"name": ["Town"]}, geometry=SQUARE.to_numpy(), crs="EPSG:4326")
    )
    assert named["name"].is_unique
    assert named["name"].str.startswith("Town (").all()
    counted = hs.count_incidents(make_incidents([(-1.55, 53.75)] * 30), named)
    assert hs.concentration_share(counted).params.places == len(grid)


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"cell_m": 0}, r"cell_m must be a number of metres above 0, got 0"),
        ({"cell_m": float("nan")}, r"cell_m must be a number of metres above 0"),
        ({"cell_m": True}, r"cell_m must be a number of metres above 0, got True"),
        ({"cell_m": "500"}, r"cell_m must be a number of metres above 0, got '500'"),
        ({"cell_m": 1}, r"the most is 5,000,000\. Take cell_m=4 or more"),
        ({"cell_m": 500, "origin_m": (1, 2, 3)}, r"origin_m must be two numbers"),
        ({"cell_m": 500, "origin_m": 5}, r"origin_m must be two numbers"),
        ({"cell_m": 500, "origin_m": (0, float("inf"))}, r"origin_m must be two numbers"),
    ],
)
def test_what_is_no_grid_of_squares_is_refused(options: dict[str, Any], match: str) -> None:
    with pytest.raises(hs.HotspotsError, match=match):
        hs.make_square_grid(study_area(SQUARE), **options)


def test_the_size_that_is_proposed_is_taken() -> None:
    assert len(hs.make_square_grid(study_area(SQUARE), cell_m=400)) > 0
    with pytest.raises(hs.HotspotsError, match=r"must come from study_area"):
        hs.make_square_grid(SQUARE, cell_m=500)


def test_a_grid_that_lost_its_lattice_is_refused(make_incidents: MakeIncidents) -> None:
    grid = hs.make_square_grid(study_area(SQUARE), cell_m=500).drop(columns="cell_m")
    with pytest.raises(
        hs.HotspotsError, match=r"has no column cell_m\. Use it as make_square_grid"
    ):
        hs.count_incidents(make_incidents([(-1.55, 53.75)]), grid)
