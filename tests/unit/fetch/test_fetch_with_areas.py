"""From data.police.uk, Open311 and a plain file to a file that is read, through the one door."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import polars as pl
import pytest
from tests.portals import Files, Open311, Police, PortalServer, synthetic_rows

import hotspots as hs
from hotspots.errors import ParameterError
from hotspots.loaders.fetch import FetchLimits
from hotspots.loaders.fetch.choosing import choose
from hotspots.loaders.fetch.client import PortalClient
from hotspots.loaders.fetch.contract import Span
from hotspots.loaders.fetch.dialects import slug, speak
from hotspots.loaders.portals import Portal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.portals.talk import Speaks

    from hotspots.loaders.fetch.contract import Dialect

_LIMITS: Final = FetchLimits(first_wait_seconds=0.001, longest_wait_seconds=0.01)
_YORKSHIRE: Final = (-2.0, 53.0, -1.0, 54.5)


@pytest.fixture(scope="module")
def frame() -> pl.DataFrame:
    made = synthetic_rows(3000, seed=4, since=date(2023, 1, 1), until=date(2023, 4, 1))
    # From Chicago to West Yorkshire.
    return made.with_columns(
        latitude=(pl.col("latitude") + 11.92).round(9),
        longitude=(pl.col("longitude") + 86.12).round(9),
    )


@pytest.fixture
def server(frame: pl.DataFrame, monkeypatch: pytest.MonkeyPatch) -> Iterator[PortalServer]:
    protocols: list[Speaks] = [Police(max_rows=700), Open311(), Files(ranges=False)]
    with PortalServer(frame=frame, protocols=protocols) as running:
        monkeypatch.setenv("SSL_CERT_FILE", str(running.ca_file))
        yield running


def fetch(feed: str, server: PortalServer, out: Path, number: int = 0, **more: Any) -> Any:  # noqa: ANN401
    portal = hs.describe_feed(feed).portals[number]
    return hs.fetch_incidents(
        feed,
        out=out,
        portal=replace(portal, url=server.url + more.pop("path", "")),
        private_hosts=["localhost"],
        limits=_LIMITS,
        **more,
    )


def test_the_archive_of_all_forces_becomes_a_file_that_is_read(
    server: PortalServer, tmp_path: Path
) -> None:
    out = tmp_path / "police.csv"
    done = fetch("gb-police", server, out, since="2023-01", until="2023-03")
    dated = server.frame.drop_nulls("date")
    assert done.quality.rows_read == dated.height
    assert done.quality.variant == "street"
    manifest = json.loads((tmp_path / "police.csv.manifest.json").read_text())
    assert len(manifest["windows"]) == 6
    seen = len(server.seen)
    again = fetch("gb-police", server, out, since="2023-01", until="2023-03")
    assert "fetched now: 0" in again.notes[0]
    # Only a look at months, forces, and the list in the archive.
    assert len(server.seen) - seen < 12


def test_a_force_is_fetched_alone(server: PortalServer, tmp_path: Path) -> None:
    done = fetch(
        "gb-police", server, tmp_path / "x.csv", area="west-yorkshire", since="2023-01",
        until="2023-03",
    )  # fmt: skip
    assert 0 < done.quality.rows_read < server.frame.drop_nulls("date").height


def test_an_area_becomes_a_file_that_is_read(server: PortalServer, tmp_path: Path) -> None:
    done = fetch("gb-police", server, tmp_path / "x.csv", 1, area=_YORKSHIRE)
    placed = server.frame.drop_nulls(["date", "latitude"])
    assert done.quality.rows_read == placed.height
    assert done.quality.variant == "api-json"


def test_open311_becomes_a_file_that_is_read(server: PortalServer, tmp_path: Path) -> None:
    done = fetch(
        "open311", server, tmp_path / "x.csv", path="/open311/v2", since="2023-01",
        until="2023-03", time_zone="UTC",
    )  # fmt: skip
    assert done.quality.rows_read == server.frame.drop_nulls("date").height
    assert b"made.up" not in (tmp_path / "x.csv").read_bytes()


def test_a_plain_file_is_downloaded_once(server: PortalServer, tmp_path: Path) -> None:
    portal = Portal(name="a file", protocol="file", url=f"{server.url}/files/rows.csv")
    out = tmp_path / "x.csv"
    for _ in range(2):
        done = hs.fetch_incidents(
            "us-chicago",
            out=out,
            portal=portal,
            private_hosts=["localhost"],
            limits=_LIMITS,
            report=False,
        )
        assert pl.read_csv(done.path, infer_schema=False).height == server.frame.height
        assert server.bytes_by_path["/files/rows.csv"] == len(
            server.frame.write_csv(datetime_format="%Y-%m-%d %H:%M:%S").encode()
        )


def test_an_area_is_told_where_it_can_be_asked_for(server: PortalServer, tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="the portal of the interface"):
        fetch("gb-police", server, tmp_path / "x.csv", area=_YORKSHIRE, since="2023-01")


def test_without_a_name_the_archive_is_chosen() -> None:
    spec = hs.describe_feed("gb-police")
    span = Span(since=date(2024, 1, 1), until=None, zone="Europe/London")
    with PortalClient() as client:

        def dialect_of(portal: Portal) -> Dialect:
            return speak(portal, client, span.zone, None, Path(slug(portal, None, span.zone)))

        (choice,) = choose(spec, None, span, dialect_of)
    assert choice.portal.name == "archive"
    assert choice.variant == "street"


def test_another_area_with_as_many_rows_is_another_file(
    server: PortalServer, tmp_path: Path
) -> None:
    south, north = (-2.0, 53.0, -1.0, 53.8), (-2.0, 53.8, -1.0, 54.5)
    out, month = tmp_path / "x.csv", {"since": "2023-02", "until": "2023-02"}
    fetch("gb-police", server, out, 1, area=south, **month)
    manifest = tmp_path / "x.csv.manifest.json"
    first = json.loads(manifest.read_text())
    fetch("gb-police", server, out, 1, area=north, **month)
    second = json.loads(manifest.read_text())
    assert first["portals"] != second["portals"]
    assert first["windows"] != second["windows"]


def test_days_of_another_zone_are_other_parts() -> None:
    portal = hs.describe_feed("open311").portals[0]
    assert slug(portal, None, "Europe/London") != slug(portal, None, "America/Chicago")
