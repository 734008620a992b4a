"""ArcGIS: all rows once, whatever the service leaves out, repeats, cuts or cannot do."""

from __future__ import annotations

import json
from contextlib import ExitStack
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any, Final, Protocol

import httpx
import polars as pl
import pytest
from tests.portals import ArcGIS as Service
from tests.portals import Fault, FaultSchedule, FaultScript, PortalServer, synthetic_rows
from tests.unit.fetch.asking import EVERYTHING, ZONE, client_of, quiet, rows_of, span, taken

from hotspots.errors import AnswerError, FetchError, ParameterError
from hotspots.loaders.fetch.arcgis import ArcGIS
from hotspots.loaders.fetch.arcgis_layer import checked_document, layer_of, layers_named
from hotspots.loaders.fetch.client import Answer
from hotspots.loaders.portals import Portal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path


class Serve(Protocol):
    """Starts a server with some settings of its service, and gives the dialect that asks it."""

    def __call__(
        self, portal: Mapping[str, Any] | None = None, /, **settings: object
    ) -> tuple[PortalServer, ArcGIS]: ...


ROWS: Final = 700
COLUMNS: Final = (
    "OBJECTID", "id", "date", "block", "description", "ward", "geometry.x", "geometry.y"
)  # fmt: skip
#: Rows with a date in 2023, and the windows that hold all of them.
NAMES: Final = ["before-2023", "2023", "2024", "from-2025", "undated"]


@pytest.fixture(scope="module")
def frame() -> pl.DataFrame:
    return synthetic_rows(ROWS, seed=5, since=date(2023, 3, 1), until=date(2025, 1, 1))


@pytest.fixture
def serve(frame: pl.DataFrame, monkeypatch: pytest.MonkeyPatch) -> Iterator[Serve]:
    with ExitStack() as stack:

        def start(
            portal: Mapping[str, Any] | None = None, /, **settings: Any,  # noqa: ANN401
        ) -> tuple[PortalServer, ArcGIS]:  # fmt: skip
            service = Service(**({"max_record_count": 100} | settings))
            server = stack.enter_context(PortalServer(frame=frame, protocols=(service,)))
            client = stack.enter_context(client_of(server, monkeypatch))
            facts: dict[str, Any] = {
                "name": "x", "protocol": "arcgis", "dataset": "0", "date_column": "date",
                "url": f"{server.url}/arcgis/rest/services/Crimes/FeatureServer",
                "first_day": date(2023, 1, 1), "last_day": date(2024, 12, 31), "clock": "local",
            }  # fmt: skip
            chosen = Portal(**(facts | {**(portal or {})}))
            return server, ArcGIS(client=client, portal=chosen, zone=ZONE)

        yield start


def as_text(frame: pl.DataFrame) -> pl.DataFrame:
    """Write rows as the service and the file are to write them."""
    timed = frame.with_columns(pl.col("date").dt.epoch("ms")).rename(
        {"longitude": "geometry.x", "latitude": "geometry.y"}
    )
    table = {
        # Blank and absent are the same.
        name: [None if v is None or v == "" else str(v) for v in timed[name].to_list()]
        for name in COLUMNS[1:]
    }
    return pl.DataFrame(table, schema=dict.fromkeys(COLUMNS[1:], pl.String)).sort("id")


def compared(found: pl.DataFrame) -> pl.DataFrame:
    return found.select(COLUMNS[1:]).sort("id")


def test_every_row_comes_once_and_as_it_is(serve: Serve, frame: pl.DataFrame) -> None:
    server, dialect = serve()
    assert dialect.fields()[0] == "OBJECTID"
    assert dialect.fields()[-2:] == ("geometry.x", "geometry.y")
    assert dialect.always() == ("OBJECTID",)
    windows = dialect.windows(EVERYTHING)
    assert [w.name for w in windows] == NAMES
    found = rows_of(dialect, windows, COLUMNS)
    assert compared(found).equals(as_text(frame))
    # Nobody asked for a page by its number, nor for more than is read.
    asked = [seen.asked for seen in server.seen if "orderByFields" in seen.asked]
    assert not any("resultOffset" in one for one in asked)
    assert {one["outFields"] for one in asked} == {"OBJECTID,id,date,block,description,ward"}


def test_windows_add_up(serve: Serve, frame: pl.DataFrame) -> None:
    _, dialect = serve()
    windows = dialect.windows(EVERYTHING)
    rows = {w.name: t.rows for w, t in zip(windows, dialect.tallies(windows), strict=True)}
    years = frame["date"].dt.year()
    assert rows == {
        "before-2023": 0,
        "2023": (years == 2023).sum(),
        "2024": (years == 2024).sum(),
        "from-2025": 0,
        "undated": frame["date"].null_count(),
    }
    assert sum(n or 0 for n in rows.values()) == ROWS


def test_a_span_is_asked_for_by_the_clock_of_the_layer(serve: Serve, frame: pl.DataFrame) -> None:
    server, dialect = serve({"clock": "utc"})
    windows = dialect.windows(span(date(2023, 6, 1), date(2024, 7, 1)))
    assert [w.name for w in windows] == ["2023-06-01_2023-12-31", "2024-01-01_2024-06-30"]
    assert (
        sum(t.rows or 0 for t in dialect.tallies(windows))
        == frame.filter(
            pl.col("date") >= pl.datetime(2023, 6, 1, 5),
            pl.col("date") < pl.datetime(2024, 7, 1, 5),
        ).height
    )
    assert server.seen[1].asked["where"] == (
        "date >= TIMESTAMP '2023-06-01 05:00:00' AND date < TIMESTAMP '2024-01-01 06:00:00'"
    )


def test_text_is_compared_as_text(serve: Serve) -> None:
    server, dialect = serve({"date_kind": "text", "date_column": "case_number"})
    dialect.tallies(dialect.windows(EVERYTHING))
    wheres = [seen.asked["where"] for seen in server.seen if "returnCountOnly" in seen.asked]
    assert wheres[1] == "case_number >= '2023-01-01' AND case_number < '2024-01-01'"
    assert wheres[-1] == "case_number IS NULL"


@pytest.mark.parametrize("seed", range(6))
def test_what_passes_is_got_over(
    serve: Serve, frame: pl.DataFrame, tmp_path: Path, seed: int
) -> None:
    server, dialect = serve()
    server.faults = FaultSchedule(seed=seed, rate=0.3)
    assert compared(taken(dialect, EVERYTHING, COLUMNS, tmp_path)).equals(as_text(frame))
    assert len([seen for seen in server.seen if seen.fault]) > 3


@pytest.mark.parametrize("settings", [{}, {"ordering": False}, {"paging": False}])
@pytest.mark.parametrize(
    "kind",
    ["short_page", "empty_page", "repeated_page", "stale_page", "wrong_count", "cut_at_row"],
)
def test_lies_are_found_out(
    serve: Serve, frame: pl.DataFrame, tmp_path: Path, kind: str, settings: dict[str, bool]
) -> None:
    server, dialect = serve(**settings)
    server.faults = FaultScript({n: Fault(kind=kind, rows=2) for n in (4, 9, 12)}, paths="query")
    assert compared(taken(dialect, EVERYTHING, COLUMNS, tmp_path)).equals(as_text(frame))
    assert [seen for seen in server.seen if seen.fault]


@pytest.mark.parametrize("settings", [{}, {"paging": False}, {"statistics": False}])
@pytest.mark.parametrize("kind", ["insert", "delete", "edit", "move"])
def test_what_changes_meanwhile_is_taken_as_it_is_in_the_end(
    serve: Serve, tmp_path: Path, kind: str, settings: dict[str, bool]
) -> None:
    server, dialect = serve(**settings)
    # After the counts, before the last page.
    server.faults = FaultScript({14: Fault(kind=kind, rows=3)}, paths="query")
    found = taken(dialect, EVERYTHING, COLUMNS, tmp_path)
    assert [seen.fault for seen in server.seen if seen.fault] == [kind]
    assert compared(found).equals(as_text(server.frame))


@pytest.mark.parametrize(
    ("settings", "same"), [({}, 1), ({"statistics": False}, 0), ({"edit_date": False}, 2)]
)
def test_marks_change_when_rows_do(serve: Serve, settings: dict[str, bool], same: int) -> None:
    server, dialect = serve(**settings)
    windows = dialect.windows(EVERYTHING)[1:3]
    before = dialect.tallies(windows)
    assert before == dialect.tallies(windows)
    server.change(Fault(kind="edit", rows=1))
    after = dialect.tallies(windows)
    assert sum(a == b for a, b in zip(before, after, strict=True)) == same
    # Where the service says nothing of changes, nothing is made up.
    assert [bool(t.mark) for t in before] == [settings != {"edit_date": False}] * 2


class TellsEdits:
    """A layer with a field for edits, whose maximum is ``last``."""

    def __init__(self, last: int | None) -> None:
        self._last = last

    def ask(
        self, url: str, *, parse: Callable[[Answer], object], params: Mapping[str, str]
    ) -> object:
        kinds = {"n": "OID", "edited": "Date"}
        layer = {
            "type": "Table",
            "fields": [{"name": n, "type": f"esriFieldType{kind}"} for n, kind in kinds.items()],
            "editFieldsInfo": {"editDateField": "edited"},
            "editingInfo": {"lastEditDate": 5},
            "advancedQueryCapabilities": {"supportsStatistics": True},
        }
        if not url.endswith("/query"):
            return parse(answer_of(layer))
        if "returnCountOnly" in params:
            return parse(answer_of({"count": 3}))
        # Some databases write all names in capitals.
        found = {"LAST_ID": 6, "LAST_EDIT": self._last}
        return parse(answer_of({"features": [{"attributes": found}]}))


@pytest.mark.parametrize(("last", "mark"), [(7, "7"), (None, "5")])
def test_a_field_for_edits_that_is_not_kept_is_not_believed(last: int | None, mark: str) -> None:
    portal = Portal(name="x", protocol="arcgis", url="https://example.org/FeatureServer")
    client: Any = TellsEdits(last)
    dialect = ArcGIS(client=client, portal=portal, zone=ZONE)
    (tally,) = dialect.tallies(dialect.windows(EVERYTHING))
    assert (tally.rows, tally.mark, tally.census) == (3, mark, "6")


def test_a_row_for_another_shows_without_times_of_change(serve: Serve) -> None:
    server, dialect = serve(edit_date=False)
    window = replace(dialect.windows(EVERYTHING)[1], name="all", since=None, until=None)
    (before,) = dialect.tallies([window])
    server.change(Fault(kind="delete", rows=1))
    server.change(Fault(kind="insert", rows=1))
    (after,) = dialect.tallies([window])
    assert (before.rows, before.mark) == (after.rows, after.mark) == (ROWS, "")
    assert before.census != after.census


@pytest.mark.parametrize("settings", [{"paging": False}, {"ordering": False}])
def test_a_layer_that_cannot_order_is_asked_by_ids(
    serve: Serve, frame: pl.DataFrame, settings: dict[str, bool]
) -> None:
    _, dialect = serve(**settings)
    windows = dialect.windows(EVERYTHING)
    found = rows_of(dialect, windows, COLUMNS)
    assert compared(found).equals(as_text(frame))
    # Cut off after the second page, it goes on with the third.
    window = windows[1]
    first, second, *rest = dialect.pages(window, COLUMNS, "")
    assert first.after == first.keys[-1]
    assert [p.keys for p in dialect.pages(window, COLUMNS, second.after)] == [p.keys for p in rest]


def test_a_long_question_is_posted(serve: Serve, frame: pl.DataFrame) -> None:
    server, dialect = serve(paging=False, max_record_count=330)
    found = rows_of(dialect, dialect.windows(EVERYTHING), COLUMNS)
    assert compared(found).equals(as_text(frame))
    methods = {seen.method: len(seen.asked.get("where", "")) for seen in server.seen}
    assert methods["POST"] > 1_300 > methods["GET"]


class CutsSilently:
    """A service of rows 1 to 9 that gives two at a time, and never says that there are more."""

    def ask(
        self, url: str, *, parse: Callable[[Answer], object], params: Mapping[str, str]
    ) -> object:
        if not url.endswith("/query"):
            fields = [{"name": "n", "type": "esriFieldTypeOID"}]
            return parse(answer_of({"type": "Table", "fields": fields}))
        if "returnIdsOnly" in params:
            return parse(answer_of({"objectIds": [9, 3, 1, 2, 4, 8, 7, 6, 5]}))
        listed = [int(i) for i in params["where"].split("(")[-1].rstrip(")").split(", ")]
        # Row 7 is gone since.
        found = [{"attributes": {"n": i}} for i in reversed(listed) if i != 7]
        return parse(answer_of({"features": found[:2]}))


def test_a_service_that_cuts_silently_is_asked_for_the_rest() -> None:
    portal = Portal(name="x", protocol="arcgis", url="https://example.org/FeatureServer")
    client: Any = CutsSilently()
    dialect = ArcGIS(client=client, portal=portal, zone=ZONE)
    (page,) = dialect.pages(dialect.windows(EVERYTHING)[0], ("n",), "")
    assert page.body == b"1\n2\n3\n4\n5\n6\n8\n9\n"
    assert (page.keys, page.after) == (tuple("12345689"), "")


def test_pages_go_on_where_they_ended(serve: Serve) -> None:
    _, dialect = serve()
    window = dialect.windows(EVERYTHING)[1]
    pages = list(dialect.pages(window, COLUMNS, ""))
    assert [p.rows for p in pages[:-2]] == [100] * (len(pages) - 2)
    # What ends a window is that nothing follows, not that a page is short.
    assert (pages[-1].rows, pages[-1].after) == (0, "")
    again = list(dialect.pages(window, COLUMNS, pages[1].after))
    assert again == pages[2:]


def test_layers_are_found_by_name(serve: Serve) -> None:
    names = ("Other", "Crimes - 2024", "Crimes - 2023", "Crimes - 2023 map")
    _, dialect = serve({"dataset": "crimes - 2024"}, layers=names)
    assert dialect.windows(EVERYTHING)[0].source.endswith("/FeatureServer/1")
    with pytest.raises(FetchError, match=r"has no layer named 'Offences', but 'Other', 'Crimes"):
        replace(dialect, portal=replace(dialect.portal, dataset="Offences")).fields()


def test_a_layer_for_each_year(serve: Serve, frame: pl.DataFrame, tmp_path: Path) -> None:
    names = ("Other", "Crimes - 2024", "Crimes - 2023")
    _, dialect = serve({"dataset": "Crimes - {year}"}, layers=names)
    windows = dialect.windows(EVERYTHING)
    assert [(w.name, w.source[-2:]) for w in windows] == [
        ("layer-2023", "/2"),
        ("layer-2024", "/1"),
    ]
    # Each has all rows, and numbers them by itself: they are other rows, not the same ones again.
    found = taken(dialect, EVERYTHING, COLUMNS, tmp_path)
    assert found.height == 2 * frame.height
    inside = dialect.windows(span(date(2024, 2, 1), None))
    assert [w.name for w in inside] == ["layer-2023-from-2024-02", "layer-2024-from-2024-02"]
    late = frame.filter(pl.col("date") >= pl.datetime(2024, 2, 1)).height
    assert [t.rows for t in dialect.tallies(inside)] == [late, late]
    undated = replace(dialect, portal=replace(dialect.portal, date_column=""))
    with pytest.raises(ParameterError, match="has no column with a date"):
        undated.windows(span(date(2024, 2, 1), None))


def test_a_service_for_each_year(serve: Serve) -> None:
    server, dialect = serve()
    url = f"{server.url}/{{year}}/FeatureServer"
    yearly = replace(dialect, portal=replace(dialect.portal, url=url))
    windows = yearly.windows(EVERYTHING)
    assert [(w.name, w.source.removeprefix(server.url)) for w in windows] == [
        ("layer-2023", "/2023/FeatureServer/0"),
        ("layer-2024", "/2024/FeatureServer/0"),
    ]
    unknown = replace(yearly, portal=replace(yearly.portal, first_day=date.min))
    with pytest.raises(FetchError, match="say the first year, first_day"):
        unknown.windows(EVERYTHING)


def test_a_token_is_shown_in_a_header(serve: Serve) -> None:
    server, dialect = serve(token="secret")  # noqa: S106 - of the server on loopback
    with pytest.raises(FetchError, match=r"499 Token Required\. It is for callers with a token"):
        dialect.fields()
    dialect.client.token_headers = {"X-Esri-Authorization": "Bearer other"}
    with pytest.raises(FetchError, match=r"498 Invalid Token\. The token is not valid"):
        dialect.fields()
    dialect.client.token_headers = {"X-Esri-Authorization": "Bearer secret"}
    assert dialect.fields()[0] == "OBJECTID"
    assert not any("secret" in json.dumps(seen.asked) for seen in server.seen)


def test_a_gate_that_closes_ends_the_fetch(serve: Serve, tmp_path: Path) -> None:
    server, dialect = serve()
    server.faults = FaultScript({6: Fault(kind="error_arcgis")}, paths="query")
    with pytest.raises(FetchError, match="499 Token Required"):
        taken(dialect, EVERYTHING, COLUMNS, tmp_path)
    quiet(server)
    assert taken(dialect, EVERYTHING, COLUMNS, tmp_path).height == ROWS


def test_a_column_that_goes_is_named(serve: Serve, frame: pl.DataFrame, tmp_path: Path) -> None:
    server, dialect = serve()
    last = frame.columns[-1]
    columns = ("OBJECTID", "date", last)
    server.faults = FaultScript({12: Fault(kind="rename_column")}, paths="query")
    with pytest.raises(FetchError, match=f"'Invalid field: {last}' .* fields may have changed"):
        taken(dialect, EVERYTHING, columns, tmp_path)
    quiet(server)
    with pytest.raises(FetchError, match=f"the fields changed while .* gone: {last}"):
        rows_of(dialect, dialect.windows(EVERYTHING), columns)


def answer_of(document: object) -> Answer:
    body = json.dumps(document).encode()
    return Answer(
        url="example.org/x", status=200, headers=httpx.Headers(), content=body, proven_whole=True
    )


@pytest.mark.parametrize(
    ("error", "kind", "text"),
    [
        ({"code": 499, "message": "Token Required"}, FetchError, "give token="),
        ({"code": 498, "message": "Invalid token."}, FetchError, "Give another one"),
        ({"code": 403, "message": "You do not have permissions"}, FetchError, "It is refused"),
        ({"code": 404, "message": "Service not found"}, FetchError, "retired or moved"),
        (
            {"code": 400, "message": "", "details": ["'Invalid field: a' parameter is invalid"]},
            FetchError,
            r"'Invalid field: a' parameter is invalid\. Its fields may have changed",
        ),
        ({"code": 400, "message": "Unable to complete operation."}, AnswerError, "400 Unable"),
        ({"code": 500, "message": "Error performing query operation"}, AnswerError, "500 Error"),
        ({"code": 504, "message": "Timed out", "details": None}, AnswerError, "504 Timed out"),
        ("busy", AnswerError, "busy"),
    ],
)
def test_errors_under_status_200(error: object, kind: type[FetchError], text: str) -> None:
    with pytest.raises(FetchError, match=text) as caught:
        checked_document(answer_of({"error": error}))
    assert caught.type is kind


@pytest.mark.parametrize(
    ("document", "kind", "text"),
    [
        ([], AnswerError, "is not a JSON object"),
        ({"status": "error", "code": 500, "messages": ["Wait"]}, AnswerError, "Wait"),
        ({"layers": []}, AnswerError, "is not a description of a layer"),
        ({"type": "Group Layer", "fields": None}, FetchError, "Group Layer without fields"),
        (
            {"type": "Table", "fields": [{"name": "a", "type": "esriFieldTypeString"}]},
            FetchError,
            "has no object ids",
        ),
    ],
)
def test_what_is_no_layer(document: object, kind: type[FetchError], text: str) -> None:
    with pytest.raises(FetchError, match=text) as caught:
        layer_of(answer_of(document), "https://example.org/x/0")
    assert caught.type is kind


def test_an_old_layer_is_asked_by_ids() -> None:
    kinds = {"a": "String", "shape": "Geometry", "FID": "OID"}
    fields = [{"name": name, "type": f"esriFieldType{kind}"} for name, kind in kinds.items()]
    layer = layer_of(answer_of({"type": "Feature Layer", "fields": fields}), "u")
    assert (layer.key, layer.columns, layer.in_order) == ("FID", ("a", "FID"), False)
    assert (layer.page_rows, layer.edited, layer.edited_at) == (1000, "", "")


def test_two_layers_of_one_name_are_told() -> None:
    service = {"layers": [{"id": 3, "name": "C 2024"}], "tables": [{"id": 4, "name": "C 2024"}]}
    with pytest.raises(FetchError, match="two layers named 'C 2024'"):
        layers_named(answer_of(service), "C {year}")
