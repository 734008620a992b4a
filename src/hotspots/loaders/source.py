"""From a file or a frame to text with a header, whatever it is packed in."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import re
import zlib
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pandas as pd
import polars as pl

from hotspots.errors import EmptyInputError, InputDataError, NotTabularError, ParameterError
from hotspots.loaders.archives import ALWAYS_ALLOWED_BYTES, MAX_RATIO, is_workbook, unpack
from hotspots.loaders.containers import read_geopackage, read_parquet
from hotspots.loaders.documents import read_document
from hotspots.loaders.encoding import UNDECODABLE, as_utf8
from hotspots.loaders.frames import check_header, text_frame
from hotspots.loaders.sheets import read_workbook

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

#: What messages call a table that is no file.
FRAME: Final = "the DataFrame"

_GZIP, _ZIP, _PARQUET, _SQLITE = b"\x1f\x8b", b"PK\x03\x04", b"PAR1", b"SQLite format 3\0"
_FOREIGN: Final = {
    b"%PDF": "a PDF",
    b"\xd0\xcf\x11\xe0": "an old or encrypted Excel workbook. Save it as .xlsx or CSV",
    b"7z\xbc\xaf": "a 7z archive. Unpack it first",
    b"Rar!": "a RAR archive. Unpack it first",
}
_DELIMITERS: Final = ",;\t|"
_SHOWN: Final = 200
#: A header ends within so many bytes, and no line is longer.
_LONGEST_LINE: Final = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A table as text, with its header read and nothing else.

    Attributes
    ----------
    name : str
        Base name of the file, or ``"the DataFrame"``.
    digest : concurrent.futures.Future of str
        The SHA-256 of the file as it lies on the disk; made while the rows are read.
    size_bytes : int
        Its size.
    encoding, delimiter : str
        As found; empty for what is not text on the disk.
    header : tuple of str
        Column names, as written.
    header_lines : int
        Lines, or rows of a sheet, before the first row.
    content : bytes
        The text, header included, as UTF-8 without a byte order mark; empty when there is a frame.
    frame : polars.DataFrame or None
        The table when it was not text on the disk, all text.
    undecodable : bool
        Whether ``content`` holds marks for bytes that could not be decoded.
    crs : str
        Reference system that the file states for its points; empty when it states none.
    notes : tuple of str
        What was done to read it.
    """

    name: str
    digest: Future[str]
    size_bytes: int
    encoding: str = ""
    delimiter: str = ""
    header: tuple[str, ...]
    header_lines: int = 0
    content: bytes = b""
    frame: pl.DataFrame | None = None
    undecodable: bool = False
    crs: str = ""
    notes: tuple[str, ...] = ()

    @property
    def sha256(self) -> str:  # numpydoc ignore=RT01
        """SHA-256 of the file as it lies on the disk."""
        return self.digest.result()


def open_source(
    data: str | Path | pd.DataFrame | pl.DataFrame,
    *,
    member: str | None = None,
    fits: Callable[[Sequence[str]], bool] | None = None,
) -> Source:
    """Open a file or a frame and read its header.

    Parameters
    ----------
    data : str, pathlib.Path, pandas.DataFrame or polars.DataFrame
        A file (CSV, CSV.gz, zip, Excel, GeoJSON, JSON, Parquet or GeoPackage), or a table.
    member : str, optional
        For a zip archive: the member that is meant, or a pattern with ``*`` for several.
    fits : callable, optional
        Says of a header whether it can be the one that is meant, where a zip archive holds tables
        with different headers.

    Returns
    -------
    Source
        The text and its header.

    Raises
    ------
    ParameterError
        If ``data`` is an address on the network or not a file or frame at all, or the archive has
        no such member.
    EmptyInputError
        If the file is empty.
    NotTabularError
        If the file is a web page, a message, or another thing that is not a table.
    InputDataError
        If the file is missing, cannot be read, or is broken or a bomb.
    SchemaMismatchError
        If two columns have the same name.
    """
    if isinstance(data, pd.DataFrame | pl.DataFrame):
        return _from_frame(data)
    if not isinstance(data, str | Path):
        msg = f"Expected a path or a DataFrame, got a {type(data).__name__}."
        raise ParameterError(msg)
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]+:/", str(data)):
        shown = str(data)[:100]
        msg = f"{shown!r} is an address. Nothing is fetched while reading: download it first."
        raise ParameterError(msg)
    path = Path(data)
    raw = _read_bytes(path)
    facts = Source(name=path.name, digest=_hashing(raw), size_bytes=len(raw), header=())
    if raw.startswith(_GZIP):
        raw = _gunzip(raw, path.name)
    if raw.startswith(_ZIP) and not is_workbook(raw):
        return _from_archive(facts, raw, member, fits)
    if member is not None:
        msg = f"{path.name} is not a zip archive, so it has no member {member!r}."
        raise ParameterError(msg)
    return _from_content(facts, raw)


def _from_archive(
    facts: Source, raw: bytes, member: str | None, fits: Callable[[Sequence[str]], bool] | None
) -> Source:
    """Read the tables of an archive that have one and the same header, one after the other."""
    opened = [
        (inner, _from_content(facts, content)) for inner, content in unpack(raw, facts.name, member)
    ]
    headers = dict.fromkeys(source.header for _, source in opened)
    fitting = [h for h in headers if fits is None or fits(h)] if len(headers) > 1 else [*headers]
    if len(fitting) != 1:
        examples = ", ".join(
            repr(next(i for i, other in opened if other.header == h)) for h in headers
        )
        msg = (
            f"{facts.name} holds tables with different headers (for example {examples}). Say which "
            "are meant with member='...'; it may hold a *."
        )
        raise ParameterError(msg)
    chosen = [(inner, source) for inner, source in opened if source.header == fitting[0]]
    notes = _archive_notes(chosen, [inner for inner, other in opened if other.header != fitting[0]])
    first_name, first = chosen[0]
    if len(chosen) == 1:
        return replace(first, notes=(*first.notes, *notes))
    if any(o.frame is not None or o.delimiter != first.delimiter for _, o in chosen):
        msg = f"{facts.name} holds several tables. Say which is meant with member={first_name!r}."
        raise ParameterError(msg)
    parts = [first.content if first.content.endswith(b"\n") else first.content + b"\n"]
    for _, source in chosen[1:]:
        rows = source.content.split(b"\n", source.header_lines)[source.header_lines :]
        parts += [rest if rest.endswith(b"\n") else rest + b"\n" for rest in rows if rest]
    return replace(
        first,
        content=b"".join(parts),
        undecodable=any(source.undecodable for _, source in chosen),
        notes=tuple(
            dict.fromkeys((*(note for _, other in chosen for note in other.notes), *notes))
        ),
    )


def _archive_notes(chosen: list[tuple[str, Source]], left: list[str]) -> tuple[str, ...]:
    """Say which members were read, and on which line each of them begins."""
    most, line, begins = 10, chosen[0][1].header_lines + 1, []
    for inner, source in chosen:
        begins.append(f"{inner!r} from line {line:,}")
        line += source.content.count(b"\n") + (not source.content.endswith(b"\n"))
        line -= source.header_lines
    more = f" and {len(begins) - most:,} more" if len(begins) > most else ""
    notes = [f"members read: {', '.join(begins[:most])}{more}"]
    if left:
        more = f" and {len(left) - most:,} more" if len(left) > most else ""
        notes.append(f"members not read: {', '.join(map(repr, left[:most]))}{more}")
    return tuple(notes)


def _from_content(facts: Source, raw: bytes) -> Source:
    """Read the header of one table, whatever it is written in."""
    name = facts.name
    if raw.startswith(_ZIP):
        frame, header_lines, notes = read_workbook(raw, name)
        return _with_frame(facts, frame, header_lines, notes)
    if raw.startswith(_PARQUET):
        frame, crs = read_parquet(raw, name)
        return _with_frame(replace(facts, crs=crs), frame)
    if raw.startswith(_SQLITE):
        frame, crs = read_geopackage(raw, name)
        return _with_frame(replace(facts, crs=crs), frame)
    for magic, what in _FOREIGN.items():
        if raw.startswith(magic):
            msg = f"{name} is {what}; it is not a table that can be read."
            raise NotTabularError(msg)
    content, encoding, notes = as_utf8(raw, name)
    # Blank lines at the end are no rows; what follows the last row is cut off only if there is any.
    if content.endswith((b"\n\n", b"\r\r", b"\n\r\n")) or not content[:_SHOWN].strip():
        content = content.rstrip()
    if not content:
        msg = f"{name} is empty. Export or download it again."
        raise EmptyInputError(msg)
    begin = content[:_SHOWN].lstrip()[:1]
    if begin in (b"{", b"["):
        frame, more = read_document(content, name)
        return _with_frame(replace(facts, encoding=encoding), frame, 0, (*notes, *more))
    if begin == b"<":
        start = content[: 4 * _SHOWN].decode(errors="replace")[:_SHOWN]
        msg = f"{name} is a web page (HTML or XML). Download it again. It begins: {start!r}."
        raise NotTabularError(msg)
    _refuse_long_lines(content, name)
    delimiter, header, header_lines = _header(content, name)
    return replace(
        facts,
        encoding=encoding,
        delimiter=delimiter,
        header=header,
        header_lines=header_lines,
        content=content,
        undecodable=UNDECODABLE in notes,
        notes=notes,
    )


def _hashing(content: bytes) -> Future[str]:
    """Begin to hash; a large file takes a while, in which it can be read."""
    pool = ThreadPoolExecutor(max_workers=1)
    digest = pool.submit(lambda: hashlib.sha256(content).hexdigest())
    pool.shutdown(wait=False)
    return digest


def _read_bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        msg = f"There is no file {str(path)!r}. Check the name and the folder."
        raise InputDataError(msg) from error
    except (OSError, ValueError) as error:
        msg = f"{str(path)!r} cannot be read: {error}."
        raise InputDataError(msg) from error


def _gunzip(raw: bytes, name: str) -> bytes:
    """Inflate, but not without bound: 100 KB can hold gigabytes."""
    limit = max(ALWAYS_ALLOWED_BYTES, MAX_RATIO * len(raw))
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(raw)) as stream:
            content = stream.read(limit + 1)
    except (OSError, EOFError, zlib.error) as error:
        msg = f"{name} is a broken or cut-off gzip file ({error}). Download it again."
        raise InputDataError(msg) from error
    if len(content) > limit:
        msg = f"{name} inflates to more than {limit:,} bytes. Inflate it yourself if you trust it."
        raise InputDataError(msg)
    if content.startswith(_GZIP):
        msg = f"{name} holds another gzip file. Inflate it first."
        raise InputDataError(msg)
    return content


def _refuse_long_lines(content: bytes, name: str) -> None:
    """Refuse a line that no table has; hopping from one line's end to another is fast."""
    end = b"\n" if b"\n" in content else b"\r"
    start = 0
    while len(content) - start > _LONGEST_LINE:
        found = content.rfind(end, start, start + _LONGEST_LINE)
        if found < start:
            line = content.count(end, 0, start) + 1
            msg = f"{name}, line {line}: longer than {_LONGEST_LINE:,} bytes, so no row of a table."
            raise InputDataError(msg)
        start = found + 1


def _header(content: bytes, name: str) -> tuple[str, tuple[str, ...], int]:
    """Find the delimiter that cuts the header into the most columns, and read the header."""
    head = content[:_LONGEST_LINE].decode(errors="ignore")
    fields: list[str] = []
    delimiter, lines = ",", 0
    for candidate in _DELIMITERS:
        reader = csv.reader(io.StringIO(head, newline=""), delimiter=candidate)
        try:
            found = next((row for row in reader if any(f.strip() for f in row)), [])
        except csv.Error:
            continue  # too long without this delimiter: it is another one
        if len(found) > len(fields):
            delimiter, fields, lines = candidate, found, reader.line_num
    while fields and not fields[-1].strip():
        fields = fields[:-1]
    if not fields:
        msg = f"{name} has no header that can be read: its first line is {head[:_SHOWN]!r}."
        raise NotTabularError(msg)
    check_header(fields, name)
    return delimiter, tuple(fields), lines


def _from_frame(data: pd.DataFrame | pl.DataFrame) -> Source:
    """Turn every column of a frame into text, as a CSV file would hold it."""
    check_header([str(c) for c in data.columns], FRAME)
    frame = text_frame(data)
    written = frame.write_csv().encode()
    facts = Source(name=FRAME, digest=_hashing(written), size_bytes=len(written), header=())
    return _with_frame(facts, frame)


def _with_frame(
    facts: Source, frame: pl.DataFrame, header_lines: int = 0, notes: tuple[str, ...] = ()
) -> Source:
    return replace(
        facts, header=tuple(frame.columns), header_lines=header_lines, frame=frame, notes=notes
    )
