"""What can be wrong with a feed's description although every key and type in it is right."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pyproj
from pyproj.exceptions import CRSError

from hotspots.loaders.formats import has_offset
from hotspots.loaders.hooks import TEXT_HOOKS
from hotspots.loaders.mapfiles import load_map
from hotspots.loaders.portals import portal_faults
from hotspots.loaders.rules import QUALITIES
from hotspots.loaders.spec import CHECKED_ON, FeedSpec, normalised, normalised_code
from hotspots.offences import display_groups, offence_codes

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hotspots.loaders.rules import (
        CategoryRules,
        MomentRules,
        OffenceRule,
        PlaceRules,
        Shift,
        TimeRules,
    )
    from hotspots.loaders.spec import Variant

_CHOICES: Final = {
    ("rows", "grain"): ("incident", "offence", "victim", "person", "adjustment"),
    ("rows", "kind"): ("offence", "concern", "service"),
    ("time", "precision"): ("minute", "hour", "shift", "day", "month"),
    ("time", "basis"): ("occurrence", "dispatch", "report"),
    ("time", "out_of_range"): ("reject", "flag"),
    ("place", "precision"): (
        "address", "block", "intersection", "snap_point", "grid", "area", "none",
    ),
}  # fmt: skip
_TIME_RULES: Final = ("local", "utc", "local_midnight_in_utc")
_SWAPS: Final = ("no", "columns", "rows")
_ORDERS: Final = ("lat lon", "lon lat")
_CLOCK: Final = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d|24:00")
_MOST_PARTS: Final = 5


def spec_faults(spec: FeedSpec) -> list[str]:
    """Name all that is wrong with a description.

    Parameters
    ----------
    spec : FeedSpec
        A description whose keys and types are right.

    Returns
    -------
    list of str
        One fault each; empty when there is none.
    """
    faults = portal_faults(spec.portals)
    if spec.checked_on not in CHECKED_ON:
        faults.append(f"checked_on is {spec.checked_on!r}, not one of {', '.join(CHECKED_ON)}")
    if (spec.offences or any(v.category.map for v in spec.variants)) and not spec.map_version:
        faults.append("there are offence rules but no map_version")
    twice = {v.name for v in spec.variants if [w.name for w in spec.variants].count(v.name) > 1}
    faults += [f"two variants are called {name!r}" for name in sorted(twice)]
    maps = {v.category.map for v in spec.variants} | {spec.category.map}
    for name in sorted(maps):
        more = load_map(name) if name else ()
        faults += [f for f in offence_faults((*spec.offences, *more)) if f not in faults]
    if not spec.variants:
        return faults + _rule_faults(spec)
    for variant in spec.variants:
        found = _rule_faults(spec.for_variant(variant.name)) + _column_faults(variant)
        if variant.checked_on not in CHECKED_ON:
            found.append(f"checked_on is {variant.checked_on!r}")
        faults += [f"variant {variant.name!r}: {fault}" for fault in found]
    return faults


def _rule_faults(spec: FeedSpec) -> list[str]:
    faults = []
    for (table, key), choices in _CHOICES.items():
        value = getattr(getattr(spec, table), key)
        if value not in choices:
            faults.append(f"{table}.{key} is {value!r}, not one of {', '.join(choices)}")
    if spec.rows.key_unique and not spec.rows.key:
        faults.append("rows.key_unique without a rows.key")
    if spec.rows.repeats and not spec.category.category:
        faults.append("rows.repeats without a category.category")
    return (
        faults + _time_faults(spec.time) + _place_faults(spec.place) + _hook_faults(spec.category)
    )


def _column_faults(variant: Variant) -> list[str]:
    """Find columns that a rule reads and the header does not name: most of them are typos."""
    known = {normalised(c) for c in (*variant.required, *variant.optional)}
    faults = [
        f"the column {column!r} is read, but neither required nor optional"
        for column in variant.named_columns
        if normalised(column) not in known
    ]
    if not variant.required:
        faults.append("it requires no column")
    return faults


def _time_faults(rules: TimeRules) -> list[str]:
    faults = []
    if not rules.zone:
        faults += _zoneless_faults(rules)
    else:
        try:
            ZoneInfo(rules.zone)
        except (ZoneInfoNotFoundError, ValueError):
            faults.append(f"time.zone {rules.zone!r} is not an IANA zone")
    for name in ("start", "end", "reported"):
        faults += [f"time.{name}: {fault}" for fault in _moment_faults(getattr(rules, name))]
    faults += _clock_faults("time.placeholder_times", rules.placeholder_times)
    faults += _shift_faults("time.check", rules.check.shifts)
    if rules.check.moment not in ("start", "end", "reported"):
        faults.append(f"time.check.moment {rules.check.moment!r} is not start, end or reported")
    return faults


def _zoneless_faults(rules: TimeRules) -> list[str]:
    """Without a zone of the feed, a moment is known only where it is written with an offset."""
    return [
        f"time.{name} needs a time.zone: its formats have no offset (%z)"
        for name in ("start", "end", "reported")
        if (moment := getattr(rules, name)).columns
        and not (moment.columns == (moment.column,) and all(map(has_offset, moment.formats)))
    ]


def _moment_faults(rules: MomentRules) -> list[str]:
    faults = _shift_faults("shifts", rules.shifts)
    if rules.rule not in _TIME_RULES:
        faults.append(f"the rule {rules.rule!r} is none of {', '.join(_TIME_RULES)}")
    if rules.column and rules.parts:
        faults.append("it has a column and parts")
    if rules.column and not rules.formats:
        faults.append("it has a column but no formats")
    if rules.parts and not 3 <= len(rules.parts) <= _MOST_PARTS:  # noqa: PLR2004 - year, month, day
        faults.append("parts are year, month, day, then hour and minute")
    if bool(rules.shift) != bool(rules.shifts):
        faults.append("a shift needs shifts, and shifts a shift")
    if rules.clock_hook and rules.clock_hook not in TEXT_HOOKS:
        faults.append(_no_hook(rules.clock_hook))
    return faults


def _shift_faults(where: str, shifts: Sequence[Shift]) -> list[str]:
    return _clock_faults(where, [t for shift in shifts for t in (shift.start, shift.end)])


def _clock_faults(where: str, times: Iterable[str]) -> list[str]:
    return [f"{where}: {t!r} is not HH:MM" for t in times if not _CLOCK.fullmatch(t)]


def _place_faults(rules: PlaceRules) -> list[str]:
    faults = []
    west, south, east, north = (*rules.bbox, *(0.0,) * 4)[:4]
    if len(rules.bbox) != 4 or west >= east or south >= north:  # noqa: PLR2004
        faults.append(f"place.bbox {rules.bbox} is not west, south, east, north")
    words = (*rules.missing_values, *rules.withheld_values)
    faults += [f"place: {word!r} is a number, so a sentinel" for word in words if _is_number(word)]
    if any(len(pair) != 2 for pair in rules.sentinels):  # noqa: PLR2004
        faults.append("place.sentinels are pairs of x and y")
    for number, source in enumerate(rules.sources):
        where = f"place.sources[{number}]"
        if bool(source.pair) == bool(source.x and source.y):
            faults.append(f"{where}: it needs x and y, or a pair")
        if source.pair_order not in _ORDERS:
            faults.append(f"{where}: pair_order {source.pair_order!r} is none of {_ORDERS}")
        if source.swapped not in _SWAPS:
            faults.append(f"{where}: swapped {source.swapped!r} is none of {_SWAPS}")
        try:
            pyproj.CRS.from_user_input(source.crs)
        except CRSError:
            faults.append(f"{where}: {source.crs!r} is not a reference system")
    return faults


def _is_number(text: str) -> bool:
    return re.fullmatch(r"\s*[-+]?\d+(\.\d*)?\s*", text) is not None


def _hook_faults(rules: CategoryRules) -> list[str]:
    hooks = (*rules.category_hooks, *rules.description_hooks, *rules.code_hooks)
    faults = [_no_hook(hook) for hook in hooks if hook not in TEXT_HOOKS]
    if rules.subcode and not rules.code:
        faults.append("category.subcode without a category.code")
    if rules.nibrs and not rules.code:
        faults.append("category.nibrs without a category.code")
    return faults


def _no_hook(name: str) -> str:
    return f"there is no hook {name!r}; there are {', '.join(TEXT_HOOKS)}"


def offence_faults(rules: Sequence[OffenceRule]) -> list[str]:
    """Name all that is wrong with offence rules.

    Parameters
    ----------
    rules : sequence of OffenceRule
        Rules of one feed, or of one file of rules.

    Returns
    -------
    list of str
        One fault each: codes that are not in the codebook, keys that occur twice, and the like.
    """
    faults = []
    codes, groups = offence_codes(), display_groups()
    seen: set[tuple[str, str, str]] = set()
    for rule in rules:
        name = f"offence {rule.code or rule.category!r}"
        if not rule.code and not rule.category:
            faults.append(f"{name}: neither a code nor a category")
        if rule.offence_code and rule.offence_code not in codes:
            faults.append(f"{name}: the code {rule.offence_code!r} is not in the codebook")
        if rule.group and rule.group not in groups:
            faults.append(f"{name}: {rule.group!r} is not a display group")
        if not rule.offence_code and not rule.group:
            faults.append(f"{name}: neither an offence_code nor a display group")
        if rule.quality not in QUALITIES[:3]:
            faults.append(f"{name}: the quality {rule.quality!r} is none of {QUALITIES[:3]}")
        for key in _rule_keys(rule):
            if key in seen:
                faults.append(f"{name}: {key[0] or key[2]!r} is given twice")
            seen.add(key)
    return faults


def _rule_keys(rule: OffenceRule) -> list[tuple[str, str, str]]:
    if rule.code:
        return [(normalised_code(rule.code), "", "")]
    return [
        ("", normalised(rule.category), normalised(text)) for text in rule.descriptions or ("*",)
    ]
