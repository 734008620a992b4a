"""From cells of one grid to cells of another: by the ground that both stand on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import shapely

from hotspots.errors import SchemaMismatchError
from hotspots.grid.placing import cells_of_points
from hotspots.results import HOTSPOT_WORDS, HotspotResult

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from hotspots.methods.stability.moving import Plane

#: Points of ground in a whole cell, about.
_POINTS_PER_CELL: Final = 20
FOUND, NOT_FOUND, NO_ANSWER = 1, 0, -1


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Ground:
    """Points spread evenly over the study area, each in a cell of the first map.

    Attributes
    ----------
    longitude, latitude : ndarray of float64, shape (p,)
        In degrees.
    cell : ndarray of intp, shape (p,)
        Position of the cell of the first map.
    n_cells : int
        Cells of the first map.
    """

    longitude: NDArray[np.float64]
    latitude: NDArray[np.float64]
    cell: NDArray[np.intp]
    n_cells: int


def ground_of(grid: gpd.GeoDataFrame, plane: Plane) -> Ground:
    """Spread points over the study area.

    Only ground inside the area counts, so that a cell on the edge is compared by its part inside.

    Parameters
    ----------
    grid : geopandas.GeoDataFrame
        The grid of the first map.
    plane : Plane
        The plane of the study area.

    Returns
    -------
    Ground
        About 20 points in each whole cell.
    """
    step = float(np.sqrt(1e6 * grid["area_km2"].median() / _POINTS_PER_CELL))
    west, south, east, north = plane.outline.bounds
    x_m, y_m = np.meshgrid(
        np.arange(west + step / 2, east, step), np.arange(south + step / 2, north, step)
    )
    shapely.prepare(plane.outline)
    inside = shapely.intersects_xy(plane.outline, x_m.ravel(), y_m.ravel())
    lng, lat = plane.back.transform(x_m.ravel()[inside], y_m.ravel()[inside])
    cell = cells_of_points(grid, lat, lng)
    known = cell >= 0
    return Ground(longitude=lng[known], latitude=lat[known], cell=cell[known], n_cells=len(grid))


def answers_of(result: HotspotResult, grid: gpd.GeoDataFrame, word: str) -> NDArray[np.int8]:
    """Read from a result which cells have the word.

    Parameters
    ----------
    result : HotspotResult
        What the method gave.
    grid : geopandas.GeoDataFrame
        What it was given.
    word : str
        The word.

    Returns
    -------
    ndarray of int8, shape (cells,)
        1 where a cell has it, 0 where it has another, -1 where it was not tested or there was too
        little to tell.

    Raises
    ------
    SchemaMismatchError
        If it is no result on the cells of the grid.
    """
    kind = type(result).__name__
    if not isinstance(result, HotspotResult) or "hotspot" not in result.data.columns:
        msg = (
            f"method must take a grid and give a HotspotResult with a column 'hotspot', it gave "
            f"a {kind}. Write hotspot_stability(incidents, area, local_gi_star)."
        )
        raise SchemaMismatchError(msg)
    if not result.data.index.equals(grid.index):
        msg = (
            f"method gave {len(result.data):,} rows that are not the {len(grid):,} cells of its "
            "grid, in their order. Do not leave out or sort cells in it."
        )
        raise SchemaMismatchError(msg)
    words = result.data["hotspot"].astype(object).to_numpy()
    told = np.isin(words, [w for w in HOTSPOT_WORDS if w != "too few"])
    return np.where(words == word, FOUND, np.where(told, NOT_FOUND, NO_ANSWER)).astype(np.int8)


def heard_on(
    ground: Ground, answers: NDArray[np.int8]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Count, in each cell of the first map, the points with an answer and those with the word.

    Parameters
    ----------
    ground : Ground
        The points.
    answers : ndarray of int8, shape (p,)
        What a run says of each point: 1, 0 or -1.

    Returns
    -------
    told, found : ndarray of int64, shape (cells,)
        Points with an answer, and with the word.
    """
    told, found = (
        np.bincount(ground.cell[which], minlength=ground.n_cells)
        for which in (answers != NO_ANSWER, answers == FOUND)
    )
    return told, found


def votes_of(
    points: NDArray[np.int64], told: NDArray[np.int64], found: NDArray[np.int64]
) -> NDArray[np.int8]:
    """Let the ground vote.

    Parameters
    ----------
    points : ndarray of int64, shape (n,)
        Points of ground in each cell, or in each patch of cells.
    told, found : ndarray of int64, shape (runs, n)
        Those with an answer, and those with the word.

    Returns
    -------
    ndarray of int8, shape (runs, n)
        1 where the word holds on at least half of the ground with an answer, 0 where it does not,
        -1 where less than half of the ground has an answer.
    """
    votes = np.where(2 * found >= told, FOUND, NOT_FOUND)
    return np.where((2 * told >= points) & (told > 0), votes, NO_ANSWER).astype(np.int8)
