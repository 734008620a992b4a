"""Moran's I on arrays: the number, its moments under two assumptions, and shuffled maps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy import sparse

#: Values in one batch of shuffled maps: bounds memory to some tens of megabytes.
_BATCH: Final = 2_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Moments:
    """Mean and variance of Moran's I when nothing is to be found.

    Attributes
    ----------
    expected : float
        -1 / (n - 1).
    variance_normality, variance_randomisation : float
        When the values are normal; when the values that there are were put in a random order.
    """

    expected: float
    variance_normality: float
    variance_randomisation: float


def row_standardised(links: sparse.csr_array) -> sparse.csr_array:
    """Divide each row by its sum; every row must have one.

    Parameters
    ----------
    links : scipy.sparse.csr_array of int64, shape (n, n)
        1 for each neighbour.

    Returns
    -------
    scipy.sparse.csr_array of float64, shape (n, n)
        Rows that add up to 1.
    """
    weights = links.astype(np.float64)
    weights.data = weights.data / np.repeat(np.diff(links.indptr), np.diff(links.indptr))
    return weights


def moran_index(values: NDArray[np.float64], weights: sparse.csr_array) -> float:
    """Compute Moran's I.

    Parameters
    ----------
    values : ndarray of float64, shape (n,)
        The values, not all equal.
    weights : scipy.sparse.csr_array of float64, shape (n, n)
        Of each cell's neighbours.

    Returns
    -------
    float
        The index.
    """
    z = values - values.mean()
    return float(len(z) / weights.sum() * (z @ (weights @ z)) / (z @ z))


def moran_moments(values: NDArray[np.float64], weights: sparse.csr_array) -> Moments:
    """Give mean and variance of the index, after Cliff and Ord.

    Parameters
    ----------
    values : ndarray of float64, shape (n,)
        The values, not all equal; four or more.
    weights : scipy.sparse.csr_array of float64, shape (n, n)
        Of each cell's neighbours.

    Returns
    -------
    Moments
        The moments.
    """
    n = len(values)
    z = values - values.mean()
    s0 = float(weights.sum())
    both = weights + weights.T
    s1 = float((both.data**2).sum()) / 2
    s2 = float(((weights.sum(axis=0) + weights.sum(axis=1)) ** 2).sum())
    kurtosis = float((z**4).mean() / (z**2).mean() ** 2)
    expected = -1 / (n - 1)
    normality = (n * n * s1 - n * s2 + 3 * s0**2) / (s0**2 * (n * n - 1)) - expected**2
    shuffled = n * ((n * n - 3 * n + 3) * s1 - n * s2 + 3 * s0**2)
    tails = kurtosis * ((n * n - n) * s1 - 2 * n * s2 + 6 * s0**2)
    randomisation = (shuffled - tails) / ((n - 1) * (n - 2) * (n - 3) * s0**2) - expected**2
    return Moments(
        expected=expected,
        variance_normality=normality,
        variance_randomisation=randomisation,
    )


def shuffled_indices(
    values: NDArray[np.float64],
    weights: sparse.csr_array,
    *,
    n_permutations: int,
    rng: np.random.Generator,
) -> NDArray[np.float64]:
    """Compute the index of maps on which the values stand in a random order.

    Parameters
    ----------
    values : ndarray of float64, shape (n,)
        The values, not all equal.
    weights : scipy.sparse.csr_array of float64, shape (n, n)
        Of each cell's neighbours.
    n_permutations : int
        Maps to make.
    rng : numpy.random.Generator
        Where the randomness comes from.

    Returns
    -------
    ndarray of float64, shape (n_permutations,)
        One index a map.
    """
    z = values - values.mean()
    scale = len(z) / weights.sum() / (z @ z)
    batch = max(1, _BATCH // len(z))
    found = []
    for first in range(0, n_permutations, batch):
        maps = np.tile(z, (min(batch, n_permutations - first), 1))
        rng.permuted(maps, axis=1, out=maps)
        found.append(scale * (maps.T * (weights @ maps.T)).sum(axis=0))
    return np.concatenate(found)
