"""The time zone of a place, from a library that may be there."""

from __future__ import annotations

import importlib
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from hotspots.errors import ParameterError
from hotspots.loaders.coordinates import locate
from hotspots.loaders.generic import check_zone_and_crs
from hotspots.loaders.reference import WGS84

if TYPE_CHECKING:
    import numpy as np

    from hotspots.loaders.columns import Columns
    from hotspots.loaders.spec import FeedSpec

_LIBRARY: Final = "tzfpy"
_TRIED: Final = 200


def zones_at(longitude: np.ndarray, latitude: np.ndarray) -> dict[str, int] | None:
    """Count points by the IANA zone that they lie in.

    Parameters
    ----------
    longitude, latitude : numpy.ndarray of float
        Degrees.

    Returns
    -------
    dict of str to int, or None
        Points of an even sample, most first; None when the library ``tzfpy`` is not installed.
    """
    try:
        library = importlib.import_module(_LIBRARY)
    except ImportError:
        return None
    step = max(1, len(longitude) // _TRIED)
    points = zip(longitude[::step].tolist(), latitude[::step].tolist(), strict=True)
    found = Counter(str(library.get_tz(lng, lat)) for lng, lat in points)
    return dict(found.most_common())


def settle_zone(
    spec: FeedSpec, columns: Columns, time_zone: str | None, name: str
) -> tuple[FeedSpec, tuple[str, ...]]:
    """Find the zone of a file whose feed has none of its own.

    Its moments have an offset, so they are certain; the zone decides which local day they are on.
    It is the caller's, or that of the places, when they all lie in one.

    Parameters
    ----------
    spec : FeedSpec
        The feed; one with a zone stays as it is.
    columns : Columns
        The rows of the file.
    time_zone : str or None
        IANA zone that the caller names.
    name : str
        What messages call the file.

    Returns
    -------
    tuple of FeedSpec and tuple of str
        The feed with its zone, and what is to be noted about it.

    Raises
    ------
    ParameterError
        If the caller names none and the places do not tell it.
    """
    if spec.time.zone:
        return spec, ()
    notes: tuple[str, ...] = ()
    if time_zone is not None:
        check_zone_and_crs(time_zone, WGS84)
    elif not columns.frame.height:
        time_zone = "UTC"
    else:
        time_zone = _zone_of_places(columns, spec, name)
        notes = (f"days are those of the time zone {time_zone}, in which all places lie",)
    return replace(spec, time=replace(spec.time, zone=time_zone)), notes


def _zone_of_places(columns: Columns, spec: FeedSpec, name: str) -> str:
    places = locate(columns, spec.place, name=name)
    there = places.there
    found = zones_at(places.longitude[there], places.latitude[there])
    if found and len(found) == 1:
        return next(iter(found))
    why = (
        f"its places lie in several, {', '.join(list(found)[:3])}"
        if found
        else "no row has a place that would tell it"
        if found is not None
        else f"the library {_LIBRARY}, which would tell it from the places, is not installed"
    )
    msg = (
        f"{name}: the feed {spec.id!r} has no time zone of its own, and {why}. Name the zone of "
        "its publisher: read_incidents(..., time_zone='Europe/London')."
    )
    raise ParameterError(msg)
