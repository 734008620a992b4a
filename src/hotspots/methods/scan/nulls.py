"""Maps as chance would make them, under each null, all with as many incidents as the real one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

#: Values in one batch of maps: bounds memory to some tens of megabytes.
_BATCH: Final = 4_000_000
#: Below it the distribution is a point, to the precision of a computer.
_NO_DISPERSION: Final = 1e-9


def fitted_dispersion(counts: NDArray[np.int64], base: NDArray[np.float64]) -> float:
    """Estimate how much the rates of cells differ beyond chance, if the mean rate is one.

    The moment estimator: (sum (n - E)^2 - sum E) / sum E^2, not below 0. It makes no claim about
    the shape of the rates' distribution; maximum likelihood does, and is far off where it is wrong.

    Parameters
    ----------
    counts : ndarray of int64, shape (n,)
        Incidents in each cell.
    base : ndarray of float64, shape (n,)
        What is expected is in proportion to it.

    Returns
    -------
    float
        Variance of the rates, relative to the mean rate squared.
    """
    expected = base * (counts.sum() / base.sum())
    beyond = float(((counts - expected) ** 2).sum() - expected.sum())
    return max(0.0, beyond / float((expected**2).sum()))


def maps_by_chance(
    null: str,
    counts: NDArray[np.int64],
    base: NDArray[np.float64],
    *,
    dispersion: float | None,
    n_simulations: int,
    rng: np.random.Generator,
) -> Iterator[NDArray[np.int32]]:
    """Simulate maps.

    Parameters
    ----------
    null : {"shuffled_cells", "uneven_cells", "poisson"}
        The counts in a random order; incidents at random, at a rate of its own in each cell; or at
        one rate.
    counts : ndarray of int64, shape (n,)
        The real map.
    base : ndarray of float64, shape (n,)
        What is expected is in proportion to it.
    dispersion : float or None
        Of the rates; for ``"uneven_cells"``.
    n_simulations : int
        Maps to make.
    rng : numpy.random.Generator
        Where the randomness comes from.

    Yields
    ------
    ndarray of int32, shape (maps, n)
        Batches; every map has the total of the real one.
    """
    total, shares = int(counts.sum()), base / base.sum()
    batch = max(1, _BATCH // len(counts))
    for first in range(0, n_simulations, batch):
        maps = min(batch, n_simulations - first)
        if null == "shuffled_cells":
            yield rng.permuted(np.tile(counts.astype(np.int32), (maps, 1)), axis=1)
        elif null == "uneven_cells" and dispersion and dispersion > _NO_DISPERSION:
            # A lognormal law, since its tail is heavy: with gamma rates (the negative binomial) 9 %
            # of maps showed a cluster where rates were lognormal, with these it is the other way.
            spread = float(np.sqrt(np.log1p(dispersion)))
            rates = rng.lognormal(0.0, spread, size=(maps, len(base))) * shares
            rates /= rates.sum(axis=1, keepdims=True)
            yield rng.multinomial(total, rates).astype(np.int32)
        else:
            yield rng.multinomial(total, shares, size=maps).astype(np.int32)
