from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import stats

from hotspots.errors import ParameterError
from hotspots.inference.correction import adjust_p_values, any_rejected

P_VALUES = hnp.arrays(np.float64, st.integers(1, 60), elements=st.floats(0, 1))


@given(p_values=P_VALUES)
def test_benjamini_hochberg_is_scipys(p_values: np.ndarray) -> None:
    ours = adjust_p_values(p_values, "fdr_bh")
    np.testing.assert_allclose(ours, stats.false_discovery_control(p_values), rtol=1e-12)


@given(p_values=P_VALUES)
def test_bonferroni_multiplies(p_values: np.ndarray) -> None:
    ours = adjust_p_values(p_values, "bonferroni")
    np.testing.assert_array_equal(ours, np.minimum(1, len(p_values) * p_values))


@given(
    maps=hnp.arrays(np.float64, (20, 5), elements=st.floats(0, 1)),
    adjust=st.sampled_from(["fdr_bh", "bonferroni"]),
    alpha=st.floats(0.01, 0.5),
)
def test_any_rejected_is_the_adjusted_test_map_by_map(
    maps: np.ndarray, adjust: str, alpha: float
) -> None:
    one_by_one = [bool((adjust_p_values(p, adjust) <= alpha).any()) for p in maps.T]
    assert any_rejected(maps, adjust=adjust, alpha=alpha).tolist() == one_by_one


def test_no_correction_is_not_offered() -> None:
    with pytest.raises(ParameterError, match="adjust must be 'fdr_bh' or 'bonferroni', got 'none'"):
        adjust_p_values(np.array([0.1]), "none")
