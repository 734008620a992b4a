"""Properties of reading that hold for the samples of three feeds, however they are cut or damaged.

Chicago has unique ids and three sources of coordinates, Vancouver no ids at all and identical rows,
police.uk ids for some rows and months instead of moments.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hotspots.loaders import QualityReport, Reading, read_incidents
from hotspots.schema import validate_incidents

if TYPE_CHECKING:
    from collections.abc import Sequence

Rows = list[dict[str, str]]
SAMPLES: Final = Path(__file__).resolve().parents[2] / "data" / "feeds"
#: They hold the file and the line; where the publisher gives no id, so does the incident's.
OF_THE_FILE: Final = ["incident_id", "source_row", "source_sha256"]
#: Copies of the first row, which is good in every sample: few odd rows are no reason to refuse.
GOOD: Final = 80


@dataclass(frozen=True, slots=True)
class Sample:
    """A sample, and how a copy of its first row becomes another incident."""

    file: str
    #: Column in which each copy gets a value of its own.
    own: str
    #: Column that must be unique, or "".
    key: str


CHICAGO: Final = Sample("us-chicago-export.csv", "ID", "ID")
VANCOUVER: Final = Sample("ca-vancouver-export.csv", "HUNDRED_BLOCK", "")
POLICE: Final = Sample("gb-police-street.csv", "Crime ID", "")
each_sample = pytest.mark.parametrize(
    "sample", [CHICAGO, VANCOUVER, POLICE], ids=["chicago", "vancouver", "police"]
)
some = settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])


@cache
def _rows(sample: Sample) -> tuple[dict[str, str], ...]:
    """Give the rows of a sample, and the good ones after them."""
    with (SAMPLES / sample.file).open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    return (*rows, *(rows[0] | {sample.own: f"9{i:05}"} for i in range(GOOD)))


def _read(rows: Sequence[dict[str, str]], columns: Sequence[str], path: Path) -> Reading:
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, columns)
    writer.writeheader()
    writer.writerows(rows)
    # Bytes that are no text are written as they are.
    path.write_bytes(out.getvalue().encode("utf-8", errors="surrogateescape"))
    return read_incidents(path)


def _content(*readings: Reading) -> Counter[tuple[str, ...]]:
    """Count what the rows say."""
    parts = [pd.DataFrame(reading.incidents.drop(columns=OF_THE_FILE)) for reading in readings]
    # As text: two files may have different categories.
    table = pd.concat([part.astype("string").fillna("") for part in parts])
    return Counter(tuple(row) for row in table.itertuples(index=False))


def _totals(*reports: QualityReport) -> tuple[dict[str, int], dict[str, int], int, int]:
    rejected: Counter[str] = Counter()
    unlocated: Counter[str] = Counter()
    for report in reports:
        rejected.update(report.rejected)
        unlocated.update(report.unlocated)
    kept, located = (sum(getattr(r, part) for r in reports) for part in ("kept", "located"))
    return dict(rejected), dict(unlocated), kept, located


def _check(reading: Reading, rows: int) -> None:
    incidents, quality = reading
    assert quality.rows_read == rows
    assert quality.kept + sum(quality.rejected.values()) == rows
    assert quality.located + sum(quality.unlocated.values()) == quality.kept == len(incidents)
    assert incidents.geometry.notna().sum() == quality.located
    assert quality.groups["rows"].sum() == quality.categories["rows"].sum() == quality.kept
    assert len(quality.rejects) == sum(quality.rejected.values())
    validate_incidents(incidents)


@each_sample
def test_any_order_of_rows_and_columns_gives_the_same_incidents(
    sample: Sample, tmp_path: Path
) -> None:
    rows = list(_rows(sample))
    if sample.key:
        # Of rows with one id the first is kept: which one that is, is a matter of order.
        rows = list({row[sample.key]: row for row in rows}.values())
    straight = _read(rows, list(rows[0]), tmp_path / "straight.csv")

    @some
    @given(order=st.permutations(rows), columns=st.permutations(list(rows[0])))
    def check(order: Rows, columns: list[str]) -> None:
        mixed = _read(order, columns, tmp_path / "mixed.csv")
        assert _content(mixed) == _content(straight)
        assert _totals(mixed.quality) == _totals(straight.quality)
        assert dict(mixed.quality.flags) == dict(straight.quality.flags)

    check()


@each_sample
def test_any_cut_into_two_files_gives_the_same_incidents(sample: Sample, tmp_path: Path) -> None:
    rows = list(_rows(sample))
    whole = _read(rows, list(rows[0]), tmp_path / "whole.csv")
    # Each part gets a share of the good rows; rows with one id stay together.
    names = [row[sample.key] if sample.key else str(i) for i, row in enumerate(rows)]
    free = sorted(set(names[: len(rows) - GOOD]))

    @some
    @given(first=st.sets(st.sampled_from(free)), good=st.integers(GOOD // 3, 2 * GOOD // 3))
    def check(first: set[str], good: int) -> None:
        first = first | set(names[len(rows) - GOOD :][:good])
        parts = [
            _read(
                [row for name, row in zip(names, rows, strict=True) if (name in first) is side],
                list(rows[0]),
                tmp_path / f"{side}.csv",
            )
            for side in (True, False)
        ]
        assert _content(*parts) == _content(whole)
        assert _totals(*(part.quality for part in parts)) == _totals(whole.quality)

    check()


def _damaged(sample: Sample, values: st.SearchStrategy[str]) -> st.SearchStrategy[Rows]:
    """Put other values into up to three fields."""
    rows = _rows(sample)
    places = st.tuples(st.integers(0, len(rows) - 1), st.sampled_from(list(rows[0])), values)

    def put(changes: list[tuple[int, str, str]]) -> Rows:
        changed = [dict(row) for row in rows]
        for row, column, value in changes:
            changed[row][column] = value
        return changed

    return st.lists(places, min_size=1, max_size=3).map(put)


def _broken_bytes(raw: bytes) -> str:
    return raw.decode("utf-8", errors="surrogateescape")


@each_sample
@pytest.mark.parametrize(
    "values",
    [st.sampled_from(["", " "]), st.binary(max_size=40).map(_broken_bytes), st.text(max_size=40)],
    ids=["blanks", "bytes", "text"],
)
def test_every_row_is_accounted_for_however_fields_are_damaged(
    sample: Sample, values: st.SearchStrategy[Any], tmp_path: Path
) -> None:
    @some
    @given(rows=_damaged(sample, values))
    def check(rows: Rows) -> None:
        # Three fields of ninety rows are no reason to refuse a file.
        _check(_read(rows, list(rows[0]), tmp_path / "damaged.csv"), len(rows))

    check()


@each_sample
def test_every_row_of_a_file_with_many_blanks_is_accounted_for(
    sample: Sample, tmp_path: Path
) -> None:
    rows = _rows(sample)
    some_rows = st.sets(st.integers(0, len(rows) - 1), max_size=len(rows) // 3)

    @some
    @given(column=st.sampled_from(list(rows[0])), which=some_rows)
    def check(column: str, which: set[int]) -> None:
        changed = [row | {column: ""} if i in which else row for i, row in enumerate(rows)]
        _check(_read(changed, list(rows[0]), tmp_path / "blank.csv"), len(rows))

    check()
