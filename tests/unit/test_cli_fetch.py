"""``hotspots fetch``: one file, one message, and a pause that can be taken up."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner
from tests.portals import Fault, FaultScript, PortalServer, Stop, synthetic_rows

import hotspots as hs
from hotspots.cli import main

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from click.testing import Result

ROWS = synthetic_rows(2000, seed=2)
SPAN = ("--since", "2023-01", "--until", "2023-12")


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[PortalServer]:
    with PortalServer(frame=ROWS) as server:
        monkeypatch.setenv("SSL_CERT_FILE", str(server.ca_file))
        yield server


def _arguments(server: PortalServer, out: Path, *more: str) -> list[str]:
    there = ["--url", server.url, "--dataset", "abcd-1234", "--private-host", "localhost"]
    return ["fetch", "us-chicago", "-o", str(out), *there, *SPAN, *more]


def _run(server: PortalServer, out: Path, *more: str) -> Result:
    return CliRunner().invoke(main, _arguments(server, out, *more))


def test_a_fetched_file_is_read_as_its_feed(server: PortalServer, tmp_path: Path) -> None:
    out = tmp_path / "chicago.csv.gz"
    done = _run(server, out)
    assert done.exit_code == 0, done.output
    assert str(out) in done.output
    assert "rows read" in done.output
    assert hs.read_incidents(out).quality.feed.id == "us-chicago"


def test_machines_get_json(server: PortalServer, tmp_path: Path) -> None:
    done = _run(server, tmp_path / "chicago.csv", "--json")
    answer = json.loads(done.stdout)
    assert answer["output"].endswith("chicago.csv")
    assert answer["quality"]["rows_read"] > 1000
    assert (
        json.loads(_run(server, tmp_path / "x.csv", "--json", "--no-report").stdout)["quality"]
        is None
    )


def test_a_failure_is_one_message_and_code_1(server: PortalServer, tmp_path: Path) -> None:
    server.faults = FaultScript(then=Fault(kind="status", status=403))
    done = _run(server, tmp_path / "chicago.csv")
    assert done.exit_code == 1
    assert done.stderr.startswith("hotspots: localhost/")
    assert "answers 403 Forbidden" in done.stderr
    assert done.stderr.count("\n") == 1
    assert not list(tmp_path.glob("*.csv"))


def test_the_token_comes_from_the_environment(
    server: PortalServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOTSPOTS_TOKEN", "very-secret")
    done = _run(server, tmp_path / "chicago.csv")
    assert {k.lower(): v for k, v in server.seen[0].headers.items()}["x-app-token"]
    assert "very-secret" not in done.output


def test_too_much_is_not_fetched(server: PortalServer, tmp_path: Path) -> None:
    done = _run(server, tmp_path / "chicago.csv", "--max-gib", "0.0001")
    assert done.exit_code == 1
    assert "max_bytes=107,374" in done.stderr


def test_ctrl_c_says_how_to_go_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    victims: list[subprocess.Popen[str]] = []

    def interrupt() -> None:
        victims[0].send_signal(signal.SIGINT)

    with PortalServer(frame=ROWS, stop=Stop(150_000, interrupt)) as server:
        monkeypatch.setenv("SSL_CERT_FILE", str(server.ca_file))
        out = tmp_path / "chicago.csv"
        command = [sys.executable, "-m", "hotspots", *_arguments(server, out)]
        victims.append(subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=os.environ))
        _, said = victims[0].communicate(timeout=120)
        assert victims[0].returncode == 1
        assert said == (
            "hotspots: stopped. What was fetched is kept: run the same again to go on.\n"
        )
        assert not out.exists()
        assert _run(server, out).exit_code == 0
