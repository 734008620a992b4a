"""A feed's description is read strictly: what is not understood is refused and named."""

from __future__ import annotations

from datetime import date

import pytest

from hotspots.errors import InputDataError
from hotspots.loaders.parse import parse_feed
from hotspots.loaders.registry import describe_feed, list_feeds
from hotspots.loaders.rules import MomentRules
from hotspots.loaders.spec import CHECKED_ON

MINIMAL = """
id = "x"
version = "1"
source_id = "x"
title = "X"
publisher = "X"
homepage = ""
licence = "X"
licence_url = ""
attribution = ""
anonymised_by_publisher = false
anonymisation = ""
checked_on = "documentation"
map_version = "1"
caveats = []
[rows]
grain = "incident"
[time]
zone = "UTC"
precision = "day"
basis = "report"
first_day = 2000-01-01
start = { column = "d", formats = ["%Y"] }
[place]
bbox = [0, 0, 1, 1]
precision = "block"
sources = [{ x = "x", y = "y" }]
[category]
category = "c"
"""
VARIANT = """
[[variants]]
name = "new"
required = ["d", "x", "y", "c"]
"""


@pytest.mark.parametrize("feed", list_feeds())
def test_every_feed_maps_into_the_codebook_and_says_whose_it_is(feed: str) -> None:
    spec = describe_feed(feed)
    assert spec.version
    assert spec.id == feed
    assert spec.caveats
    assert spec.checked_on in CHECKED_ON
    if feed != "generic-csv":
        assert spec.attribution.endswith(".")
        assert spec.licence_url.startswith("https://")
        assert spec.anonymisation
        assert spec.map_version


@pytest.mark.parametrize(
    ("old", "new", "match"),
    [
        ('id = "x"', 'id = "x"\ncolour = "red"', "x.toml: unknown key 'colour'"),
        ('zone = "UTC"', 'zon = "UTC"', r"x.toml.time: unknown key 'zon'. Known keys: zone"),
        ('publisher = "X"', "", "'publisher' is missing"),
        ("caveats = []", "caveats = [1]", r"caveats\[0\]: 1 is not a str"),
        ("caveats = []", 'caveats = "none"', "caveats: 'none' is not a tuple"),
        ("by_publisher = false", 'by_publisher = "no"', "'no' is not a bool"),
        ('zone = "UTC"', 'zone = "Mars/Olympus"', "'Mars/Olympus' is not an IANA zone"),
        ('zone = "UTC"', 'zone = ""', r"time.start needs a time.zone: .* no offset \(%z\)"),
        ('grain = "incident"', 'grain = "case"', "rows.grain is 'case'"),
        ('grain = "incident"', 'grain = "incident"\nkey_unique = true', "without a rows.key"),
        ("bbox = [0, 0, 1, 1]", "bbox = [1, 0, 0, 1]", "not west, south, east, north"),
        ("bbox = [0, 0, 1, 1]", "bbox = [0, 0]", "not west, south, east, north"),
        ('"block"', '"block"\nuncertainty_m = true', "uncertainty_m: True is not a float"),
        ('"block"', '"block"\nsentinels = [[1]]', "sentinels are pairs"),
        ('checked_on = "doc', 'checked_on = "my doc', "checked_on is 'my documentation'"),
        ('id = "x"', "id = ", "x.toml is not TOML"),
        (', y = "y" }', "}", r"sources\[0\]: it needs x and y, or a pair"),
        ('y = "y" }', 'y = "y", crs = "EPSG:0" }', "'EPSG:0' is not a reference system"),
        ('y = "y" }', 'y = "y", swapped = "yes" }', "swapped 'yes' is none of"),
        ('y = "y" }', 'y = "y", pair = "p" }', "x and y, or a pair"),
        ('["%Y"]', '["%Y"], rule = "pst"', "time.start: the rule 'pst' is none of local, utc"),
        ('["%Y"]', '["%Y"], clock_hook = "am"', "no hook 'am'; there are hhmm_text"),
        ('["%Y"]', "[]", "time.start: it has a column but no formats"),
        ('["%Y"]', '["%Y"], parts = ["a", "b"]', "a column and parts; .*parts are year"),
        ('["%Y"]', '["%Y"], shift = "s"', "a shift needs shifts"),
        ('"report"', '"report"\nplaceholder_times = ["0:00"]', "'0:00' is not HH:MM"),
        ('"report"', '"report"\nout_of_range = "drop"', "time.out_of_range is 'drop'"),
        ('"report"', '"report"\ncheck = { moment = "now" }', "'now' is not start, end"),
        ('category = "c"', 'subcode = "c"', "subcode without a category.code"),
        ('category = "c"', "nibrs = true", "nibrs without a category.code"),
        ('category = "c"', 'category_hooks = ["eval"]', "no hook 'eval'"),
    ],
)
def test_spec_faults_are_named(old: str, new: str, match: str) -> None:
    assert MINIMAL.count(old) >= 1
    with pytest.raises(InputDataError, match=match):
        parse_feed(MINIMAL.replace(old, new, 1), name="x.toml")


@pytest.mark.parametrize(
    ("rules", "match"),
    [
        ('category = "A"\noffence_code = "999"', "code '999' is not in the codebook"),
        ('category = "A"\ngroup = "crime"', "'crime' is not a display group"),
        ('category = "A"', "neither an offence_code nor a display group"),
        ('offence_code = "120"', "neither a code nor a category"),
        ('category = "A"\noffence_code = "120"\nquality = "good"', "quality 'good' is none of"),
        (
            'category = "A"\noffence_code = "120"\n[[offences]]\ncategory = "a"\ngroup = "other"',
            r"'\*' is given twice",
        ),
        (
            'code = "012"\noffence_code = "120"\n[[offences]]\ncode = "12"\ngroup = "other"',
            "'12' is given twice",
        ),
    ],
)
def test_faulty_maps_are_named(rules: str, match: str) -> None:
    with pytest.raises(InputDataError, match=match):
        parse_feed(f"{MINIMAL}\n[[offences]]\n{rules}\n", name="x.toml")


def test_a_map_without_a_version_is_refused() -> None:
    text = MINIMAL.replace('map_version = "1"', "")
    assert parse_feed(text, name="x.toml").map_version == ""
    rule = '[[offences]]\ncategory = "A"\ngroup = "other"\n'
    with pytest.raises(InputDataError, match="offence rules but no map_version"):
        parse_feed(text + rule, name="x.toml")


def test_rows_that_repeat_others_need_a_category_to_be_known_by() -> None:
    text = MINIMAL.replace("[time]", 'repeats = ["Subset of *"]\n[time]')
    assert parse_feed(text, name="x.toml").rows.repeats == ("Subset of *",)
    with pytest.raises(InputDataError, match=r"rows\.repeats without a category"):
        parse_feed(text.replace('category = "c"', ""), name="x.toml")


def test_minimal_spec_is_accepted() -> None:
    assert parse_feed(MINIMAL, name="x.toml").bbox == (0.0, 0.0, 1.0, 1.0)


def test_zone_may_be_the_publishers_where_every_moment_has_an_offset() -> None:
    text = MINIMAL.replace('zone = "UTC"', 'zone = ""').replace('["%Y"]', '["%Y-%m-%dT%H:%M%z"]')
    assert parse_feed(text, name="x.toml").time_zone == ""
    with pytest.raises(InputDataError, match=r"time.start needs a time.zone"):
        parse_feed(text.replace('%z"]', '%z"], clock = "c"'), name="x.toml")


def test_a_variant_changes_only_the_keys_it_gives() -> None:
    old = """
    [[variants]]
    name = "old"
    required = ["d", "Day", "c"]
    source_id = "x-old"
    [variants.time]
    start = { column = "Day", formats = ["%d"], rule = "utc" }
    superseded_from = 2018-01-01
    [variants.place]
    sources = []
    precision = "none"
    """
    spec = parse_feed(MINIMAL + VARIANT + old, name="x.toml")
    assert spec.source_id == "x"
    chosen = spec.for_variant("old")
    assert (chosen.source_id, chosen.place.precision, chosen.place.sources) == ("x-old", "none", ())
    assert chosen.time.start == MomentRules(column="Day", formats=("%d",), rule="utc")
    assert chosen.time.superseded_from == date(2018, 1, 1)
    assert (chosen.time.zone, chosen.place.bbox) == (spec.time.zone, spec.place.bbox)
    assert spec.for_variant("new") == spec
    assert spec.time.superseded_from == date.max


def test_what_a_feed_leaves_out_its_variants_can_complete() -> None:
    start = 'start = { column = "d", formats = ["%Y"] }'
    text = MINIMAL.replace(start, "")
    with pytest.raises(InputDataError, match=r"x.toml.time: the key 'start' is missing"):
        parse_feed(text, name="x.toml")
    spec = parse_feed(f"{text}{VARIANT}[variants.time]\n{start}\n", name="x.toml")
    assert spec.time.start.column == "d"


@pytest.mark.parametrize(
    ("variant", "match"),
    [
        (VARIANT.replace('"c"]', '"k"]'), "'new': the column 'c' is read, but neither"),
        (VARIANT + VARIANT, "two variants are called 'new'"),
        (VARIANT + 'checked_on = "memory"', "variant 'new': checked_on is 'memory'"),
        (VARIANT + "[variants.place]\nbbox = [0]", "variant 'new': place.bbox"),
        (VARIANT + "[variants.place]\nbox = [0]", r"variants\[0\].place: unknown key 'box'"),
        (VARIANT + "[variants]\n", "is not TOML"),
        (VARIANT.replace("required", "requires"), r"variants\[0\]: unknown key 'requires'"),
    ],
)
def test_faulty_variants_are_named(variant: str, match: str) -> None:
    with pytest.raises(InputDataError, match=match):
        parse_feed(MINIMAL + variant, name="x.toml")


def test_a_variant_may_say_that_only_its_places_were_moved() -> None:
    moved = 'anonymised_by_publisher = true\nanonymisation = "To the nearest corner."\n'
    old = VARIANT.replace('"new"', '"old"')
    spec = parse_feed(MINIMAL + VARIANT + moved + old, name="x.toml")
    assert not spec.anonymised_by_publisher
    assert spec.for_variant("new").anonymised_by_publisher
    assert spec.for_variant("new").anonymisation == "To the nearest corner."
    assert not spec.for_variant("old").anonymised_by_publisher
