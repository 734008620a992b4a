"""Chromium with the network off, and a page opened in it."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import sync_playwright

from hotspots.render import write_page

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

    from hotspots.publish.release import Release

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.parent.name == "browser":
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        pytest.fail("Chromium is missing. Install it: sudo apt-get install chromium")
    with sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=found, args=list(FLAGS))
        yield opened
        opened.close()


@dataclass
class Seen:
    """A page, and all that the browser complained of or asked for."""

    page: Page
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)


@pytest.fixture
def open_file(browser: Browser) -> Iterator[Callable[..., Seen]]:
    contexts = []

    def open_it(path: Path, *, width: int = 1280, height: int = 800) -> Seen:
        context = browser.new_context(viewport={"width": width, "height": height})
        contexts.append(context)
        context.set_offline(True)
        seen = Seen(context.new_page())

        def on_request(url: str) -> None:
            if url != path.as_uri():
                seen.requests.append(url)

        seen.page.on("request", lambda request: on_request(request.url))
        seen.page.on("console", lambda said: seen.complaints.append(said.text))
        seen.page.on("pageerror", lambda fault: seen.complaints.append(str(fault)))
        seen.page.goto(path.as_uri())
        return seen

    yield open_it
    for context in contexts:
        context.close()


@pytest.fixture
def open_page(
    open_file: Callable[..., Seen], make_release: Callable[..., Release], tmp_path: Path
) -> Callable[..., Seen]:
    """Write a made-up release and wait until its map stands."""

    def open_it(*, width: int = 1280, **options: object) -> Seen:
        seen = open_file(write_page(make_release(**options), tmp_path / "map.html"), width=width)
        seen.page.wait_for_selector("html[data-state=ready]", state="attached")
        return seen

    return open_it
