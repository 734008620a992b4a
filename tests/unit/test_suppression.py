from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotspots.errors import ParameterError
from hotspots.publish.policy import OPEN, STRICT, Policy
from hotspots.publish.suppression import band_counts


@st.composite
def policies(draw: st.DrawFn) -> Policy:
    minimum = draw(st.integers(5, 40))
    return Policy(name="drawn", min_count=minimum, rounding=draw(st.integers(5, 2 * minimum - 1)))


@given(st.lists(st.integers(0, 10_000), min_size=1, max_size=50), policies())
def test_the_exact_count_lies_in_the_range_a_reader_may_infer(
    counts: list[int], policy: Policy
) -> None:
    bands = band_counts(counts, policy)
    exact = np.array(counts)
    assert (bands["low"] <= exact).all()
    assert (exact <= bands["high"]).all()


@given(st.lists(st.integers(0, 200), min_size=1, max_size=50), policies())
def test_a_small_count_is_never_told_from_another_small_count(
    counts: list[int], policy: Policy
) -> None:
    bands = band_counts(counts, policy)
    small = np.array(counts) < policy.min_count
    assert (bands["count"].isna() == small).all()
    assert (bands.loc[small, "low"] == 0).all()
    assert (bands.loc[small, "high"] == policy.min_count - 1).all()
    assert (bands["count"].dropna() % policy.rounding == 0).all()
    assert (bands["count"].dropna() > 0).all()


@given(st.integers(0, 5_000), policies())
def test_every_count_of_a_range_looks_the_same(count: int, policy: Policy) -> None:
    shown = band_counts([count], policy).iloc[0]
    inside = band_counts(range(int(shown["low"]), int(shown["high"]) + 1), policy)
    assert len(inside.drop_duplicates()) == 1
    neighbours = band_counts([max(int(shown["low"]) - 1, 0), int(shown["high"]) + 1], policy)
    assert neighbours["high"].iloc[1] != shown["high"]


@pytest.mark.parametrize(
    ("policy", "count", "shown"), [(STRICT, 8, 10), (OPEN, 5, 5), (OPEN, 8, 10)]
)
def test_the_first_count_that_is_shown(policy: Policy, count: int, shown: int) -> None:
    assert (
        band_counts([count - 1 if count == policy.min_count else 0], policy)["count"].isna().all()
    )
    assert band_counts([count], policy)["count"].tolist() == [shown]


def test_input_is_not_changed() -> None:
    counts = pd.Series([1, 9, 12])
    band_counts(counts, OPEN)
    assert counts.tolist() == [1, 9, 12]


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"min_count": 4}, "min_count is 4, it must be 5 or more"),
        ({"rounding": 1}, "rounding is 1, it must be 5 to 9"),
        ({"rounding": 10}, "rounding is 10, it must be 5 to 9"),
        ({"public_groups": ("burglary", "sexual")}, "never public: sexual"),
        ({"name": "strict"}, "'strict' is taken by a built-in policy"),
        ({"finest_resolution": 11}, "resolutions are 6 to 11"),
        ({"min_share_shown": 1.5}, "min_share_shown is 1.5, it must be 0 to 1"),
    ],
)
def test_a_policy_that_protects_nobody_is_refused(changes: dict[str, float], text: str) -> None:
    given_values = {"name": "mine", "min_count": 5, "rounding": 5} | changes
    with pytest.raises(ParameterError, match=text):
        Policy(**given_values)  # type: ignore[arg-type]
