"""The page that people will get: real data, through the gate, opened with the network off."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from axe_playwright_python.sync_playwright import Axe

import hotspots as hs

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import WestYorkshire


@pytest.fixture(scope="module")
def real_page(west_yorkshire: WestYorkshire, tmp_path_factory: pytest.TempPathFactory) -> Path:
    release = hs.publish(west_yorkshire.result, quality=west_yorkshire.quality)
    return hs.write_page(release, tmp_path_factory.mktemp("real") / "page.html")


def test_it_is_small(real_page: Path) -> None:
    assert real_page.stat().st_size <= 400_000


@pytest.mark.parametrize("width", [1280, 360])
def test_it_asks_for_nothing_and_axe_finds_nothing(
    real_page: Path, open_file: Callable[..., Any], width: int
) -> None:
    seen = open_file(real_page, width=width)
    seen.page.wait_for_timeout(500)
    assert (seen.requests, seen.complaints) == ([], [])
    results = Axe().run(seen.page)
    assert results.violations_count == 0, results.generate_report()


def test_it_says_whose_data_these_are(real_page: Path, open_file: Callable[..., Any]) -> None:
    text = open_file(real_page).page.locator("body").inner_text()
    assert "Burglary in West Yorkshire, July 2018" in text
    assert "Contains public sector information licensed under the Open Government Licence" in text
    assert "Source: Office for National Statistics" in text
    assert "What this map cannot tell you" in text


def test_the_table_lists_every_area_with_the_numbers_of_the_release(
    real_page: Path, west_yorkshire: WestYorkshire, open_file: Callable[..., Any]
) -> None:
    release = hs.publish(west_yorkshire.result, quality=west_yorkshire.quality)
    page = open_file(real_page).page
    page.locator("#filter").fill("Leeds 111B")
    wanted = release.table[release.table["name"].str.startswith("Leeds 111B")]
    rows = page.locator("#rows tr").all_inner_texts()
    assert len(rows) == len(wanted) > 0
    for shown in wanted["count"].dropna():
        assert any(f"{shown:,}" in row for row in rows)


def test_no_printed_sheet_is_left_with_the_footer_alone(
    real_page: Path, open_file: Callable[..., Any]
) -> None:
    page = open_file(real_page).page
    page.wait_for_timeout(500)
    sheets = page.pdf(format="A4").count(b"/Type /Page\n")
    assert sheets == 4
    page.emulate_media(media="print")
    sources = page.locator("section[aria-labelledby=source]").inner_text()
    assert "Contains public sector information" in sources
    assert "Source: Office for National Statistics" in sources
