"""The study area: where an incident would have been counted, had there been one."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import shapely

from hotspots.cells import cell_polygons, parse_cells
from hotspots.crs import (
    WGS84,
    centre_of,
    cut_at_antimeridian,
    local_equal_area_crs,
    polygons_in_degrees,
    project,
    unwrap_longitudes,
)
from hotspots.errors import CoordinateReferenceError, FitnessError, ParameterError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_POLYGONS: Final = ("Polygon", "MultiPolygon")


def study_area(
    polygons_or_incidents: gpd.GeoDataFrame | gpd.GeoSeries | Sequence[str],
    *,
    buffer_m: float = 0.0,
    name: str | None = None,
) -> gpd.GeoDataFrame:
    """Declare the area that a map is about.

    The study area decides what is found: empty land around a town makes its ordinary streets look
    hot. Give the polygons of the place for which the data are complete. An area drawn around the
    incidents themselves is for exploring only, and ``publish()`` refuses it.

    Parameters
    ----------
    polygons_or_incidents : GeoDataFrame, GeoSeries or list of str
        Polygons, in any CRS; or Incidents (points), whose convex hull is taken; or H3 cells as
        text. Shapes that cross themselves are repaired, with a warning.
    buffer_m : float, default 0.0
        Added on every side, in metres.
    name : str or None, default None
        What to call the area. None takes the column ``name`` of a single polygon, and otherwise
        ``"study area"``.

    Returns
    -------
    geopandas.GeoDataFrame
        One row with ``name``, ``area_basis`` (``"polygons"``, ``"cells"`` or ``"incidents"``),
        ``area_attribution`` (the texts of a column ``attribution`` of the polygons, which their
        licence wants shown; otherwise empty) and ``geometry`` in EPSG:4326, cut at the 180th
        meridian if it crosses it.

    Raises
    ------
    CoordinateReferenceError
        If the shapes do not say their CRS.
    FitnessError
        If the incidents have no place, or all lie on one line.
    ParameterError
        If the shapes are neither polygons nor points, if they cover nothing, or if ``buffer_m``
        is negative.

    Examples
    --------
    >>> import geopandas as gpd, shapely, hotspots as hs
    >>> square = gpd.GeoSeries([shapely.box(-1.6, 53.7, -1.5, 53.8)], crs="EPSG:4326")
    >>> hs.study_area(square, name="A square").loc[0, ["name", "area_basis"]].tolist()
    ['A square', 'polygons']
    """
    if not np.isfinite(buffer_m) or buffer_m < 0:
        msg = f"buffer_m must be 0 or more metres, got {buffer_m!r}."
        raise ParameterError(msg)
    shape, basis, found_name = _shape_of(polygons_or_incidents)
    if buffer_m > 0:
        shape = _buffered(shape, buffer_m)
    if not shape.area > 0:
        msg = (
            "All incidents lie on one line, which encloses no area. Give the polygons of the "
            "place, or a buffer_m."
            if basis == "incidents"
            else "The polygons cover no area. Give polygons with an inside."
        )
        raise FitnessError(msg) if basis == "incidents" else ParameterError(msg)
    row = {
        "name": [name or found_name],
        "area_basis": [basis],
        "area_attribution": [attribution_of(polygons_or_incidents)],
    }
    return gpd.GeoDataFrame(row, geometry=[shape], crs=WGS84)


def is_study_area(given: object) -> bool:
    """Say whether something came from ``study_area``.

    Parameters
    ----------
    given : object
        Anything.

    Returns
    -------
    bool
        The answer.
    """
    return (
        isinstance(given, gpd.GeoDataFrame)
        and len(given) == 1
        and {"area_basis", "area_attribution"} <= {*given.columns}
        and given.index.name != "cell"
    )


def check_study_area(area: gpd.GeoDataFrame) -> shapely.Geometry:
    """Take the one shape out of a study area, or say that it is none.

    Parameters
    ----------
    area : geopandas.GeoDataFrame
        What should have come from ``study_area``.

    Returns
    -------
    shapely.Geometry
        Its polygon or multipolygon, in EPSG:4326.

    Raises
    ------
    ParameterError
        If it is not a study area.
    """
    if not is_study_area(area):
        kind = type(area).__name__
        msg = (
            f"area must come from study_area(...), got a {kind}. Write study_area(polygons) first."
        )
        raise ParameterError(msg)
    return area.geometry.iloc[0]


def _shape_of(given: Any) -> tuple[shapely.Geometry, str, str]:  # noqa: ANN401 - a user's argument
    unnamed = "study area"
    if isinstance(given, list | tuple) and given and all(isinstance(c, str) for c in given):
        return shapely.union_all(cell_polygons(parse_cells(given))), "cells", unnamed
    if not isinstance(given, gpd.GeoDataFrame | gpd.GeoSeries):
        kind = type(given).__name__
        msg = (
            f"A study area is made from polygons or incidents (a GeoDataFrame or GeoSeries) or "
            f"from a list of H3 cells, got a {kind}."
        )
        raise ParameterError(msg)
    shapes = given.geometry[given.geometry.notna() & ~given.geometry.is_empty]
    if shapes.empty:
        msg = "Nothing here has a place: no polygon, and no point. Give the polygons of the place."
        raise FitnessError(msg)
    if given.crs is None:
        msg = "The shapes do not say their CRS. Set it, for example shapes.set_crs('EPSG:4326')."
        raise CoordinateReferenceError(msg)
    kinds = set(shapes.geom_type)
    if kinds == {"Point"}:
        points = shapely.multipoints(shapes.to_crs(WGS84).to_numpy())
        return _hull(points), "incidents", unnamed
    if not kinds <= set(_POLYGONS):
        found = ", ".join(sorted(kinds))
        msg = f"A study area is made from polygons alone or points alone, got {found}."
        raise ParameterError(msg)
    if len(given) == 1 and isinstance(given, gpd.GeoDataFrame) and "name" in given.columns:
        unnamed = str(given["name"].iloc[0])
    whole = cut_at_antimeridian(repaired(polygons_in_degrees(shapes), stacklevel=4))
    union = shapely.union_all(whole)
    parts = shapely.get_parts(union)
    return shapely.union_all(parts[shapely.area(parts) > 0]), "polygons", unnamed


def repaired(shapes: NDArray[np.object_], *, stacklevel: int) -> NDArray[np.object_]:
    """Repair shapes that cross themselves, and warn of what that did to their area.

    Parameters
    ----------
    shapes : ndarray of shapely.Geometry, shape (n,)
        In EPSG:4326.
    stacklevel : int
        Whose line the warning names, counted from here.

    Returns
    -------
    ndarray of shapely.Geometry, shape (n,)
        The shapes, all of them valid.
    """
    crossing = ~shapely.is_valid(shapes)
    whole: NDArray[np.object_] = shapely.make_valid(shapes)
    before, after = (float(shapely.area(s[crossing]).sum()) for s in (shapes, whole))
    # What covers nothing even when it is repaired is refused by others.
    if after > 0:
        msg = (
            f"{int(crossing.sum())} of {len(shapes)} shapes cross themselves and were repaired; "
            f"their area went from {before:.6g} to {after:.6g} square degrees. Look at the result."
        )
        warnings.warn(msg, UserWarning, stacklevel=stacklevel)
    return whole


def attribution_of(given: Any) -> str:  # noqa: ANN401 - a user's argument
    """Take what the licence of polygons wants shown out of their column ``attribution``.

    Parameters
    ----------
    given : object
        Polygons, or what else a user gave.

    Returns
    -------
    str
        The texts, each once; empty when there are none.
    """
    if not isinstance(given, gpd.GeoDataFrame) or "attribution" not in given.columns:
        return ""
    return " ".join(str(text) for text in given["attribution"].dropna().unique())


def _hull(points: shapely.MultiPoint) -> shapely.Geometry:
    together = unwrap_longitudes(points, centre_of(points)[1])
    return cut_at_antimeridian(shapely.convex_hull(together))[0]


def _buffered(shape: shapely.Geometry, buffer_m: float) -> shapely.Geometry:
    centre = centre_of(shape)
    metres = local_equal_area_crs(*centre)
    wider = shapely.buffer(project(shape, WGS84, metres), buffer_m)
    back = unwrap_longitudes(project(wider, metres, WGS84), centre[1])
    return cut_at_antimeridian(back)[0]
