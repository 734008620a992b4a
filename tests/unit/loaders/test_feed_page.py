"""The page of a feed says all that its description says, and nothing is left empty."""

from __future__ import annotations

import json
import math
import re
import shlex
from dataclasses import fields, is_dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
from click.testing import CliRunner

from hotspots.cli import main
from hotspots.loaders import describe_feed, list_feeds
from hotspots.loaders.feed_looks import feed_markdown, feed_text, feeds_table
from hotspots.loaders.feed_page import feed_sections
from hotspots.loaders.hooks import TEXT_HOOKS
from hotspots.loaders.portals import PROTOCOLS, Portal
from hotspots.loaders.propose import propose_reading
from hotspots.loaders.rules import (
    CategoryRules,
    CoordinateSource,
    MomentRules,
    OffenceRule,
    PlaceRules,
    RowRules,
    Shift,
    TimeCheck,
    TimeRules,
)
from hotspots.loaders.spec import FeedSpec
from hotspots.loaders.starter import write_starter
from hotspots.offences import offence_codes
from hotspots.words import message, say

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

FEEDS = list_feeds()
#: What a key may be replaced by where any text will not do.
OTHERS = {
    "grain": ("incident", "offence"),
    "kind": ("offence", "concern"),
    "precision": ("minute", "hour", "block", "grid"),
    "basis": ("occurrence", "report"),
    "out_of_range": ("reject", "flag"),
    "rule": ("local", "utc"),
    "moment": ("start", "reported"),
    "crs": ("EPSG:4326", "EPSG:3435"),
    "pair_order": ("lat lon", "lon lat"),
    "swapped": ("no", "columns"),
    "quality": ("exact", "approximate"),
    "offence_code": ("220", "23F"),
    "group": ("burglary", "robbery"),
    "map": ("us-chicago.csv", "us-sf.csv"),
    "protocol": ("socrata", "arcgis"),
    "date_kind": ("timestamp", "text"),
    "clock": ("local", "utc"),
}
ADDED = {"formats": "%d-%Y", "clock_formats": "%H.%M", "sentinels": (1.0, 2.0)}
#: Lists of tables: an empty one has nothing that could be changed.
TABLES = {"shifts", "offences", "coverage", "portals", "sources"}
FACTS_OF_VARIANTS = {
    "source_id", "anonymised_by_publisher", "anonymisation", "rows", "time", "place", "category",
    "expected",
}  # fmt: skip


def _unmarked(markdown: str) -> str:
    return re.sub(r"\\([\\`*_\[\]{}<>#$&~|])", r"\1", markdown)


def _choices(name: str, of: object) -> tuple[Any, ...]:
    if name == "precision":
        return ("minute", "hour") if isinstance(of, TimeRules) else ("block", "grid")
    if isinstance(of, OffenceRule) and name == "group":
        known = offence_codes().get(of.offence_code)
        return tuple(g for g in OTHERS["group"] if known is None or known.display_group != g)
    return () if name == "clock" and isinstance(of, MomentRules) else OTHERS.get(name, ())


def _another(name: str, value: Any, of: object) -> Any:  # noqa: ANN401 - a value of any type
    if choices := _choices(name, of):
        return next(choice for choice in choices if choice != value)
    match value:
        case bool():
            other: Any = not value
        case float():
            other = 7.0 if math.isnan(value) else value + 1
        case date():
            other = date(2011, 5, 6)
        case str():
            other = f"{value}-other"
        case (first, *rest) if is_dataclass(first):
            other = tuple(rest)
        case _:
            other = (*value, ADDED.get(name, "other"))
    return (1.0, *value[1:]) if name == "bbox" else other


#: Rules without effect while another one is not set.
IDLE: dict[type, Callable[[Any], set[str]]] = {
    RowRules: lambda of: (
        (set() if of.count else {"signed"}) | (set() if of.key else {"key_unique"})
    ),
    MomentRules: lambda of: (
        (set() if of.clock else {"clock_formats", "clock_hook"})
        | ({"column", "formats"} if of.parts else set())
        | (set() if of.column else {"formats"})
        | (set() if of.columns else {f.name for f in fields(of)})
    ),
    TimeCheck: lambda of: set() if of.column else {"moment", "shifts"},
    TimeRules: lambda of: set() if of.precision in {"minute", "hour"} else {"placeholder_times"},
    CoordinateSource: lambda of: {"x", "y"} if of.pair else {"pair_order"},
    PlaceRules: lambda of: (
        (set() if of.text else {"round_house_numbers"})
        | (set() if of.area else {"area_format"})
        | (set() if of.district else {"district_format"})
    ),
    CategoryRules: lambda of: set() if of.sensitive else {"sensitive_values"},
    Portal: lambda of: set() if of.date_column else {"date_kind", "clock"},
    FeedSpec: lambda of: (
        (FACTS_OF_VARIANTS if of.variants else set())
        | (set() if of.offences or any(v.category.map for v in of.variants) else {"map_version"})
    ),
}


def _changed(of: Any, where: str = "") -> Iterator[tuple[str, Any]]:  # noqa: ANN401 - any rules
    """Change one key after the other, down to the last."""
    for field in fields(of):
        name, value = field.name, getattr(of, field.name)
        if name in IDLE.get(type(of), lambda _: set())(of):
            continue
        if is_dataclass(value):
            for inner, other in _changed(value, f"{where}.{name}"):
                yield inner, replace(of, **{name: other})
            continue
        if value != () or name not in TABLES:
            yield f"{where}.{name}", replace(of, **{name: _another(name, value, of)})
        if isinstance(value, tuple) and value and is_dataclass(value[0]):
            for inner, other in _changed(value[0], f"{where}.{name}[0]"):
                yield inner, replace(of, **{name: (other, *value[1:])})


@pytest.mark.parametrize("name", FEEDS)
def test_every_feed_has_a_page_without_an_empty_part(name: str) -> None:
    feed = describe_feed(name)
    for part in feed_sections(feed):
        assert part.lines or part.by_header or len(part.table) > 1, part.heading
        assert all(lines for _, lines in part.by_header)
        for line in part.lines:
            said = " ".join(map(say, line))
            assert said.strip()
            assert "``" not in said, "a name is empty"
    page = feed_markdown(feed)
    assert page.startswith("# ")
    assert page.count("\n## ") == len(feed_sections(feed))


@pytest.mark.parametrize("name", FEEDS)
def test_what_a_licence_wants_shown_is_shown_word_by_word(name: str) -> None:
    feed = describe_feed(name)
    quoted = _unmarked(feed_markdown(feed)).replace("\n> ", "\n")
    assert feed.attribution.strip() in quoted
    text = " ".join(feed_text(feed, width=70).split())
    assert " ".join(feed.attribution.split()) in text
    for page in (quoted, text):
        assert feed.licence in page
        assert " ".join(feed.anonymisation.split()) in " ".join(page.split())
        assert all(" ".join(caveat.split()) in " ".join(page.split()) for caveat in feed.caveats)
        assert all(note.note in page for note in feed.coverage)


@pytest.mark.parametrize("name", FEEDS)
def test_every_header_and_portal_is_named(name: str) -> None:
    feed = describe_feed(name)
    text = feed_text(feed, width=10_000)
    for variant in feed.variants:
        assert f"- `{variant.name}`, written from: {variant.checked_on}." in text
        assert all(f"`{column}`" in text for column in (*variant.required, *variant.optional))
    for portal in feed.portals:
        assert f"- `{portal.name}`: " in text
        assert portal.url in text
    assert bool(feed.portals) == (f"hotspots fetch {feed.id}" in text)


@pytest.mark.parametrize("name", [name for name in FEEDS if describe_feed(name).variants])
def test_a_page_changes_with_its_description(name: str) -> None:
    feed = describe_feed(name)
    before = feed_markdown(feed)
    seen = 0
    for where, other in _changed(feed):
        seen += 1
        same = feed_sections(other) == feed_sections(feed) and feed_markdown(other) == before
        assert not same, f"{where} is not on the page"
    assert seen > 60


def test_a_rule_that_misleads_people_has_its_own_sentence() -> None:
    feed = describe_feed("us-chicago")
    (variant, *_) = feed.variants
    shift = Shift(value="X", start="08:00", end="16:00")
    variant = replace(
        variant,
        rows=RowRules(grain="victim", key="ID", count="N", signed=True, may_end_before="Latitude"),
        place=replace(
            variant.place,
            withheld_values=("REDACTED",),
            withheld_texts=("GONE",),
            sources=(CoordinateSource(x="Longitude", y="Latitude", swapped="columns"),),
        ),
        time=replace(
            variant.time,
            superseded_from=date(2018, 1, 1),
            out_of_range="flag",
            start=replace(variant.time.start, shift="Shift", shifts=(shift,)),
        ),
    )
    text = feed_text(replace(feed, variants=(variant,)), width=10_000)
    for said in (
        "An incident with several victims has several rows",
        "The id in `ID` need not be unique",
        "The number in `N` may be 0 or negative",
        "Rows may end before `Latitude`",
        "`Longitude` and `Latitude` hold the opposite of what their names say.",
        "Rows from 2018-01-01 on are in another file of the feed as well",
        "such rows are kept and marked",
        "`-91.686565684, 36.619446395`",
        "Where the coordinates are `REDACTED`, the publisher withheld the place.",
        "Where the text of the place is `GONE`",
        "`X` is 08:00 to 16:00",
    ):
        assert said in text


def test_columns_that_are_never_loaded_are_named_and_those_about_people_again() -> None:
    text = feed_text(describe_feed("us-nyc"), width=10_000)
    (line,) = (line for line in text.splitlines() if "never loaded:" in line)
    left_out, about_people = line.split("about people:")
    assert "`PARKS_NM`" in left_out
    assert "`PARKS_NM`" not in about_people
    for column in ("SUSP_RACE", "VIC_SEX", "VIC_AGE_GROUP"):
        assert f"`{column}`" in left_out
        assert f"`{column}`" in about_people
    assert "`CMPLNT_NUM`" not in line
    dallas = feed_text(describe_feed("us-dallas"), width=10_000)
    # As the portal's interface calls a complainant and an officer.
    for column in ("comprace", "compethnicity", "compsex", "ro1name", "ro2badge"):
        assert f"`{column}`" in dallas.split("about people:")[1].splitlines()[0]


def test_what_holds_for_one_header_only_is_said_of_it() -> None:
    parts = {part.heading.key: part for part in feed_sections(describe_feed("us-la"))}
    rows = parts["feeds.heading_rows"]
    assert not rows.lines
    said = {
        say(head): " ".join(say(m) for line in lines for m in line)
        for head, lines in rows.by_header
    }
    assert "one incident" in said["Files with the header `legacy`, `legacy-2010`:"]
    assert "one offence" in said["Files with the header `nibrs`, `nibrs-unplaced`:"]


def test_a_moment_is_shown_in_each_of_its_formats() -> None:
    text = feed_text(describe_feed("us-chicago"), width=10_000)
    assert "`12/31/2024 10:15:00 PM` (`%m/%d/%Y %I:%M:%S %p`)" in text
    assert "`2024-12-31T22:15:00.000` (`%Y-%m-%dT%H:%M:%S%.f`)" in text
    assert "milliseconds since 1970 (`1735683300000`)" in feed_text(
        describe_feed("us-dc"), width=10_000
    )


def test_a_page_claims_no_more_than_its_description() -> None:
    # A city that says nothing of places is not said to leave them where they are, nor are the words
    # of a page without a licence called one; and what nobody measured has no share.
    text = feed_text(describe_feed("us-baltimore"), width=10_000)
    assert "No word of the publisher says that it moves every place" in text
    assert "Licence: None stated. See <https://data.baltimorecity.gov/>." in text
    concerns = feed_text(describe_feed("open311"), width=10_000)
    assert "How many rows have no place was not measured." in concerns
    # Its times say how far they are from UTC.
    assert "clock on the wall" not in concerns
    # A number that several rows share groups them; it is no id of a row.
    montgomery = feed_text(describe_feed("us-montgomery"), width=10_000)
    assert "Rows of one case have the same `Incident ID`." in montgomery
    assert "The publisher's id of a row is in `Incident ID`." not in montgomery


def test_what_is_done_to_a_text_is_said_in_words() -> None:
    text = feed_text(describe_feed("us-la"), width=10_000)
    assert "a clock without a colon gets one, so that 930 is 09:30 (`hhmm_text`)" in text
    assert "a code in front of the words is taken off (`strip_code_prefix`)" in text
    assert "`Neighborhood`, shown as" not in feed_text(describe_feed("us-baltimore"), width=10_000)
    assert "shown as `Beat …`" in feed_text(describe_feed("us-dallas"), width=10_000)


@pytest.mark.parametrize("hook", TEXT_HOOKS)
def test_every_hook_has_words(hook: str) -> None:
    assert say(message(f"feeds.hook_{hook}"))


def test_one_way_of_saying_that_no_licence_is_stated() -> None:
    unstated = [
        d.licence for d in map(describe_feed, FEEDS) if "stated" in d.licence and d.variants
    ]
    assert len(unstated) == 6
    assert all(licence.startswith("None stated") for licence in unstated)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_every_protocol_has_words_and_a_command(protocol: str) -> None:
    portal = Portal(
        name="all of it",
        protocol=protocol,
        url="https://data.example.org",
        date_column="day",
        first_day=date(2024, 3, 1),
        last_day=date(2024, 6, 30),
    )
    feed = replace(describe_feed("us-dc"), portals=(portal, replace(portal, name="more")))
    (part,) = (p for p in feed_sections(feed) if p.heading.key == "feeds.heading_fetch")
    assert part.commands[0].startswith(
        "hotspots fetch us-dc --portal 'all of it' --since 2024-03-01 --until 2024-06-30"
    )
    assert len(part.commands) == 2


@pytest.mark.parametrize("name", FEEDS)
def test_the_commands_that_fetch_are_commands(name: str) -> None:
    for part in feed_sections(describe_feed(name)):
        for command in part.commands:
            program, verb, *words = shlex.split(command)
            assert program == "hotspots"
            with main.commands[verb].make_context(verb, words) as said:
                since, until = said.params["since"], said.params["until"]
            assert said.params["feed"] == name
            assert (since is None) == (until is None)
            assert since is None or since < until


def test_what_every_user_has_another_of_is_asked_for() -> None:
    portal = Portal(name="requests", protocol="open311", url="")
    feed = replace(describe_feed("us-dc"), portals=(portal,))
    assert "hotspots fetch us-dc --url https://www.example.org/open311/v2 -o" in feed_text(feed)
    police = feed_text(describe_feed("gb-police"), width=1000)
    assert "--portal archive --since 2024-01-01 --until 2024-12-31 --area=west-yorkshire" in police
    assert "It is fetched by month and area." in police


def test_marks_in_texts_do_not_become_markdown() -> None:
    feed = replace(describe_feed("us-dc"), title="A|B_c_ *d* $e$ <f>", attribution="`x` [y](z)")
    page = feed_markdown(feed)
    assert page.startswith("# A\\|B\\_c\\_ \\*d\\* \\$e\\$ \\<f\\>\n")
    assert "\n> `x` \\[y\\](z)\n" in page


def test_the_table_of_all_feeds_has_a_line_and_a_link_for_each() -> None:
    head, rule, *lines = feeds_table(map(describe_feed, FEEDS)).splitlines()
    assert head.startswith("| feed | what and where |")
    assert set(rule) <= set("| -")
    assert [re.match(r"\| \[(\S+)\]\(feeds/\1\.md\) \|", line)[1] for line in lines] == list(FEEDS)  # type: ignore[index]
    assert all(line.count(" | ") == 6 for line in lines)


def test_the_command_line_shows_the_page() -> None:
    done = CliRunner().invoke(main, ["feeds", "us-chicago"])
    assert done.exit_code == 0, done.output
    assert "What the publisher does to places" in done.stdout
    assert "www.cityofchicago.org" in done.stdout
    assert "shown with --full" in done.stdout
    assert "`5131`" not in done.stdout
    full = CliRunner().invoke(main, ["feeds", "us-chicago", "--full"]).stdout
    assert "`5131`" in full
    said = json.loads(CliRunner().invoke(main, ["feeds", "us-chicago", "--json"]).stdout)
    assert said["licence"] == "City of Chicago data terms of use"
    assert said["variants"][0]["time"]["first_day"] == "2001-01-01"
    assert said["expected"]["unlocated"] == 0.03


def test_rows_that_are_no_offences_are_not_called_incidents() -> None:
    text = feed_text(describe_feed("open311"), width=1000)
    assert (
        "  - A row is one concern that somebody raised, not an offence that was recorded.\n" in text
    )
    (line,) = feeds_table([describe_feed("open311")]).splitlines()[2:]
    assert "| one concern |" in line


def test_a_description_of_ones_own_has_a_page(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    table = pd.DataFrame(
        {"date": ["2024-12-25"] * 2, "lat": ["53.81", "53.79"], "lon": ["-1.5", "-1.6"]}
    )
    own.write_text(write_starter(propose_reading(table)), encoding="utf-8")
    shown = CliRunner().invoke(main, ["feeds", str(own)])
    assert shown.exit_code == 0, shown.output
    assert "Columns" not in shown.stdout
    assert "Every column that is known is read" in " ".join(shown.stdout.split())
    path = f"{tmp_path}/nowhere.toml"
    done = CliRunner().invoke(main, ["feeds", path])
    assert done.exit_code == 1
    assert "cannot be read" in done.stderr
    assert CliRunner().invoke(main, ["feeds", "nobody"]).exit_code == 1


def test_nothing_known_is_null_for_machines() -> None:
    said = json.loads(CliRunner().invoke(main, ["feeds", "generic-csv", "--json"]).stdout)
    assert said["place"]["uncertainty_m"] is None
    assert said["expected"]["unlocated"] is None


def _title(feed: FeedSpec) -> str:
    return feed_text(feed).splitlines()[0]


def test_the_page_begins_with_name_and_title() -> None:
    assert _title(describe_feed("us-dc")) == "us-dc: Crime incidents, Washington DC"
