"""Measure how often noise shows a hot cell, and how much of a plant is found.

Runs every calibration test and writes what each has counted; then plants clusters of known size and
strength, and writes what of them is found: tables, sentences and charts in docs/measured/ that
docs/calibration.md shows. Takes a quarter of an hour. A test that fails stops the page.
"""

from __future__ import annotations

import sys
from math import isnan
from pathlib import Path
from typing import TYPE_CHECKING, Final

import matplotlib as mpl
import pytest
from matplotlib.figure import Figure

ROOT: Final = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # the made-up maps stand beside the tests that use them

from tests.calibration.power import (  # noqa: E402 - found only with the path above
    DEFAULT,
    EXPECTED,
    SCAN,
    SIZES,
    TIMES,
    beside_the_oracle,
    broad_plants,
    small_plants,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from matplotlib.axes import Axes
    from tests.calibration.power import Point, Rivals

OUT: Final = ROOT / "docs" / "measured"
SEED: Final = 20261122
SMALL_MAPS: Final = 1_000
BROAD_MAPS: Final = 300
RIVAL_MAPS: Final = 200
SCANNED_MAPS: Final = 20
#: Dark enough for print in grey, told apart by the mark as well.
LOOKS: Final = {2: ("#0072b2", "o"), 3: ("#b34700", "s"), 5: ("#000000", "^")}
WORDS: Final = {2: "twice", 3: "three times", 5: "five times"}


class Collector:
    """Keep what the tests counted."""

    def __init__(self) -> None:
        self.rows: list[dict[str, object]] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take the rows of a test that has run."""
        if report.when == "call":
            kept = (row for name, row in report.user_properties if name == "calibration")
            self.rows.extend(kept)  # type: ignore[arg-type]


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _percent(share: float) -> str:
    return "none" if isnan(share) else f"{share:.0%}"


def false_alarms() -> list[dict[str, object]]:
    """Run the tests, and give what each has counted."""
    collector = Collector()
    tests = str(ROOT / "tests" / "calibration")
    asked = ["-q", "-p", "no:cacheprovider", "-m", "calibration", tests]
    if pytest.main(asked, plugins=[collector]):
        msg = "A calibration test failed, so no page is written."
        raise SystemExit(msg)
    return collector.rows


def alarm_tables(rows: Sequence[dict[str, object]]) -> str:
    """Give the table of what holds, and the table of what does not."""

    def table(bound: str, *, side: str, holds: bool) -> str:
        head = ("method", "maps", "made", "show something", f"{side} 99 % bound")
        lines = [
            (
                str(row["method"]),
                str(row["maps"]),
                f"{row['n_maps']:,}",
                f"{row['share']:.1%}",
                f"{row[bound]:.1%}",
            )
            for row in rows
            if row["holds"] is holds
        ]
        return _table(head, lines)

    return (
        f"At most 5 % may show something:\n\n{table('high', side='upper', holds=True)}\n\n"
        f"Where the null does not hold:\n\n{table('low', side='lower', holds=False)}\n"
    )


def _by_panel(points: Sequence[Point], of: Callable[[Point], str]) -> dict[str, list[Point]]:
    panels: dict[str, list[Point]] = {}
    for point in points:
        panels.setdefault(of(point), []).append(point)
    return panels


def curves_table(points: Sequence[Point], of: Callable[[Point], str]) -> str:
    """Give one part for each panel: a row for each expected count, three columns a strength."""
    parts = []
    head = ["expected"]
    for times in TIMES:
        head += [f"{WORDS[times]}: middle", "cells", "outside"]
    for name, panel in _by_panel(points, of).items():
        rows = []
        for expected in EXPECTED:
            row = [str(expected)]
            for point in panel:
                if point.expected == expected:
                    found = point.found
                    row += [_percent(v) for v in (found.middle, found.cells, found.outside)]
            rows.append(row)
        parts.append(f"**{name}**\n\n{_table(head, rows)}")
    return "\n\n".join(parts) + "\n"


def chart(
    panels: dict[str, list[Point]], value: Callable[[Point], float], ylabel: str, path: Path
) -> None:
    """Draw a panel for each kind of map or plant: solid what is found, dotted the oracle."""
    with mpl.rc_context({"svg.hashsalt": "hotspots", "svg.fonttype": "none", "font.size": 9}):
        figure = Figure(figsize=(3.0 * len(panels), 3.5), layout="constrained")
        axes = figure.subplots(1, len(panels), sharey=True)
        for axis, (name, panel) in zip(axes, panels.items(), strict=True):
            _panel(axis, name, panel, value)
        axes[0].set_ylabel(ylabel)
        handles, labels = axes[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside upper center", ncols=4, frameon=False)
        figure.supxlabel("incidents expected in a cell and its neighbours", fontsize=9)
        figure.savefig(path, metadata={"Date": None, "Creator": None})


def _panel(axis: Axes, name: str, panel: list[Point], value: Callable[[Point], float]) -> None:
    for times in TIMES:
        line = [point for point in panel if point.times == times]
        colour, mark = LOOKS[times]
        where = [point.expected for point in line]
        shares = [100 * value(point) for point in line]
        axis.plot(
            where, shares, color=colour, marker=mark, markersize=4, label=f"{WORDS[times]} as many"
        )
        axis.plot(where, [100 * point.oracle for point in line], color=colour, linestyle=":")
    axis.plot([], [], color="#666666", linestyle=":", label="knows the place")
    axis.set_xscale("log")
    axis.set_xticks(EXPECTED, [str(number) for number in EXPECTED])
    axis.minorticks_off()
    axis.set_ylim(-2, 102)
    axis.grid(visible=True, color="#dddddd", linewidth=0.6)
    axis.set_title(name, fontsize=9)


def in_words(points: Sequence[Point]) -> str:
    """Say for a hall what the curve of the largest map means."""
    lines = []
    for expected in (1, 2, 5, 10, 20):
        found = [
            f"{WORDS[point.times]} as many on {100 * point.found.middle:.0f}"
            for point in points
            if point.expected == expected and point.land == "2,809 hexagons"
        ]
        incidents = "incident is" if expected == 1 else "incidents are"
        lines.append(
            f"- Where {expected} {incidents} expected in a cell and its neighbours: {found[0]} of "
            f"100 maps, {found[1]}, {found[2]}."
        )
    return "\n".join(lines) + "\n"


def rivals_tables(rivals: Sequence[Rivals]) -> str:
    """Say for each plant what each way finds, and how far below the oracle two of them are."""
    ways = list(rivals[0].found)
    head = (
        *("cells", "plant", "times", "oracle", "knows the size", "default: middle"),
        *(f"{way}: cells (outside)" for way in ways),
        *(f"below the oracle: {way}" for way in (DEFAULT, SIZES, SCAN)),
    )
    rows = [
        (
            *(rival.land, rival.plant, str(rival.times)),
            *(_percent(rival.oracle), _percent(rival.searcher)),
            _percent(rival.found[DEFAULT].middle),
            *(f"{_percent(f.cells)} ({_percent(f.outside)})" for f in rival.found.values()),
            *(
                f"{max(0.0, 100 * (rival.oracle - rival.found[way].cells)):.0f}"
                for way in (DEFAULT, SIZES, SCAN)
            ),
        )
        for rival in rivals
    ]
    return _table(head, rows) + "\n"


def main() -> None:
    """Measure everything, and write when all of it has worked."""
    texts = {"calibration.md": alarm_tables(false_alarms())}
    small = list(small_plants(SMALL_MAPS, SEED))
    broad = list(broad_plants(BROAD_MAPS, SEED))
    rivals = list(beside_the_oracle(RIVAL_MAPS, SCANNED_MAPS, SEED))
    texts["power.md"] = curves_table(small, lambda point: f"{point.land}, {point.plant}")
    texts["power_broad.md"] = curves_table(broad, lambda point: f"{point.land}, {point.plant}")
    texts["power_words.md"] = in_words(small)
    texts["power_oracle.md"] = rivals_tables(rivals)
    for name, text in texts.items():
        part = (OUT / name).with_suffix(".part")
        part.write_text(text, encoding="utf-8")
        part.replace(OUT / name)
    chart(
        _by_panel(small, lambda point: point.land),
        lambda point: point.found.middle,
        "maps on which it is found, %",
        OUT / "power.svg",
    )
    chart(
        _by_panel(broad, lambda point: point.plant),
        lambda point: point.found.cells,
        "planted cells that are found, %",
        OUT / "power_broad.svg",
    )
    print(texts["calibration.md"])


if __name__ == "__main__":
    main()
