"""FeedSpec: what a feed's files look like, whose they are, and what must be known about them."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from hotspots.loaders.portals import Portal  # noqa: TC001 - the parser resolves it
from hotspots.loaders.rules import (
    CategoryRules,
    CoverageNote,
    ExpectedShares,
    OffenceRule,
    PlaceRules,
    RowRules,
    TimeRules,
)

if TYPE_CHECKING:
    from typing import Self

CHECKED_ON: Final = ("real file", "documentation")
_NOT_MEASURED: Final = ExpectedShares()


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """One header that files of a feed have, with the rules that hold for it.

    In a feed's file a variant gives only what differs: each key of its ``rows``, ``time``,
    ``place``, ``category`` and ``expected`` replaces the feed's key of that name, and what it does
    not give is the feed's. Until one is chosen, ``FeedSpec`` has the facts of the feed and the
    rules of its first variant.

    Attributes
    ----------
    name : str
        What the variant is called.
    required, optional : tuple of str
        Columns that make the fingerprint, and columns that may be there as well; in any order,
        compared without regard to case, spaces and underscores.
    source_id : str
        The name that rows carry.
    checked_on : str
        ``"real file"`` or ``"documentation"``: what the variant was written from.
    anonymised_by_publisher, anonymisation : bool, str
        Whether and how the publisher has moved places away from addresses.
    rows, time, place, category : RowRules, TimeRules, PlaceRules, CategoryRules
        How rows are read.
    expected : ExpectedShares
        What is normal.
    """

    name: str
    required: tuple[str, ...]
    optional: tuple[str, ...] = ()
    source_id: str
    checked_on: str
    anonymised_by_publisher: bool
    anonymisation: str
    rows: RowRules
    time: TimeRules
    place: PlaceRules
    category: CategoryRules
    expected: ExpectedShares = _NOT_MEASURED

    @property
    def named_columns(self) -> tuple[str, ...]:  # numpydoc ignore=RT01
        """Name the columns that its rules read, each once."""
        return columns_read(self.rows, self.time, self.place, self.category)


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
    checked_on : str
        ``"real file"`` or ``"documentation"``: what the description was written from.
    map_version : str
        Version of the offence rules.
    rows, time, place, category : RowRules, TimeRules, PlaceRules, CategoryRules
        How rows are read: the first variant's, until ``for_variant`` chooses another.
    expected : ExpectedShares
        What is normal.
    variants : tuple of Variant
        Headers that its files have.
    coverage : tuple of CoverageNote
        Times for which something else holds.
    offences : tuple of OffenceRule
        What its categories mean; a file that ``category.map`` names holds more.
    portals : tuple of Portal
        Where it can be fetched; none: its files must be downloaded by hand.
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
    checked_on: str
    map_version: str = ""
    rows: RowRules
    time: TimeRules
    place: PlaceRules
    category: CategoryRules
    expected: ExpectedShares = _NOT_MEASURED
    variants: tuple[Variant, ...] = ()
    coverage: tuple[CoverageNote, ...] = ()
    offences: tuple[OffenceRule, ...] = ()
    portals: tuple[Portal, ...] = ()

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

    def for_variant(self, name: str) -> Self:
        """Give the feed as one of its variants has it.

        Parameters
        ----------
        name : str
            Name of a variant.

        Returns
        -------
        FeedSpec
            The same feed with the variant's rules.
        """
        chosen = next((v for v in self.variants if v.name == name), None)
        if chosen is None:
            return self
        return replace(
            self,
            source_id=chosen.source_id,
            checked_on=chosen.checked_on,
            anonymised_by_publisher=chosen.anonymised_by_publisher,
            anonymisation=chosen.anonymisation,
            rows=chosen.rows,
            time=chosen.time,
            place=chosen.place,
            category=chosen.category,
            expected=chosen.expected,
        )


def columns_read(
    rows: RowRules, time: TimeRules, place: PlaceRules, category: CategoryRules
) -> tuple[str, ...]:
    """Name the columns that rules read.

    Parameters
    ----------
    rows, time, place, category : RowRules, TimeRules, PlaceRules, CategoryRules
        The rules.

    Returns
    -------
    tuple of str
        The feed's names, each once.
    """
    named = (
        rows.key, rows.case, rows.count, rows.may_end_before,
        *time.start.columns, *time.end.columns, *time.reported.columns, time.check.column,
        *(c for source in place.sources for c in source.columns),
        place.text, place.area, place.district,
        category.category, category.description, category.code, category.subcode,
        category.sensitive,
    )  # fmt: skip
    return tuple(dict.fromkeys(c for c in named if c))


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


def normalised_code(text: str) -> str:
    """Make a code comparable: no case, no spaces, no leading zeros in any of its parts.

    Parameters
    ----------
    text : str
        A publisher's code, or ``code/subcode``.

    Returns
    -------
    str
        The comparable form.

    Examples
    --------
    >>> from hotspots.loaders.spec import normalised_code
    >>> normalised_code(" 0486 "), normalised_code("09a"), normalised_code("2999/0")
    ('486', '9a', '2999/0')
    """
    parts = re.sub(r"\s+", "", text).casefold().split("/")
    return "/".join(part.lstrip("0") or part[:1] for part in parts)
