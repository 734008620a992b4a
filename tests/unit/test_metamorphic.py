"""What must not matter does not: order, names, place on Earth, units, what lies far off.

One made-up town stands on a plane in metres and is put on the globe anywhere. Each row of
``METHODS`` is a public method on it. Each relation changes the town and says how the answer may
change; most say: not at all.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import pytest
import shapely

import hotspots as hs
from hotspots.crs import WGS84, local_equal_area_crs

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

CELL_M: Final = 500.0
#: Half the side of the town. The outermost squares are a little cut.
REACH_M: Final = 3_960.0
SEED: Final = 20261122
US_FOOT_M: Final = 1200 / 3937


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Town:
    """Incidents in metres around a middle, where the middle lies, and how all of it is handed over.

    ``rows`` and ``cells`` are seeds by which rows are put in another order, ``names`` one by which
    areas are given other names; None leaves them.
    """

    x_m: NDArray[np.float64]
    y_m: NDArray[np.float64]
    row: NDArray[np.int64]
    latitude: float = 53.8
    longitude: float = 0.0
    foot: bool = False
    copies: int = 1
    rows: int | None = None
    cells: int | None = None
    names: int | None = None

    def _degrees(
        self, x_m: NDArray[np.float64], y_m: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        plane = local_equal_area_crs(self.latitude, self.longitude)
        lng, lat = pyproj.Transformer.from_crs(plane, WGS84, always_xy=True).transform(x_m, y_m)
        return np.asarray(lng), np.asarray(lat)

    def incidents(self) -> gpd.GeoDataFrame:
        """Give the incidents as a reader does, one row each."""
        n = len(self.row)
        frame = gpd.GeoDataFrame(
            {
                "count": np.ones(n, dtype=np.int8),
                "record_kind": pd.Categorical(["offence"] * n),
                "display_group": pd.Categorical(["burglary"] * n),
                "occurred_start": pd.to_datetime(["2018-07-01"] * n).tz_localize("UTC"),
                "occurred_precision": pd.Categorical(["day"] * n),
                "location_precision": pd.Categorical(["exact"] * n),
                "source_id": pd.Categorical(["made-up"] * n),
                "source_sha256": pd.Categorical(["ab" * 32] * n),
            },
            geometry=gpd.points_from_xy(*self._degrees(self.x_m, self.y_m)),
            index=pd.Index(self.row),
            crs=WGS84,
        )
        return frame if self.rows is None else _shuffled(frame, self.rows)

    def area(self) -> gpd.GeoDataFrame:
        """Give the outline of the town, as someone has drawn it: in metres or in US feet."""
        unit = US_FOOT_M if self.foot else 1.0
        crs = (
            f"+proj=tmerc +lat_0={self.latitude} +lon_0={self.longitude} +ellps=WGS84 +no_defs "
            f"+units={'us-ft' if self.foot else 'm'}"
        )
        # North and south it ends in a point on the middle meridian, so that the middle of its
        # latitudes is the middle of the town on the whole globe.
        east, north = REACH_M / unit, (REACH_M - 10) / unit
        half = [(-east, -north), (0.0, -east), (east, -north)]
        outline = shapely.Polygon([*half, *((-x, -y) for x, y in half)])
        return hs.study_area(gpd.GeoSeries([outline], crs=crs), name="Nowhere")

    def squares(self) -> gpd.GeoDataFrame:
        """Count the incidents in squares."""
        return self._counted(hs.make_square_grid(self.area(), cell_m=CELL_M))

    def named(self) -> gpd.GeoDataFrame:
        """Count the incidents in areas with names, each of them a square."""
        squares = hs.make_square_grid(self.area(), cell_m=CELL_M)
        areas = gpd.GeoDataFrame(
            {"code": self.codes(squares)}, geometry=squares.geometry.array, crs=WGS84
        )
        return self._counted(hs.area_grid(areas, code="code"))

    def codes(self, squares: gpd.GeoDataFrame) -> list[str]:
        """Give each square the code that it has as a named area."""
        if self.names is None:
            return [f"beat {square}" for square in squares.index]
        numbers = np.random.default_rng(self.names).permutation(len(squares))
        return [f"ward {number}" for number in numbers]

    def _counted(self, grid: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        counted = hs.count_incidents(self.incidents(), grid)
        return counted if self.cells is None else _shuffled(counted, self.cells)


def _shuffled(table: Any, seed: int) -> Any:  # noqa: ANN401 - any table
    return table.iloc[np.random.default_rng(seed).permutation(len(table))]


def _town() -> Town:
    """Scatter 260 incidents, and 60 around each of two corners; none lies on the edge of a square.

    The frame of the town is drawn anew at each place on Earth, and what lies within centimetres of
    an edge could change sides.
    """
    rng = np.random.default_rng(SEED)
    spread = rng.uniform(-3_900, 3_900, (260, 2))
    clusters = [rng.normal(middle, 350.0, (60, 2)) for middle in ((-1_600, 1_100), (2_100, -900))]
    xy = np.clip(np.vstack([spread, *clusters]), -3_900, 3_900)
    inside = np.clip(np.mod(xy, CELL_M), 15.0, CELL_M - 15.0)
    xy = np.floor(xy / CELL_M) * CELL_M + inside
    return Town(x_m=xy[:, 0], y_m=xy[:, 1], row=np.arange(len(xy)))


# Relations: what is done to the town.


def _doubled(town: Town) -> Town:
    """Write every row twice, the second time under a new number."""
    return replace(
        town,
        x_m=np.tile(town.x_m, 2),
        y_m=np.tile(town.y_m, 2),
        row=np.arange(2 * len(town.row)),
        copies=2,
    )


def _with_far_noise(town: Town) -> Town:
    """Add incidents ten kilometres and more outside the town."""
    rng = np.random.default_rng(SEED)
    angle, away = rng.uniform(0, 2 * np.pi, 40), rng.uniform(14_000, 30_000, 40)
    return replace(
        town,
        x_m=np.concatenate([town.x_m, away * np.cos(angle)]),
        y_m=np.concatenate([town.y_m, away * np.sin(angle)]),
        row=np.arange(len(town.row) + 40),
    )


RELATIONS: Final[dict[str, Callable[[Town], Town]]] = {
    "rows shuffled": lambda town: replace(town, rows=1),
    "rows doubled": _doubled,
    "cells reordered": lambda town: replace(town, cells=2),
    "cells relabelled": lambda town: replace(town, names=3),
    "moved west": lambda town: replace(town, longitude=-87.6),
    "moved to another latitude": lambda town: replace(town, latitude=-37.8),
    "across the 180th meridian": lambda town: replace(town, longitude=180.0),
    "outline in feet": lambda town: replace(town, foot=True),
    "far noise added": _with_far_noise,
}

#: For methods whose cells are tied to the globe.
MOVES: Final = frozenset({"moved west", "moved to another latitude", "across the 180th meridian"})
#: Rows written twice lie on each other, and distances of 0 say nothing of a place.
REFUSES_DOUBLES: Final = frozenset({"rows doubled"})


# Methods: what each says of a town, keyed by square or by row.


def _by_square(town: Town, result: hs.HotspotResult, *columns: str) -> pd.DataFrame:
    table = result.data[list(columns)]
    if "grid_kind" in result.data and (result.data["grid_kind"] == "areas").all():
        squares = hs.make_square_grid(town.area(), cell_m=CELL_M)
        known = dict(zip(town.codes(squares), squares.index, strict=True))
        table = table.rename(index=known)
    return table.sort_index()


def _number(estimate: hs.Estimate) -> pd.DataFrame:
    said = {"estimate": [estimate.estimate], "p_value": [estimate.p_value]}
    return pd.DataFrame(said)


def _with_people(town: Town) -> gpd.GeoDataFrame:
    """Put people, and another crime, into every square by its name."""
    grid = town.squares()
    number = np.array([sum(map(ord, square)) for square in grid.index])
    return grid.assign(people=200.0 + 37 * (number % 11), other=5 + number % 7)


def _gi_star(
    grid: Callable[[Town], gpd.GeoDataFrame] = Town.squares,
    **options: Any,  # noqa: ANN401 - as the method
) -> Callable[[Town], pd.DataFrame]:
    def run(town: Town) -> pd.DataFrame:
        result = hs.local_gi_star(grid(town), **options)
        return _by_square(town, result, "n", "p_value", "p_adjusted", "hotspot")

    return run


def _local_moran(town: Town) -> pd.DataFrame:
    result = hs.local_moran(town.squares())
    return _by_square(town, result, "n", "local_moran", "p_value", "p_adjusted", "hotspot")


def _local_moran_by_name(town: Town) -> pd.DataFrame:
    result = hs.local_moran(town.named())
    return _by_square(town, result, "n", "local_moran", "p_value", "p_adjusted", "hotspot")


def _global_moran(town: Town) -> pd.DataFrame:
    # Cells of other names are shuffled in another order: of its p-value nothing is promised.
    return _number(hs.global_moran(town.squares(), rng=SEED)).drop(columns="p_value")


def _density(**options: Any) -> Callable[[Town], pd.DataFrame]:  # noqa: ANN401 - as the method
    def run(town: Town) -> pd.DataFrame:
        result = hs.kernel_density(town.incidents(), town.squares(), **options)
        return _by_square(town, result, "inside_km2", "density_per_km2", "share_of_max")

    return run


def _scan(grid: Callable[[Town], gpd.GeoDataFrame]) -> Callable[[Town], pd.DataFrame]:
    def run(town: Town) -> pd.DataFrame:
        result = hs.scan_hotspots(grid(town), n_simulations=99, rng=SEED)
        return _by_square(town, result, "n", "cluster", "llr", "p_value", "hotspot")

    return run


def _relative_risk(town: Town) -> pd.DataFrame:
    incidents = town.incidents()
    # Most of those in the two corners, and a few of the others, are the cases.
    case = incidents.index.to_numpy() % 380 >= 240
    result = hs.relative_risk(
        incidents[case],
        incidents[~case],
        town.squares(),
        bandwidth_m=1_500.0,
        n_permutations=19,
        rng=SEED,
    )
    # Which incidents a lot makes cases follows their order: of p-values nothing is promised.
    return _by_square(town, result, "n", "cases_per_km2", "controls_per_km2", "log_relative_risk")


def _dbscan(town: Town) -> pd.DataFrame:
    result = hs.dbscan_hotspots(
        town.incidents(),
        eps_m=300.0,
        min_incidents=8 * town.copies,
        area=town.area(),
        n_simulations=99,
        allow_shared_places=True,
        rng=SEED,
    )
    return result.data[["cluster", "is_core", "p_adjusted", "hotspot"]].sort_index()


def _dbscan_without_area(town: Town) -> pd.DataFrame:
    result = hs.dbscan_hotspots(
        town.incidents(), eps_m=300.0, min_incidents=8 * town.copies, allow_shared_places=True
    )
    return result.data[["cluster", "is_core"]].sort_index()


def _hdbscan(town: Town) -> pd.DataFrame:
    result = hs.hdbscan_hotspots(
        town.incidents(), min_incidents=15, area=town.area(), allow_shared_places=True
    )
    return result.data[["cluster", "strength"]].sort_index()


# Of p-values from simulated points nothing is promised: an outline that is drawn elsewhere, in
# other vertices, throws other points.


def _nearest(town: Town) -> pd.DataFrame:
    found = hs.nearest_neighbor_index(
        town.incidents(), town.area(), edge="donnelly", n_simulations=19, rng=SEED
    )
    return _number(found).drop(columns="p_value")


def _ripley(town: Town) -> pd.DataFrame:
    distances = np.linspace(100.0, 1_000.0, 10)
    found = hs.ripley_k(
        town.incidents(), town.area(), distances_m=distances, n_simulations=39, rng=SEED
    )
    assert found.data is not None
    return found.data[["k_m2", "l_minus_r_m"]].reset_index(drop=True)


def _stability(*, n_shifts: int, n_resamples: int) -> Callable[[Town], pd.DataFrame]:
    def run(town: Town) -> pd.DataFrame:
        result = hs.hotspot_stability(
            town.incidents(),
            town.area(),
            hs.local_gi_star,
            resolution=8,
            n_shifts=n_shifts,
            resolution_steps=(),
            n_resamples=n_resamples,
            rng=SEED,
            progress=False,
        )
        return _by_square(town, result, "n", "stability", "runs", "patch", "hotspot")

    return run


def _gini(town: Town) -> pd.DataFrame:
    return _number(hs.gini_index(town.squares(), generalized=False))


def _share(town: Town) -> pd.DataFrame:
    return _number(hs.concentration_share(town.squares()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """A public method, what it says, and how that changes when every row is written twice.

    ``times`` names columns that are then so many times as large; ``changes`` those of which nothing
    is promised; all others stay. ``within`` is how far numbers may differ, as a share.
    ``by_name`` runs it on areas with names. ``without`` are relations that it does not keep.
    """

    run: Callable[[Town], pd.DataFrame]
    times: dict[str, float] = field(default_factory=dict)
    changes: frozenset[str] = frozenset()
    within: float = 1e-9
    by_name: Callable[[Town], pd.DataFrame] | None = None
    without: frozenset[str] = frozenset()


P_VALUES: Final = frozenset({"p_value", "p_adjusted", "hotspot"})

METHODS: Final = {
    "local_gi_star": Method(run=_gi_star(), times={"n": 2}, by_name=_gi_star(Town.named)),
    "local_gi_star, two-sided": Method(run=_gi_star(alternative="two-sided"), times={"n": 2}),
    "local_gi_star, rings together": Method(run=_gi_star(n_rings=(1, 2)), times={"n": 2}),
    "local_gi_star, normal": Method(run=_gi_star(null="normal"), times={"n": 2}),
    # Twice as many points are more evidence; of people and of other crime the same holds.
    "local_gi_star, random points": Method(
        run=_gi_star(null="random_points"),
        times={"n": 2},
        changes=P_VALUES,
        by_name=_gi_star(Town.named, null="random_points"),
        within=1e-2,
    ),
    "local_gi_star, population": Method(
        run=_gi_star(_with_people, null="population", population="people", denominator="residents"),
        times={"n": 2},
        changes=P_VALUES,
        within=1e-6,
    ),
    "local_gi_star, reference": Method(
        run=_gi_star(_with_people, null="reference", reference="other"),
        times={"n": 2},
        changes=P_VALUES,
        within=1e-6,
    ),
    "local_moran": Method(run=_local_moran, times={"n": 2}, by_name=_local_moran_by_name),
    "global_moran": Method(run=_global_moran),
    "kernel_density": Method(
        run=_density(bandwidth_m=900.0), times={"density_per_km2": 2}, within=1e-5
    ),
    "kernel_density, Gaussian, uniform edge": Method(
        run=_density(bandwidth_m=400.0, kernel="gaussian", edge="uniform"),
        times={"density_per_km2": 2},
        within=1e-5,
    ),
    "kernel_density, bandwidth chosen": Method(
        run=_density(), times={"density_per_km2": 2}, within=1e-3
    ),
    "relative_risk": Method(
        run=_relative_risk,
        times={"n": 2, "cases_per_km2": 2, "controls_per_km2": 2},
        within=1e-5,
    ),
    "scan_hotspots": Method(
        run=_scan(Town.squares),
        times={"n": 2, "llr": 2},
        by_name=_scan(Town.named),
        within=1e-2,
    ),
    "dbscan_hotspots": Method(run=_dbscan),
    "dbscan_hotspots, no area": Method(run=_dbscan_without_area),
    "hdbscan_hotspots": Method(run=_hdbscan, within=1e-6),
    "nearest_neighbor_index": Method(run=_nearest, within=1e-6, without=REFUSES_DOUBLES),
    "ripley_k": Method(run=_ripley, within=1e-4, without=REFUSES_DOUBLES),
    "hotspot_stability": Method(
        run=_stability(n_shifts=3, n_resamples=0), times={"n": 2}, without=MOVES
    ),
    # Other places draw other numbers, also where they lie outside the area.
    "hotspot_stability, thinned": Method(
        run=_stability(n_shifts=0, n_resamples=2),
        times={"n": 2},
        without=MOVES | {"far noise added"},
    ),
    "gini_index": Method(run=_gini),
    "concentration_share": Method(run=_share),
}


def _pairs() -> list[Any]:
    pairs = []
    for name, method in METHODS.items():
        for relation in RELATIONS:
            if relation in method.without or (
                relation == "cells relabelled" and not method.by_name
            ):
                continue
            pairs.append(pytest.param(name, relation, id=f"{name}: {relation}"))
    return pairs


@cache
def _said(name: str, *, by_name: bool = False) -> pd.DataFrame:
    """Give what a method says of the town as it is."""
    method = METHODS[name]
    run = method.by_name if by_name and method.by_name else method.run
    return run(_town())


@pytest.mark.parametrize(("name", "relation"), _pairs())
def test_what_must_not_matter_does_not(name: str, relation: str) -> None:
    method, by_name = METHODS[name], relation == "cells relabelled"
    run = method.by_name if by_name and method.by_name else method.run
    before, after = _said(name, by_name=by_name), run(RELATIONS[relation](_town()))
    if relation == "rows doubled":
        before = before.drop(columns=[*method.changes])
        after = after.loc[before.index, before.columns]
        before = before.assign(**{name: k * before[name] for name, k in method.times.items()})
    if relation == "far noise added":
        after = after.loc[before.index]
    pd.testing.assert_frame_equal(
        after,
        before,
        check_dtype=False,
        check_names=False,
        rtol=method.within,
        atol=1e-12,
    )


@pytest.mark.parametrize("name", METHODS)
def test_there_is_something_in_the_town_to_find(name: str) -> None:
    """A method that says nothing of the town would keep to every relation."""
    said = _said(name)
    assert said.notna().to_numpy().any()
    if "hotspot" in said:
        hot = said["hotspot"] == "hot"
        assert hot.any()
        assert not hot.all()
    elif len(said) > 1:
        assert all(len(said[column].unique()) > 1 for column in said)


@pytest.mark.parametrize("name", ["nearest_neighbor_index", "ripley_k"])
def test_doubled_rows_are_refused_where_distances_are_all_there_is(name: str) -> None:
    with pytest.raises(hs.HotspotsError, match="allow_shared_places"):
        METHODS[name].run(_doubled(_town()))


def test_a_relation_can_fail() -> None:
    """Another town has other hot cells, and the comparison would say so."""
    town = _town()
    other = replace(town, x_m=-town.x_m)
    before, after = METHODS["local_moran"].run(town), METHODS["local_moran"].run(other)
    assert (before["hotspot"] == "hot").sum() > 3
    with pytest.raises(AssertionError, match="are different"):
        pd.testing.assert_frame_equal(after, before)
