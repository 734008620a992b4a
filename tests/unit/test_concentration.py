"""Concentration: the definitions, what must not change the answer, and what chance alone gives."""

from __future__ import annotations

import itertools
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import hotspots as hs
from hotspots.methods.concentration.curve import places_at_widest
from hotspots.words import say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from tests.conftest import WestYorkshire

FORMS = list(itertools.product([False, True], repeat=2))

#: Counts of at least two places with at least two incidents.
some_counts = st.lists(st.integers(0, 30), min_size=2, max_size=60).filter(lambda c: sum(c) > 1)
#: Counts that a percentage may be given of.
many_counts = st.lists(st.integers(0, 30), min_size=30, max_size=90).filter(lambda c: sum(c) > 29)


def _grid(counts: Sequence[int] | NDArray[np.int64]) -> pd.DataFrame:
    return pd.DataFrame({"n": np.asarray(counts, dtype=np.int64)})


def _gini(counts: Sequence[int] | NDArray[np.int64], *, generalized: bool, unbiased: bool) -> float:
    return hs.gini_index(_grid(counts), generalized=generalized, unbiased=unbiased).estimate


def _scatter(rng: np.random.Generator, incidents: int, places: int) -> NDArray[np.int64]:
    return rng.multinomial(incidents, np.full(places, 1 / places))


# Against the definitions, written out slowly


@given(some_counts)
def test_the_plain_index_is_the_mean_difference_over_all_pairs(counts: list[int]) -> None:
    x = np.asarray(counts)
    slow = np.abs(x[:, None] - x).sum() / (2 * len(x) * x.sum())
    assert _gini(counts, generalized=False, unbiased=False) == pytest.approx(slow, abs=1e-12)


@given(some_counts)
def test_the_generalised_index_is_that_of_the_paper(counts: list[int]) -> None:
    plain = _gini(counts, generalized=False, unbiased=False)
    stretch = max(1, len(counts) / sum(counts))
    expected = stretch * (plain - 1) + 1
    assert _gini(counts, generalized=True, unbiased=False) == pytest.approx(expected, abs=1e-12)
    m = min(len(counts), sum(counts))
    unbiased = _gini(counts, generalized=True, unbiased=True)
    assert unbiased == pytest.approx(expected * m / (m - 1), abs=1e-12)


@given(some_counts)
def test_the_curve_is_the_running_sum_of_the_sorted_counts(counts: list[int]) -> None:
    curve = hs.lorenz_curve(_grid(counts)).data
    assert curve is not None
    running = np.concatenate([[0], np.cumsum(sorted(counts))])
    between = np.interp(np.arange(len(counts) + 1), curve["places"], curve["incidents"])
    np.testing.assert_allclose(between, running, rtol=1e-12)
    assert curve["share_of_places"].iloc[[0, -1]].tolist() == [0, 1]
    assert curve["share_of_incidents"].iloc[[0, -1]].tolist() == [0, 1]
    assert (curve["share_of_incidents"] <= curve["share_of_incidents_if_even"] + 1e-12).all()


@given(many_counts, st.integers(1, 100))
def test_the_share_is_that_of_the_fewest_places_that_hold_it(
    counts: list[int], percent: int
) -> None:
    found = hs.concentration_share(_grid(counts), share=percent / 100)
    running = list(itertools.accumulate(sorted(counts, reverse=True)))
    wanted = Fraction(percent, 100) * sum(counts)
    fewest = next(k for k, held in enumerate(running, start=1) if held >= wanted)
    assert found.params.places_needed == fewest
    assert found.estimate == fewest / len(counts)
    assert found.data is not None
    assert found.data["share_of_incidents"].iloc[-1] == 1
    assert found.estimate <= found.params.at_widest


@given(st.integers(1, 40), st.integers(1, 200), st.data())
def test_the_widest_spread_is_that_of_counts_that_differ_by_one(
    places: int, incidents: int, data: st.DataObject
) -> None:
    needed = data.draw(st.integers(1, incidents))
    even = sorted((incidents + i) // places for i in range(places))[::-1]
    held = np.cumsum(even)
    assert places_at_widest(places, incidents, needed) == np.searchsorted(held, needed) + 1


# What must not change the answer, and what must


@given(st.permutations([9, 4, 4, 2, 1, 1, 1, *[0] * 30]), st.sampled_from(FORMS))
def test_the_order_of_the_places_does_not_matter(
    counts: list[int], form: tuple[bool, bool]
) -> None:
    generalized, unbiased = form
    here = hs.gini_index(_grid(counts), generalized=generalized, unbiased=unbiased)
    there = hs.gini_index(_grid(sorted(counts)), generalized=generalized, unbiased=unbiased)
    assert here.estimate == there.estimate
    pd.testing.assert_frame_equal(here.data, there.data)


@given(many_counts, st.sampled_from([0.2, 0.5, 0.8]))
def test_every_incident_twice_changes_no_plain_measure(counts: list[int], share: float) -> None:
    twice = [2 * n for n in counts]
    once_plain = _gini(counts, generalized=False, unbiased=False)
    assert _gini(twice, generalized=False, unbiased=False) == pytest.approx(once_plain, abs=1e-12)
    half = hs.concentration_share(_grid(counts), share=share)
    both = hs.concentration_share(_grid(twice), share=share)
    # Whole incidents: a share of an odd number is rounded up, of the double of it less so.
    assert 0 <= half.params.places_needed - both.params.places_needed <= 1
    if sum(counts) >= len(counts):
        once = _gini(counts, generalized=True, unbiased=True)
        assert _gini(twice, generalized=True, unbiased=True) == pytest.approx(once, abs=1e-12)


def test_every_incident_twice_is_more_concentrated_when_they_could_have_spread() -> None:
    sparse = [1] * 5 + [0] * 15
    assert _gini(sparse, generalized=True, unbiased=False) == 0
    assert _gini([2 * n for n in sparse], generalized=True, unbiased=False) == 0.5


@given(many_counts)
def test_every_place_twice_changes_no_measure(counts: list[int]) -> None:
    twice = counts * 2
    for generalized in (False, True):
        once = _gini(counts, generalized=generalized, unbiased=False)
        again = _gini(twice, generalized=generalized, unbiased=False)
        assert again == pytest.approx(once, abs=1e-12)
    k = hs.concentration_share(_grid(counts)).params.places_needed
    assert hs.concentration_share(_grid(twice)).params.places_needed in (2 * k - 1, 2 * k)


@given(some_counts, st.sampled_from(FORMS))
def test_the_index_lies_between_nothing_and_one(counts: list[int], form: tuple[bool, bool]) -> None:
    generalized, unbiased = form
    assert 0 <= _gini(counts, generalized=generalized, unbiased=unbiased) <= 1


@given(st.integers(2, 40), st.integers(0, 200), st.integers(2, 60))
def test_no_shared_place_is_nothing_and_one_place_for_all_is_one(
    incidents: int, more_places: int, places: int
) -> None:
    apart = [1] * incidents + [0] * more_places
    assert _gini(apart, generalized=True, unbiased=False) == 0
    together = [incidents] + [0] * (places - 1)
    assert _gini(together, generalized=True, unbiased=True) == 1
    assert _gini(together, generalized=False, unbiased=True) == 1


@given(some_counts)
def test_an_incident_moved_to_a_quieter_place_never_raises_the_index(counts: list[int]) -> None:
    moved = sorted(counts)
    moved[-1] -= 1
    moved[0] += 1
    if moved[0] <= moved[-1]:
        for generalized in (False, True):
            before = _gini(counts, generalized=generalized, unbiased=False)
            assert _gini(moved, generalized=generalized, unbiased=False) < before


# What chance alone gives


def test_a_random_sparse_map_is_near_nothing_and_not_near_one() -> None:
    sparse = _scatter(np.random.default_rng(7), 500, 10_000)
    plain = hs.gini_index(_grid(sparse), generalized=False)
    fair = hs.gini_index(_grid(sparse))
    assert plain.estimate > 0.95
    assert fair.estimate < 0.05
    assert "most places must be empty" in say(plain.sentences[1])
    assert "The index allows for that" in say(fair.sentences[1])


@pytest.mark.parametrize(("places", "incidents"), [(2, 5), (3, 4), (4, 4), (5, 3), (5, 2)])
@pytest.mark.parametrize(("generalized", "unbiased"), FORMS)
def test_the_index_at_random_is_the_mean_over_all_maps(
    places: int, incidents: int, *, generalized: bool, unbiased: bool
) -> None:
    every = itertools.product(range(places), repeat=incidents)
    maps = [np.bincount(where, minlength=places) for where in every]
    slow = np.mean([_gini(m, generalized=generalized, unbiased=unbiased) for m in maps])
    found = hs.gini_index(_grid(maps[1]), generalized=generalized, unbiased=unbiased)
    assert found.params.at_random == pytest.approx(slow, rel=1e-12)


@pytest.mark.parametrize(("places", "incidents"), [(3000, 200), (3000, 2000), (400, 20_000)])
def test_what_is_said_of_random_maps_holds_on_random_maps(places: int, incidents: int) -> None:
    rng = np.random.default_rng(11)
    grids = [_grid(_scatter(rng, incidents, places)) for _ in range(60)]
    ginis = [hs.gini_index(grid) for grid in grids]
    halves = [hs.concentration_share(grid) for grid in grids]
    gini = np.array([g.estimate for g in ginis])
    assert abs(gini.mean() - ginis[0].params.at_random) < 4 * gini.std() / np.sqrt(len(gini))
    half = np.mean([h.estimate for h in halves])
    assert half == pytest.approx(halves[0].params.at_random, rel=0.02)


def test_ten_million_incidents_on_a_million_places_are_measured() -> None:
    counts = np.zeros(1_000_000, dtype=np.int64)
    counts[:10] = 1_000_000
    found = hs.gini_index(_grid(counts))
    assert found.estimate == pytest.approx(1 - 1e-5, rel=1e-12)
    # Poisson counts with mean 10: 1 / sqrt(10 pi), near enough.
    assert found.params.at_random == pytest.approx((10 * np.pi) ** -0.5, rel=0.02)


# On a real month, in words, and refused


def test_a_real_grid_is_measured_and_not_changed(west_yorkshire: WestYorkshire) -> None:
    before = west_yorkshire.grid.copy()
    half = hs.concentration_share(west_yorkshire.grid)
    gini = hs.gini_index(west_yorkshire.grid)
    pd.testing.assert_frame_equal(before, west_yorkshire.grid)
    assert half.estimate < half.params.at_random < half.params.at_widest
    assert gini.estimate > gini.params.at_random
    assert half.params.incidents == gini.params.incidents == before["n"].sum()
    for result in (half, gini):
        assert np.isnan([result.standard_error, result.p_value, *result.confidence_interval]).all()


def test_the_sentences_say_the_numbers() -> None:
    grid = _grid([30, 20, 10, *[1] * 40, *[0] * 57])
    lines = [say(s) for s in hs.concentration_share(grid, share=0.8).sentences]
    assert lines[0] == "80 % of the 100 incidents lie in 23 % of the places: the 23 busiest of 100."
    assert lines[1].endswith("spread as evenly as can be, in 80 %.")
    assert say(hs.lorenz_curve(grid).sentences[0]) == (
        "The 100 incidents lie on 43 of the 100 places; the other 57 have none."
    )
    everything = hs.concentration_share(_grid([1] * 30), share=1)
    assert "in 100 % of the places" in say(everything.sentences[0])


@pytest.mark.parametrize("share", [0, -0.1, 1.1, float("nan")])
def test_a_share_that_is_none_is_refused(share: float) -> None:
    with pytest.raises(hs.HotspotsError, match="share must be above 0 and at most 1, got"):
        hs.concentration_share(_grid([1] * 40), share=share)


def test_what_is_too_small_is_refused() -> None:
    with pytest.raises(
        hs.HotspotsError, match="number of places is 1; at least 2 are needed to be"
    ):
        hs.gini_index(_grid([7]))
    with pytest.raises(hs.HotspotsError, match=r"incidents is 1; at least 2 .* a longer period"):
        hs.lorenz_curve(_grid([1, 0, 0]))
    with pytest.raises(hs.HotspotsError, match="incidents is 0; at least 2"):
        hs.gini_index(_grid([0] * 50))
    with pytest.raises(hs.HotspotsError, match="29; at least 30 are needed for a percentage"):
        hs.concentration_share(_grid([5] * 29))
    with pytest.raises(hs.HotspotsError, match="incidents is 29; at least 30"):
        hs.concentration_share(_grid([29] + [0] * 50))


def test_what_is_not_a_count_is_refused() -> None:
    with pytest.raises(hs.HotspotsError, match="no column 'robbery'"):
        hs.lorenz_curve(_grid([1, 2]), column="robbery")
    with pytest.raises(hs.HotspotsError, match="holds float64, not a whole number"):
        hs.gini_index(pd.DataFrame({"n": [1.5, 2.0]}))
    with pytest.raises(hs.HotspotsError, match="has -3 incidents"):
        hs.concentration_share(_grid([-3] + [5] * 50))
