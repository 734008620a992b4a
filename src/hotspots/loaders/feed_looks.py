"""How the page of a feed looks: as Markdown, as text for a terminal, and as a line of a table."""

from __future__ import annotations

import re
import textwrap
from typing import TYPE_CHECKING, Final

from hotspots.loaders.feed_page import feed_sections
from hotspots.words import message, say

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hotspots.loaders.feed_sentences import Line
    from hotspots.loaders.spec import FeedSpec

#: What Markdown, or a builder of manuals, would take for a mark.
_MARKS: Final = str.maketrans({c: f"\\{c}" for c in "\\`*_[]{}<>#$&~|"})


def _plain(text: str) -> str:
    """Keep Markdown from seeing marks in a text, but for names between marks and addresses."""
    parts = re.split(r"(`[^`]*`|<https?://[^>\s]+>)", text)
    return "".join(p if i % 2 else p.translate(_MARKS) for i, p in enumerate(parts))


def _cell(text: str) -> str:
    """Keep a bar from ending a cell; between marks nothing else can."""
    return re.sub(r"(?<!\\)\|", r"\\|", _plain(text))


def _said(line: Line, lang: str) -> str:
    return " ".join(say(what, lang) for what in line)


def _table(rows: Sequence[Sequence[str]]) -> list[str]:
    head, *body = (f"| {' | '.join(map(_cell, row))} |" for row in rows)
    return [head, "|" + " --- |" * len(rows[0]), *body]


def feed_markdown(feed: FeedSpec, lang: str = "en") -> str:
    """Write the page of a feed as Markdown.

    Parameters
    ----------
    feed : FeedSpec
        The feed.
    lang : str, default "en"
        A language with a catalogue.

    Returns
    -------
    str
        A document with a heading for each part, and the tables of its rules.

    Examples
    --------
    >>> from hotspots.loaders import describe_feed
    >>> from hotspots.loaders.feed_looks import feed_markdown
    >>> feed_markdown(describe_feed("us-chicago")).splitlines()[0]
    '# Crimes, 2001 to present, Chicago'
    """
    out = [f"# {_plain(feed.title)}"]
    for part in feed_sections(feed, lang):
        out += ["", f"## {_plain(say(part.heading, lang))}", ""]
        out += [f"- {_plain(_said(line, lang))}" for line in part.lines]
        for heading, lines in part.by_header:
            out.append(f"- {_plain(say(heading, lang))}")
            out += [f"  - {_plain(_said(line, lang))}" for line in lines]
        if part.quote:
            out += ["", *(f"> {_plain(line)}" for line in part.quote.splitlines())]
        if part.commands:
            out += ["", "```sh", *part.commands, "```"]
        out += _table(part.table) if part.table else []
    return "\n".join(out) + "\n"


def feed_text(feed: FeedSpec, lang: str = "en", *, width: int = 80, full: bool = False) -> str:
    """Write the page of a feed as text for a terminal.

    Parameters
    ----------
    feed : FeedSpec
        The feed.
    lang : str, default "en"
        A language with a catalogue.
    width : int, default 80
        Characters of a line, but for commands and tables.
    full : bool, default False
        Whether the tables of its rules are shown.

    Returns
    -------
    str
        The same sentences as the page has.
    """

    def wrapped(text: str, indent: str, first: str = "") -> str:
        return textwrap.fill(
            text, width, initial_indent=indent + first, subsequent_indent=indent + " " * len(first),
            break_long_words=False, break_on_hyphens=False,
        )  # fmt: skip

    out = [wrapped(f"{feed.id}: {feed.title}", "")]
    parts = feed_sections(feed, lang)
    for part in parts:
        if part.table and not full:
            continue
        out += ["", wrapped(say(part.heading, lang), "")]
        out += [wrapped(_said(line, lang), "  ", "- ") for line in part.lines]
        for heading, lines in part.by_header:
            out.append(wrapped(say(heading, lang), "  ", "- "))
            out += [wrapped(_said(line, lang), "    ", "- ") for line in lines]
        out += [wrapped(part.quote, "    ")] if part.quote else []
        out += [f"    {command}" for command in part.commands]
        out += ["  " + "; ".join(row) for row in part.table]
    if not full and any(part.table for part in parts):
        out += ["", wrapped(say(message("feeds.more_tables"), lang), "")]
    return "\n".join(out) + "\n"


def feeds_table(feeds: Iterable[FeedSpec], lang: str = "en") -> str:
    """Write one table of many feeds as Markdown, with links to their pages.

    Parameters
    ----------
    feeds : iterable of FeedSpec
        The feeds.
    lang : str, default "en"
        A language with a catalogue.

    Returns
    -------
    str
        A line for each feed: what and where, what a row is, clock, precision of places, whether
        the publisher moves them, licence.
    """
    names = ("feed", "title", "row", "clock", "precision", "moved", "licence")
    rows = [tuple(say(message(f"feeds.overview_{name}"), lang) for name in names)]
    for feed in feeds:
        specs = [feed.for_variant(v.name) for v in feed.variants] or [feed]
        rows.append(
            (
                feed.id,
                feed.title,
                _either((f"feeds.row_{_row(s)}" for s in specs), lang),
                _zone_of(feed, lang),
                _either((f"feeds.places_{s.location_precision}" for s in specs), lang),
                _either(
                    (f"feeds.{'yes' if s.anonymised_by_publisher else 'no'}" for s in specs), lang
                ),
                feed.licence,
            )
        )
    head, rule, *lines = _table(rows)
    linked = (re.sub(r"^\| (\S+)", r"| [\1](feeds/\1.md)", line) for line in lines)
    return "\n".join([head, rule, *linked]) + "\n"


def _row(feed: FeedSpec) -> str:
    return feed.rows.grain if feed.rows.kind == "offence" else feed.rows.kind


def _zone_of(feed: FeedSpec, lang: str) -> str:
    if feed.variants and feed.time_zone:
        return feed.time_zone
    return say(message(f"feeds.overview_{'publishers' if feed.variants else 'yours'}"), lang)


def _either(keys: Iterable[str], lang: str) -> str:
    return say(message("feeds.or"), lang).join(say(message(k), lang) for k in dict.fromkeys(keys))
