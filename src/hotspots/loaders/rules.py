"""The rules of a feed: what a row is, how moments, places and categories are written."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

QUALITIES: Final = ("exact", "approximate", "ambiguous", "unmapped")


@dataclass(frozen=True, slots=True, kw_only=True)
class RowRules:
    """What one row is.

    Attributes
    ----------
    grain, kind : str
        Row grain (incident, offence, victim, person, adjustment) and record kind (offence,
        concern, service), as in the columns ``row_grain`` and ``record_kind``.
    key, case : str
        Columns with the publisher's own id of a row, and of a case; empty when there is none.
    key_unique : bool
        Whether a second row with the same key is a copy, and rejected.
    count : str
        Column with how many incidents a row stands for; empty: one a row.
    signed : bool
        Whether that count may be -1 or 0, to take back an earlier row.
    may_end_before : str
        Column that a row may leave out together with all that follow it, where the publisher writes
        no commas for them; other rows of the wrong length are rejected. Empty: none may.
    repeats : tuple of str
        Patterns with ``*`` of categories whose rows say again what other rows of the same file say;
        such rows are rejected.
    """

    grain: str
    kind: str = "offence"
    key: str = ""
    case: str = ""
    key_unique: bool = False
    count: str = ""
    signed: bool = False
    may_end_before: str = ""
    repeats: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """One shift of a day, or another stretch of it.

    Attributes
    ----------
    value : str
        How the file names it; compared without regard to case and spaces.
    start, end : str
        When it starts and ends, as ``"HH:MM"``; an end before the start is on the next day.
    """

    value: str
    start: str
    end: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MomentRules:
    """How one moment of a row is written.

    Attributes
    ----------
    column : str
        Column with the date, or with date and clock; empty when ``parts`` are given, or when the
        feed has no such moment.
    formats : tuple of str
        Formats that are accepted, in the notation of strftime; the first that fits counts. A fixed
        suffix is written out (``%Y/%m/%d %H:%M:%S+00``); ``%z`` is an offset that is believed, such
        as ``+01:00``, ``-0600`` or ``Z``. ``"epoch_ms"`` is milliseconds since 1970.
    rule : str
        What the text means. ``"local"``: the clock on the wall in the feed's zone. ``"utc"``: UTC.
        ``"local_midnight_in_utc"``: the moment in UTC of a local midnight, so a local day.
    clock : str
        Column with the time of day, when it stands apart; then any clock in ``column`` is ignored.
        A row whose clock is blank or cannot be read is known to the day.
    clock_formats : tuple of str
        Formats of ``clock``; ``"%H"`` for an hour.
    clock_hook : str
        Hook that ``clock`` passes through first, such as ``"hhmm_text"``; empty when none.
    parts : tuple of str
        Columns with year, month, day, hour and minute, in this order; hour and minute may be left
        out.
    shift : str
        Column with the shift of the day, when nothing finer is known.
    shifts : tuple of Shift
        What its values mean.
    """

    column: str = ""
    formats: tuple[str, ...] = ()
    rule: str = "local"
    clock: str = ""
    clock_formats: tuple[str, ...] = ("%H:%M:%S", "%H:%M")
    clock_hook: str = ""
    parts: tuple[str, ...] = ()
    shift: str = ""
    shifts: tuple[Shift, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:  # numpydoc ignore=RT01
        """Name the columns it needs; none when the feed has no such moment."""
        return tuple(c for c in (self.column, self.clock, *self.parts, self.shift) if c)


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeCheck:
    """A column that must agree with a moment when the zone is right.

    Attributes
    ----------
    column : str
        Column with the shift, or with the hour when there are no ``shifts``; empty: no check.
    moment : str
        Moment that it agrees with: ``"start"``, ``"end"`` or ``"reported"``.
    shifts : tuple of Shift
        What its values mean.
    """

    column: str = ""
    moment: str = "start"
    shifts: tuple[Shift, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeRules:
    """When something happened, in which zone, and what is not believed.

    Attributes
    ----------
    zone : str
        IANA zone of the feed. Empty where each of its publishers has another, as for Open311: then
        every format has an offset, and the zone is the caller's or that of the places.
    precision, basis : str
        As in the columns ``occurred_precision`` and ``occurred_basis``.
    first_day : datetime.date
        Days before it are not believed; nor is the future.
    start, end, reported : MomentRules
        The moment, the end of it when it is a stretch, and the moment of the report.
    placeholder_times : tuple of str
        Times of day, as ``"HH:MM"``, that often mean that the time is unknown.
    out_of_range : str
        What becomes of a row whose day is not believed: ``"reject"`` or ``"flag"``.
    superseded_from : datetime.date
        Days from it on are in another file of the feed: such rows are rejected.
    check : TimeCheck
        Column that proves the zone.
    """

    zone: str
    precision: str
    basis: str
    first_day: date
    start: MomentRules
    end: MomentRules = MomentRules()
    reported: MomentRules = MomentRules()
    placeholder_times: tuple[str, ...] = ("00:00", "12:00")
    out_of_range: str = "reject"
    superseded_from: date = date.max
    check: TimeCheck = TimeCheck()


@dataclass(frozen=True, slots=True, kw_only=True)
class CoordinateSource:
    """One place where the coordinates of a row may stand.

    Attributes
    ----------
    x, y : str
        Columns with longitude (or easting) and latitude (or northing).
    crs : str
        Their coordinate reference system.
    pair : str
        Column with both in one text, such as ``(41.7, -87.5)`` or ``POINT (-87.5 41.7)``, instead
        of ``x`` and ``y``.
    pair_order : str
        ``"lat lon"`` or ``"lon lat"``.
    swapped : str
        ``"no"``; ``"columns"``: ``x`` holds what its name says of ``y``, and the other way round;
        ``"rows"``: so do some rows, namely those that lie in the bounds only when swapped.
    """

    x: str = ""
    y: str = ""
    crs: str = "EPSG:4326"
    pair: str = ""
    pair_order: str = "lat lon"
    swapped: str = "no"

    @property
    def columns(self) -> tuple[str, ...]:  # numpydoc ignore=RT01
        """Name the columns it needs."""
        return (self.pair,) if self.pair else (self.x, self.y)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceRules:
    """Where places are written, and what is not a place.

    Attributes
    ----------
    bbox : tuple of float
        Longitude and latitude of the south-western and north-eastern corner.
    precision : str
        As in the column ``location_precision``.
    sources : tuple of CoordinateSource
        Where coordinates stand, best first. The first that the file has and that puts at least
        95 % of its points into ``bbox`` is taken, for all rows. None: the feed has no points.
    row_fallback : bool
        Whether a row without a place in that source takes it from the next one.
    uncertainty_m : float
        How far off a place may be, in metres; NaN when the publisher does not say.
    sentinels : tuple of tuple of float
        Pairs of x and y, as written or in degrees, that mean "no place". Nearly (0, 0) always does.
    missing_values, withheld_values : tuple of str
        Texts instead of a coordinate that mean "none", and "withheld by the publisher". ``-``,
        ``NaN``, ``null``, ``(null)``, ``None`` and ``N/A`` always mean "none".
    withheld_texts : tuple of str
        Texts in ``text`` that mean that a place which is missing was withheld.
    decimal_comma : bool
        Whether coordinates are written with a decimal comma.
    text : str
        Column with the location in words.
    empty_texts : tuple of str
        Texts in ``text``, ``area`` or ``district`` that mean "none"; ``-`` and ``(null)`` always
        do.
    round_house_numbers : bool
        Whether house numbers in the text are rounded down to the hundred.
    area, area_format : str
        Column with a small area, and how its name is written around ``{}``.
    district, district_format : str
        The same for the district.
    """

    bbox: tuple[float, ...]
    precision: str
    sources: tuple[CoordinateSource, ...] = ()
    row_fallback: bool = False
    uncertainty_m: float = float("nan")
    sentinels: tuple[tuple[float, ...], ...] = ()
    missing_values: tuple[str, ...] = ()
    withheld_values: tuple[str, ...] = ()
    withheld_texts: tuple[str, ...] = ()
    decimal_comma: bool = False
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
    category, description : str
        Columns with the publisher's category and finer description; empty when there is none.
    code, subcode : str
        Columns with the publisher's code, and with a finer code; joined they are ``code/subcode``.
    nibrs : bool
        Whether ``code`` holds codes of the codebook; codes that the feed's rules name come first.
    map : str
        File in ``loaders/maps`` with rules, besides those in the feed's own file.
    category_hooks, description_hooks, code_hooks : tuple of str
        Hooks that the texts pass through before they are compared.
    sensitive : str
        Column that marks a row as sensitive.
    sensitive_values : tuple of str
        Its values that do, in lower case.
    """

    category: str = ""
    description: str = ""
    code: str = ""
    subcode: str = ""
    nibrs: bool = False
    map: str = ""
    category_hooks: tuple[str, ...] = ()
    description_hooks: tuple[str, ...] = ()
    code_hooks: tuple[str, ...] = ()
    sensitive: str = ""
    sensitive_values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OffenceRule:
    """What one code or category, or some of its descriptions, mean in the codebook.

    Attributes
    ----------
    code : str
        The publisher's code, or ``code/subcode``; compared without regard to case, spaces and
        leading zeros. Empty: the rule goes by ``category``.
    category : str
        The publisher's category; compared without regard to case and spaces. In a rule with a
        ``code`` it only says what the code means.
    descriptions : tuple of str
        Patterns with ``*``; empty: every description that no earlier rule took.
    offence_code : str
        Code of the codebook; empty when it cannot be given one.
    group : str
        Display group; empty: that of ``offence_code``.
    quality : str
        ``"exact"``, ``"approximate"`` or ``"ambiguous"``.
    sensitive : bool
        Whether such rows are sensitive although their code is not.
    """

    code: str = ""
    category: str = ""
    descriptions: tuple[str, ...] = ()
    offence_code: str = ""
    group: str = ""
    quality: str = "exact"
    sensitive: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedShares:
    """The largest shares of rows that are normal for a feed; strict reading fails above them.

    Attributes
    ----------
    unlocated : float
        Rows without a place among those kept; NaN when it was never measured.
    outside_bounds, unmapped, rejected : float
        Rows outside the bounds, of a category that is not mapped, and not kept.
    """

    unlocated: float = float("nan")
    outside_bounds: float = 0.01
    unmapped: float = 0.01
    rejected: float = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverageNote:
    """A time for which the feed is not what it is otherwise.

    Attributes
    ----------
    note : str
        What to know, in one sentence.
    first_day, last_day : datetime.date
        When it holds, both days included.
    """

    note: str
    first_day: date = date.min
    last_day: date = date.max
