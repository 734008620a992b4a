"""From a file or a frame to text with a header: bytes, gzip, encoding, delimiter."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import re
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pandas as pd
import polars as pl
from charset_normalizer import from_bytes

from hotspots.errors import (
    EmptyInputError,
    InputDataError,
    NotTabularError,
    ParameterError,
)
from hotspots.loaders.frames import refuse_duplicates, text_frame

#: What messages call a table that is no file.
FRAME: Final = "the DataFrame"

_ARCHIVES: Final = {
    b"PK\x03\x04": "a zip archive (or an Excel workbook)",
    b"PAR1": "a Parquet file",
    b"%PDF": "a PDF",
    b"SQLite": "a SQLite or GeoPackage file",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
}
_DELIMITERS: Final = ",;\t|"
#: A gzip file may hold this many times its size once it is above the smallest limit.
_MAX_GZIP_RATIO: Final = 200
_ALWAYS_ALLOWED_BYTES: Final = 100_000_000
#: Encodings of exports from offices of the countries whose feeds are read here.
_ENCODINGS: Final = ("cp1252", "cp1250", "cp1251", "mac_roman", "cp437", "cp850")
_REPLACED: Final = "\ufffd"
_SHOWN: Final = 200
#: A header ends within so many bytes.
_HEAD: Final = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A table as text, with its header read and nothing else.

    Attributes
    ----------
    name : str
        Base name of the file, or ``"the DataFrame"``.
    sha256, size_bytes : str, int
        Of the file as it lies on the disk.
    encoding, delimiter : str
        As found; empty for a frame.
    header : tuple of str
        Column names, as written.
    header_lines : int
        Lines before the first row.
    content : bytes
        The text, header included, as UTF-8 without a byte order mark; empty for a frame.
    frame : polars.DataFrame or None
        The table when a frame was handed in, all text.
    undecodable : bool
        Whether ``content`` holds marks for bytes that could not be decoded.
    notes : tuple of str
        What was done to read it.
    """

    name: str
    sha256: str
    size_bytes: int
    encoding: str
    delimiter: str
    header: tuple[str, ...]
    header_lines: int = 0
    content: bytes = b""
    frame: pl.DataFrame | None = None
    undecodable: bool = False
    notes: tuple[str, ...] = ()


def open_source(
    data: str | Path | pd.DataFrame | pl.DataFrame,
) -> Source:
    """Open a file or a frame and read its header.

    Parameters
    ----------
    data : str, pathlib.Path, pandas.DataFrame or polars.DataFrame
        A CSV file, gzip or not, or a table.

    Returns
    -------
    Source
        The text and its header.

    Raises
    ------
    ParameterError
        If ``data`` is an address on the network or not a file or frame at all.
    EmptyInputError
        If the file is empty.
    NotTabularError
        If the file is a web page, JSON, an archive or another thing that is not a table.
    InputDataError
        If the file is missing, cannot be read, or is a broken gzip file.
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
    sha256 = hashlib.sha256(raw).hexdigest()
    size, name = len(raw), path.name
    if raw[:2] == b"\x1f\x8b":
        raw = _gunzip(raw, name)
    _refuse_archives(raw, name)
    content, encoding, notes = _as_utf8(raw, name)
    # Blank lines at the end are no rows; what follows the last row is cut off only if there is any.
    if content.endswith((b"\n\n", b"\r\r", b"\n\r\n")) or not content.strip():
        content = content.rstrip()
    if not content:
        msg = f"{name} is empty. Export or download it again."
        raise EmptyInputError(msg)
    _refuse_messages(content, name)
    delimiter, header, header_lines = _header(content, name)
    return Source(
        name=name,
        sha256=sha256,
        size_bytes=size,
        encoding=encoding,
        delimiter=delimiter,
        header=header,
        header_lines=header_lines,
        content=content,
        undecodable=any("could not be decoded" in note for note in notes),
        notes=notes,
    )


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
    limit = max(_ALWAYS_ALLOWED_BYTES, _MAX_GZIP_RATIO * len(raw))
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(raw)) as stream:
            content = stream.read(limit + 1)
    except (OSError, EOFError, zlib.error) as error:
        msg = f"{name} is a broken or cut-off gzip file ({error}). Download it again."
        raise InputDataError(msg) from error
    if len(content) > limit:
        msg = f"{name} inflates to more than {limit:,} bytes. Inflate it yourself if you trust it."
        raise InputDataError(msg)
    return content


def _as_utf8(raw: bytes, name: str) -> tuple[bytes, str, tuple[str, ...]]:
    """Decode whatever the encoding is; say what was found."""
    for mark, encoding in ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")):
        if raw.startswith(mark):
            return _from_utf16(raw[2:], encoding, name)
    if raw.startswith(b"\xef\xbb\xbf"):
        content, encoding, notes = _as_utf8(raw[3:], name)
        return content, f"{encoding} with byte order mark", notes
    nuls = raw.count(0)
    if nuls > len(raw) // 4:
        first, second = raw[0::2].count(0), raw[1::2].count(0)
        if min(first, second) > nuls // 10:
            msg = f"{name} consists mostly of zero bytes. Download it again."
            raise NotTabularError(msg)
        return _from_utf16(raw, "utf-16-le" if second > first else "utf-16-be", name)
    removed = (f"{nuls:,} zero bytes were removed",) if nuls else ()
    raw = raw.replace(b"\0", b"") if nuls else raw
    if raw.isascii() or _is_utf8(raw):
        return raw, "utf-8", removed
    content, encoding, note = _from_8_bit(raw)
    return content, encoding, (*removed, *note)


def _from_utf16(raw: bytes, encoding: str, name: str) -> tuple[bytes, str, tuple[str, ...]]:
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError as error:
        msg = f"{name} begins like {encoding} but is not ({error}). Save it as UTF-8."
        raise InputDataError(msg) from error
    return text.encode(), encoding, (f"decoded from {encoding}",)


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True


def _from_8_bit(raw: bytes) -> tuple[bytes, str, tuple[str, ...]]:
    """Decode text that is not valid UTF-8: most lines UTF-8 with a few broken, or a code page."""
    telling = [line for line in raw.split(b"\n") if not line.isascii()]
    broken = sum(not _is_utf8(line) for line in telling)
    encoding = "utf-8"
    if broken * 2 >= len(telling):
        sample = b"\n".join(telling[:2000])
        best = from_bytes(sample, cp_isolation=list(_ENCODINGS)).best()
        # Many code pages give the same text; the commonest of them is the one to name.
        encoding = "cp1252"
        if best is not None and "cp1252" not in (best.encoding, *best.could_be_from_charset):
            encoding = best.encoding
    text = raw.decode(encoding, errors="replace")
    notes = () if encoding == "utf-8" else (f"decoded from {encoding}",)
    if _REPLACED in text:
        notes = (*notes, "some bytes could not be decoded: their rows are rejected")
    return text.encode(), encoding, notes


def _refuse_archives(raw: bytes, name: str) -> None:
    for magic, what in _ARCHIVES.items():
        if raw.startswith(magic):
            msg = f"{name} is {what}, not a CSV file. Take the CSV file out of it."
            raise NotTabularError(msg)


def _refuse_messages(content: bytes, name: str) -> None:
    """Refuse what a portal answers instead of a table, and show how it begins."""
    start = content[: 4 * _SHOWN].decode(errors="replace")[:_SHOWN]
    what = {"<": "a web page (HTML or XML)", "{": "JSON", "[": "JSON"}.get(start.lstrip()[:1])
    if what:
        msg = f"{name} is {what}, not a CSV file. Download it again. It begins: {start!r}."
        raise NotTabularError(msg)


def _header(content: bytes, name: str) -> tuple[str, tuple[str, ...], int]:
    """Find the delimiter that cuts the header into the most columns, and read the header."""
    head = content[:_HEAD].decode(errors="ignore")
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
    refuse_duplicates(fields, name)
    return delimiter, tuple(fields), lines


def _from_frame(data: pd.DataFrame | pl.DataFrame) -> Source:
    """Turn every column of a frame into text, as a CSV file would hold it."""
    refuse_duplicates([str(c) for c in data.columns], FRAME)
    frame = text_frame(data)
    written = frame.write_csv().encode()
    return Source(
        name=FRAME,
        sha256=hashlib.sha256(written).hexdigest(),
        size_bytes=len(written),
        encoding="",
        delimiter="",
        header=tuple(frame.columns),
        frame=frame,
    )
