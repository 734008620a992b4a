"""QualityReport: every row accounted for, with what must be known about the rest."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from hotspots.errors import InputDataError
from hotspots.words import message, say

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from hotspots.loaders.spec import FeedSpec

_SCHEMA_VERSION: Final = 1


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

    def summary(self, lang: str = "en") -> str:
        """Say it in a few lines.

        Parameters
        ----------
        lang : str, default "en"
            A language with a catalogue.

        Returns
        -------
        str
            One statement a line.
        """
        return "\n".join(self._lines(lang))

    def to_markdown(self, lang: str = "en") -> str:
        """Say it as Markdown: the summary as a list, and the categories as a table.

        Parameters
        ----------
        lang : str, default "en"
            A language with a catalogue.

        Returns
        -------
        str
            Markdown.
        """
        lines = [f"- {line}" for line in self._lines(lang)]
        shown = ["category", "description", "display_group", "mapping_quality", "rows"]
        lines += ["", "| " + " | ".join(shown) + " |", "|" + " --- |" * len(shown)]
        for row in self.categories[shown].itertuples(index=False):
            cells = ("" if v is None or v != v else str(v).replace("|", "\\|") for v in row)  # noqa: PLR0124 - NaN
            lines.append("| " + " | ".join(cells) + " |")
        return "\n".join(lines) + "\n"

    def to_dict(self) -> dict[str, Any]:
        """Give the report as plain values that JSON can hold.

        Returns
        -------
        dict
            The counts and facts, without the tables of groups and days.
        """
        categories = self.categories.astype(object).where(self.categories.notna(), None)
        return {
            "schema_version": _SCHEMA_VERSION,
            "feed": self.feed.id,
            "feed_version": self.feed.version,
            "file_name": self.file_name,
            "sha256": self.sha256,
            "size_bytes": self.size_bytes,
            "encoding": self.encoding,
            "delimiter": self.delimiter,
            "variant": self.variant,
            "extra_columns": list(self.extra_columns),
            "missing_columns": list(self.missing_columns),
            "rows_read": self.rows_read,
            "rejected": dict(self.rejected),
            "kept": self.kept,
            "located": self.located,
            "unlocated": dict(self.unlocated),
            "flags": dict(self.flags),
            "categories": categories.to_dict("records"),
            "rejects": self.rejects.to_dict("records"),
            "notes": list(self.notes),
        }

    def _lines(self, lang: str) -> list[str]:
        def parts(counts: Mapping[str, int]) -> str:
            named = (
                f"{rows:,} {say(message(f'loaders.{key}'), lang)}" for key, rows in counts.items()
            )
            return "; ".join(named)

        said = [
            message(
                "loaders.rows",
                file=self.file_name, title=self.feed.title, read=self.rows_read, kept=self.kept,
            )
        ]  # fmt: skip
        if self.rejected:
            said.append(message("loaders.rejected", parts=parts(self.rejected)))
        else:
            said.append(message("loaders.none_rejected"))
        if self.unlocated:
            without = self.kept - self.located
            said.append(
                message(
                    "loaders.located",
                    located=self.located, unlocated=without, parts=parts(self.unlocated),
                )
            )  # fmt: skip
        else:
            said.append(message("loaders.all_located", located=self.located))
        if self.flags:
            said.append(message("loaders.flags", parts=parts(self.flags)))
        said += [message("loaders.note", text=note) for note in self.notes]
        return [say(m, lang) for m in said]
