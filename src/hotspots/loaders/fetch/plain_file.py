"""A file that is downloaded as it is: CSV, alone or in a zip or gzip, one or one for each year."""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import zipfile
import zlib
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import chain
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from hotspots.errors import FetchError, HotspotsError, ParameterError
from hotspots.files import make_folder
from hotspots.loaders.archives import ALWAYS_ALLOWED_BYTES, MAX_RATIO, check_archive
from hotspots.loaders.fetch.contract import Page, Tally, Window
from hotspots.loaders.fetch.download import FILES, download
from hotspots.loaders.fetch.remote_file import look_at

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from hotspots.loaders.fetch.client import PortalClient
    from hotspots.loaders.fetch.contract import Span
    from hotspots.loaders.fetch.download import Download
    from hotspots.loaders.portals import Portal

_YEAR: Final = "{year}"
_TABLES: Final = (".csv", ".tsv", ".txt")
_DELIMITERS: Final = ",;\t|"
_PAGE_CHARACTERS: Final = 8 << 20
_BROKEN: Final = (zipfile.BadZipFile, zlib.error, EOFError, gzip.BadGzipFile, NotImplementedError)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainFile:
    """A file at an address, or one for each year where ``{year}`` stands in it.

    Attributes
    ----------
    client : PortalClient
        What asks.
    portal : Portal
        ``url`` is the file; ``dataset`` names the one that is meant in a zip with several.
    zone : str
        IANA zone of the feed.
    folder : pathlib.Path
        Where the files are kept, so that one which has not changed is not fetched again.
    page_characters : int
        How long a page is, about.
    """

    client: PortalClient
    portal: Portal
    zone: str
    folder: Path
    page_characters: int = _PAGE_CHARACTERS
    # A portal without ETags sends the file again for every look at its header.
    _header: list[str] = field(default_factory=list, repr=False, compare=False)

    def fields(self) -> tuple[str, ...]:
        """Name the columns of the file, of the newest where there is one for each year.

        Returns
        -------
        tuple of str
            Its header.

        Raises
        ------
        FetchError
            If there is no such file, or no header in it.
        """
        if self._header:
            return tuple(self._header)
        for window in reversed(self._all_windows()):
            found = self._fetched(window)
            if found is not None:
                with self._records(found.path, window) as (header, _, _):
                    self._header.extend(header)
                return tuple(header)
        msg = f"There is no file at {self.portal.url}."
        raise FetchError(msg)

    def always(self) -> tuple[str, ...]:
        """Name all columns: the rows are taken as they are, also those of the wrong length.

        Returns
        -------
        tuple of str
            The header.
        """
        return self.fields()

    def windows(self, span: Span) -> tuple[Window, ...]:
        """Give the one window of a file, or one for each year that is asked for.

        Parameters
        ----------
        span : Span
            The days that are asked for; nobody cuts a file.

        Returns
        -------
        tuple of Window
            Oldest first.

        Raises
        ------
        ParameterError
            If the span cuts a file.
        """
        windows = [
            w
            for w in self._all_windows()
            if (span.since is None or w.until is None or w.until > span.since)
            and (span.until is None or w.since is None or w.since < span.until)
        ]
        cut = [
            w
            for w in windows
            if (span.since is not None and (w.since is None or w.since < span.since))
            or (span.until is not None and (w.until is None or w.until > span.until))
        ]
        if cut or not windows:
            what = "whole years" if _YEAR in self.portal.url else "all of it"
            msg = (
                f"{self.portal.name!r} is a file, which can only be fetched whole: ask for {what}, "
                "and select the days when it is read."
            )
            raise ParameterError(msg)
        return tuple(windows)

    def tallies(self, windows: Sequence[Window]) -> tuple[Tally, ...]:
        """Bring the files up to date; their digests are the marks.

        Parameters
        ----------
        windows : sequence of Window
            The windows.

        Returns
        -------
        tuple of Tally
            One for each; no rows, and a note, where this year's file is not there yet.
        """
        return tuple(self._tally(window) for window in windows)

    def pages(self, window: Window, columns: tuple[str, ...], after: str) -> Iterator[Page]:
        """Give the pages of a file.

        Parameters
        ----------
        window : Window
            The window.
        columns : tuple of str
            The columns.
        after : str
            How many rows were taken before.

        Yields
        ------
        Page
            Rows as they are in the file; written anew where it has other columns, or another
            separator.

        Raises
        ------
        FetchError
            If the file cannot be read, or lacks columns.
        """
        path = self._place(window)
        if not path.exists() and self._fetched(window) is None:
            yield Page(body=b"", rows=0, keys=(), after="")
            return
        with self._records(path, window) as (header, delimiter, records):
            taken, skipped = 0, int(after or 0)
            extra = tuple(name for name in header if name not in columns)
            lines: list[str] = []
            size = rows = 0
            for line in _lines(header, delimiter, records, columns, self._url(window)):
                taken += 1
                if taken <= skipped:
                    continue
                if size >= self.page_characters:
                    body = "".join(lines).encode()
                    yield Page(body=body, rows=rows, keys=(), after=str(taken - 1), left_out=extra)
                    lines, size, rows = [], 0, 0
                lines.append(line)
                size += len(line)
                rows += 1
            body = "".join(lines).encode()
            yield Page(body=body, rows=rows, keys=(), after="", left_out=extra)

    def _url(self, window: Window) -> str:
        return self.portal.url.replace(_YEAR, window.source)

    def _place(self, window: Window) -> Path:
        return self.folder / FILES / f"{window.name}.download"

    def _all_windows(self) -> list[Window]:
        """Give the window of each file that there may be."""
        first, last = self.portal.first_day, self.portal.last_day
        if _YEAR not in self.portal.url:
            since = None if first == date.min else first
            until = None if last == date.max else date.fromordinal(last.toordinal() + 1)
            return [Window(name="all", since=since, until=until)]
        if first == date.min:
            msg = f"The portal {self.portal.name!r} has {_YEAR} in its address and no first_day."
            raise ParameterError(msg)
        newest = min(last.year, datetime.now(ZoneInfo(self.zone or "UTC")).year)
        return [
            Window(name=str(y), since=date(y, 1, 1), until=date(y + 1, 1, 1), source=str(y))
            for y in range(first.year, newest + 1)
        ]

    def _fetched(self, window: Window) -> Download | None:
        """Bring the file of a window up to date; None: the one of this year is not there yet."""
        make_folder(self.folder / FILES)
        this_year = datetime.now(ZoneInfo(self.zone or "UTC")).year
        url = self._url(window)
        if window.source == str(this_year) and look_at(self.client, url) is None:
            return None
        return download(self.client, url, self._place(window))

    def _tally(self, window: Window) -> Tally:
        found = self._fetched(window)
        if found is None:
            note = f"There is no file for {window.source} yet."
            return Tally(rows=0, mark="none", note=note)
        return Tally(rows=None, mark=found.sha256)

    @contextmanager
    def _records(
        self, path: Path, window: Window
    ) -> Iterator[tuple[list[str], str, Iterator[tuple[list[str], str]]]]:
        """Open a file as its header, its separator, and its records with their lines."""
        name = self._url(window)
        with _text_of(path, name, self.portal) as text:
            lines = _whole_lines(text, name)
            first = next(lines, "")
            # A header has its own separator most often, whatever the texts below it have.
            delimiter = max(_DELIMITERS, key=first.count)
            records = _split(chain((first,), lines), delimiter, name)
            header, _ = next(records, ([], ""))
            if not header or not any(header):
                msg = f"{name} has no header."
                raise FetchError(msg)
            yield header, delimiter, records


def _whole_lines(text: io.TextIOWrapper, name: str) -> Iterator[str]:
    """Give the lines of a file as long as it is what it should be."""
    number = 0
    try:
        for number, line in enumerate(text, start=1):  # noqa: B007 - a message names it
            yield line
    except UnicodeDecodeError as fault:
        wrong = fault.object[fault.start : fault.start + 1]
        msg = (
            f"{name} is not {fault.encoding}: after line {number:,} there is {wrong!r}. Give the "
            "portal its encoding, such as 'cp1252'."
        )
        raise FetchError(msg) from fault
    except _BROKEN as fault:
        msg = f"{name} is damaged ({fault}). Nothing of it is taken."
        raise FetchError(msg) from fault


def _split(lines: Iterator[str], delimiter: str, name: str) -> Iterator[tuple[list[str], str]]:
    """Split lines into records, and give with each the lines that it came from."""
    own: list[str] = []

    def noted() -> Iterator[str]:
        for line in lines:
            own.append(line)
            yield line

    reader = csv.reader(noted(), delimiter=delimiter)
    try:
        for record in reader:
            if record:
                yield record, "".join(own)
            own.clear()
    except csv.Error as fault:
        msg = f"{name} is no CSV near line {reader.line_num:,} ({fault})."
        raise FetchError(msg) from fault


def _lines(
    header: list[str],
    delimiter: str,
    records: Iterator[tuple[list[str], str]],
    columns: tuple[str, ...],
    name: str,
) -> Iterator[str]:
    """Give each row as one record of CSV with the columns: as it is where that is what it is."""
    gone = [column for column in columns if column not in header]
    if gone:
        msg = f"{name} has no column {', '.join(map(repr, gone))}. It has {header}."
        raise FetchError(msg)
    if list(columns) == header and delimiter == ",":
        for _, line in records:
            yield line.removesuffix("\n").removesuffix("\r") + "\n"
        return
    places = None if list(columns) == header else [header.index(column) for column in columns]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    for number, (record, _) in enumerate(records, start=1):
        if places is not None and len(record) != len(header):
            msg = f"{name} has {len(record)} fields in row {number:,}, and {len(header)} columns."
            raise FetchError(msg)
        writer.writerow(record if places is None else [record[place] for place in places])
        yield out.getvalue()
        out.seek(0)
        out.truncate()


@contextmanager
def _text_of(path: Path, name: str, portal: Portal) -> Iterator[io.TextIOWrapper]:
    """Open a file as text, out of its zip or gzip."""
    encoding = portal.encoding or "utf-8"
    try:
        utf8 = codecs.lookup(encoding).name == "utf-8"
    except LookupError as fault:
        msg = f"The portal {portal.name!r} has the encoding {encoding!r}, which nobody knows."
        raise ParameterError(msg) from fault
    with path.open("rb") as file:
        begins = file.read(2)
    limit = max(ALWAYS_ALLOWED_BYTES, MAX_RATIO * path.stat().st_size)
    try:
        with _opened(path, begins, name, portal.dataset) as raw:
            limited = io.BufferedReader(_Limited(raw, limit, name))
            with io.TextIOWrapper(
                limited, encoding="utf-8-sig" if utf8 else encoding, newline=""
            ) as text:
                yield text
    except HotspotsError:
        raise
    except _BROKEN as fault:
        msg = f"{name} is damaged ({fault}). Nothing of it is taken."
        raise FetchError(msg) from fault


@contextmanager
def _opened(path: Path, begins: bytes, name: str, member: str) -> Iterator[io.BufferedIOBase]:
    if begins == b"\x1f\x8b":
        with gzip.open(path) as unpacked:
            yield unpacked
    elif begins == b"PK":
        with zipfile.ZipFile(path) as archive:
            check_archive(archive, path.stat().st_size, name)
            with archive.open(_member(archive, name, member)) as unpacked:
                yield unpacked  # type: ignore[misc]
    else:
        with path.open("rb") as plain:
            yield plain


def _member(archive: zipfile.ZipFile, name: str, wanted: str) -> str:
    """Choose the one table of an archive, or the one that was named."""
    members = [i.filename for i in archive.infolist() if not i.is_dir()]
    found = [m for m in members if wanted and wanted in (m, PurePosixPath(m).name)] or [
        m for m in members if not wanted and m.casefold().endswith(_TABLES) and "__MACOSX" not in m
    ]
    if len(found) != 1:
        what = f"no member {wanted!r}" if wanted else f"{len(found)} tables"
        msg = f"{name} holds {what}. It has: {', '.join(members[:10]) or 'nothing'}."
        raise FetchError(msg)
    return found[0]


class _Limited(io.RawIOBase):
    """Bytes that end with an error when there are too many of them."""

    def __init__(self, raw: io.BufferedIOBase, limit: int, name: str) -> None:
        super().__init__()
        self._raw = raw
        self._left = limit
        self._name = name

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        piece = self._raw.read(len(buffer))
        self._left -= len(piece)
        if self._left < 0:
            msg = f"{self._name} unpacks to too many bytes. Download it, and look what it is."
            raise FetchError(msg)
        buffer[: len(piece)] = piece
        return len(piece)
