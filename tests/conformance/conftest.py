"""Published numbers beside ours: a fixture that checks, and keeps what the manual shows."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike

#: Files that others own; they are not in this repository.
REFERENCE = Path(__file__).parents[2].parent / "shared" / "data" / "methods"


class Agree(Protocol):
    """Fail unless our number is the published one, within a tolerance that is stated."""

    def __call__(
        self,
        ours: ArrayLike,
        published: ArrayLike,
        *,
        what: str,
        source: str,
        within: float,
        relative: bool = False,
    ) -> None: ...


@pytest.fixture
def agree(record_property: Callable[[str, object], None]) -> Agree:
    """Compare, and record a row for docs/measured/conformance.md.

    ``what`` names method and data, ``source`` who published the number. Arrays are compared element
    by element; the row then shows how many there are and the largest difference.
    """

    def compare(
        ours: ArrayLike,
        published: ArrayLike,
        *,
        what: str,
        source: str,
        within: float,
        relative: bool = False,
    ) -> None:
        here = np.atleast_1d(np.asarray(ours, dtype=np.float64))
        there = np.atleast_1d(np.asarray(published, dtype=np.float64))
        assert here.shape == there.shape
        assert here.size
        gap = np.abs(here - there)
        if relative:
            gap = gap / np.abs(there)
        largest = float(gap.max())
        record_property(
            "conformance",
            {
                "what": what,
                "source": source,
                "values": int(here.size),
                "published": float(there[0]),
                "ours": float(here[0]),
                "difference": largest,
                "within": within,
                "relative": relative,
            },
        )
        assert largest <= within, f"{what}: {here} here, {there} published ({source})"

    return compare


@pytest.fixture
def reference() -> Path:
    """Give the folder of published files, or skip where it is not."""
    if not REFERENCE.is_dir():
        pytest.skip("the published files of ../shared/data/methods are not here")
    return REFERENCE
