"""Where did it happen? Columns of coordinates in an unknown file, and the system they are in."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl
import pyproj
from pyproj.aoi import AreaOfInterest
from pyproj.database import query_crs_info
from pyproj.enums import PJType
from pyproj.exceptions import ProjError

from hotspots.loaders.hooks import near_zero_as_missing
from hotspots.loaders.profile import MOSTLY, numbers
from hotspots.loaders.reference import WGS84, degrees, inside

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hotspots.loaders.profile import ColumnProfile

_LATITUDE: Final = r"\blat|breite|latitud"
_LONGITUDE: Final = r"\blon|\blng|l[äa]nge|longitud"
_NORTHING: Final = r"\by\b|north|\bnorte|hochwert|rd y|\bycoord|yblock"
_EASTING: Final = r"\bx\b|east|\beste\b|rechtswert|rd x|\bxcoord|xblock"
#: National and regional systems of the portals that were seen; the world's own comes last.
SYSTEMS: Final = (
    "EPSG:27700", "EPSG:29903", "EPSG:2157", "EPSG:2154", "EPSG:28992", "EPSG:31370", "EPSG:25830",
    "EPSG:25831", "EPSG:25832", "EPSG:25833", "EPSG:31467", "EPSG:31468", "EPSG:2056", "EPSG:21781",
    "EPSG:31287", "EPSG:3763", "EPSG:3006", "EPSG:3067", "EPSG:2180", "EPSG:5514", "EPSG:3435",
    "EPSG:2263", "EPSG:26985", "EPSG:2232", "EPSG:2229", "EPSG:2227", "EPSG:2285", "EPSG:2926",
    "EPSG:2272", "EPSG:2249", "EPSG:26986", "EPSG:2248", "EPSG:26953", "EPSG:2276", "EPSG:2277",
    "EPSG:2278", "EPSG:2264", "EPSG:2236", "EPSG:2240", "EPSG:2246", "EPSG:2274", "EPSG:2253",
    "EPSG:2223", "ESRI:102696", "EPSG:26910", "EPSG:26911", "EPSG:26912", "EPSG:26914",
    "EPSG:26915", "EPSG:26916", "EPSG:26917", "EPSG:26918", "EPSG:32188", "EPSG:6372", "EPSG:9377",
    "EPSG:3116", "EPSG:31982", "EPSG:31983", "EPSG:28354", "EPSG:28355", "EPSG:28356", "EPSG:7855",
    "EPSG:7856", "EPSG:2193",
)  # fmt: skip
_WORLD: Final = "EPSG:3857"
#: Where people live: nobody reports crime further north or south.
_SOUTHMOST, _NORTHMOST = -56.0, 72.0
_HALF_TURN: Final = 180.0
_POLE: Final = 90.0
_DEGREES_AN_HOUR: Final = 15.0
#: No zone shows a clock that is further from the sun's than this.
_ZONE_REACH: Final = 50.0
_TRIED: Final = 5000
#: Bounds reach this far beyond nearly all points, in degrees and as a share of their extent.
_MARGIN: Final = 0.05
_SPREAD: Final = 0.5

#: Two numbers with decimals in one text, in brackets or not.
_PAIR_TEXT: Final = r"^(?:POINT\s*)?\(?\s*(-?\d+\.\d+)[\s,;]+(-?\d+\.\d+)\s*\)?$"
_PARTS: Final = (("first", 1), ("second", 2))
_ORDERS: Final = {"lat lon": ("second", "first"), "lon lat": ("first", "second")}

Bounds = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemFit:
    """What one reference system would make of the coordinates.

    Attributes
    ----------
    crs : str
        The system.
    share : float
        Share of points in the bounds that were given, or else where the system may be used.
    longitude, latitude : float
        The middle of the points, in degrees.
    """

    crs: str
    share: float
    longitude: float
    latitude: float


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class PlaceFit:
    """Where the coordinates of a file stand.

    Attributes
    ----------
    x, y : str
        Columns with longitude or easting and with latitude or northing.
    crs : str
        Their system; empty when the numbers fit several.
    swapped : bool
        Whether the columns' names say the opposite of what they hold.
    decimal_comma : bool
        Whether numbers have a decimal comma.
    mixed_decimals : bool
        Whether some have a comma and some a point.
    points, of : int
        Rows with coordinates, without those at (0, 0), and all rows.
    zeros : int
        Rows at (0, 0).
    systems : tuple of SystemFit
        Systems that fit, best first.
    longitude, latitude : numpy.ndarray of float
        The points in degrees, when the system is known: all, or an even sample.
    pair_order : str
        ``"lat lon"`` or ``"lon lat"`` where ``x`` and ``y`` are one column with both in a text;
        ``"open"`` where they could be in either order.
    """

    x: str
    y: str
    crs: str
    swapped: bool
    decimal_comma: bool
    mixed_decimals: bool
    points: int
    of: int
    zeros: int
    systems: tuple[SystemFit, ...]
    longitude: np.ndarray
    latitude: np.ndarray
    pair_order: str = ""

    @property
    def bounds(self) -> Bounds | None:  # numpydoc ignore=RT01
        """West, south, east, north around the points, stragglers left out; None when unknown."""
        if not len(self.longitude):
            return None
        west, east = np.quantile(self.longitude, [0.01, 0.99])
        south, north = np.quantile(self.latitude, [0.01, 0.99])
        margin = max(_MARGIN, _SPREAD * (east - west), _SPREAD * (north - south))
        edges = (west - margin, south - margin, east + margin, north + margin)
        rounded: Bounds = tuple(round(float(edge), 3) for edge in edges)  # type: ignore[assignment]
        return rounded


def find_pair(profiles: Sequence[ColumnProfile]) -> tuple[str, str] | None:
    """Find the columns of coordinates by their names; degrees before metres or feet.

    Parameters
    ----------
    profiles : sequence of ColumnProfile
        All columns.

    Returns
    -------
    tuple of str, or None
        Columns called like x and like y; None when there are none with numbers in them.
    """
    numeric = [p for p in profiles if p.numeric and p.distinct > 1]
    for across, up in ((_LONGITUDE, _LATITUDE), (_EASTING, _NORTHING)):
        east = [p.name for p in numeric if p.called(across)]
        north = [p.name for p in numeric if p.called(up) and p.name not in east]
        if east and north:
            return east[0], north[0]
    return None


def fit_pair_text(
    frame: pl.DataFrame,
    profiles: Sequence[ColumnProfile],
    *,
    bbox: Bounds | None = None,
    utc_offset_hours: float | None = None,
) -> PlaceFit | None:
    """Find a column that holds latitude and longitude in one text, such as ``(41.7, -87.5)``.

    Parameters
    ----------
    frame : polars.DataFrame
        Text, without nulls.
    profiles : sequence of ColumnProfile
        All columns.
    bbox : tuple of float, optional
        West, south, east, north that hold the points, when they are known.
    utc_offset_hours : float, optional
        How far the zone's clock is ahead of UTC, when the zone is known.

    Returns
    -------
    PlaceFit or None
        What fits; None when there is no such column.
    """
    column = next((p for p in profiles if _holds_pairs(p)), None)
    if column is None:
        return None
    text = frame[column.name].str.strip_chars()
    parts = pl.DataFrame({n: text.str.extract(_PAIR_TEXT, i).fill_null("") for n, i in _PARTS})
    fits = {
        order: fit_places(parts, names, crs=WGS84, bbox=bbox, utc_offset_hours=utc_offset_hours)
        for order, names in _ORDERS.items()
    }
    order = _named_order(column) or _only_order(fits)
    fit = fits[order or "lat lon"]
    nowhere = np.empty(0)
    return replace(
        fit,
        x=column.name,
        y=column.name,
        swapped=False,
        pair_order=order or "open",
        longitude=fit.longitude if order else nowhere,
        latitude=fit.latitude if order else nowhere,
    )


def _holds_pairs(column: ColumnProfile) -> bool:
    pairs = column.texts.str.contains(_PAIR_TEXT).mean() if len(column.texts) else 0
    return not column.numeric and isinstance(pairs, float) and pairs >= MOSTLY


def _named_order(column: ColumnProfile) -> str:
    """Know the order from the text or from the column's name; empty when neither says it."""
    if column.texts.str.starts_with("POINT").all() or column.called(r"(?:lon|lng).*lat"):
        return "lon lat"
    return "lat lon" if column.called(r"lat.*(?:lon|lng)") else ""


def _only_order(fits: Mapping[str, PlaceFit]) -> str:
    """Know the order from the numbers, when only one of the two can be."""
    able = [order for order, fit in fits.items() if not fit.swapped]
    return able[0] if len(able) == 1 else ""


def fit_places(
    frame: pl.DataFrame,
    pair: tuple[str, str],
    *,
    crs: str | None = None,
    bbox: Bounds | None = None,
    utc_offset_hours: float | None = None,
) -> PlaceFit:
    """Find out in which system two columns make sense.

    Parameters
    ----------
    frame : polars.DataFrame
        Text, without nulls.
    pair : tuple of str
        Columns called like x and like y.
    crs : str, optional
        The system, when it is known.
    bbox : tuple of float, optional
        West, south, east, north that hold the points, when they are known.
    utc_offset_hours : float, optional
        How far the zone's clock is ahead of UTC, when the zone is known.

    Returns
    -------
    PlaceFit
        What fits, and how well.
    """
    east, north = pair
    x, y = numbers(frame[east]), numbers(frame[north])
    there = np.isfinite(x) & np.isfinite(y)
    zero = there & near_zero_as_missing(x, y)
    x, y = x[there & ~zero], y[there & ~zero]
    comma, point = (
        any(frame[column].str.contains(rf"^\s*[+-]?\d+[{mark}]\d+\s*$").any() for column in pair)
        for mark in (",", ".")
    )
    step = max(1, len(x) // _TRIED)
    a, b = x[::step], y[::step]
    swapped = False
    if len(a) and _are_degrees(a, b) and crs in (None, WGS84):
        swapped = _is_swapped(a, b, bbox, utc_offset_hours)
        a, b = (b, a) if swapped else (a, b)
        systems: tuple[SystemFit, ...] = (_fit(a, b, WGS84, bbox),)
    else:
        systems = _fitting(a, b, crs, bbox, utc_offset_hours) if len(a) else ()
    known = systems[0].crs if len(systems) == 1 else ""
    longitude, latitude = degrees(a, b, known) if known else (np.empty(0), np.empty(0))
    return PlaceFit(
        x=north if swapped else east,
        y=east if swapped else north,
        crs=known,
        swapped=swapped,
        decimal_comma=comma,
        mixed_decimals=comma and point,
        points=len(x),
        of=frame.height,
        zeros=int(zero.sum()),
        systems=systems,
        longitude=longitude,
        latitude=latitude,
    )


def _are_degrees(x: np.ndarray, y: np.ndarray) -> bool:
    """Say whether the numbers can be degrees, in one order or the other."""
    low, high = np.minimum(np.abs(x), np.abs(y)), np.maximum(np.abs(x), np.abs(y))
    return bool(((low <= _POLE) & (high <= _HALF_TURN)).mean() >= MOSTLY)


def _is_swapped(
    x: np.ndarray, y: np.ndarray, bbox: Bounds | None, utc_offset_hours: float | None
) -> bool:
    if bbox is not None:
        return bool(inside(y, x, bbox).mean() > inside(x, y, bbox).mean())

    def plausible(longitude: float, latitude: float) -> bool:
        sun = _DEGREES_AN_HOUR * utc_offset_hours if utc_offset_hours is not None else longitude
        away = abs((longitude - sun + _HALF_TURN) % (2 * _HALF_TURN) - _HALF_TURN)
        return _SOUTHMOST <= latitude <= _NORTHMOST and away <= _ZONE_REACH

    a, b = float(np.median(x)), float(np.median(y))
    return not plausible(a, b) and plausible(b, a)


@cache
def _reach(crs: str) -> Bounds:
    """Say where a system may be used: west, south, east, north."""
    area = pyproj.CRS.from_user_input(crs).area_of_use
    if area is None:
        return -_HALF_TURN, -_POLE, _HALF_TURN, _POLE
    return area.west, area.south, area.east, area.north


def _fit(x: np.ndarray, y: np.ndarray, crs: str, bbox: Bounds | None) -> SystemFit:
    longitude, latitude = degrees(x, y, crs)
    share = float(inside(longitude, latitude, bbox or _reach(crs)).mean())
    finite = np.isfinite(longitude) & np.isfinite(latitude)
    middle = [
        float(np.median(v[finite])) if finite.any() else np.nan for v in (longitude, latitude)
    ]
    return SystemFit(crs=crs, share=share, longitude=middle[0], latitude=middle[1])


def _fit_if_known(x: np.ndarray, y: np.ndarray, crs: str, bbox: Bounds | None) -> SystemFit | None:
    """Try a system; the register holds some that no formula leads out of."""
    try:
        return _fit(x, y, crs, bbox)
    except ProjError:
        return None


def _fitting(
    x: np.ndarray,
    y: np.ndarray,
    crs: str | None,
    bbox: Bounds | None,
    utc_offset_hours: float | None,
) -> tuple[SystemFit, ...]:
    """Try systems; a common one first, and every one of the region only when none of them fits."""
    if crs is not None:
        return (_fit(x, y, crs, bbox),)

    def good(names: Sequence[str]) -> list[SystemFit]:
        tried = (_fit_if_known(x, y, name, bbox) for name in names)
        found = [fit for fit in tried if fit is not None and fit.share >= MOSTLY]
        if utc_offset_hours is None or bbox is not None:
            return sorted(found, key=lambda fit: -fit.share)
        sun = _DEGREES_AN_HOUR * utc_offset_hours
        near = [fit for fit in found if abs(fit.longitude - sun) <= _ZONE_REACH]
        return sorted(near, key=lambda fit: abs(fit.longitude - sun))

    fits = good(SYSTEMS) or good((_WORLD,))
    if not fits and bbox is not None:
        fits = good(_of_region(bbox))
    # Two systems that put the points at one place are as good as one.
    return (fits[0],) if fits and bbox is not None and _agree(fits) else tuple(fits)


def _agree(fits: Sequence[SystemFit]) -> bool:
    near = 0.001
    first = fits[0]
    return all(
        abs(fit.longitude - first.longitude) < near and abs(fit.latitude - first.latitude) < near
        for fit in fits
    )


def _of_region(bbox: Bounds) -> tuple[str, ...]:
    """Name every projected system of the EPSG register that may be used in the region."""
    area = AreaOfInterest(*bbox)
    found = query_crs_info(
        auth_name="EPSG", pj_types=PJType.PROJECTED_CRS, area_of_interest=area, contains=True
    )
    return tuple(f"{info.auth_name}:{info.code}" for info in found)
