"""QualityReport: every row accounted for, with what must be known about the rest."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from hotspots.errors import InputDataError
from hotspots.loaders.cautions import cautions_of
from hotspots.loaders.quality_dict import as_dict
from hotspots.loaders.quality_text import as_html, as_markdown, as_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from hotspots.loaders.evidence import Evidence
    from hotspots.loaders.spec import FeedSpec
    from hotspots.words import Message


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class QualityReport:
    """What was read, what was dropped and why, and what a reader must know.

    Two identities hold, or the report cannot be made: rows read are rows kept and rows rejected;
    rows kept are rows with a place and rows without one.

    Attributes
    ----------
    feed : FeedSpec
        The feed's description.
    file_name, sha256, size_bytes : str, str, int
        Base name of the file, its SHA-256 and its size.
    encoding, delimiter, variant : str
        As found.
    extra_columns, missing_columns : tuple of str
        Columns of the file that the feed does not know; columns of the feed that may be absent
        and are.
    rows_read : int
        Rows of the file.
    rejected : mapping of str to int
        Rows that were not kept, by reason.
    kept, located : int
        Rows kept, and those of them with a place.
    unlocated : mapping of str to int
        Rows kept without a place, by ``location_status``.
    flags : mapping of str to int
        Rows kept that have something to know about them; a row may have several flags.
    groups : pandas.DataFrame
        ``display_group``, ``day``, ``location_status``, ``rows``. ``day`` is a datetime64 without
        a zone: the local day, or the first of the month where only the month is known.
    categories : pandas.DataFrame
        What each category became, with its rows.
    rejects : pandas.DataFrame
        ``source_row``, ``reason``, ``value`` of the rows that were not kept.
    evidence : Evidence
        What the rows say of their days, places, categories and grain.
    notes : tuple of str
        What was done to read the file.
    """

    feed: FeedSpec
    file_name: str
    sha256: str
    size_bytes: int
    encoding: str
    delimiter: str
    variant: str
    extra_columns: tuple[str, ...]
    missing_columns: tuple[str, ...]
    rows_read: int
    rejected: Mapping[str, int]
    kept: int
    located: int
    unlocated: Mapping[str, int]
    flags: Mapping[str, int]
    groups: pd.DataFrame
    categories: pd.DataFrame
    rejects: pd.DataFrame
    evidence: Evidence
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Freeze the counts and refuse to exist when they do not add up."""
        for name in ("rejected", "unlocated", "flags"):
            object.__setattr__(self, name, MappingProxyType(dict(getattr(self, name))))
        sums = (
            (
                "rows read",
                self.rows_read,
                "kept and rejected",
                self.kept + sum(self.rejected.values()),
            ),
            (
                "rows kept",
                self.kept,
                "located and not",
                self.located + sum(self.unlocated.values()),
            ),
            ("rows kept", self.kept, "rows in the groups", int(self.groups["rows"].sum())),
            ("rows kept", self.kept, "rows in the categories", int(self.categories["rows"].sum())),
            (
                "rows rejected",
                sum(self.rejected.values()),
                "rows listed as rejects",
                len(self.rejects),
            ),
        )
        for whole, rows, parts, total in sums:
            if rows != total:
                msg = (
                    f"{self.file_name}: {rows:,} {whole}, but {total:,} {parts}. This is a fault "
                    "of the loader, not of the file."
                )
                raise InputDataError(msg)

    @property
    def cautions(self) -> tuple[Message, ...]:  # numpydoc ignore=RT01
        """What a reader must know before using the file; empty when there is nothing."""
        return cautions_of(self)

    def summary(self, lang: str = "en") -> str:
        """Say it in a few lines.

        Parameters
        ----------
        lang : str, default "en"
            A language with a catalogue.

        Returns
        -------
        str
            One statement a line: rows, rejects, places, flags, notes and warnings.
        """
        return as_text(self, lang)

    def to_markdown(self, lang: str = "en") -> str:
        """Write the whole report as Markdown.

        It holds exact counts and is for analysts, not for publication. Texts from the file are
        cut to 60 characters; descriptions appear only where the feed has a list of them.

        Parameters
        ----------
        lang : str, default "en"
            A language with a catalogue.

        Returns
        -------
        str
            Markdown, with a heading for each part.
        """
        return as_markdown(self, lang)

    def to_html(self, lang: str = "en") -> str:
        """Write the whole report as a block of HTML, as in ``to_markdown``.

        Parameters
        ----------
        lang : str, default "en"
            A language with a catalogue.

        Returns
        -------
        str
            One ``section`` without style, script or address; every text in it is escaped.
        """
        return as_html(self, lang)

    def to_dict(self) -> dict[str, Any]:
        """Give the report as plain values that JSON can hold, as in ``to_markdown``.

        Returns
        -------
        dict
            The counts, facts and evidence with ``schema_version``; without the table of groups
            and days. Of rejects the first 1,000.
        """
        return as_dict(self)
