"""The hexagons of a study area, each with its own area."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from hotspots.cells import (
    cell_areas_km2,
    cell_names,
    cell_polygons,
    cells_overlapping,
    check_resolution,
    points_to_cells,
)
from hotspots.crs import WGS84, centre_of, local_equal_area_crs, project
from hotspots.digests import digest_of
from hotspots.errors import ParameterError
from hotspots.grid.area import check_study_area
from hotspots.grid.degrees import check_degrees

if TYPE_CHECKING:
    from numpy.typing import NDArray

FINEST_CHOSEN: Final = 10
COARSEST_CHOSEN: Final = 6
#: With fewer expected in a cell and its six neighbours, a test sees little, however clustered they
#: are; with 4.6 (burglary in West Yorkshire, one month) it still finds a tenth of the area hot.
EXPECTED_IN_WINDOW: Final = 3.0
WINDOW_CELLS: Final = 7
MOST_CELLS: Final = 5_000_000
#: A cell that shares less than this part of itself with the area only touches it (rounding).
_TOUCH: Final = 1e-6


def make_hexgrid(
    area: gpd.GeoDataFrame,
    *,
    resolution: int | None = None,
    incidents: gpd.GeoDataFrame | None = None,
) -> gpd.GeoDataFrame:
    """Cover a study area with H3 cells.

    Parameters
    ----------
    area : geopandas.GeoDataFrame
        From ``study_area``.
    resolution : int or None, default None
        H3 resolution, 0 (largest cells) to 15. None chooses the finest of 10 to 6 at which a cell
        with its six neighbours is expected to hold 3 incidents or more, if they were spread evenly
        over the area; 6 when none does.
    incidents : geopandas.GeoDataFrame or None, default None
        The incidents to choose from; needed when ``resolution`` is None.

    Returns
    -------
    geopandas.GeoDataFrame
        Every cell that overlaps the area, sorted by id; index ``cell`` (the id as h3-py writes it),
        columns ``area_km2`` (of the whole cell, on the sphere), ``area_in_study_km2`` (of the part
        inside the area), ``place``, ``area_basis``, ``area_attribution``, ``resolution_basis``
        (``"given"`` or ``"chosen"``), ``cells_digest`` (by which ``publish()`` notices that cells
        were dropped) and ``geometry`` in EPSG:4326.

    Raises
    ------
    CoordinateReferenceError
        If the size is chosen from incidents that are not in EPSG:4326.
    ParameterError
        If neither resolution nor incidents are given, or if the grid would have more than
        5 million cells.

    Examples
    --------
    >>> import geopandas as gpd, shapely, hotspots as hs
    >>> square = gpd.GeoSeries([shapely.box(-1.6, 53.7, -1.5, 53.8)], crs="EPSG:4326")
    >>> grid = hs.make_hexgrid(hs.study_area(square), resolution=8)
    >>> len(grid), grid.index[0]
    (140, '8819421801fffff')
    >>> round(float(grid["area_in_study_km2"].sum()), 1)
    73.1
    """
    shape = check_study_area(area)
    size_km2 = _km2(np.array([shape]), centre_of(shape))[0]
    basis = "given" if resolution is not None else "chosen"
    if resolution is None:
        resolution = _choose_resolution(shape, size_km2, incidents)
    _refuse_too_many(shape, size_km2, check_resolution(resolution))
    cells = cells_overlapping(shape, resolution)
    polygons = cell_polygons(cells)
    share = _share_inside(shape, polygons)
    kept = share > _TOUCH
    areas = cell_areas_km2(cells[kept])
    constants = {
        "place": str(area["name"].iloc[0]),
        "area_basis": str(area["area_basis"].iloc[0]),
        "area_attribution": str(area["area_attribution"].iloc[0]),
    }
    grid = gpd.GeoDataFrame(
        {"area_km2": areas, "area_in_study_km2": areas * share[kept]},
        geometry=polygons[kept],
        index=pd.Index(cell_names(cells[kept]), name="cell"),
        crs=WGS84,
    )
    constants["cells_digest"] = digest_of(grid.index)
    return with_constants(grid, {**constants, "resolution_basis": basis})


def with_constants(grid: gpd.GeoDataFrame, facts: dict[str, str]) -> gpd.GeoDataFrame:
    """Add columns that hold one value each, before the geometry; a copy is returned.

    Parameters
    ----------
    grid : geopandas.GeoDataFrame
        Any grid.
    facts : dict of str to str
        Column names and their value.

    Returns
    -------
    geopandas.GeoDataFrame
        The grid with the columns; they are categorical.
    """
    out = grid.copy()
    zeros = np.zeros(len(out), dtype=np.int8)
    for name, value in facts.items():
        out[name] = pd.Categorical.from_codes(zeros, categories=[value])
    return out[[*(c for c in out.columns if c != out.geometry.name), out.geometry.name]]


def _km2(shapes: NDArray[np.object_], centre: tuple[float, float]) -> NDArray[np.float64]:
    areas = shapely.area(project(shapes, WGS84, local_equal_area_crs(*centre)))
    return np.asarray(areas, dtype=np.float64) / 1e6


def _share_inside(shape: shapely.Geometry, polygons: NDArray[np.object_]) -> NDArray[np.float64]:
    """Give the part of each cell that lies in the area; only cells on the edge are cut."""
    shapely.prepare(shape)
    share = np.asarray(shapely.covers(shape, polygons), dtype=np.float64)
    edge = np.flatnonzero(share == 0)
    whole = polygons[edge]
    clipped = shapely.intersection(shape, whole)
    centre = centre_of(shape)
    share[edge] = np.minimum(_km2(clipped, centre) / _km2(whole, centre), 1.0)
    return share


def _typical_cell_km2(shape: shapely.Geometry, resolution: int) -> float:
    latitude, longitude = centre_of(shape)
    return float(cell_areas_km2(points_to_cells([latitude], [longitude], resolution))[0])


def _refuse_too_many(shape: shapely.Geometry, size_km2: float, resolution: int) -> None:
    expected = size_km2 / _typical_cell_km2(shape, resolution)
    if expected > MOST_CELLS:
        fits = resolution
        while fits > 0 and size_km2 / _typical_cell_km2(shape, fits) > MOST_CELLS:
            fits -= 1
        msg = (
            f"Resolution {resolution} would cut {size_km2:,.0f} km2 into about {expected:,.0f} "
            f"cells; the most is {MOST_CELLS:,}. Take resolution {fits} or coarser, or a "
            "smaller area."
        )
        raise ParameterError(msg)


def _choose_resolution(
    shape: shapely.Geometry, size_km2: float, incidents: gpd.GeoDataFrame | None
) -> int:
    if incidents is None:
        msg = (
            "make_hexgrid needs a resolution, or the incidents to choose one from: "
            "make_hexgrid(area, resolution=8) or make_hexgrid(area, incidents=incidents)."
        )
        raise ParameterError(msg)
    check_degrees(incidents)
    points = incidents.geometry
    inside = shapely.intersects_xy(shape, points.x.to_numpy(), points.y.to_numpy())
    weights = incidents["count"].to_numpy() if "count" in incidents else np.ones(len(incidents))
    total = float(weights[inside].sum())
    for resolution in range(FINEST_CHOSEN, COARSEST_CHOSEN, -1):
        expected = WINDOW_CELLS * total * _typical_cell_km2(shape, resolution) / size_km2
        if expected >= EXPECTED_IN_WINDOW:
            return resolution
    return COARSEST_CHOSEN
