"""The codebook and every map into it are tested like code."""

from __future__ import annotations

import dataclasses

import pytest

from hotspots.errors import InputDataError, ParameterError
from hotspots.loaders.registry import describe_feed, list_feeds, parse_feed
from hotspots.offences import (
    display_groups,
    expand_groups,
    group_label,
    offence_aggregates,
    offence_codes,
)
from hotspots.publish.policy import PUBLIC_GROUPS

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
caveats = []
[rows]
grain = "incident"
kind = "offence"
[time]
column = "d"
formats = ["%Y"]
zone = "UTC"
precision = "day"
basis = "report"
first_day = 2000-01-01
[place]
x = "x"
y = "y"
crs = "EPSG:4326"
bbox = [0, 0, 1, 1]
precision = "block"
[category]
category = "c"
"""


def test_codebook_has_the_85_codes_of_nibrs_and_12_of_code() -> None:
    origins = [code.origin for code in offence_codes().values()]
    assert (origins.count("NIBRS"), origins.count("CODE"), len(origins)) == (85, 12, 97)


def test_every_code_belongs_to_a_display_group_and_only_known_words_are_used() -> None:
    for code in offence_codes().values():
        assert code.display_group in display_groups(), code
        assert code.against in {"person", "property", "society", "none"}, code
        assert code.name, code
        assert code.category, code


def test_codes_of_sensitive_groups_are_sensitive() -> None:
    for code in offence_codes().values():
        if display_groups()[code.display_group].sensitive:
            assert code.sensitive, code


def test_nothing_sensitive_may_be_published_by_default() -> None:
    for group in PUBLIC_GROUPS:
        assert not display_groups()[group].sensitive


def test_aggregates_share_no_group_so_that_adding_them_counts_nothing_twice() -> None:
    violent, property_ = (set(offence_aggregates()[k]) for k in ("violent", "property"))
    assert not violent & property_
    assert violent | property_ <= set(display_groups())
    assert offence_codes()["120"].against == "property"
    assert "robbery" in violent


def test_codebook_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        offence_codes()["999"] = offence_codes()["120"]  # type: ignore[index]
    with pytest.raises(dataclasses.FrozenInstanceError):
        offence_codes()["120"].name = "x"  # type: ignore[misc]


@pytest.mark.parametrize("key", [*display_groups(), *offence_aggregates()])
def test_every_group_has_a_label(key: str) -> None:
    assert group_label(key)[0].isupper()


def test_expand_groups() -> None:
    assert expand_groups(["burglary", "property"]) == expand_groups("property")
    assert expand_groups("robbery") == ("robbery",)
    with pytest.raises(ParameterError, match=r"'burglry'.*Choose from: homicide"):
        expand_groups("burglry")
    with pytest.raises(ParameterError, match="called nothing"):
        expand_groups([])
    with pytest.raises(ParameterError, match="'xx'"):
        group_label("xx")


@pytest.mark.parametrize("feed", list_feeds())
def test_every_feed_maps_into_the_codebook_and_says_whose_it_is(feed: str) -> None:
    spec = describe_feed(feed)
    assert spec.version
    assert spec.id == feed
    assert spec.caveats
    if feed != "generic-csv":
        assert spec.attribution.endswith(".")
        assert spec.licence_url.startswith("https://")
        assert spec.anonymised_by_publisher == bool(spec.anonymisation)
        assert spec.offences


@pytest.mark.parametrize(
    ("old", "new", "match"),
    [
        ('id = "x"', 'id = "x"\ncolour = "red"', "x.toml: unknown key 'colour'"),
        ('zone = "UTC"', 'zon = "UTC"', r"x.toml.time: unknown key 'zon'. Known keys: column"),
        ('publisher = "X"', "", "'publisher' is missing"),
        ("caveats = []", "caveats = [1]", r"caveats\[0\]: 1 is not a str"),
        ("caveats = []", 'caveats = "none"', "caveats: 'none' is not a tuple"),
        ("by_publisher = false", 'by_publisher = "no"', "'no' is not a bool"),
        ('zone = "UTC"', 'zone = "Mars/Olympus"', "'Mars/Olympus' is not an IANA zone"),
        ('grain = "incident"', 'grain = "case"', "rows.grain is 'case'"),
        ("bbox = [0, 0, 1, 1]", "bbox = [1, 0, 0, 1]", "not west, south, east, north"),
        ("bbox = [0, 0, 1, 1]", "bbox = [0, 0]", "not west, south, east, north"),
        ('x = "x"', 'x = "x"\nuncertainty_m = true', "uncertainty_m: True is not a float"),
        ('id = "x"', "id = ", "x.toml is not TOML"),
    ],
)
def test_spec_faults_are_named(old: str, new: str, match: str) -> None:
    assert MINIMAL.count(old) >= 1
    with pytest.raises(InputDataError, match=match):
        parse_feed(MINIMAL.replace(old, new, 1), name="x.toml")


@pytest.mark.parametrize(
    ("rules", "match"),
    [
        ('code = "999"', "code '999' is not in the codebook"),
        ('group = "crime"', "'crime' is not a display group"),
        ("", "neither a code nor a display group"),
        ('code = "120"\nquality = "good"', "quality 'good' is none of"),
        ('code = "120"\n[[offences]]\ncategory = "a"\ncode = "220"', r"'\*' is given twice"),
    ],
)
def test_faulty_maps_are_named(rules: str, match: str) -> None:
    text = f'{MINIMAL}\n[[offences]]\ncategory = "A"\n{rules}\n'
    with pytest.raises(InputDataError, match=match):
        parse_feed(text, name="x.toml")


def test_minimal_spec_is_accepted() -> None:
    assert parse_feed(MINIMAL, name="x.toml").bbox == (0.0, 0.0, 1.0, 1.0)
