"""The examples of the manual run and give what the manual says."""

from __future__ import annotations

import doctest
from pathlib import Path

import pytest

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
