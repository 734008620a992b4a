"""From text to rows: a fast way for clean files, a careful way for all others."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl
import pyarrow as pa
from pyarrow import csv as arrow_csv

from hotspots.errors import InputDataError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hotspots.loaders.source import Source

_SHOWN: Final = 200
#: After broken quotes so many lines are read again, for each line of the file, and no more.
_MOST_AGAIN: Final = 50
_REPLACED: Final = "\ufffd"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reject:
    """One row that was not kept.

    Attributes
    ----------
    source_row : int
        Its line in the file (the header is line 1), or its number in the frame.
    reason, value : str
        Why, and what stood there.
    """

    source_row: int
    reason: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Records:
    """The rows of a table, as text.

    Attributes
    ----------
    frame : polars.DataFrame
        The columns asked for, all text; nothing is null.
    source_row : numpy.ndarray of int64
        Line in the file of each row.
    rejects : tuple of Reject
        Rows that could not be read.
    rows_read : int
        Rows in the frame and rows rejected.
    notes : tuple of str
        What was done to read them.
    """

    frame: pl.DataFrame
    source_row: np.ndarray
    rejects: tuple[Reject, ...]
    rows_read: int
    notes: tuple[str, ...] = ()


def read_records(
    source: Source, columns: Sequence[str], *, may_end_before: str | None = None
) -> Records:
    """Read the rows of a table as text.

    Parameters
    ----------
    source : Source
        The opened table.
    columns : sequence of str
        Names in its header.
    may_end_before : str, optional
        Name in its header of a column that rows may leave out with all that follow it.

    Returns
    -------
    Records
        Rows that could be read, and those that could not.

    Raises
    ------
    InputDataError
        If quotes are broken in too many places.
    """
    ended = 0
    if source.frame is not None:
        frame = source.frame.select(columns)
        rows = np.arange(frame.height, dtype=np.int64) + source.header_lines + 1
        found: list[Reject] = []
    else:
        fast = _read_fast(source, columns)
        if fast is None:
            frame, rows, found, ended = _read_carefully(source, columns, may_end_before)
        else:
            frame, found = fast, []
            rows = np.arange(frame.height, dtype=np.int64) + source.header_lines + 1
    rows_read = frame.height + len(found)
    if source.undecodable:
        broken = _any_column(frame, pl.all().str.contains(_REPLACED, literal=True))
        found += [
            Reject(source_row=int(r), reason="unparseable_row", value="") for r in rows[broken]
        ]
        frame, rows = frame.filter(~broken), rows[~broken]
    blank = ~_any_column(frame, pl.all().str.strip_chars() != "")
    found += [Reject(source_row=int(r), reason="blank_row", value="") for r in rows[blank]]
    return Records(
        frame=frame.filter(~blank),
        source_row=rows[~blank],
        rejects=tuple(found),
        rows_read=rows_read,
        notes=(f"{ended:,} rows end before the column {may_end_before!r}",) if ended else (),
    )


def _any_column(frame: pl.DataFrame, condition: pl.Expr) -> np.ndarray:
    return frame.select(pl.any_horizontal(condition).alias("any"))["any"].to_numpy().astype(bool)


def _line_count(content: bytes) -> int:
    end = b"\n" if b"\n" in content else b"\r"
    return content.count(end) + (not content.endswith(end))


def _read_fast(source: Source, columns: Sequence[str]) -> pl.DataFrame | None:
    """Read with pyarrow, which refuses rows of the wrong length; None when anything is odd.

    A file is clean when it has as many lines as rows, so that no quote can have swallowed a line.
    """
    names = [str(i) for i in range(len(source.header))]
    wanted = [names[source.header.index(c)] for c in columns]
    if _line_count(source.content) <= source.header_lines:
        return pl.DataFrame(schema=dict.fromkeys(columns, pl.String))
    try:
        table = arrow_csv.read_csv(
            pa.BufferReader(source.content),
            read_options=arrow_csv.ReadOptions(column_names=names, skip_rows=source.header_lines),
            parse_options=arrow_csv.ParseOptions(
                delimiter=source.delimiter, newlines_in_values=False, ignore_empty_lines=False
            ),
            convert_options=arrow_csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()),
                include_columns=wanted,
                strings_can_be_null=False,
            ),
        )
    except pa.ArrowInvalid:
        return None
    if table.num_rows != _line_count(source.content) - source.header_lines:
        return None
    frame = pl.from_arrow(table)
    return pl.DataFrame(frame).rename(dict(zip(wanted, columns, strict=True)))


def _read_carefully(
    source: Source, columns: Sequence[str], may_end_before: str | None
) -> tuple[pl.DataFrame, np.ndarray, list[Reject], int]:
    """Read line by line; a row that cannot be read is set aside with its line number."""
    lines = re.split(r"\r\n|\n|\r", source.content.decode())
    if not lines[-1]:
        lines.pop()
    width = len(source.header)
    short = source.header.index(may_end_before) if may_end_before else width
    ended = 0
    places = [source.header.index(c) for c in columns]
    kept: list[list[str]] = [[] for _ in columns]
    rows: list[int] = []
    rejects: list[Reject] = []
    for line, fields in _records(lines, source, {width, short}):
        if fields is None:
            value = lines[line - 1][:_SHOWN]
            reason = "unparseable_row" if value.strip() else "blank_row"
            rejects.append(Reject(source_row=line, reason=reason, value=value))
            continue
        rows.append(line)
        ended += len(fields) < width
        for values, place in zip(kept, places, strict=True):
            values.append(fields[place] if place < len(fields) else "")
    frame = pl.DataFrame(
        dict(zip(columns, kept, strict=True)), schema=dict.fromkeys(columns, pl.String)
    )
    return frame, np.array(rows, dtype=np.int64), rejects, ended


def _records(
    lines: list[str], source: Source, widths: set[int]
) -> Iterator[tuple[int, list[str] | None]]:
    """Yield line number and fields of each record; None for a line that belongs to no record.

    After a quote that is never closed, or a record of the wrong length that spans lines, reading
    starts again on the line after the one where it began: one stray quote costs one row.
    """
    start, width = source.header_lines, max(widths)
    again = _MOST_AGAIN * (len(lines) + 1)
    while start < len(lines):
        ended = (f"{lines[i]}\n" for i in range(start, len(lines)))
        reader = csv.reader(ended, delimiter=source.delimiter, strict=True)
        begin, before = start, 0
        try:
            for fields in reader:
                spans = reader.line_num - before
                while len(fields) > width and not fields[-1].strip():
                    fields.pop()
                whole = len(fields) in widths
                if not whole and spans > 1:
                    break
                yield begin + 1, fields if whole else None
                before = reader.line_num
                begin = start + before
            else:
                return
        except csv.Error:
            pass
        again -= reader.line_num - before
        if again < 0:
            msg = (
                f"{source.name}, line {begin + 1}: its quotes are broken in so many places that it "
                "cannot be read. Export it again."
            )
            raise InputDataError(msg)
        yield begin + 1, None
        start = begin + 1
