"""The one client: patient with what passes, quick to refuse what does not, silent on tokens."""

from __future__ import annotations

import logging
import socket
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING

import httpx
import polars as pl
import pytest
from tests.portals import Fault, FaultScript, PortalServer, synthetic_rows

from hotspots.errors import AnswerError, FetchError, ParameterError
from hotspots.loaders.fetch import FetchLimits
from hotspots.loaders.fetch.client import Answer, PortalClient
from hotspots.loaders.fetch.guard import check_given_url, check_hop, peer_check
from hotspots.loaders.fetch.waiting import AskAgainError, seconds_to_wait

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.portals.faults import Faults

ROWS = synthetic_rows(200, seed=3)
QUICK = FetchLimits(attempts=4, first_wait_seconds=0.01, longest_wait_seconds=60)


@pytest.fixture
def trusted(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., PortalServer]]:
    """Start a server whose certificate is trusted."""
    opened: list[PortalServer] = []

    def start(faults: Faults | None = None) -> PortalServer:
        server = PortalServer(frame=ROWS, faults=faults)
        opened.append(server)
        server.__enter__()
        monkeypatch.setenv("SSL_CERT_FILE", str(server.ca_file))
        return server

    yield start
    for server in opened:
        server.__exit__(None, None, None)


def _ask(
    server: PortalServer,
    *,
    limits: FetchLimits = QUICK,
    hosts: tuple[str, ...] = ("localhost",),
    token: str = "",
    waited: list[float] | None = None,
) -> Answer:
    waits: list[float] = [] if waited is None else waited
    headers = {"X-App-Token": token} if token else {}
    with PortalClient(
        limits=limits, private_hosts=hosts, token_headers=headers, sleep=waits.append
    ) as client:
        url = f"{server.url}/resource/abcd-1234.csv"
        return client.ask(url, params={"$order": ":id", "$limit": "1000"}, parse=lambda a: a)


def _rows(answer: Answer) -> int:
    return pl.read_csv(answer.content, infer_schema=False).height


@pytest.mark.parametrize(
    "kind",
    ["reset_before_head", "reset_in_head", "reset_in_body", "short_body", "cut_chunks", "status"],
)
def test_what_passes_is_asked_again(trusted: Callable[..., PortalServer], kind: str) -> None:
    server = trusted(FaultScript({0: Fault(kind=kind), 1: Fault(kind=kind)}))
    assert _rows(_ask(server)) == 200
    assert len(server.seen) == 3


@pytest.mark.parametrize("kind", ["gzip", "chunks"])
def test_packed_and_chunked_answers_are_proven_whole(
    trusted: Callable[..., PortalServer], kind: str
) -> None:
    answer = _ask(trusted(FaultScript({0: Fault(kind=kind)})))
    assert _rows(answer) == 200
    assert answer.proven_whole


def test_an_answer_ended_by_the_connection_is_not_proven_whole(
    trusted: Callable[..., PortalServer],
) -> None:
    assert not _ask(trusted(FaultScript({0: Fault(kind="until_close")}))).proven_whole


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410])
def test_a_refusal_is_final(trusted: Callable[..., PortalServer], status: int) -> None:
    server = trusted(FaultScript(then=Fault(kind="status", status=status)))
    with pytest.raises(FetchError, match=rf"answers {status}"):
        _ask(server)
    assert len(server.seen) == 1


def test_overload_without_end_ends_in_an_error(trusted: Callable[..., PortalServer]) -> None:
    server = trusted(FaultScript(then=Fault(kind="status", status=429)))
    waited: list[float] = []
    with pytest.raises(FetchError, match=r"no usable answer in 4 tries.*429 Too Many Requests"):
        _ask(server, waited=waited)
    assert len(server.seen) == 4
    # They grow, and are not exactly the powers of two that every other client waits as well.
    assert len(waited) == 3
    assert waited[0] < waited[2]
    assert all(wait >= 0.01 * 2**n for n, wait in enumerate(waited))


def test_the_portal_is_not_asked_before_it_says(trusted: Callable[..., PortalServer]) -> None:
    script = {
        0: Fault(kind="status", status=429, retry_after="7"),
        1: Fault(kind="status", status=503, retry_after="date+20"),
        2: Fault(kind="status", status=503, retry_after="date-60"),
    }
    waited: list[float] = []
    _ask(trusted(FaultScript(script)), waited=waited)
    assert 7 <= waited[0] < 7.1
    assert 18 <= waited[1] <= 21
    assert 0 <= waited[2] < 0.2


def test_a_wait_beyond_all_patience_is_said(trusted: Callable[..., PortalServer]) -> None:
    server = trusted(FaultScript(then=Fault(kind="status", status=429, retry_after="1000000000")))
    with pytest.raises(FetchError, match=r"asks to wait 1,000,000,000 seconds"):
        _ask(server)
    assert len(server.seen) == 1


def test_retry_after_is_read_in_all_its_forms() -> None:
    later = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
    assert 80 < (seconds_to_wait({"Retry-After": later}) or 0) <= 90
    assert seconds_to_wait({"Retry-After": "0"}) == 0
    for nonsense in ("", "soon", "-5", "1.5", "³", "9" * 5000 + "x"):
        assert seconds_to_wait({"Retry-After": nonsense}) is None


def test_an_endless_body_meets_the_limit(trusted: Callable[..., PortalServer]) -> None:
    server = trusted(FaultScript(then=Fault(kind="endless", most_bytes=1 << 24)))
    limits = FetchLimits(attempts=2, first_wait_seconds=0.01, max_answer_bytes=1 << 20)
    with pytest.raises(FetchError, match=r"sends more than max_answer_bytes=1,048,576 bytes"):
        _ask(server, limits=limits)
    assert len(server.seen) == 1


def test_all_answers_together_meet_the_limit(trusted: Callable[..., PortalServer]) -> None:
    server = trusted()
    limits = FetchLimits(attempts=2, first_wait_seconds=0.01, max_bytes=100_000)
    url = f"{server.url}/resource/abcd-1234.csv"
    with PortalClient(limits=limits, private_hosts=("localhost",)) as client:
        size = client.ask(url, parse=lambda a: len(a.content))
        assert size < 100_000 < 2 * size + 50_000
        client.ask(url, parse=lambda a: a)
        with pytest.raises(FetchError, match=r"max_bytes=100,000"):
            client.ask(url, parse=lambda a: a)


def test_a_body_that_drips_meets_the_limit(trusted: Callable[..., PortalServer]) -> None:
    server = trusted(FaultScript(then=Fault(kind="drip", seconds=5)))
    limits = FetchLimits(attempts=2, first_wait_seconds=0.01, answer_seconds=0.5)
    with pytest.raises(FetchError, match=r"took longer than"):
        _ask(server, limits=limits)


@pytest.mark.parametrize("to", ["relative", "absolute"])
def test_a_redirect_on_the_same_host_is_followed(
    trusted: Callable[..., PortalServer], to: str
) -> None:
    assert _rows(_ask(trusted(FaultScript({0: Fault(kind="redirect", to=to)})))) == 200


@pytest.mark.parametrize(
    ("to", "says"),
    [
        ("http", "not https"),
        ("other_name", "inside a private network"),
        ("mapped", "inside a private network"),
        ("metadata", "inside a private network"),
        ("https://10.1.2.3/x", "inside a private network"),
        ("https://[64:ff9b::7f00:1]/x", "inside a private network"),
        ("file:///etc/hostname", "not https"),
        ("loop", "and further"),
    ],
)
def test_no_redirect_leads_into_a_private_network(
    trusted: Callable[..., PortalServer], to: str, says: str
) -> None:
    server = trusted(FaultScript(then=Fault(kind="redirect", to=to)))
    with pytest.raises(FetchError, match=says):
        _ask(server)
    assert server.strangers == 0


def test_a_private_portal_is_asked_only_when_it_is_named(
    trusted: Callable[..., PortalServer],
) -> None:
    server = trusted()
    with pytest.raises(FetchError, match=r"localhost is (127\.0\.0\.1|::1), an address inside"):
        _ask(server, hosts=())
    assert not server.seen, "not a byte may reach it"
    assert _rows(_ask(server, hosts=("LOCALHOST",))) == 200


def test_what_a_name_leads_to_is_looked_at_when_the_connection_stands() -> None:
    """A name that resolves to another address the second time gets no further than the first."""

    class Stream:
        def __init__(self, address: str) -> None:
            self.address = address

        def get_extra_info(self, _: str) -> tuple[str, int]:
            return self.address, 443

        def close(self) -> None:
            self.address = "closed"

    look = peer_check("https://data.example.org/x", ())
    look("connection.connect_tcp.started", {"host": "data.example.org"})
    look("connection.connect_tcp.complete", {"return_value": Stream("93.184.216.34")})
    inside = Stream("192.168.1.1")
    with pytest.raises(FetchError, match="private network"):
        look("connection.connect_tcp.complete", {"return_value": inside})
    assert inside.address == "closed"
    # Through a proxy the connection is to the proxy, which may well be inside.
    look("connection.connect_tcp.started", {"host": "proxy.example.org"})
    look("connection.connect_tcp.complete", {"return_value": Stream("10.0.0.1")})


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.0.1", "169.254.169.254", "100.64.0.1",
        "0.0.0.1", "224.0.0.1", "[::1]", "[fc00::1]", "[fe80::1]", "[::ffff:10.0.0.1]",
        "[2002:7f00:1::1]", "[64:ff9b::a00:1]",
    ],
)  # fmt: skip
def test_private_addresses_are_known_in_every_dress(host: str) -> None:
    with pytest.raises(FetchError, match="inside a private network"):
        check_hop(f"https://{host}/", ())
    check_hop("https://1.1.1.1/", ())
    check_hop("https://[2606:4700:4700::1111]/", ())


@pytest.mark.parametrize(
    "url",
    ["http://data.example.org", "file:///etc/hostname", "data.csv", "ftp://x.org", "https://", ""],
)
def test_only_https_addresses_are_taken(url: str) -> None:
    with pytest.raises(ParameterError, match="not an https address"):
        check_given_url(url)


@pytest.mark.parametrize(
    "url",
    ["https://me:secret@data.example.org", "https://data.example.org/?$$app_token=secret",
     "https://data.example.org/x?TOKEN=secret"],
)  # fmt: skip
def test_an_address_with_a_secret_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(ParameterError, match="holds a password or a token") as caught:
        check_given_url(url)
    assert "secret" not in str(caught.value)


def test_a_token_goes_to_its_own_host_and_into_no_log(
    trusted: Callable[..., PortalServer],
    caplog: pytest.LogCaptureFixture,
) -> None:
    server = trusted(FaultScript({1: Fault(kind="redirect", to="other_name")}))
    caplog.set_level(logging.DEBUG)
    hosts = ("localhost", "127.0.0.1")
    _ask(server, hosts=hosts, token="very-secret")  # noqa: S106 - made up
    _ask(server, hosts=hosts, token="very-secret")  # noqa: S106 - made up
    shown = [{k.lower(): v for k, v in seen.headers.items()} for seen in server.seen]
    assert shown[0]["x-app-token"] == shown[1]["x-app-token"] == "very-secret"
    assert "x-app-token" not in shown[2]
    assert shown[2]["host"].startswith("127.0.0.1")
    assert "very-secret" not in caplog.text
    assert "very-secret" not in repr(PortalClient(token_headers={"X-App-Token": "very-secret"}))


def test_a_portal_that_cannot_prove_its_name_is_not_asked_twice(
    trusted: Callable[..., PortalServer],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    server = trusted()
    monkeypatch.delenv("SSL_CERT_FILE")
    waited: list[float] = []
    with pytest.raises(FetchError, match="cannot prove that it is who it says"):
        _ask(server, waited=waited)
    assert not waited


def test_an_answer_that_cannot_be_used_is_asked_for_again(
    trusted: Callable[..., PortalServer],
) -> None:
    server = trusted()
    answers: Iterator[bool] = iter([False, False, True])

    def parse(answer: Answer) -> int:
        if not next(answers):
            msg = "It is nonsense."
            raise AskAgainError(msg)
        return answer.status

    with PortalClient(limits=QUICK, private_hosts=("localhost",), sleep=lambda _: None) as client:
        assert client.ask(f"{server.url}/resource/abcd-1234.csv", parse=parse) == 200
    assert len(server.seen) == 3


def test_faults_of_the_network_are_of_our_family(trusted: Callable[..., PortalServer]) -> None:
    server = trusted(FaultScript(then=Fault(kind="reset_in_body")))
    with PortalClient(limits=QUICK, private_hosts=("localhost",)) as client:
        url = f"{server.url}/resource/abcd-1234.csv"
        with pytest.raises(AnswerError, match="The connection failed"), client.stream(url) as body:
            body.read()
    with pytest.raises(FetchError, match="The client is closed"), client.stream(url):
        pass


def test_limits_must_let_something_through() -> None:
    with pytest.raises(ParameterError, match="attempts must be above zero"):
        FetchLimits(attempts=0)


def test_the_client_asks_for_fresh_answers(trusted: Callable[..., PortalServer]) -> None:
    server = trusted()
    _ask(server)
    headers = httpx.Headers(server.seen[0].headers)
    assert headers["cache-control"] == "no-cache"
    assert headers["user-agent"].startswith("hotspots")


def test_a_portal_that_cannot_be_reached_is_given_up_soon() -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        url = f"https://localhost:{nobody.getsockname()[1]}/x"
        waited: list[float] = []
        with (
            PortalClient(private_hosts=("localhost",), sleep=waited.append) as client,
            pytest.raises(FetchError, match=r"localhost/x cannot be reached .* Is there a network"),
        ):
            client.ask(url, parse=lambda a: a)
    assert len(waited) == 2


def test_a_long_wait_is_said(trusted: Callable[..., PortalServer]) -> None:
    server = trusted(FaultScript({0: Fault(kind="status", status=503, retry_after="30")}))
    said: list[str] = []
    with PortalClient(
        limits=QUICK, private_hosts=("localhost",), sleep=lambda _: None, tell=said.append
    ) as client:
        client.ask(f"{server.url}/resource/abcd-1234.csv", parse=lambda a: a)
    assert said == ["It answers 503 Service Unavailable. Asking again in 30 seconds."]


@pytest.mark.parametrize("fault", [TypeError, KeyError, IndexError, AttributeError, OverflowError])
def test_an_answer_of_a_form_that_nobody_thought_of_ends_in_an_error_of_ours(
    trusted: Callable[..., PortalServer], fault: type[Exception]
) -> None:
    def parse(answer: Answer) -> None:  # noqa: ARG001
        raise fault

    url = f"{trusted().url}/api/views/abcd-1234.json"
    with (
        PortalClient(limits=QUICK, private_hosts=("localhost",), sleep=lambda _: None) as client,
        pytest.raises(FetchError, match="not of the form that was expected"),
    ):
        client.ask(url, parse=parse)


def test_what_is_packed_twice_is_not_unpacked() -> None:
    request = httpx.Request("GET", "https://portal.example/x")
    response = httpx.Response(
        200, headers={"Content-Encoding": "gzip, gzip"}, stream=httpx.ByteStream(b"x"),
        request=request,
    )  # fmt: skip
    with PortalClient() as client, pytest.raises(AnswerError, match="packed as 'gzip, gzip'"):
        client._answer(response)  # noqa: SLF001 - no server packs twice


@pytest.mark.parametrize("host", ["a..b.example", f"{'a' * 70}.example"])
def test_a_name_that_can_be_no_host_is_refused(host: str) -> None:
    with PortalClient(limits=QUICK) as client, pytest.raises(FetchError, match="be an address"):
        client.ask(f"https://{host}/", parse=lambda answer: answer)


def test_certificates_that_are_not_there_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", "/nowhere/ca.pem")
    with pytest.raises(FetchError, match="certificates or the proxy"), PortalClient():
        pass


def test_a_zone_beyond_all_numbers_is_no_time_to_wait() -> None:
    text = f"Sun, 01 Mar 2026 10:00:30 +{'9' * 25}"
    assert seconds_to_wait({"Retry-After": text}) is None


def test_a_portal_that_repeats_the_token_is_not_quoted(
    trusted: Callable[..., PortalServer], monkeypatch: pytest.MonkeyPatch
) -> None:
    server = trusted(FaultScript(then=Fault(kind="status", status=403)))
    monkeypatch.setattr(httpx.Response, "iter_bytes", lambda *_: iter([b"bad: very-secret!"]))
    with pytest.raises(FetchError, match=r"bad: \*\*\*!") as caught:
        _ask(server, token="very-secret")  # noqa: S106 - made up
    assert "very-secret" not in str(caught.value)
