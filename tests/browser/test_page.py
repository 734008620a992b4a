from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from hotspots.palettes import COUNT_COLOURS, HOT_LINE
from hotspots.render import write_page

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Page

    from hotspots.publish.release import Release

HOSTILE = (
    "{{7*7}}",
    "${window.owned=1}",
    "</script><script>window.owned=1</script>",
    "<img src=x onerror=window.owned=1>",
    "`+(window.owned=1)+`",
    "javascript:window.owned=1",
    "<b>bold</b> & &amp;",
)

#: How many pixels of the map have each colour; antialiased ones have none of the names.
COUNT_PIXELS = """() => {
  const canvas = document.querySelector("#map canvas");
  const data = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
  const found = {};
  for (let i = 0; i < data.length; i += 4) {
    if (data[i + 3] < 255) continue;
    const hex = "#" + [0, 1, 2].map((k) => data[i + k].toString(16).padStart(2, "0")).join("");
    found[hex] = (found[hex] || 0) + 1;
  }
  return found;
}"""


#: Where the painted part of the map lies in its box.
EXTENT = """() => {
  const box = document.querySelector("#map").getBoundingClientRect();
  const canvas = document.querySelector("#map canvas");
  const at = canvas.getBoundingClientRect();
  const scale = at.width / canvas.width;
  const data = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
  const found = { left: 1e9, right: -1e9, top: 1e9, bottom: -1e9 };
  for (let i = 3; i < data.length; i += 4) {
    if (data[i] === 0) continue;
    const x = at.left - box.left + ((i >> 2) % canvas.width) * scale;
    const y = at.top - box.top + Math.floor((i >> 2) / canvas.width) * scale;
    found.left = Math.min(found.left, x);
    found.right = Math.max(found.right, x);
    found.top = Math.min(found.top, y);
    found.bottom = Math.max(found.bottom, y);
  }
  return { ...found, width: box.width, height: box.height };
}"""


def _pixels(page: Page) -> dict[str, int]:
    found: dict[str, int] = page.evaluate(COUNT_PIXELS)
    return found


@pytest.mark.parametrize("width", [1280, 360])
def test_the_page_opens_without_a_request_or_a_complaint(
    open_page: Callable[..., Any], width: int
) -> None:
    seen = open_page(width=width)
    seen.page.wait_for_timeout(300)
    assert (seen.requests, seen.complaints) == ([], [])
    assert seen.page.title() == "Burglary in Ambridge, July 2018"
    assert seen.page.locator("h1").inner_text() == "Burglary in Ambridge, July 2018"
    assert seen.page.locator("#rows tr").count() == 200


@pytest.mark.parametrize("width", [1280, 360])
def test_the_map_is_painted_in_the_colours_of_the_legend(
    open_page: Callable[..., Any], width: int
) -> None:
    page = open_page(width=width).page
    pixels = _pixels(page)
    for colour in (COUNT_COLOURS[0], COUNT_COLOURS[1], HOT_LINE):
        assert pixels.get(colour, 0) > 50, colour
    legend = page.locator(".legend path").evaluate_all(
        "paths => paths.map((p) => p.getAttribute('fill'))"
    )
    assert legend == [*COUNT_COLOURS, "none"]


def test_the_whole_map_lies_in_its_box(open_page: Callable[..., Any]) -> None:
    page = open_page(width=360).page
    shot = page.locator("#map").bounding_box()
    names = page.locator(".place-name bdi")
    assert names.count() >= 1
    assert names.first.inner_text() == "Ambridge"
    label = names.first.bounding_box()
    assert shot is not None
    assert label is not None
    assert shot["x"] < label["x"] < shot["x"] + shot["width"]


@pytest.mark.parametrize("width", [320, 360, 1280])
def test_nothing_runs_out_at_the_side(open_page: Callable[..., Any], width: int) -> None:
    page = open_page(width=width, groups=("burglary", "robbery"), text="x" * 90).page
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize(("width", "groups"), [(1280, 1), (360, 2)])
def test_axe_finds_no_violation(open_page: Callable[..., Any], width: int, groups: int) -> None:
    page = open_page(width=width, groups=("burglary", "robbery")[:groups]).page
    results = Axe().run(page)
    assert results.violations_count == 0, results.generate_report()


def test_every_control_is_large_enough_for_a_thumb(open_page: Callable[..., Any]) -> None:
    page = open_page(width=360, groups=("burglary", "robbery")).page
    boxes = page.locator("button:visible, select, input, .leaflet-bar a").evaluate_all(
        "all => all.slice(0, 30).map((e) => [e.textContent, e.getBoundingClientRect()])"
        ".filter(([, box]) => box.height < 44 || box.width < 44).map(([text]) => text)"
    )
    assert boxes == []


def test_a_row_is_chosen_with_the_keyboard(open_page: Callable[..., Any]) -> None:
    page = open_page().page
    before = page.evaluate("document.querySelector('#map .place-name').style.transform")
    first = page.locator("#rows button").first
    name = first.inner_text()
    first.focus()
    page.keyboard.press("Enter")
    status = page.locator("#status")
    assert re.fullmatch(rf"{name}: \d+ recorded, stands out\.", status.inner_text())
    assert status.get_attribute("role") == "status"
    assert page.evaluate("document.querySelector('#map .place-name').style.transform") != before
    assert page.evaluate("document.activeElement.id") == "back"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.textContent") == name


def test_tab_reaches_the_map_its_controls_and_the_table(open_page: Callable[..., Any]) -> None:
    page = open_page(groups=("burglary", "robbery")).page
    reached = []
    for _ in range(9):
        page.keyboard.press("Tab")
        reached.append(
            page.evaluate("(e => e.id || e.className || e.tagName)(document.activeElement)")
        )
    assert reached[:3] == ["skip", "layer", "map"]
    assert reached[3].startswith("leaflet-control-zoom-in")
    assert reached[4].startswith("leaflet-control-zoom-out")
    assert reached[5:8] == ["whole", "filter", "BUTTON"]


def test_the_table_grows_and_is_searched(open_page: Callable[..., Any]) -> None:
    page = open_page(n_cells=450, names=("Borchester",)).page
    rows = page.locator("#rows tr")
    assert page.locator("#listed").inner_text() == "200 of 450 areas are listed."
    for expected in (400, 450):
        page.locator("#more").click()
        assert rows.count() == expected
    assert not page.locator("#more").is_visible()
    page.locator("#filter").fill("bORCH")
    assert rows.count() == 1
    assert page.locator("#listed").inner_text() == "1 of 1 areas are listed."


def test_areas_that_stand_out_come_first_then_the_highest_counts(
    open_page: Callable[..., Any],
) -> None:
    rows = (
        open_page()
        .page.locator("#rows tr")
        .evaluate_all(
            "rows => rows.map("
            "(r) => [r.classList.contains('hot'), parseInt(r.cells[1].textContent)])"
        )
    )
    assert rows == sorted(rows, key=lambda row: (not row[0], -row[1]))
    assert {hot for hot, _ in rows} == {True, False}


def test_several_maps_on_one_page(open_page: Callable[..., Any]) -> None:
    page = open_page(groups=("burglary", "robbery")).page
    assert page.locator("h1").inner_text() == "Burglary and Robbery in Ambridge, July 2018"
    before = _pixels(page)
    table = page.locator("#rows").inner_text()
    page.locator("#layer").select_option("Robbery, July 2018")
    page.wait_for_timeout(100)
    assert _pixels(page) != before
    assert page.locator("#rows").inner_text() != table
    assert page.locator(".finding:visible").count() == 1


def test_hostile_text_is_shown_and_never_run(open_page: Callable[..., Any]) -> None:
    seen = open_page(n_cells=100, place=HOSTILE[2], names=HOSTILE, text=HOSTILE[3])
    page = seen.page
    assert page.title() == f"Burglary in {HOSTILE[2]}, July 2018"
    names = page.locator("#rows button").all_inner_texts()
    assert set(HOSTILE) <= set(names)
    page.get_by_role("button", name=HOSTILE[3], exact=True).click()
    assert HOSTILE[3] in page.locator("#status").inner_text()
    page.locator("#map").hover()
    page.locator(".cell-tip strong").wait_for()
    assert page.locator(".cell-tip").inner_text().count("\n") == 2
    page.wait_for_timeout(200)
    assert page.evaluate("window.owned === undefined")
    assert (seen.requests, seen.complaints) == ([], [])


def test_the_policy_of_the_page_stops_what_gets_in(open_page: Callable[..., Any]) -> None:
    seen = open_page(n_cells=50)
    seen.page.evaluate(
        "document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=window.owned=1>')"
    )
    seen.page.wait_for_timeout(200)
    assert seen.page.evaluate("window.owned === undefined")
    assert any("Content Security Policy" in text for text in seen.complaints)


def test_the_printed_page_holds_the_whole_map(open_page: Callable[..., Any]) -> None:
    page = open_page().page
    page.locator("#rows button").first.click()
    page.evaluate("document.querySelector('.leaflet-control-zoom-in').click()")
    page.wait_for_timeout(400)
    page.evaluate(
        f"""addEventListener("beforeprint", () => {{ window.printed = ({EXTENT})(); }})"""
    )
    on_screen = page.evaluate(EXTENT)
    assert page.pdf(format="A4").startswith(b"%PDF")
    printed = page.evaluate("window.printed")
    # Zoomed in, the map runs out of its box; on paper it lies inside, and fills it.
    assert on_screen["left"] < 0
    assert printed["left"] >= 0
    assert printed["top"] >= 0
    assert printed["right"] <= printed["width"] < 680
    assert printed["bottom"] <= printed["height"]
    assert (
        max(
            (printed["right"] - printed["left"]) / printed["width"],
            (printed["bottom"] - printed["top"]) / printed["height"],
        )
        > 0.7
    )
    assert "printing" not in page.evaluate("document.documentElement.className")
    assert page.evaluate(EXTENT)["left"] == pytest.approx(on_screen["left"], abs=1)


def test_the_page_works_in_a_sandboxed_frame(
    open_file: Callable[..., Any], make_release: Callable[..., Release], tmp_path: Path
) -> None:
    inner = write_page(make_release(n_cells=300), tmp_path / "map.html").read_text("utf-8")
    quoted = inner.replace("&", "&amp;").replace('"', "&quot;")
    outer = tmp_path / "outer.html"
    outer.write_text(
        "<!DOCTYPE html><meta charset=utf-8><title>outer</title>"
        f'<iframe sandbox="allow-scripts" width=800 height=700 srcdoc="{quoted}"></iframe>',
        encoding="utf-8",
    )
    seen = open_file(outer)
    frame = seen.page.frame_locator("iframe")
    frame.locator("html[data-state=ready]").wait_for(state="attached")
    assert frame.locator("#rows tr").count() == 200
    assert seen.complaints == []


def test_without_script_the_text_is_there(
    browser: Any,  # noqa: ANN401 - Playwright's Browser
    make_release: Callable[..., Release],
    tmp_path: Path,
) -> None:
    path = write_page(make_release(n_cells=300), tmp_path / "map.html")
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(path.as_uri())
    text = page.locator("body").inner_text()
    assert "The map and the table need JavaScript." in text
    assert "What this map cannot tell you" in text
    context.close()


def test_who_wants_no_motion_gets_none(
    browser: Any,  # noqa: ANN401 - Playwright's Browser
    make_release: Callable[..., Release],
    tmp_path: Path,
) -> None:
    path = write_page(make_release(n_cells=300), tmp_path / "map.html")
    for motion, animated in (("reduce", False), ("no-preference", True)):
        context = browser.new_context(reduced_motion=motion)
        page = context.new_page()
        page.goto(path.as_uri())
        page.wait_for_selector("html[data-state=ready]", state="attached")
        assert page.locator("#map .leaflet-proxy").count() == int(animated)
        context.close()


def test_a_page_of_2800_areas_is_light(
    make_release: Callable[..., Release], tmp_path: Path
) -> None:
    path = write_page(make_release(n_cells=2000), tmp_path / "map.html")
    assert path.stat().st_size < 400_000 * 2000 / 2800
