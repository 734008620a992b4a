"""Categories: codes first, text second, and nothing is mapped that no rule maps."""

from __future__ import annotations

from dataclasses import replace
from importlib.resources import files

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotspots.errors import InputDataError
from hotspots.loaders.categories import Categories, map_categories
from hotspots.loaders.columns import Columns
from hotspots.loaders.faults import offence_faults
from hotspots.loaders.mapfiles import load_map, parse_map
from hotspots.loaders.registry import describe_feed
from hotspots.loaders.rules import CategoryRules, OffenceRule
from hotspots.loaders.spec import normalised_code

HEAD = "code,category,description,offence_code,group,quality,sensitive,note"
RULES = (
    OffenceRule(code="0486", offence_code="13B"),
    OffenceRule(code="105/397", offence_code="12A"),
    OffenceRule(code="105", offence_code="120"),
    OffenceRule(category="ASSAULT", descriptions=("AGG*", "* KNIFE"), offence_code="13A"),
    OffenceRule(category="ASSAULT", offence_code="13B", quality="ambiguous"),
    OffenceRule(category="Domestic", group="assault", quality="approximate", sensitive=True),
)


def _map(table: dict[str, list[str]], *rules: OffenceRule, **given: object) -> Categories:
    columns = Columns.of(pl.DataFrame(table), {c: c for c in table})
    given = {"category": "cat", "description": "desc", "code": "code"} | given
    spec = replace(
        describe_feed("generic-csv"),
        offences=rules or RULES,
        category=CategoryRules(**given),  # type: ignore[arg-type]
    )
    return map_categories(columns, spec)


def _codes(found: Categories) -> list[str | None]:
    codes = found.table["offence_code"].to_numpy(dtype=object)[found.positions]
    return [None if c != c or c is None else str(c) for c in codes]  # noqa: PLR0124 - NaN


def test_codes_go_before_words() -> None:
    table = {
        "code": ["486", " 0486 ", "105", "9999", "", "0105"],
        "cat": ["ASSAULT", "x", "", "assault", "Assault", "ASSAULT"],
        "desc": ["AGG: GUN", "", "", "agg: gun", "WITH A KNIFE", ""],
    }
    assert _codes(_map(table)) == ["13B", "13B", "120", "13A", "13A", "120"]


def test_subcode_then_code() -> None:
    table = {"code": ["105", "105", "105", "7"], "sub": ["397", "111", "", "397"], "cat": [""] * 4}
    found = _map(table, subcode="sub", description="")
    assert _codes(found) == ["12A", "120", "120", None]
    assert found.table["code"].tolist() == ["105", "105/111", "105/397", "7/397"]


def test_nibrs_codes_are_taken_as_they_are_and_the_feeds_own_rules_first() -> None:
    own = (OffenceRule(code="999", offence_code="99Z"), OffenceRule(code="500", group="other"))
    table = {"code": ["23f", "999", "500", "12X", " 09A "], "cat": ["THEFT"] * 5}
    found = _map(table, *own, nibrs=True, description="")
    assert _codes(found) == ["23F", "99Z", None, None, "09A"]
    assert found.table.set_index("code")["mapping_quality"].to_dict() == {
        "23f": "exact", "999": "exact", "500": "exact", "12X": "unmapped", "09A": "exact",
    }  # fmt: skip


def test_hooks_only_compare_and_raw_words_stay() -> None:
    table = {"code": ["331  - THEFT"], "cat": ["Motor Vehicle Theft?"], "desc": ["244 - SHOP"]}
    rules = (
        OffenceRule(category="Motor Vehicle Theft", descriptions=("SHOP",), offence_code="240"),
    )
    found = _map(
        table, *rules, category_hooks=("strip_trailing_question",),
        description_hooks=("strip_code_prefix",),
    )  # fmt: skip
    assert _codes(found) == ["240"]
    assert found.table["category"].tolist() == ["Motor Vehicle Theft?"]
    by_code = _map(
        table, OffenceRule(code="331", offence_code="23F"), code_hooks=("keep_code_prefix",)
    )
    assert _codes(by_code) == ["23F"]


def test_unmapped_values_are_listed_with_their_rows() -> None:
    table = {
        "cat": ["TREA", "ASSAULT", "TREA", "-", "(null)", ""],
        "desc": ["x"] * 6,
        "code": [""] * 6,
    }
    found = _map(table)
    unmapped = found.table[found.table["mapping_quality"] == "unmapped"]
    assert unmapped["rows"].sum() == 5
    assert unmapped[unmapped["category"] == "TREA"]["rows"].tolist() == [2]
    assert unmapped["category"].isna().sum() == 3
    assert (unmapped["display_group"] == "other").all()


def test_sensitive_by_rule_group_and_code() -> None:
    rules = (*RULES, OffenceRule(category="RAPE", offence_code="11A"))
    found = _map(
        {"cat": ["Domestic", "RAPE", "ASSAULT"], "desc": [""] * 3, "code": [""] * 3}, *rules
    )
    assert found.table["sensitive"].to_numpy()[found.positions].tolist() == [True, True, False]


@settings(max_examples=30)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["ASSAULT", "assault ", "", "TREA", "\x1f", "Domestic"]),
            st.sampled_from(["", "AGG", "x\x1fy"]),
            st.sampled_from(["", "105", "0105", "486"]),
        ),
        min_size=1,
        max_size=50,
    )
)
def test_every_row_finds_its_own_line(rows: list[tuple[str, str, str]]) -> None:
    table = {
        name: list(column)
        for name, column in zip(("cat", "desc", "code"), zip(*rows, strict=True), strict=True)
    }
    found = _map(table)
    assert found.table["rows"].sum() == len(rows)
    np.testing.assert_array_equal(
        np.bincount(found.positions, minlength=len(found.table)), found.table["rows"]
    )
    for (category, description, code), position in zip(rows, found.positions, strict=True):
        line = found.table.iloc[position]
        for written, text in (
            (category, line["category"]),
            (description, line["description"]),
            (code, line["code"]),
        ):
            assert (written.strip() or None) == (None if text != text or text is None else text)  # noqa: PLR0124


def _maps() -> list[str]:
    there = files("hotspots.loaders").joinpath("maps")
    return sorted(p.name for p in there.iterdir() if p.name.endswith(".csv"))


@pytest.mark.parametrize("name", _maps())
def test_every_code_of_every_map_exists_and_no_key_occurs_twice(name: str) -> None:
    rules = load_map(name)
    assert rules
    assert offence_faults(rules) == []


def test_maps_that_are_not_understood() -> None:
    lines = ("# Of June 2026", HEAD, "0486,BATTERY,simple,13B,,approximate,true,why")
    good = "\n".join((*lines, ",ARSON,AGG*,200,,,,"))
    rules = parse_map(good, name="x.csv")
    assert rules[0] == OffenceRule(
        code="0486", category="BATTERY", offence_code="13B", quality="approximate", sensitive=True
    )
    assert rules[1].descriptions == ("AGG*",)
    for text, match in (
        (f"{HEAD}\n", "must begin with #"),
        ("# a\ncode,category\n", r"the columns are \['code', 'category'\]"),
        (f"# a\n{HEAD}\n1,2\n", r"x\.csv, line 3: 8 cells are needed"),
        (f"# a\n{HEAD}\n1,,,,,,,,9\n", "line 3: 8 cells"),
        (f"# a\n{HEAD}\n1,,,13B,,,yes,\n", "'sensitive' is true or blank"),
    ):
        with pytest.raises(InputDataError, match=match):
            parse_map(text, name="x.csv")
    for name in ("absent.csv", "../feeds/us-chicago.toml", "__init__.py"):
        with pytest.raises(InputDataError, match="There is no map"):
            load_map(name)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0486", "486"),
        ("0", "0"),
        ("000", "0"),
        ("09A", "9a"),
        ("105/0397", "105/397"),
        ("/3", "/3"),
    ],
)
def test_codes_are_compared_without_leading_zeros(text: str, expected: str) -> None:
    assert normalised_code(text) == expected
