"""The argument ``rng``: a seed, a generator or nothing; all else is refused by name."""

from __future__ import annotations

import numpy as np
import pytest

from hotspots.errors import ParameterError
from hotspots.inference.seeds import generator_of, seed_of


@pytest.mark.parametrize("seed", [0, 7, 2**40, np.int64(7)])
def test_a_seed_gives_the_same_numbers_again(seed: int) -> None:
    one, two = (generator_of(seed).integers(2**30, size=5).tolist() for _ in range(2))
    assert one == two
    assert seed_of(seed) == seed


def test_a_generator_is_taken_as_it_is() -> None:
    made = np.random.default_rng(1)
    assert generator_of(made) is made
    assert seed_of(made) is None
    assert seed_of(None) is None


@pytest.mark.parametrize("wrong", [-1, 1.5, "a", True])
def test_what_is_no_seed_is_refused(wrong: object) -> None:
    with pytest.raises(ParameterError, match=r"a seed\), a numpy.random.Generator or None, got"):
        generator_of(wrong)  # type: ignore[arg-type]
