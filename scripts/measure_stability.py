"""Run the long tests of stability, and write docs/measured/stability.md from what they measured.

The tests are those marked ``soak`` in ``tests/calibration/test_stability_null.py``; a test that
fails stops the page.
"""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
OUT = ROOT / "docs" / "measured" / "stability.md"


class Collector:
    """Keep what the tests measured."""

    def __init__(self) -> None:
        self.rows: list[dict[str, object]] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take the rows of a test that has run."""
        if report.when == "call":
            kept = (row for name, row in report.user_properties if name == "stability")
            self.rows.extend(kept)  # type: ignore[arg-type]

    def of(self, table: str) -> list[dict[str, object]]:
        """Give the rows of one table."""
        return [row for row in self.rows if row["table"] == table]


def _stays(rows: list[dict[str, object]]) -> str:
    head = (
        "| maps | made | show a hotspot | hotspots | stays in, on average | 2 of 9 or fewer "
        "| 8 of 9 or more |\n|---|---|---|---|---|---|---|"
    )
    lines = [
        f"| {row['maps']} | {row['made']:,} | {row['shown']:,} | {row['hotspots']:,} "
        f"| {row['mean']:.1f} of 9 | {row['few']:.0%} | {row['nearly_all']:.0%} |"
        for row in rows
    ]
    return "\n".join([head, *lines])


def _drawn(rows: list[dict[str, object]]) -> str:
    head = (
        "| how places are drawn | noise: points | noise: stacks | noise: stacks, each incident "
        "drawn by itself | planted, 5 times within 1.5 km |\n|---|---|---|---|---|"
    )
    lines = [
        f"| {row['how']} | {row['points']:.0%} | {row['stacks']:.0%} | {row['stacks_apart']:.0%} "
        f"| {row['plant']:.0%} |"
        for row in rows
    ]
    return "\n".join([head, *lines])


def _alarms(rows: list[dict[str, object]]) -> str:
    head = "| incidents | null | as it is | thin | bootstrap |\n|---|---|---|---|---|"
    lines = []
    for n in dict.fromkeys(row["n"] for row in rows):
        for null in ("shuffled cells", "random points"):
            shares = {r["how"]: r["share"] for r in rows if r["n"] == n and r["null"] == null}
            lines.append(
                f"| {n:,} | {null} | {shares['as it is']:.1%} | {shares['thin']:.1%} "
                f"| {shares['bootstrap']:.1%} |"
            )
    return "\n".join([head, *lines])


def main() -> None:
    """Measure, and write when all of it has worked."""
    collector = Collector()
    tests = str(ROOT / "tests" / "calibration" / "test_stability_null.py")
    if pytest.main(["-q", "-p", "no:cacheprovider", "-m", "soak", tests], plugins=[collector]):
        msg = "A test failed, so no page is written."
        raise SystemExit(msg)
    text = (
        "In how many of nine maps a hotspot stays:\n\n"
        f"{_stays(collector.of('stays'))}\n\n"
        "How often a hotspot stays when places are drawn anew (the grid is left where it is):\n\n"
        f"{_drawn(collector.of('drawn'))}\n\n"
        "Share of maps of noise that show any hot cell when their incidents are drawn anew; at "
        f"most 5 % may:\n\n{_alarms(collector.of('alarms'))}\n"
    )
    part = OUT.with_suffix(".part")
    part.write_text(text, encoding="utf-8")
    part.replace(OUT)
    print(text)


if __name__ == "__main__":
    main()
