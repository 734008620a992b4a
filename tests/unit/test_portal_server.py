"""The portal that other tests ask: what it answers when all is well, and how it fails."""

from __future__ import annotations

import contextlib
import io
import socket
import threading
import time
from typing import TYPE_CHECKING

import httpx
import polars as pl
import pytest
from polars.testing import assert_frame_equal
from tests.portals import (
    AWKWARD,
    Fault,
    FaultSchedule,
    FaultScript,
    PortalServer,
    Socrata,
    Stop,
    bare_client,
    synthetic_rows,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

ROWS = "/resource/abcd-1234"


@pytest.fixture(scope="module")
def frame() -> pl.DataFrame:
    return synthetic_rows(3000, seed=3)


@pytest.fixture(scope="module")
def server(frame: pl.DataFrame) -> Iterator[PortalServer]:
    with PortalServer(frame=frame) as running:
        yield running


@pytest.fixture(scope="module")
def client(server: PortalServer) -> Iterator[httpx.Client]:
    with bare_client(server) as running:
        yield running


def test_the_rows_are_awkward_and_the_same_for_a_seed(frame: pl.DataFrame) -> None:
    assert_frame_equal(frame, synthetic_rows(3000, seed=3))
    assert frame["id"].n_unique() == 3000
    assert frame["date"].null_count() > 0
    assert set(AWKWARD) <= set(frame["block"])
    assert synthetic_rows(0).columns == frame.columns


def test_socrata_pages_hold_every_row_once(client: httpx.Client, frame: pl.DataFrame) -> None:
    pages = [
        client.get(f"{ROWS}.csv", params={"$order": ":id", "$limit": 700, "$offset": offset})
        for offset in range(0, 3500, 700)
    ]
    got = pl.concat([pl.read_csv(io.BytesIO(p.content), schema=frame.schema) for p in pages])
    assert_frame_equal(got.sort("id"), frame.sort("id"))


def test_socrata_ids_are_in_order_and_lasting(client: httpx.Client) -> None:
    asked = {"$select": ":id, `case_number`, :updated_at", "$order": ":id", "$limit": "5000"}
    first, second = (client.get(f"{ROWS}.csv", params=asked).text for _ in range(2))
    assert first == second
    assert first.startswith('":id","case_number",":updated_at"')
    ids = [line.split(",")[0] for line in first.splitlines()[1:]]
    assert ids == sorted(set(ids))
    after = {"$select": "count(*) as n", "$where": f":id > {ids[99]}".replace('"', "'")}
    assert client.get(f"{ROWS}.json", params=after).json() == [{"n": "2900"}]


def test_socrata_without_an_order_has_none(client: httpx.Client) -> None:
    first, second = (client.get(f"{ROWS}.csv").text for _ in range(2))
    assert first != second
    assert first.count(',"SYN1') == 1000


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        ({"$select": "count(*)"}, {"count": "3000"}),
        ({"$select": "max(:updated_at)"}, {"max_updated_at": "2026-01-04T06:00:00.000Z"}),
        (
            {"$select": "count(*) as n", "$where": "date is null or date < '2023-01-02'"},
            {"n": "31"},
        ),
        ({"$select": "count(id) as n", "id": "10000007"}, {"n": "1"}),
        ({"$select": "`case_number`", "$where": "`id` = 10000007"}, {"case_number": "SYN10000007"}),
    ],
)
def test_socrata_tallies(
    client: httpx.Client, asked: dict[str, str], answer: dict[str, str]
) -> None:
    assert client.get(f"{ROWS}.json", params=asked).json() == [answer]


@pytest.mark.parametrize(
    ("asked", "status", "code"),
    [
        ({"$where": "nosuch = 1"}, 400, "query.soql.no-such-column"),
        ({"$where": "date >>> 1"}, 400, "query.compiler.malformed"),
        ({"$limits": "1"}, 400, "query.compiler.malformed"),
    ],
)
def test_socrata_refuses(
    client: httpx.Client, asked: dict[str, str], status: int, code: str
) -> None:
    answer = client.get(f"{ROWS}.json", params=asked)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_socrata_takes_one_token_and_knows_one_dataset(frame: pl.DataFrame) -> None:
    protocols = (Socrata(app_token="right"),)  # noqa: S106 - not a secret
    with PortalServer(frame=frame, protocols=protocols) as server, bare_client(server) as client:
        tokens = ("right", "wrong")
        got = [client.get(f"{ROWS}.csv", headers={"X-App-Token": t}).status_code for t in tokens]
        assert got == [200, 403]
        assert client.get("/resource/none-here.csv").status_code == 404


def test_faults_are_the_same_for_a_seed_and_end() -> None:
    first, second = (
        [FaultSchedule(5, rate=0.5, last=40).fault(n) for n in range(60)] for _ in range(2)
    )
    assert first == second
    assert 10 < sum(fault is not None for fault in first[:40]) < 30
    assert first[40:] == [None] * 20
    with pytest.raises(ValueError, match="the kind of fault 'nothing' is none of"):
        Fault(kind="nothing")


@pytest.mark.parametrize(
    "kind", ["reset_before_head", "reset_in_head", "reset_in_body", "short_body", "cut_chunks"]
)
def test_a_break_is_felt_once(kind: str) -> None:
    # Through TLS some versions of Python show a reset as an end: which error it is may differ.
    fault = Fault(kind=kind)
    with (
        PortalServer(faults=FaultScript({1: fault})) as server,
        bare_client(server) as client,
    ):
        whole = client.get(f"{ROWS}.csv", params={"$order": ":id"})
        with pytest.raises(httpx.TransportError):
            client.get(f"{ROWS}.csv", params={"$order": ":id"})
        assert client.get(f"{ROWS}.csv", params={"$order": ":id"}).content == whole.content
        assert [seen.fault for seen in server.seen] == ["", fault.kind, ""]


@pytest.mark.parametrize("kind", ["gzip", "chunks", "until_close", "drip"])
def test_other_ways_bring_the_same(kind: str) -> None:
    faults = FaultScript({1: Fault(kind=kind, seconds=0.2)})
    with PortalServer(faults=faults) as server, bare_client(server) as client:
        first, second = (client.get(f"{ROWS}.csv", params={"$order": ":id"}) for _ in range(2))
        assert first.content == second.content
        assert ("content-length" in second.headers) == (kind in {"gzip", "drip"})


def test_a_cut_without_a_sign() -> None:
    faults = FaultScript({n: Fault(kind=k) for n, k in ((1, "cut_at_row"), (2, "cut_in_row"))})
    with PortalServer(faults=faults) as server, bare_client(server) as client:
        whole, at_row, in_row = (
            client.get(f"{ROWS}.csv", params={"$order": ":id"}).text for _ in range(3)
        )
        assert whole.startswith(at_row)
        assert whole.startswith(in_row)
        assert 100 < pl.read_csv(at_row.encode()).height < 900
        assert in_row.count("\n") == at_row.count("\n")
        assert len(in_row) == len(at_row) + 2


def test_bodies_that_lie_about_their_length() -> None:
    faults = FaultScript({0: Fault(kind="long_body"), 1: Fault(kind="cut_gzip")})
    with PortalServer(faults=faults) as server, bare_client(server) as client:
        assert len(client.get(f"{ROWS}.csv").content) < server.bytes_sent
        assert len(client.get(f"{ROWS}.csv").text) < 200_000


def test_an_endless_body_ends_at_its_bound() -> None:
    faults = FaultScript(then=Fault(kind="endless", most_bytes=1_000_000))
    with PortalServer(faults=faults) as server, bare_client(server) as client:
        assert 1_000_000 <= len(client.get(f"{ROWS}.csv").content) < 1_300_000


@pytest.mark.parametrize(
    ("text", "wanted"),
    [("", None), ("7", "7"), ("1000000000", "1000000000"), ("date-60", "GMT"), ("soon", "soon")],
)
def test_refusals_say_when_to_come_back(text: str, wanted: str | None) -> None:
    faults = FaultScript(then=Fault(kind="status", status=429, retry_after=text))
    with PortalServer(faults=faults) as server, bare_client(server) as client:
        answer = client.get(f"{ROWS}.csv")
        assert answer.status_code == 429
        said = answer.headers.get("Retry-After")
        assert said is None if wanted is None else said.endswith(wanted)


@pytest.mark.parametrize(
    ("kind", "part"),
    [("error_json", '"error": true'), ("error_html", "<html"), ("error_arcgis", '"code": 499')],
)
def test_errors_under_status_200(kind: str, part: str) -> None:
    with PortalServer(faults=FaultScript(then=Fault(kind=kind))) as server:
        with bare_client(server) as client:
            answer = client.get(f"{ROWS}.csv")
        assert answer.status_code == 200
        assert part in answer.text


@pytest.mark.parametrize(
    ("to", "start"),
    [
        ("relative", "/moved/resource/"),
        ("absolute", "https://localhost:"),
        ("http", "http://localhost:"),
        ("other_name", "https://127.0.0.1:"),
        ("mapped", "https://[::ffff:127.0.0.1]:"),
        ("metadata", "https://169.254.169.254/"),
        ("https://example.org/", "https://example.org/"),
    ],
)
def test_redirects(to: str, start: str) -> None:
    faults = FaultScript({0: Fault(kind="redirect", to=to)})
    with PortalServer(faults=faults) as server, bare_client(server) as client:
        answer = client.get(f"{ROWS}.csv", params={"$limit": 3})
        assert answer.status_code == 307
        assert answer.headers["Location"].startswith(start)
        if to in {"relative", "absolute"}:
            assert client.get(answer.headers["Location"]).text.count('"SYN1') == 3


def test_a_loop_has_no_end() -> None:
    faults = FaultScript({0: Fault(kind="redirect", to="loop")})
    with PortalServer(faults=faults) as server, bare_client(server) as client:
        with pytest.raises(httpx.TooManyRedirects):
            client.get(f"{ROWS}.csv", follow_redirects=True)
        assert len(server.seen) > 5


@pytest.mark.parametrize("traced", [True, False])
@pytest.mark.parametrize("kind", ["insert", "delete", "edit", "move"])
def test_data_change_before_the_request_they_are_set_for(kind: str, *, traced: bool) -> None:
    faults = FaultScript({1: Fault(kind=kind, rows=5, traced=traced)})
    asked = {"$select": "count(*) as n, max(:updated_at) as m"}
    with PortalServer(faults=faults) as server, bare_client(server) as client:
        before = server.frame
        (first,), (second,) = (client.get(f"{ROWS}.json", params=asked).json() for _ in range(2))
        gone, come = (
            left.join(right, on=before.columns, how="anti", nulls_equal=True).height
            for left, right in ((before, server.frame), (server.frame, before))
        )
        more = {"insert": 5, "delete": -5}.get(kind, 0)
        assert int(second["n"]) - int(first["n"]) == more
        assert (gone, come) == {"insert": (0, 5), "delete": (5, 0)}.get(kind, (5, 5))
        assert (second["m"] > first["m"]) == (traced and kind != "delete")
        updated = client.get("/api/views/abcd-1234.json").json()["rowsUpdatedAt"]
        assert (updated > 1767592800) == traced


def test_columns_change_between_two_fetches() -> None:
    with PortalServer() as server, bare_client(server) as client:
        server.change(Fault(kind="rename_column"))
        server.change(Fault(kind="add_column"))
        head = client.get(f"{ROWS}.csv", params={"$limit": 0}).text.strip()
        assert head.endswith('"latitude","longitude_new","added_column"')


def test_pages_that_are_not_what_was_asked_for() -> None:
    kinds = ["repeated_page", "empty_page", "short_page", "shuffled_page"]
    faults = FaultScript({n: Fault(kind=kind, rows=2) for n, kind in enumerate(kinds, start=1)})
    with PortalServer(faults=faults) as server, bare_client(server) as client:
        pages = [
            client.get(f"{ROWS}.csv", params={"$order": ":id", "$limit": 10, "$offset": 10 * n})
            for n in range(5)
        ]
        assert pages[1].content == pages[0].content
        assert [pl.read_csv(page.content).height for page in pages] == [10, 10, 0, 8, 10]


def test_counts_and_pages_of_yesterday() -> None:
    faults = FaultScript({1: Fault(kind="wrong_count", rows=3), 2: Fault(kind="stale_page")})
    asked = {"$select": "count(*) as n"}
    with PortalServer(faults=faults) as server, bare_client(server) as client:
        server.change(Fault(kind="delete", rows=100))
        counts = [client.get(f"{ROWS}.json", params=asked).json()[0]["n"] for _ in range(3)]
        assert counts == ["900", "903", "1000"]


def test_stopping_amid_a_body() -> None:
    called: list[str] = []
    stop = Stop(50_000, lambda: called.append("now"))
    with PortalServer(stop=stop) as server, bare_client(server) as client:
        with pytest.raises(httpx.TransportError):
            client.get(f"{ROWS}.csv")
        assert called == ["now"]
        assert server.bytes_sent == 50_000
        assert client.get(f"{ROWS}.csv").status_code == 200
        assert called == ["now"]


def test_faults_only_where_they_belong_and_counters() -> None:
    faults = FaultScript({1: Fault(kind="status")}, paths="/resource/.*limit=7")
    with PortalServer(faults=faults) as server, bare_client(server) as client:
        for limit in (7, 8, 7, 7):
            client.get(f"{ROWS}.csv", params={"$limit": limit})
        assert [seen.status for seen in server.seen] == [200, 200, 503, 200]
        assert server.requests_by_path == {f"{ROWS}.csv": 4}
        assert sum(server.bytes_by_path.values()) == server.bytes_sent


def test_other_faults_can_follow() -> None:
    with PortalServer(frame=synthetic_rows(0)) as server, bare_client(server) as client:
        server.change(Fault(kind="insert"))
        assert client.get(f"{ROWS}.csv").status_code == 200
        server.use(FaultScript({0: Fault(kind="status", status=502)}))
        assert [client.get(f"{ROWS}.csv").status_code for _ in range(2)] == [502, 200]


def test_a_client_that_does_not_trust_is_a_stranger(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    with (
        PortalServer() as server,
        httpx.Client(base_url=server.url) as client,
        pytest.raises(httpx.ConnectError),
    ):
        client.get("/")
    assert server.strangers >= 1
    assert server.seen == []


def test_an_error_of_the_server_itself_reaches_the_test() -> None:
    class Broken(Socrata):
        def knows(self, path: str) -> bool:
            raise ZeroDivisionError(path)

    with (
        pytest.raises(ZeroDivisionError),
        PortalServer(protocols=(Broken(),)) as server,
        bare_client(server) as client,
        pytest.raises(httpx.TransportError),
    ):
        client.get("/")


def test_the_end_of_the_server_is_the_end_of_everything() -> None:
    threads = set(threading.enumerate())
    faults = FaultScript(then=Fault(kind="drip", seconds=60))
    with PortalServer(faults=faults) as server, bare_client(server) as client:
        asking = threading.Thread(target=lambda: _ignoring_errors(client))
        asking.start()
        # Half a handshake must not keep it either.
        silent = socket.create_connection(("127.0.0.1", server.port))
        while not server.bytes_sent:
            time.sleep(0.01)
        begun = time.monotonic()
    asking.join()
    silent.close()
    assert time.monotonic() - begun < 5
    assert set(threading.enumerate()) <= threads


def _ignoring_errors(client: httpx.Client) -> None:
    with contextlib.suppress(httpx.HTTPError):
        client.get(f"{ROWS}.csv")
