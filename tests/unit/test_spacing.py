"""Distances between incidents: exact pairs, weights of the edge, one test for all distances."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import pdist
from shapely import affinity

import hotspots as hs
from hotspots.errors import FitnessError, ParameterError
from hotspots.inference.rank_envelopes import rank_envelope
from hotspots.methods.spacing import distances as distances_module
from hotspots.methods.spacing.distances import (
    nearest_by_tree,
    nearest_distances,
    pairs_by_tree,
    pairs_within,
)
from hotspots.methods.spacing.loops import bins_of, hints_for, nearest_loop, pairs_loop
from hotspots.methods.spacing.nearest import index_table
from hotspots.methods.spacing.overlap import overlap_of
from hotspots.methods.spacing.ripley import chosen_distances, l_function

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from tests.unit.conftest import MakeIncidents

WEST, SOUTH, EAST, NORTH = -1.6, 53.7, -1.5, 53.8
BOX = shapely.box(WEST, SOUTH, EAST, NORTH)
L_SHAPE = shapely.Polygon([(0, 0), (3, 0), (3, 1), (1, 1), (1, 2), (0, 2)])
HOLED = shapely.Point(0, 0).buffer(1.0) - shapely.Point(0.3, 0.2).buffer(0.3)
PARTS = shapely.union(shapely.box(0, 0, 1, 1), shapely.Point(3, 1).buffer(0.7))


@pytest.fixture
def area() -> gpd.GeoDataFrame:
    return hs.study_area(gpd.GeoSeries([BOX], crs="EPSG:4326"), name="A box")


def _even(n: int, seed: int) -> list[tuple[float, float]]:
    rng = np.random.default_rng(seed)
    return list(zip(rng.uniform(WEST, EAST, n), rng.uniform(SOUTH, NORTH, n), strict=True))


def _clumped(n: int, seed: int) -> list[tuple[float, float]]:
    rng = np.random.default_rng(seed)
    middle = rng.uniform((WEST + 0.02, SOUTH + 0.02), (EAST - 0.02, NORTH - 0.02), (8, 2))
    return [tuple(xy) for xy in middle[rng.integers(0, 8, n)] + rng.normal(0, 0.002, (n, 2))]


def _points(seed: int, n: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Give points of which some lie in clumps and some on each other."""
    rng = np.random.default_rng(seed)
    x, y = rng.random((2, n)) * np.array([[900.0], [400.0]])
    x[: n // 3] = 100 + rng.normal(0, 5, n // 3)
    x[-2:], y[-2:] = x[0], y[0]
    return x, y


# --- distances ---------------------------------------------------------------------------------


@settings(max_examples=40)
@given(st.integers(0, 2**32 - 1), st.integers(3, 80))
def test_nearest_distances_are_those_of_all_pairs(seed: int, n: int) -> None:
    x, y = _points(seed, n)
    apart = np.hypot(x[:, None] - x, y[:, None] - y)
    np.fill_diagonal(apart, np.inf)
    expected = np.sort(apart.min(axis=0))
    np.testing.assert_allclose(np.sort(nearest_distances(x, y)), expected, atol=1e-9)
    np.testing.assert_allclose(np.sort(nearest_by_tree(x, y)), expected, atol=1e-9)


@settings(max_examples=40)
@given(st.integers(0, 2**32 - 1), st.integers(3, 80), st.floats(1.0, 700.0))
def test_pairs_are_those_of_all_pairs(seed: int, n: int, reach: float) -> None:
    x, y = _points(seed, n)
    distances = np.linspace(0, reach, 8)[1:]
    expected = (pdist(np.column_stack([x, y])) <= distances[:, None]).sum(axis=1)
    np.testing.assert_array_equal(pairs_within(x, y, distances, None), expected)
    np.testing.assert_array_equal(pairs_by_tree(x, y, distances, None), expected)


def test_pairs_at_just_a_distance_are_within_it() -> None:
    x, y = (side.ravel() for side in np.meshgrid(np.arange(6) * 100.0, np.arange(5) * 100.0))
    for find in (pairs_within, pairs_by_tree):
        found = find(x, y, np.array([99.0, 100.0, 200.0]), None)
        assert found.tolist() == [0, 49, 49 + 40 + 38]


def test_compiled_and_plain_ways_agree() -> None:
    x, y = _points(3, 400)
    distances = np.array([3.0, 10.0, 11.0, 60.0])
    overlap = overlap_of(shapely.box(0, 0, 900, 400), 60.0)
    np.testing.assert_allclose(
        pairs_within(x, y, distances, overlap),
        pairs_by_tree(x, y, distances, overlap),
        rtol=1e-12,
    )


def test_without_numba_the_tree_does_it(monkeypatch: pytest.MonkeyPatch) -> None:
    x, y = _points(4, 200)
    distances = np.array([5.0, 50.0])
    with_numba = nearest_distances(x, y).mean(), pairs_within(x, y, distances, None)
    monkeypatch.setattr(distances_module, "compiled", lambda _: None)
    assert nearest_distances(x, y).mean() == pytest.approx(with_numba[0], rel=1e-12)
    np.testing.assert_array_equal(pairs_within(x, y, distances, None), with_numba[1])


def test_the_loops_are_plain_python_too() -> None:
    """The compiled functions run uncompiled as well, so that what is tested is what is written."""
    x, y = _points(5, 40)
    order, starts, columns, rows = bins_of(x, y, 120.0)
    near = nearest_loop(x[order], y[order], starts, columns, rows, 120.0, x.min(), y.min())
    np.testing.assert_allclose(np.sort(near), np.sort(nearest_by_tree(x, y)), atol=1e-9)
    distances = np.array([20.0, 120.0])
    overlap = overlap_of(shapely.box(0, -50, 900, 450), 120.0)
    found = pairs_loop(
        x[order],
        y[order],
        starts,
        columns,
        rows,
        distances,
        hints_for(distances),
        overlap.share,
        overlap.pixel_x,
        overlap.pixel_y,
    )
    np.testing.assert_allclose(np.cumsum(found), pairs_by_tree(x, y, distances, overlap))
    plain = pairs_loop(
        x[order], y[order], starts, columns, rows, distances, hints_for(distances),
        np.ones((1, 1)), 1.0, 1.0,
    )  # fmt: skip
    np.testing.assert_array_equal(np.cumsum(plain), pairs_by_tree(x, y, distances, None))


@given(st.lists(st.floats(0.1, 1e5), min_size=1, max_size=20, unique=True), st.floats(0, 1))
def test_hints_never_skip_the_distance_that_is_looked_for(steps: list[float], part: float) -> None:
    distances = np.sort(np.array(steps))
    hints = hints_for(distances)
    for apart in (part * distances[-1], *distances):
        first = hints[int(apart * ((len(hints) - 2) / distances[-1]))]
        assert first <= np.searchsorted(distances, apart, side="left")


# --- the edge ----------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [L_SHAPE, HOLED, PARTS, affinity.rotate(L_SHAPE, 33)])
def test_the_overlap_is_that_of_the_polygons(shape: shapely.Geometry) -> None:
    rng = np.random.default_rng(1)
    overlap = overlap_of(shape, 0.4)
    angle, far = rng.uniform(0, 2 * np.pi, 40), 0.4 * np.sqrt(rng.random(40))
    dx, dy = far * np.cos(angle), far * np.sin(angle)
    moved = [affinity.translate(shape, x, y) for x, y in zip(dx, dy, strict=True)]
    exact = shapely.area(shapely.intersection(shape, moved)) / shape.area
    np.testing.assert_allclose(overlap.at(dx, dy), exact, atol=1e-3)
    assert overlap.at(np.zeros(1), np.zeros(1))[0] == 1.0


@given(st.floats(0.2, 5), st.floats(0.2, 5), st.floats(-1, 1), st.floats(-1, 1))
@settings(max_examples=25)
def test_the_overlap_of_a_rectangle_is_exact(w: float, h: float, right: float, up: float) -> None:
    overlap = overlap_of(shapely.box(7, -3, 7 + w, -3 + h), 0.1, pixels=60)
    dx, dy = right * 0.07, up * 0.07
    exact = (w - abs(dx)) * (h - abs(dy)) / (w * h)
    assert overlap.at(np.array([dx]), np.array([dy]))[0] == pytest.approx(exact, abs=1e-9)


def test_with_weights_random_points_have_the_company_they_should() -> None:
    """Over many maps L(r) with weights is r; without, it is less."""
    distances = np.array([0.1, 0.3, 0.5])
    overlap = overlap_of(L_SHAPE, 0.5)
    rng = np.random.default_rng(2)
    with_weights: list[NDArray[np.float64]] = []
    without: list[NDArray[np.float64]] = []
    for _ in range(200):
        x, y = rng.random((2, 600)) * np.array([[3.0], [2.0]])
        inside = shapely.intersects_xy(L_SHAPE, x, y)
        for table, found in ((overlap, with_weights), (None, without)):
            found.append(l_function(x[inside], y[inside], L_SHAPE.area, distances, table))
    np.testing.assert_allclose(np.mean(np.square(with_weights), axis=0), distances**2, rtol=0.01)
    assert (np.mean(without, axis=0) < distances * np.array([0.985, 0.96, 0.94])).all()


@settings(max_examples=15)
@given(st.integers(0, 2**32 - 1), st.floats(0, 360), st.floats(0.01, 1000))
def test_turning_and_scaling_change_nothing(seed: int, degrees: float, times: float) -> None:
    rng = np.random.default_rng(seed)
    x, y = rng.random((2, 120))
    turned = affinity.rotate(shapely.multipoints(np.column_stack([x, y])), degrees, origin=(0, 0))
    there_x, there_y = shapely.get_coordinates(
        affinity.scale(turned, times, times, origin=(0, 0))
    ).T
    distances = np.array([0.05, 0.1, 0.2])
    plain = l_function(x, y, 1.0, distances, None)
    moved = l_function(there_x, there_y, times**2, distances * times, None)
    np.testing.assert_allclose(moved, plain * times, rtol=1e-6)
    assert nearest_distances(there_x, there_y).mean() == pytest.approx(
        times * nearest_distances(x, y).mean(), rel=1e-9
    )
    square = affinity.rotate(shapely.box(0, 0, 1, 1), degrees, origin=(0, 0))
    square = affinity.scale(square, times, times, origin=(0, 0))
    weighted = l_function(x, y, 1.0, distances, overlap_of(shapely.box(0, 0, 1, 1), 0.2))
    moved = l_function(
        there_x, there_y, square.area, distances * times, overlap_of(square, 0.2 * times)
    )
    np.testing.assert_allclose(moved, weighted * times, rtol=2e-3)


# --- the test of a curve -----------------------------------------------------------------------


@settings(max_examples=30)
@given(st.integers(0, 2**32 - 1), st.sampled_from(["less", "greater", "two-sided"]))
def test_the_curve_leaves_the_band_just_when_the_test_says_so(seed: int, alternative: str) -> None:
    rng = np.random.default_rng(seed)
    curves = rng.normal(size=(200, 6)).cumsum(axis=1)
    curves[0] *= rng.uniform(0.5, 2.5)
    found = rank_envelope(curves[0], curves[1:], alternative=alternative, alpha=0.05)
    outside = (curves[0] < found.low).any() or (curves[0] > found.high).any()
    assert outside == (found.p_value <= 0.05)
    assert np.isnan(found.low).all() == (alternative == "greater")
    assert np.isnan(found.high).all() == (alternative == "less")


def test_a_tie_is_the_less_extreme_rank() -> None:
    same = rank_envelope(np.zeros(4), np.zeros((19, 4)), alternative="two-sided", alpha=0.05)
    assert same.p_value == 1.0


def test_few_simulations_can_still_reach_five_percent() -> None:
    noise = np.random.default_rng(1).normal(size=(19, 5))
    high = rank_envelope(np.full(5, 9.0), noise, alternative="greater", alpha=0.05)
    assert high.p_value == 0.05
    np.testing.assert_array_equal(high.high, noise.max(axis=0))


# --- nearest neighbour -------------------------------------------------------------------------


def test_clumps_lie_closer_than_random_points_and_a_lattice_farther(
    make_incidents: MakeIncidents, area: gpd.GeoDataFrame
) -> None:
    clumped = hs.nearest_neighbor_index(make_incidents(_clumped(200, 1)), area, rng=1)
    assert clumped.estimate < 0.5
    assert clumped.p_value == 0.002
    assert "closer together than random points" in str(clumped.sentences[1])
    even = hs.nearest_neighbor_index(make_incidents(_even(200, 2)), area, rng=1)
    assert 0.9 < even.estimate < 1.1
    assert even.p_value > 0.05
    side = np.linspace(0.005, 0.095, 10)
    lattice = [(WEST + a, SOUTH + b) for a in side for b in side]
    far = hs.nearest_neighbor_index(make_incidents(lattice), area, alternative="greater", rng=1)
    assert far.estimate > 1.2
    assert far.p_value == 0.001


def test_what_is_expected_can_be_chosen(
    make_incidents: MakeIncidents, area: gpd.GeoDataFrame
) -> None:
    incidents = make_incidents(_even(200, 2))
    found = {
        edge: hs.nearest_neighbor_index(incidents, area, edge=edge, n_simulations=199, rng=1)
        for edge in ("simulated", "donnelly", "none")
    }
    table = found["none"].data
    assert table is not None
    assert found["none"].estimate == table.loc["clark_evans", "index"]
    assert found["donnelly"].estimate == table.loc["donnelly", "index"]
    assert found["simulated"].estimate == table.loc["simulated", "index"]
    assert len({result.p_value for result in found.values()}) == 1
    # Donnelly allows for the edge: near the simulated mean, and above the one without an edge.
    expected = table["expected_m"]
    assert expected["donnelly"] == pytest.approx(expected["simulated"], rel=0.01)
    assert expected["clark_evans"] < expected["donnelly"]
    assert found["none"].params.mean_distance_m == pytest.approx(
        found["none"].estimate * expected["clark_evans"]
    )


def test_the_constant_of_clark_and_evans() -> None:
    table = index_table(1.0, shapely.box(0, 0, 10, 10), 400, np.array([0.9, 1.1]), "less")
    error = table.loc["clark_evans", "standard_error_m"]
    assert error == pytest.approx(0.26136 / np.sqrt(400 * 4.0), rel=1e-4)
    assert table.loc["clark_evans", "expected_m"] == 0.25


def test_rows_that_stand_for_several_incidents_lie_on_each_other(
    make_incidents: MakeIncidents, area: gpd.GeoDataFrame
) -> None:
    incidents = make_incidents(_even(100, 3))
    incidents.loc[incidents.index[:20], "count"] = 2
    found = hs.nearest_neighbor_index(incidents, area, n_simulations=19, rng=1)
    assert found.params.incidents == 120
    assert found.params.share_on_shared_places == pytest.approx(40 / 120)
    assert any("33 % of the incidents lie exactly" in str(said) for said in found.sentences)
    twice = pd.concat([make_incidents(_even(100, 3)), make_incidents(_even(100, 3)[:20])])
    same = hs.nearest_neighbor_index(twice, area, n_simulations=19, rng=1)
    assert same.estimate == pytest.approx(found.estimate, rel=1e-12)


# --- K -----------------------------------------------------------------------------------------


def test_clumps_have_company_and_random_points_have_not(
    make_incidents: MakeIncidents, area: gpd.GeoDataFrame
) -> None:
    clumped = hs.ripley_k(make_incidents(_clumped(200, 1)), area, n_simulations=99, rng=1)
    assert clumped.p_value == 0.01
    assert clumped.data is not None
    assert clumped.data["outside"].mean() > 0.8
    assert clumped.estimate > 200
    assert "have more company" in str(clumped.sentences[0])
    even = hs.ripley_k(make_incidents(_even(200, 2)), area, n_simulations=99, rng=1)
    assert even.p_value > 0.05
    assert even.data is not None
    assert not even.data["outside"].any()
    assert "At no distance" in str(even.sentences[0])
    inner = even.data[["low_m", "pointwise_low_m"]].diff(axis=1).iloc[:, 1]
    assert inner.mean() > 0  # the band of the test is the wider one


def test_the_table_holds_what_its_names_say(
    make_incidents: MakeIncidents, area: gpd.GeoDataFrame
) -> None:
    distances = [100.0, 250.0, 800.0]
    found = hs.ripley_k(
        make_incidents(_even(150, 4)),
        area,
        distances_m=distances,
        alternative="greater",
        n_simulations=39,
        rng=1,
    )
    table = found.data
    assert table is not None
    assert table["distance_m"].tolist() == distances
    np.testing.assert_allclose(table["k_m2"], np.pi * table["l_m"] ** 2)
    np.testing.assert_allclose(table["k_random_m2"], np.pi * np.square(distances))
    np.testing.assert_allclose(table["l_minus_r_m"], table["l_m"] - distances)
    assert table["low_m"].isna().all()
    assert table["pointwise_low_m"].isna().all()
    assert found.params.distances_basis == "given"
    at = table.loc[table["distance_m"] == found.params.distance_of_largest_m].iloc[0]
    assert found.estimate == pytest.approx(at["l_minus_r_m"] - at["simulated_m"])


def test_seeds_and_row_order(make_incidents: MakeIncidents, area: gpd.GeoDataFrame) -> None:
    incidents = make_incidents(_even(80, 5))
    before = incidents.copy(deep=True)
    shuffled = incidents.sample(frac=1, random_state=1)
    first, again, other = (
        hs.ripley_k(frame, area, n_simulations=39, rng=seed).data
        for frame, seed in ((incidents, 1), (shuffled, 1), (incidents, 2))
    )
    assert first is not None
    assert other is not None
    pd.testing.assert_frame_equal(first, again, rtol=1e-9)
    assert not first["simulated_m"].equals(other["simulated_m"])
    pd.testing.assert_frame_equal(incidents, before)


def test_chosen_distances_stop_where_there_is_company_enough() -> None:
    few, many = (chosen_distances(shapely.box(0, 0, 4_000, 8_000), n) for n in (40, 40_000))
    assert few[-1] == 1_000
    assert np.pi * many[-1] ** 2 * 40_000 / 32e6 == pytest.approx(100)
    assert len(few) == 50


def test_the_place_on_the_globe_does_not_matter(make_incidents: MakeIncidents) -> None:
    """The same points and area elsewhere on the same parallels, across the antimeridian too."""
    points = np.array(_even(60, 7))
    found = []
    for east in (0.0, 100.0, 181.55):
        lng = (points[:, 0] + east + 180) % 360 - 180
        box = shapely.box(WEST + east, SOUTH, EAST + east, NORTH)
        area = hs.study_area(gpd.GeoSeries([box], crs="EPSG:4326"))
        incidents = make_incidents(list(zip(lng, points[:, 1], strict=True)))
        index = hs.nearest_neighbor_index(incidents, area, edge="donnelly", n_simulations=19, rng=1)
        company = hs.ripley_k(incidents, area, n_simulations=19, rng=1).data
        assert company is not None
        found.append([index.estimate, *company["l_m"]])
    assert EAST + 181.55 > 180
    np.testing.assert_allclose(found[1:], [found[0]] * 2, rtol=1e-3)


# --- refusals ----------------------------------------------------------------------------------

METHODS = [hs.nearest_neighbor_index, hs.ripley_k]


@pytest.mark.parametrize("method", METHODS)
def test_data_that_cannot_carry_distances_are_refused(
    method: Any,  # noqa: ANN401 - either function
    make_incidents: MakeIncidents,
    area: gpd.GeoDataFrame,
) -> None:
    with pytest.raises(FitnessError, match="at least 30 incidents"):
        method(make_incidents(_even(29, 1)), area)
    snapped = make_incidents(_even(50, 1)).assign(location_precision="snap_point")
    with pytest.raises(FitnessError, match=r"snap_point.*allow_shared_places=True"):
        method(snapped, area)
    stacked = make_incidents(_even(20, 1) * 3)
    with pytest.raises(FitnessError, match=r"100% of the incidents lie exactly"):
        method(stacked, area)
    told = method(stacked, area, allow_shared_places=True, n_simulations=19, rng=1)
    assert told.params.share_on_shared_places == 1.0
    with pytest.raises(ParameterError, match="needs the study area"):
        method(make_incidents(_even(50, 1)), None)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"edge": "ripley"}, "edge must be one of"),
        ({"alternative": "clustered"}, "alternative must be one of"),
        ({"n_simulations": 18}, "n_simulations must be a whole number of 19 or more"),
    ],
)
def test_options_that_are_not_offered_are_refused(
    method: Any,  # noqa: ANN401 - either function
    options: dict[str, Any],
    text: str,
    make_incidents: MakeIncidents,
    area: gpd.GeoDataFrame,
) -> None:
    with pytest.raises(ParameterError, match=text):
        method(make_incidents(_even(50, 1)), area, **options)


@pytest.mark.parametrize(
    ("given_distances", "text"),
    [
        ([100, 100], "each more than the last"),
        ([0, 100], "metres above 0"),
        ([], "a list of metres"),
        (["far"], "a list of metres"),
        ([6_200], "a few pairs would stand for many"),
        ([50_000], "covers 0% of it at worst"),
    ],
)
def test_distances_that_say_nothing_are_refused(
    given_distances: list[Any], text: str, make_incidents: MakeIncidents, area: gpd.GeoDataFrame
) -> None:
    with pytest.raises(ParameterError, match=text):
        hs.ripley_k(make_incidents(_even(50, 1)), area, distances_m=given_distances)


def test_alpha_is_checked(make_incidents: MakeIncidents, area: gpd.GeoDataFrame) -> None:
    with pytest.raises(ParameterError, match="alpha must lie"):
        hs.ripley_k(make_incidents(_even(50, 1)), area, alpha=0.0)


def test_an_outline_from_the_incidents_is_said(make_incidents: MakeIncidents) -> None:
    incidents = make_incidents(_even(60, 6))
    found = hs.nearest_neighbor_index(incidents, hs.study_area(incidents), n_simulations=19, rng=1)
    assert "drawn around the incidents themselves" in str(found.sentences[2])
