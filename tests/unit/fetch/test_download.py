"""Downloads against a server on loopback that breaks them."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import textwrap
from typing import TYPE_CHECKING, Final

import pytest
from tests.portals import Fault, FaultScript, PortalServer, Stop
from tests.portals.talk import Reply
from tests.unit.fetch.hosts import Files

from hotspots.errors import FetchError, OutputError, ParameterError
from hotspots.loaders.fetch import FetchLimits
from hotspots.loaders.fetch.client import PortalClient
from hotspots.loaders.fetch.download import Download, content_fault, download

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.portals.dataset import Snapshot
    from tests.portals.talk import Request

_ROWS: Final = 150_000
_MIB: Final = 1 << 20
_LIMITS: Final = FetchLimits(first_wait_seconds=0.001, longest_wait_seconds=0.01)


@pytest.fixture
def host() -> Files:
    rows = random.Random(1)  # noqa: S311 - no secret
    lines = [f"{n},{rows.random()},BURGLARY\n" for n in range(_ROWS)]
    return Files(("id,x,what\n" + "".join(lines)).encode())


@pytest.fixture
def client() -> Iterator[PortalClient]:
    with PortalClient(limits=_LIMITS, private_hosts=("localhost",)) as client:
        yield client


def fetch(
    monkeypatch: pytest.MonkeyPatch, server: PortalServer, target: Path, *, name: str = "a.csv"
) -> Download:
    monkeypatch.setenv("SSL_CERT_FILE", str(server.ca_file))
    with PortalClient(limits=_LIMITS, private_hosts=("localhost",)) as client:
        return download(client, f"{server.url}/files/{name}", target)


def ranges(server: PortalServer) -> list[str]:
    return [seen.headers.get("Range", "") for seen in server.seen]


def test_a_file_comes_once_and_is_not_fetched_again_while_it_is_the_same(
    host: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "a.csv"
    with PortalServer(protocols=[host]) as server:
        first = fetch(monkeypatch, server, target)
        second = fetch(monkeypatch, server, target)
        sent = server.bytes_sent
    assert target.read_bytes() == host.content
    assert first.new
    assert not second.new
    assert first.sha256 == second.sha256 == hashlib.sha256(host.content).hexdigest()
    assert sent == first.size_bytes == len(host.content)


def test_another_version_replaces_the_file(
    host: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "a.csv"
    with PortalServer(protocols=[host]) as server:
        fetch(monkeypatch, server, target)
        host.content, host.etag = b"id,x,what\n1,2,ROBBERY\n", '"two"'
        assert fetch(monkeypatch, server, target).new
    assert target.read_bytes() == host.content


@pytest.mark.parametrize("kind", ["reset_in_body", "short_body", "cut_chunks", "reset_before_head"])
def test_a_broken_connection_is_taken_up_where_it_ended(
    kind: str, host: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    faults = FaultScript({0: Fault(kind=kind, share=0.6), 1: Fault(kind=kind, share=0.3)})
    with PortalServer(protocols=[host], faults=faults) as server:
        done = fetch(monkeypatch, server, tmp_path / "a.csv")
        asked = ranges(server)
    assert done.path.read_bytes() == host.content
    assert len(asked) == 3
    if kind != "reset_before_head":
        # A reset throws away what was on its way, so the exact place is not ours to say.
        assert 0 < int(asked[1][6:-1]) < int(asked[2][6:-1]) < len(host.content)


def test_many_breaks_do_not_end_a_download_that_gets_on(
    host: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    host.content *= 5
    # Each brings a twelfth of what is left, which is more than 1 MiB for longer than eight tries.
    faults = FaultScript({n: Fault(kind="short_body", share=1 / 12) for n in range(9)})
    with PortalServer(protocols=[host], faults=faults) as server:
        done = fetch(monkeypatch, server, tmp_path / "a.csv")
    assert done.sha256 == hashlib.sha256(host.content).hexdigest()


def test_a_file_that_changes_on_its_way_is_begun_again(
    host: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = host.content.replace(b"BURGLARY", b"ROBBERY!")

    def change(request: Request) -> None:
        if request.number == 1:
            host.content, host.etag = other, '"two"'

    host.hears = change
    faults = FaultScript({0: Fault(kind="short_body", share=0.5)})
    with PortalServer(protocols=[host], faults=faults) as server:
        done = fetch(monkeypatch, server, tmp_path / "a.csv")
    assert done.path.read_bytes() == other


@pytest.mark.parametrize("etag", ["", 'W/"weak"'])
def test_without_a_strong_etag_a_part_is_never_continued(
    etag: str, host: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    host.etag = etag
    faults = FaultScript({0: Fault(kind="short_body", share=0.5)})
    with PortalServer(protocols=[host], faults=faults) as server:
        done = fetch(monkeypatch, server, tmp_path / "a.csv")
        assert ranges(server) == ["", ""]
    assert done.path.read_bytes() == host.content


def test_a_portal_that_knows_no_ranges_is_asked_for_all_again(
    host: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    host.ranges = False
    faults = FaultScript({0: Fault(kind="short_body", share=0.5)})
    with PortalServer(protocols=[host], faults=faults) as server:
        done = fetch(monkeypatch, server, tmp_path / "a.csv")
    assert done.path.read_bytes() == host.content


def test_a_range_that_is_not_the_one_asked_for_is_not_joined(
    host: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Off(Files):
        def answer(self, request: Request, now: Snapshot) -> Reply:
            reply = super().answer(request, now)
            if reply.status != 206:
                return reply
            start, total = 7, len(self.content)
            headers = {**reply.headers, "Content-Range": f"bytes {start}-{total - 1}/{total}"}
            return Reply(self.content[start:], reply.kind, 206, headers)

    odd = Off(host.content)
    faults = FaultScript({0: Fault(kind="short_body", share=0.5)})
    with PortalServer(protocols=[odd], faults=faults) as server:
        done = fetch(monkeypatch, server, tmp_path / "a.csv")
    assert done.path.read_bytes() == host.content


def test_a_part_that_is_already_whole_is_published_on_416(
    host: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "a.csv"
    with PortalServer(protocols=[host]) as server:
        fetch(monkeypatch, server, target)
        # As after an end of the process between the last byte and its check.
        target.rename(tmp_path / "a.csv.part")
        sidecar = tmp_path / "a.csv.http.json"
        state = json.loads(sidecar.read_bytes())
        sidecar.write_text(json.dumps({**state, "sha256": ""}))
        done = fetch(monkeypatch, server, target)
        assert server.seen[-1].status == 416
        assert server.bytes_sent == len(host.content)
    assert done.path.read_bytes() == host.content


def test_an_end_before_the_last_step_is_made_good_without_fetching(
    host: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "a.csv"
    with PortalServer(protocols=[host]) as server:
        fetch(monkeypatch, server, target)
        target.rename(tmp_path / "a.csv.part")
        assert not fetch(monkeypatch, server, target).new
        assert server.bytes_sent == len(host.content)
    assert target.read_bytes() == host.content


def test_a_body_whose_end_is_not_marked_is_believed_when_it_comes_twice(
    host: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    host.etag = ""
    faults = FaultScript(
        {0: Fault(kind="cut_at_row", share=0.5), 1: Fault(kind="cut_at_row", share=0.7)},
        then=Fault(kind="until_close"),
    )
    with PortalServer(protocols=[host], faults=faults) as server:
        done = fetch(monkeypatch, server, tmp_path / "a.csv")
    assert done.path.read_bytes() == host.content


def test_a_file_packed_for_the_way_is_kept_packed_and_continued(
    host: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = host.content
    host.content, host.packing = gzip.compress(plain), "gzip"
    faults = FaultScript({0: Fault(kind="short_body", share=0.5)})
    with PortalServer(protocols=[host], faults=faults) as server:
        done = fetch(monkeypatch, server, tmp_path / "a.csv")
        assert ranges(server)[1]
    assert gzip.decompress(done.path.read_bytes()) == plain


@pytest.mark.parametrize(
    ("content", "name", "reason"),
    [
        (b"", "a.csv", "empty"),
        (b"\xef\xbb\xbf \n<!DOCTYPE html><title>Sorry</title>", "a.csv", "web page"),
        (b'{"error": {"code": 499}}', "a.csv", "JSON"),
        (b"id,x\n1,2\n", "a.zip", r"no \.zip"),
        (b"id,x\n1,2\n", "a.csv.gz", r"no \.gz"),
    ],
)
def test_what_is_not_the_file_never_takes_its_place(
    content: bytes, name: str, reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / name
    target.write_bytes(b"what was there before")
    with (
        PortalServer(protocols=[Files(content)]) as server,
        pytest.raises(FetchError, match=reason),
    ):
        fetch(monkeypatch, server, target, name=name)
    assert target.read_bytes() == b"what was there before"


def test_a_file_that_should_be_json_may_be(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"[{}]")
    assert content_fault(path, "https://example.org/a.geojson") == ""


def test_too_large_a_file_ends_with_an_error(
    host: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    limits = FetchLimits(max_bytes=_MIB)
    with PortalServer(protocols=[host]) as server:
        monkeypatch.setenv("SSL_CERT_FILE", str(server.ca_file))
        with (
            PortalClient(limits=limits, private_hosts=("localhost",)) as client,
            pytest.raises(FetchError, match="max_bytes=1,048,576"),
        ):
            download(client, f"{server.url}/files/a.csv", tmp_path / "a.csv")
    assert not (tmp_path / "a.csv").exists()
    assert (tmp_path / "a.csv.part").stat().st_size <= _MIB


def test_a_secret_in_the_query_is_refused_and_no_query_is_written_down(
    host: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, client: PortalClient
) -> None:
    with pytest.raises(ParameterError, match="token"):
        download(client, "https://localhost/a.csv?token=geheim", tmp_path / "a.csv")
    with PortalServer(protocols=[host]) as server:
        fetch(monkeypatch, server, tmp_path / "a.csv", name="a.csv?who=me")
    assert "who" not in (tmp_path / "a.csv.http.json").read_text()


def test_a_place_that_cannot_be_written_is_an_error_of_the_output(
    host: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.csv.part").mkdir()
    with PortalServer(protocols=[host]) as server, pytest.raises(OutputError, match=r"a\.csv"):
        fetch(monkeypatch, server, tmp_path / "a.csv")


@pytest.mark.parametrize(
    "seed", [*range(3), *(pytest.param(n, marks=pytest.mark.soak) for n in range(3, 200))]
)
def test_a_process_that_is_killed_at_any_byte_is_taken_up(
    seed: int, host: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "a.csv"
    code = textwrap.dedent("""
        import sys
        from hotspots.loaders.fetch.client import PortalClient
        from hotspots.loaders.fetch.download import download
        print("here", flush=True)
        with PortalClient(private_hosts=("localhost",)) as client:
            download(client, *sys.argv[1:])
    """)
    at = random.Random(seed).randrange(1, len(host.content))  # noqa: S311 - no secret
    child: list[subprocess.Popen[bytes]] = []

    def kill() -> None:
        # Only our own child, by its id.
        os.kill(child[0].pid, signal.SIGKILL)
        child[0].wait()

    with PortalServer(protocols=[host], stop=Stop(at, kill)) as server:
        environment = {**os.environ, "SSL_CERT_FILE": str(server.ca_file)}
        command = [sys.executable, "-c", code, f"{server.url}/files/a.csv", str(target)]
        with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL) as process:
            child.append(process)
        assert process.returncode == -signal.SIGKILL
        assert not target.exists()
        part = tmp_path / "a.csv.part"
        there = part.stat().st_size if part.exists() else 0
        done = fetch(monkeypatch, server, target)
        again = server.seen[-1].body_bytes - (len(host.content) - there)
        assert ranges(server)[-1] == (f"bytes={there}-" if there else "")
    assert done.sha256 == hashlib.sha256(host.content).hexdigest()
    assert again == 0
