"""The feeds that are described in feeds/*.toml: read strictly, so that a typo is never ignored."""

from __future__ import annotations

import tomllib
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final, get_args, get_origin, get_type_hints
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from hotspots.errors import InputDataError, UnknownFeedError
from hotspots.loaders.spec import QUALITIES, FeedSpec, normalised
from hotspots.offences import display_groups, offence_codes

_CHOICES: Final = {
    ("rows", "grain"): ("incident", "offence", "victim", "person", "adjustment"),
    ("rows", "kind"): ("offence", "concern", "service"),
    ("time", "precision"): ("minute", "hour", "shift", "day", "month"),
    ("time", "basis"): ("occurrence", "dispatch", "report"),
    ("place", "precision"): (
        "address", "block", "intersection", "snap_point", "grid", "area", "none",
    ),
}  # fmt: skip


def _convert(kind: Any, value: Any, where: str) -> Any:  # noqa: ANN401 - TOML values are of any type
    """Turn a TOML value into what a field of a spec holds, or say what is wrong with it."""
    if isinstance(kind, type) and is_dataclass(kind):
        if isinstance(value, dict):
            return _build(kind, value, where)
    elif get_origin(kind) is tuple:
        if isinstance(value, list):
            inner = get_args(kind)[0]
            return tuple(_convert(inner, v, f"{where}[{i}]") for i, v in enumerate(value))
    elif kind is float:
        if isinstance(value, int | float) and not isinstance(value, bool):
            return float(value)
    elif isinstance(value, kind) and (kind is bool or not isinstance(value, bool)):
        return value
    name = getattr(kind, "__name__", str(kind))
    msg = f"{where}: {value!r} is not a {name}."
    raise InputDataError(msg)


def _build(cls: type, table: dict[str, Any], where: str) -> Any:  # noqa: ANN401 - cls decides the type
    """Build a dataclass from a TOML table; every key must be one of its fields."""
    hints = get_type_hints(cls)
    known = [f.name for f in fields(cls)]
    unknown = [key for key in table if key not in known]
    if unknown:
        msg = f"{where}: unknown key {unknown[0]!r}. Known keys: {', '.join(known)}."
        raise InputDataError(msg)
    absent = [f.name for f in fields(cls) if f.default is MISSING and f.name not in table]
    if absent:
        msg = f"{where}: the key {absent[0]!r} is missing."
        raise InputDataError(msg)
    return cls(**{k: _convert(hints[k], v, f"{where}.{k}") for k, v in table.items()})


def _rule_faults(spec: FeedSpec) -> list[str]:
    faults = []
    codes, groups = offence_codes(), display_groups()
    seen: set[tuple[str, str]] = set()
    for rule in spec.offences:
        name = f"offence {rule.category!r}"
        if rule.code and rule.code not in codes:
            faults.append(f"{name}: the code {rule.code!r} is not in the codebook")
        if rule.group and rule.group not in groups:
            faults.append(f"{name}: {rule.group!r} is not a display group")
        if not rule.code and not rule.group:
            faults.append(f"{name}: neither a code nor a display group")
        if rule.quality not in QUALITIES[:3]:
            faults.append(f"{name}: the quality {rule.quality!r} is none of {QUALITIES[:3]}")
        for description in rule.descriptions or ("*",):
            key = (normalised(rule.category), normalised(description))
            if key in seen:
                faults.append(f"{name}: {description!r} is given twice")
            seen.add(key)
    return faults


def _spec_faults(spec: FeedSpec) -> list[str]:
    faults = _rule_faults(spec)
    for (table, key), choices in _CHOICES.items():
        value = getattr(getattr(spec, table), key)
        if value not in choices:
            faults.append(f"{table}.{key} is {value!r}, not one of {', '.join(choices)}")
    try:
        ZoneInfo(spec.time.zone)
    except (ZoneInfoNotFoundError, ValueError):
        faults.append(f"time.zone {spec.time.zone!r} is not an IANA zone")
    west, south, east, north = (*spec.bbox, *(0.0,) * 4)[:4]
    if len(spec.bbox) != 4 or west >= east or south >= north:  # noqa: PLR2004
        faults.append(f"place.bbox {spec.bbox} is not west, south, east, north")
    return faults


def parse_feed(text: str, *, name: str) -> FeedSpec:
    """Read a feed's description, and refuse it when anything in it is not understood.

    Parameters
    ----------
    text : str
        TOML.
    name : str
        What messages call it.

    Returns
    -------
    FeedSpec
        The description.

    Raises
    ------
    InputDataError
        If a key is unknown or missing, a value has the wrong type, or a fact contradicts the
        codebook.

    Examples
    --------
    >>> from hotspots.loaders.registry import parse_feed
    >>> parse_feed('titel = "My feed"', name="my-feed.toml")
    Traceback (most recent call last):
    ...
    hotspots.errors.InputDataError: my-feed.toml: unknown key 'titel'. Known keys: id, ...
    """
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        msg = f"{name} is not TOML: {error}."
        raise InputDataError(msg) from error
    spec: FeedSpec = _build(FeedSpec, table, name)
    faults = _spec_faults(spec)
    if faults:
        msg = f"{name}: {'; '.join(faults)}."
        raise InputDataError(msg)
    return spec


def list_feeds() -> tuple[str, ...]:
    """Name the feeds that can be read.

    Returns
    -------
    tuple of str
        Ids, sorted. ``generic-csv`` reads any table whose columns the caller names.

    Examples
    --------
    >>> from hotspots.loaders import list_feeds
    >>> list_feeds()
    ('gb-police', 'generic-csv', 'us-chicago')
    """
    here = files("hotspots.loaders").joinpath("feeds")
    names = (p.name for p in here.iterdir())
    return tuple(sorted(n.removesuffix(".toml") for n in names if n.endswith(".toml")))


@cache
def describe_feed(feed: str) -> FeedSpec:
    """Say all that is known about a feed.

    Parameters
    ----------
    feed : str
        One of ``list_feeds()``.

    Returns
    -------
    FeedSpec
        Columns, formats, zone, licence, attribution and caveats.

    Raises
    ------
    UnknownFeedError
        If no feed has this name.

    Examples
    --------
    >>> from hotspots.loaders import describe_feed
    >>> describe_feed("us-chicago").time_zone
    'America/Chicago'
    """
    if feed not in list_feeds():
        msg = f"No feed is called {feed!r}. Choose one of: {', '.join(list_feeds())}."
        raise UnknownFeedError(msg)
    path = files("hotspots.loaders").joinpath("feeds", f"{feed}.toml")
    return parse_feed(path.read_text(encoding="utf-8"), name=f"feeds/{feed}.toml")
