"""GeoReport v2: every request once, and nothing of the person who made it."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
import pytest
from tests.portals import PERSONAL, Fault, FaultSchedule, FaultScript, PortalServer, synthetic_rows
from tests.portals import Open311 as Endpoint
from tests.portals.talk import Reply, as_json

from hotspots.errors import FetchError, ParameterError
from hotspots.loaders.detect import match_feed
from hotspots.loaders.fetch import FetchLimits
from hotspots.loaders.fetch.client import PortalClient
from hotspots.loaders.fetch.contract import Page, Span
from hotspots.loaders.fetch.open311 import Open311
from hotspots.loaders.portals import Portal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.portals.dataset import Snapshot
    from tests.portals.faults import Faults
    from tests.portals.talk import Request, Speaks

_LIMITS: Final = FetchLimits(first_wait_seconds=0.001, longest_wait_seconds=0.01)
_SPRING: Final = Span(since=date(2023, 3, 1), until=date(2023, 6, 1), zone="UTC")
_CANARY: Final = "CANARY"


class FixMyStreet:
    """Gives the newest, takes no notice of pages, and compares by its own clock: offsets go lost.

    Every field that is not harmless holds a canary.
    """

    def __init__(self, moments: list[datetime], *, most: int = 1000) -> None:
        self.moments = moments
        self.most = most
        self.zone = ZoneInfo("Europe/London")
        self.ignores_dates = False
        self.broken: Any = None
        self.hears: Callable[[Request], None] = lambda _: None

    def knows(self, path: str) -> bool:
        return path == "/open311/v2/requests.json"

    def refuse(self, status: int, text: str) -> Reply:
        return as_json([{"code": status, "description": text}], status=status)

    def answer(self, request: Request, now: Snapshot) -> Reply:  # noqa: ARG002
        self.hears(request)
        if self.broken is not None:
            return as_json(self.broken)
        start, end = (
            datetime.fromisoformat(request.asked[name]).replace(tzinfo=None)
            for name in ("start_date", "end_date")
        )
        found = []
        for number, moment in enumerate(self.moments):
            wall = moment.astimezone(self.zone).replace(tzinfo=None)
            if self.ignores_dates or start <= wall < end:
                found.append((wall, number, moment))
        newest = sorted(found, reverse=True)[: self.most]
        return as_json({"service_requests": [self._request(n, m) for _, n, m in newest]})

    def _request(self, number: int, moment: datetime) -> dict[str, Any]:
        personal = (
            "requestor_name", "title", "detail", "description", "media_url", "address", "zipcode",
            "address_id", "phone", "email", "first_name", "last_name", "device_id", "account_id",
            "status_notes", "service_notice", "something_new",
        )  # fmt: skip
        return dict.fromkeys(personal, _CANARY) | {
            "service_request_id": number,
            "status": "open",
            "service_name": 'Potholes, "deep"',
            "service_code": "Potholes",
            "lat": "53.8",
            "long": None if number % 5 == 0 else "-1.5",
            "requested_datetime": moment.astimezone(self.zone).isoformat(timespec="seconds"),
            "agency_responsible": {"recipient": ["Leeds", "Bradford"]},
        }


@pytest.fixture
def ask(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., tuple[Open311, PortalServer]]]:
    open_now: list[Any] = []

    def make(
        endpoint: Speaks,
        *,
        faults: Faults | None = None,
        frame: pl.DataFrame | None = None,
        zone: str = "UTC",
        **portal: Any,  # noqa: ANN401
    ) -> tuple[Open311, PortalServer]:
        server = PortalServer(protocols=[endpoint], faults=faults, frame=frame).__enter__()
        monkeypatch.setenv("SSL_CERT_FILE", str(server.ca_file))
        client = PortalClient(limits=_LIMITS, private_hosts=("localhost",)).__enter__()
        open_now.extend([server, client])
        where = Portal(name="x", protocol="open311", url=f"{server.url}/open311/v2", **portal)
        return Open311(client=client, portal=where, zone=zone), server

    yield make
    for thing in reversed(open_now):
        thing.__exit__(None, None, None)


def taken(dialect: Open311, span: Span) -> list[Page]:
    windows = dialect.windows(span)
    assert [t.mark for t in dialect.tallies(windows)] == [""] * len(windows)
    return [page for w in windows for page in dialect.pages(w, dialect.fields(), "")]


def ids(pages: list[Page]) -> list[int]:
    found = []
    for page in pages:
        rows = list(csv.reader(io.StringIO(page.body.decode())))
        assert [row[0] for row in rows] == [*page.keys]
        assert page.rows == len(rows)
        found += [int(row[0]) for row in rows]
    assert len(found) == len(set(found))
    return sorted(found)


def moments(n: int, *, seed: int = 1) -> list[datetime]:
    seconds = np.random.default_rng(seed).integers(0, 92 * 86400, n)
    begin = datetime(2023, 3, 1, tzinfo=UTC)
    return [begin + timedelta(seconds=int(s)) for s in seconds]


@pytest.fixture
def frame() -> pl.DataFrame:
    # Of more than a thousand in some months, and some exactly at midnight between two.
    rows = synthetic_rows(6000, seed=3, since=date(2023, 2, 20), until=date(2023, 6, 10))
    edge = datetime(2023, 4, 1)  # noqa: DTZ001 - UTC by agreement
    n = pl.int_range(pl.len())
    return rows.with_columns(date=pl.when(n % 500 == 0).then(edge).otherwise("date"))


@pytest.mark.parametrize("endpoint", [Endpoint(), Endpoint(pages=False), Endpoint(max_rows=100)])
def test_every_request_comes_once(
    endpoint: Endpoint, frame: pl.DataFrame, ask: Callable[..., tuple[Open311, PortalServer]]
) -> None:
    dialect, server = ask(endpoint, frame=frame)
    got = ids(taken(dialect, _SPRING))
    inside = server.frame.filter(
        pl.col("date").is_between(_SPRING.since, _SPRING.until, closed="left")
    )
    assert len(got) == inside.height > 4000


@pytest.mark.parametrize(
    ("most", "zone"), [(50, "Europe/London"), (200, "Pacific/Auckland"), (1000, "UTC")]
)
def test_a_server_with_a_cap_and_a_clock_of_its_own_gives_every_request_once(
    most: int, zone: str, ask: Callable[..., tuple[Open311, PortalServer]]
) -> None:
    made = moments(1000)
    edge = datetime(2023, 4, 1, tzinfo=ZoneInfo(zone))
    made += [edge, edge - timedelta(seconds=1), edge + timedelta(seconds=1)] * 2
    dialect, _ = ask(FixMyStreet(made, most=most), zone=zone)
    span = Span(since=date(2023, 3, 1), until=date(2023, 6, 1), zone=zone)
    start, end = (
        datetime(2023, month, 1, tzinfo=ZoneInfo(zone)).astimezone(UTC) for month in (3, 6)
    )
    assert ids(taken(dialect, span)) == [n for n, m in enumerate(made) if start <= m < end]


def test_as_many_requests_in_one_second_as_are_ever_given_is_an_error(
    ask: Callable[..., tuple[Open311, PortalServer]],
) -> None:
    made = [datetime(2023, 4, 7, 12, tzinfo=UTC)] * 60
    dialect, _ = ask(FixMyStreet(made, most=50))
    with pytest.raises(FetchError, match="50 requests for 2023-04-07"):
        taken(dialect, _SPRING)


def test_nothing_personal_is_ever_in_a_page(
    ask: Callable[..., tuple[Open311, PortalServer]],
) -> None:
    dialect, _ = ask(FixMyStreet(moments(300)))
    pages = taken(dialect, _SPRING)
    assert not any(_CANARY.encode() in page.body for page in pages)
    assert {"requestor_name", "description", "media_url", "address", "something_new"} <= {
        *pages[0].left_out
    }
    row = next(csv.reader(io.StringIO(pages[0].body.decode())))
    assert dict(zip(dialect.fields(), row, strict=True))["agency_responsible"] == "Leeds; Bradford"


def test_nothing_personal_of_the_standard_is_ever_in_a_page(
    frame: pl.DataFrame, ask: Callable[..., tuple[Open311, PortalServer]]
) -> None:
    dialect, _ = ask(Endpoint(), frame=frame)
    pages = taken(dialect, _SPRING)
    assert {*PERSONAL, "description", "address"} <= {*pages[0].left_out}
    for page in pages:
        assert b"made.up@example.org" not in page.body
        assert b"Made" not in page.body


@pytest.mark.parametrize("seed", range(4))
def test_every_request_comes_once_in_spite_of_faults(
    seed: int, ask: Callable[..., tuple[Open311, PortalServer]]
) -> None:
    made = moments(400)
    endpoint = FixMyStreet(made, most=150)
    dialect, _ = ask(endpoint, faults=FaultSchedule(seed, rate=0.3))
    assert ids(taken(dialect, _SPRING)) == [
        n for n, m in enumerate(made) if m < datetime(2023, 6, 1, tzinfo=UTC)
    ]


@pytest.mark.parametrize("kind", ["empty_page", "short_page", "repeated_page"])
@pytest.mark.parametrize("at", [0, 1, 3])
def test_an_answer_that_lies_is_noticed(
    kind: str, at: int, frame: pl.DataFrame, ask: Callable[..., tuple[Open311, PortalServer]]
) -> None:
    faults = FaultScript({at: Fault(kind=kind, rows=2)})
    dialect, server = ask(Endpoint(max_rows=1000), frame=frame, faults=faults)
    got = ids(taken(dialect, _SPRING))
    inside = server.frame.filter(
        pl.col("date").is_between(_SPRING.since, _SPRING.until, closed="left")
    )
    assert len(got) == inside.height


def test_requests_that_come_in_meanwhile_are_all_there_or_none(
    ask: Callable[..., tuple[Open311, PortalServer]],
) -> None:
    endpoint = FixMyStreet(moments(40))

    def more(request: Request) -> None:
        if request.number == 1:
            endpoint.moments.append(datetime(2023, 3, 9, tzinfo=UTC))

    endpoint.hears = more
    dialect, _ = ask(endpoint)
    assert 40 in ids(taken(dialect, _SPRING))


def test_a_jurisdiction_is_named(
    frame: pl.DataFrame, ask: Callable[..., tuple[Open311, PortalServer]]
) -> None:
    endpoint = Endpoint(jurisdiction="city.example.org")
    dialect, _ = ask(endpoint, frame=frame, dataset="city.example.org")
    assert len(ids(taken(dialect, _SPRING))) > 4000
    other, _ = ask(endpoint, frame=frame, dataset="elsewhere")
    with pytest.raises(FetchError, match="jurisdiction_id not found"):
        taken(other, _SPRING)


def test_a_server_that_takes_no_notice_of_dates_is_refused(
    ask: Callable[..., tuple[Open311, PortalServer]],
) -> None:
    endpoint = FixMyStreet(moments(40))
    endpoint.ignores_dates = True
    dialect, _ = ask(endpoint)
    with pytest.raises(FetchError, match="takes no notice of dates"):
        taken(dialect, _SPRING)


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        ([{"code": 404, "description": "No such city"}], "404: 'No such city'"),
        ({"errors": [{"code": "500", "description": "Sorry"}]}, "500: 'Sorry'"),
        ({"message": "Sorry"}, "not a list of requests"),
        ([{"token": "x", "status": "open"}], "without an id"),
        (
            [{"service_request_id": "1", "requested_datetime": "yesterday"}],
            "'yesterday' for requested_datetime",
        ),
    ],
)
def test_what_is_no_list_of_requests_is_an_error(
    broken: object, reason: str, ask: Callable[..., tuple[Open311, PortalServer]]
) -> None:
    endpoint = FixMyStreet([])
    endpoint.broken = json.loads(json.dumps(broken))
    dialect, _ = ask(endpoint)
    with pytest.raises(FetchError, match=reason):
        taken(dialect, _SPRING)


def test_windows_are_months_until_today(
    ask: Callable[..., tuple[Open311, PortalServer]],
) -> None:
    dialect, _ = ask(FixMyStreet([]), first_day=date(2024, 11, 5))
    names = [w.name for w in dialect.windows(Span(since=None, until=None, zone="UTC"))]
    today = datetime.now(UTC).date()
    assert names[:2] == ["2024-11-05_2024-11-30", "2024-12"]
    assert names[-1] == f"{today:%Y-%m}"
    part = Span(since=date(2024, 12, 3), until=date(2025, 1, 10), zone="UTC")
    assert [w.name for w in dialect.windows(part)] == [
        "2024-12-03_2024-12-31",
        "2025-01-01_2025-01-09",
    ]


def test_without_a_beginning_there_are_no_windows(
    ask: Callable[..., tuple[Open311, PortalServer]],
) -> None:
    dialect, _ = ask(FixMyStreet([]))
    with pytest.raises(ParameterError, match="Give since="):
        dialect.windows(Span(since=None, until=None, zone="UTC"))
    later = datetime.now(UTC).date() + timedelta(days=70)
    with pytest.raises(ParameterError, match="future"):
        dialect.windows(Span(since=later, until=None, zone="UTC"))


def test_the_fields_are_a_variant_of_the_feed() -> None:
    assert match_feed(Open311.fields(None), "open311", "x").variant == "georeport"  # type: ignore[arg-type]
