"""A feed's description to start from, written from a proposal so that it reads the file at once."""

from __future__ import annotations

import json
import re
from pathlib import PurePath
from typing import TYPE_CHECKING, Final

from hotspots.errors import ParameterError
from hotspots.loaders.labels import shown
from hotspots.loaders.parse import parse_feed
from hotspots.loaders.propose_clock import is_certain, mark_of
from hotspots.loaders.propose_dates import EPOCHS
from hotspots.loaders.registry import list_feeds
from hotspots.loaders.spec import normalised
from hotspots.offences import display_groups, group_label
from hotspots.words import say

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from hotspots.loaders.propose import Proposal
    from hotspots.loaders.propose_dates import DateFit
    from hotspots.loaders.propose_places import PlaceFit

_HEAD: Final = """\
# A description to start from, proposed by `hotspots inspect`. Look through every line: columns were
# found by their names and values. Say whose data they are, and what may be done with them.
"""
_FACTS: Final = """\
version = "1"
publisher = "not stated"
homepage = ""
licence = "not stated"
licence_url = ""
attribution = ""
# Say true only if the publisher states that every place is moved away from addresses.
anonymised_by_publisher = false
anonymisation = "Nothing is known: the places are treated as exact."
checked_on = "real file"
map_version = "1"
caveats = ["The columns, the zone and the place of the data were proposed from the file itself."]
"""
_OFFENCES: Final = """\
# What the categories mean: a code of the codebook (offence_code) or one of these groups (group):
# {groups}.
# How well it fits (quality): exact, approximate, or ambiguous where it holds several kinds.
"""


def write_starter(proposal: Proposal) -> str:
    """Write a description that reads the file as proposed.

    Parameters
    ----------
    proposal : Proposal
        A proposal without open questions.

    Returns
    -------
    str
        TOML for ``read_incidents(file, feed="FEED.toml")``.

    Raises
    ------
    ParameterError
        If the proposal has open questions; the message lists them.

    Examples
    --------
    >>> import pandas as pd
    >>> from hotspots.loaders.propose import propose_reading
    >>> from hotspots.loaders.starter import write_starter
    >>> table = pd.DataFrame(
    ...     {"date": ["2024-12-25"] * 2, "lat": ["53.81", "53.79"], "lon": ["-1.53", "-1.55"]}
    ... )
    >>> text = write_starter(propose_reading(table, time_zone="Europe/London"))
    >>> [line for line in text.splitlines() if line.startswith("zone")]
    ['zone = "Europe/London"']
    """
    if proposal.questions or proposal.place is None:
        asked = " ".join(say(question) for question in proposal.questions)
        msg = f"No description can be written yet. {asked}"
        raise ParameterError(msg)
    parts = [
        _HEAD + _identity(proposal.file_name) + _FACTS,
        _variant(proposal),
        _rows(proposal.columns),
        _time(proposal),
        _place(proposal.place, proposal.columns),
        _category(proposal),
    ]
    text = "\n".join(parts)
    parse_feed(text, name="the proposed description")
    return text


def _text(value: str) -> str:
    """Write a text as TOML does; it is JSON but for one control character."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _texts(values: Iterable[str]) -> str:
    return "[" + ", ".join(map(_text, values)) + "]"


def _identity(file_name: str) -> str:
    stem = PurePath(file_name).name.split(".")[0]
    name = re.sub(r"[^a-z0-9]+", "-", stem.lower()).strip("-") or "own-feed"
    name = f"{name}-own" if name in list_feeds() else name
    return f"id = {_text(name)}\nsource_id = {_text(name)}\ntitle = {_text(shown(stem) or name)}\n"


def _moments(proposal: Proposal) -> list[tuple[str, DateFit]]:
    """Name the ends and reports whose order of day and month is certain."""
    named = (("end", proposal.dates.end), ("reported", proposal.dates.reported))
    return [(name, fit) for name, fit in named if fit and fit.certain and _rule(fit, proposal)]


def _rule(fit: DateFit, proposal: Proposal) -> str:
    """Say what a moment means; empty when what is known of the start says nothing about it."""
    start = proposal.dates.start
    if not mark_of(fit) or is_certain(fit):
        return "local"
    if fit is start or (start is not None and mark_of(fit) == mark_of(start)):
        # One clock writes both, but each of them can be a day or a moment.
        whole = "local_midnight_in_utc" if fit.days_only and fit.form in EPOCHS else "utc"
        return "local" if proposal.clock in (None, "local") else whole
    return ""


def _variant(proposal: Proposal) -> str:
    dates, place, columns = proposal.dates, proposal.place, proposal.columns
    read = [
        *((dates.start.column,) if dates.start else dates.parts),
        dates.clock,
        *(fit.column for _, fit in _moments(proposal)),
        *((place.x, place.y) if place else ()),
        *(columns[role] for role in _OTHER_ROLES if role in columns),
    ]
    required = dict.fromkeys(name for name in read if name)
    # Columns are found without regard to case, so a second one of a name is left out.
    alike = {normalised(name) for name in required}
    optional = [name for name in proposal.header if normalised(name) not in alike]
    return (
        f'[[variants]]\nname = "file"\nrequired = {_texts(required)}\n'
        f"optional = {_texts(optional)}\n"
    )


_OTHER_ROLES: Final = (
    "record_id", "category", "description", "location_text", "area_name", "district",
)  # fmt: skip


def _rows(columns: Mapping[str, str]) -> str:
    key = f"key = {_text(columns['record_id'])}\n" if "record_id" in columns else ""
    return f'[rows]\ngrain = "incident"\n{key}'


def _time(proposal: Proposal) -> str:
    dates = proposal.dates
    lines = [
        "[time]",
        f"zone = {_text(proposal.time_zone or '')}",
        f'precision = "{dates.precision}"',
        f'basis = "{dates.basis}"',
        "first_day = 1950-01-01",
        "",
        "[time.start]",
        f'rule = "{_rule(dates.start, proposal) if dates.start else "local"}"',
    ]
    if dates.start is not None:
        lines += [f"column = {_text(dates.start.column)}", f"formats = [{_text(dates.start.form)}]"]
    else:
        lines.append(f"parts = {_texts(dates.parts)}")
    if dates.clock:
        lines.append(f"clock = {_text(dates.clock)}")
        lines.append(f"clock_formats = [{_text(dates.clock_form)}]")
    if dates.clock_hook:
        lines.append(f"clock_hook = {_text(dates.clock_hook)}")
    for name, fit in _moments(proposal):
        rule = _rule(fit, proposal)
        lines += ["", f"[time.{name}]", f'rule = "{rule}"', f"column = {_text(fit.column)}"]
        lines.append(f"formats = [{_text(fit.form)}]")
    return "\n".join(lines) + "\n"


def _place(place: PlaceFit, columns: Mapping[str, str]) -> str:
    west, south, east, north = place.bounds or (-180.0, -90.0, 180.0, 90.0)
    source = f"x = {_text(place.x)}, y = {_text(place.y)}, crs = {_text(place.crs)}"
    if place.pair_order:
        source = f"pair = {_text(place.x)}, pair_order = {_text(place.pair_order)}"
    lines = [
        "[place]",
        "# West, south, east, north around nearly all points of the file; what lies outside is not",
        "# put on a map.",
        f"bbox = [{west}, {south}, {east}, {north}]",
        'precision = "address"',
        f"sources = [{{ {source} }}]",
    ]
    if place.decimal_comma:
        lines.append("decimal_comma = true")
    for key, role in (("text", "location_text"), ("area", "area_name"), ("district", "district")):
        if role in columns:
            lines.append(f"{key} = {_text(columns[role])}")
    return "\n".join(lines) + "\n"


def _category(proposal: Proposal) -> str:
    columns, groups = proposal.columns, display_groups()
    lines = ["[category]"]
    lines += [
        f"{role} = {_text(columns[role])}"
        for role in ("category", "description")
        if role in columns
    ]
    by_name = {normalised(name): key for key in groups for name in (key, group_label(key))}
    rules = [_OFFENCES.format(groups=", ".join(groups))]
    known: set[str] = set()
    for label, rows in proposal.labels:
        # Labels that differ in case or spaces are one to a rule.
        if normalised(label) in known:
            continue
        known.add(normalised(label))
        group = by_name.get(normalised(label), "")
        rule = ["[[offences]]", f"category = {_text(label)}  # {rows:,} rows", f'group = "{group}"']
        rule += ['quality = "approximate"']
        rules.append("\n".join(rule if group else [f"# {line}" for line in rule]) + "\n")
    return "\n".join(lines) + "\n\n" + "\n".join(rules)
