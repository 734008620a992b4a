"""FeedSpec: what a feed's files look like, whose they are, and what must be known about them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date  # noqa: TC003 - the fields' types are looked up while running
from typing import Final

QUALITIES: Final = ("exact", "approximate", "ambiguous", "unmapped")


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
    def time_zone(self) -> str:  # numpydoc ignore=RT01
        """IANA zone of its moments."""
        return self.time.zone

    @property
    def bbox(self) -> tuple[float, ...]:  # numpydoc ignore=RT01
        """Longitude and latitude of the corners that hold its places."""
        return self.place.bbox

    @property
    def location_precision(self) -> str:  # numpydoc ignore=RT01
        """How precise its places are."""
        return self.place.precision


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
