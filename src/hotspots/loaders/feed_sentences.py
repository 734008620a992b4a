"""What the rules of a feed say, as sentences: what a row, a moment, a place and a category are."""

from __future__ import annotations

import math
import re
from datetime import UTC, date, datetime
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import pyproj

from hotspots.loaders.formats import EPOCH_MS
from hotspots.loaders.hooks import TEXT_HOOKS
from hotspots.loaders.labels import ABOUT_PEOPLE
from hotspots.loaders.mapfiles import load_map
from hotspots.loaders.spec import columns_read, normalised
from hotspots.words import message, say

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from hotspots.loaders.rules import CoordinateSource, MomentRules, RowRules, Shift
    from hotspots.loaders.spec import FeedSpec
    from hotspots.words import Message

#: Sentences that stand on one line.
Line = tuple["Message", ...]

_QUALITIES: Final = ("exact", "approximate", "ambiguous")
_EXAMPLE: Final = datetime(2024, 12, 31, 22, 15, tzinfo=UTC)


def code(value: str) -> str:
    """Mark a name or a value of a file, so that it is shown as it is written.

    Parameters
    ----------
    value : str
        The text.

    Returns
    -------
    str
        The text between marks.

    Examples
    --------
    >>> from hotspots.loaders.feed_sentences import code
    >>> code("Primary Type")
    '`Primary Type`'
    """
    return f"`{value.replace('`', chr(39))}`"


def codes(values: Iterable[str]) -> str:
    """Mark several names or values, with commas between them.

    Parameters
    ----------
    values : iterable of str
        The texts.

    Returns
    -------
    str
        One text.

    Examples
    --------
    >>> from hotspots.loaders.feed_sentences import codes
    >>> codes(["X", "Y"])
    '`X`, `Y`'
    """
    return ", ".join(map(code, values))


def _row_lines(feed: FeedSpec, _: str) -> Iterator[Line]:
    """Say what a row is."""
    rows = feed.rows
    kind = message(f"feeds.kind_{rows.kind}")
    plain = rows.grain == "incident" and rows.kind != "offence"
    yield (kind,) if plain else (message(f"feeds.grain_{rows.grain}"), kind)
    # What groups rows is no id of a row.
    key = "" if rows.key == rows.case else rows.key
    for name, column in (("key", key), ("case", rows.case), ("count", rows.count)):
        if column:
            yield (message(f"feeds.{name}", column=code(column)),)


def _moved_lines(feed: FeedSpec, _: str) -> Iterator[Line]:
    """Say what the publisher does to places."""
    yield (message(f"feeds.moved_{'yes' if feed.anonymised_by_publisher else 'no'}"),)
    yield (message("feeds.moved_how", text=feed.anonymisation),)
    away = feed.place.uncertainty_m
    yield (
        message(f"feeds.precise_{feed.place.precision}"),
        message("feeds.uncertainty_unknown")
        if math.isnan(away)
        else message("feeds.uncertainty", metres=f"{away:g}"),
    )


def _withheld_lines(feed: FeedSpec, lang: str) -> Iterator[Line]:
    """Say what the publisher withholds, what is sensitive, and what is never loaded."""
    place, category = feed.place, feed.category
    either = say(message("feeds.or"), lang)
    for name in ("withheld_values", "withheld_texts"):
        if getattr(place, name):
            yield (message(f"feeds.{name}", values=either.join(map(code, getattr(place, name)))),)
    if not (place.withheld_values or place.withheld_texts):
        yield (message("feeds.withheld_none"),)
    if category.sensitive:
        said = either.join(map(code, category.sensitive_values))
        yield (message("feeds.sensitive", column=code(category.sensitive), values=said),)
    more = load_map(category.map) if category.map else ()
    rules = sum(rule.sensitive for rule in (*feed.offences, *more))
    if rules:
        yield (message("feeds.sensitive_rules", rules=rules),)
    if place.text:
        yield (message("feeds.rounded" if place.round_house_numbers else "feeds.not_rounded"),)


def never_loaded(feeds: Iterable[FeedSpec], columns: Iterable[str]) -> Line:
    """Name the columns that no rule reads.

    Parameters
    ----------
    feeds : iterable of FeedSpec
        The feed, as each of its variants has it.
    columns : iterable of str
        Columns of all of them.

    Returns
    -------
    tuple of Message
        Sentences that stand on one line.
    """
    read = {
        normalised(name)
        for feed in feeds
        for name in columns_read(feed.rows, feed.time, feed.place, feed.category)
    }
    by_name: dict[str, str] = {}
    for name in columns:
        by_name.setdefault(normalised(name), name)
    never = [name for key, name in by_name.items() if key not in read]
    if not never:
        return (message("feeds.never_none"),)
    people = [name for name in never if re.search(ABOUT_PEOPLE, normalised(name))]
    said = message("feeds.never_loaded", columns=codes(never))
    return (said, message("feeds.never_people", columns=codes(people))) if people else (said,)


def _time_lines(feed: FeedSpec, lang: str) -> Iterator[Line]:
    """Say how moments are read."""
    time = feed.time
    basis = say(message(f"loaders.basis_{time.basis}"), lang)
    precision = say(message(f"loaders.precision_{time.precision}"), lang)
    yield (message("feeds.time_of", basis=basis, precision=precision),)
    if not time.start.columns:
        yield (message("feeds.moment_named_by_you"),)
        return
    yield (message("feeds.zone", zone=time.zone) if time.zone else message("feeds.zone_open"),)
    for name in ("start", "end", "reported"):
        moment: MomentRules = getattr(time, name)
        if moment.columns:
            label = say(message(f"feeds.label_{name}"), lang)
            yield tuple(_moment(moment, label, lang))
    check = time.check
    if check.column:
        of = say(message(f"feeds.check_{check.moment}"), lang)
        shifts = _shifts(check.shifts, lang)
        yield (
            message("feeds.check_shifts", column=code(check.column), moment=of, shifts=shifts)
            if shifts
            else message("feeds.check_hour", column=code(check.column), moment=of),
        )


def _moment(moment: MomentRules, label: str, lang: str) -> Iterator[Message]:
    if moment.parts:
        yield message("feeds.moment_parts", label=label, columns=codes(moment.parts))
    elif moment.column:
        which = "day_only" if moment.clock or moment.shift else "column"
        yield message(
            f"feeds.moment_{which}",
            label=label,
            column=code(moment.column),
            examples=_examples(moment.formats, lang),
        )
    if moment.clock:
        clocks = _examples(moment.clock_formats, lang)
        yield message("feeds.moment_clock", column=code(moment.clock), examples=clocks)
    if moment.clock_hook:
        yield message("feeds.moment_hook", hook=_hook(moment.clock_hook, lang))
    if moment.shift:
        shifts = _shifts(moment.shifts, lang)
        yield message("feeds.moment_shift", column=code(moment.shift), shifts=shifts)
    # A time that says how far it is from UTC is on no clock's word.
    if moment.rule != "local" or not all("%z" in form for form in moment.formats or ("",)):
        yield message(f"feeds.rule_{moment.rule}")


def _examples(formats: Iterable[str], lang: str) -> str:
    """Show one moment in each format, and the format."""
    said = []
    for form in formats:
        if form == EPOCH_MS:
            instant = code(f"{_EXAMPLE.timestamp() * 1000:.0f}")
            said.append(say(message("feeds.milliseconds", example=instant), lang))
        else:
            plain = re.sub(r"%\.(\d?)f", lambda m: "." + "0" * int(m[1] or 3), form)
            said.append(f"{code(_EXAMPLE.strftime(plain))} ({code(form)})")
    return say(message("feeds.or"), lang).join(said)


def _hook(hook: str, lang: str) -> str:
    """Say what a hook does to a text."""
    if hook not in TEXT_HOOKS:
        return code(hook)
    words = say(message(f"feeds.hook_{hook}"), lang)
    return say(message("feeds.hook", words=words, hook=code(hook)), lang)


def _shifts(shifts: Iterable[Shift], lang: str) -> str:
    return "; ".join(
        say(message("feeds.shift", value=code(s.value), start=s.start, end=s.end), lang)
        for s in shifts
    )


def _place_lines(feed: FeedSpec, lang: str) -> Iterator[Line]:
    """Say where coordinates and places in words stand."""
    place = feed.place
    either = say(message("feeds.or"), lang)
    if place.sources:
        said = "; ".join(f"({i}) {_source(s, lang)}" for i, s in enumerate(place.sources, start=1))
        one = len(place.sources) == 1
        yield (
            message("feeds.source_one", sources=_source(place.sources[0], lang))
            if one
            else message("feeds.source_many", sources=said),
        )
    else:
        yield (message("feeds.source_none" if feed.variants else "feeds.source_named_by_you"),)
    if place.row_fallback:
        yield (message("feeds.row_fallback"),)
    west, south, east, north = (f"{edge:g}" for edge in place.bbox)
    yield (message("feeds.bounds", west=west, south=south, east=east, north=north),)
    if place.missing_values:
        yield (
            message("feeds.missing_values", values=either.join(map(code, place.missing_values))),
        )
    if place.decimal_comma:
        yield (message("feeds.decimal_comma"),)
    if place.text:
        yield (message("feeds.place_text", column=code(place.text)),)
    for name, column, form in (
        ("area", place.area, place.area_format),
        ("district", place.district, place.district_format),
    ):
        if column:
            which = name if form == "{}" else f"{name}_as"
            shown = code(form.replace("{}", "\N{HORIZONTAL ELLIPSIS}"))
            yield (message(f"feeds.place_{which}", column=code(column), shown=shown),)
    if place.empty_texts:
        yield (message("feeds.empty_texts", values=either.join(map(code, place.empty_texts))),)


@cache
def _system_name(crs: str) -> str:
    return str(pyproj.CRS.from_user_input(crs).name)


def _source(source: CoordinateSource, lang: str) -> str:
    system = f"{source.crs} ({_system_name(source.crs)})"
    if source.pair:
        order = say(message(f"feeds.order_{source.pair_order.replace(' ', '_')}"), lang)
        told = message("feeds.source_pair", column=code(source.pair), order=order, crs=system)
    else:
        told = message("feeds.source_xy", x=code(source.x), y=code(source.y), crs=system)
    return say(told, lang)


def _category_lines(feed: FeedSpec, lang: str) -> Iterator[Line]:
    """Say which columns say what happened, and how well the rules for it fit."""
    rules = feed.category
    columns = [
        message(f"feeds.{name}", column=code(getattr(rules, name)))
        for name in ("category", "description")
        if getattr(rules, name)
    ]
    if rules.subcode:
        columns.append(
            message("feeds.subcode", column=code(rules.code), subcode=code(rules.subcode))
        )
    elif rules.code:
        columns.append(message("feeds.code", column=code(rules.code)))
    yield tuple(columns) or (message("feeds.no_category"),)
    if rules.nibrs:
        yield (message("feeds.nibrs"),)
    for name in ("category", "description", "code"):
        hooks = getattr(rules, f"{name}_hooks")
        if hooks:
            what = say(message(f"feeds.hooks_{name}"), lang)
            said = "; ".join(_hook(hook, lang) for hook in hooks)
            yield (message("feeds.hooks", what=what, hooks=said),)
    all_rules = (*feed.offences, *(load_map(rules.map) if rules.map else ()))
    if all_rules:
        fits = {q: sum(r.quality == q for r in all_rules) for q in _QUALITIES}
        yield (message("feeds.rules", rules=len(all_rules), version=feed.map_version, **fits),)
    elif not rules.nibrs:
        yield (message("feeds.no_rules"),)
    if rules.map:
        yield (message("feeds.map", map=code(rules.map)),)
    yield (message("feeds.unknown_ones"),)


def _normal_lines(feed: FeedSpec, _: str) -> Iterator[Line]:
    """Say which shares are normal."""
    said = []
    for name in ("unlocated", "outside_bounds", "unmapped", "rejected"):
        share = getattr(feed.expected, name)
        known = not math.isnan(share)
        key = f"feeds.normal_{name}" if known else f"feeds.normal_{name}_unknown"
        said.append(message(key, share=f"{100 * share:.4g} %") if known else message(key))
    yield (*said, message("feeds.normal_strict"))


def _trap_lines(feed: FeedSpec, lang: str) -> Iterator[Line]:
    """Say what in the rules has misled people who count rows."""
    time, place = feed.time, feed.place
    yield from _row_traps(feed.rows, lang)
    if place.sentinels:
        points = codes(f"{x:.12g}, {y:.12g}" for x, y in place.sentinels)
        yield (message("feeds.trap_sentinels", points=points),)
    for source in place.sources:
        if source.swapped != "no":
            x, y = code(source.x), code(source.y)
            yield (message(f"feeds.trap_swapped_{source.swapped}", x=x, y=y),)
    if time.superseded_from != date.max:
        yield (message("feeds.trap_superseded", day=time.superseded_from.isoformat()),)
    if time.placeholder_times and feed.time.precision in ("minute", "hour"):
        times = say(message("feeds.or"), lang).join(time.placeholder_times)
        yield (message("feeds.trap_placeholder", times=times),)
    yield (message(f"feeds.trap_{time.out_of_range}", day=time.first_day.isoformat()),)


def _row_traps(rows: RowRules, lang: str) -> Iterator[Line]:
    if rows.grain != "incident":
        yield (message(f"feeds.trap_{rows.grain}"),)
    if not rows.key:
        yield (message("feeds.trap_no_key"),)
    else:
        which = "copies" if rows.key_unique else "repeats"
        yield (message(f"feeds.trap_key_{which}", column=code(rows.key)),)
    if rows.signed:
        yield (message("feeds.trap_signed", column=code(rows.count)),)
    if rows.repeats:
        patterns = say(message("feeds.or"), lang).join(map(code, rows.repeats))
        yield (message("feeds.trap_repeats", patterns=patterns),)
    if rows.may_end_before:
        yield (message("feeds.trap_may_end", column=code(rows.may_end_before)),)


#: The parts of a page that rules alone decide, in their order.
PARTS: Final[Mapping[str, Callable[[FeedSpec, str], Iterator[Line]]]] = MappingProxyType(
    {
        "rows": _row_lines,
        "moved": _moved_lines,
        "withheld": _withheld_lines,
        "traps": _trap_lines,
        "times": _time_lines,
        "places": _place_lines,
        "categories": _category_lines,
        "normal": _normal_lines,
    }
)
