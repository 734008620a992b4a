"""One row a cluster: its shape, its incidents and its density."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import h3
import numpy as np
import pandas as pd
import shapely

from hotspots.cells import (
    cell_areas_km2,
    cell_names,
    cell_polygons,
    check_resolution,
    points_to_cells,
)
from hotspots.crs import WGS84, cut_at_antimeridian, project, unwrap_longitudes
from hotspots.errors import ParameterError
from hotspots.methods.clusters.params import DbscanParams, HdbscanParams
from hotspots.results import HOTSPOT_WORDS
from hotspots.words import message, say

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hotspots.results import HotspotResult

#: Cells of a tenth of a square kilometre, where the method has no distance to go by.
_WITHOUT_EPS: Final = 9
#: Between the tightest outline (0) and the convex one (1).
_HULL_RATIO: Final = 0.3


def cluster_table(
    result: HotspotResult, *, shape: str = "cells", resolution: int | None = None
) -> gpd.GeoDataFrame:
    """Give each cluster one row, with its shape, its incidents and its density.

    Parameters
    ----------
    result : HotspotResult
        From ``dbscan_hotspots`` or ``hdbscan_hotspots``.
    shape : {"cells", "hull"}, default "cells"
        ``"cells"``: the H3 cells that hold an incident of the cluster, as one shape; two clusters
        may share a cell. ``"hull"``: a concave outline. Its corners are places of incidents, so it
        is for the analyst only, and the column ``note`` says so.
    resolution : int or None, default None
        H3 resolution of the cells. None takes the one whose cells are nearest in area to the
        circle of ``eps_m``; 9 for HDBSCAN, which has no such distance.

    Returns
    -------
    geopandas.GeoDataFrame
        Index ``cluster`` (1 has the most incidents), in EPSG:4326: ``n`` (int64, incidents),
        ``n_core`` (Int64, those on cores; missing for HDBSCAN), ``places`` (int64, distinct),
        ``area_km2`` (float64, of the shape), ``density_per_km2`` (float64, ``n`` by ``area_km2``;
        missing where a hull has no area), ``p_adjusted`` (float64) and ``hotspot`` (categorical)
        from the result, ``shape``, ``note`` (for the analyst only) and ``geometry``: a polygon or
        multipolygon; a hull of places on one line is that line, of one place that point.

    Raises
    ------
    ParameterError
        If the result is of another method, or an argument is outside what is described above.

    Examples
    --------
    >>> import hotspots as hs
    >>> incidents, _ = hs.load_sample("synthetic-chicago")
    >>> burglary, _ = hs.select_incidents(incidents, offence="burglary")
    >>> table = hs.cluster_table(hs.dbscan_hotspots(burglary, eps_m=400, min_incidents=8))
    >>> bool((table["n"] >= 8).all()), bool(table["n"].is_monotonic_decreasing)
    (True, True)
    """
    params = result.params
    if not isinstance(params, DbscanParams | HdbscanParams):
        msg = (
            f"cluster_table needs a result of dbscan_hotspots or hdbscan_hotspots, got one of "
            f"{getattr(result, 'method', type(result).__name__)}."
        )
        raise ParameterError(msg)
    if shape not in {"cells", "hull"}:
        msg = f"shape must be 'cells' or 'hull', got {shape!r}."
        raise ParameterError(msg)
    inside = result.data[result.data["cluster"].fillna(0) > 0]
    number = inside["cluster"].to_numpy(dtype=np.int64)
    table = _counts(inside, number, params.clusters)
    if shape == "cells":
        shapes, areas = _cells(inside, number, params.clusters, _resolution(params, resolution))
        note = ""
    else:
        shapes, areas = _hulls(inside, number, params.clusters, params.crs)
        note = say(message("clusters.note_hull"))
    table["area_km2"] = areas
    table["density_per_km2"] = table["n"] / table["area_km2"].where(table["area_km2"] > 0)
    table["p_adjusted"], table["hotspot"] = _significance(inside, number, params.clusters)
    table["shape"] = pd.Categorical([shape] * len(table), categories=["cells", "hull"])
    table["note"] = pd.Series([note] * len(table), index=table.index, dtype="string")
    return gpd.GeoDataFrame(table, geometry=shapes, crs=WGS84)


def _counts(inside: gpd.GeoDataFrame, number: NDArray[np.int64], clusters: int) -> pd.DataFrame:
    def total(values: NDArray[np.int64]) -> NDArray[np.int64]:
        sums = np.zeros(clusters + 1, dtype=np.int64)
        np.add.at(sums, number, values)
        return sums[1:]

    n = inside["n"].to_numpy(dtype=np.int64)
    n_core = pd.array([pd.NA] * clusters, dtype="Int64")
    if "is_core" in inside.columns:
        n_core = pd.array(total(n * inside["is_core"].to_numpy(dtype=np.bool_)), dtype="Int64")
    xy = shapely.get_coordinates(inside.geometry.array)
    # A place lies in one cluster alone, so that its coordinates tell it apart.
    _, first = np.unique(xy, axis=0, return_index=True)
    is_first = np.zeros(len(n), dtype=np.int64)
    is_first[first] = 1
    index = pd.RangeIndex(1, clusters + 1, name="cluster")
    columns = {"n": total(n), "n_core": n_core, "places": total(is_first)}
    return pd.DataFrame(columns, index=index)


def _significance(
    inside: gpd.GeoDataFrame, number: NDArray[np.int64], clusters: int
) -> tuple[NDArray[np.float64], pd.Categorical]:
    """Take what the result says of the first row of each cluster: it says so of all of them."""
    _, first = np.unique(number, return_index=True)
    if "p_adjusted" in inside.columns:
        rows = inside.iloc[first]
        return rows["p_adjusted"].to_numpy(), rows["hotspot"].array
    nothing = pd.Categorical.from_codes([-1] * clusters, list(HOTSPOT_WORDS))
    return np.full(clusters, np.nan), nothing


def _resolution(params: DbscanParams | HdbscanParams, asked: int | None) -> int:
    if asked is not None:
        return check_resolution(asked)
    if isinstance(params, HdbscanParams):
        return _WITHOUT_EPS
    circle = np.pi * (params.eps_m / 1000) ** 2
    areas = np.array([h3.average_hexagon_area(r, unit="km^2") for r in range(16)])
    return int(np.abs(np.log(areas / circle)).argmin())


def _cells(
    inside: gpd.GeoDataFrame, number: NDArray[np.int64], clusters: int, resolution: int
) -> tuple[list[Any], NDArray[np.float64]]:
    cells = points_to_cells(inside.geometry.y, inside.geometry.x, resolution)
    pairs = np.unique(np.column_stack([number.astype(np.uint64), cells]), axis=0)
    owner = pairs[:, 0].astype(np.int64) - 1
    held = cell_names(pairs[:, 1])
    areas: NDArray[np.float64] = np.bincount(
        owner, weights=cell_areas_km2(held), minlength=clusters
    ).astype(np.float64)
    starts = np.searchsorted(owner, np.arange(1, clusters))
    parts = np.split(cell_polygons(held), starts) if clusters else []
    return [shapely.union_all(part) for part in parts], areas


def _hulls(
    inside: gpd.GeoDataFrame, number: NDArray[np.int64], clusters: int, crs: str
) -> tuple[list[Any], NDArray[np.float64]]:
    order = np.argsort(number, kind="stable")
    starts = np.searchsorted(number[order], np.arange(2, clusters + 1))
    points = project(inside.geometry.to_numpy()[order], WGS84, crs)
    groups = np.split(points, starts) if clusters else []
    hulls = [shapely.concave_hull(shapely.multipoints(g), ratio=_HULL_RATIO) for g in groups]
    areas = np.array([shapely.area(hull) for hull in hulls], dtype=np.float64) / 1e6
    shapes = []
    for hull in hulls:
        flat = project(hull, crs, WGS84)
        whole = unwrap_longitudes(flat, float(shapely.get_coordinates(flat)[0, 0]))
        shapes.append(cut_at_antimeridian(whole)[0])
    return shapes, areas
