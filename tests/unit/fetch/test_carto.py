"""Carto: all rows once, counted by months in one question, and nothing pasted into SQL."""

from __future__ import annotations

import json
from contextlib import ExitStack
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any, Final

import httpx
import polars as pl
import pytest
from tests.portals import Fault, FaultSchedule, FaultScript, PortalServer, synthetic_rows
from tests.unit.fetch.asking import EVERYTHING, ZONE, client_of, rows_of, span, taken

from hotspots.errors import AnswerError, FetchError
from hotspots.loaders.fetch.carto import Carto
from hotspots.loaders.fetch.client import Answer
from hotspots.loaders.portals import Portal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

ROWS: Final = 700
COLUMNS: Final = ("cartodb_id", "id", "date", "block", "description", "latitude", "arrest")


@pytest.fixture(scope="module")
def frame() -> pl.DataFrame:
    return synthetic_rows(ROWS, seed=6)


@pytest.fixture
def served(
    frame: pl.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[PortalServer, Carto]]:
    with ExitStack() as stack:
        server = stack.enter_context(PortalServer(frame=frame))
        client = stack.enter_context(client_of(server, monkeypatch))
        portal = Portal(
            name="crimes", protocol="carto", url=server.url, dataset="crimes", date_column="date",
            clock="utc", first_day=date(2023, 1, 1), last_day=date(2023, 12, 31),
        )  # fmt: skip
        # Small pages, so that there are many.
        yield server, Carto(client=client, portal=portal, zone=ZONE, page_rows=40)


def as_text(frame: pl.DataFrame) -> pl.DataFrame:
    timed = frame.with_columns(pl.col("date").dt.strftime("%Y-%m-%dT%H:%M:%SZ"))
    table = {name: [_written(v) for v in timed[name].to_list()] for name in COLUMNS[1:]}
    return pl.DataFrame(table, schema=dict.fromkeys(COLUMNS[1:], pl.String)).sort("id")


def _written(value: object) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    return None if value is None or value == "" else str(value)


def compared(found: pl.DataFrame) -> pl.DataFrame:
    return found.select(COLUMNS[1:]).sort("id")


def test_every_row_comes_once_and_as_it_is(
    served: tuple[PortalServer, Carto], frame: pl.DataFrame
) -> None:
    server, dialect = served
    assert dialect.fields()[:2] == ("cartodb_id", frame.columns[0])
    assert "the_geom" not in dialect.fields()
    assert dialect.always() == ("cartodb_id",)
    windows = dialect.windows(EVERYTHING)
    assert [w.name for w in windows[:2]] == ["before-2023", "2023-01"]
    assert [w.name for w in windows[-3:]] == ["2023-12", "from-2024", "undated"]
    assert compared(rows_of(dialect, windows, COLUMNS)).equals(as_text(frame))
    # Everything is posted, and ends where nothing follows.
    assert {seen.method for seen in server.seen} == {"POST"}
    assert all("OFFSET" not in seen.asked["q"] for seen in server.seen)


def test_windows_add_up_in_one_question(
    served: tuple[PortalServer, Carto], frame: pl.DataFrame
) -> None:
    server, dialect = served
    windows = dialect.windows(EVERYTHING)
    tallies = dialect.tallies(windows)
    # One for the columns, one for the counts.
    assert len(server.seen) == 2
    local = frame["date"].dt.replace_time_zone("UTC").dt.convert_time_zone(ZONE)
    for window, tally in zip(windows, tallies, strict=True):
        if window.since and window.until:
            month = (local.dt.year() == window.since.year) & (
                local.dt.month() == window.since.month
            )
            assert tally.rows == month.sum()
    assert tallies[-1].rows == frame["date"].null_count()
    assert sum(t.rows or 0 for t in tallies) == ROWS
    (whole,) = dialect.tallies([replace(windows[0], name="all", until=None)])
    assert whole.rows == ROWS


def test_a_span_is_asked_for_by_the_clock_of_the_table(
    served: tuple[PortalServer, Carto], frame: pl.DataFrame
) -> None:
    _, dialect = served
    windows = dialect.windows(span(date(2023, 6, 10), date(2023, 8, 1)))
    assert [w.name for w in windows] == ["2023-06-10_2023-06-30", "2023-07"]
    inside = frame.filter(
        pl.col("date") >= pl.datetime(2023, 6, 10, 5), pl.col("date") < pl.datetime(2023, 8, 1, 5)
    )
    assert sum(t.rows or 0 for t in dialect.tallies(windows)) == inside.height
    assert compared(rows_of(dialect, windows, COLUMNS)).equals(as_text(inside))


def test_a_table_without_dates_is_one_window(
    served: tuple[PortalServer, Carto], frame: pl.DataFrame
) -> None:
    _, dialect = served
    whole = replace(dialect, portal=replace(dialect.portal, date_column=""))
    (window,) = whole.windows(EVERYTHING)
    assert [t.rows for t in whole.tallies([window])] == [ROWS]
    assert compared(rows_of(whole, [window], COLUMNS)).equals(as_text(frame))


@pytest.mark.parametrize("seed", range(5))
def test_what_passes_is_got_over(
    served: tuple[PortalServer, Carto], frame: pl.DataFrame, tmp_path: Path, seed: int
) -> None:
    server, dialect = served
    server.faults = FaultSchedule(seed=seed, rate=0.3)
    assert compared(taken(dialect, EVERYTHING, COLUMNS, tmp_path)).equals(as_text(frame))


@pytest.mark.parametrize(
    "kind",
    ["short_page", "empty_page", "repeated_page", "stale_page", "wrong_count", "cut_at_row"],
)
def test_lies_are_found_out(
    served: tuple[PortalServer, Carto], frame: pl.DataFrame, tmp_path: Path, kind: str
) -> None:
    server, dialect = served
    server.faults = FaultScript({n: Fault(kind=kind, rows=2) for n in (1, 5, 9, 14)})
    assert compared(taken(dialect, EVERYTHING, COLUMNS, tmp_path)).equals(as_text(frame))


@pytest.mark.parametrize("kind", ["insert", "delete", "edit", "move"])
def test_what_changes_meanwhile_is_taken_as_it_is_in_the_end(
    served: tuple[PortalServer, Carto], tmp_path: Path, kind: str
) -> None:
    server, dialect = served
    server.faults = FaultScript({20: Fault(kind=kind, rows=3)})
    found = compared(taken(dialect, EVERYTHING, COLUMNS, tmp_path))
    if kind == "edit":
        # A table that keeps no times of change cannot tell; the next fetch takes all again.
        assert found["id"].to_list() == as_text(server.frame)["id"].to_list()
        again = taken(dialect, EVERYTHING, COLUMNS, tmp_path / "again")
        assert compared(again).equals(as_text(server.frame))
    else:
        assert found.equals(as_text(server.frame))


def test_a_table_without_times_of_change_has_no_marks(
    served: tuple[PortalServer, Carto],
) -> None:
    _, dialect = served
    tallies = dialect.tallies(dialect.windows(EVERYTHING))
    assert {t.mark for t in tallies if t.rows} == {""}


def test_a_row_for_another_shows_without_times_of_change(
    served: tuple[PortalServer, Carto],
) -> None:
    server, dialect = served
    whole = replace(dialect.windows(EVERYTHING)[0], name="all", until=None)
    (before,) = dialect.tallies([whole])
    server.change(Fault(kind="delete", rows=1))
    server.change(Fault(kind="insert", rows=1))
    (after,) = dialect.tallies([whole])
    assert before.rows == after.rows == ROWS
    assert before.census != after.census


def test_marks_change_when_rows_do(frame: pl.DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    # A table that keeps when a row was changed, as older ones do.
    changed = pl.lit("2026-01-01").alias("updated_at")
    with (
        PortalServer(frame=frame.with_columns(changed)) as server,
        client_of(server, monkeypatch) as client,
    ):
        portal = Portal(
            name="x", protocol="carto", url=server.url, dataset="crimes", date_column="date",
            first_day=date(2023, 1, 1), last_day=date(2023, 12, 31),
        )  # fmt: skip
        dialect = Carto(client=client, portal=portal, zone=ZONE)
        windows = dialect.windows(EVERYTHING)
        before = dialect.tallies(windows)
        assert {t.mark for t in before if t.rows} == {"2026-01-01"}
        # What the server edits is the last column, which is this one.
        server.change(Fault(kind="edit", rows=1))
        after = dialect.tallies(windows)
        assert sum(a != b for a, b in zip(before, after, strict=True)) == 1


def test_a_column_that_goes_is_named(
    served: tuple[PortalServer, Carto], frame: pl.DataFrame, tmp_path: Path
) -> None:
    server, dialect = served
    last = frame.columns[-1]
    server.faults = FaultScript({9: Fault(kind="rename_column")})
    with pytest.raises(FetchError, match=rf"{last}.* columns may have changed"):
        taken(dialect, EVERYTHING, ("cartodb_id", "date", last), tmp_path)


def test_a_table_that_is_gone_is_told(served: tuple[PortalServer, Carto]) -> None:
    _, dialect = served
    gone = replace(dialect, portal=replace(dialect.portal, dataset="gone"))
    with pytest.raises(FetchError, match=r"answers 400 with an error: .*gone.* may have changed"):
        gone.fields()


class Says:
    """A portal that gives one answer and keeps what it was asked."""

    def __init__(self, document: object, status: int = 200) -> None:
        body = document if isinstance(document, bytes) else json.dumps(document).encode()
        self.answer = Answer(
            url="example.org", status=status, headers=httpx.Headers(), content=body,
            proven_whole=True,
        )  # fmt: skip
        self.asked: list[str] = []

    def ask(
        self,
        url: str,  # noqa: ARG002 - as the client has it
        *,
        parse: Callable[[Answer], object],
        form: Mapping[str, str],
        accept: tuple[int, ...],
    ) -> object:
        assert self.answer.status in accept
        self.asked.append(form["q"])
        return parse(self.answer)


def dialect_of(client: Any, **facts: str) -> Carto:  # noqa: ANN401 - in place of a client
    known = {"name": "x", "protocol": "carto", "url": "https://example.org", "dataset": "t"} | facts
    return Carto(client=client, portal=Portal(**known), zone=ZONE)  # type: ignore[arg-type]


def test_names_are_quoted() -> None:
    client = Says({"rows": []})
    dialect = dialect_of(client, dataset='me.t"; DROP TABLE "x')
    dialect = replace(dialect, page_rows=9)
    (window,) = dialect.windows(EVERYTHING)
    list(dialect.pages(window, ("cartodb_id", 'a"b'), ""))
    assert client.asked == [
        'SELECT "cartodb_id", "a""b" FROM "me"."t""; DROP TABLE ""x" ORDER BY "cartodb_id" LIMIT 9'
    ]


def test_geometry_is_left_out() -> None:
    kinds = {"cartodb_id": "number", "the_geom": "geometry", "shape": "geometry", "lat": "number"}
    fields = {name: {"type": kind} for name, kind in kinds.items()}
    assert dialect_of(Says({"rows": [], "fields": fields})).fields() == ("cartodb_id", "lat")


@pytest.mark.parametrize(
    ("document", "status", "kind", "text"),
    [
        ({"error": ["syntax error"]}, 400, FetchError, "400 with an error: syntax error"),
        ({"error": ["permission denied"]}, 403, FetchError, "permission denied"),
        ({"error": ["statement timeout"]}, 400, AnswerError, "statement timeout"),
        ({"error": ["over platform's limits"]}, 200, AnswerError, "platform's limits"),
        ({"error": "busy"}, 200, AnswerError, "200 with an error: busy"),
        (b"<html>firewall</html>", 403, FetchError, "answers 403, and not as Carto does"),
        (b"<html>busy</html>", 200, AnswerError, "is not JSON"),
        ([], 200, AnswerError, "not a JSON object"),
        ({}, 200, AnswerError, "not a list of rows"),
        ({"rows": [{"a": 1}]}, 200, AnswerError, "rows with a number in cartodb_id"),
    ],
)
def test_errors(document: object, status: int, kind: type[FetchError], text: str) -> None:
    dialect = dialect_of(Says(document, status))
    (window,) = dialect.windows(EVERYTHING)
    with pytest.raises(FetchError, match=text) as caught:
        list(dialect.pages(window, ("cartodb_id",), ""))
    assert caught.type is kind
