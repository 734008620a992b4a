"""Ragged, quoted and oddly encoded files: what can be read is read, the rest is listed."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotspots.errors import (
    InputDataError,
)
from hotspots.loaders import QualityReport, read_incidents, table
from hotspots.loaders.source import Source

Row = Callable[..., dict[str, str]]
Text = Callable[..., str]
Write = Callable[..., Path]
Check = Callable[[QualityReport, int], None]
SHARED = Path(__file__).resolve().parents[4] / "shared" / "data"


def test_ragged_rows_are_set_aside_by_line(
    write: Write, police_row: Row, as_csv: Text, assert_accounts: Check
) -> None:
    lines = as_csv([police_row(**{"Crime ID": str(i)}) for i in range(6)]).splitlines()
    lines[2] += ",extra"
    lines[4] = lines[4].rsplit(",", 3)[0]
    incidents, quality = read_incidents(write("\n".join(lines) + "\n1,2018-0"))
    assert_accounts(quality, 7)
    assert quality.rejected == {"unparseable_row": 3}
    assert quality.rejects["source_row"].tolist() == [3, 5, 8]
    assert incidents["source_record_id"].tolist() == ["0", "2", "4", "5"]
    assert incidents["source_row"].tolist() == [2, 4, 6, 7]


@pytest.mark.parametrize("header_too", [True, False])
def test_trailing_commas_do_not_shift_columns(
    write: Write, *, header_too: bool, police_row: Row, as_csv: Text, assert_accounts: Check
) -> None:
    head, *rows = as_csv([police_row(), police_row()]).splitlines()
    text = "\n".join([head + "," * header_too, *(row + "," for row in rows)])
    incidents, quality = read_incidents(write(text))
    assert_accounts(quality, 2)
    assert quality.rejected == {}
    assert incidents["category_raw"].tolist() == ["Burglary", "Burglary"]


@pytest.mark.parametrize("place", [0, 2, 4])
def test_a_quote_never_closed_costs_one_row(
    write: Write, place: int, police_row: Row, as_csv: Text, assert_accounts: Check
) -> None:
    rows = [police_row(**{"Crime ID": str(i), "Location": "A, B"}) for i in range(5)]
    lines = as_csv(rows).splitlines()
    lines[place + 1] = lines[place + 1].replace('"A, B"', '"A, B')
    _, quality = read_incidents(write("\n".join(lines) + "\n"))
    assert_accounts(quality, 5)
    assert quality.rejects["source_row"].tolist() == [place + 2]


def test_quoted_line_breaks_and_stray_quotes_are_text(
    write: Write, police_row: Row, as_csv: Text, assert_accounts: Check
) -> None:
    rows = [
        police_row(**{"Crime ID": "1", "Location": "two\nlines"}),
        police_row(**{"Crime ID": "2", "Location": 'the "Crown"'}),
        police_row(**{"Crime ID": "3"}),
    ]
    text = as_csv(rows) + as_csv([police_row(**{"Crime ID": "4"})]).splitlines()[1].replace(
        "High", '5" pipe'
    )
    incidents, quality = read_incidents(write(text))
    assert_accounts(quality, 4)
    assert quality.rejected == {}
    assert incidents["location_text"].tolist()[1:] == [
        'the "Crown"', "On or near High Street", 'On or near 5" pipe Street',
    ]  # fmt: skip
    assert incidents["source_row"].tolist() == [2, 4, 5, 6]


@pytest.mark.parametrize("end", ["\r\n", "\r"])
def test_line_ends(write: Write, end: str, police_row: Row, as_csv: Text) -> None:
    text = as_csv([police_row(), police_row()]).replace("\n", end)
    _, quality = read_incidents(write(text))
    assert (quality.kept, quality.rejected) == (2, {})


@pytest.mark.parametrize(
    ("encode", "encoding"),
    [
        (lambda t: t.encode("utf-8-sig"), "utf-8 with byte order mark"),
        (lambda t: t.encode("cp1252"), "cp1252"),
        (lambda t: t.encode("utf-16"), "utf-16-le"),
        (lambda t: b"\xfe\xff" + t.encode("utf-16-be"), "utf-16-be"),
        (lambda t: t.encode("utf-16-le"), "utf-16-le"),
    ],
)
def test_encodings_are_found_and_said(
    write: Write, encode: Callable[[str], bytes], encoding: str, police_row: Row, as_csv: Text
) -> None:
    text = as_csv([police_row(Location="On or near Café Royal \u2013 Müller\u2019s")])
    incidents, quality = read_incidents(write(encode(text)))
    assert incidents["location_text"].tolist() == ["On or near Café Royal \u2013 Müller\u2019s"]
    assert quality.encoding == encoding


def test_zero_bytes_are_removed_and_counted(write: Write, police_row: Row, as_csv: Text) -> None:
    text = as_csv([police_row(Location="On\0or near\0here")])
    incidents, quality = read_incidents(write(text))
    assert incidents["location_text"].tolist() == ["Onor nearhere"]
    assert quality.notes == ("2 zero bytes were removed",)


def test_bytes_that_cannot_be_decoded_reject_their_row(
    write: Write, police_row: Row, as_csv: Text, assert_accounts: Check
) -> None:
    rows = [police_row(**{"Crime ID": str(i), "Location": "Café"}) for i in range(5)]
    lines = as_csv(rows).encode().split(b"\n")
    lines[3] = lines[3].replace("é".encode(), b"\xff")
    _, quality = read_incidents(write(b"\n".join(lines)))
    assert_accounts(quality, 5)
    assert quality.rejected == {"unparseable_row": 1}
    assert quality.rejects["source_row"].tolist() == [4]
    assert quality.encoding == "utf-8"


def test_no_row_that_can_be_kept_is_an_error(write: Write, police_row: Row) -> None:
    text = ",".join(list(police_row())) + "\nshort,row\n,,\n"
    with pytest.raises(
        InputDataError, match=r"none of 2 rows can be kept .* the first of them is row 2"
    ):
        read_incidents(write(text))


@settings(max_examples=60)
@given(
    st.lists(
        st.sampled_from(
            ["1,2,3", "4,5", "6,7,8,", "9,10,11,12", "", ",,", '"a,b",2,3', '"x', 'y"', "1,2", " "]
        ),
        min_size=1,
        max_size=30,
    ),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from([None, "b", "c"]),
)
def test_the_fast_way_reads_what_the_careful_way_reads(
    lines: list[str], end: str, last: str | None
) -> None:
    content = end.join(["a,b,c", *lines]).encode()
    source = Source(
        name="x.csv", digest=Future(), size_bytes=0, delimiter=",", header=("a", "b", "c"),
        header_lines=1, content=content,
    )  # fmt: skip
    widths = {3} | ({"b": {1}, "c": {2}}[last] if last else set())
    fast = table._read_fast(source, ("a", "c"), widths)  # noqa: SLF001 - both ways are compared
    careful = table._read_carefully(source, ("a", "c"), widths)  # noqa: SLF001
    records = table.read_records(source, ("a", "c"), may_end_before=last)
    assert records.frame.height + len(records.rejects) == records.rows_read
    if fast is None:
        return  # a quote has swallowed a line: only the careful way can read that
    assert fast.ended == careful.ended
    # A blank line is a row to the one and a reject to the other; neither is kept in the end.
    some = pl.any_horizontal(pl.all().str.strip_chars() != "")
    for read in (fast, careful):
        filled = read.frame.select(some.alias("any"))["any"].to_numpy()
        assert read.lines[filled].tolist() == records.source_row.tolist()
        assert read.frame.filter(filled).rows() == records.frame.rows()
