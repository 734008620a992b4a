"""From text to places: no place, no point; axes that are swapped are refused."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl
import pyproj

from hotspots.errors import CoordinateReferenceError, InputDataError
from hotspots.loaders.distinct import distinct

if TYPE_CHECKING:
    from hotspots.loaders.rules import PlaceRules

STATUSES: Final = (
    "ok", "missing", "sentinel", "withheld", "outside_bounds", "swapped_fixed", "unparsed",
)  # fmt: skip
_OK, _MISSING, _SENTINEL, _WITHHELD, _OUTSIDE, _, _UNPARSED = range(len(STATUSES))
#: Closer to (0, 0) than this, in degrees or metres, is no place: some portals write 5e-7.
_NEAR_ZERO: Final = 1e-3
_NEAR_SENTINEL: Final = 1e-4
_MOST: Final = 0.5
#: A number on its own, before or after the street: 12, 12A, 12-14, 1200 BLOCK OF; not 39TH or 12XX.
#: A road's number is rounded as well: better that than a house left standing.
_HOUSE_NUMBER: Final = re.compile(
    r"(?<!\w)(\d{1,6})(?: ?[-/] ?\d+)?[A-Za-z]?(?: block(?: of)?)?(?!\w)", re.IGNORECASE
)
#: Systems that are tried, to name a likely one, when numbers are too large for degrees.
_GUESSES: Final = (
    "EPSG:27700", "EPSG:3857", "EPSG:3435", "EPSG:2263", "EPSG:26985", "EPSG:2232", "EPSG:26910",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Parsed places, one a row.

    Attributes
    ----------
    longitude, latitude : numpy.ndarray of float
        EPSG:4326; NaN where there is no place.
    status : numpy.ndarray of int8
        Positions in ``STATUSES``.
    """

    longitude: np.ndarray
    latitude: np.ndarray
    status: np.ndarray


def locate(x_text: pl.Series, y_text: pl.Series, *, rules: PlaceRules, name: str) -> Places:
    """Parse two columns of coordinates and judge where they lie.

    Parameters
    ----------
    x_text, y_text : polars.Series of str
        Longitude or easting, latitude or northing; without nulls.
    rules : PlaceRules
        The feed's reference system, bounds and sentinels.
    name : str
        What messages call the file.

    Returns
    -------
    Places
        One place a row, or the reason why there is none.

    Raises
    ------
    CoordinateReferenceError
        If most points lie outside the feed's bounds; the message names a swap of latitude and
        longitude, or a reference system, when that explains it.
    InputDataError
        If most of what is written is not a number.
    """
    x_text, y_text = x_text.str.strip_chars(), y_text.str.strip_chars()
    blank = ((x_text == "") | (y_text == "")).to_numpy()
    withheld = (
        x_text.is_in(list(rules.withheld_values)) | y_text.is_in(list(rules.withheld_values))
    ).to_numpy()
    x, y = _numbers(x_text), _numbers(y_text)
    status = np.full(len(x), _OK, dtype=np.int8)
    finite = np.isfinite(x) & np.isfinite(y)
    status[~finite] = _UNPARSED
    status[withheld] = _WITHHELD
    status[blank] = _MISSING
    written = ~blank & ~withheld
    there = rules.sources[0]
    if (written & ~finite).sum() > _MOST * max(written.sum(), 1):
        row = int(np.flatnonzero(written & ~finite)[0])
        msg = (
            f"{name}: most of {there.x!r} and {there.y!r} are not numbers, for example "
            f"{x_text[row]!r} and {y_text[row]!r}. Name the columns that hold coordinates."
        )
        raise InputDataError(msg)
    status[(status == _OK) & (np.abs(x) < _NEAR_ZERO) & (np.abs(y) < _NEAR_ZERO)] = _SENTINEL
    longitude, latitude = _degrees(x, y, rules.sources[0].crs)
    for west, south in rules.sentinels:
        near = (np.abs(longitude - west) < _NEAR_SENTINEL) & (
            np.abs(latitude - south) < _NEAR_SENTINEL
        )
        status[(status == _OK) & near] = _SENTINEL
    candidate = status == _OK
    inside = _inside(longitude, latitude, rules.bbox)
    if (candidate & ~inside).sum() > _MOST * candidate.sum():
        _refuse(x[candidate], y[candidate], rules, name)
    status[candidate & ~inside] = _OUTSIDE
    good = status == _OK
    return Places(
        longitude=np.where(good, longitude, np.nan),
        latitude=np.where(good, latitude, np.nan),
        status=status,
    )


def _numbers(texts: pl.Series) -> np.ndarray:
    """Parse numbers; a comma is a decimal comma where no number has a point."""
    if (
        texts.str.contains(",", literal=True).any()
        and not texts.str.contains(".", literal=True).any()
    ):
        texts = texts.str.replace(",", ".", literal=True)
    numbers: np.ndarray = texts.cast(pl.Float64, strict=False).fill_null(np.nan).to_numpy()
    return numbers


def _degrees(x: np.ndarray, y: np.ndarray, crs: str) -> tuple[np.ndarray, np.ndarray]:
    if pyproj.CRS.from_user_input(crs) == pyproj.CRS("EPSG:4326"):
        return x, y
    transformer = pyproj.Transformer.from_crs(crs, "EPSG:4326", always_xy=True)
    longitude, latitude = transformer.transform(x, y)
    return np.asarray(longitude), np.asarray(latitude)


def _inside(longitude: np.ndarray, latitude: np.ndarray, bbox: tuple[float, ...]) -> np.ndarray:
    west, south, east, north = bbox
    inside: np.ndarray = (
        (longitude >= west) & (longitude <= east) & (latitude >= south) & (latitude <= north)
    )
    return inside


def _refuse(x: np.ndarray, y: np.ndarray, rules: PlaceRules, name: str) -> None:
    """Say why most points lie outside, as far as the numbers tell."""
    longitude, latitude = _degrees(x, y, rules.sources[0].crs)
    outside = int((~_inside(longitude, latitude, rules.bbox)).sum())
    there = rules.sources[0]
    start = (
        f"{name}: {outside:,} of {len(x):,} points lie outside the feed's bounds {rules.bbox} "
        f"(west, south, east, north); the first is {there.x}={x[0]:g}, "
        f"{there.y}={y[0]:g}. "
    )
    if _inside(*_degrees(y, x, rules.sources[0].crs), rules.bbox).mean() > _MOST:
        msg = f"{start}They fit when latitude and longitude are swapped. Swap the two columns."
        raise CoordinateReferenceError(msg)
    shares = {crs: _inside(*_degrees(x, y, crs), rules.bbox).mean() for crs in _GUESSES}
    likely = [crs for crs in sorted(shares, key=lambda c: -shares[c]) if shares[crs] > _MOST]
    if likely:
        msg = f"{start}They fit as {likely[0]}. Use longitude and latitude instead."
    else:
        msg = f"{start}Is it a file of another place, or in another reference system?"
    raise CoordinateReferenceError(msg)


def location_texts(texts: pl.Series, rules: PlaceRules) -> pl.Series:
    """Clean the location in words; house numbers are rounded down to the hundred.

    Parameters
    ----------
    texts : polars.Series of str
        The column, without nulls.
    rules : PlaceRules
        Which texts mean "no location", and whether numbers are rounded.

    Returns
    -------
    polars.Series of str
        The texts; null where there is none.

    Examples
    --------
    >>> import polars as pl
    >>> from hotspots.loaders import describe_feed
    >>> from hotspots.loaders.coordinates import location_texts
    >>> rules = describe_feed("us-chicago").place
    >>> location_texts(pl.Series(["4226 FRANK ST", "081XX S COLES AVE", ""]), rules).to_list()
    ['4200 block FRANK ST', '081XX S COLES AVE', None]
    """
    found, rows = distinct(texts)
    cleaned = [_clean(text, rules) for text in found.to_list()]
    return pl.Series(texts.name, cleaned, dtype=pl.String).gather(rows)


def _clean(text: str, rules: PlaceRules) -> str | None:
    text = re.sub(r"\s+", " ", text).strip()
    if not text or text in rules.empty_texts:
        return None
    if rules.round_house_numbers:
        return _HOUSE_NUMBER.sub(_hundred, text)
    return text


def _hundred(match: re.Match[str]) -> str:
    return f"{int(match[1]) // 100 * 100} block"
