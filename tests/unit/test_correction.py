from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import stats

from hotspots.errors import ParameterError
from hotspots.inference.correction import (
    CORRECTIONS,
    adjust_p_values,
    any_rejected,
    fewest_at_floor,
    limit_of,
)

P_VALUES = hnp.arrays(np.float64, st.integers(1, 60), elements=st.floats(0, 1))


@given(p_values=P_VALUES)
def test_benjamini_hochberg_is_scipys(p_values: np.ndarray) -> None:
    ours = adjust_p_values(p_values, "fdr_bh")
    np.testing.assert_allclose(
        ours, stats.false_discovery_control(p_values), rtol=1e-12, atol=1e-300
    )


@given(p_values=P_VALUES)
def test_benjamini_yekutieli_is_scipys(p_values: np.ndarray) -> None:
    ours = adjust_p_values(p_values, "fdr_by")
    peer = stats.false_discovery_control(p_values, method="by")
    np.testing.assert_allclose(ours, peer, rtol=1e-12, atol=1e-300)


def test_holm_is_the_step_down_of_bonferroni() -> None:
    """By hand: 0.01 x 4, 0.02 x 3, 0.03 x 2 (not under the one before), 0.9 x 1."""
    ours = adjust_p_values(np.array([0.03, 0.01, 0.9, 0.02]), "holm")
    np.testing.assert_allclose(ours, [0.06, 0.04, 0.9, 0.06])


@given(p_values=P_VALUES)
def test_corrections_stand_in_their_order(p_values: np.ndarray) -> None:
    """Holm finds what Bonferroni does and more; Benjamini and Hochberg what Holm does."""
    bh, by, holm, bonferroni = (
        adjust_p_values(p_values, name) for name in ("fdr_bh", "fdr_by", "holm", "bonferroni")
    )
    assert (holm <= bonferroni + 1e-15).all()
    assert (bh <= holm + 1e-15).all()
    assert (bh <= by + 1e-15).all()


@given(
    n_shuffles=st.integers(1, 2000),
    m=st.integers(1, 500),
    adjust=st.sampled_from(CORRECTIONS),
    alpha=st.floats(0.01, 0.2),
)
def test_the_floor_of_permutations_is_what_the_correction_does_with_it(
    n_shuffles: int, m: int, adjust: str, alpha: float
) -> None:
    floor = 1 / (1 + n_shuffles)
    needed = fewest_at_floor(floor, m, adjust=adjust, alpha=alpha)
    for at_floor in {1, (needed or m) - 1, needed or m, m} - {0}:
        p_values = np.where(np.arange(m) < at_floor, floor, 1.0)
        found = bool((adjust_p_values(p_values, adjust) <= alpha).any())
        assert found is (needed is not None and at_floor >= needed)


@given(p_values=P_VALUES, adjust=st.sampled_from(CORRECTIONS), alpha=st.floats(0.01, 0.3))
def test_the_limit_divides_what_was_found_from_the_rest(
    p_values: np.ndarray, adjust: str, alpha: float
) -> None:
    found = adjust_p_values(p_values, adjust) <= alpha
    limit = limit_of(adjust, len(p_values), int(found.sum()), alpha=alpha)
    assert (p_values[found] <= limit * (1 + 1e-12)).all()
    assert (p_values[~found] > limit * (1 - 1e-12)).all()


@given(p_values=P_VALUES)
def test_bonferroni_multiplies(p_values: np.ndarray) -> None:
    ours = adjust_p_values(p_values, "bonferroni")
    np.testing.assert_array_equal(ours, np.minimum(1, len(p_values) * p_values))


@given(
    maps=hnp.arrays(np.float64, (20, 5), elements=st.floats(0, 1)),
    adjust=st.sampled_from(CORRECTIONS),
    alpha=st.floats(0.01, 0.5),
)
def test_any_rejected_is_the_adjusted_test_map_by_map(
    maps: np.ndarray, adjust: str, alpha: float
) -> None:
    one_by_one = [bool((adjust_p_values(p, adjust) <= alpha).any()) for p in maps.T]
    assert any_rejected(maps, adjust=adjust, alpha=alpha).tolist() == one_by_one


def test_no_correction_is_not_offered() -> None:
    with pytest.raises(ParameterError, match="'bonferroni' or 'holm', got 'none'"):
        adjust_p_values(np.array([0.1]), "none")
