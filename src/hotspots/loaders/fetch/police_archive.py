"""The archives of data.police.uk: of each, only the files of the forces and months asked for."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from typing import IO, TYPE_CHECKING, Final, cast

import polars as pl

from hotspots.errors import AnswerError, FetchError, HotspotsError, ParameterError
from hotspots.files import make_folder
from hotspots.loaders.archives import check_archive
from hotspots.loaders.encoding import as_utf8
from hotspots.loaders.fetch.contract import Page, Tally, Window
from hotspots.loaders.fetch.download import FILES, download
from hotspots.loaders.fetch.police import (
    check_forces,
    force_names,
    is_force,
    moved,
    published_months,
    wanted_months,
)
from hotspots.loaders.fetch.remote_file import FileChangedError, RemoteFile, look_at

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from hotspots.loaders.fetch.client import PortalClient
    from hotspots.loaders.fetch.contract import Span
    from hotspots.loaders.fetch.remote_file import Version
    from hotspots.loaders.portals import Portal

#: The columns of a street file.
_COLUMNS: Final = (
    "Crime ID", "Month", "Reported by", "Falls within", "Longitude", "Latitude", "Location",
    "LSOA code", "LSOA name", "Crime type", "Last outcome category", "Context",
)  # fmt: skip
_MEMBER: Final = re.compile(r"(?:.*/)?(\d{4}-\d{2})-([a-z-]+)-street\.csv")
#: An archive holds its own month and so many before it; those before 2017 hold all months.
_MONTHS_BEFORE: Final = 35
_FIRST_MONTH: Final = date(2010, 12, 1)
_BROKEN: Final = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Archive:
    """One archive that was looked into: what is in it, by month and force."""

    url: str
    version: Version
    members: dict[tuple[str, str], zipfile.ZipInfo]
    place: RemoteFile | Path
    # One that is read in places stays open: its list of members is long.
    opened: list[zipfile.ZipFile] = field(default_factory=list)

    @contextmanager
    def open(self) -> Iterator[zipfile.ZipFile]:
        """Open it."""
        if not isinstance(self.place, RemoteFile):
            with zipfile.ZipFile(self.place) as opened:
                yield opened
            return
        if not self.opened:
            self.opened.append(zipfile.ZipFile(cast("IO[bytes]", self.place)))
        yield self.opened[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class PoliceArchive:
    """Street-level crimes from the monthly archives of data.police.uk.

    A month is taken from the newest archive that holds it, a force at a time. Only these files come
    over, where the portal gives parts of a file; otherwise the archive is downloaded whole.

    Attributes
    ----------
    client : PortalClient
        What asks.
    portal : Portal
        ``url`` is the portal's root.
    zone : str
        IANA zone of the feed.
    folder : pathlib.Path
        Where an archive is kept that can only be had whole.
    area : str, sequence of str, or None
        One or more forces, such as ``"west-yorkshire"``; None: all of them.
    """

    client: PortalClient
    portal: Portal
    zone: str
    folder: Path
    area: object = None
    # What was read of archives; each is looked at again before it is believed.
    _seen: dict[str, _Archive] = field(default_factory=dict, repr=False, compare=False)

    def fields(self) -> tuple[str, ...]:
        """Name the columns of a street file.

        Returns
        -------
        tuple of str
            Their names.
        """
        return _COLUMNS

    def always(self) -> tuple[str, ...]:
        """Name no column: nothing tells two of these rows apart.

        Returns
        -------
        tuple of str
            None; identical rows are separate crimes.
        """
        return ()

    def windows(self, span: Span) -> tuple[Window, ...]:
        """Cut a span into months, and each month into forces.

        Parameters
        ----------
        span : Span
            The days that are asked for: whole months.

        Returns
        -------
        tuple of Window
            One for each month and force, also where the force gave no file.

        Raises
        ------
        ParameterError
            If the area is no force, or the span no whole months.
        FetchError
            If no archive has them.
        """
        asked = _forces(self.area)
        published = published_months(self.client, self.portal.url)
        first = max(self.portal.first_day, _FIRST_MONTH)
        months = wanted_months(span, first, published[-1])
        looked: dict[str, _Archive | None] = {}
        homes = {m: self._home(f"{m:%Y-%m}", m, published[-1], looked) for m in months}
        known = force_names(self.client, self.portal.url)
        for archive in looked.values():
            known |= {force: force for _, force in archive.members} if archive else {}
        check_forces(asked, known)
        if not any(homes.values()):
            msg = (
                f"No archive at {self.portal.url}/data/archive/ holds {months[0]:%Y-%m} to "
                f"{months[-1]:%Y-%m}. Look up there what it has."
            )
            raise FetchError(msg)
        return tuple(
            Window(
                name=f"{month:%Y-%m}_{force}",
                since=month,
                until=moved(month, 1),
                source=f"{home}/{month:%Y-%m}/{force}",
            )
            for month, home in homes.items()
            for force in asked or sorted(known)
        )

    def tallies(self, windows: Sequence[Window]) -> tuple[Tally, ...]:
        """Look up the checksum of each file, which is its mark; how many rows it has is not said.

        Parameters
        ----------
        windows : sequence of Window
            The windows.

        Returns
        -------
        tuple of Tally
            One for each; no rows, and a note, where a force gave no file for a month.
        """
        looked: dict[str, _Archive | None] = {}
        return tuple(self._tally(window, looked) for window in windows)

    def pages(self, window: Window, columns: tuple[str, ...], after: str) -> Iterator[Page]:  # noqa: ARG002
        """Give the one page of a window.

        Parameters
        ----------
        window : Window
            The window.
        columns : tuple of str
            The columns.
        after : str
            Where to begin: there is no place but the beginning.

        Yields
        ------
        Page
            All rows of a month and a force.

        Raises
        ------
        FetchError
            If the file cannot be had, or has other columns.
        """
        home, month, force = window.source.split("/")
        for _ in range(self.client.limits.attempts):
            # Every part that is read is compared with the version that was looked at.
            archive = self._seen.get(home) or self._look(home, {})
            info = archive.members.get((month, force)) if archive else None
            if archive is None or info is None or not info.file_size:
                yield Page(body=b"", rows=0, keys=(), after="")
                return
            try:
                content = self._member(archive, info)
            except FileChangedError:
                self._seen.pop(home, None)
                continue
            yield _page(content, f"{archive.url}: {info.filename}", columns)
            return
        msg = f"{self._url(home)} changes faster than it can be read. Try again later."
        raise FetchError(msg)

    def _url(self, home: str) -> str:
        return f"{self.portal.url}/data/archive/{home}.zip"

    def _home(self, month: str, day: date, latest: date, looked: dict[str, _Archive | None]) -> str:
        """Find the newest archive that holds a month; empty where none does."""
        due = min(moved(day, _MONTHS_BEFORE), latest)
        while due >= day:
            home = f"{due:%Y-%m}"
            archive = self._look(home, looked)
            if archive and any(of == month for of, _ in archive.members):
                return home
            due = moved(due, -1)
        return ""

    def _tally(self, window: Window, looked: dict[str, _Archive | None]) -> Tally:
        home, month, force = window.source.split("/")
        archive = self._look(home, looked) if home else None
        if archive is None:
            note = f"No archive holds {month} yet. Empty there does not mean that nothing happened."
            return Tally(rows=0, mark="none", note=note)
        info = archive.members.get((month, force))
        if info is None or not info.file_size:
            note = (
                f"{force} has no file for {month}: it gave nothing, or not in time. Empty there "
                "does not mean that nothing happened."
            )
            return Tally(rows=0, mark="none", note=note)
        return Tally(rows=None, mark=f"{info.CRC:08x}-{info.file_size}")

    def _look(self, home: str, looked: dict[str, _Archive | None]) -> _Archive | None:
        """Give an archive as it is now, looking once for each ``looked``; None: there is none."""
        if home not in looked:
            looked[home] = self._as_it_is(home)
        return looked[home]

    def _as_it_is(self, home: str) -> _Archive | None:
        url = self._url(home)
        for _ in range(self.client.limits.attempts):
            version = look_at(self.client, url)
            if version is None:
                return None
            seen = self._seen.get(home)
            if seen is not None and seen.version == version:
                return seen
            try:
                archive = self.client.patiently(url, partial(self._listed, home, version))
            except FileChangedError:
                continue
            self._seen[home] = archive
            return archive
        msg = f"{url} changes faster than it can be read. Try again later."
        raise FetchError(msg)

    def _listed(self, home: str, version: Version) -> _Archive:
        """Read the list of an archive's members."""
        url = self._url(home)
        place = (
            RemoteFile(self.client, url, version)
            if version.ranged
            else download(self.client, url, self._place(home)).path
        )
        archive = _Archive(url=url, version=version, members={}, place=place)
        try:
            with archive.open() as opened:
                check_archive(opened, max(version.length, 0), url)
                for info in opened.infolist():
                    found = _MEMBER.fullmatch(info.filename)
                    if found:
                        archive.members[found[1], found[2]] = info
        except _BROKEN as fault:
            _raise_own(fault)
            msg = f"It is a broken zip archive ({fault})."
            raise AnswerError(msg) from fault
        return archive

    def _place(self, home: str) -> Path:
        make_folder(self.folder / FILES)
        return self.folder / FILES / f"{home}.zip"

    def _member(self, archive: _Archive, info: zipfile.ZipInfo) -> bytes:
        """Unpack one file of an archive, by its checksum the right one."""
        limit = self.client.limits.max_answer_bytes
        if info.file_size > limit:
            msg = (
                f"{archive.url}: {info.filename} has {info.file_size:,} bytes, more than "
                f"max_answer_bytes={limit:,}. Allow more with FetchLimits."
            )
            raise FetchError(msg)

        def once() -> bytes:
            try:
                with archive.open() as opened:
                    return opened.read(info.filename)
            except (*_BROKEN, KeyError, RuntimeError) as fault:
                _raise_own(fault)
                if isinstance(archive.place, RemoteFile):
                    archive.place.forget()
                msg = f"{info.filename} came damaged ({fault})."
                raise AnswerError(msg) from fault

        return self.client.patiently(archive.url, once)


def _raise_own(fault: BaseException) -> None:
    """Raise what was really wrong: zipfile takes every error of reading for a broken archive."""
    cause: BaseException | None = fault
    while cause is not None:
        if isinstance(cause, HotspotsError):
            raise cause
        cause = cause.__cause__ or cause.__context__


def _forces(area: object) -> tuple[str, ...]:
    """Read which forces are asked for; none: all."""
    given = (area,) if isinstance(area, str) else area
    if given is None:
        return ()
    if (
        isinstance(given, list | tuple)
        and given
        and all(isinstance(force, str) and is_force(force) for force in given)
    ):
        return tuple(dict.fromkeys(given))
    msg = (
        f"area={area!r} is no force. The archive is asked for forces, such as "
        "area='west-yorkshire', or for all: area=None. For polygons name the portal of the "
        "interface, or choose with select_incidents(area=...) afterwards."
    )
    raise ParameterError(msg)


def _page(content: bytes, name: str, columns: tuple[str, ...]) -> Page:
    """Make a page of a street file."""
    text, _, _ = as_utf8(content, name)
    try:
        frame = pl.read_csv(io.BytesIO(text), infer_schema=False)
    except pl.exceptions.PolarsError as fault:
        msg = f"{name} is no table ({str(fault).splitlines()[0]})."
        raise FetchError(msg) from fault
    gone = [column for column in columns if column not in frame.columns]
    if gone:
        msg = f"{name} has no column {', '.join(map(repr, gone))}. It has {frame.columns}."
        raise FetchError(msg)
    body = frame.select(columns).write_csv(include_header=False).encode()
    extra = tuple(column for column in frame.columns if column not in _COLUMNS)
    return Page(body=body, rows=frame.height, keys=(), after="", left_out=extra)
