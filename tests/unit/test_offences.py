"""The codebook is tested like code."""

from __future__ import annotations

import dataclasses

import pytest

from hotspots.errors import ParameterError
from hotspots.offences import (
    display_groups,
    expand_groups,
    group_label,
    offence_aggregates,
    offence_codes,
)
from hotspots.publish.policy import PUBLIC_GROUPS


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
