"""Bad files: each gets one clear message, with its name."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest

from hotspots.errors import (
    CoordinateReferenceError,
    EmptyInputError,
    InputDataError,
    NotTabularError,
    ParameterError,
    SchemaMismatchError,
    UnknownFeedError,
)
from hotspots.loaders import QualityReport, read_incidents, sample_path
from hotspots.schema import validate_incidents

Row = Callable[..., dict[str, str]]
Text = Callable[..., str]
Write = Callable[..., Path]
Check = Callable[[QualityReport, int], None]
#: A feed may declare other columns with the same places; here they have none.
NO_OTHER_PLACE = {"X Coordinate": "", "Y Coordinate": "", "Location": ""}
SHARED = Path(__file__).resolve().parents[4] / "shared" / "data"


def test_missing_file_folder_and_address(tmp_path: Path) -> None:
    with pytest.raises(InputDataError, match=r"no file '.*absent.csv'"):
        read_incidents(tmp_path / "absent.csv")
    with pytest.raises(InputDataError, match="cannot be read"):
        read_incidents(tmp_path)
    for address in ("https://example.org/crimes.csv", "file:///etc/passwd", "s3://b/k.csv"):
        with pytest.raises(ParameterError, match=r"is an address. Nothing is fetched"):
            read_incidents(address)
    with pytest.raises(ParameterError, match="Expected a path or a DataFrame, got a list"):
        read_incidents([1])


@pytest.mark.parametrize("content", [b"", b"\n \n", gzip.compress(b"", mtime=0), b"\xef\xbb\xbf"])
def test_empty_file(write: Write, content: bytes) -> None:
    with pytest.raises(EmptyInputError, match=r"file\.csv is empty"):
        read_incidents(write(content))


@pytest.mark.parametrize("end", ["", "\n", "\r\n", "\n\n"])
def test_header_only_gives_the_full_schema_and_a_warning(
    write: Write, end: str, police_row: Row, assert_accounts: Check
) -> None:
    path = write(",".join(list(police_row())) + end)
    with pytest.warns(UserWarning, match=r"file\.csv has a header but no rows"):
        incidents, quality = read_incidents(path)
    validate_incidents(incidents)
    assert len(incidents) == 0
    assert_accounts(quality, 0)
    assert list(quality.groups.columns) == ["display_group", "day", "location_status", "rows"]
    assert str(quality.groups["day"].dtype).startswith("datetime64")


@pytest.mark.parametrize(
    ("content", "match"),
    [
        ("<!DOCTYPE html><html><body>504 Gateway</body></html>", r"a web page.*504 Gateway"),
        ('{"error": true, "message": "Invalid SoQL"}', "JSON.*Invalid SoQL"),
        ("\n  [1, 2]", "JSON"),
        (b"%PDF-1.7", "a PDF"),
        (b"\xd0\xcf\x11\xe0", "old or encrypted Excel workbook"),
        (b"\0" * 500, "mostly of zero bytes"),
        (gzip.compress(b"<html>no</html>", mtime=0), "a web page"),
    ],
)
def test_what_is_no_table(write: Write, content: str | bytes, match: str) -> None:
    with pytest.raises(
        NotTabularError, match=rf"file\.csv is .*{match}|file\.csv consists {match}"
    ):
        read_incidents(write(content))


def test_error_page_is_quoted_to_two_hundred_characters(write: Write) -> None:
    with pytest.raises(NotTabularError) as error:
        read_incidents(write("<html>" + "é" * 1000))
    assert "é" * 194 in str(error.value)
    assert "é" * 195 not in str(error.value)


def test_broken_gzip(write: Write) -> None:
    whole = sample_path("west-yorkshire-2018-07").read_bytes()
    with pytest.raises(InputDataError, match=r"file\.csv\.gz is a broken or cut-off gzip"):
        read_incidents(write(whole[:100_000], "file.csv.gz"))
    with pytest.raises(InputDataError, match="broken or cut-off gzip"):
        read_incidents(write(whole[:500] + b"\0\0\0\0" + whole[504:]))


def test_gzip_bomb(write: Write) -> None:
    with pytest.raises(InputDataError, match="inflates to more than 100,000,000 bytes"):
        read_incidents(write(gzip.compress(b"0" * 110_000_000)))


def test_other_feeds_file_is_named(write: Write, police_row: Row, as_csv: Text) -> None:
    with pytest.raises(
        SchemaMismatchError,
        match=r"file\.csv is not a file of 'us-chicago': missing 'ID'.*'Primary Type'.*"
        r"not known there: 'Crime ID'.*fits the feed 'gb-police'",
    ):
        read_incidents(write(as_csv([police_row()])), feed="us-chicago")


def test_unknown_header_and_unknown_feed(write: Write, police_row: Row) -> None:
    with pytest.raises(UnknownFeedError, match=r"\('a', 'b'\).*nearest is .*generic-csv"):
        read_incidents(write("a,b\n1,2\n"))
    with pytest.raises(UnknownFeedError, match=r"'gb-polis'. Choose one of: .*gb-police"):
        read_incidents(write("a,b\n1,2\n"), feed="gb-polis")
    outcomes = [("Outcome type" if c == "Crime type" else c) for c in list(police_row())]
    with pytest.raises(UnknownFeedError, match="'gb-police', which also needs 'Crime type'"):
        read_incidents(write(",".join(outcomes) + "\n"))


def test_duplicate_columns_are_named(write: Write, police_row: Row) -> None:
    with pytest.raises(SchemaMismatchError, match="more than one column called 'Month'"):
        read_incidents(write(",".join([*list(police_row()), "Month"]) + "\n"))
    header = ["month " if c == "Month" else c for c in list(police_row())]
    with pytest.raises(SchemaMismatchError, match="'Month' could be any of 'month ', 'MONTH'"):
        read_incidents(write(",".join([*header, "MONTH"]) + "\n"))


@pytest.mark.parametrize("feed", ["police_row", "chicago_row"])
def test_swapped_axes_are_named(
    write: Write, request: pytest.FixtureRequest, feed: str, as_csv: Text
) -> None:
    good = request.getfixturevalue(feed)(**NO_OTHER_PLACE)
    swapped = good | {"Latitude": good["Longitude"], "Longitude": good["Latitude"]}
    other = swapped | {next(iter(good)): "2"}  # the first column is the id
    message = r"file\.csv: 2 of 2 .* swapped\. Swap the two"
    with pytest.raises(CoordinateReferenceError, match=message):
        read_incidents(write(as_csv([swapped, other])))


def test_projected_and_foreign_coordinates_are_named(
    write: Write, chicago_row: Row, as_csv: Text
) -> None:
    feet = chicago_row(Latitude="1851626", Longitude="1198273", **NO_OTHER_PLACE)
    with pytest.raises(CoordinateReferenceError, match="They fit as EPSG:3435"):
        read_incidents(write(as_csv([feet])))
    boston = chicago_row(Latitude="42.36", Longitude="-71.06", **NO_OTHER_PLACE)
    with pytest.raises(CoordinateReferenceError, match="another place"):
        read_incidents(write(as_csv([boston])))


def test_words_instead_of_coordinates(write: Write, police_row: Row, as_csv: Text) -> None:
    with pytest.raises(InputDataError, match=r"'Longitude' and 'Latitude' are not numbers.*'here'"):
        read_incidents(write(as_csv([police_row(Latitude="here")])))


def test_absurdly_wide_and_long_files_end_in_one_message(write: Write) -> None:
    with pytest.raises(InputDataError, match="100,000 columns; more than 500 are refused"):
        read_incidents(write(",".join(f"c{i}" for i in range(100_000)) + "\n"))


def test_a_field_of_ten_million_characters_is_refused(
    write: Write, police_row: Row, as_csv: Text
) -> None:
    rows = [police_row(**{"Crime ID": str(i)}) for i in range(3)]
    text = as_csv(rows).replace("\n1,2018-07", "\n" + "9" * 10_000_000 + ",2018-07")
    with pytest.raises(InputDataError, match=r"file\.csv, line 3: longer than 1,000,000 bytes"):
        read_incidents(write(text))
