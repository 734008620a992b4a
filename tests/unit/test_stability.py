"""Stability: maps made again elsewhere, coarser, finer and thinner, and what stays on them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

import hotspots as hs
from hotspots.cells import cell_polygons, points_to_cells
from hotspots.methods.stability.moving import (
    lattice_of,
    moved_area,
    moved_points,
    plane_of,
    spread_shifts,
)
from hotspots.methods.stability.report import patch_votes, patches_of
from hotspots.methods.stability.runs import places_of
from hotspots.methods.stability.votes import votes_of
from hotspots.results import HOTSPOT_WORDS
from hotspots.words import say

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray
    from tests.conftest import WestYorkshire
    from tests.unit.conftest import MakeGrid, MakeIncidents

BOX = shapely.box(-1.70, 53.72, -1.50, 53.84)
COLUMNS = [
    "stability",
    "runs",
    "runs_found",
    "stability_shift",
    "stability_resolution",
    "stability_resample",
    "patch",
    "patch_stability",
    "stays",
]


def _area(shape: shapely.Geometry = BOX) -> gpd.GeoDataFrame:
    return hs.study_area(gpd.GeoSeries([shape], crs="EPSG:4326"), name="Nowhere")


def _scatter(
    make_incidents: MakeIncidents, n: int = 600, *, seed: int = 1, clump: bool = True
) -> gpd.GeoDataFrame:
    """Scatter points in the box, a third of them within 1.5 km of one place."""
    rng = np.random.default_rng(seed)
    points = rng.uniform((-1.70, 53.72), (-1.50, 53.84), (n, 2))
    if clump:
        points[: n // 3] = rng.normal((-1.62, 53.78), (0.010, 0.006), (n // 3, 2))
    return make_incidents([tuple(xy) for xy in points.tolist()])


def _marking(
    marked: Callable[[gpd.GeoDataFrame], NDArray[np.bool_]], word: str = "hot"
) -> Callable[[gpd.GeoDataFrame], hs.HotspotResult]:
    """Make a method that gives the word to the cells that a rule chooses."""

    def method(grid: gpd.GeoDataFrame) -> hs.HotspotResult:
        chosen = np.where(marked(grid), word, "not significant")
        data = grid.assign(hotspot=pd.Categorical(chosen, categories=list(HOTSPOT_WORDS)))
        result = hs.local_gi_star(grid)
        return replace(result, data=data, method="made_up")

    return method


def _all(grid: gpd.GeoDataFrame) -> NDArray[np.bool_]:
    return np.ones(len(grid), dtype=bool)


def _metres_east_of_middle(grid: gpd.GeoDataFrame) -> NDArray[np.float64]:
    plane = plane_of(BOX)
    centres = grid.geometry.to_crs(plane.crs).centroid
    return np.asarray(centres.x.to_numpy())


# What comes back


def test_a_real_map_is_made_again_and_nothing_given_is_changed(
    west_yorkshire: WestYorkshire,
) -> None:
    robbery, _ = hs.select_incidents(west_yorkshire.incidents, offence="robbery")
    area = hs.study_area(west_yorkshire.areas, name="West Yorkshire")
    before, area_before = robbery.copy(), area.copy()
    result = hs.hotspot_stability(robbery, area, hs.local_gi_star, resolution=8, rng=3)
    pd.testing.assert_frame_equal(before, robbery)
    pd.testing.assert_frame_equal(area_before, area)
    base = hs.local_gi_star(hs.count_incidents(robbery, hs.make_hexgrid(area, resolution=8)))
    data = result.data
    pd.testing.assert_frame_equal(data[base.data.columns], base.data)
    assert data.columns[-1] == data.geometry.name
    assert data.columns[-len(COLUMNS) - 1 : -1].tolist() == COLUMNS
    assert result.provenance == base.provenance
    assert [run.kind for run in result.params.runs] == (
        ["shift"] * 4 + ["resolution"] * 2 + ["resample"] * 3
    )
    assert [run.resolution for run in result.params.runs] == [8, 8, 8, 8, 7, 9, 8, 8, 8]
    assert {run.answer for run in result.params.runs} == {"answered"}
    assert result.params_dict()["runs"][0]["shift_m"] == result.params.runs[0].shift_m
    tested = data["runs"] == 9
    assert tested.mean() > 0.9
    parts = data.loc[tested, ["stability_shift", "stability_resolution", "stability_resample"]]
    found = (parts * [4, 2, 3]).sum(axis=1).round(9)
    assert (found == data.loc[tested, "runs_found"]).all()
    assert (data["stability"] * data["runs"] - data["runs_found"]).abs().max() < 1e-9
    hot = data["hotspot"] == "hot"
    assert data["patch"].notna().equals(hot)
    assert data.loc[~hot, "stays"].isna().all()
    assert data.loc[hot, "stays"].str.fullmatch(r"stays in \d of 9").all()


def test_the_sentences_count_the_hotspots(make_incidents: MakeIncidents) -> None:
    result = hs.hotspot_stability(
        _scatter(make_incidents), _area(), hs.local_gi_star, resolution=8, rng=1
    )
    said = [say(m) for m in result.caveats]
    assert said[0].startswith("The map was made again 9 times: 4 with the cells moved, 2 with")
    patches = result.data.dropna(subset="patch").groupby("patch")["patch_stability"].first()
    firm, loose = int((patches > 0.88).sum()), int((patches < 0.23).sum())
    assert firm >= 1
    assert said[1].startswith(f"Hotspots on the map: {len(patches)}. ")
    assert f"stay {firm} of them, in few (2 of 9, or fewer) {loose}." in said[1]
    assert "no measure of risk" in said[2]


def test_what_everything_says_everywhere_stays_everywhere(make_incidents: MakeIncidents) -> None:
    result = hs.hotspot_stability(
        _scatter(make_incidents), _area(), _marking(_all), resolution=8, n_shifts=6, rng=1
    )
    assert (result.data.loc[result.data["runs"] > 0, "stability"] == 1).all()
    # Cells without a point of ground are the slivers on the edge, and no others.
    silent = result.data[result.data["runs"] == 0]
    assert (silent["area_in_study_km2"] < 0.1 * silent["area_km2"]).all()
    assert result.data["patch"].max() == 1
    assert (result.data["stays"] == "stays in 11 of 11").all()


def test_a_map_without_a_hotspot_says_so(make_incidents: MakeIncidents) -> None:
    nothing = _marking(lambda grid: ~_all(grid))
    result = hs.hotspot_stability(_scatter(make_incidents), _area(), nothing, resolution=8)
    assert result.data["patch"].isna().all()
    assert result.data["patch_stability"].isna().all()
    assert (result.data["stability"].dropna() == 0).all()
    assert "no hotspot on the first map" in say(result.caveats[1])


# The maps that are made


def test_the_moved_grid_lies_over_the_real_map(make_incidents: MakeIncidents) -> None:
    """Each cell that a method is given holds, by its outline, what it is said to hold."""
    incidents = _scatter(make_incidents)
    grids = []

    def method(grid: gpd.GeoDataFrame) -> hs.HotspotResult:
        grids.append(grid)
        return hs.local_gi_star(grid)

    hs.hotspot_stability(
        incidents, _area(), method, resolution=8, n_shifts=3, resolution_steps=(), n_resamples=0
    )
    first = set(grids[0].geometry.to_wkb())
    for grid in grids[1:]:
        tree = shapely.STRtree(incidents.geometry.to_numpy())
        cell, _ = tree.query(grid.geometry.to_numpy(), predicate="contains")
        assert np.bincount(cell, minlength=len(grid)).tolist() == grid["n"].tolist()
        assert not first & set(grid.geometry.to_wkb())
        inside = grid.geometry.intersection(BOX).to_crs(plane_of(BOX).crs).area.sum()
        # H3 measures its cells on a sphere, the plane is that of the ellipsoid.
        assert inside == pytest.approx(1e6 * grid["area_in_study_km2"].sum(), rel=1e-2)


@pytest.mark.parametrize(("kind", "reach_m"), [("shift", 600), ("resolution", 1700)])
def test_an_answer_is_moved_back_to_where_it_was_found(
    make_incidents: MakeIncidents, kind: str, reach_m: float
) -> None:
    """East of a line all is hot: a cell farther from it than a cell's radius knows its side."""
    east = _marking(lambda grid: _metres_east_of_middle(grid) > 0)
    result = hs.hotspot_stability(
        _scatter(make_incidents), _area(), east, resolution=8, n_shifts=9, n_resamples=0
    )
    away = _metres_east_of_middle(result.data)
    told = result.data["runs"].to_numpy() > 0
    share = result.data[f"stability_{kind}"].to_numpy()
    assert (share[told & (away > reach_m)] == 1).all()
    assert (share[told & (away < -reach_m)] == 0).all()
    assert ((share > 0) & (share < 1)).any()


def test_a_thinned_map_keeps_whole_places_and_its_period(make_incidents: MakeIncidents) -> None:
    places = [(-1.60, 53.78)] * 40 + [(-1.55, 53.75)] * 30
    rng = np.random.default_rng(2)
    places += [tuple(xy) for xy in rng.uniform((-1.70, 53.72), (-1.50, 53.84), (300, 2)).tolist()]
    days = ["2018-07-01", "2018-07-31", *["2018-07-10"] * (len(places) - 2)]
    incidents = make_incidents(places, day=days)
    grids = []

    def method(grid: gpd.GeoDataFrame) -> hs.HotspotResult:
        grids.append(grid)
        return hs.local_gi_star(grid)

    hs.hotspot_stability(
        incidents,
        _area(),
        method,
        resolution=8,
        n_shifts=0,
        resolution_steps=(),
        n_resamples=12,
        rng=5,
    )
    assert {str(grid["period"].iloc[0]) for grid in grids} == {"2018-07-01/2018-07-31"}
    stack = points_to_cells([53.78], [-1.60], 8)
    at = grids[0].index.get_loc(f"{stack[0]:x}")
    others = grids[0]["n"].iloc[at] - 40
    held = [int(grid["n"].iloc[at]) for grid in grids[1:]]
    assert any(n >= 40 for n in held)
    assert any(n <= others for n in held)
    assert all(n <= others or n >= 40 for n in held)
    kept = np.mean([grid["n"].sum() for grid in grids[1:]])
    assert 0.35 < kept / len(places) < 0.65


def test_the_same_seed_makes_the_same_maps(make_incidents: MakeIncidents) -> None:
    incidents = _scatter(make_incidents)
    made = [
        hs.hotspot_stability(
            incidents,
            _area(),
            hs.local_gi_star,
            resolution=8,
            n_shifts=0,
            resolution_steps=(),
            rng=rng,
        )
        for rng in (7, 7, np.random.default_rng(7), 8)
    ]
    assert made[0].params.runs == made[1].params.runs == made[2].params.runs
    assert made[0].params.runs != made[3].params.runs
    assert made[0].params.seed == 7
    assert made[2].params.seed is None
    pd.testing.assert_frame_equal(made[0].data, made[1].data)


@pytest.mark.parametrize("resample", ["thin", "bootstrap"])
def test_the_order_of_rows_and_doubling_them_all_change_nothing(
    make_incidents: MakeIncidents, resample: str
) -> None:
    incidents = _scatter(make_incidents)
    shuffled = incidents.sample(frac=1, random_state=3)
    twice = pd.concat([incidents, incidents])
    one, other, double = (
        hs.hotspot_stability(
            rows, _area(), hs.local_gi_star, resolution=8, resample=resample, rng=1
        )
        for rows in (incidents, shuffled, twice)
    )
    pd.testing.assert_frame_equal(one.data, other.data)
    pd.testing.assert_frame_equal(one.data[COLUMNS], double.data[COLUMNS])


def test_a_run_that_refuses_or_cannot_tell_is_not_counted(make_incidents: MakeIncidents) -> None:
    def method(grid: gpd.GeoDataFrame) -> hs.HotspotResult:
        result = hs.local_gi_star(grid)
        if len(grid) > 500:
            words = pd.Categorical(["too few"] * len(grid), categories=list(HOTSPOT_WORDS))
            return replace(result, data=result.data.assign(hotspot=words))
        return result

    small = shapely.box(-1.66, 53.75, -1.54, 53.82)
    result = hs.hotspot_stability(
        _scatter(make_incidents, 1500),
        _area(small),
        method,
        resolution=8,
        resolution_steps=(-1, 1, -9),
        rng=1,
    )
    answers = {run.resolution: run.answer for run in result.params.runs}
    assert answers[7].startswith("refused: There are")
    assert answers[9] == "too few"
    assert set(answers) == {7, 8, 9}
    assert result.data["runs"].max() == 7
    assert result.data["stability_resolution"].isna().all()
    assert "2 of these maps could not answer" in say(result.caveats[2])


def test_cold_cells_can_be_followed_too(make_incidents: MakeIncidents) -> None:
    west = _marking(lambda grid: _metres_east_of_middle(grid) < -2500, word="cold")
    result = hs.hotspot_stability(
        _scatter(make_incidents), _area(), west, resolution=8, word="cold", rng=1
    )
    assert result.data["stays"].dropna().unique().tolist() == ["stays in 9 of 9"]
    hot = hs.hotspot_stability(_scatter(make_incidents), _area(), west, resolution=8, rng=1)
    assert hot.data["stays"].isna().all()


def test_rows_that_take_back_and_rows_without_a_place_are_taken(
    make_incidents: MakeIncidents,
) -> None:
    incidents = pd.concat(
        [_scatter(make_incidents), make_incidents([None, (-1.62, 53.78), (-1.62, 53.78)])]
    )
    incidents = incidents.reset_index(drop=True)
    incidents.loc[incidents.index[-1], "count"] = -1
    result = hs.hotspot_stability(incidents, _area(), hs.local_gi_star, resolution=8, rng=1)
    assert result.provenance.incidents_used == 600
    assert (result.data["hotspot"] == "hot").any()


def test_squares_are_moved_themselves(make_incidents: MakeIncidents) -> None:
    incidents, grids = _scatter(make_incidents), []

    def method(grid: gpd.GeoDataFrame) -> hs.HotspotResult:
        grids.append(grid)
        east = np.where(_metres_east_of_middle(grid) > 0, "hot", "not significant")
        words = pd.Categorical(east, categories=list(HOTSPOT_WORDS))
        return replace(hs.local_gi_star(first_of(grid)), data=grid.assign(hotspot=words))

    hexagons = hs.count_incidents(incidents, hs.make_hexgrid(_area(), resolution=8))

    def first_of(_: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        return hexagons

    result = hs.hotspot_stability(incidents, _area(), method, cell_m=800, rng=1)
    assert [grid["cell_m"].iloc[0] for grid in grids[1:]] == [800] * 4 + [1600, 400] + [800] * 3
    assert [run.cell_m for run in result.params.runs] == [
        grid["cell_m"].iloc[0] for grid in grids[1:]
    ]
    assert result.params.cell_m == 800
    assert result.params.resolution is None
    assert np.abs(result.params.runs[0].shift_m).tolist() == [400, 400]
    away = _metres_east_of_middle(result.data)
    told = result.data["runs"].to_numpy() > 0
    assert (result.data["stability"].to_numpy()[told & (away > 1300)] == 1).all()
    assert (result.data["stability"].to_numpy()[told & (away < -1300)] == 0).all()
    for grid in grids[1:5]:
        x, y = incidents.geometry.x, incidents.geometry.y
        inside = shapely.contains_xy(BOX, x, y).sum()
        assert grid["n"].sum() == inside
    with pytest.raises(hs.HotspotsError, match=r"Give a resolution .* or a cell_m .*, not both"):
        hs.hotspot_stability(incidents, _area(), method, cell_m=800, resolution=8)


def test_land_on_both_sides_of_the_180th_meridian_is_moved_as_one(
    make_incidents: MakeIncidents,
) -> None:
    rng = np.random.default_rng(4)
    lng = rng.uniform(179.9, 180.1, 500)
    lat = rng.uniform(-16.9, -16.8, 500)
    lng[:200], lat[:200] = rng.normal(180, 0.008, 200), rng.normal(-16.85, 0.008, 200)
    points = [(x if x <= 180 else x - 360, y) for x, y in zip(lng, lat, strict=True)]
    both = shapely.MultiPolygon(
        [shapely.box(179.9, -16.9, 180, -16.8), shapely.box(-180, -16.9, -179.9, -16.8)]
    )
    result = hs.hotspot_stability(
        make_incidents(points), _area(both), hs.local_gi_star, resolution=8, rng=1
    )
    hot = result.data[result.data["patch"] == 1]
    assert hot["patch_stability"].iloc[0] >= 0.8
    centres = hot.geometry.bounds
    assert (centres["minx"] < -179).any()
    assert (centres["maxx"] > 179).any()


# Its parts


@given(
    st.floats(0, 2 * np.pi),
    st.floats(10, 10_000),
    st.integers(1, 20),
)
def test_shifts_are_far_from_each_other_and_from_none(
    turn: float, spacing: float, n_shifts: int
) -> None:
    angles = turn + np.array([0, np.pi / 3])
    lattice = spacing * np.column_stack([np.cos(angles), np.sin(angles)])
    shifts = np.array([(0.0, 0.0), *spread_shifts(lattice, n_shifts)])
    steps = np.array([[i, j] for i in range(-3, 4) for j in range(-3, 4)]) @ lattice
    apart = np.linalg.norm(shifts[:, None, None] - shifts[None, :, None] + steps, axis=-1)
    apart = apart.min(axis=-1) / spacing
    np.fill_diagonal(apart, np.inf)
    # As many discs as shifts fit into a unit of the lattice; half as wide as they could be.
    assert apart.min() > 0.5 / np.sqrt(n_shifts + 1)
    assert np.linalg.norm(shifts, axis=1).max() <= spacing * 0.58
    corners = np.linalg.norm(shifts[1:3], axis=1) / spacing
    assert corners == pytest.approx(np.full(len(corners), 1 / np.sqrt(3)), abs=1e-3)


def test_the_lattice_leads_to_the_neighbours() -> None:
    cell = cell_polygons(points_to_cells([53.8], [-1.55], 8))[0]
    plane = plane_of(BOX)
    centre = np.array(plane.forth.transform(*cell.centroid.coords[0]))
    for step in lattice_of(cell, plane):
        lng, lat = plane.back.transform(*(centre + step))
        there = cell_polygons(points_to_cells([lat], [lng], 8))[0]
        assert there.touches(cell) or there.intersection(cell).area < 1e-9
        found = np.array(plane.forth.transform(*there.centroid.coords[0]))
        assert np.hypot(*(found - centre - step)) < 20


@settings(max_examples=30)
@given(
    st.tuples(st.floats(-3000, 3000), st.floats(-3000, 3000)),
    st.floats(-65, 65),
    st.floats(-180, 180),
)
def test_what_is_moved_keeps_its_area_and_comes_back(
    shift_m: tuple[float, float], lat: float, lng: float
) -> None:
    ring = np.array([[0, 0], [0.1, 0.0], [0.12, 0.08], [0, 0.1]]) + np.array([lng, lat])
    shape = shapely.Polygon(ring)
    area = _area(shape) if -180 <= lng <= 179.8 else _area(shapely.box(1, 1, 2, 2))
    plane = plane_of(area.geometry.iloc[0])
    moved = moved_area(area, plane, shift_m)
    was, now = plane.outline, plane_of(moved.geometry.iloc[0]).outline
    assert now.area == pytest.approx(was.area, rel=1e-5)
    x, y = moved_points(ring[:, 0], ring[:, 1], plane, shift_m)
    back = moved_points(x, y, plane, (-shift_m[0], -shift_m[1]))
    turned = (np.column_stack(back) - ring + [180, 0]) % [360, 360] - [180, 0]
    assert np.abs((turned + 180) % 360 - 180).max() < 1e-7


def test_rows_on_each_other_share_a_place() -> None:
    lng = np.array([1.0, 2.0, 1.0, np.nan, 1.0, 2.0])
    lat = np.array([5.0, 5.0, 5.0, np.nan, 6.0, 5.0])
    place = places_of(lng, lat)
    assert place[0] == place[2]
    assert place[1] == place[5]
    assert len({place[0], place[1], place[4]}) == 3


@given(
    st.lists(
        st.tuples(st.integers(0, 9), st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=9
    )
)
def test_half_of_the_ground_decides(triples: list[tuple[int, int, int]]) -> None:
    found, told, points = np.array([sorted(triple) for triple in triples]).T
    slow = [
        -1 if not t or t < p / 2 else int(f >= t / 2)
        for p, t, f in zip(points, told, found, strict=True)
    ]
    assert votes_of(points, told[None], found[None])[0].tolist() == slow


def test_a_patch_is_one_hotspot(make_grid: MakeGrid) -> None:
    grid = make_grid([0] * 61)
    polygons = grid.geometry
    one = polygons.iloc[[0]].union_all()
    touching = np.flatnonzero(polygons.touches(one) | polygons.intersects(one))
    apart = int(np.argmax(polygons.to_crs(3035).distance(polygons.to_crs(3035).iloc[0])))
    counts = np.zeros(61, dtype=np.int64)
    counts[touching], counts[apart] = 1, 50
    marked = counts > 0
    patch = patches_of(grid.assign(n=counts), marked)
    assert patch[apart] == 1
    assert set(patch[touching]) == {2}
    assert (patch[~marked] == 0).all()
    points = np.full(61, 10)
    told, found = np.tile(points, (2, 1)), np.zeros((2, 61), dtype=int)
    found[0, apart] = 10
    found[1, touching[: len(touching) // 2 + 1]] = 10
    assert patch_votes(patch, points, told, found).tolist() == [[1, 0], [0, 1]]


# Refused


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"n_shifts": -1}, "n_shifts must be a whole number from 0 to 100, got -1"),
        ({"n_shifts": 2.0}, r"n_shifts must be a whole number from 0 to 100, got 2\.0"),
        ({"n_resamples": True}, "n_resamples must be a whole number from 0 to 100, got True"),
        ({"resolution_steps": (0,)}, "resolution_steps must be whole numbers other than 0"),
        ({"resolution_steps": (1.5,)}, "resolution_steps must be whole numbers other than 0"),
        ({"resample": "jackknife"}, "resample must be 'thin' or 'bootstrap', got 'jackknife'"),
        ({"keep_share": 1.0}, r"keep_share must lie between 0 and 1, got 1\.0"),
        ({"keep_share": float("nan")}, "keep_share must lie between 0 and 1, got nan"),
        ({"word": "warm"}, "word must be 'hot' or 'cold', got 'warm'"),
        ({"n_shifts": 0, "n_resamples": 0, "resolution_steps": ()}, "there is nothing to do"),
        (
            {"n_shifts": 0, "n_resamples": 0, "resolution_steps": (-9,)},
            r"None of resolution_steps \(-9,\) leads from resolution 8",
        ),
    ],
)
def test_options_that_are_not_offered_are_refused(
    make_incidents: MakeIncidents, options: dict[str, object], said: str
) -> None:
    with pytest.raises(hs.HotspotsError, match=said):
        hs.hotspot_stability(
            _scatter(make_incidents, 300),
            _area(),
            hs.local_gi_star,
            resolution=8,
            **options,  # type: ignore[arg-type]
        )


def test_what_is_no_method_is_refused(make_incidents: MakeIncidents) -> None:
    incidents, area = _scatter(make_incidents, 300), _area()
    with pytest.raises(hs.HotspotsError, match="it gave a GeoDataFrame"):
        hs.hotspot_stability(incidents, area, lambda grid: grid, resolution=8)
    with pytest.raises(hs.HotspotsError, match="it gave a Estimate"):
        hs.hotspot_stability(incidents, area, hs.gini_index, resolution=8)  # type: ignore[arg-type]

    def sorts(grid: gpd.GeoDataFrame) -> hs.HotspotResult:
        result = hs.local_gi_star(grid)
        return replace(result, data=result.data.sort_values("n"))

    with pytest.raises(hs.HotspotsError, match=r"rows that are not the .* cells of its grid"):
        hs.hotspot_stability(incidents, area, sorts, resolution=8)


def test_incidents_and_areas_that_are_none_are_refused(make_incidents: MakeIncidents) -> None:
    incidents, area = _scatter(make_incidents, 300), _area()
    with pytest.raises(hs.HotspotsError, match="area must come from study_area"):
        hs.hotspot_stability(incidents, incidents, hs.local_gi_star, resolution=8)
    with pytest.raises(hs.HotspotsError, match="have no column display_group"):
        hs.hotspot_stability(incidents.drop(columns="display_group"), area, hs.local_gi_star)
    with pytest.raises(hs.HotspotsError, match="Incidents are in EPSG:4326, these are in EPSG:27"):
        hs.hotspot_stability(incidents.to_crs(27700), area, hs.local_gi_star, resolution=8)
    with pytest.raises(hs.HotspotsError, match="There is no incident in any cell"):
        hs.hotspot_stability(
            make_incidents([(10.0, 10.0)] * 30), area, hs.local_gi_star, resolution=8
        )
