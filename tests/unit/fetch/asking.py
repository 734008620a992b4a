"""Asking the portal on loopback through a dialect, as the engine does."""

from __future__ import annotations

import io
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import polars as pl
from tests.portals import FaultScript, PortalServer

from hotspots.loaders.fetch import FetchLimits
from hotspots.loaders.fetch.client import PortalClient
from hotspots.loaders.fetch.contract import Span, Window
from hotspots.loaders.fetch.engine import take
from hotspots.loaders.fetch.parts import Parts

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date
    from pathlib import Path

    import pytest

    from hotspots.loaders.fetch.contract import Dialect

ZONE: Final = "America/Chicago"
EVERYTHING: Final = Span(since=None, until=None, zone=ZONE)
_LIMITS: Final = FetchLimits(first_wait_seconds=0.001, longest_wait_seconds=60)


def span(since: date | None, until: date | None) -> Span:
    return Span(since=since, until=until, zone=ZONE)


@contextmanager
def client_of(server: PortalServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[PortalClient]:
    """Open a client that trusts the server and never waits."""
    monkeypatch.setenv("SSL_CERT_FILE", str(server.ca_file))
    with PortalClient(limits=_LIMITS, private_hosts=("localhost",), sleep=lambda _: None) as client:
        yield client


def rows_of(dialect: Dialect, windows: Sequence[Window], columns: tuple[str, ...]) -> pl.DataFrame:
    """Ask for all pages of windows, and check what a page says of itself."""
    bodies = []
    for window in windows:
        after = ""
        for page in dialect.pages(window, columns, ""):
            assert len(page.keys) == page.rows
            bodies.append(page.body)
            after = page.after
        assert not after
    return table_of(b"".join(bodies), columns)


def taken(dialect: Dialect, asked: Span, columns: tuple[str, ...], folder: Path) -> pl.DataFrame:
    """Fetch as the engine does: until the portal and the disk agree."""
    parts = Parts.open(folder, columns, gzipped=False)
    found = take(dialect, asked, columns, parts, progress=lambda _: None)
    return table_of(b"".join(body for held in found.held for body in parts.contents(held)), columns)


def table_of(body: bytes, columns: Sequence[str]) -> pl.DataFrame:
    if not body:
        return pl.DataFrame(schema=dict.fromkeys(columns, pl.String))
    return pl.read_csv(
        io.BytesIO(body), has_header=False, new_columns=list(columns), infer_schema=False
    )


def quiet(server: PortalServer) -> None:
    """Let nothing go wrong any more."""
    server.faults = FaultScript()
