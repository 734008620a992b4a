"""Run every comparison with a published number, and write docs/measured/conformance.md.

The comparisons are the tests in ``tests/conformance/``; what is written is what they measured.
Those that need files which this repository may not carry are listed as not run where the files are
absent.
"""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
OUT = ROOT / "docs" / "measured" / "conformance.md"
HEAD = (
    "| what | published by | values | published | ours | largest difference | allowed |\n"
    "|---|---|---|---|---|---|---|"
)


class Collector:
    """Keep what the tests recorded."""

    def __init__(self) -> None:
        self.rows: dict[str, list[dict[str, object]]] = {}
        self.skipped: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take the rows of a test that has run, or the name of one that has not."""
        if report.skipped:
            self.skipped.append(report.nodeid)
        if report.when == "call":
            rows = [row for name, row in report.user_properties if name == "conformance"]
            self.rows.setdefault(report.nodeid, []).extend(rows)  # type: ignore[arg-type]


def _row(row: dict[str, object]) -> str:
    unit = " (relative)" if row["relative"] else ""
    first = " (first)" if row["values"] != 1 else ""
    return (
        f"| {row['what']} | {row['source']} | {row['values']:,} | {row['published']:.10g}{first} "
        f"| {row['ours']:.10g}{first} | {row['difference']:.1e}{unit} | {row['within']:.0e}{unit} |"
    )


def _page(collector: Collector) -> str:
    by_file: dict[str, list[str]] = {}
    for test, rows in sorted(collector.rows.items()):
        by_file.setdefault(test.split("::")[0], []).extend(_row(row) for row in rows)
    parts = []
    for file, lines in by_file.items():
        if lines:
            parts.append(f"`python -m pytest {file}`\n\n{HEAD}\n" + "\n".join(lines))
    if collector.skipped:
        listed = "\n".join(f"- `{name}`" for name in sorted(collector.skipped))
        parts.append(f"Not run, since their files are not here:\n\n{listed}")
    return "\n\n".join(parts) + "\n"


def main() -> None:
    """Run, and write the page when every comparison holds."""
    collector = Collector()
    ended = pytest.main(
        ["-q", "-p", "no:cacheprovider", str(ROOT / "tests" / "conformance")], plugins=[collector]
    )
    if ended:
        msg = "A comparison failed, so no page is written."
        raise SystemExit(msg)
    part = OUT.with_suffix(".part")
    part.write_text(_page(collector), encoding="utf-8")
    part.replace(OUT)
    print(f"{sum(len(rows) for rows in collector.rows.values())} rows in {OUT.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
