"""Kernel density: it adds up, it says what it did, and it refuses what the data cannot carry."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import hotspots as hs
from hotspots.errors import FitnessError, HotspotsError, ParameterError
from hotspots.methods.density.ground import ground_of
from hotspots.words import say

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from tests.unit.conftest import MakeIncidents

BOX = shapely.box(-1.62, 53.70, -1.50, 53.78)
HOLED = BOX.difference(shapely.box(-1.57, 53.73, -1.55, 53.75))


def _area(shape: shapely.Geometry = BOX) -> gpd.GeoDataFrame:
    return hs.study_area(gpd.GeoSeries([shape], crs="EPSG:4326"), name="A box")


def _scatter(
    make: MakeIncidents, n: int = 300, seed: int = 1, shape: shapely.Geometry = BOX
) -> gpd.GeoDataFrame:
    rng = np.random.default_rng(seed)
    left, low, right, high = shapely.bounds(shape)
    x = np.clip(rng.normal((left + right) / 2, (right - left) / 4, 4 * n), left, right)
    y = rng.uniform(low, high, 4 * n)
    inside = shapely.contains_xy(shape, x, y)
    return make(list(zip(x[inside][:n], y[inside][:n], strict=True)))


def _total(result: hs.HotspotResult) -> float:
    return float((result.data["density_per_km2"] * result.data["inside_km2"]).sum())


@pytest.mark.parametrize("kernel", ["quartic", "gaussian", "epanechnikov"])
@pytest.mark.parametrize(("adaptive", "shape"), [(False, BOX), (True, HOLED)])
def test_with_diggles_correction_the_density_adds_up_to_the_incidents(
    make_incidents: MakeIncidents,
    kernel: str,
    adaptive: bool,  # noqa: FBT001
    shape: shapely.Geometry,
) -> None:
    incidents = _scatter(make_incidents, shape=shape)
    asked = {"bandwidth_m": 700.0, "kernel": kernel, "adaptive": adaptive, "resolution": 10}
    result = hs.kernel_density(incidents, _area(shape), **asked)  # type: ignore[arg-type]
    assert _total(result) == pytest.approx(300, rel=1e-3)
    assert result.params.integral == pytest.approx(_total(result))
    lost = hs.kernel_density(incidents, _area(shape), edge="none", **asked)  # type: ignore[arg-type]
    assert _total(lost) < 297


def test_the_size_of_cells_that_the_bandwidth_chooses_is_fine_enough(
    make_incidents: MakeIncidents,
) -> None:
    incidents = _scatter(make_incidents)
    for bandwidth in (700.0, 1000.0, 1750.0, 2900.0):
        result = hs.kernel_density(incidents, _area(), bandwidth_m=bandwidth)
        assert result.params.cells_from == "bandwidth"
        assert result.params.cell_m <= result.params.spread_m / 2
        assert result.params.integral == pytest.approx(300, rel=1e-3)


def test_an_islet_far_out_does_not_blow_the_density_up(make_incidents: MakeIncidents) -> None:
    islet = shapely.box(-1.40, 53.74, -1.399999, 53.740001)  # a tenth of a metre
    land = shapely.MultiPolygon([BOX, islet])
    inside = shapely.get_coordinates(_scatter(make_incidents).geometry)
    points = [*map(tuple, inside), (-1.3999995, 53.7400005)]
    for edge in ("diggle", "uniform"):
        for adaptive in (False, True):
            asked = {"bandwidth_m": 1500.0, "resolution": 8, "edge": edge, "adaptive": adaptive}
            found = hs.kernel_density(make_incidents(points), _area(land), **asked)  # type: ignore[arg-type]
            assert np.isfinite(found.data["density_per_km2"]).all()
            assert found.params.incidents == 301
            assert found.params.integral == pytest.approx(300, rel=0.05)


def test_uniform_correction_is_right_where_incidents_are_spread_evenly(
    make_incidents: MakeIncidents,
) -> None:
    x, y = np.meshgrid(np.linspace(-1.62, -1.5, 241)[1::2], np.linspace(53.70, 53.78, 241)[1::2])
    incidents = make_incidents(list(zip(x.ravel(), y.ravel(), strict=True)))
    asked = {"bandwidth_m": 1200.0, "resolution": 9}
    even = hs.kernel_density(incidents, _area(), edge="uniform", **asked)  # type: ignore[arg-type]
    density = even.data["density_per_km2"]
    mean = len(incidents) / even.data["inside_km2"].sum()
    assert density.min() > 0.98 * mean
    assert density.max() < 1.02 * mean
    none = hs.kernel_density(incidents, _area(), edge="none", **asked)  # type: ignore[arg-type]
    assert none.data["density_per_km2"].min() < 0.5 * mean


def test_a_grid_is_its_own_window_and_keeps_its_rows(make_incidents: MakeIncidents) -> None:
    incidents = _scatter(make_incidents)
    wards = gpd.GeoDataFrame(
        {"code": [f"W{i:02}" for i in range(48)]},
        geometry=[
            shapely.box(-1.62 + x / 100, 53.7 + y / 50, -1.61 + x / 100, 53.72 + y / 50)
            for x in range(12)
            for y in range(4)
        ],
        crs="EPSG:4326",
    )
    assert hs.kernel_density(
        incidents, hs.area_grid(wards, code="code"), bandwidth_m=4000.0
    ).params.integral == pytest.approx(300, rel=0.02)
    for grid in (
        hs.make_hexgrid(_area(), resolution=9),
        hs.make_square_grid(_area(), cell_m=300.0),
    ):
        backwards = grid.iloc[::-1]
        result = hs.kernel_density(incidents, backwards, bandwidth_m=1200.0)
        assert result.data.index.equals(backwards.index)
        assert result.params.cells_from == "grid"
        assert _total(result) == pytest.approx(300, rel=2e-3)
        assert {*grid.columns} < {*result.data.columns}
        assert "density_per_km2" not in grid.columns
        # The cells reach over the outline, so that their window is larger than the study area.
        assert result.data["inside_km2"].sum() > grid["area_in_study_km2"].sum()


def test_incidents_outside_the_cells_are_left_out(make_incidents: MakeIncidents) -> None:
    grid = hs.make_hexgrid(_area(), resolution=8)
    inside = _scatter(make_incidents, 60)
    ground = ground_of(inside, grid.iloc[:20])
    held = gpd.sjoin(inside, grid.iloc[:20], predicate="within")
    assert ground.incidents == len(held)
    assert ground.points.left_out["outside_area"] == 60 - len(held)
    assert ground.points.provenance.incidents_used == len(held)
    whole = hs.make_hexgrid(_area(), resolution=9)
    along = shapely.bounds(whole.geometry)[:, :2].sum(axis=1)
    corners = whole.iloc[[along.argmin(), along.argmax()]]
    middle = make_incidents([(-1.56, 53.74)] * 40)
    with pytest.raises(FitnessError, match="No incident lies in any cell of the grid"):
        hs.kernel_density(middle, corners, bandwidth_m=2000.0)
    away = hs.make_hexgrid(_area(shapely.box(3.0, 50.0, 3.1, 50.1)), resolution=8)
    with pytest.raises(FitnessError, match="No incident can be placed"):
        hs.kernel_density(inside, away, bandwidth_m=2000.0)


def test_a_count_is_as_many_rows(make_incidents: MakeIncidents) -> None:
    once = _scatter(make_incidents, 100)
    weighed = once.copy()
    weighed["count"] = np.tile(np.array([1, 3], dtype=np.int8), 50)
    many = once.loc[once.index.repeat(weighed["count"])].reset_index(drop=True)
    for options in ({"edge": "uniform"}, {"adaptive": True}, {"rule": "ppl", "bandwidth_m": None}):
        asked = {"bandwidth_m": 900.0} | options
        one, two = (hs.kernel_density(i, _area(), resolution=9, **asked) for i in (weighed, many))
        assert one.params.incidents == two.params.incidents == 200
        assert np.allclose(one.data["density_per_km2"], two.data["density_per_km2"], rtol=1e-9)


def test_all_rows_twice_is_twice_the_density(make_incidents: MakeIncidents) -> None:
    once = _scatter(make_incidents)
    twice = pd.concat([once, once], ignore_index=True)
    asked = {"bandwidth_m": 900.0, "adaptive": True}
    one, two = (hs.kernel_density(i, _area(), **asked).data for i in (once, twice))  # type: ignore[arg-type]
    assert np.allclose(2 * one["density_per_km2"], two["density_per_km2"], rtol=1e-9)
    assert np.allclose(one["share_of_max"], two["share_of_max"], rtol=1e-9)
    assert one["share_of_max"].max() == 1


@settings(max_examples=3, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=st.permutations(range(60)))
def test_the_order_of_rows_does_not_matter(make_incidents: MakeIncidents, order: list[int]) -> None:
    incidents = _scatter(make_incidents, 60)
    for rule in ("ppl", "scott"):
        asked = {"rule": rule, "bandwidth_m": None, "resolution": 9}
        here = hs.kernel_density(incidents, _area(), **asked)  # type: ignore[arg-type]
        there = hs.kernel_density(incidents.iloc[order], _area(), **asked)  # type: ignore[arg-type]
        assert here.params == there.params
        assert here.data["density_per_km2"].equals(there.data["density_per_km2"])


def test_far_noise_does_not_change_what_is_here(make_incidents: MakeIncidents) -> None:
    wide = _area(shapely.box(-1.62, 53.70, -1.1, 53.78))
    here = _scatter(make_incidents)
    noise = _scatter(make_incidents, 200, seed=2, shape=shapely.box(-1.2, 53.7, -1.1, 53.78))
    both = pd.concat([here, noise], ignore_index=True)
    asked = {"bandwidth_m": 1200.0, "resolution": 8}
    one, two = (hs.kernel_density(i, wide, **asked).data for i in (here, both))  # type: ignore[arg-type]
    west = shapely.bounds(one.geometry)[:, 2] < -1.3
    assert np.array_equal(one["density_per_km2"][west], two["density_per_km2"][west])
    assert two["density_per_km2"][~west].max() > 5


def test_an_area_given_in_feet_gives_the_same_map(make_incidents: MakeIncidents) -> None:
    incidents = _scatter(make_incidents, shape=shapely.buffer(BOX, -0.005))
    feet = gpd.GeoSeries([shapely.segmentize(BOX, 0.001)], crs="EPSG:4326").to_crs("EPSG:2222")
    one = hs.kernel_density(incidents, _area(), bandwidth_m=1200.0, resolution=8)
    two = hs.kernel_density(incidents, hs.study_area(feet), bandwidth_m=1200.0, resolution=8)
    assert one.data.index.equals(two.data.index)
    assert np.allclose(one.data["density_per_km2"], two.data["density_per_km2"], rtol=1e-3)


def test_the_antimeridian_is_no_edge(make_incidents: MakeIncidents) -> None:
    rng = np.random.default_rng(4)
    x, y = rng.uniform(-0.1, 0.1, 400), rng.uniform(-17.1, -16.9, 400)
    totals = []
    for middle in (178.0, 180.0):
        lng = (x + middle + 180) % 360 - 180
        box = shapely.box(middle - 0.1, -17.1, middle + 0.1, -16.9)
        if middle == 180.0:
            box = shapely.MultiPolygon(
                [shapely.box(179.9, -17.1, 180, -16.9), shapely.box(-180, -17.1, -179.9, -16.9)]
            )
        incidents = make_incidents(list(zip(lng, y, strict=True)))
        area = _area(box)
        result = hs.kernel_density(incidents, area, bandwidth_m=4000.0, edge="none", resolution=8)
        totals.append(_total(result))
        grid = hs.make_hexgrid(area, resolution=8)
        ours = hs.kernel_density(incidents, grid, bandwidth_m=4000.0)
        assert _total(ours) == pytest.approx(400, rel=2e-3)
    assert totals[0] == pytest.approx(totals[1], rel=2e-3)


def test_adaptive_is_sharper_in_the_thick_and_wider_in_the_thin(
    make_incidents: MakeIncidents,
) -> None:
    incidents = _scatter(make_incidents)
    fixed = hs.kernel_density(incidents, _area(), bandwidth_m=1000.0, resolution=9)
    own = hs.kernel_density(incidents, _area(), bandwidth_m=1000.0, resolution=9, adaptive=True)
    assert own.params.smallest_bandwidth_m < 1000 < own.params.largest_bandwidth_m <= 5000
    assert own.data["density_per_km2"].max() > fixed.data["density_per_km2"].max()
    assert fixed.params.smallest_bandwidth_m == fixed.params.largest_bandwidth_m == 1000
    uniform = hs.kernel_density(
        incidents, _area(), bandwidth_m=1000.0, resolution=9, adaptive=True, edge="uniform"
    )
    assert np.isfinite(uniform.data["density_per_km2"]).all()


def test_it_claims_nothing_and_says_so(make_incidents: MakeIncidents) -> None:
    result = hs.kernel_density(_scatter(make_incidents), _area(), edge="none")
    assert not {"hotspot", "p_value", "p_adjusted"} & {*result.data.columns}
    said = [say(one) for one in result.caveats]
    assert "It tests nothing" in said[0]
    assert "reach of the quartic kernel), chosen by the rule ppl" in said[1]
    assert any("near it the map shows too little" in text for text in said)
    assert any("their size was chosen from the kernel" in text for text in said)
    assert result.params.rule == "ppl"
    assert result.params.bandwidth_means == "reach"
    assert result.params_dict()["unit"] == "incidents per km2 over the whole period"
    user = hs.kernel_density(
        _scatter(make_incidents), _area(), bandwidth_m=400, kernel="gaussian", adaptive=True
    )
    said = [say(one) for one in user.caveats]
    assert "400 m (standard deviation of the gaussian kernel), as asked for" in said[1]
    assert any("Incidents that lie close together" in text for text in said)
    assert user.params.rule == "user"
    hull = hs.study_area(_scatter(make_incidents))
    shown = hs.kernel_density(_scatter(make_incidents), hull, bandwidth_m=900)
    assert "methods.area_from_incidents" in {one.key for one in shown.caveats}


def test_each_kernel_has_its_own_bandwidth_for_one_spread(make_incidents: MakeIncidents) -> None:
    incidents = _scatter(make_incidents)
    found = {
        kernel: hs.kernel_density(incidents, _area(), rule="scott", kernel=kernel, resolution=8)
        for kernel in ("quartic", "gaussian", "epanechnikov")
    }
    spreads = [result.params.spread_m for result in found.values()]
    assert spreads == pytest.approx([spreads[0]] * 3)
    ratio = found["quartic"].params.bandwidth_m / found["gaussian"].params.bandwidth_m
    assert ratio == pytest.approx(np.sqrt(8))
    maps = [result.data["density_per_km2"] for result in found.values()]
    assert all(np.corrcoef(maps[0], other)[0, 1] > 0.995 for other in maps[1:])


def test_listed_places_are_said_and_a_kernel_within_the_list_is_refused(
    make_incidents: MakeIncidents,
) -> None:
    x, y = np.meshgrid(np.linspace(-1.61, -1.51, 8), np.linspace(53.71, 53.77, 8))
    snapped = make_incidents(list(zip(x.ravel(), y.ravel(), strict=True)))
    snapped["location_precision"] = pd.Categorical(["snap_point"] * len(snapped))
    wide = hs.kernel_density(snapped, _area(), bandwidth_m=3000.0, resolution=8)
    assert "density.listed_places" in {one.key for one in wide.caveats}
    with pytest.raises(FitnessError, match=r"places of a list, half of which have no other place"):
        hs.kernel_density(snapped, _area(), bandwidth_m=500.0, resolution=9)
    stacked = make_incidents([(-1.55, 53.75)] * 30 + [(-1.56, 53.74)] * 10)
    said = hs.kernel_density(stacked, _area(), bandwidth_m=3000.0, resolution=8).caveats
    assert "density.listed_places" in {one.key for one in said}
    one_place = make_incidents([(-1.55, 53.75)] * 40)
    single = hs.kernel_density(one_place, _area(), bandwidth_m=3000.0, resolution=8)
    assert single.params.places == 1


def test_a_kernel_narrower_than_the_cells_is_refused(make_incidents: MakeIncidents) -> None:
    incidents = _scatter(make_incidents)
    with pytest.raises(FitnessError, match=r"deviation of 141 m, and the cells are \d+ m wide"):
        hs.kernel_density(incidents, _area(), bandwidth_m=400.0, resolution=8)
    coarse = hs.kernel_density(incidents, _area(), bandwidth_m=1200.0, resolution=8)
    assert abs(coarse.params.integral / 300 - 1) < 0.05
    with pytest.raises(ParameterError, match="asks for more than 1,000,000 cells on 71 km2"):
        hs.kernel_density(incidents, _area(), bandwidth_m=10.0)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"kernel": "triangle"}, "kernel must be one of 'quartic', 'gaussian', 'epanechnikov'"),
        ({"edge": "reflect"}, "edge must be one of 'none', 'uniform', 'diggle', got 'reflect'"),
        ({"rule": "silverman"}, "rule must be one of 'scott'"),
        ({"bandwidth_m": 0.0}, "bandwidth_m must be a positive number of metres, got 0.0"),
        ({"bandwidth_m": float("nan")}, "bandwidth_m must be a positive number of metres, got nan"),
        ({"bandwidth_m": "wide"}, "bandwidth_m must be a positive number of metres, got 'wide'"),
        ({"bandwidth_m": True}, "bandwidth_m must be a positive number of metres, got True"),
        (
            {"bandwidth_m": 900.0, "resolution": 16},
            "resolution must be a whole number from 0 to 15",
        ),
    ],
)
def test_bad_options_are_refused(
    make_incidents: MakeIncidents, options: dict[str, object], said: str
) -> None:
    with pytest.raises(ParameterError, match=said):
        hs.kernel_density(_scatter(make_incidents), _area(), **options)  # type: ignore[arg-type]


def test_what_is_no_area_is_refused(make_incidents: MakeIncidents) -> None:
    incidents = _scatter(make_incidents)
    grid = hs.make_hexgrid(_area(), resolution=8)
    with pytest.raises(ParameterError, match=r"area must be a study area .* got a Polygon"):
        hs.kernel_density(incidents, BOX, bandwidth_m=900.0)
    with pytest.raises(ParameterError, match=r"got 300 rows of Point in EPSG:4326"):
        hs.kernel_density(incidents, incidents, bandwidth_m=900.0)
    with pytest.raises(ParameterError, match=r"leave out resolution=9"):
        hs.kernel_density(incidents, grid, bandwidth_m=3000.0, resolution=9)
    torn = grid.copy()
    torn.loc[torn.index[0], "geometry"] = None
    with pytest.raises(HotspotsError, match="A cell of the grid has no shape"):
        hs.kernel_density(incidents, torn, bandwidth_m=3000.0)


def test_cells_that_overlap_are_no_window(make_incidents: MakeIncidents) -> None:
    boxes = [shapely.box(-1.62, 53.70, -1.55, 53.78), shapely.box(-1.60, 53.70, -1.50, 53.78)]
    polygons = gpd.GeoDataFrame({"code": ["A", "B"]}, geometry=boxes, crs="EPSG:4326")
    with pytest.warns(UserWarning, match="overlap"):
        grid = hs.area_grid(polygons)
    with pytest.raises(FitnessError, match=r"overlap each other, A most, .* Give the study area"):
        hs.kernel_density(_scatter(make_incidents), grid, bandwidth_m=20_000.0)


def test_too_few_incidents_are_refused(make_incidents: MakeIncidents) -> None:
    few = _scatter(make_incidents, 29)
    with pytest.raises(FitnessError, match=r"kernel_density needs at least 30 incidents .* got 29"):
        hs.kernel_density(few, _area(), bandwidth_m=900.0)


def _pattern(incidents: gpd.GeoDataFrame) -> NDArray[np.float64]:
    return np.asarray(shapely.get_coordinates(incidents.geometry))


def test_arguments_are_not_changed(make_incidents: MakeIncidents) -> None:
    incidents, area = _scatter(make_incidents), _area()
    grid = hs.make_hexgrid(area, resolution=8)
    before = incidents.copy(), area.copy(), grid.copy()
    hs.kernel_density(incidents, area, bandwidth_m=900.0)
    hs.kernel_density(incidents, grid, bandwidth_m=3000.0)
    assert np.array_equal(_pattern(incidents), _pattern(before[0]))
    assert incidents.drop(columns="geometry").equals(before[0].drop(columns="geometry"))
    assert area.equals(before[1])
    assert grid.equals(before[2])
