"""Our scripts and styles, and Leaflet's own files from its package, as text to put inline."""

from __future__ import annotations

import re
from functools import cache
from importlib.metadata import distribution
from importlib.resources import files
from pathlib import Path
from typing import Final

_PACKAGE: Final = "django-js-lib-leaflet"


def _packaged(name: str) -> str:
    """Read a file of Leaflet's package without importing the package."""
    found = [p for p in distribution(_PACKAGE).files or () if p.name == name]
    return Path(str(found[0].locate())).read_text(encoding="utf-8")


@cache
def leaflet_script() -> str:
    """Give Leaflet's script, headed by its licence.

    Returns
    -------
    str
        JavaScript, without the link to a source map that a browser might want to fetch.
    """
    licence = _packaged("LICENSE")
    script = re.sub(r"^//# sourceMappingURL=.*$", "", _packaged("leaflet.js"), flags=re.MULTILINE)
    return f"/*! Leaflet, {licence.strip()}\n*/\n{script.strip()}\n"


@cache
def leaflet_style() -> str:
    """Give Leaflet's style sheet without the pictures, which a page of ours never shows.

    Returns
    -------
    str
        CSS.
    """
    return re.sub(r"url\([^)]*\)", "none", _packaged("leaflet.css"))


@cache
def asset(name: str) -> str:
    """Read one of our own scripts or styles.

    Parameters
    ----------
    name : str
        File name in ``render/assets``.

    Returns
    -------
    str
        Its text.
    """
    return files("hotspots.render").joinpath("assets", name).read_text(encoding="utf-8")
