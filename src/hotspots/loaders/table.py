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
from hotspots.loaders.encoding import REPLACED

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from hotspots.loaders.source import Source

_SHOWN: Final = 200
#: With a larger share of rows of the wrong length than this, looking at each is no faster.
_MOST_ODD: Final = 0.2
#: After broken quotes so many lines are read again, for each line of the file, and no more.
_MOST_AGAIN: Final = 50


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
    if source.frame is not None:
        frame = source.frame.select(columns)
        lines = np.arange(frame.height, dtype=np.int64) + source.header_lines + 1
        read = _Read(frame=frame, lines=lines, rejects=[], ended=0)
    else:
        widths = {len(source.header)}
        if may_end_before:
            widths.add(source.header.index(may_end_before))
        read = _read_fast(source, columns, widths) or _read_carefully(source, columns, widths)
    frame, lines, found = read.frame, read.lines, read.rejects
    rows_read = frame.height + len(found)
    for reason, bad in (
        ("unparseable_row", _broken_rows(frame) if source.undecodable else None),
        ("blank_row", _blank_rows(frame)),
    ):
        if bad is not None and bad.any():
            found += [Reject(source_row=int(r), reason=reason, value="") for r in lines[bad]]
            frame, lines = frame.filter(~bad), lines[~bad]
    ended = f"{read.ended:,} rows end before the column {may_end_before!r}"
    return Records(
        frame=frame,
        source_row=lines,
        rejects=tuple(found),
        rows_read=rows_read,
        notes=(ended,) if read.ended else (),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    """Rows as text with their lines; rows set aside; rows that end early, as they may."""

    frame: pl.DataFrame
    lines: np.ndarray
    rejects: list[Reject]
    ended: int


def _broken_rows(frame: pl.DataFrame) -> np.ndarray:
    condition = pl.any_horizontal(pl.all().str.contains(REPLACED, literal=True))
    return frame.select(condition.alias("any"))["any"].to_numpy().astype(bool)


def _blank_rows(frame: pl.DataFrame) -> np.ndarray | None:
    """Say which rows have nothing in any column; None where no row can."""
    rows = np.arange(frame.height)
    for column in frame.get_columns():
        texts = column if len(rows) == frame.height else column.gather(rows)
        rows = rows[(texts.str.strip_chars() == "").to_numpy()]
        if not len(rows):
            return None
    blank = np.zeros(frame.height, dtype=bool)
    blank[rows] = True
    return blank


def _line_count(content: bytes) -> int:
    end = b"\n" if b"\n" in content else b"\r"
    return content.count(end) + (not content.endswith(end))


def _read_fast(source: Source, columns: Sequence[str], widths: set[int]) -> _Read | None:
    """Read with pyarrow, which is strict about the length of rows; None when anything is odd.

    A file is simple when it has as many lines as rows, so that no quote can have swallowed a line;
    rows of the wrong length are looked at one by one.
    """
    count = _line_count(source.content) - source.header_lines
    if count <= 0:
        empty = pl.DataFrame(schema=dict.fromkeys(columns, pl.String))
        return _Read(frame=empty, lines=np.empty(0, dtype=np.int64), rejects=[], ended=0)
    odd: list[tuple[int, str]] = []
    try:
        frame = _arrow_frame(source, columns, None)
    except pa.ArrowInvalid:
        try:
            frame = _arrow_frame(source, columns, odd)
        except pa.ArrowInvalid:
            return None
    if frame.height + len(odd) != count or len(odd) > _MOST_ODD * count:
        return None
    lines = np.arange(count, dtype=np.int64) + source.header_lines + 1
    if not odd:
        return _Read(frame=frame, lines=lines, rejects=[], ended=0)
    others = _read_lines(
        ((line, fields) for line, text in odd for _, fields in _records([text], 0, source, widths)),
        source,
        columns,
        dict(odd),
    )
    lines = np.setdiff1d(lines, [line for line, _ in odd], assume_unique=True)
    lines = np.concatenate([lines, others.lines])
    order = np.argsort(lines)
    frame = pl.concat([frame, others.frame])[order]
    return _Read(frame=frame, lines=lines[order], rejects=others.rejects, ended=others.ended)


def _arrow_frame(
    source: Source, columns: Sequence[str], odd: list[tuple[int, str]] | None
) -> pl.DataFrame:
    """Read all rows; those of the wrong length raise an error, or are put into a list."""
    names = [str(i) for i in range(len(source.header))]
    wanted = [names[source.header.index(c)] for c in columns]

    def set_aside(row: arrow_csv.InvalidRow) -> str:
        if odd is None:
            return "error"
        odd.append((row.number, row.text))
        return "skip"

    table = arrow_csv.read_csv(
        pa.BufferReader(source.content),
        read_options=arrow_csv.ReadOptions(
            column_names=names,
            skip_rows=source.header_lines,
            # Only one thread knows the numbers of lines.
            use_threads=odd is None,
        ),
        parse_options=arrow_csv.ParseOptions(
            delimiter=source.delimiter,
            newlines_in_values=False,
            ignore_empty_lines=False,
            invalid_row_handler=set_aside,
        ),
        convert_options=arrow_csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()),
            include_columns=wanted,
            strings_can_be_null=False,
        ),
    )
    return pl.DataFrame(pl.from_arrow(table)).rename(dict(zip(wanted, columns, strict=True)))


def _read_carefully(source: Source, columns: Sequence[str], widths: set[int]) -> _Read:
    """Read line by line; a row that cannot be read is set aside with its line number."""
    lines = re.split(r"\r\n|\n|\r", source.content.decode())
    if not lines[-1]:
        lines.pop()
    found = _records(lines, source.header_lines, source, widths)
    texts = {number + 1: line for number, line in enumerate(lines)}
    return _read_lines(found, source, columns, texts)


def _read_lines(
    records: Iterable[tuple[int, list[str] | None]],
    source: Source,
    columns: Sequence[str],
    texts: Mapping[int, str],
) -> _Read:
    """Put records into columns; those that are none are set aside with their text."""
    width = len(source.header)
    places = [source.header.index(c) for c in columns]
    kept: list[list[str]] = [[] for _ in columns]
    rows: list[int] = []
    rejects: list[Reject] = []
    ended = 0
    for line, fields in records:
        if fields is None:
            value = texts[line][:_SHOWN]
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
    return _Read(frame=frame, lines=np.array(rows, dtype=np.int64), rejects=rejects, ended=ended)


def _records(
    lines: Sequence[str], start: int, source: Source, widths: set[int]
) -> Iterator[tuple[int, list[str] | None]]:
    """Yield line number and fields of each record; None for a line that belongs to no record.

    After a quote that is never closed, or a record of the wrong length that spans lines, reading
    starts again on the line after the one where it began: one stray quote costs one row.
    """
    width = max(widths)
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
