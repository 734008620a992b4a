from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import h3
import pandas as pd
import pytest

from hotspots.palettes import HOT_LINE
from hotspots.render import make_map
from hotspots.results import HotspotResult, Provenance

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

HOSTILE = (
    "{{7*7}}",
    "{% if %}",
    "${window.owned=1}",
    "</script><script>window.owned=1</script>",
    "<img src=x onerror=window.owned=1>",
    "`+(window.owned=1)+`",
    "C:\\20190221",
)


@pytest.fixture(scope="module")
def result() -> HotspotResult:
    centre = h3.latlng_to_cell(52.2, -1.9, 8)
    cells = sorted(h3.grid_disk(centre, 5), key=lambda cell: h3.grid_distance(centre, cell))
    names = [*HOSTILE, *(f"Ambridge {number:03d}A" for number in range(len(cells)))][: len(cells)]
    data = gpd.GeoDataFrame(
        {
            "name": names,
            "n": range(len(cells), 0, -1),
            "hotspot": pd.Categorical(
                [
                    "hot" if h3.grid_distance(centre, cell) < 2 else "not significant"
                    for cell in cells
                ]
            ),
            "p_adjusted": 0.01,
        },
        index=pd.Index(cells, name="cell"),
    )
    provenance = Provenance(
        groups=("burglary",),
        period_start=date(2018, 7, 1),
        period_end=date(2018, 7, 31),
        source_ids=("gb-police",),
        source_sha256=("ab",),
        area_basis="polygons",
        place=HOSTILE[3],
        area_attribution=HOSTILE[4],
        incidents_used=15,
        package_version="0",
    )
    return HotspotResult(data=data, method="local_gi_star", params={}, provenance=provenance)


@pytest.mark.parametrize("framed", [False, True], ids=["saved", "in a notebook"])
def test_a_notebook_map_is_drawn_offline_and_runs_no_text(
    open_file: Callable[..., Any], result: HotspotResult, tmp_path: Path, *, framed: bool
) -> None:
    made = make_map(result)
    path = tmp_path / "map.html"
    if framed:
        inside = made._repr_html_()
        path.write_text(f"<!DOCTYPE html><title>notebook</title>{inside}", encoding="utf-8")
    else:
        made.save(path)
    seen = open_file(path)
    where = seen.page.frame_locator("iframe") if framed else seen.page
    where.locator("[data-state=ready]").wait_for()
    title = where.locator(".map-note strong").inner_text()
    assert title == f"Burglary in {HOSTILE[3]}, July 2018"
    assert where.locator(".map-note small").inner_text() == HOSTILE[4]
    assert "not for publication" in where.locator(".map-note p").inner_text()
    colours = where.locator("canvas").evaluate(
        "(canvas, wanted) => { const d = canvas.getContext('2d')"
        ".getImageData(0, 0, canvas.width, canvas.height).data; let n = 0;"
        "for (let i = 0; i < d.length; i += 4)"
        " if (d[i] === wanted[0] && d[i + 1] === wanted[1] && d[i + 2] === wanted[2]) n++;"
        "return n; }",
        [int(HOT_LINE[i : i + 2], 16) for i in (1, 3, 5)],
    )
    assert colours > 50
    seen.page.wait_for_timeout(200)
    owned = [frame.evaluate("window.owned !== undefined") for frame in seen.page.frames]
    assert not any(owned)
    assert (seen.requests, seen.complaints) == ([], [])


def test_a_tooltip_shows_the_exact_text(
    open_file: Callable[..., Any], result: HotspotResult, tmp_path: Path
) -> None:
    path = tmp_path / "map.html"
    make_map(result).save(path)
    page = open_file(path).page
    page.locator("[data-state=ready]").wait_for()
    size = page.viewport_size
    assert size is not None
    # The first cell, with the first hostile name, lies in the middle.
    page.mouse.move(size["width"] / 2, size["height"] / 2)
    tip = page.locator(".cell-tip")
    tip.wait_for()
    lines = tip.inner_text().splitlines()
    assert lines == [HOSTILE[0], "Recorded: 91", "stands out", "Adjusted p-value: 0.01"]
