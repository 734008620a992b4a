"""Concentration beside the numbers of lorenzgini's authors, and of crimes in Memphis."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

import hotspots as hs
from hotspots.words import say

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray
    from tests.conformance.conftest import Agree

LORENZGINI = "lorenzgini (R), as its manual prints it"


def _grid(counts: Sequence[int] | NDArray[np.int64]) -> pd.DataFrame:
    return pd.DataFrame({"n": np.asarray(counts, dtype=np.int64)})


def _gini(counts: Sequence[int] | NDArray[np.int64], *, generalized: bool, unbiased: bool) -> float:
    return hs.gini_index(_grid(counts), generalized=generalized, unbiased=unbiased).estimate


@pytest.mark.parametrize(
    ("counts", "generalized", "unbiased", "printed"),
    [
        ([10, 8, 2, *[0] * 7], False, False, 0.78),
        ([10, 8, 2, *[0] * 7], True, False, 0.78),
        ([5, 2, 1, *[0] * 7], False, False, 0.8),
        ([5, 2, 1, *[0] * 7], True, False, 0.75),
        ([10, *[0] * 9], False, False, 0.9),
        ([10, *[0] * 9], False, True, 1.0),
        ([10, *[0] * 99], False, False, 0.99),
        ([10, *[0] * 99], False, True, 1.0),
    ],
)
def test_the_four_indices_are_those_that_their_authors_print(
    agree: Agree, counts: list[int], *, generalized: bool, unbiased: bool, printed: float
) -> None:
    form = f"{'generalised' if generalized else 'plain'}{', unbiased' if unbiased else ''}"
    seen = ", ".join(str(n) for n in counts if n)
    agree(
        _gini(counts, generalized=generalized, unbiased=unbiased),
        printed,
        what=f"Gini index ({form}) of {seen} and {counts.count(0)} zeros",
        source=LORENZGINI,
        within=0,
    )


def test_the_indices_are_those_of_the_reference_values(agree: Agree, reference: Path) -> None:
    text = (reference / "reference_values.json").read_text(encoding="utf-8")
    printed = {k: v for k, v in json.loads(text)["gini"].items() if k != "source"}
    assert len(printed) == 3
    ours, theirs = [], []
    for key, values in printed.items():
        seen, empty = key.removesuffix("x0").split("+")
        counts = json.loads(seen) + [0] * int(empty)
        found = {
            "gini": _gini(counts, generalized=False, unbiased=False),
            "generalised": _gini(counts, generalized=True, unbiased=False),
            "unbiased": _gini(counts, generalized=True, unbiased=True),
        }
        ours += [found[name] for name in values]
        theirs += list(values.values())
    agree(ours, theirs, what="Gini indices, all of the file", source=LORENZGINI, within=0)


def test_half_of_the_robberies_of_memphis_lie_in_six_percent_of_the_cells(
    agree: Agree, reference: Path
) -> None:
    peer = pd.read_csv(reference / "memphis" / "peer_hotspot_gistar_utm15_default.csv.gz")
    grid = _grid(peer["n"].to_numpy())
    half = hs.concentration_share(grid)
    assert half.params.places == 3302
    assert say(half.sentences[0]) == (
        "Half of the 2,245 incidents lie in 6.1 % of the places: the 202 busiest of 3,302."
    )
    source = "computed apart, in NumPy"
    what = "Memphis robberies 2019, 3,302 cells of 500 m"
    agree(half.params.places_needed, 202, what=f"Cells with half, {what}", source=source, within=0)
    plain = hs.gini_index(grid, generalized=False).estimate
    agree(plain, 0.830, what=f"Gini index (plain), {what}", source=source, within=5e-4)
    full = hs.gini_index(grid).estimate
    agree(full, 0.750, what=f"Gini index (generalised), {what}", source=source, within=5e-4)
