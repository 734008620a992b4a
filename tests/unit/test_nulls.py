"""The nulls of inference/: their tails against exact sums, against simulation, and each other."""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING, Any

import h3
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from hotspots.errors import ParameterError
from hotspots.inference.beta_binomial import (
    BetaBinomialFit,
    beta_binomial_at_least,
    beta_binomial_windows,
    fit_beta_binomial,
)
from hotspots.inference.negative_binomial import (
    NegativeBinomialWindows,
    fit_negative_binomial,
    negative_binomial_tails,
)
from hotspots.inference.nulls import ShuffledCells, p_values_of, random_points
from hotspots.inference.shuffles import MapShuffles, adjust_by_largest
from hotspots.inference.window_sums import window_sum_tails
from hotspots.inference.z_scores import NormalScores
from hotspots.methods.local.nulls import window_sums
from hotspots.neighbours import Windows, cell_windows

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hotspots.inference.nulls import WindowNull

CELLS = sorted(h3.grid_disk(h3.latlng_to_cell(53.8, -1.55, 8), 5))
WINDOWS: Windows = cell_windows(CELLS)
COUNTS = np.random.default_rng(1).negative_binomial(0.5, 0.2, len(CELLS))
SUMS = WINDOWS.sums(COUNTS)


def _nulls() -> dict[str, WindowNull]:
    rng = np.random.default_rng(2)
    people: NDArray[np.float64] = rng.lognormal(3, 1, len(CELLS))
    other = rng.poisson(people / 5)
    trials = COUNTS + other
    sizes = WINDOWS.sizes
    return {
        "shuffled": ShuffledCells(
            counts=COUNTS, sizes=sizes, tails=window_sum_tails(COUNTS, int(sizes.max()))
        ),
        "points": random_points(COUNTS, people, window_sums(WINDOWS, people)),
        "negative binomial": NegativeBinomialWindows(
            means=people / 10, dispersion=0.7, starts=WINDOWS.starts, members=WINDOWS.members
        ),
        "poisson": NegativeBinomialWindows(
            means=people / 10, dispersion=0.0, starts=WINDOWS.starts, members=WINDOWS.members
        ),
        "beta-binomial": beta_binomial_windows(
            trials,
            WINDOWS.sums(trials),
            WINDOWS.sums(trials * (trials - 1)),
            BetaBinomialFit(share=0.3, correlation=0.05),
        ),
        "binomial": beta_binomial_windows(
            trials,
            WINDOWS.sums(trials),
            WINDOWS.sums(trials * (trials - 1)),
            BetaBinomialFit(share=0.3, correlation=0.0),
        ),
        "permuted": MapShuffles(
            values=COUNTS, sums_of=WINDOWS.sums, sizes=sizes, n_permutations=999, seed=3
        ),
    }


@pytest.mark.parametrize("name", list(_nulls()))
def test_tails_and_mean_are_those_of_the_maps_that_the_null_makes(name: str) -> None:
    null = _nulls()[name]
    maps = null.simulate(4_000, np.random.default_rng(5))
    sums = WINDOWS.sums(maps)
    error = sums.std(axis=1) / np.sqrt(4_000)
    assert (np.abs(sums.mean(axis=1) - null.expected) < 5 * error + 1e-9).all()
    for quantile in (0.05, 0.5, 0.9, 0.99):
        at = np.quantile(sums, quantile, axis=1, method="higher").astype(np.int64)
        for tail, seen in (
            (null.at_least(at), (sums >= at[:, None]).mean(axis=1)),
            (null.at_most(at), (sums <= at[:, None]).mean(axis=1)),
        ):
            # Five standard errors of the simulation, and a few percent for approximations.
            room = 5 * np.sqrt(tail * (1 - tail) / 4_000) + 0.06 * tail + 0.002
            room += 0.08 if name == "permuted" else 0
            assert (np.abs(tail - seen) < room).all()


@pytest.mark.parametrize("name", list(_nulls()))
def test_p_values_are_tails(name: str) -> None:
    null = _nulls()[name]
    above, below = null.at_least(SUMS), null.at_most(SUMS)
    assert ((above >= 0) & (above <= 1) & (below >= 0) & (below <= 1)).all()
    np.testing.assert_array_equal(p_values_of(null, SUMS, "greater"), above)
    two_sided = p_values_of(null, SUMS, "two-sided")
    np.testing.assert_allclose(two_sided, np.minimum(2 * np.minimum(above, below), 1))
    if not null.fitted:
        both = np.column_stack([SUMS, SUMS + 1])
        np.testing.assert_allclose(null.at_least(both)[:, 0], above)
        np.testing.assert_allclose(null.at_most(both)[:, 1], null.at_most(SUMS + 1))


# Sums of negative binomials


def _convolved(means: NDArray[np.float64], dispersion: float, upto: int) -> NDArray[np.float64]:
    """Chances of the sums 0, 1, ... of independent counts, without an approximation."""
    shape = 1 / dispersion
    grid = np.arange(upto)
    pmfs = [stats.nbinom.pmf(grid, shape, shape / (shape + mean)) for mean in means]
    return np.asarray(reduce(lambda a, b: np.convolve(a, b)[:upto], pmfs))


@given(
    means=st.lists(st.floats(0.01, 30), min_size=1, max_size=7),
    dispersion=st.floats(0.01, 3),
)
def test_tails_of_sums_are_close_to_the_exact_ones(means: list[float], dispersion: float) -> None:
    exact = _convolved(np.array(means), dispersion, 3000)
    upper = np.cumsum(exact[::-1])[::-1]
    lower = np.cumsum(exact)
    at = np.flatnonzero((upper > 1e-9) & (upper < 0.2) & (np.arange(3000) > 0))[:60]
    low = np.flatnonzero((lower > 1e-9) & (lower < 0.2))[:60]
    for sums, chances, side in ((at, upper, True), (low, lower, False)):
        if len(sums):
            starts = np.arange(len(sums) + 1) * len(means)
            each = np.tile(means, len(sums))
            found = negative_binomial_tails(sums, each, starts, dispersion, upper=side)
            # Of 4,458 random windows, too small by at most 11 %, where cells of uneven means vary
            # very much, and too large by at most 15 %, in the lower tail of such cells.
            assert (found > 0.88 * chances[sums]).all()
            assert (found < 1.16 * chances[sums]).all()


def test_tails_of_a_usual_window_are_within_two_percent() -> None:
    means = np.array([0.5, 1, 2, 2, 3, 5, 8.0])
    exact = np.cumsum(_convolved(means, 0.5, 3000)[::-1])[::-1]
    sums = np.arange(25, 140)
    starts = np.arange(len(sums) + 1) * 7
    found = negative_binomial_tails(sums, np.tile(means, len(sums)), starts, 0.5, upper=True)
    assert exact[sums].min() < 1e-9
    np.testing.assert_allclose(found, exact[sums], rtol=0.02)


@pytest.mark.parametrize("mean", [1e2, 1e4, 1e6])
@pytest.mark.parametrize("dispersion", [1e-5, 0.2, 2.0])
def test_tails_hold_where_cells_hold_very_many(mean: float, dispersion: float) -> None:
    # Cells with one mean add up to a negative binomial. Their tilts are next to 0 everywhere.
    exact = stats.nbinom(7 / dispersion, 1 / (1 + dispersion * mean))
    sums = exact.ppf([1e-6, 0.05, 0.3, 0.5, 0.6, 0.95, 1 - 1e-6]).astype(np.int64)
    starts, each = np.arange(len(sums) + 1) * 7, np.full(7 * len(sums), mean)
    above = negative_binomial_tails(sums, each, starts, dispersion, upper=True)
    below = negative_binomial_tails(sums, each, starts, dispersion, upper=False)
    np.testing.assert_allclose(above, exact.sf(sums - 1), rtol=0.02)
    np.testing.assert_allclose(below, exact.cdf(sums), rtol=0.02)


@pytest.mark.parametrize("dispersion", [0.0, 0.3, 2.0])
def test_rate_and_dispersion_are_found_again(dispersion: float) -> None:
    rng = np.random.default_rng(4)
    base = rng.lognormal(2, 1, 4000)
    noise = rng.gamma(1 / dispersion, dispersion, 4000) if dispersion else 1.0
    fit = fit_negative_binomial(rng.poisson(0.4 * base * noise), base)
    assert fit.rate == pytest.approx(0.4, rel=0.07)
    assert fit.dispersion == pytest.approx(dispersion, rel=0.1, abs=0.01)


def test_a_tiny_dispersion_is_found_where_cells_hold_very_many() -> None:
    rng = np.random.default_rng(3)
    factors = rng.gamma(1 / 1.5e-6, 1.5e-6, 900)
    fit = fit_negative_binomial(rng.poisson(1e6 * factors), np.ones(900))
    assert fit.dispersion == pytest.approx(1.5e-6, rel=0.2)


def test_a_fit_is_the_most_likely_one() -> None:
    rng = np.random.default_rng(6)
    base = rng.lognormal(2, 1, 500)
    counts = rng.poisson(0.4 * base * rng.gamma(2, 0.5, 500))
    fit = fit_negative_binomial(counts, base)

    def likelihood(rate: float, a: float) -> float:
        return float(stats.nbinom.logpmf(counts, 1 / a, 1 / (1 + a * rate * base)).sum())

    best = likelihood(fit.rate, fit.dispersion)
    for more in (0.97, 1.03):
        assert likelihood(fit.rate * more, fit.dispersion) < best
        assert likelihood(fit.rate, fit.dispersion * more) < best


def test_a_rate_needs_a_base_and_incidents() -> None:
    with pytest.raises(ParameterError, match="a base above 0 in every cell"):
        fit_negative_binomial(np.array([1, 2]), np.array([0.0, 1.0]))
    with pytest.raises(ParameterError, match="needs incidents"):
        fit_negative_binomial(np.array([0, 0]), np.array([1.0, 1.0]))


# Two kinds of incidents


@given(
    trials=st.integers(1, 300),
    share=st.floats(0.02, 0.98),
    correlation=st.floats(1e-5, 0.9),
    data=st.data(),
)
def test_beta_binomial_tails_are_scipys(
    trials: int, share: float, correlation: float, data: st.DataObject
) -> None:
    k = data.draw(st.integers(0, trials + 1))
    both = 1 / correlation - 1
    exact = stats.betabinom(trials, both * share, both * (1 - share)).pmf(np.arange(k, trials + 1))
    found = beta_binomial_at_least(
        np.array([k]), np.array([trials]), share, np.array([correlation])
    )
    np.testing.assert_allclose(found, min(exact.sum(), 1.0), rtol=1e-6, atol=1e-12)


@pytest.mark.parametrize("correlation", [0.0, 0.05, 0.3])
def test_share_and_correlation_are_found_again(correlation: float) -> None:
    rng = np.random.default_rng(4)
    trials = rng.poisson(rng.lognormal(2, 1, 4000))
    share: Any = 0.3
    if correlation:
        both = 1 / correlation - 1
        share = rng.beta(both * 0.3, both * 0.7, 4000)
    fit = fit_beta_binomial(rng.binomial(trials, share), trials)
    assert fit.share == pytest.approx(0.3, rel=0.07)
    assert fit.correlation == pytest.approx(correlation, rel=0.15, abs=0.003)


def test_a_share_needs_both_kinds() -> None:
    for counts in ([0, 0], [3, 4]):
        with pytest.raises(ParameterError, match="incidents of both kinds"):
            fit_beta_binomial(np.array(counts), np.array([3, 4]))


# Shuffled maps


def test_many_shuffles_come_near_the_exact_tails() -> None:
    exact = _nulls()["shuffled"]
    shuffles = MapShuffles(
        values=COUNTS, sums_of=WINDOWS.sums, sizes=WINDOWS.sizes, n_permutations=9_999, seed=8
    )
    tail = exact.at_least(SUMS)
    room = 5 * np.sqrt(tail * (1 - tail) / 9_999) + 2e-4
    assert (np.abs(shuffles.at_least(SUMS) - tail) < room).all()
    assert shuffles.at_least(SUMS).min() >= 1 / 10_000


def test_the_same_seed_makes_the_same_shuffles() -> None:
    one, again, other = (
        MapShuffles(
            values=COUNTS, sums_of=WINDOWS.sums, sizes=WINDOWS.sizes, n_permutations=99, seed=seed
        )
        for seed in (8, 8, 9)
    )
    np.testing.assert_array_equal(one.at_least(SUMS), again.at_least(SUMS))
    np.testing.assert_array_equal(one.largest("greater"), again.largest("greater"))
    assert (one.at_least(SUMS) != other.at_least(SUMS)).any()


def test_the_largest_score_is_that_of_the_cell_that_stands_out_most() -> None:
    shuffles = MapShuffles(
        values=COUNTS, sums_of=WINDOWS.sums, sizes=WINDOWS.sizes, n_permutations=200, seed=8
    )
    scores = shuffles.surprise(SUMS, "greater")
    largest = shuffles.largest("greater")
    adjusted = adjust_by_largest(scores, largest)
    by_hand = [(1 + (largest >= score - 1e-9).sum()) / 201 for score in scores]
    np.testing.assert_allclose(adjusted, by_hand)
    assert (adjusted >= shuffles.at_least(SUMS) - 1e-12).all()
    assert (shuffles.largest("two-sided") >= largest - 1e-9).all()


def test_scores_are_the_z_of_gi_star() -> None:
    shuffles = _nulls()["permuted"]
    assert isinstance(shuffles, MapShuffles)
    sizes = WINDOWS.sizes.astype(np.float64)
    normal = NormalScores(values=COUNTS, weights=sizes, squares=sizes)
    np.testing.assert_allclose(
        normal.at_least(SUMS), stats.norm.sf(shuffles.surprise(SUMS, "greater")), rtol=1e-12
    )
    np.testing.assert_allclose(normal.at_least(SUMS) + normal.at_most(SUMS), 1.0)
    assert normal.expected == pytest.approx(shuffles.expected)


def test_points_need_land() -> None:
    with pytest.raises(ParameterError, match="a number above 0"):
        random_points(np.array([1, 2]), np.array([0.0, 1.0]), np.array([1.0, 1.0]))
