"""Fetching 1,000,000 rows from a Socrata portal on this machine, beside a bare loop of httpx.

The portal is a process of its own, and so is each client. It answers packed, as portals do on the
network, and unpacked at the speed of the machine, which no network has.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import textwrap
from typing import TYPE_CHECKING

import pytest
from tests.portals import portal_process

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_benchmark.fixture import BenchmarkFixture
    from tests.portals import PortalProcess

ROUNDS = 3
#: The columns that the feed's rules read: what our side asks for.
COLUMNS = (
    ":id", "id", "case_number", "date", "block", "iucr", "primary_type", "description", "domestic",
    "district", "community_area", "x_coordinate", "y_coordinate", "latitude", "longitude",
)  # fmt: skip

#: Asks for page after page, and throws the rows away.
BARE = """
    import resource, sys, time
    import httpx
    url, columns = sys.argv[1:3]
    begun, full, offset = time.perf_counter(), True, 0
    with httpx.Client(timeout=60) as client:
        while full:
            params = {"$select": columns, "$order": ":id", "$limit": 50000, "$offset": offset}
            full = len(client.get(f"{url}/resource/abcd-1234.csv", params=params).content) > 1000
            offset += 50000
    print(time.perf_counter() - begun, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""
OURS = """
    import datetime, resource, sys, time
    import hotspots as hs
    import hotspots.loaders.fetch.dialects
    url, out = sys.argv[1:3]
    portal = hs.Portal(name="x", protocol="socrata", url=url, dataset="abcd-1234",
                       date_column="date", first_day=datetime.date(2023, 1, 1),
                       last_day=datetime.date(2023, 12, 31))
    begun = time.perf_counter()
    hs.fetch_incidents("us-chicago", out=out, portal=portal, private_hosts=["localhost"],
                       report=False)
    print(time.perf_counter() - begun, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


def _run(code: str, server: PortalProcess, *arguments: str) -> tuple[float, float]:
    """Run a client as a process; give its seconds and its largest size in MiB."""
    done = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", textwrap.dedent(code), server.url, *arguments],
        env={"SSL_CERT_FILE": server.ca_file, "PATH": ""},
        capture_output=True,
        text=True,
        check=True,
    )
    seconds, size = done.stdout.split()
    return float(seconds), float(size)


@pytest.mark.parametrize("gzip", [True, False], ids=["packed", "unpacked"])
def test_fetch_a_million_rows(benchmark: BenchmarkFixture, tmp_path: Path, *, gzip: bool) -> None:
    columns = ", ".join(COLUMNS)
    bare, ours = [], []
    with portal_process(1_000_000, gzip=gzip) as server:
        # One after the other and again, so that a busy minute holds up both.
        for n in range(ROUNDS):
            bare.append(_run(BARE, server, columns))
            ours.append(_run(OURS, server, str(tmp_path / f"{n}.csv")))
        benchmark.pedantic(  # type: ignore[no-untyped-call]
            _run, args=(OURS, server, str(tmp_path / "last.csv")), rounds=1
        )
    peer, seconds = (statistics.median(s for s, _ in runs) for runs in (bare, ours))
    share = peer / seconds
    print(  # noqa: T201 - the ratio is what this run is for
        f"\nfetch_incidents {seconds:.2f} s and {max(m for _, m in ours):.0f} MiB, bare httpx "
        f"{peer:.2f} s and {max(m for _, m in bare):.0f} MiB: {share:.0%} of its throughput"
    )
    # Four fifths were the aim. A page is on the disk before the next one is asked for, so that no
    # end costs more than one; on a network the wait for the portal is far longer than that.
    assert share > (0.5 if gzip else 0.2)


def test_memory_does_not_grow_with_the_rows(tmp_path: Path) -> None:
    sizes = []
    for rows in (200_000, 1_000_000):
        with portal_process(rows) as server:
            sizes.append(_run(OURS, server, str(tmp_path / f"{rows}.csv"))[1])
    print(f"\n200,000 rows: {sizes[0]:.0f} MiB; 1,000,000 rows: {sizes[1]:.0f} MiB")  # noqa: T201
    # Eight bytes for each row's key, and pages five times as large: a month is one or two of them.
    assert sizes[1] - sizes[0] < 150
