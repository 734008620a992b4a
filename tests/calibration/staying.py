"""Made-up incidents, point by point, and which of their hotspots stay on other maps.

The maps of ``maps.py`` are counts in cells; to move a grid over incidents they must be points.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy import stats

import hotspots as hs
from hotspots.cells import as_cells, points_to_cells
from hotspots.crs import WGS84
from hotspots.inference.correction import adjust_p_values
from hotspots.methods.stability.moving import Plane, plane_of
from hotspots.neighbours import Windows, cell_windows

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Places: TypeAlias = tuple[NDArray[np.float64], NDArray[np.float64]]
    Scatter: TypeAlias = Callable[[np.random.Generator], Places]

RESOLUTION: Final = 8
#: Metres from the middle of the land to the middle of what is planted.
PLANTED_AT: Final = (1200.0, 700.0)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Country:
    """Some 20 by 20 km of land, and the grid that its incidents are first counted in."""

    area: gpd.GeoDataFrame
    plane: Plane
    grid: gpd.GeoDataFrame
    windows: Windows

    def anywhere(self, rng: np.random.Generator, n: int) -> NDArray[np.float64]:
        """Give points in metres that fall evenly, shape (n, 2)."""
        west, south, east, north = self.plane.outline.bounds
        found = np.empty((0, 2))
        while len(found) < n:
            some = rng.uniform((west, south), (east, north), (2 * n, 2))
            inside = shapely.intersects_xy(self.plane.outline, *some.T)
            found = np.vstack([found, some[inside]])
        return found[:n]

    def counts(self, places: Places) -> NDArray[np.int64]:
        """Count points in the cells of the grid."""
        cells = as_cells(self.grid.index)
        found = points_to_cells(places[1], places[0], RESOLUTION)
        at = np.minimum(np.searchsorted(cells, found), len(cells) - 1)
        return np.bincount(at[cells[at] == found], minlength=len(cells))


def country() -> Country:
    box = gpd.GeoSeries([shapely.box(-1.75, 53.68, -1.45, 53.86)], crs=WGS84)
    area = hs.study_area(box, name="Nowhere")
    grid = hs.make_hexgrid(area, resolution=RESOLUTION)
    whole = grid["area_in_study_km2"] >= 0.5 * grid["area_km2"]
    return Country(
        area=area,
        plane=plane_of(area.geometry.iloc[0]),
        grid=grid[whole],
        windows=cell_windows(grid.index[whole]),
    )


def evenly(land: Country, n: int) -> Scatter:
    """Let incidents fall anywhere alike."""
    return lambda rng: land.plane.back.transform(*land.anywhere(rng, n).T)


def stacked(land: Country, n: int) -> Scatter:
    """Let addresses fall anywhere alike: most with one or two incidents, a few with many."""

    def scatter(rng: np.random.Generator) -> Places:
        sizes = np.maximum(1, rng.poisson(rng.lognormal(0, 1.3, n)))
        points = np.repeat(land.anywhere(rng, n), sizes, axis=0)[:n]
        return land.plane.back.transform(*points.T)

    return scatter


def planted(land: Country, n: int, *, times: float, radius_m: float) -> Scatter:
    """Raise the rate in a disc to so many times that of everywhere else."""

    def scatter(rng: np.random.Generator) -> Places:
        points = land.anywhere(rng, int(2 * n * times))
        inside = np.hypot(*(points - PLANTED_AT).T) < radius_m
        kept = points[inside | (rng.random(len(points)) < 1 / times)]
        return land.plane.back.transform(*kept[:n].T)

    return scatter


def apart(places: Places) -> Places:
    """Give each incident a place of its own, a centimetre from where it was."""
    step = np.arange(len(places[0])) * 1e-12
    return places[0] + step, places[1]


def incidents_at(places: Places) -> gpd.GeoDataFrame:
    """Make incidents of one month at these places."""
    n = len(places[0])
    same: dict[str, Any] = {
        "record_kind": "offence",
        "display_group": "burglary",
        "occurred_precision": "day",
        "source_id": "made-up",
        "source_sha256": "ab" * 32,
        "period": "2018-07-01/2018-07-31",
    }
    columns = {name: pd.Categorical.from_codes(np.zeros(n, int), [v]) for name, v in same.items()}
    day = pd.Timestamp("2018-07-01", tz="Europe/London")
    return gpd.GeoDataFrame(
        {"count": np.ones(n, dtype=np.int64), "occurred_start": pd.DatetimeIndex([day] * n)}
        | columns,
        geometry=shapely.points(*places),
        crs=WGS84,
    )


def hotspots_of(result: hs.HotspotResult) -> pd.DataFrame:
    """Give one row for each hotspot of the first map: in how many of how many runs it stays."""
    hot = result.data[result.data["patch"].notna()]
    return hot.groupby("patch").agg(
        stays=("patch_stability", "first"), cells=("n", "size"), n=("n", "sum")
    )


def hot_on_random_points(land: Country, counts: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Test windows against points that fall by area: exact binomial tails, corrected."""
    share = land.grid["area_in_study_km2"].to_numpy() / land.grid["area_in_study_km2"].sum()
    starts, members = land.windows.starts, land.windows.members
    expected = np.add.reduceat(share[members], starts[:-1])
    p_value = stats.binom.sf(land.windows.sums(counts) - 1, counts.sum(), expected)
    return np.asarray(adjust_p_values(p_value, "fdr_bh") <= 0.05)
