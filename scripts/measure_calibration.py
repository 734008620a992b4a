"""Measure how many random maps show a hot cell: the cases of the calibration tests, as a table.

Writes ``docs/measured/calibration.md``, which the manual includes.
"""

from __future__ import annotations

import runpy
from dataclasses import replace
from pathlib import Path

import numpy as np
from scipy import stats

ROOT = Path(__file__).resolve().parents[1]
TESTS = ROOT / "tests" / "calibration" / "test_local_gi_star_null.py"
OUT = ROOT / "docs" / "measured" / "calibration.md"
SEED = 20261122


def main() -> None:
    """Run every case with the maps that the tests take, and write the table."""
    room = runpy.run_path(str(TESTS))
    n_maps = room["N_MAPS"]
    lines = [
        f"| {n_maps:,} maps of 400 cells | show a hot cell | upper 99 % bound |",
        "|---|---|---|",
    ]
    for case in room["CASES"]:
        draw, options = case.values
        params = replace(room["PARAMS"], **options)
        answers = room["_answers"](draw, params, n_maps=n_maps, rng=np.random.default_rng(SEED))
        alarms = room["_alarms"](answers, params)
        test = stats.binomtest(alarms, n_maps, alternative="less")
        high = test.proportion_ci(0.99, method="exact").high
        lines.append(f"| {case.id} | {alarms / n_maps:.1%} | {high:.1%} |")
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(OUT.read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
