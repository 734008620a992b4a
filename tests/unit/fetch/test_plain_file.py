"""Files that are downloaded as they are."""

from __future__ import annotations

import csv
import gzip
import io
import zipfile
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, Final

import pytest
from tests.portals import Fault, FaultSchedule, PortalServer, synthetic_rows
from tests.portals import Files as Published
from tests.unit.fetch.hosts import Files

from hotspots.errors import FetchError, ParameterError
from hotspots.loaders.fetch import FetchLimits
from hotspots.loaders.fetch.client import PortalClient
from hotspots.loaders.fetch.contract import Page, Span
from hotspots.loaders.fetch.plain_file import PlainFile
from hotspots.loaders.portals import Portal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.portals.faults import Faults
    from tests.portals.talk import Speaks

_LIMITS: Final = FetchLimits(first_wait_seconds=0.001, longest_wait_seconds=0.01)
_ALL: Final = Span(since=None, until=None, zone="UTC")
_TEXT: Final = 'id,what,where\n1,"THEFT, ""A""",\n2,"ROB\r\nBERY",\u00c9cole\n3,,x\n'


@pytest.fixture
def ask(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., tuple[PlainFile, PortalServer]]]:
    open_now: list[Any] = []

    def make(
        host: Speaks,
        *,
        name: str = "a.csv",
        faults: Faults | None = None,
        page_characters: int = 1 << 20,
        **portal: Any,  # noqa: ANN401
    ) -> tuple[PlainFile, PortalServer]:
        server = PortalServer(
            protocols=[host], faults=faults, frame=synthetic_rows(3000, seed=2)
        ).__enter__()
        monkeypatch.setenv("SSL_CERT_FILE", str(server.ca_file))
        client = PortalClient(limits=_LIMITS, private_hosts=("localhost",)).__enter__()
        open_now.extend([server, client])
        where = Portal(name="x", protocol="file", url=f"{server.url}/files/{name}", **portal)
        dialect = PlainFile(
            client=client,
            portal=where,
            zone="UTC",
            folder=tmp_path / "parts",
            page_characters=page_characters,
        )
        return dialect, server

    yield make
    for thing in reversed(open_now):
        thing.__exit__(None, None, None)


def taken(
    dialect: PlainFile, span: Span = _ALL, columns: tuple[str, ...] | None = None
) -> list[Page]:
    return [
        page
        for window in dialect.windows(span)
        for page in dialect.pages(window, columns or dialect.fields(), "")
    ]


def body(pages: list[Page]) -> str:
    assert sum(page.rows for page in pages) == len(
        list(csv.reader(io.StringIO(b"".join(p.body for p in pages).decode(), newline="")))
    )
    return b"".join(page.body for page in pages).decode()


def zipped(**members: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in members.items():
            archive.writestr(name.replace("_", "."), text)
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "name", "settings"),
    [
        (_TEXT.encode(), "a.csv", {}),
        (b"\xef\xbb\xbf" + _TEXT.encode(), "a.csv", {}),
        (_TEXT.encode("cp1252"), "a.csv", {"encoding": "cp1252"}),
        (_TEXT.encode("latin-1"), "a.csv", {"encoding": "latin-1"}),
        (_TEXT.encode("utf-16"), "a.csv", {"encoding": "utf-16"}),
        (gzip.compress(_TEXT.encode(), mtime=0), "a.csv.gz", {}),
        (zipped(a_csv=_TEXT, readme_md="x"), "a.zip", {}),
        (zipped(a_csv=_TEXT, b_csv="x"), "a.zip", {"dataset": "a.csv"}),
        (_TEXT.rstrip("\n").encode(), "a.csv", {}),
    ],
)
def test_rows_come_as_they_are_whatever_they_are_packed_in(
    content: bytes,
    name: str,
    settings: dict[str, str],
    ask: Callable[..., tuple[PlainFile, PortalServer]],
) -> None:
    dialect, _ = ask(Files(content), name=name, **settings)
    assert dialect.fields() == dialect.always() == ("id", "what", "where")
    pages = taken(dialect)
    assert body(pages) == _TEXT.partition("\n")[2]
    assert [p.keys for p in pages] == [()]


@pytest.mark.parametrize("ending", ["\r\n", "\r"])
def test_other_ends_of_lines_become_line_feeds(
    ending: str, ask: Callable[..., tuple[PlainFile, PortalServer]]
) -> None:
    dialect, _ = ask(Files(f"id,x{ending}1,2{ending}{ending}3,4{ending}".encode()))
    assert body(taken(dialect)) == "1,2\n3,4\n"


def test_rows_of_the_wrong_length_stay_for_the_reader_to_reject(
    ask: Callable[..., tuple[PlainFile, PortalServer]],
) -> None:
    dialect, _ = ask(Files(b"id,x\n1\n2,3,4\n"))
    assert body(taken(dialect)) == "1\n2,3,4\n"


def test_another_separator_becomes_a_comma(
    ask: Callable[..., tuple[PlainFile, PortalServer]],
) -> None:
    dialect, _ = ask(Files(b'id;x\n1;"45,5"\n2;a"b\n'))
    assert dialect.fields() == ("id", "x")
    assert body(taken(dialect)) == '1,"45,5"\n2,"a""b"\n'


def test_columns_are_found_by_name(ask: Callable[..., tuple[PlainFile, PortalServer]]) -> None:
    dialect, _ = ask(Files(_TEXT.encode()))
    pages = taken(dialect, columns=("where", "id"))
    assert body(pages) == ",1\n\u00c9cole,2\nx,3\n"
    assert pages[0].left_out == ("what",)
    with pytest.raises(FetchError, match="no column 'when'"):
        taken(dialect, columns=("id", "when"))


def test_pages_join_to_the_whole_and_any_of_them_can_be_the_first(
    ask: Callable[..., tuple[PlainFile, PortalServer]],
) -> None:
    dialect, server = ask(Published(), name="rows.csv", page_characters=20_000)
    pages = taken(dialect)
    assert len(pages) > 10
    header, rows = dialect.fields(), body(pages)
    text = ",".join(header) + "\n" + rows
    wanted = server.frame.write_csv(datetime_format="%Y-%m-%d %H:%M:%S")
    assert sorted(text.splitlines()) == sorted(wanted.splitlines())
    (window,) = dialect.windows(_ALL)
    for number, page in enumerate(pages[:-1]):
        again = list(dialect.pages(window, header, page.after))
        assert b"".join(p.body for p in again) == b"".join(p.body for p in pages[number + 1 :])


def test_the_mark_changes_with_the_file_and_nothing_comes_twice(
    ask: Callable[..., tuple[PlainFile, PortalServer]],
) -> None:
    dialect, server = ask(Published(), name="rows.csv")
    windows = dialect.windows(_ALL)
    first = dialect.tallies(windows)
    sent = server.bytes_sent
    assert dialect.tallies(windows) == first
    assert server.bytes_sent == sent
    server.change(Fault(kind="edit", rows=1))
    assert dialect.tallies(windows) != first


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("validators", [True, False])
def test_every_row_comes_in_spite_of_faults(
    seed: int,
    validators: bool,  # noqa: FBT001
    ask: Callable[..., tuple[PlainFile, PortalServer]],
) -> None:
    faults = FaultSchedule(seed, rate=0.4, last=30)
    dialect, server = ask(Published(validators=validators), name="rows.csv", faults=faults)
    wanted = server.frame.write_csv(include_header=False, datetime_format="%Y-%m-%d %H:%M:%S")
    assert sorted(body(taken(dialect)).splitlines()) == sorted(wanted.splitlines())


def test_one_file_for_each_year(ask: Callable[..., tuple[PlainFile, PortalServer]]) -> None:
    this = datetime.now(UTC).year
    host = Files(b"")
    for year in range(this - 3, this):
        host.others[f"{year}.csv"] = f"id,x\n{year},1\n".encode()
    # Another order, and one column more.
    host.others[f"{this - 2}.csv"] = f"x,new,id\n1,z,{this - 2}\n".encode()
    host.content = b""

    dialect, _ = ask(Missing(host), name="{year}.csv", first_day=date(this - 3, 1, 1))
    windows = dialect.windows(_ALL)
    assert [w.name for w in windows] == [str(y) for y in range(this - 3, this + 1)]
    tallies = dialect.tallies(windows)
    assert [t.rows for t in tallies] == [None, None, None, 0]
    assert f"no file for {this} yet" in tallies[-1].note
    assert body(taken(dialect)) == "".join(f"{y},1\n" for y in range(this - 3, this))
    span = Span(since=date(this - 2, 1, 1), until=date(this - 1, 1, 1), zone="UTC")
    assert [w.name for w in dialect.windows(span)] == [str(this - 2)]
    with pytest.raises(ParameterError, match="whole years"):
        dialect.windows(Span(since=date(this - 2, 5, 1), until=None, zone="UTC"))


class Missing:
    """Says 404 for files that are not there."""

    def __init__(self, host: Files) -> None:
        self._host = host

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401
        return getattr(self._host, name)

    def answer(self, request: Any, now: Any) -> Any:  # noqa: ANN401
        reply = self._host.answer(request, now)
        if request.path.removeprefix("/files/") in self._host.others:
            return reply
        return self._host.refuse(404, "Not found")


def test_a_file_is_not_cut_by_days(ask: Callable[..., tuple[PlainFile, PortalServer]]) -> None:
    dialect, _ = ask(Files(_TEXT.encode()), first_day=date(2020, 3, 1), last_day=date(2021, 6, 30))
    assert len(dialect.windows(Span(since=date(2020, 1, 1), until=date(2022, 1, 1), zone=""))) == 1
    for since, until in ((date(2020, 5, 1), None), (None, date(2021, 1, 1))):
        with pytest.raises(ParameterError, match="all of it"):
            dialect.windows(Span(since=since, until=until, zone="UTC"))


@pytest.mark.parametrize(
    ("content", "name", "settings", "reason"),
    [
        (_TEXT.encode("cp1252"), "a.csv", {}, r"is not utf-8: .*b'\\xc9'.*'cp1252'"),
        (b'id,x\n1,"' + b"x\n" * 200_000, "a.csv", {}, "no CSV near line"),
        (gzip.compress(_TEXT.encode() * 9, mtime=0)[:-20], "a.csv.gz", {}, "is damaged"),
        (gzip.compress(b"0" * 30_000_000 * 5, mtime=0), "a.csv.gz", {}, "too many bytes"),
        (zipped(a_csv=_TEXT, b_csv=_TEXT), "a.zip", {}, "holds 2 tables"),
        (zipped(readme_md=_TEXT), "a.zip", {}, "holds 0 tables"),
        (zipped(a_csv=_TEXT), "a.zip", {"dataset": "b.csv"}, "no member 'b.csv'"),
        (b"\n\n1\n", "a.csv", {}, "no column 'id', 'x'"),
        (b",,\n1,2,3\n", "a.csv", {}, "no header"),
    ],
)
def test_what_cannot_be_read_whole_is_an_error(
    content: bytes,
    name: str,
    settings: dict[str, str],
    reason: str,
    ask: Callable[..., tuple[PlainFile, PortalServer]],
) -> None:
    dialect, _ = ask(Files(content), name=name, **settings)
    with pytest.raises(FetchError, match=reason):
        taken(dialect, columns=("id", "x"))


def test_an_unknown_encoding_is_refused(
    ask: Callable[..., tuple[PlainFile, PortalServer]],
) -> None:
    dialect, _ = ask(Files(_TEXT.encode()), encoding="klingon")
    with pytest.raises(ParameterError, match="klingon"):
        dialect.fields()


def test_the_header_is_looked_at_once(ask: Callable[..., tuple[PlainFile, PortalServer]]) -> None:
    dialect, server = ask(Published(validators=False), name="rows.csv")
    assert dialect.fields() == dialect.always() == dialect.fields()
    assert len(server.seen) == 1
