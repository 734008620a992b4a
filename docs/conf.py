"""Sphinx configuration of the manual."""

from __future__ import annotations

from importlib.metadata import version as version_of
from pathlib import Path
from typing import TYPE_CHECKING

from hotspots.loaders import describe_feed, list_feeds
from hotspots.loaders.feed_looks import feed_markdown, feeds_table

if TYPE_CHECKING:
    from sphinx.application import Sphinx

project = "hotspots"
project_copyright = "2026, the hotspots developers"
author = "the hotspots developers"
release = version_of("crime-hotspots")
version = release

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "myst_nb",
    "numpydoc",
    "sphinxcontrib.bibtex",
]
exclude_patterns = ["_build", "jupyter_execute", "**.ipynb_checkpoints"]
html_theme = "pydata_sphinx_theme"
html_theme_options = {"show_toc_level": 2, "navigation_with_keys": True}
html_title = f"hotspots {release}"
html_static_path: list[str] = []
# Sentences that a licence asks for, and options of the command line, stay as they are typed.
smartquotes = False

autosummary_generate = True
autodoc_typehints = "none"
numpydoc_show_class_members = False
bibtex_bibfiles = ["references.bib"]
bibtex_default_style = "plain"

myst_enable_extensions = ["colon_fence", "dollarmath"]
myst_heading_anchors = 3
nb_execution_mode = "force"
nb_execution_raise_on_error = True
nb_execution_timeout = 300


def write_feed_pages(app: Sphinx) -> None:
    """Write docs/feeds/, one page for each feed and the table of all, from their descriptions."""
    folder = Path(app.srcdir) / "feeds"
    folder.mkdir(exist_ok=True)
    feeds = [describe_feed(name) for name in list_feeds()]
    pages = {f"{feed.id}.md": feed_markdown(feed) for feed in feeds}
    pages["table.txt"] = feeds_table(feeds)
    for old in folder.iterdir():
        if old.name not in pages:
            old.unlink()
    for name, text in pages.items():
        page = folder / name
        # A page that says the same is left alone, so that a second build is quick.
        if not page.is_file() or page.read_text(encoding="utf-8") != text:
            page.write_text(text, encoding="utf-8")


def setup(app: Sphinx) -> None:
    """Let the pages of the feeds be written before the manual is read."""
    app.connect("builder-inited", write_feed_pages)
