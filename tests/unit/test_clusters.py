"""Clusters of incidents: aligned to the rows, honest about chance, refused where they must be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.spatial import KDTree

import hotspots as hs
from hotspots.crs import WGS84, local_equal_area_crs, project
from hotspots.errors import (
    CoordinateReferenceError,
    FitnessError,
    ParameterError,
    PublishError,
    SchemaMismatchError,
)
from hotspots.grid.points import outline_in, points_of
from hotspots.inference.random_points import RandomPoints
from hotspots.methods.clusters import hdbscan
from hotspots.methods.clusters.grouping import group_places
from hotspots.words import say

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from tests.conftest import WestYorkshire
    from tests.unit.conftest import MakeIncidents

BOX = shapely.box(-1.65, 53.75, -1.45, 53.85)
PLANE = local_equal_area_crs(53.8, -1.55)


def _area(shape: shapely.Geometry = BOX) -> gpd.GeoDataFrame:
    return hs.study_area(gpd.GeoSeries([shape], crs=WGS84), name="A box")


def _lng_lat(xy_m: NDArray[np.float64]) -> list[tuple[float, float]]:
    """Put metres around the middle of the box into degrees."""
    points = project(shapely.points(xy_m), PLANE, WGS84)
    return [(float(x), float(y)) for x, y in shapely.get_coordinates(points)]


def _town(rng: np.random.Generator, n: int = 300, crowds: int = 3) -> NDArray[np.float64]:
    """Scatter points, and put crowds of 40 among them, 100 m wide."""
    middles = rng.uniform(-4000, 4000, (crowds, 2))
    crowd = (middles[:, None] + rng.normal(0, 50, (crowds, 40, 2))).reshape(-1, 2)
    return np.vstack([rng.uniform(-5000, 5000, (n, 2)), crowd])


def test_rows_stay_and_those_without_a_place_are_in_no_cluster(
    make_incidents: MakeIncidents,
) -> None:
    crowd = [(-1.55 + i * 1e-4, 53.8) for i in range(8)]
    incidents = make_incidents([*crowd, None, (-1.5, 53.8), (0.0, 53.8)])
    incidents["count"] = np.array([1] * 7 + [3, 1, 0, 1], dtype=np.int8)
    incidents.index = pd.Index([f"row {i}" for i in range(11)])
    before = incidents.copy()
    result = hs.dbscan_hotspots(
        incidents, eps_m=30, min_incidents=6, area=_area(), n_simulations=99, rng=1
    )
    data = result.data
    pd.testing.assert_frame_equal(before, incidents)
    assert data.index.equals(incidents.index)
    assert list(data.columns) == ["n", "cluster", "is_core", "p_adjusted", "hotspot", "geometry"]
    assert data["cluster"].tolist() == [1] * 8 + [pd.NA] * 3
    assert data["cluster"].dtype == "Int64"
    assert data["is_core"].tolist() == [False] + [True] * 7 + [pd.NA] * 3
    assert data["n"].tolist() == incidents["count"].tolist()
    assert data.crs == incidents.crs
    assert (data["hotspot"].iloc[:8] == "hot").all()
    assert data["hotspot"].iloc[8:].isna().all()
    assert result.params.incidents == 10
    assert result.params.incidents_in_clusters == 10
    assert result.provenance.incidents_used == 10
    assert result.provenance.place == "A box"


def test_without_an_area_nothing_is_called_hot(make_incidents: MakeIncidents) -> None:
    incidents = make_incidents(_lng_lat(_town(np.random.default_rng(1))))
    result = hs.dbscan_hotspots(incidents, eps_m=100, min_incidents=8)
    assert result.params.clusters >= 3
    assert result.params.n_simulations == 0
    assert result.params.smallest_hot is None
    assert result.data["hotspot"].isna().all()
    assert result.data["p_adjusted"].isna().all()
    said = " ".join(map(str, result.caveats))
    assert "points thrown at random too" in said
    assert "Give the study area" in said
    assert "hot" not in said.replace("hotspot", "")


def test_crowds_are_hot_and_the_random_maps_say_from_which_size_on(
    make_incidents: MakeIncidents,
) -> None:
    incidents = make_incidents(_lng_lat(_town(np.random.default_rng(2))))
    result = hs.dbscan_hotspots(
        incidents, eps_m=150, min_incidents=3, area=_area(), n_simulations=199, rng=5
    )
    again = hs.dbscan_hotspots(
        incidents, eps_m=150, min_incidents=3, area=_area(), n_simulations=199, rng=5
    )
    pd.testing.assert_frame_equal(result.data, again.data)
    table = hs.cluster_table(result)
    smallest = result.params.smallest_hot
    assert smallest is not None
    assert (table["hotspot"] == "hot").sum() == 3
    assert (table["hotspot"] == "not significant").any()
    assert ((table["hotspot"] == "hot") == (table["n"] >= smallest)).all()
    assert ((table["hotspot"] == "hot") == (table["p_adjusted"] <= 0.05)).all()
    assert table["p_adjusted"].min() == 1 / 200
    assert f"at most {smallest - 1} on 95 % of them" in str(result.caveats[1])


def test_stacks_are_thrown_whole(make_incidents: MakeIncidents) -> None:
    """A stack of ten is a cluster on every random map too: alone it is nothing special."""
    rng = np.random.default_rng(3)
    spread = _lng_lat(rng.uniform(-5000, 5000, (100, 2)))
    incidents = make_incidents([*spread, *[(-1.55, 53.8)] * 10])
    result = hs.dbscan_hotspots(
        incidents, eps_m=20, min_incidents=8, area=_area(), n_simulations=99, rng=1
    )
    assert result.params.clusters == 1
    assert result.params.one_place_clusters == 1
    assert (result.params.incidents_on_cores, result.params.incidents_on_stacks) == (10, 10)
    assert result.params.largest_at_random == 10
    assert result.data["hotspot"].dropna().unique().tolist() == ["not significant"]
    assert "clusters.none_hot" in [c.key for c in result.caveats]
    assert "clusters.one_place" in [c.key for c in result.caveats]
    assert any(str(c).startswith("100 % of the incidents on cores") for c in result.caveats)


def test_no_cluster_at_all(make_incidents: MakeIncidents) -> None:
    incidents = make_incidents(_lng_lat(np.array([[0.0, 0], [3000, 0], [0, 3000]])))
    result = hs.dbscan_hotspots(
        incidents, eps_m=50, min_incidents=2, area=_area(), n_simulations=19, rng=1
    )
    assert result.data["cluster"].tolist() == [0, 0, 0]
    assert str(result.caveats[0]).startswith("There is no cluster: no place has 2 of the 3")
    for shape in ("cells", "hull"):
        table = hs.cluster_table(result, shape=shape)
        assert len(table) == 0
        assert list(table.columns) == [*COLUMNS]
        assert table.crs == WGS84


def test_exactly_eps_is_near(make_incidents: MakeIncidents) -> None:
    """Twice the same place, and one that is exactly as far as it is."""
    incidents = make_incidents(_lng_lat(np.array([[0.0, 0], [100, 0], [1000, 1000]])))
    points = points_of(incidents)
    exact = float(np.sqrt(np.diff(points.x_m[:2])[0] ** 2 + np.diff(points.y_m[:2])[0] ** 2).item())
    near = hs.dbscan_hotspots(incidents, eps_m=np.nextafter(exact, np.inf), min_incidents=2)
    apart = hs.dbscan_hotspots(incidents, eps_m=exact * (1 - 1e-12), min_incidents=2)
    assert near.params.clusters == 1
    assert apart.params.clusters == 0


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32 - 1))
def test_rows_in_another_order_have_the_same_clusters(
    make_incidents: MakeIncidents, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    xy = _town(rng, n=60).round(-1)
    order = rng.permutation(len(xy))
    incidents = make_incidents(_lng_lat(xy))
    shuffled = incidents.iloc[order]
    for method, options in (
        ("dbscan_hotspots", {"eps_m": 120, "min_incidents": 5}),
        ("hdbscan_hotspots", {"min_incidents": 8}),
    ):
        one = getattr(hs, method)(incidents, allow_shared_places=True, **options)
        other = getattr(hs, method)(shuffled, allow_shared_places=True, **options)
        pd.testing.assert_frame_equal(one.data.iloc[order], other.data)
        assert one.params == other.params


def test_every_row_twice_and_twice_as_many_needed_is_the_same(
    make_incidents: MakeIncidents,
) -> None:
    incidents = make_incidents(_lng_lat(_town(np.random.default_rng(4))))
    twice = pd.concat([incidents, incidents])
    once = hs.dbscan_hotspots(incidents, eps_m=120, min_incidents=5)
    double = hs.dbscan_hotspots(twice, eps_m=120, min_incidents=10, allow_shared_places=True)
    assert double.data["cluster"].iloc[: len(incidents)].tolist() == once.data["cluster"].tolist()
    counted = incidents.assign(count=np.int8(2))
    weighted = hs.dbscan_hotspots(counted, eps_m=120, min_incidents=10, allow_shared_places=True)
    assert weighted.data["cluster"].tolist() == once.data["cluster"].tolist()


@pytest.mark.parametrize(("north", "east"), [(0.0, 120.0), (-45.0, 0.0), (10.0, 181.5)])
def test_the_same_town_elsewhere_has_the_same_clusters(
    make_incidents: MakeIncidents, north: float, east: float
) -> None:
    """Also on the 180th meridian: what counts are metres."""
    xy = _town(np.random.default_rng(6)) - np.array([0.3, 0.2])
    here = make_incidents(_lng_lat(xy))
    plane = local_equal_area_crs(53.8 + north, (-1.55 + east + 180) % 360 - 180)
    there_points = shapely.get_coordinates(project(shapely.points(xy), plane, WGS84))
    there = make_incidents([(float(x), float(y)) for x, y in there_points])
    one = hs.dbscan_hotspots(here, eps_m=120, min_incidents=6)
    other = hs.dbscan_hotspots(there, eps_m=120, min_incidents=6)
    # Planes differ by parts in a million: a pair on the very edge may change sides.
    same = (one.data["cluster"] == other.data["cluster"]).mean()
    assert same > 0.99
    assert one.params.clusters == other.params.clusters


def test_noise_far_away_changes_no_cluster(make_incidents: MakeIncidents) -> None:
    xy = _lng_lat(_town(np.random.default_rng(8)))
    near, far = make_incidents(xy), make_incidents([*xy, (-1.2, 53.6), (-1.9, 54.0)])
    one = hs.dbscan_hotspots(near, eps_m=120, min_incidents=6)
    other = hs.dbscan_hotspots(far, eps_m=120, min_incidents=6)
    assert other.data["cluster"].iloc[-2:].tolist() == [0, 0]
    assert other.data["cluster"].iloc[:-2].tolist() == one.data["cluster"].tolist()


HOSTILE: list[tuple[dict[str, Any], str]] = [
    ({"eps_m": 0}, r"eps_m must be a finite number of metres, at least 0\.1, got 0"),
    ({"eps_m": -5}, r"eps_m must be a finite number .* got -5"),
    ({"eps_m": float("inf")}, r"eps_m must be a finite number .* got inf"),
    ({"eps_m": float("nan")}, r"eps_m must be a finite number .* got nan"),
    ({"eps_m": "100"}, r"eps_m must be a finite number .* got '100'"),
    ({"min_incidents": 1}, r"min_incidents must be a whole number of 2 or more, got 1"),
    ({"min_incidents": 2.5}, r"min_incidents must be a whole number of 2 or more, got 2\.5"),
    ({"min_incidents": True}, r"min_incidents must be a whole number .* got True"),
    ({"alpha": 0}, r"alpha must lie between 0 and 1, got 0"),
    ({"n_simulations": 0}, r"n_simulations must be a whole number of 1 or more, got 0"),
    ({"n_simulations": 18}, r"n_simulations must be 19 or more, or no cluster could be hot"),
    ({"eps_m": 0, "min_incidents": 0}, r"eps_m must .*; min_incidents must "),
]


@pytest.mark.parametrize(("options", "said"), HOSTILE)
def test_options_that_make_no_sense_are_refused(
    make_incidents: MakeIncidents, options: dict[str, Any], said: str
) -> None:
    incidents = make_incidents(_lng_lat(_town(np.random.default_rng(1))))
    asked = {"eps_m": 100.0, "min_incidents": 5} | options
    with pytest.raises(ParameterError, match=rf"dbscan_hotspots cannot do this: .*{said}"):
        hs.dbscan_hotspots(incidents, **asked)


def test_other_methods_refuse_options_too(make_incidents: MakeIncidents) -> None:
    incidents = make_incidents(_lng_lat(_town(np.random.default_rng(1))))
    with pytest.raises(ParameterError, match=r"k must be a whole number of 2 or more, got 1"):
        hs.k_distance(incidents, k=1)
    with pytest.raises(ParameterError, match=r"min_samples must be a whole number of 1 or more"):
        hs.hdbscan_hotspots(incidents, min_incidents=5, min_samples=0)
    with pytest.raises(ParameterError, match=r"cluster_selection must be 'eom' or 'leaf'"):
        hs.hdbscan_hotspots(incidents, min_incidents=5, cluster_selection="all")


def test_data_that_cannot_carry_it_are_refused(make_incidents: MakeIncidents) -> None:
    def ask(incidents: gpd.GeoDataFrame) -> None:
        hs.dbscan_hotspots(incidents, eps_m=100, min_incidents=3)

    with pytest.raises(FitnessError, match=r"No incident can be placed"):
        ask(make_incidents([]))
    with pytest.raises(FitnessError, match=r"needs at least 3 incidents with a place, got 1 \(0"):
        ask(make_incidents([(-1.5, 53.8)]))
    with pytest.raises(FitnessError, match=r"No incident can be placed \(unlocated: 2"):
        ask(make_incidents([None, None]))
    spread = _lng_lat(np.random.default_rng(1).uniform(-500, 500, (8, 2)))
    with pytest.raises(FitnessError, match=r"2 of 10 rows \(20%\) have no place; up to 15%"):
        ask(make_incidents([*spread, None, None]))
    with pytest.raises(CoordinateReferenceError, match=r"these are in EPSG:27700"):
        ask(make_incidents(spread).to_crs("EPSG:27700"))
    with pytest.raises(SchemaMismatchError, match=r"no column count"):
        ask(make_incidents(spread).drop(columns="count"))
    with pytest.raises(FitnessError, match=r"75% of the incidents lie exactly where another"):
        ask(make_incidents([(-1.55, 53.75)] * 3 + [(-1.56, 53.75)]))
    with pytest.raises(ParameterError, match=r"area must come from study_area"):
        hs.dbscan_hotspots(
            make_incidents(spread),
            eps_m=100,
            min_incidents=3,
            area=gpd.GeoDataFrame(geometry=[BOX], crs=WGS84),
        )


@pytest.mark.parametrize("method", ["dbscan_hotspots", "hdbscan_hotspots", "k_distance"])
def test_snapped_places_are_refused_unless_told(west_yorkshire: WestYorkshire, method: str) -> None:
    options: dict[str, Any] = {
        "dbscan_hotspots": {"eps_m": 400, "min_incidents": 10},
        "hdbscan_hotspots": {"min_incidents": 15},
        "k_distance": {"k": 10},
    }[method]
    said = rf"{method} measures distances .*location_precision: snap_point.*allow_shared_places"
    with pytest.raises(FitnessError, match=said):
        getattr(hs, method)(west_yorkshire.burglary, **options)
    result = getattr(hs, method)(west_yorkshire.burglary, allow_shared_places=True, **options)
    assert result.params.allow_shared_places
    if method != "k_distance":
        assert "The publisher moved these incidents" in " ".join(map(str, result.caveats))


def test_a_distance_finer_than_the_places_is_said(make_incidents: MakeIncidents) -> None:
    incidents = make_incidents(_lng_lat(_town(np.random.default_rng(1))))
    incidents["coord_uncertainty_m"] = np.float32(150)
    keys = [c.key for c in hs.dbscan_hotspots(incidents, eps_m=149, min_incidents=5).caveats]
    assert "clusters.finer_than_places" in keys
    coarse = hs.dbscan_hotspots(incidents, eps_m=150, min_incidents=5)
    assert "clusters.finer_than_places" not in [c.key for c in coarse.caveats]
    assert coarse.params.uncertainty_m == 150


def test_publish_refuses_clusters_and_says_why(west_yorkshire: WestYorkshire) -> None:
    result = hs.dbscan_hotspots(
        west_yorkshire.burglary, eps_m=400, min_incidents=10, allow_shared_places=True
    )
    with pytest.raises(PublishError, match=r"dbscan_hotspots has a row for each incident, .*cells"):
        hs.publish(result, quality=west_yorkshire.quality)


def test_all_that_is_said_is_in_the_catalogue(west_yorkshire: WestYorkshire) -> None:
    area = hs.study_area(west_yorkshire.areas, name="West Yorkshire")
    asked: tuple[dict[str, Any], ...] = ({}, {"area": area, "n_simulations": 19, "rng": 1})
    for options in asked:
        result = hs.dbscan_hotspots(
            west_yorkshire.burglary,
            eps_m=400,
            min_incidents=10,
            allow_shared_places=True,
            **options,
        )
        assert all(say(c) for c in result.caveats)
    assert str(result.caveats[0]).startswith("11 clusters hold 155 of the 1,996 incidents.")


COLUMNS = (
    "n", "n_core", "places", "area_km2", "density_per_km2", "p_adjusted", "hotspot", "shape",
    "note", "geometry",
)  # fmt: skip


def test_the_table_adds_up(make_incidents: MakeIncidents) -> None:
    incidents = make_incidents(_lng_lat(_town(np.random.default_rng(9))))
    incidents["count"] = np.resize(np.array([1, 2], dtype=np.int8), len(incidents))
    result = hs.dbscan_hotspots(incidents, eps_m=120, min_incidents=8, allow_shared_places=True)
    data = result.data
    for shape in ("cells", "hull"):
        table = hs.cluster_table(result, shape=shape)
        assert list(table.columns) == [*COLUMNS]
        assert table.index.tolist() == list(range(1, result.params.clusters + 1))
        assert table.crs == WGS84
        inside = data[data["cluster"] > 0]
        assert table["n"].tolist() == inside.groupby("cluster")["n"].sum().tolist()
        core = data[data["is_core"].fillna(value=False)]
        assert table["n_core"].tolist() == core.groupby("cluster")["n"].sum().tolist()
        assert table["places"].sum() == (data["cluster"] > 0).sum()
        assert (table["shape"] == shape).all()
        assert np.allclose(table["density_per_km2"] * table["area_km2"], table["n"])
        for number, row in table.iterrows():
            own = data[data["cluster"] == number].geometry
            assert (shapely.distance(own.to_numpy(), row.geometry) < 1e-8).all()


def test_cells_hold_the_incidents_and_hulls_are_marked_as_not_for_release(
    make_incidents: MakeIncidents,
) -> None:
    incidents = make_incidents(_lng_lat(_town(np.random.default_rng(9))))
    result = hs.dbscan_hotspots(incidents, eps_m=120, min_incidents=8)
    cells, hulls = hs.cluster_table(result), hs.cluster_table(result, shape="hull")
    assert (cells["note"] == "").all()
    assert (hulls["note"].str.startswith("for the analyst only")).all()
    corners = shapely.get_coordinates(cells.geometry.to_numpy())
    own = KDTree(shapely.get_coordinates(result.data.geometry.to_numpy()))
    assert own.query(corners)[0].min() > 0
    assert np.median(own.query(shapely.get_coordinates(hulls.geometry.to_numpy()))[0]) < 1e-8
    finer = hs.cluster_table(result, resolution=11)
    assert (finer["area_km2"] < cells["area_km2"]).all()
    # As measured on the ground: the cells' areas, and the hulls' on an equal-area plane.
    assert np.allclose(hulls.to_crs(PLANE).area / 1e6, hulls["area_km2"], rtol=1e-6)
    assert np.allclose(cells.to_crs(PLANE).area / 1e6, cells["area_km2"], rtol=5e-3)


def test_hulls_of_one_place_and_of_a_line_have_no_density(make_incidents: MakeIncidents) -> None:
    stack, line = [(-1.55, 53.8)] * 4, [(-1.5 + i * 1e-4, 53.8) for i in range(2)]
    incidents = make_incidents([*stack, *line])
    result = hs.dbscan_hotspots(incidents, eps_m=10, min_incidents=2, allow_shared_places=True)
    table = hs.cluster_table(result, shape="hull")
    assert table["n"].tolist() == [4, 2]
    assert table["places"].tolist() == [1, 2]
    assert table.geom_type.tolist() == ["Point", "LineString"]
    assert table["density_per_km2"].isna().all()


def test_a_cluster_on_the_antimeridian_has_whole_shapes(make_incidents: MakeIncidents) -> None:
    east = [(180 - i * 2e-4, -17.0 + (i % 3) * 1e-4) for i in range(1, 6)]
    west = [(-180 + i * 2e-4, -17.0 - (i % 3) * 1e-4) for i in range(5)]
    result = hs.dbscan_hotspots(make_incidents([*east, *west]), eps_m=40, min_incidents=3)
    assert result.params.clusters == 1
    for shape in ("cells", "hull"):
        table = hs.cluster_table(result, shape=shape)
        assert table["n"].tolist() == [10]
        left, _, right, _ = table.total_bounds
        assert (left, right) == (-180, 180)
        assert table["area_km2"].iloc[0] < 0.2
        assert table.to_crs(local_equal_area_crs(-17, 180)).area.iloc[0] < 2e5


def test_the_table_refuses_what_is_no_clusters(west_yorkshire: WestYorkshire) -> None:
    with pytest.raises(ParameterError, match=r"needs a result of dbscan_hotspots or .* local_gi"):
        hs.cluster_table(west_yorkshire.result)
    result = hs.hdbscan_hotspots(
        west_yorkshire.burglary, min_incidents=15, allow_shared_places=True
    )
    with pytest.raises(ParameterError, match=r"shape must be 'cells' or 'hull', got 'alpha'"):
        hs.cluster_table(result, shape="alpha")
    with pytest.raises(ParameterError, match=r"resolution must be a whole number"):
        hs.cluster_table(result, resolution=16)
    table = hs.cluster_table(result)
    assert table["n_core"].isna().all()
    assert table["hotspot"].isna().all()


def test_the_cores_are_those_whose_k_distance_is_at_most_eps(
    make_incidents: MakeIncidents,
) -> None:
    incidents = make_incidents(_lng_lat(_town(np.random.default_rng(10)).round(-1)))
    for k in (2, 5, 12):
        curve = hs.k_distance(incidents, k=k).data
        assert curve is not None
        for share in (0.1, 0.5, 0.9):
            row = curve.iloc[int(share * len(curve))]
            eps = float(np.nextafter(row["distance_m"], np.inf))
            if eps < 0.1:
                continue
            found = hs.dbscan_hotspots(incidents, eps_m=eps, min_incidents=k)
            assert int(found.data["is_core"].sum()) == row["incidents"]


def test_the_distance_offered_depends_on_the_area_and_not_on_the_points(
    make_incidents: MakeIncidents,
) -> None:
    rng = np.random.default_rng(12)
    one = make_incidents(_lng_lat(rng.uniform(-4000, 4000, (250, 2))))
    other = make_incidents(_lng_lat(rng.normal(0, 400, (250, 2))))
    offered = [hs.k_distance(points, k=6, area=_area()).estimate for points in (one, other)]
    assert offered[0] == offered[1]
    assert 100 < offered[0] < 1000
    nothing = hs.k_distance(one, k=6)
    assert np.isnan(nothing.estimate)
    assert "give it (area=...)" in str(nothing.sentences[0])


def test_at_the_distance_offered_few_random_maps_have_a_core(
    make_incidents: MakeIncidents,
) -> None:
    rng = np.random.default_rng(13)
    shape = outline_in(BOX, PLANE)
    thrower = RandomPoints(shape)
    places = rng.uniform((-1.65, 53.75), (-1.45, 53.85), (200, 2))
    one = np.ones(200, dtype=np.int64)
    for k in (3, 5, 10):
        eps = hs.k_distance(make_incidents(list(map(tuple, places))), k=k, area=_area()).estimate
        maps = [
            group_places(*thrower.throw(200, rng), one, reach=eps, needed=k).core.any()
            for _ in range(1000)
        ]
        assert 0.01 < np.mean(maps) < 0.065


def test_hdbscan_finds_crowds_and_takes_each_place_once(make_incidents: MakeIncidents) -> None:
    xy = _town(np.random.default_rng(14))
    incidents = make_incidents([*_lng_lat(xy), *[(-1.53, 53.79)] * 60])
    result = hs.hdbscan_hotspots(incidents, min_incidents=15, min_samples=5)
    table = hs.cluster_table(result)
    assert (table["places"] >= 15).all()
    # The stack of 60 counts once: it is no cluster of its own.
    assert (table["n"].sort_values(ascending=False).index == table.index).all()
    strength = result.data["strength"]
    assert strength.between(0, 1).all()
    assert (strength[result.data["cluster"] == 0] == 0).all()
    crowd = result.data["cluster"].iloc[300:420].to_numpy(dtype=int).reshape(3, 40)
    assert [np.bincount(part).argmax() > 0 for part in crowd] == [True] * 3
    leaf = hs.hdbscan_hotspots(incidents, min_incidents=15, min_samples=5, cluster_selection="leaf")
    assert leaf.params.clusters >= result.params.clusters


def test_hdbscan_refuses_too_few_and_too_many_places(
    make_incidents: MakeIncidents, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = make_incidents([(-1.55, 53.8)] * 4 + [(-1.54, 53.8)] * 4)
    with pytest.raises(FitnessError, match=r"the incidents lie on 2; it was asked for 4"):
        hs.hdbscan_hotspots(few, min_incidents=4, allow_shared_places=True)
    monkeypatch.setattr(hdbscan, "MOST_PLACES", 100)
    many = make_incidents(_lng_lat(_town(np.random.default_rng(1))))
    with pytest.raises(FitnessError, match=r"up to 100 distinct places, and here are 420"):
        hs.hdbscan_hotspots(many, min_incidents=4)
