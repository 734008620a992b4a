"""Run every calibration test, and write docs/measured/calibration.md from what they measured.

The tests in ``tests/calibration/`` make maps in which nothing is to be found and count those that
show something all the same. What each has counted is a row here; a test that fails stops the page.
"""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
OUT = ROOT / "docs" / "measured" / "calibration.md"
HOLDS = "| method | maps | made | show something | upper 99 % bound |\n|---|---|---|---|---|"
FAILS = "| method | maps | made | show something | lower 99 % bound |\n|---|---|---|---|---|"


class Collector:
    """Keep what the tests counted."""

    def __init__(self) -> None:
        self.rows: list[dict[str, object]] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take the rows of a test that has run."""
        if report.when == "call":
            kept = (row for name, row in report.user_properties if name == "calibration")
            self.rows.extend(kept)  # type: ignore[arg-type]


def _table(head: str, rows: list[dict[str, object]], bound: str) -> str:
    lines = [
        f"| {row['method']} | {row['maps']} | {row['n_maps']:,} | {row['share']:.1%} "
        f"| {row[bound]:.1%} |"
        for row in rows
    ]
    return "\n".join([head, *lines])


def false_alarms() -> str:
    """Run the tests, and give the table of what holds and the table of what does not."""
    collector = Collector()
    asked = [
        "-q",
        "-p",
        "no:cacheprovider",
        "-m",
        "calibration",
        str(ROOT / "tests" / "calibration"),
    ]
    if pytest.main(asked, plugins=[collector]):
        msg = "A calibration test failed, so no page is written."
        raise SystemExit(msg)
    holds = [row for row in collector.rows if row["holds"]]
    fails = [row for row in collector.rows if not row["holds"]]
    return (
        f"At most 5 % may show something:\n\n{_table(HOLDS, holds, 'high')}\n\n"
        f"Where the null does not hold:\n\n{_table(FAILS, fails, 'low')}\n"
    )


def main() -> None:
    """Measure, and write when all of it has worked."""
    text = false_alarms()
    part = OUT.with_suffix(".part")
    part.write_text(text, encoding="utf-8")
    part.replace(OUT)
    print(text)


if __name__ == "__main__":
    main()
