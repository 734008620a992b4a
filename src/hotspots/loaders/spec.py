"""FeedSpec: what a feed's files look like, whose they are, and what must be known about them."""

from __future__ import annotations

import re
import tomllib
from dataclasses import MISSING, dataclass, fields, is_dataclass
from datetime import date  # noqa: TC003 - get_type_hints needs it while running
from functools import cache
from importlib.resources import files
from typing import Any, Final, get_args, get_origin, get_type_hints
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from hotspots.errors import InputDataError, UnknownFeedError
from hotspots.offences import display_groups, offence_codes

QUALITIES: Final = ("exact", "approximate", "ambiguous", "unmapped")
_CHOICES: Final = {
    ("rows", "grain"): ("incident", "offence", "victim", "person", "adjustment"),
    ("rows", "kind"): ("offence", "concern", "service"),
    ("time", "precision"): ("minute", "hour", "shift", "day", "month"),
    ("time", "basis"): ("occurrence", "dispatch", "report"),
    ("place", "precision"): (
        "address", "block", "intersection", "snap_point", "grid", "area", "none",
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """One header that files of a feed have.

    Attributes
    ----------
    name : str
        What the variant is called.
    required, optional : tuple of str
        Columns that make the fingerprint, and columns that may be there as well.
    """

    name: str
    required: tuple[str, ...]
    optional: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RowRules:
    """What one row is.

    Attributes
    ----------
    grain, kind : str
        Row grain and record kind, as in the columns ``row_grain`` and ``record_kind``.
    key, case : str
        Columns with the publisher's own id of a row, and of a case; empty when there is none.
    key_unique : bool
        Whether a second row with the same key is a copy, and rejected.
    """

    grain: str
    kind: str
    key: str = ""
    case: str = ""
    key_unique: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeRules:
    """How moments are written, and in which zone.

    Attributes
    ----------
    column : str
        Column with the moment, or the start of it.
    end_column, reported_column : str
        Columns with the end and with the moment of the report; empty when there is none.
    formats : tuple of str
        Formats that are accepted, first match first.
    zone : str
        IANA zone of the values as they are written.
    precision, basis : str
        As in the columns ``occurred_precision`` and ``occurred_basis``.
    first_day : datetime.date
        Days before it are not believed.
    """

    column: str
    formats: tuple[str, ...]
    zone: str
    precision: str
    basis: str
    first_day: date
    end_column: str = ""
    reported_column: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceRules:
    """Where places are written, and what is not a place.

    Attributes
    ----------
    x, y : str
        Columns with longitude (or easting) and latitude (or northing).
    crs : str
        Coordinate reference system of ``x`` and ``y``.
    bbox : tuple of float
        Longitude and latitude of the south-western and north-eastern corner.
    precision : str
        As in the column ``location_precision``.
    uncertainty_m : float
        How far off a place may be, in metres; NaN when the publisher does not say.
    sentinels : tuple of tuple of float
        Longitude and latitude of points that mean "no place".
    withheld_values : tuple of str
        Texts in ``x`` or ``y`` that mean "withheld by the publisher".
    text : str
        Column with the location in words.
    empty_texts : tuple of str
        Texts that mean "no location".
    round_house_numbers : bool
        Whether house numbers in the text are rounded down to the hundred.
    area, area_format : str
        Column with a small area, and how its name is written around ``{}``.
    district, district_format : str
        The same for the district.
    """

    x: str
    y: str
    crs: str
    bbox: tuple[float, ...]
    precision: str
    uncertainty_m: float = float("nan")
    sentinels: tuple[tuple[float, ...], ...] = ()
    withheld_values: tuple[str, ...] = ()
    text: str = ""
    empty_texts: tuple[str, ...] = ()
    round_house_numbers: bool = True
    area: str = ""
    area_format: str = "{}"
    district: str = ""
    district_format: str = "{}"


@dataclass(frozen=True, slots=True, kw_only=True)
class CategoryRules:
    """Which columns say what happened.

    Attributes
    ----------
    category, description, code : str
        Columns with the publisher's category, finer description and code; empty when none.
    sensitive : str
        Column that marks a row as sensitive.
    sensitive_values : tuple of str
        Its values that do.
    """

    category: str
    description: str = ""
    code: str = ""
    sensitive: str = ""
    sensitive_values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OffenceRule:
    """What one category, or some of its descriptions, mean in the codebook.

    Attributes
    ----------
    category : str
        The publisher's category; compared without regard to case and spaces.
    descriptions : tuple of str
        Patterns with ``*``; empty: every description that no earlier rule took.
    code : str
        Code of the codebook; empty when the category cannot be given one.
    group : str
        Display group; empty: the code's.
    quality : str
        ``"exact"``, ``"approximate"`` or ``"ambiguous"``.
    sensitive : bool
        Whether such rows are sensitive although their code is not.
    """

    category: str
    descriptions: tuple[str, ...] = ()
    code: str = ""
    group: str = ""
    quality: str = "exact"
    sensitive: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedSpec:
    """All that is known about a feed.

    Attributes
    ----------
    id, version, source_id : str
        Name of the feed, version of this description, and the name rows carry.
    title, publisher, homepage : str
        What it is, whose it is, and where.
    licence, licence_url, attribution : str
        Terms, where they stand, and what must be said beside the data.
    anonymised_by_publisher : bool
        Whether the publisher has already moved places away from addresses.
    anonymisation : str
        How, in the publisher's words or on whose word this rests.
    caveats : tuple of str
        What a reader of a map must know.
    variants : tuple of Variant
        Headers that its files have.
    rows, time, place, category : RowRules, TimeRules, PlaceRules, CategoryRules
        How rows are read.
    offences : tuple of OffenceRule
        What its categories mean.
    """

    id: str
    version: str
    source_id: str
    title: str
    publisher: str
    homepage: str
    licence: str
    licence_url: str
    attribution: str
    anonymised_by_publisher: bool
    anonymisation: str
    caveats: tuple[str, ...]
    rows: RowRules
    time: TimeRules
    place: PlaceRules
    category: CategoryRules
    variants: tuple[Variant, ...] = ()
    offences: tuple[OffenceRule, ...] = ()

    @property
    def time_zone(self) -> str:
        """IANA zone of its moments."""
        return self.time.zone

    @property
    def bbox(self) -> tuple[float, ...]:
        """Longitude and latitude of the corners that hold its places."""
        return self.place.bbox

    @property
    def location_precision(self) -> str:
        """How precise its places are."""
        return self.place.precision


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


def normalised(text: str) -> str:
    """Make a name comparable: no case, no outer spaces, one space for spaces and underscores.

    Parameters
    ----------
    text : str
        A column's name or a category.

    Returns
    -------
    str
        The comparable form.

    Examples
    --------
    >>> from hotspots.loaders.spec import normalised
    >>> normalised(" Primary_Type")
    'primary type'
    """
    return re.sub(r"[\s_]+", " ", text).strip().casefold()


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
    >>> from hotspots.loaders.spec import parse_feed
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
