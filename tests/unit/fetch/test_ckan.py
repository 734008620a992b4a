"""CKAN: all rows once by their place, which moves, and a time only where the portal takes SQL."""

from __future__ import annotations

import json
from contextlib import ExitStack
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any, Final, Protocol

import httpx
import polars as pl
import pytest
from tests import portals
from tests.portals import Fault, FaultSchedule, FaultScript, PortalServer, synthetic_rows
from tests.unit.fetch.asking import EVERYTHING, ZONE, client_of, rows_of, span, taken

from hotspots.errors import AnswerError, FetchError, ParameterError
from hotspots.loaders.fetch.ckan import CKAN
from hotspots.loaders.fetch.client import Answer
from hotspots.loaders.portals import Portal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

ROWS: Final = 700
COLUMNS: Final = ("_id", "id", "date", "block", "description", "latitude", "arrest")
SUMMER: Final = span(date(2023, 6, 10), date(2023, 9, 1))


class Serve(Protocol):
    """Starts a server with some settings of its portal, and gives the dialect that asks it."""

    def __call__(self, **settings: object) -> tuple[PortalServer, CKAN]: ...


@pytest.fixture(scope="module")
def frame() -> pl.DataFrame:
    return synthetic_rows(ROWS, seed=7)


@pytest.fixture
def serve(frame: pl.DataFrame, monkeypatch: pytest.MonkeyPatch) -> Iterator[Serve]:
    with ExitStack() as stack:

        def start(**settings: Any) -> tuple[PortalServer, CKAN]:  # noqa: ANN401
            site = portals.CKAN(**({"max_rows": 100} | settings))
            server = stack.enter_context(PortalServer(frame=frame, protocols=(site,)))
            client = stack.enter_context(client_of(server, monkeypatch))
            portal = Portal(
                name="crimes", protocol="ckan", url=server.url, dataset=site.resource,
                date_column="date",
            )  # fmt: skip
            return server, CKAN(client=client, portal=portal, zone=ZONE)

        yield start


def as_text(frame: pl.DataFrame) -> pl.DataFrame:
    timed = frame.with_columns(pl.col("date").dt.strftime("%Y-%m-%dT%H:%M:%S"))
    table = {name: [_written(v) for v in timed[name].to_list()] for name in COLUMNS[1:]}
    return pl.DataFrame(table, schema=dict.fromkeys(COLUMNS[1:], pl.String)).sort("id")


def _written(value: object) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    return None if value is None or value == "" else str(value)


def compared(found: pl.DataFrame) -> pl.DataFrame:
    return found.select(COLUMNS[1:]).sort("id")


def in_summer(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.filter(
        pl.col("date") >= pl.date(2023, 6, 10), pl.col("date") < pl.date(2023, 9, 1)
    )


def test_every_row_comes_once_and_as_it_is(serve: Serve, frame: pl.DataFrame) -> None:
    server, dialect = serve()
    assert dialect.fields() == ("_id", *frame.columns)
    assert dialect.always() == ("_id",)
    windows = dialect.windows(EVERYTHING)
    assert [w.name for w in windows] == ["all"]
    assert [t.rows for t in dialect.tallies(windows)] == [ROWS]
    assert compared(rows_of(dialect, windows, COLUMNS)).equals(as_text(frame))
    asked = [seen.asked for seen in server.seen if "sort" in seen.asked]
    # The portal gives 100 at a time, whatever it is asked for; each page begins a row early.
    assert [one["offset"] for one in asked[:3]] == ["0", "99", "198"]
    assert {one["limit"] for one in asked} == {"32000"}
    assert {one["fields"] for one in asked} == {",".join(COLUMNS)}


def test_pages_go_on_where_they_ended(serve: Serve) -> None:
    _, dialect = serve()
    (window,) = dialect.windows(EVERYTHING)
    pages = list(dialect.pages(window, COLUMNS, ""))
    assert [p.rows for p in pages[:3]] == [100, 99, 99]
    assert (pages[-1].rows, pages[-1].after) == (0, "")
    assert list(dialect.pages(window, COLUMNS, pages[1].after)) == pages[2:]


def test_a_span_is_asked_for_in_sql(serve: Serve, frame: pl.DataFrame) -> None:
    server, dialect = serve()
    (window,) = dialect.windows(SUMMER)
    assert window.name == "2023-06-10_2023-08-31"
    inside = in_summer(frame)
    assert [t.rows for t in dialect.tallies([window])] == [inside.height]
    small = replace(dialect, page_rows=40)
    assert compared(rows_of(small, [window], COLUMNS)).equals(as_text(inside))
    posted = [seen for seen in server.seen if "sql" in seen.asked]
    assert {seen.method for seen in posted} == {"POST"}
    assert "\"date\" >= '2023-06-10' AND \"date\" < '2023-09-01'" in posted[0].asked["sql"]


def test_without_sql_no_time_can_be_asked_for(serve: Serve, frame: pl.DataFrame) -> None:
    _, dialect = serve(sql=False)
    assert [t.rows for t in dialect.tallies(dialect.windows(EVERYTHING))] == [ROWS]
    (window,) = dialect.windows(SUMMER)
    with pytest.raises(FetchError, match=r"name not known.*takes no SQL\. Leave out since and unt"):
        dialect.tallies([window])
    undated = replace(dialect, portal=replace(dialect.portal, date_column=""))
    with pytest.raises(ParameterError, match="has no column with a date"):
        undated.windows(SUMMER)
    assert compared(rows_of(undated, undated.windows(EVERYTHING), COLUMNS)).equals(as_text(frame))


@pytest.mark.parametrize("asked", [EVERYTHING, SUMMER])
@pytest.mark.parametrize("seed", range(3))
def test_what_passes_is_got_over(
    serve: Serve,
    frame: pl.DataFrame,
    tmp_path: Path,
    seed: int,
    asked: Any,  # noqa: ANN401
) -> None:
    server, dialect = serve()
    server.faults = FaultSchedule(seed=seed, rate=0.3)
    wanted = frame if asked is EVERYTHING else in_summer(frame)
    found = taken(replace(dialect, page_rows=30), asked, COLUMNS, tmp_path)
    assert compared(found).equals(as_text(wanted))


@pytest.mark.parametrize("asked", [EVERYTHING, SUMMER])
@pytest.mark.parametrize(
    "kind",
    ["short_page", "empty_page", "repeated_page", "stale_page", "wrong_count", "cut_at_row"],
)
def test_lies_are_found_out(
    serve: Serve,
    frame: pl.DataFrame,
    tmp_path: Path,
    kind: str,
    asked: Any,  # noqa: ANN401
) -> None:
    server, dialect = serve()
    server.faults = FaultScript(
        {n: Fault(kind=kind, rows=2) for n in (0, 3, 5, 8)}, paths="datastore"
    )
    wanted = frame if asked is EVERYTHING else in_summer(frame)
    found = taken(replace(dialect, page_rows=30), asked, COLUMNS, tmp_path)
    assert compared(found).equals(as_text(wanted))


@pytest.mark.parametrize("kind", ["insert", "delete", "edit"])
def test_what_changes_meanwhile_is_taken_as_it_is_in_the_end(
    serve: Serve, tmp_path: Path, kind: str
) -> None:
    server, dialect = serve()
    server.faults = FaultScript({6: Fault(kind=kind, rows=3)}, paths="datastore")
    found = compared(taken(dialect, EVERYTHING, COLUMNS, tmp_path))
    assert found.equals(as_text(server.frame))


@pytest.mark.parametrize("many", [1, 90, 250])
def test_rows_that_move_up_are_not_passed_over(serve: Serve, many: int) -> None:
    server, dialect = serve()
    (window,) = dialect.windows(EVERYTHING)
    before = compared(rows_of(dialect, [window], COLUMNS))
    server.faults = FaultScript({3: Fault(kind="delete", rows=many)}, paths="sort=")
    found = compared(rows_of(dialect, [window], COLUMNS))
    ids = set(found["id"])
    # What had come when they were deleted stays; of what is still there nothing is missing.
    assert found["id"].is_unique().all()
    assert set(as_text(server.frame)["id"]) <= ids <= set(before["id"])


def test_marks_change_when_rows_do(serve: Serve) -> None:
    server, dialect = serve()
    windows = dialect.windows(EVERYTHING)
    before = dialect.tallies(windows)
    assert before == dialect.tallies(windows)
    assert before[0].mark
    server.change(Fault(kind="edit", rows=1))
    assert dialect.tallies(windows)[0].mark != before[0].mark
    _, silent = serve(told=False)
    assert silent.tallies(silent.windows(EVERYTHING))[0].mark == ""


def test_a_column_that_goes_is_named(serve: Serve, frame: pl.DataFrame, tmp_path: Path) -> None:
    server, dialect = serve()
    last = frame.columns[-1]
    server.faults = FaultScript({3: Fault(kind="rename_column")}, paths="datastore")
    with pytest.raises(FetchError, match=rf"Validation Error .*{last}.* may have changed"):
        taken(dialect, EVERYTHING, ("_id", "date", last), tmp_path)


def test_a_resource_that_is_gone_is_told(serve: Serve) -> None:
    _, dialect = serve()
    gone = replace(dialect, portal=replace(dialect.portal, dataset="gone"))
    with pytest.raises(FetchError, match=r"Not Found Error .*\. It is retired or moved"):
        gone.fields()


class Says:
    """A portal that gives one answer and keeps what it was asked."""

    def __init__(self, document: object, status: int = 200) -> None:
        body = document if isinstance(document, bytes) else json.dumps(document).encode()
        self.answer = Answer(
            url="example.org", status=status, headers=httpx.Headers(), content=body,
            proven_whole=True,
        )  # fmt: skip
        self.asked: list[Mapping[str, str]] = []

    def ask(
        self,
        url: str,  # noqa: ARG002 - as the client has it
        *,
        parse: Callable[[Answer], object],
        params: Mapping[str, str] | None,
        form: Mapping[str, str] | None,
        accept: tuple[int, ...],
    ) -> object:
        assert self.answer.status in accept
        self.asked.append(params or form or {})
        return parse(self.answer)


def dialect_of(client: Any) -> CKAN:  # noqa: ANN401 - in place of a client
    portal = Portal(name="x", protocol="ckan", url="https://example.org", dataset="r")
    return CKAN(client=client, portal=portal, zone=ZONE)


def test_a_resource_that_is_only_a_file_is_told() -> None:
    file = {"datastore_active": False, "url": "https://example.org/rows.csv"}
    with pytest.raises(FetchError, match=r"protocol='file', url='https://example.org/rows\.csv'\)"):
        dialect_of(Says({"success": True, "result": file})).fields()


def test_columns_that_cannot_be_listed_are_asked_for_with_all_others() -> None:
    records = [{"_id": 1, "a, b": "x", "c": "y"}]
    client = Says({"success": True, "result": {"records": records}})
    dialect = dialect_of(client)
    (window,) = dialect.windows(EVERYTHING)
    page = next(dialect.pages(window, ("_id", "a, b"), ""))
    assert (page.body, page.left_out) == (b"1,x\n", ("c",))
    assert "fields" not in client.asked[0]


@pytest.mark.parametrize(
    ("document", "status", "kind", "text"),
    [
        ({"success": False, "error": {"__type": "Internal Error"}}, 200, AnswerError, "Internal"),
        (
            {"success": False, "error": {"__type": "Authorization Error", "message": "No"}},
            403,
            FetchError,
            r"403 with an error: Authorization Error No\. It is for callers with a token",
        ),
        ("Bad request", 400, FetchError, "400 with an error:  Bad request"),
        (b"<html>firewall</html>", 403, FetchError, "answers 403, and not as CKAN does"),
        (b"<html>busy</html>", 200, AnswerError, "is not JSON"),
        ({"success": True}, 200, AnswerError, "not an answer of CKAN"),
        ({"success": True, "result": {"records": None}}, 200, AnswerError, "list of records"),
        ({"success": True, "result": {"records": [{}]}}, 200, AnswerError, "a number in _id"),
    ],
)
def test_errors(document: object, status: int, kind: type[FetchError], text: str) -> None:
    dialect = dialect_of(Says(document, status))
    (window,) = dialect.windows(EVERYTHING)
    with pytest.raises(FetchError, match=text) as caught:
        list(dialect.pages(window, ("_id",), ""))
    assert caught.type is kind
