"""Strict reading refuses with the numbers; each feed says what is normal for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pandas as pd
import pytest

from hotspots.errors import GateError, InputDataError, UnmappedCategoryError
from hotspots.loaders import QualityReport, load_sample, read_incidents
from hotspots.loaders.gates import check_gates, gates_of

Row = Callable[..., dict[str, str]]


def _read(rows: list[dict[str, str]], *, without: str = "") -> QualityReport:
    table = pd.DataFrame(rows)
    return read_incidents(table.drop(columns=without) if without else table).quality


def _expecting(quality: QualityReport, **shares: float) -> QualityReport:
    feed = replace(quality.feed, expected=replace(quality.feed.expected, **shares))
    return replace(quality, feed=feed)


def test_real_files_pass() -> None:
    for name in ("west-yorkshire-2016-07", "west-yorkshire-2018-07", "synthetic-chicago"):
        check_gates(load_sample(name).quality)


def test_unmapped_categories_are_named_with_their_rows(chicago_row: Row) -> None:
    rows = [chicago_row(i) for i in range(97)]
    rows += [chicago_row(100 + i, **{"Primary Type": "WITCHCRAFT"}) for i in range(3)]
    with pytest.raises(
        UnmappedCategoryError,
        match=r"3 of 100 rows \(3\.0 %\) have a category that is not known, over 1 %.*'WITCHCRAFT' "
        r"\(3\)",
    ):
        check_gates(_read(rows))


def test_at_the_limit_is_not_over_it(chicago_row: Row) -> None:
    rows = [chicago_row(i) for i in range(99)] + [chicago_row(100, **{"Primary Type": "?"})]
    check_gates(_read(rows))


def test_every_broken_limit_is_listed(chicago_row: Row) -> None:
    rows = [chicago_row(i) for i in range(43)]
    rows += [chicago_row(50 + i, Latitude="10", Longitude="10") for i in range(2)]
    rows += [chicago_row(60 + i, Date="") for i in range(5)]
    with pytest.raises(GateError) as caught:
        check_gates(_read(rows))
    assert not isinstance(caught.value, UnmappedCategoryError)
    assert isinstance(caught.value, InputDataError)
    said = str(caught.value)
    assert "2 of 45 rows (4.4 %) lie outside the feed's area, over 1 %" in said
    assert "5 of 50 rows (10.0 %) were rejected, over 2 %" in said


def test_a_column_that_is_read_must_not_vanish(police_row: Row) -> None:
    quality = _read([police_row() for _ in range(10)])
    gone = replace(quality, missing_columns=("Falls within", "Context"))
    with pytest.raises(
        GateError, match="a column that the feed reads is not there: 'Falls within'"
    ):
        check_gates(gone)
    check_gates(replace(quality, missing_columns=("Context",)))  # nothing is read from it


def test_a_feed_says_what_is_normal_for_it(chicago_row: Row) -> None:
    rows = [chicago_row(i, Latitude="" if i < 20 else "41.88") for i in range(100)]
    quality = _read(rows)
    if not any(gate.name == "unlocated" for gate in gates_of(quality)):
        check_gates(quality)
    check_gates(_expecting(quality, unlocated=0.26))
    with pytest.raises(GateError, match=r"20 of 100 rows \(20\.0 %\) have no place, over 5 %"):
        check_gates(_expecting(quality, unlocated=0.05))


def test_strict_reading_refuses(chicago_row: Row) -> None:
    rows = [chicago_row(i, **{"Primary Type": "WITCHCRAFT"}) for i in range(3)]
    read_incidents(pd.DataFrame(rows))
    with pytest.raises(UnmappedCategoryError, match="'WITCHCRAFT'"):
        read_incidents(pd.DataFrame(rows), strict=True)


def test_gates_are_in_the_report_without_strict(chicago_row: Row) -> None:
    rows = [chicago_row(i, **{"Primary Type": "WITCHCRAFT"}) for i in range(3)]
    quality = _read(rows)
    gates = {gate["name"]: gate for gate in quality.to_dict()["gates"]}
    assert gates["unmapped"] == {
        "name": "unmapped", "found": 3, "of": 3, "limit": 0.01, "passed": False,
    }  # fmt: skip
    assert gates["rejected"]["passed"]
    assert "Over a limit of strict reading" in quality.to_markdown()
