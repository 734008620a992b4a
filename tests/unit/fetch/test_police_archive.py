"""The archives of data.police.uk, of which only what is wanted comes over."""

from __future__ import annotations

import csv
import io
from datetime import date
from typing import TYPE_CHECKING, Any, Final

import pytest
from tests.portals import Fault, FaultSchedule, FaultScript, PortalServer
from tests.unit.fetch.hosts import STREET, Police

from hotspots.errors import FetchError, ParameterError
from hotspots.loaders.fetch import FetchLimits
from hotspots.loaders.fetch.client import PortalClient
from hotspots.loaders.fetch.contract import Page, Span, Tally, Window
from hotspots.loaders.fetch.police_archive import PoliceArchive
from hotspots.loaders.portals import Portal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.portals.faults import Faults
    from tests.portals.talk import Request

_ZONE: Final = "Europe/London"
_LIMITS: Final = FetchLimits(first_wait_seconds=0.001, longest_wait_seconds=0.01)
_QUARTER: Final = Span(since=date(2024, 1, 1), until=date(2024, 4, 1), zone=_ZONE)


def street(month: str, force: str, n: int) -> str:
    lines = [
        f'{"" if i % 3 else f"{force}-{i}"},{month},{force},{force},-1.5{i:04d},53.8,"On or near, '
        f'{i} ""Lane""",E0100,Leeds 001A,Burglary,,\n'
        for i in range(n)
    ]
    return STREET + "".join(lines)


@pytest.fixture
def police() -> Police:
    portal = Police()
    for month in portal.months:
        for n, force in enumerate(("kent", "west-yorkshire")):
            portal.files[month, force] = street(month, force, 40 + 7 * n)
    portal.archives = {"2024-02": [*portal.files][:4], "2024-03": [*portal.files]}
    return portal


@pytest.fixture
def ask(
    police: Police, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., tuple[PoliceArchive, PortalServer]]]:
    """Give a dialect and the server it asks."""
    open_now: list[Any] = []

    def make(area: object = None, faults: Faults | None = None) -> tuple[Any, PortalServer]:
        server = PortalServer(protocols=[police], faults=faults).__enter__()
        monkeypatch.setenv("SSL_CERT_FILE", str(server.ca_file))
        client = PortalClient(limits=_LIMITS, private_hosts=("localhost",)).__enter__()
        open_now.extend([server, client])
        portal = Portal(name="archive", protocol="police-archive", url=server.url)
        folder = tmp_path / "parts"
        dialect = PoliceArchive(client=client, portal=portal, zone=_ZONE, area=area, folder=folder)
        return dialect, server

    yield make
    for thing in reversed(open_now):
        thing.__exit__(None, None, None)


def taken(dialect: PoliceArchive, span: Span = _QUARTER) -> list[tuple[Window, Tally, Page]]:
    windows = dialect.windows(span)
    tallies = dialect.tallies(windows)
    pages = [list(dialect.pages(w, dialect.fields(), "")) for w in windows]
    assert all(len(p) == 1 and p[0].after == "" for p in pages)
    return [(w, t, p[0]) for w, t, p in zip(windows, tallies, pages, strict=True)]


def rows(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text)))


def test_every_row_of_every_force_comes_once_and_as_it_is(
    police: Police, ask: Callable[..., tuple[PoliceArchive, PortalServer]]
) -> None:
    dialect, _ = ask()
    got = taken(dialect)
    assert [w.name for w, _, _ in got] == [
        f"{m}_{f}" for m in police.months for f in sorted(police.forces)
    ]
    for window, tally, page in got:
        month, force = window.name.split("_")
        wanted = rows(police.files.get((month, force), STREET))[1:]
        assert rows(page.body.decode()) == wanted
        assert page.rows == len(wanted)
        assert page.keys == ()
        assert (tally.rows == 0) == (force == "greater-manchester")


def test_a_force_without_a_file_is_named(
    ask: Callable[..., tuple[PoliceArchive, PortalServer]],
) -> None:
    dialect, _ = ask(["greater-manchester", "kent"])
    notes = {w.name: t.note for w, t, _ in taken(dialect, _QUARTER)}
    assert "greater-manchester has no file for 2024-02" in notes["2024-02_greater-manchester"]
    assert notes["2024-02_kent"] == ""


def test_only_what_is_wanted_comes_over(
    police: Police, ask: Callable[..., tuple[PoliceArchive, PortalServer]]
) -> None:
    police.pad = 20 << 20
    dialect, server = ask("kent")
    assert sum(page.rows for _, _, page in taken(dialect)) == 120
    assert server.bytes_sent < 3 << 20


def test_months_come_from_the_newest_archive_that_has_them(
    police: Police, ask: Callable[..., tuple[PoliceArchive, PortalServer]]
) -> None:
    police.files["2020-06", "kent"] = street("2020-06", "kent", 3)
    police.archives["2023-04"] = [("2020-06", "kent")]
    police.files["2023-04", "kent"] = "not to be taken from there"
    dialect, server = ask("kent")
    span = Span(since=date(2020, 6, 1), until=date(2020, 7, 1), zone=_ZONE)
    (got,) = taken(dialect, span)
    assert got[2].rows == 3
    # 35 months after June 2020 is May 2023, which is not there.
    looked = [s.path[-11:-4] for s in server.seen if s.path.startswith("/data")]
    assert looked[:2] == ["2023-05", "2023-04"]


def test_the_mark_of_a_file_only_changes_with_the_file(
    police: Police, ask: Callable[..., tuple[PoliceArchive, PortalServer]]
) -> None:
    dialect, _ = ask("kent")
    before = dialect.tallies(dialect.windows(_QUARTER))
    police.months.append("2024-04")
    police.files["2024-04", "kent"] = street("2024-04", "kent", 9)
    police.files["2024-02", "kent"] = street("2024-02", "kent", 41)
    police.archives["2024-04"] = [*police.files]
    after = dialect.tallies(dialect.windows(_QUARTER))
    assert [a == b for a, b in zip(before, after, strict=True)] == [True, False, True]


def test_an_archive_that_changes_while_it_is_read_is_read_again(
    police: Police, ask: Callable[..., tuple[PoliceArchive, PortalServer]]
) -> None:
    police.pad = 3 << 20
    dialect, _ = ask("kent")
    windows = dialect.windows(_QUARTER)
    police.files["2024-01", "kent"] = street("2024-01", "kent", 99)
    (page,) = dialect.pages(windows[0], dialect.fields(), "")
    assert page.rows == 99


@pytest.mark.parametrize("etags", [True, False])
def test_a_change_between_two_parts_of_a_file_is_noticed(
    etags: bool,  # noqa: FBT001
    police: Police,
    ask: Callable[..., tuple[PoliceArchive, PortalServer]],
) -> None:
    police.etags = etags
    police.pad = 3 << 20
    old = [0]

    def change(request: Request) -> None:
        if "archive" in request.path and request.headers.get("Range", "") != "bytes=0-0":
            old[0] += 1
            if old[0] == 2:
                police.files["2024-01", "kent"] = street("2024-01", "kent", 400)

    police.hears = change
    dialect, _ = ask("kent")
    got = {w.name: page.rows for w, _, page in taken(dialect, _QUARTER)}
    assert got["2024-01_kent"] == 400


def test_where_ranges_are_ignored_the_archive_is_downloaded_once(
    police: Police, ask: Callable[..., tuple[PoliceArchive, PortalServer]], tmp_path: Path
) -> None:
    police.ranges = False
    police.pad = 2 << 20
    dialect, server = ask()
    assert sum(page.rows for _, _, page in taken(dialect)) == 3 * 40 + 3 * 47
    size = len(police.archive("2024-03"))
    asked = [s.headers.get("Range") for s in server.seen if s.path.startswith("/data")]
    assert asked.count(None) == 1
    assert asked.count("bytes=0-0") == 2
    assert (tmp_path / "parts" / "files" / "2024-03.zip").stat().st_size == size


@pytest.mark.parametrize("seed", range(8))
def test_every_row_comes_once_in_spite_of_faults(
    seed: int, police: Police, ask: Callable[..., tuple[PoliceArchive, PortalServer]]
) -> None:
    police.pad = 1 << 20
    dialect, _ = ask(None, FaultSchedule(seed, rate=0.3, last=30))
    for window, _, page in taken(dialect):
        month, force = window.name.split("_")
        wanted = rows(police.files.get((month, force), STREET))[1:]
        assert rows(page.body.decode()) == wanted


def test_an_answer_that_never_comes_whole_is_an_error(
    ask: Callable[..., tuple[PoliceArchive, PortalServer]],
) -> None:
    faults = FaultScript(then=Fault(kind="short_body", share=0.5), paths="/data/")
    dialect, _ = ask("kent", faults)
    with pytest.raises(FetchError, match="no usable answer in 8 tries"):
        dialect.windows(_QUARTER)


@pytest.mark.parametrize(
    ("area", "reason"),
    [
        ("nowhere", "No force is called 'nowhere'"),
        ((-2.0, 53.0, -1.0, 54.0), "is no force"),
        ("West Yorkshire", "is no force"),
        ([], "is no force"),
    ],
)
def test_what_is_no_force_is_refused(
    area: object, reason: str, ask: Callable[..., tuple[PoliceArchive, PortalServer]]
) -> None:
    dialect, _ = ask(area)
    with pytest.raises(ParameterError, match=reason):
        dialect.windows(_QUARTER)


def test_a_part_of_a_month_is_refused(
    ask: Callable[..., tuple[PoliceArchive, PortalServer]],
) -> None:
    dialect, _ = ask("kent")
    with pytest.raises(ParameterError, match="whole months"):
        dialect.windows(Span(since=date(2024, 1, 15), until=None, zone=_ZONE))
    with pytest.raises(ParameterError, match="Nothing is published"):
        dialect.windows(Span(since=date(2024, 5, 1), until=None, zone=_ZONE))


def test_without_any_archive_nothing_is_given(
    police: Police, ask: Callable[..., tuple[PoliceArchive, PortalServer]]
) -> None:
    police.archives.clear()
    dialect, _ = ask("kent")
    with pytest.raises(FetchError, match="No archive"):
        dialect.windows(_QUARTER)


def test_a_month_that_is_in_no_archive_yet_is_named(
    police: Police, ask: Callable[..., tuple[PoliceArchive, PortalServer]]
) -> None:
    police.months.append("2024-04")
    dialect, _ = ask("kent")
    last = taken(dialect, Span(since=date(2024, 3, 1), until=None, zone=_ZONE))[-1]
    assert last[0].name == "2024-04_kent"
    assert "No archive holds 2024-04 yet" in last[1].note


def test_a_file_with_other_columns_is_an_error_and_a_new_column_is_named(
    police: Police, ask: Callable[..., tuple[PoliceArchive, PortalServer]]
) -> None:
    dialect, _ = ask("kent")
    police.files["2024-01", "kent"] = STREET.replace("Longitude", "Easting")
    police.files["2024-02", "kent"] = STREET.replace("Context", "Context,Suspect") + "," * 12 + "\n"
    windows = dialect.windows(_QUARTER)
    with pytest.raises(FetchError, match="no column 'Longitude'"):
        list(dialect.pages(windows[0], dialect.fields(), ""))
    (page,) = dialect.pages(windows[1], dialect.fields(), "")
    assert page.left_out == ("Suspect",)


def test_parts_come_through_a_redirect_to_where_the_archives_lie(
    police: Police, ask: Callable[..., tuple[PoliceArchive, PortalServer]]
) -> None:
    police.pad = 2 << 20
    moved = Fault(kind="redirect", to="absolute", status=302)
    dialect, server = ask("kent", FaultScript(then=moved, paths="^/data/"))
    assert sum(page.rows for _, _, page in taken(dialect)) == 120
    sent = [s.status for s in server.seen if s.path.startswith("/data/")]
    assert sent == [302, 206] * (len(sent) // 2)
