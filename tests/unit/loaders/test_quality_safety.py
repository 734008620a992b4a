"""A report tells of rows, not of people, and breaks nothing that holds it."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from hotspots.loaders import QualityReport, read_incidents
from hotspots.loaders.labels import shown

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

Row = "Callable[..., dict[str, str]]"
PROSE = "Jane Roe of 12 Elm Street was hit by her former husband"


def _own(**columns: list[str]) -> QualityReport:
    table = pd.DataFrame({"when": "2024-05-01 10:31", "lat": "41.88", "lon": "-87.63", **columns})
    roles = {"occurred": "when", "latitude": "lat", "longitude": "lon"}
    roles |= {
        role: role for role in ("category", "description", "location_text") if role in columns
    }
    return read_incidents(
        table,
        feed="generic-csv",
        columns=roles,
        time_zone="America/Chicago",
        date_format="%Y-%m-%d %H:%M",
    ).quality


def _everything(quality: QualityReport) -> str:
    said = json.dumps(quality.to_dict(), ensure_ascii=False)
    return quality.summary() + quality.to_markdown() + quality.to_html() + said


def test_descriptions_of_unknown_files_are_not_repeated() -> None:
    quality = _own(category=["Assault", "Theft"], description=[PROSE, "bike"])
    assert "Jane" not in _everything(quality)
    assert "Elm Street" not in _everything(quality)
    assert "Assault" in quality.to_markdown()


def test_what_is_too_long_for_a_category_is_cut() -> None:
    quality = _own(category=[f"{PROSE}, who lives at number 14 and drives a red car"])
    assert "red car" not in _everything(quality)
    assert "number 14" not in _everything(quality)


def test_a_row_that_cannot_be_read_is_not_repeated(
    chicago_row: Callable[..., dict[str, str]],
    as_csv: Callable[..., str],
    write: Callable[..., Path],
) -> None:
    text = as_csv([chicago_row(i) for i in range(5)]) + f"6,{PROSE}\n"
    _, quality = read_incidents(write(text))
    assert quality.rejected == {"unparseable_row": 1}
    assert "Jane" not in _everything(quality)
    assert quality.to_dict()["rejects"] == [
        {"source_row": 7, "reason": "unparseable_row", "value": ""}
    ]


def test_rejected_values_are_cut(chicago_row: Callable[..., dict[str, str]]) -> None:
    rows = [chicago_row(1), chicago_row(2), chicago_row(3, Date="x" * 100)]
    said = read_incidents(pd.DataFrame(rows)).quality.to_dict()["rejects"]
    assert [len(line["value"]) for line in said] == [60]


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen |= {tag, *(name for name, _ in attrs)}


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "</section><h1>",
        "`${7*7}`", "{{7*7}}", "a|b\nc", "\u202egnp.exe", "\x1b[2J", "[x](javascript:alert(1))",
    ],
)  # fmt: skip
def test_texts_of_the_file_do_nothing(text: str) -> None:
    quality = _own(category=[text, "THEFT"])
    tags = _Tags()
    tags.feed(quality.to_html())
    assert tags.seen <= {
        "section", "class", "lang", "h2", "p", "details", "open", "summary", "ul", "li", "table",
        "thead", "tbody", "tr", "th", "td", "scope",
    }  # fmt: skip
    said = quality.to_markdown()
    assert "<" not in said
    assert re.search(r"(?<!\\)\]\(", said) is None
    for hidden in ("\u202e", "\x1b"):
        assert hidden not in quality.summary() + said + quality.to_html()
    heads = [line for line in said.splitlines() if line.startswith("| category | rows |")]
    assert heads == ["| category | rows | code | group | how well it fits |", "| category | rows |"]
    assert len([line for line in said.splitlines() if "unmapped" in line]) == 2


def test_shown_keeps_plain_text() -> None:
    assert shown("Tapage dans l'île") == "Tapage dans l'île"
    assert shown(None) == shown(float("nan")) == shown(pd.NA) == ""
    assert len(shown("x" * 99)) == 60
