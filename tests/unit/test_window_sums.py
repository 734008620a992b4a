from __future__ import annotations

from fractions import Fraction
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from hotspots.errors import ParameterError
from hotspots.inference.window_sums import window_sum_tails

COUNTS = st.lists(st.integers(0, 9), min_size=2, max_size=9)


def _by_enumeration(counts: list[int], size: int, total: int) -> tuple[Fraction, Fraction]:
    """Give the upper and lower tail from every window there is, in exact fractions."""
    sums = [sum(window) for window in combinations(counts, size)]
    above = sum(s >= total for s in sums)
    below = sum(s <= total for s in sums)
    return Fraction(above, len(sums)), Fraction(below, len(sums))


@given(counts=COUNTS, data=st.data())
def test_tails_are_those_of_all_windows(counts: list[int], data: st.DataObject) -> None:
    size = data.draw(st.integers(1, len(counts)))
    tails = window_sum_tails(np.array(counts), len(counts))
    assert tails.exact
    for total in range(sum(sorted(counts)[-size:]) + 1):
        above, below = _by_enumeration(counts, size, total)
        at = np.array(total), np.array(size)
        assert float(tails.at_least(*at)) == pytest.approx(float(above), rel=1e-12)
        assert float(tails.at_most(*at)) == pytest.approx(float(below), rel=1e-12)
        two_sided = min(1.0, 2 * float(min(above, below)))
        assert float(tails.p_values(*at, "two-sided")) == pytest.approx(two_sided, rel=1e-12)


@given(counts=COUNTS, budget=st.integers(0, 20_000), data=st.data())
def test_the_lattice_never_makes_a_tail_smaller(
    counts: list[int], budget: int, data: st.DataObject
) -> None:
    size = data.draw(st.integers(1, len(counts)))
    large = np.array(counts) * 100
    tails = window_sum_tails(large, size, budget=budget)
    exact = window_sum_tails(large, size)
    sums = np.arange(int(large.max()) * size + 1)
    assert (
        tails.at_least(sums, np.array(size)) >= exact.at_least(sums, np.array(size)) - 1e-12
    ).all()
    assert (
        tails.at_most(sums, np.array(size)) >= exact.at_most(sums, np.array(size)) - 1e-12
    ).all()


def test_too_large_a_table_falls_back_to_a_lattice_and_says_so() -> None:
    rng = np.random.default_rng(3)
    counts = rng.lognormal(5, 1.5, 2000).astype(np.int64)
    exact = window_sum_tails(counts, 7)
    coarse = window_sum_tails(counts, 7, budget=20_000_000)
    assert exact.exact
    assert coarse.step > 1
    assert not coarse.exact
    sums = np.quantile(counts, [0.5, 0.9, 0.99]).astype(np.int64) * 7
    ratio = coarse.at_least(sums, np.array(7)) / exact.at_least(sums, np.array(7))
    assert (ratio >= 1).all()
    assert (ratio < 1.25).all()


def test_a_giant_count_does_not_take_all_memory() -> None:
    counts = np.zeros(1000, dtype=np.int64)
    counts[:3] = 10**9, 1, 2
    tails = window_sum_tails(counts, 7)
    assert tails.upper.size <= 10_000_000
    # The window with the giant: 7 of 1,000 windows hold it.
    assert float(tails.at_least(np.array(10**9), np.array(7))) == pytest.approx(0.007)


def test_tails_agree_with_a_simulation() -> None:
    rng = np.random.default_rng(11)
    counts = rng.negative_binomial(0.4, 0.2, 400)
    tails = window_sum_tails(counts, 7)
    n_draws = 40_000
    draws = rng.permuted(np.tile(counts, (n_draws, 1)), axis=1)[:, :7].sum(axis=1)
    for total in (0, 5, 10, 20, 40):
        chance = float(tails.at_least(np.array(total), np.array(7)))
        error = 4 * np.sqrt(chance * (1 - chance) / n_draws) + 1e-9
        assert abs((draws >= total).mean() - chance) <= error


def test_tiny_tails_keep_their_digits() -> None:
    counts = np.zeros(100_000, dtype=np.int64)
    counts[:7] = 1
    tails = window_sum_tails(counts, 7)
    exact = Fraction(1)
    for k in range(7):
        exact *= Fraction(7 - k, 100_000 - k)
    assert float(tails.at_least(np.array(7), np.array(7))) == pytest.approx(float(exact), rel=1e-12)


@pytest.mark.parametrize(("cells", "size"), [(3000, 251), (1000, 1000), (100_000, 100)])
def test_wide_windows_are_hypergeometric(cells: int, size: int) -> None:
    counts = np.zeros(cells, dtype=np.int64)
    counts[:9] = 1
    found = window_sum_tails(counts, size).at_least(np.arange(10), np.array(size))
    np.testing.assert_allclose(found, stats.hypergeom(cells, 9, size).sf(np.arange(-1, 9)))


def test_a_window_too_wide_to_count_is_refused() -> None:
    with pytest.raises(ParameterError, match=r"2,500 of 5,000 cells is too wide.*n_permutations"):
        window_sum_tails(np.eye(1, 5000, dtype=np.int64)[0], 2500)


@pytest.mark.parametrize(("counts", "size"), [([1, -1, 2], 2), ([1, 2], 3), ([1, 2], 0)])
def test_impossible_windows_are_refused(counts: list[int], size: int) -> None:
    with pytest.raises(ParameterError, match="Window sums need counts of 0 or more"):
        window_sum_tails(np.array(counts), size)
