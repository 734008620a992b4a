"""A feed is known by the names of its columns, never by their order."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotspots.errors import EmptyInputError, SchemaMismatchError, UnknownFeedError
from hotspots.loaders import describe_feed, detect_feed, list_feeds, list_samples, sample_path
from hotspots.loaders.detect import find_columns, match_header

SHARED = Path(__file__).resolve().parents[4] / "shared" / "data" / "feeds"
Row = Callable[..., dict[str, str]]


def test_samples_are_detected() -> None:
    found = {n: detect_feed(sample_path(n)).feed for n in list_samples() if "lsoa" not in n}
    assert found == {
        "synthetic-chicago": "us-chicago",
        "west-yorkshire-2016-07": "gb-police",
        "west-yorkshire-2017-07": "gb-police",
        "west-yorkshire-2018-07": "gb-police",
    }


def test_whole_header_scores_one(chicago_row: Row, police_row: Row) -> None:
    for row in (chicago_row, police_row):
        match = match_header(list(row()))[0]
        assert match.score == 1.0
        assert match.missing == match.absent == match.extra == ()


@settings(max_examples=50)
@given(order=st.permutations(range(22)))
def test_order_does_not_matter(chicago_row: Row, order: list[int]) -> None:
    names = list(chicago_row())
    match = match_header([names[i] for i in order])[0]
    assert (match.feed, match.score) == ("us-chicago", 1.0)


def test_extra_and_optional_columns_are_said(police_row: Row) -> None:
    header = [c for c in police_row() if c != "Context"] + ["Note"]
    match = match_header(header)[0]
    assert match.feed == "gb-police"
    assert (match.absent, match.extra, match.missing) == (("Context",), ("Note",), ())
    assert match.score == pytest.approx(11 / 13)


def test_like_names_are_found_and_exact_ones_come_first() -> None:
    assert find_columns([" AREA ", "area_name"], ["Area", "Area Name"]) == {
        "Area": " AREA ",
        "Area Name": "area_name",
    }
    assert find_columns(["date", "Date"], ["Date"]) == {"Date": "Date"}
    with pytest.raises(SchemaMismatchError, match="'Date' could be any of 'date', 'DATE'"):
        find_columns(["date", "DATE"], ["Date"])


def test_what_fits_no_feed_names_the_nearest(chicago_row: Row) -> None:
    frame = pd.DataFrame([chicago_row()]).drop(columns=["Primary Type", "Description"])
    with pytest.raises(UnknownFeedError, match=r"the DataFrame .* nearest is 'us-chicago', which"):
        detect_feed(frame)


def test_generic_is_never_detected() -> None:
    assert "generic-csv" in list_feeds()
    assert not describe_feed("generic-csv").variants
    assert all(m.feed != "generic-csv" for m in match_header(["latitude", "longitude"]))


def test_empty_file_is_said(tmp_path: Path) -> None:
    path = tmp_path / "nothing.csv"
    path.touch()
    with pytest.raises(EmptyInputError, match=r"nothing\.csv is empty"):
        detect_feed(path)


@pytest.mark.parametrize(
    "path", sorted(p for p in SHARED.glob("*/*") if ".json" not in p.name), ids=lambda p: p.name
)
def test_real_files_are_told_by_their_header(path: Path) -> None:
    feed = path.parent.name
    if feed in list_feeds():
        assert detect_feed(path).feed == feed
    else:
        with pytest.raises(UnknownFeedError, match="No feed fits"):
            detect_feed(path)
