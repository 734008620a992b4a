"""The areas that the interface of data.police.uk is asked for: rings of corners, cut when full."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import pyogrio
import shapely

from hotspots.errors import CoordinateReferenceError, ParameterError
from hotspots.loaders.fetch.police import is_force

if TYPE_CHECKING:
    from collections.abc import Iterator

_WGS84: Final = "EPSG:4326"
#: Where these forces are; a box with its corners swapped is elsewhere.
_COUNTRY: Final = (-9.5, 49.0, 3.0, 61.5)
_CORNERS: Final = 4
#: How far two halves reach over the cut between them, in degrees: some five metres. Whether the
#: edge of an area is a part of it is not said, so what lies on a cut must lie inside one of them.
_OVERLAP: Final = 5e-5
_DECIMALS: Final = 8
_SHAPES: Final = ("Polygon", "MultiPolygon")


@dataclass(frozen=True, slots=True, kw_only=True)
class PoliceArea:
    """What is asked for: crimes inside polygons, and crimes of forces that have no place.

    Attributes
    ----------
    outlines : tuple of shapely.Polygon
        Outlines without holes, EPSG:4326.
    holes : shapely.Geometry or None
        Where the area has holes: what lies in one is dropped.
    forces : tuple of str
        Forces whose crimes without a place are asked for.
    """

    outlines: tuple[shapely.Polygon, ...] = ()
    holes: shapely.Geometry | None = None
    forces: tuple[str, ...] = ()


def police_area(area: object) -> PoliceArea:
    """Read what area the interface is to be asked for.

    Parameters
    ----------
    area : geopandas.GeoDataFrame, shapely.Polygon, str, pathlib.Path, tuple or list
        Polygons; the path of a file with polygons; a box (west, south, east, north) in degrees; a
        force; or several of these.

    Returns
    -------
    PoliceArea
        The area; polygons that overlap are one.

    Raises
    ------
    ParameterError
        If it is none of these, or lies elsewhere.
    CoordinateReferenceError
        If polygons do not say their CRS.

    Examples
    --------
    >>> from hotspots.loaders.fetch.police_areas import police_area
    >>> found = police_area([(-1.6, 53.7, -1.5, 53.8), "west-yorkshire"])
    >>> len(found.outlines), found.forces
    (1, ('west-yorkshire',))
    """
    if area is None:
        msg = (
            "The interface of data.police.uk can only be asked for an area: give area=(west, "
            "south, east, north), polygons, or a file with polygons. For whole forces name the "
            "portal of the archive."
        )
        raise ParameterError(msg)
    given = list(area) if isinstance(area, list | tuple) and not _is_box(area) else [area]
    forces = tuple(dict.fromkeys(g for g in given if isinstance(g, str) and is_force(g)))
    places = [g for g in given if not (isinstance(g, str) and is_force(g))]
    shapes = [shape for place in places for shape in _shapes(place)]
    if not shapes and not forces:
        msg = f"area={area!r} holds no polygon."
        raise ParameterError(msg)
    if not shapes:
        return PoliceArea(forces=forces)
    whole = shapely.union_all(shapely.make_valid(shapes))
    _check_place(whole)
    parts = [p for p in _polygons(whole) if p.area > 0]
    outlines = tuple(shapely.Polygon(part.exterior) for part in parts)
    holed = any(part.interiors for part in parts)
    holes = shapely.difference(shapely.union_all(outlines), whole) if holed else None
    return PoliceArea(outlines=outlines, holes=holes, forces=forces)


def ring_text(outline: shapely.Polygon) -> str:
    """Write an outline as the interface wants it: latitude,longitude:latitude,longitude.

    Parameters
    ----------
    outline : shapely.Polygon
        An outline, EPSG:4326.

    Returns
    -------
    str
        Its corners; the first one is not repeated.

    Examples
    --------
    >>> import shapely
    >>> from hotspots.loaders.fetch.police_areas import ring_text
    >>> ring_text(shapely.Polygon([(-1.5, 53.7), (-1.4, 53.7), (-1.4, 53.8)]))
    '53.7,-1.5:53.7,-1.4:53.8,-1.4'
    """
    corners = shapely.get_coordinates(outline.exterior)[:-1].round(_DECIMALS)
    return ":".join(f"{float(y)!r},{float(x)!r}" for x, y in corners)


def quarters(outline: shapely.Polygon) -> tuple[shapely.Polygon, ...]:
    """Cut an outline into quarters that reach a little over the cuts.

    Parameters
    ----------
    outline : shapely.Polygon
        An outline, EPSG:4326.

    Returns
    -------
    tuple of shapely.Polygon
        Outlines that cover it; none where it is too small to be cut.

    Examples
    --------
    >>> import shapely
    >>> from hotspots.loaders.fetch.police_areas import quarters
    >>> len(quarters(shapely.box(-1.6, 53.7, -1.5, 53.8)))
    4
    """
    west, south, east, north = outline.bounds
    if max(east - west, north - south) < 4 * _OVERLAP:
        return ()
    x, y = (west + east) / 2, (south + north) / 2
    boxes = [
        shapely.box(*sides)
        for sides in (
            (west, south, x + _OVERLAP, y + _OVERLAP),
            (x - _OVERLAP, south, east, y + _OVERLAP),
            (west, y - _OVERLAP, x + _OVERLAP, north),
            (x - _OVERLAP, y - _OVERLAP, east, north),
        )
    ]
    return tuple(
        shapely.Polygon(part.exterior)
        for box in boxes
        for part in _polygons(shapely.intersection(outline, box))
        if part.area > 0
    )


def _is_box(area: object) -> bool:
    return (
        isinstance(area, list | tuple)
        and len(area) == _CORNERS
        and all(isinstance(side, int | float) and not isinstance(side, bool) for side in area)
    )


def _shapes(given: Any) -> list[shapely.Geometry]:  # noqa: ANN401 - what a caller gives
    """Read polygons of any kind, in EPSG:4326."""
    if _is_box(given):
        west, south, east, north = given
        if not (west < east and south < north):
            msg = f"area={given!r} is no box: give (west, south, east, north) in degrees."
            raise ParameterError(msg)
        return [shapely.box(west, south, east, north)]
    if isinstance(given, shapely.Geometry):
        found = gpd.GeoSeries([given], crs=_WGS84)
    elif isinstance(given, gpd.GeoDataFrame | gpd.GeoSeries):
        found = given.geometry
    elif isinstance(given, str | Path):
        found = _from_file(Path(given)).geometry
    else:
        msg = (
            f"area={given!r} is no area. Give (west, south, east, north), polygons, a file with "
            "polygons, or a force such as 'west-yorkshire'."
        )
        raise ParameterError(msg)
    if found.crs is None:
        msg = "The area does not say its CRS. Set it, for example with set_crs('EPSG:4326')."
        raise CoordinateReferenceError(msg)
    found = found.dropna()
    others = sorted(set(found.geom_type) - set(_SHAPES))
    if others:
        msg = f"The area holds {', '.join(others)}; it must be of polygons."
        raise ParameterError(msg)
    return list(found.to_crs(_WGS84))


def _from_file(path: Path) -> gpd.GeoDataFrame:
    if not path.is_file():
        msg = f"area={str(path)!r} is neither a force nor a file on this computer."
        raise ParameterError(msg)
    try:
        return gpd.read_file(path, engine="pyogrio")
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError) as fault:
        msg = f"{path.name} cannot be read as a file of areas ({fault})."
        raise ParameterError(msg) from fault


def _check_place(whole: shapely.Geometry) -> None:
    if whole.is_empty or not shapely.box(*_COUNTRY).contains(shapely.box(*whole.bounds)):
        bounds = tuple(round(float(side), 4) for side in whole.bounds)
        msg = (
            f"The area reaches over {bounds}, which is not in the United Kingdom. A box is "
            "(west, south, east, north) in degrees."
        )
        raise ParameterError(msg)


def _polygons(shape: shapely.Geometry) -> Iterator[shapely.Polygon]:
    for part in shapely.get_parts(shape):
        if part.geom_type == "Polygon":
            yield part
        elif part.geom_type in ("MultiPolygon", "GeometryCollection"):
            yield from _polygons(part)
