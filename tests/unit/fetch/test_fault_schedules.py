"""Every protocol through schedules of faults drawn from a seed: no row lost, none twice.

A schedule breaks, delays, cuts and falsifies answers, and changes the data meanwhile. Then either
the file holds exactly the rows that the portal has at the end, or there is an error and no file.
"""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import TYPE_CHECKING, Any, Final

import pytest
from tests import portals
from tests.portals import PASSING, ArcGIS, FaultSchedule, FaultScript, PortalServer, synthetic_rows
from tests.portals.faults import BREAKS, CHANGES, LIES, REFUSALS, WAYS
from tests.portals.police import Bucket, Police

from hotspots.errors import FetchError
from hotspots.loaders.fetch import FetchLimits
from hotspots.loaders.fetch.client import PortalClient
from hotspots.loaders.fetch.contract import Span
from hotspots.loaders.fetch.dialects import speak
from hotspots.loaders.fetch.engine import take
from hotspots.loaders.fetch.parts import Parts
from hotspots.loaders.portals import Portal

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import polars as pl

    from hotspots.loaders.fetch.contract import Dialect

ZONE: Final = "Europe/London"
ROWS: Final = 900
#: So many questions, at most, are asked when everything is counted for the last time.
LAST_LOOK: Final = 12
LIMITS: Final = FetchLimits(
    attempts=6, first_wait_seconds=0.001, longest_wait_seconds=5, answer_seconds=10
)
#: Where a portal counts its rows, what is missing is missed, whatever the connection pretends.
#: Not these: columns that change are another test's, and what a file's server does a third one's.
COUNTED: Final = [
    kind
    for kind in (*REFUSALS, *LIES, *BREAKS, *WAYS, *CHANGES)
    if kind
    not in {"redirect", "new_etag", "range_ignored", "endless", "rename_column", "add_column"}
]
#: Where it does not, an answer that is well-formed and too short cannot be told from a whole one.
UNCOUNTED: Final = [*PASSING, "drip", "long_body"]
#: Files: broken off at any byte, changed amid a download, ranges not heard.
FILES: Final = [*UNCOUNTED, "range_ignored", "edit", "insert", "delete"]


def _service(url: str, **facts: Any) -> Portal:  # noqa: ANN401 - any fact
    known: dict[str, Any] = {
        "name": "x", "url": url, "date_column": "date",
        "first_day": date(2023, 1, 1), "last_day": date(2023, 12, 31),
    }  # fmt: skip
    return Portal(**(known | facts))


def _portals(url: str) -> dict[str, tuple[Portal, object, Sequence[str]]]:
    """Give each protocol's dataset, its area, and what may go wrong with it."""
    box = (-2.2, 53.5, -1.0, 54.2)
    bare = {"date_column": "", "last_day": date.max}
    service = f"{url}/arcgis/rest/services/Crimes/FeatureServer"
    return {
        "socrata": (_service(url, protocol="socrata", dataset="abcd-1234"), None, COUNTED),
        "arcgis": (_service(service, protocol="arcgis", dataset="0"), None, COUNTED),
        "ckan": (
            _service(url, protocol="ckan", dataset=portals.CKAN().resource), None,
            [k for k in COUNTED if k not in CHANGES],
        ),
        "carto": (
            _service(url, protocol="carto", dataset="crimes", clock="utc"), None,
            [k for k in COUNTED if k not in CHANGES],
        ),
        "open311": (_service(f"{url}/open311/v2", protocol="open311", **bare), None, UNCOUNTED),
        "police-api": (_service(url, protocol="police-api", **bare), box, UNCOUNTED),
        "police-archive": (_service(url, protocol="police-archive", **bare), None, FILES),
    }  # fmt: skip


NAMES: Final = tuple(_portals("https://localhost"))


@pytest.fixture(scope="module")
def frame() -> pl.DataFrame:
    return synthetic_rows(ROWS, seed=11, moved=(86.1, 11.95))


def _server(frame: pl.DataFrame) -> PortalServer:
    """Make small pages and no rate limit, so that there are many questions in little time."""
    small = (
        ArcGIS(max_record_count=100),
        portals.CKAN(max_rows=150),
        Police(max_rows=400, bucket=Bucket(1e9, 10**9)),
    )
    return PortalServer(frame=frame, protocols=small)


def _taken(dialect: Dialect, span: Span, folder: Path) -> Counter[bytes]:
    """Take all rows, and count them as they are in the file."""
    columns = dialect.fields()
    parts = Parts.open(folder, columns, gzipped=False)
    taken = take(dialect, span, columns, parts, progress=lambda _: None)
    rows: Counter[bytes] = Counter()
    for held in taken.held:
        for content in parts.contents(held):
            rows.update(_lines(content))
    assert sum(rows.values()) == taken.rows
    return rows


def _lines(content: bytes) -> list[bytes]:
    """Cut CSV into rows: a line that ends inside quotes goes on in the next one."""
    rows, open_row = [], b""
    for line in content.splitlines(keepends=True):
        open_row += line
        if open_row.count(b'"') % 2 == 0:
            rows.append(open_row)
            open_row = b""
    assert not open_row
    return rows


def _run(
    name: str, seed: int, frame: pl.DataFrame, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> int:
    """Run one schedule; give how often it gave up before it arrived."""
    folder.mkdir()
    with _server(frame) as server:
        monkeypatch.setenv("SSL_CERT_FILE", str(server.ca_file))
        portal, area, kinds = _portals(server.url)[name]
        whole = name in ("open311", "police-api", "police-archive")
        span = Span(
            since=date(2023, 2, 1) if whole else None,
            until=date(2023, 6, 1) if whole else None,
            zone=ZONE,
        )
        server.use(FaultSchedule(seed, rate=0.25, kinds=kinds, last=50))
        given_up = 0
        with PortalClient(
            limits=LIMITS, private_hosts=("localhost",), sleep=lambda _: None
        ) as client:
            while True:
                dialect = speak(portal, client, ZONE, area, folder / "files")
                try:
                    mine = _taken(dialect, span, folder / "parts")
                    # What changes amid the last look is in the file or not: the next fetch has it.
                    if not any(seen.fault in CHANGES for seen in server.seen[-LAST_LOOK:]):
                        break
                except FetchError:
                    given_up += 1
                    assert given_up < 10, "it never arrives"
            server.use(FaultScript())
            # What the portal has now, from a folder where nothing was.
            dialect = speak(portal, client, ZONE, area, folder / "other-files")
            theirs = _taken(dialect, span, folder / "others")
    assert sum(theirs.values()) > ROWS / 5
    if "stale_page" in kinds:
        # An old page with as many rows is told by nothing: the same rows, one as it was before.
        assert _keys(mine) == _keys(theirs)
    else:
        assert mine == theirs
    return given_up


def _keys(rows: Counter[bytes]) -> Counter[bytes]:
    """Count rows by what comes first in them, the portal's key."""
    keys: Counter[bytes] = Counter()
    for row, times in rows.items():
        keys[row.split(b",", 1)[0]] += times
    return keys


@pytest.mark.parametrize("seed", range(50))
def test_no_row_is_lost_and_none_comes_twice(
    frame: pl.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    _run(NAMES[seed % len(NAMES)], seed, frame, tmp_path / "run", monkeypatch)


@pytest.mark.soak
@pytest.mark.parametrize("name", NAMES)
def test_a_thousand_schedules_lose_no_row(
    frame: pl.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    schedules = 1 + 1000 // len(NAMES)
    for seed in range(1000, 1000 + schedules):
        _run(name, seed, frame, tmp_path / f"{seed}", monkeypatch)
