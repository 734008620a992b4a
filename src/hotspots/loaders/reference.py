"""Reference systems on trial: where the numbers lie when they are read in this one or that."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

import numpy as np
import pyproj

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hotspots.loaders.rules import CoordinateSource

WGS84: Final = "EPSG:4326"
#: Systems that open feeds are seen in, tried only to name a likely one in a message.
_COMMON: Final = (
    WGS84, "EPSG:3857", "EPSG:27700", "EPSG:3435", "EPSG:2263", "EPSG:26985", "EPSG:2232",
    "EPSG:26910", "EPSG:26986", "EPSG:2272", "EPSG:2229", "EPSG:2227", "EPSG:26917", "EPSG:32188",
    "ESRI:102696",
)  # fmt: skip
_GUESSES: Final = 3
_MOST_TRIED: Final = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class CrsTrial:
    """Where points lie when they are read in one way.

    Attributes
    ----------
    source : CoordinateSource
        Columns and system.
    points : int
        Points that were tried: all, or an even sample of them; 0 when the file lacks the columns or
        has nothing in them.
    inside : int
        Those of them inside the feed's bounds.
    """

    source: CoordinateSource
    points: int
    inside: int

    @property
    def share(self) -> float:  # numpydoc ignore=RT01
        """Share of the points inside the bounds; NaN when there is no point."""
        return self.inside / self.points if self.points else float("nan")


@dataclass(frozen=True, slots=True, kw_only=True)
class CrsEvidence:
    """Why coordinates were read in the columns and the system that they were read in.

    Attributes
    ----------
    trials : tuple of CrsTrial
        Every source that the feed declares, in its order.
    chosen : int or None
        Position of the one that was taken; None when the feed has no points.
    """

    trials: tuple[CrsTrial, ...] = ()
    chosen: int | None = None


@cache
def _transformer(crs: str) -> pyproj.Transformer | None:
    if pyproj.CRS.from_user_input(crs) == pyproj.CRS(WGS84):
        return None
    return pyproj.Transformer.from_crs(crs, WGS84, always_xy=True)


def degrees(x: np.ndarray, y: np.ndarray, crs: str) -> tuple[np.ndarray, np.ndarray]:
    """Turn coordinates into longitude and latitude.

    Parameters
    ----------
    x, y : numpy.ndarray of float
        Easting or longitude, northing or latitude.
    crs : str
        Their system.

    Returns
    -------
    tuple of numpy.ndarray
        Longitude and latitude, EPSG:4326; infinite where the system does not reach.
    """
    transformer = _transformer(crs)
    if transformer is None:
        return x, y
    longitude, latitude = transformer.transform(x, y)
    return np.asarray(longitude), np.asarray(latitude)


def inside(longitude: np.ndarray, latitude: np.ndarray, bbox: Sequence[float]) -> np.ndarray:
    """Say which points lie inside bounds.

    Parameters
    ----------
    longitude, latitude : numpy.ndarray of float
        The points; NaN lies nowhere.
    bbox : sequence of float
        West, south, east, north.

    Returns
    -------
    numpy.ndarray of bool
        The answer.
    """
    west, south, east, north = bbox
    lies: np.ndarray = (
        (longitude >= west) & (longitude <= east) & (latitude >= south) & (latitude <= north)
    )
    return lies


def best_guesses(
    x: np.ndarray, y: np.ndarray, crs: str, bbox: Sequence[float]
) -> list[tuple[str, float]]:
    """Find out in which systems points would lie inside bounds; for messages only.

    Parameters
    ----------
    x, y : numpy.ndarray of float
        Coordinates as written.
    crs : str
        The system that they should be in.
    bbox : sequence of float
        West, south, east, north.

    Returns
    -------
    list of tuple of str and float
        At most three: what it would be, and the share of points inside; best first, none that
        holds no point.

    Examples
    --------
    >>> import numpy as np
    >>> from hotspots.loaders.reference import best_guesses
    >>> x, y = np.array([41.9]), np.array([-87.6])
    >>> best_guesses(x, y, "EPSG:4326", (-87.95, 41.63, -87.51, 42.04))
    [('latitude and longitude swapped', 1.0)]
    """
    step = max(1, len(x) // _MOST_TRIED)
    x, y = x[::step], y[::step]
    ways = [("latitude and longitude swapped", crs, y, x)]
    ways += [(other, other, x, y) for other in _COMMON if other != crs]
    ways += [(f"{other} with x and y swapped", other, y, x) for other in _COMMON if other != crs]
    shares = [(said, float(inside(*degrees(a, b, way), bbox).mean())) for said, way, a, b in ways]
    return sorted((s for s in shares if s[1] > 0), key=lambda s: -s[1])[:_GUESSES]
