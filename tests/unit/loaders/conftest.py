"""Rows and files for the tests of reading."""

from __future__ import annotations

import ast
import csv
import io
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from hotspots.loaders import QualityReport

Row = Callable[..., dict[str, str]]
_UNIT = Path(__file__).resolve().parents[1]

_POLICE = (
    "Crime ID", "Month", "Reported by", "Falls within", "Longitude", "Latitude", "Location",
    "LSOA code", "LSOA name", "Crime type", "Last outcome category", "Context",
)  # fmt: skip
_CHICAGO = (
    "ID", "Case Number", "Date", "Block", "IUCR", "Primary Type", "Description",
    "Location Description", "Arrest", "Domestic", "Beat", "District", "Ward", "Community Area",
    "FBI Code", "X Coordinate", "Y Coordinate", "Year", "Updated On", "Latitude", "Longitude",
    "Location",
)  # fmt: skip


@pytest.fixture(scope="session")
def police_row() -> Row:
    """Make a row of a police.uk street file."""

    def make(**given: str) -> dict[str, str]:
        row = dict.fromkeys(_POLICE, "")
        row |= {
            "Month": "2018-07",
            "Reported by": "West Yorkshire Police",
            "Falls within": "West Yorkshire Police",
            "Longitude": "-1.5",
            "Latitude": "53.8",
            "Location": "On or near High Street",
            "LSOA name": "Leeds 001A",
            "Crime type": "Burglary",
        }
        return row | given

    return make


@pytest.fixture(scope="session")
def chicago_row() -> Row:
    """Make a row of the Chicago export."""

    def make(number: int = 1, **given: str) -> dict[str, str]:
        row = dict.fromkeys(_CHICAGO, "")
        row |= {
            "ID": str(number),
            "Case Number": f"SYN{number:06d}",
            "Date": "06/15/2024 03:30:00 PM",
            "Block": "012XX N EXAMPLE ST",
            # Blank, so that the texts count: a code goes before them.
            "IUCR": "",
            "Primary Type": "THEFT",
            "Description": "$500 AND UNDER",
            "Domestic": "false",
            "Latitude": "41.88",
            "Longitude": "-87.63",
            "Location": "(41.88, -87.63)",
        }
        return row | given

    return make


@pytest.fixture(scope="session")
def as_csv() -> Callable[..., str]:
    """Write rows as the text of a CSV file."""

    def make(rows: list[dict[str, str]], delimiter: str = ",") -> str:
        out = io.StringIO()
        writer = csv.DictWriter(out, list(rows[0]), delimiter=delimiter, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        return out.getvalue()

    return make


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Write a file."""

    def make(content: str | bytes, name: str = "file.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return make


@pytest.fixture(scope="session")
def assert_accounts() -> Callable[[QualityReport, int], None]:
    """Check that every row is accounted for."""

    def check(quality: QualityReport, rows: int) -> None:
        assert quality.rows_read == rows
        assert quality.kept + sum(quality.rejected.values()) == rows
        assert quality.located + sum(quality.unlocated.values()) == quality.kept
        assert len(quality.rejects) == sum(quality.rejected.values())

    return check


@pytest.fixture(scope="session")
def absent_tests() -> Callable[[Iterable[str]], list[str]]:
    """Say which tests do not exist, of names such as ``test_cells.py::test_no_cells``."""

    def absent(named: Iterable[str]) -> list[str]:
        missing = []
        for name in named:
            file, _, test = name.partition("::")
            path = _UNIT / file
            tree = (
                ast.parse(path.read_text(encoding="utf-8"))
                if path.is_file()
                else ast.Module([], [])
            )
            there = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
            if not test.startswith("test_") or test not in there:
                missing.append(name)
        return missing

    return absent
