"""The examples of the manual run and give what the manual says."""

from __future__ import annotations

import doctest
import importlib.util
import inspect
import re
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest
from tests.portals import KINDS

import hotspots as hs
from hotspots.loaders import list_feeds

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize("page", ["reading.md"])
def test_the_examples_of_the_page_run(page: str) -> None:
    text = (DOCS / page).read_text(encoding="utf-8")
    # A fence is not part of what an example prints.
    plain = "\n".join("" if line.startswith("```") else line for line in text.splitlines())
    examples = doctest.DocTestParser().get_doctest(plain, {}, page, page, 0)
    assert len(examples.examples) > 5
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    done = doctest.DocTestRunner(optionflags=flags, verbose=False).run(examples)
    assert done.failed == 0


@pytest.fixture(scope="module")
def conf() -> ModuleType:
    spec = importlib.util.spec_from_file_location("conf", DOCS / "conf.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_build_writes_a_page_for_each_feed_and_no_other(conf: ModuleType, tmp_path: Path) -> None:
    folder = tmp_path / "feeds"
    app = SimpleNamespace(srcdir=str(tmp_path))
    conf.write_feed_pages(app)
    assert {p.name for p in folder.iterdir()} == {f"{n}.md" for n in list_feeds()} | {"table.txt"}
    table = (folder / "table.txt").read_text(encoding="utf-8")
    assert all(f"(feeds/{name}.md)" in table for name in list_feeds())
    (folder / "xx-gone.md").write_text("a feed that is no more", encoding="utf-8")
    (folder / "us-dc.md").write_text("a page of yesterday", encoding="utf-8")
    written = {p: p.stat().st_mtime_ns for p in folder.glob("us-c*.md")}
    conf.write_feed_pages(app)
    assert not (folder / "xx-gone.md").exists()
    assert "Washington DC" in (folder / "us-dc.md").read_text(encoding="utf-8")
    assert {p: p.stat().st_mtime_ns for p in written} == written


def test_the_page_on_fetching_counts_the_faults_that_there_are() -> None:
    text = (DOCS / "fetching.md").read_text(encoding="utf-8")
    assert f"breaks them in {len(KINDS)} ways" in text


def test_the_page_on_choosing_names_every_method_and_what_it_gives() -> None:
    text = (DOCS / "choosing.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `(\w+)` \| [^|]+ \| ([^|]+) \|$", text, re.MULTILINE))
    methods = {
        name: getattr(hs, name)
        for name in hs.__all__
        if getattr(hs, name).__module__.startswith("hotspots.methods")
    }
    assert methods.keys() <= rows.keys()
    for name, method in methods.items():
        given = str(inspect.signature(method).return_annotation)
        for kind in ("HotspotResult", "Estimate"):
            assert (kind == given) == (f"`{kind}`" in rows[name]), name
    for name in rows:
        assert callable(getattr(hs, name))
