"""Measure how many random maps show a hot cell: the cases of the calibration tests, as a table.

Writes ``docs/measured/calibration.md``, which the manual includes.
"""

from __future__ import annotations

import runpy
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from scipy import stats

import hotspots as hs
from hotspots.methods.local.testing import judge_cells, prepare
from hotspots.neighbours import cell_windows

ROOT = Path(__file__).resolve().parents[1]
TESTS = ROOT / "tests" / "calibration" / "test_local_gi_star_null.py"
OUT = ROOT / "docs" / "measured" / "calibration.md"
SEED = 20261122


def _uneven_areas(room: dict[str, Any]) -> list[str]:
    """Spread points evenly over real land, where the cells at the edge are cut."""
    lines = [
        "| points spread evenly over real land, 1,000 maps | cells tested | show a hot cell |",
        "|---|---|---|",
    ]
    lsoas = hs.read_areas(hs.sample_path("west-yorkshire-lsoa"))
    cases = [("West Yorkshire", lsoas, 8, n) for n in (2_000, 20_000)]
    calderdale = lsoas[lsoas["district"] == "Calderdale"]
    cases += [("Calderdale", calderdale, 7, n) for n in (2_000, 10_000, 50_000)]
    for place, areas, resolution, n in cases:
        grid = hs.make_hexgrid(hs.study_area(areas, name=place), resolution=resolution)
        whole = grid["area_in_study_km2"] / grid["area_km2"] >= room["PARAMS"].min_area_share
        cells, inside = grid.index[whole], grid.loc[whole, "area_in_study_km2"].to_numpy()
        windows, rng = cell_windows(cells, n_rings=1), np.random.default_rng(SEED)
        alarms = 0
        for _ in range(1_000):
            counts = rng.multinomial(n, inside / inside.sum())
            answer = judge_cells(prepare(cells, counts, room["PARAMS"], windows), room["PARAMS"])
            alarms += bool((answer.p_adjusted <= room["PARAMS"].alpha).any())
        what = f"{place}, resolution {resolution}, {n:,} points"
        lines.append(f"| {what} | {len(cells):,} | {alarms / 1_000:.1%} |")
    return lines


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
    lines += ["", *_uneven_areas(room)]
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(OUT.read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
