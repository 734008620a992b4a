"""Measure how much of one month of burglary each small-count rule shows, by cell size.

Writes ``docs/measured/policies.md``, which the manual includes.
"""

from __future__ import annotations

from pathlib import Path

import hotspots as hs
from hotspots.publish import OPEN, STRICT
from hotspots.publish.coarsen import share_shown

OUT = Path(__file__).resolve().parents[1] / "docs" / "measured" / "policies.md"


def main() -> None:
    """Count the sample at four resolutions, apply both rules, and write the table."""
    incidents, _ = hs.load_sample("west-yorkshire-2018-07")
    known = hs.areas_of(incidents)
    if known is None:
        msg = "The areas of West Yorkshire are not where the samples are."
        raise SystemExit(msg)
    burglary, _ = hs.select_incidents(incidents, offence="burglary")
    area = hs.study_area(known.areas, name=known.place)
    lines = [
        "| H3 resolution | cells | rule | cells with a number | incidents in them |",
        "|---|---|---|---|---|",
    ]
    for resolution in (9, 8, 7, 6):
        n = hs.count_incidents(burglary, hs.make_hexgrid(area, resolution=resolution))["n"]
        for rule in (STRICT, OPEN):
            cells = int((n >= rule.min_count).sum())
            share = share_shown(n, rule)
            lines.append(f"| {resolution} | {len(n):,} | {rule.name} | {cells} | {share:.0%} |")
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(OUT.read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
