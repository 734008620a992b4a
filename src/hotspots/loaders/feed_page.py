"""The page of a feed: what everybody who sees a map of it should be able to look up."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Final

from hotspots.loaders.feed_sentences import PARTS, code, codes, never_loaded
from hotspots.loaders.mapfiles import load_map
from hotspots.offences import group_label, offence_codes
from hotspots.words import message, say

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from hotspots.loaders.feed_sentences import Line
    from hotspots.loaders.portals import Portal
    from hotspots.loaders.rules import OffenceRule
    from hotspots.loaders.spec import FeedSpec, Variant
    from hotspots.words import Message

_ORDER: Final = (
    "facts", "rows", "moved", "withheld", "traps", "times", "places", "categories", "normal",
    "headers", "fetch", "licence",
)  # fmt: skip
_RULE_COLUMNS: Final = (
    "code", "category", "descriptions", "becomes", "group", "fits", "sensitive",
)  # fmt: skip
#: Examples are of this year, or of the nearest one that a portal has.
_LAST_ASKED: Final = date(2024, 12, 31)
#: Protocols that are asked for an area, and one that they know.
_AREAS: Final = {"police-archive": "west-yorkshire", "police-api": "-1.60,53.75,-1.50,53.82"}
_ANY_URL: Final = "https://www.example.org/open311/v2"


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedSection:
    """One part of the page of a feed.

    Attributes
    ----------
    heading : Message
        Its heading.
    lines : tuple of tuple of Message
        Lines of sentences that hold for all files of the feed.
    by_header : tuple of (Message, tuple of tuple of Message)
        Which headers, and the lines that hold only for files with them.
    quote : str
        A text that must be shown word by word; empty when there is none.
    commands : tuple of str
        Commands.
    table : tuple of tuple of str
        Rows of a table, its head first.
    """

    heading: Message
    lines: tuple[Line, ...] = ()
    by_header: tuple[tuple[Message, tuple[Line, ...]], ...] = ()
    quote: str = ""
    commands: tuple[str, ...] = ()
    table: tuple[tuple[str, ...], ...] = ()


def feed_sections(feed: FeedSpec, lang: str = "en") -> tuple[FeedSection, ...]:
    """Say all that a description says, part by part.

    Parameters
    ----------
    feed : FeedSpec
        The feed.
    lang : str, default "en"
        A language with a catalogue.

    Returns
    -------
    tuple of FeedSection
        Whose it is, what a row is, what happens to places, what is withheld, traps, moments,
        coordinates, categories, normal shares, headers, portals, licence, and tables of rules.

    Examples
    --------
    >>> from hotspots.loaders import describe_feed
    >>> from hotspots.loaders.feed_page import feed_sections
    >>> [str(part.heading) for part in feed_sections(describe_feed("us-chicago"))[:3]]
    ['Whose it is', 'What a row is', 'What the publisher does to places']
    """
    found = [_section(name, feed, lang) for name in _ORDER]
    maps = [name for name in dict.fromkeys(v.category.map for v in feed.variants) if name]
    tables = [(message("feeds.heading_rules"), feed.offences)] if feed.offences else []
    tables += [(message("feeds.heading_map", map=name), load_map(name)) for name in maps]
    found += [
        FeedSection(heading=heading, table=_rule_table(rules, lang)) for heading, rules in tables
    ]
    return tuple(found)


def _section(name: str, feed: FeedSpec, lang: str) -> FeedSection:
    heading = message(f"feeds.heading_{name}")
    if name in PARTS:
        own = {"withheld": _withheld, "traps": _caveats}.get(name)
        lines = tuple(own(feed)) if own else ()
        common, by_header = _told(feed, lambda spec: PARTS[name](spec, lang))
        return FeedSection(heading=heading, lines=(*lines, *common), by_header=by_header)
    if name == "headers":
        lines, by_header = tuple(_no_headers(feed)), tuple(map(_header, feed.variants))
        return FeedSection(heading=heading, lines=lines, by_header=by_header)
    if name == "fetch":
        lines, commands = tuple(_fetch_lines(feed, lang)), tuple(_fetch_commands(feed))
        return FeedSection(heading=heading, lines=lines, commands=commands)
    if name == "licence":
        lines = tuple(_licence_lines(feed))
        return FeedSection(heading=heading, lines=lines, quote=feed.attribution)
    return FeedSection(heading=heading, lines=tuple(_fact_lines(feed)))


def _told(
    feed: FeedSpec, lines_of: Callable[[FeedSpec], Iterable[Line]]
) -> tuple[tuple[Line, ...], tuple[tuple[Message, tuple[Line, ...]], ...]]:
    """Tell what holds for every header from what holds for some."""
    if not feed.variants:
        return tuple(lines_of(feed)), ()
    said = {v.name: tuple(lines_of(feed.for_variant(v.name))) for v in feed.variants}
    first = next(iter(said.values()))
    common = tuple(line for line in first if all(line in lines for lines in said.values()))
    names: dict[tuple[Line, ...], list[str]] = {}
    for name, lines in said.items():
        names.setdefault(tuple(line for line in lines if line not in common), []).append(name)
    by_header = tuple(
        (message("feeds.for_header", names=codes(headers)), own)
        for own, headers in names.items()
        if own
    )
    return common, by_header


def _fact_lines(feed: FeedSpec) -> Iterator[Line]:
    publisher = message("feeds.publisher", publisher=feed.publisher)
    yield (
        (publisher, message("feeds.homepage", url=feed.homepage)) if feed.homepage else (publisher,)
    )
    yield (
        message(
            "feeds.described", id=code(feed.id), version=feed.version, checked_on=feed.checked_on
        ),
    )


def _caveats(feed: FeedSpec) -> Iterator[Line]:
    for caveat in feed.caveats:
        yield (message("feeds.prose", text=caveat),)
    for note in feed.coverage:
        first = note.first_day.isoformat() if note.first_day != date.min else ""
        last = note.last_day.isoformat() if note.last_day != date.max else ""
        which = {(True, True): "", (True, False): "_from", (False, True): "_until"}
        key = f"feeds.coverage{which.get((bool(first), bool(last)), '_always')}"
        yield (message(key, first=first, last=last, note=note.note),)


def _withheld(feed: FeedSpec) -> Iterator[Line]:
    yield (message("feeds.sensitive_always"),)
    if feed.variants:
        columns = [name for v in feed.variants for name in (*v.required, *v.optional)]
        read = [feed.for_variant(v.name) for v in feed.variants]
        yield never_loaded(read, columns)


def _no_headers(feed: FeedSpec) -> Iterator[Line]:
    if not feed.variants:
        yield (message("feeds.header_any"),)


def _header(variant: Variant) -> tuple[Message, tuple[Line, ...]]:
    name = message(
        "feeds.header",
        name=code(variant.name), checked_on=variant.checked_on, source_id=code(variant.source_id),
    )  # fmt: skip
    lines: list[Line] = [(message("feeds.header_needs", columns=codes(variant.required)),)]
    if variant.optional:
        lines.append((message("feeds.header_may", columns=codes(variant.optional)),))
    return name, tuple(lines)


def _fetch_lines(feed: FeedSpec, lang: str) -> Iterator[Line]:
    if not feed.portals:
        none = message("feeds.fetch_none")
        page = message("feeds.fetch_page", url=feed.homepage)
        yield (none, page) if feed.homepage else (none,)
    for portal in feed.portals:
        yield tuple(_portal(portal, lang))
    if feed.portals:
        yield (message("feeds.fetch_with"),)


def _portal(portal: Portal, lang: str) -> Iterator[Message]:
    url = code(portal.url) if portal.url else say(message("feeds.fetch_your_url"), lang)
    protocol = say(message(f"feeds.protocol_{portal.protocol}"), lang)
    yield message("feeds.fetch_portal", name=code(portal.name), protocol=protocol, url=url)
    if portal.dataset:
        yield message("feeds.fetch_dataset", dataset=code(portal.dataset))
    if portal.date_column:
        yield message(
            "feeds.fetch_date",
            column=code(portal.date_column),
            kind=say(message(f"feeds.date_{portal.date_kind}"), lang),
            clock=say(message(f"feeds.clock_{portal.clock}"), lang),
        )
    else:
        yield message(f"feeds.fetch_{'months' if portal.protocol in _AREAS else 'whole'}")
    if "{year}" in portal.url + portal.dataset:
        yield message("feeds.fetch_years")
    first, last = portal.first_day, portal.last_day
    since, until = first != date.min, last != date.max
    if since or until:
        which = "days" if since and until else "from" if since else "until"
        yield message(f"feeds.fetch_{which}", first=first.isoformat(), last=last.isoformat())
    if portal.encoding:
        yield message("feeds.fetch_encoding", encoding=portal.encoding)


def _fetch_commands(feed: FeedSpec) -> Iterator[str]:
    for portal in feed.portals:
        words = ["hotspots", "fetch", feed.id]
        if len(feed.portals) > 1:
            words += ["--portal", portal.name]
        if not portal.url:
            words += ["--url", _ANY_URL]
        if portal.date_column or portal.protocol in _AREAS:
            first, last = _asked(portal)
            words += ["--since", first.isoformat(), "--until", last.isoformat()]
        if portal.protocol in _AREAS:
            words.append(f"--area={_AREAS[portal.protocol]}")
        yield shlex.join([*words, "-o", f"{feed.id}.csv"])


def _asked(portal: Portal) -> tuple[date, date]:
    """Choose a year that a portal has, or the part of it."""
    last = min(max(_LAST_ASKED, portal.first_day.replace(month=12, day=31)), portal.last_day)
    return max(last.replace(month=1, day=1), portal.first_day), last


def _licence_lines(feed: FeedSpec) -> Iterator[Line]:
    licence = message("feeds.licence", licence=feed.licence)
    url = message("feeds.licence_url", url=feed.licence_url)
    yield (licence, url) if feed.licence_url else (licence,)
    yield (message("feeds.attribution" if feed.attribution else "feeds.attribution_none"),)


def _rule_table(rules: Iterable[OffenceRule], lang: str) -> tuple[tuple[str, ...], ...]:
    head = tuple(say(message(f"feeds.column_{name}"), lang) for name in _RULE_COLUMNS)
    return (head, *(_rule_row(rule, lang) for rule in rules))


def _rule_row(rule: OffenceRule, lang: str) -> tuple[str, ...]:
    known = offence_codes().get(rule.offence_code)
    group = rule.group or (known.display_group if known else "")
    others = say(message("feeds.all_descriptions"), lang) if not rule.code else ""
    return (
        code(rule.code) if rule.code else "",
        code(rule.category) if rule.category else "",
        codes(rule.descriptions) if rule.descriptions else others,
        f"{known.code} {known.name}" if known else say(message("feeds.no_code"), lang),
        group_label(group, lang) if group else "",
        say(message(f"loaders.fits_{rule.quality}"), lang),
        say(message(f"feeds.{'yes' if rule.sensitive else 'no'}"), lang),
    )
