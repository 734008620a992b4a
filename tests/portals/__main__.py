"""A portal until standard input ends; its address is printed as one line of JSON."""

from __future__ import annotations

import argparse
import json
import sys

from tests.portals.faults import Fault, FaultScript
from tests.portals.rows import synthetic_rows
from tests.portals.server import PortalServer


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--gzip", action="store_true", help="pack every answer")
    chosen = parser.parse_args()
    frame = synthetic_rows(chosen.rows, seed=chosen.seed)
    faults = FaultScript(then=Fault(kind="gzip") if chosen.gzip else None)
    with PortalServer(frame=frame, seed=chosen.seed, faults=faults) as server:
        where = {"url": server.url, "ca_file": str(server.ca_file)}
        print(json.dumps(where), flush=True)  # noqa: T201 - what the caller reads
        sys.stdin.read()


if __name__ == "__main__":
    main()
