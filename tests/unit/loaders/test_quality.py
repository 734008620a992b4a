"""The report adds up, or it does not exist."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from hotspots.errors import InputDataError
from hotspots.loaders import QualityReport, load_sample, read_incidents

if TYPE_CHECKING:
    from pathlib import Path

Row = Callable[..., dict[str, str]]


@pytest.fixture(scope="module")
def report() -> QualityReport:
    return load_sample("west-yorkshire-2018-07").quality


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"rows_read": 31_636}, "31,636 rows read, but 31,635 kept and rejected"),
        ({"rejected": {"no_date": 1}}, "31,635 rows read, but 31,636 kept and rejected"),
        ({"located": 30_000}, "31,635 rows kept, but 30,883 located and not"),
        ({"unlocated": {}}, "31,635 rows kept, but 30,752 located and not"),
        ({"groups": pd.DataFrame({"rows": [1]})}, "31,635 rows kept, but 1 rows in the groups"),
        ({"categories": pd.DataFrame({"rows": [1]})}, "but 1 rows in the categories"),
        ({"rejects": pd.DataFrame({"source_row": [1]})}, "0 rows rejected, but 1 rows listed"),
    ],
)
def test_a_report_that_does_not_add_up_is_refused(
    report: QualityReport, change: dict[str, Any], match: str
) -> None:
    with pytest.raises(InputDataError, match=match):
        dataclasses.replace(report, **change)


def test_counts_cannot_be_changed(report: QualityReport) -> None:
    with pytest.raises(TypeError):
        report.unlocated["missing"] = 0  # type: ignore[index]
    with pytest.raises(dataclasses.FrozenInstanceError):
        report.kept = 0  # type: ignore[misc]


def test_dict_is_json_and_adds_up(report: QualityReport) -> None:
    said = json.loads(json.dumps(report.to_dict(), allow_nan=False))
    assert said["rows_read"] == said["kept"] + sum(said["rejected"].values()) == 31_635
    assert said["kept"] == said["located"] + sum(said["unlocated"].values())
    assert sum(c["rows"] for c in said["categories"]) == said["kept"]
    assert said["feed"] == "gb-police"
    assert said["file_name"] == "west-yorkshire-2018-07.csv.gz"


def test_only_the_base_name_of_the_file_is_kept(tmp_path: Path, chicago_row: Row) -> None:
    path = tmp_path / "secret-folder"
    path.mkdir()
    pd.DataFrame([chicago_row(), chicago_row(2)]).to_csv(path / "x.csv", index=False)
    _, quality = read_incidents(path / "x.csv")
    assert "secret-folder" not in json.dumps(quality.to_dict())


def test_summary_says_every_part(chicago_row: Row) -> None:
    rows = [chicago_row(1), chicago_row(2), chicago_row(3, Date=""), chicago_row(4, Latitude="")]
    rows[1]["Primary Type"] = "WITCHCRAFT"
    _, quality = read_incidents(pd.DataFrame(rows))
    over = "Warning: Over a limit of strict reading:"
    assert quality.summary().splitlines() == [
        "the DataFrame, Crimes, 2001 to present, Chicago: 4 rows read, 3 kept.",
        "Rejected: 1 no date.",
        "2 rows have a place; 1 have none (1 no coordinates).",
        "To know: 1 of a category that is not known here.",
        f"{over} 1 of 3 rows (33.3 %) have a category that is not known, over 1 %.",
        f"{over} 1 of 4 rows (25.0 %) were rejected, over 2 %.",
        f"{over} 1 of 3 rows (33.3 %) have no place, over 3 %.",
    ]


def test_markdown_escapes_what_would_break_the_table(chicago_row: Row) -> None:
    row = chicago_row(**{"Primary Type": "A|B"})
    _, quality = read_incidents(pd.DataFrame([row]))
    parts = quality.to_markdown().split("\n## ")
    known = next(part for part in parts if part.startswith("Categories\n"))
    assert r"| A\|B | 1 |  | other | unmapped |" in known.splitlines()
    unknown = next(part for part in parts if part.startswith("Categories that are not known\n"))
    assert r"| A\|B | $500 AND UNDER | 1 |" in unknown.splitlines()


def test_groups_hold_local_days(chicago_row: Row) -> None:
    late = chicago_row(1, Date="06/15/2024 11:30:00 PM")  # already the 16th in UTC
    _, quality = read_incidents(pd.DataFrame([late, chicago_row(2, Date="06/15/2024 12:30:00 AM")]))
    assert quality.groups.to_dict("records") == [
        {
            "display_group": "other_theft",
            "day": pd.Timestamp("2024-06-15"),
            "location_status": "ok",
            "rows": 2,
        }
    ]


def test_real_file_not_changed_by_reading(report: QualityReport) -> None:
    again = load_sample("west-yorkshire-2018-07").quality
    assert again.to_dict() == report.to_dict()
    pd.testing.assert_frame_equal(again.groups, report.groups)
