"""Where the incidents lie, where a density is asked for, and the window between them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import geopandas as gpd
import numpy as np
import pyproj
import shapely

from hotspots.cells import cell_areas_km2, points_to_cells
from hotspots.crs import (
    WGS84,
    centre_of,
    cut_at_antimeridian,
)
from hotspots.errors import FitnessError, ParameterError, SchemaMismatchError
from hotspots.grid import make_hexgrid
from hotspots.grid.area import is_study_area
from hotspots.grid.named_areas import SLIVER
from hotspots.grid.placing import cells_of_points
from hotspots.grid.plane import on_plane
from hotspots.grid.points import Points, points_of
from hotspots.methods.density.window import Window, window_of_cells, window_of_outline

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: A cell is as wide as this part of the kernel's standard deviation, at most: then a density added
#: up over the cells is right to 0.1 %.
_CELL_PER_SPREAD: Final = 0.5
#: More cells than this are not made unless a resolution asks for them.
MOST_CELLS: Final = 1_000_000
_COARSEST: Final = 4
_HALF_TURN: Final = 180.0
_FINEST: Final = 13


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Ground:
    """Hold the incidents inside a window, each place once.

    Attributes
    ----------
    points : Points
        The incidents.
    x_m, y_m : ndarray of float64, shape (places,)
        The places where incidents lie, sorted; on the plane ``points.crs``.
    weights : ndarray of float64, shape (places,)
        Incidents at each.
    outline : shapely.Geometry or None
        The study area on the plane; None when a grid was given.
    cells : geopandas.GeoDataFrame or None
        The grid that was given, or None.
    polygons : ndarray of shapely.Geometry or None
        Its cells on the plane.
    """

    points: Points
    x_m: NDArray[np.float64]
    y_m: NDArray[np.float64]
    weights: NDArray[np.float64]
    outline: shapely.Geometry | None
    cells: gpd.GeoDataFrame | None
    polygons: NDArray[np.object_] | None

    @property
    def incidents(self) -> int:  # numpydoc ignore=RT01
        """Number of incidents inside the window."""
        return int(self.weights.sum())

    def window(self) -> Window:
        """Take the edges of the window.

        Returns
        -------
        Window
            The outline of the study area, or of all cells of the grid together.
        """
        if self.outline is not None:
            return window_of_outline(self.outline)
        return window_of_cells(np.asarray(self.polygons))

    def shape(self) -> shapely.Geometry:
        """Give the window as a polygon.

        Returns
        -------
        shapely.Geometry
            On the plane, in metres.
        """
        return shapely.union_all(self.polygons) if self.outline is None else self.outline


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Places:
    """The cells at which a density is evaluated.

    Attributes
    ----------
    frame : geopandas.GeoDataFrame
        The cells.
    x_m, y_m : ndarray of float64, shape (cells,)
        Centre of the part of each cell inside the window.
    inside_km2 : ndarray of float64, shape (cells,)
        Area of that part, on the ellipsoid.
    inside : ndarray of bool, shape (cells,)
        Whether that centre itself lies inside: it may not, when the part has a bend.
    cell_m : float
        Side of a square as large as a cell; the median of all cells.
    cells_from : str
        ``"bandwidth"``, ``"resolution"`` or ``"grid"``: what decided their size.
    """

    frame: gpd.GeoDataFrame
    x_m: NDArray[np.float64]
    y_m: NDArray[np.float64]
    inside_km2: NDArray[np.float64]
    inside: NDArray[np.bool_]
    cell_m: float
    cells_from: str


def ground_of(incidents: gpd.GeoDataFrame, area: gpd.GeoDataFrame) -> Ground:
    """Take the incidents inside a study area, or inside the cells of a grid.

    Parameters
    ----------
    incidents : geopandas.GeoDataFrame
        Incidents.
    area : geopandas.GeoDataFrame
        From ``study_area``, or a grid from ``make_hexgrid``, ``make_square_grid`` or ``area_grid``.

    Returns
    -------
    Ground
        The incidents, and what they lie in.

    Raises
    ------
    ParameterError
        If the area is neither.
    FitnessError
        If no incident lies inside, or the cells of a grid overlap each other.
    """
    if is_study_area(area):
        points = points_of(incidents, area)
        (outline,) = on_plane(np.asarray(area.geometry), centre_of(area.geometry.iloc[0]))
        return _ground(points, outline=outline)
    shapes = _cells_of(area)
    box = _box_around(area, shapes)
    points = points_of(incidents, box)
    lng, lat = shapely.get_coordinates(incidents.geometry.array[points.rows]).T
    held = _only(points, np.flatnonzero(cells_of_points(area, lat, lng) >= 0))
    return _ground(held, cells=area, polygons=on_plane(shapes, centre_of(box.geometry.iloc[0])))


def places_at(
    ground: Ground, area: gpd.GeoDataFrame, *, spread_m: float, resolution: int | None
) -> Places:
    """Lay out the cells at which a density is evaluated.

    Parameters
    ----------
    ground : Ground
        The incidents.
    area : geopandas.GeoDataFrame
        As given to ``ground_of``.
    spread_m : float
        Standard deviation of the kernel.
    resolution : int or None
        H3 resolution; None chooses it from the spread.

    Returns
    -------
    Places
        The cells.

    Raises
    ------
    ParameterError
        If a resolution is given beside a grid, or the spread asks for more than a million cells.
    """
    if ground.outline is None:
        if resolution is not None:
            msg = f"The cells are those of the grid given; leave out resolution={resolution}."
            raise ParameterError(msg)
        return _places(np.asarray(ground.polygons), area, None, "grid")
    chosen = _resolution_for(ground, spread_m) if resolution is None else resolution
    grid = make_hexgrid(area, resolution=chosen)
    polygons = on_plane(np.asarray(grid.geometry), centre_of(area.geometry.iloc[0]))
    cut = np.asarray(grid["area_in_study_km2"] < grid["area_km2"])
    parts = shapely.intersection(ground.outline, polygons[cut])
    polygons[cut] = np.where(shapely.area(parts) > 0, parts, polygons[cut])
    basis = "bandwidth" if resolution is None else "resolution"
    return _places(polygons, grid, ground.outline, basis, cut=cut)


def _ground(
    points: Points,
    *,
    outline: shapely.Geometry | None = None,
    cells: gpd.GeoDataFrame | None = None,
    polygons: NDArray[np.object_] | None = None,
) -> Ground:
    at, which = np.unique(points.x_m + 1j * points.y_m, return_inverse=True)
    return Ground(
        points=points,
        x_m=at.real.copy(),
        y_m=at.imag.copy(),
        weights=np.asarray(np.bincount(which, weights=points.weights), dtype=np.float64),
        outline=outline,
        cells=cells,
        polygons=polygons,
    )


def _cells_of(area: gpd.GeoDataFrame) -> NDArray[np.object_]:
    wanted = "a study area from study_area(...) or a grid from make_hexgrid(...)"
    if not isinstance(area, gpd.GeoDataFrame):
        msg = f"area must be {wanted}, got a {type(area).__name__}."
        raise ParameterError(msg)
    shapes = np.asarray(area.geometry)
    kinds = sorted(set(area.geom_type.dropna()))
    if not len(shapes) or area.crs is None or not set(kinds) <= {"Polygon", "MultiPolygon"}:
        found = ", ".join(kinds) or "nothing"
        msg = f"area must be {wanted}, got {len(area)} rows of {found} in {area.crs}."
        raise ParameterError(msg)
    if shapely.is_missing(shapes).any() or shapely.is_empty(shapes).any():
        msg = "A cell of the grid has no shape. Make the grid anew with make_hexgrid(area)."
        raise SchemaMismatchError(msg)
    if "overlap_share" in area.columns and (area["overlap_share"] > SLIVER).any():
        msg = (
            f"The cells of this grid overlap each other, {area['overlap_share'].idxmax()} most, "
            "and their outline is no window. Give the study area, or areas that lie beside each "
            "other."
        )
        raise FitnessError(msg)
    return shapes if area.crs.equals(WGS84) else np.asarray(area.geometry.to_crs(WGS84))


def _box_around(area: gpd.GeoDataFrame, shapes: NDArray[np.object_]) -> gpd.GeoDataFrame:
    """Make a study area that holds all cells, so that the plane is centred on them."""
    lng, lat = shapely.get_coordinates(shapes).T
    if np.ptp(lng) > _HALF_TURN:
        lng = np.where(lng < 0, lng + 2 * _HALF_TURN, lng)
    whole = shapely.box(lng.min(), lat.min(), lng.max(), lat.max())
    said = {"name": "place", "area_basis": "area_basis", "area_attribution": "area_attribution"}
    facts = {
        name: [str(area[column].iloc[0]) if column in area.columns else ""]
        for name, column in said.items()
    }
    facts["area_basis"] = [facts["area_basis"][0] or "cells"]
    return gpd.GeoDataFrame(facts, geometry=cut_at_antimeridian(whole), crs=WGS84)


def _only(points: Points, which: NDArray[np.intp]) -> Points:
    if not len(which):
        msg = "No incident lies in any cell of the grid. Check that both are of the same place."
        raise FitnessError(msg)
    dropped = len(points.rows) - len(which)
    left_out = points.left_out | {"outside_area": points.left_out["outside_area"] + dropped}
    weights = points.weights[which]
    return replace(
        points,
        x_m=points.x_m[which],
        y_m=points.y_m[which],
        weights=weights,
        rows=points.rows[which],
        left_out=left_out,
        provenance=replace(points.provenance, incidents_used=int(weights.sum())),
    )


def _resolution_for(ground: Ground, spread_m: float) -> int:
    size_km2 = shapely.area(ground.outline) / 1e6
    latitude, longitude = _middle(ground)
    for resolution in range(_COARSEST, _FINEST + 1):
        cell_km2 = float(cell_areas_km2(points_to_cells([latitude], [longitude], resolution))[0])
        if size_km2 / cell_km2 > MOST_CELLS:
            break
        if np.sqrt(cell_km2) * 1000 <= _CELL_PER_SPREAD * spread_m:
            return resolution
    msg = (
        f"A kernel with a standard deviation of {spread_m:,.0f} m asks for more than "
        f"{MOST_CELLS:,} cells on {size_km2:,.0f} km2. Give a larger bandwidth_m, a smaller "
        "area, or the resolution you want."
    )
    raise ParameterError(msg)


def _middle(ground: Ground) -> tuple[float, float]:
    """Give the middle of the plane, where its CRS is centred."""
    back = pyproj.Transformer.from_crs(ground.points.crs, WGS84, always_xy=True)
    longitude, latitude = back.transform(0.0, 0.0)
    return latitude, longitude


def _places(
    polygons: NDArray[np.object_],
    frame: gpd.GeoDataFrame,
    outline: shapely.Geometry | None,
    cells_from: str,
    cut: NDArray[np.bool_] | None = None,
) -> Places:
    centres = shapely.centroid(polygons)
    x_m, y_m = shapely.get_x(centres), shapely.get_y(centres)
    inside = np.ones(len(polygons), dtype=bool)
    if outline is not None and cut is not None:
        shapely.prepare(outline)
        inside[cut] = shapely.intersects_xy(outline, x_m[cut], y_m[cut])
    areas = shapely.area(polygons) / 1e6
    whole = areas if cut is None or cut.all() else areas[~cut]
    return Places(
        frame=frame,
        x_m=x_m,
        y_m=y_m,
        inside_km2=areas,
        inside=inside,
        cell_m=float(np.sqrt(np.median(whole))) * 1000,
        cells_from=cells_from,
    )
