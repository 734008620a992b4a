"""Take the pictures of the demo page for the README and the manual, in Debian's Chromium."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from playwright.sync_api import sync_playwright

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "build" / "west-yorkshire-burglary.html"
PICTURES = ROOT / "docs" / "pictures"
LARGEST_BYTES = 250_000
#: Name, width and height of the window in pixels, and a style to see it through.
VIEWS = (
    ("page-1280", 1280, 920, ""),
    ("page-360", 360, 780, ""),
    ("page-grey", 1280, 920, "grayscale(1)"),
)


def take(browser: Browser, name: str, width: int, height: int, style: str) -> Path:
    """Take one picture of the page's first screen.

    Parameters
    ----------
    browser : playwright.sync_api.Browser
        A running browser.
    name : str
        File name without its ending.
    width, height : int
        Window size in pixels.
    style : str
        A CSS filter, or nothing.

    Returns
    -------
    pathlib.Path
        The picture.
    """
    context = browser.new_context(
        viewport={"width": width, "height": height}, reduced_motion="reduce"
    )
    context.set_offline(True)
    page = context.new_page()
    page.goto(PAGE.as_uri())
    page.wait_for_selector("html[data-state=ready]", state="attached")
    page.evaluate("style => { document.body.style.filter = style; }", style)
    page.wait_for_timeout(300)
    path = PICTURES / f"{name}.png"
    page.screenshot(path=path)
    context.close()
    return path


def main() -> None:
    """Take all pictures, and say how large they are."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        sys.exit("Chromium is missing. Install it: sudo apt-get install chromium")
    if not PAGE.is_file():
        sys.exit(f"{PAGE.relative_to(ROOT)} is missing. Make it first: make demo")
    PICTURES.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=chromium,
            # Grey edges of letters instead of coloured ones make the files a third smaller.
            args=["--headless", "--no-sandbox", "--disable-gpu", "--disable-lcd-text"],
        )
        for view in VIEWS:
            path = take(browser, *view)
            size = path.stat().st_size
            if size > LARGEST_BYTES:
                sys.exit(f"{path.name} has {size:,} bytes, more than {LARGEST_BYTES:,}.")
            print(f"{path.relative_to(ROOT)}  {size / 1000:.0f} kB")
        browser.close()


if __name__ == "__main__":
    main()
