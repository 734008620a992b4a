"""One map made again: the incidents as they are, as they might have been, or elsewhere."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import geopandas as gpd
import numpy as np
import shapely

from hotspots.crs import WGS84
from hotspots.errors import CoordinateReferenceError, FitnessError
from hotspots.grid import count_incidents, make_hexgrid, make_square_grid
from hotspots.grid.counting import check_columns
from hotspots.grid.placing import cells_of_points
from hotspots.methods.stability.moving import moved_area, moved_points, put_back
from hotspots.methods.stability.votes import NO_ANSWER, answers_of, heard_on

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from hotspots.methods.stability.moving import Plane
    from hotspots.methods.stability.params import StabilityRun
    from hotspots.methods.stability.votes import Ground
    from hotspots.results import HotspotResult

#: What counting reads, and no more: a copy of a million rows is made for every run.
_COLUMNS: Final = (
    "count", "record_kind", "display_group", "occurred_start", "occurred_precision", "source_id",
    "source_sha256", "period",
)  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class FirstMap:
    """The map whose hotspots are asked after.

    Attributes
    ----------
    incidents : geopandas.GeoDataFrame
        The incidents, with the columns that counting needs.
    longitude, latitude : ndarray of float64, shape (n,)
        Their places; NaN for none.
    place : ndarray of intp, shape (n,)
        Number of the place of each row: rows that lie exactly on each other have the same.
    area : geopandas.GeoDataFrame
        From ``study_area``.
    plane : Plane
        Its plane.
    grid : geopandas.GeoDataFrame
        The counted grid.
    ground : Ground
        Points spread over the area.
    method : callable
        From a counted grid to a result.
    word : str
        Which cells are looked at.
    resample : str
        How places are drawn anew.
    keep_share : float
        Part of them that thinning keeps.
    """

    incidents: gpd.GeoDataFrame
    longitude: NDArray[np.float64]
    latitude: NDArray[np.float64]
    place: NDArray[np.intp]
    area: gpd.GeoDataFrame
    plane: Plane
    grid: gpd.GeoDataFrame
    ground: Ground
    method: Callable[[gpd.GeoDataFrame], HotspotResult]
    word: str
    resample: str
    keep_share: float


def what_counts(incidents: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Take from incidents what counting needs.

    Parameters
    ----------
    incidents : geopandas.GeoDataFrame
        Incidents.

    Returns
    -------
    geopandas.GeoDataFrame
        Fewer columns, and the same rows.

    Raises
    ------
    CoordinateReferenceError
        If they are not in EPSG:4326.
    SchemaMismatchError
        If a column is missing.
    """
    check_columns(incidents)
    if incidents.crs is None or not incidents.crs.equals(WGS84):
        msg = (
            f"Incidents are in EPSG:4326, these are in {incidents.crs}. Read them with "
            "read_incidents(), or move them: incidents.to_crs('EPSG:4326')."
        )
        raise CoordinateReferenceError(msg)
    kept = [name for name in _COLUMNS if name in incidents.columns]
    return gpd.GeoDataFrame(incidents[kept], geometry=incidents.geometry.array, crs=WGS84)


def places_of(longitude: NDArray[np.float64], latitude: NDArray[np.float64]) -> NDArray[np.intp]:
    """Give each place a number; rows that lie exactly on each other share one.

    Parameters
    ----------
    longitude, latitude : ndarray of float64, shape (n,)
        In degrees; NaN for none.

    Returns
    -------
    ndarray of intp, shape (n,)
        From 0 on. What number a row without a place gets does not matter: it is in no count.
    """
    both = np.nan_to_num(longitude) + 1j * np.nan_to_num(latitude)
    return np.unique(both, return_inverse=True)[1].ravel()


def make_again(
    first: FirstMap, run: StabilityRun
) -> tuple[StabilityRun, NDArray[np.int64], NDArray[np.int64]]:
    """Make the map again, and ask the ground of each cell of the first one.

    Parameters
    ----------
    first : FirstMap
        The first map.
    run : StabilityRun
        What to change.

    Returns
    -------
    run : StabilityRun
        With its answer.
    told, found : ndarray of int64, shape (cells,)
        Points of ground in each cell of the first map that have an answer, and that have the word.
    """
    nothing = np.zeros(first.ground.n_cells, dtype=np.int64)
    grid = _resampled(first, run) if run.kind == "resample" else _regridded(first, run)
    try:
        result = first.method(grid)
    except FitnessError as error:
        return replace(run, answer=f"refused: {error}"), nothing, nothing
    answers = answers_of(result, grid, first.word)
    if (answers == NO_ANSWER).all():
        return replace(run, answer="too few"), nothing, nothing
    done = replace(run, answer="answered", cells_found=int((answers == 1).sum()))
    lng, lat = first.ground.longitude, first.ground.latitude
    if _is_moved(run):
        lng, lat = moved_points(lng, lat, first.plane, run.shift_m)
    # A moved grid has its outlines over the real map, and its cells where it was moved to.
    at = cells_of_points(grid, lat, lng)
    return done, *heard_on(first.ground, np.where(at >= 0, answers[at], NO_ANSWER))


def _is_moved(run: StabilityRun) -> bool:
    """Say whether the incidents were moved; squares are moved themselves."""
    return run.cell_m is None and run.shift_m != (0.0, 0.0)


def _regridded(first: FirstMap, run: StabilityRun) -> gpd.GeoDataFrame:
    if run.cell_m is not None:
        squares = make_square_grid(first.area, cell_m=run.cell_m, origin_m=run.shift_m)
        return count_incidents(first.incidents, squares)
    if not _is_moved(run):
        grid = make_hexgrid(first.area, resolution=run.resolution)
        return count_incidents(first.incidents, grid)
    area = moved_area(first.area, first.plane, run.shift_m)
    lng, lat = moved_points(first.longitude, first.latitude, first.plane, run.shift_m)
    away = first.incidents.set_geometry(_points(lng, lat), crs=WGS84)
    grid = count_incidents(away, make_hexgrid(area, resolution=run.resolution))
    # A method may look at what lies in a cell: the outlines are those over the real map.
    return grid.set_geometry(
        put_back(grid.geometry.to_numpy(), first.plane, run.shift_m), crs=WGS84
    )


def _points(lng: NDArray[np.float64], lat: NDArray[np.float64]) -> NDArray[np.object_]:
    out = np.full(len(lng), None, dtype=object)
    known = np.isfinite(lng)
    out[known] = shapely.points(lng[known], lat[known])
    return out


def _resampled(first: FirstMap, run: StabilityRun) -> gpd.GeoDataFrame:
    """Draw places anew; a row that goes keeps its date with a count of 0, so the period stays."""
    rng = np.random.default_rng(run.seed)
    n_places = int(first.place.max(initial=-1)) + 1
    if first.resample == "thin":
        times = rng.binomial(1, first.keep_share, n_places)
    else:
        times = rng.poisson(1.0, n_places)
    counts = first.incidents["count"].to_numpy(dtype=np.int64) * times[first.place]
    return count_incidents(first.incidents.assign(count=counts), first.grid)
