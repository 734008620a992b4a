"""How much of each area lies in each cell."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from hotspots.crs import centre_of
from hotspots.grid.plane import on_plane

if TYPE_CHECKING:
    from numpy.typing import NDArray


def shares_by_area(
    cells: NDArray[np.object_],
    areas: NDArray[np.object_],
    inside: shapely.Geometry | None = None,
) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float64]]:
    """Measure which share of each area lies in which cell, on an equal-area plane.

    Parameters
    ----------
    cells : ndarray of shapely.Geometry, shape (n,)
        Polygons in EPSG:4326 that do not overlap each other.
    areas : ndarray of shapely.Geometry, shape (k,)
        Polygons in EPSG:4326.
    inside : shapely.Geometry or None, default None
        Only the part of each cell inside this counts; in EPSG:4326.

    Returns
    -------
    area, cell : ndarray of intp
        Positions of an area and of a cell that share something.
    share : ndarray of float64
        How much of the area; those of one area add up to 1 at most.
    """
    near = np.unique(shapely.STRtree(cells).query(areas)[0])
    if not len(near):
        return near, near, np.empty(0)
    middle = centre_of(cells)
    parts, wholes = on_plane(cells, middle), on_plane(areas[near], middle)
    if inside is not None:
        parts = _parts_inside(parts, on_plane(np.array([inside]), middle)[0])
    area, cell = shapely.STRtree(parts).query(wholes, predicate="intersects")
    shapely.prepare(wholes)
    shared = np.where(shapely.covers(wholes[area], parts[cell]), shapely.area(parts[cell]), np.nan)
    cut = np.flatnonzero(np.isnan(shared))
    shared[cut] = shapely.area(shapely.intersection(wholes[area[cut]], parts[cell[cut]]))
    share = shared / shapely.area(wholes)[area]
    # Cells that were drawn apart overlap by slivers, and an area in one has a little more than 1.
    sums = np.bincount(area, weights=share, minlength=len(wholes))
    share /= np.maximum(sums, 1.0)[area]
    some = share > 0
    return near[area[some]], cell[some], share[some]


def _parts_inside(parts: NDArray[np.object_], plane: shapely.Geometry) -> NDArray[np.object_]:
    shapely.prepare(plane)
    edge = np.flatnonzero(~shapely.covers(plane, parts))
    out = parts.copy()
    out[edge] = shapely.intersection(plane, parts[edge])
    return out
