"""Where randomness comes from: the one argument ``rng`` of every method that draws."""

from __future__ import annotations

import numpy as np

from hotspots.errors import ParameterError


def generator_of(rng: np.random.Generator | int | None) -> np.random.Generator:
    """Turn the argument ``rng`` into a generator, or say what it must be.

    Parameters
    ----------
    rng : numpy.random.Generator, int or None
        A generator is taken as it is; an int is a seed; None takes fresh randomness.

    Returns
    -------
    numpy.random.Generator
        The generator.

    Raises
    ------
    ParameterError
        If it is none of these, or a negative seed.

    Examples
    --------
    >>> from hotspots.inference.seeds import generator_of
    >>> int(generator_of(1).integers(10)) == int(generator_of(1).integers(10))
    True
    """
    seed = seed_of(rng)
    if rng is None or isinstance(rng, np.random.Generator):
        return np.random.default_rng(rng)
    if seed is None or seed < 0:
        msg = (
            "rng must be a whole number of 0 or more (a seed), a numpy.random.Generator or None, "
            f"got {rng!r}."
        )
        raise ParameterError(msg)
    return np.random.default_rng(seed)


def seed_of(rng: object) -> int | None:
    """Give the seed, for the parameters of a result, when one was given.

    Parameters
    ----------
    rng : object
        The argument ``rng``.

    Returns
    -------
    int or None
        The seed; None for a generator, and for fresh randomness.
    """
    if isinstance(rng, int | np.integer) and not isinstance(rng, bool):
        return int(rng)
    return None
