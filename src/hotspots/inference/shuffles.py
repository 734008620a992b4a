"""Permutations of a whole map: for values without an exact test, and for the largest of all cells.

The same seed gives the same shuffles, so they are made anew when needed rather than kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from hotspots.inference.nulls import by_window, shuffle_maps

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

#: Values in one batch of shuffled maps: bounds memory to some tens of megabytes.
_BATCH: Final = 2_000_000


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class MapShuffles:
    """The values of this very map, put back on its cells in a random order so many times.

    The p-value of a sum is (1 + b) / (1 + R), with b of R shuffles in which the window held as much
    (Phipson and Smyth 2010, DOI 10.2202/1544-6115.1585): never under 1 / (1 + R).

    Attributes
    ----------
    values : ndarray, shape (n,)
        The values.
    sums_of : callable
        Turns values of shape (n, k), one column a map, into window sums of shape (m, k).
    sizes : ndarray of int64, shape (m,)
        Cells in each window.
    n_permutations : int
        Shuffles.
    seed : int
        Of the shuffles.
    """

    values: NDArray[Any]
    sums_of: Callable[[NDArray[Any]], NDArray[Any]]
    sizes: NDArray[np.int64]
    n_permutations: int
    seed: int

    @property
    def inference(self) -> str:  # numpydoc ignore=RT01
        """``"permutation"``."""
        return "permutation"

    @property
    def fitted(self) -> bool:  # numpydoc ignore=RT01
        """False: a shuffled map has the same shuffles."""
        return False

    @property
    def expected(self) -> NDArray[np.float64]:  # numpydoc ignore=RT01
        """Mean sum of each window."""
        return np.asarray(self.sizes * self.values.mean())

    def at_least(self, sums: NDArray[Any]) -> NDArray[np.float64]:
        """Give the chance of a sum as large as each one, or larger.

        Parameters
        ----------
        sums : ndarray, shape (m,) or (m, k)
            Sums of the windows of one map, or of k maps.

        Returns
        -------
        ndarray of float64, shape of ``sums``
            The upper tails.
        """
        return self._tally(sums, 1)

    def at_most(self, sums: NDArray[Any]) -> NDArray[np.float64]:
        """Give the chance of a sum as small as each one, or smaller.

        Parameters
        ----------
        sums : ndarray, shape (m,) or (m, k)
            Sums of the windows of one map, or of k maps.

        Returns
        -------
        ndarray of float64, shape of ``sums``
            The lower tails.
        """
        return self._tally(sums, -1)

    def simulate(self, n_maps: int, rng: np.random.Generator) -> NDArray[Any]:
        """Shuffle the values over the cells.

        Parameters
        ----------
        n_maps : int
            Maps to make.
        rng : numpy.random.Generator
            Where the randomness comes from.

        Returns
        -------
        ndarray, shape (n, n_maps)
            One map a column.
        """
        return shuffle_maps(self.values, n_maps, rng)

    def surprise(self, sums: NDArray[Any], alternative: str) -> NDArray[np.float64]:
        """Put sums of windows of any size on one scale: the z-score of Gi*.

        Parameters
        ----------
        sums : ndarray, shape (m,) or (m, k)
            Sums of the windows.
        alternative : {"greater", "two-sided"}
            Two-sided takes the size of the score.

        Returns
        -------
        ndarray of float64, shape of ``sums``
            The scores; minus infinity for a window of all cells.
        """
        n, sizes = len(self.values), self.sizes
        spread = np.sqrt(self.values.var() * (n * sizes - sizes**2) / (n - 1))
        away = sums - by_window(self.expected, sums)
        away = np.abs(away) if alternative == "two-sided" else away
        with np.errstate(divide="ignore", invalid="ignore"):
            score = away / by_window(spread, sums)
        return np.where(by_window(spread, sums) > 0, score, -np.inf)

    def largest(self, alternative: str) -> NDArray[np.float64]:
        """Give the largest score anywhere on each shuffled map.

        Parameters
        ----------
        alternative : {"greater", "two-sided"}
            As in the test.

        Returns
        -------
        ndarray of float64, shape (n_permutations,)
            The largest scores.
        """
        found = [self.surprise(sums, alternative).max(axis=0) for sums in self._shuffled_sums()]
        return np.concatenate(found)

    def _tally(self, sums: NDArray[Any], sign: int) -> NDArray[np.float64]:
        # Sums of real numbers differ in the last digits with the order in which they are added.
        slack = 0 if self.values.dtype.kind in "iu" else 1e-9 * float(np.abs(self.values).max())
        limit = sign * sums.reshape(len(sums), -1) - slack
        reached = np.zeros(limit.shape, dtype=np.int64)
        for shuffled in self._shuffled_sums():
            for column in range(limit.shape[1]):
                reached[:, column] += (sign * shuffled >= limit[:, column : column + 1]).sum(axis=1)
        return np.asarray((1 + reached) / (1 + self.n_permutations)).reshape(sums.shape)

    def _shuffled_sums(self) -> Iterator[NDArray[Any]]:
        rng = np.random.default_rng(self.seed)
        batch = max(1, _BATCH // len(self.values))
        for first in range(0, self.n_permutations, batch):
            yield self.sums_of(self.simulate(min(batch, self.n_permutations - first), rng))


def adjust_by_largest(
    scores: NDArray[np.float64], largest: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Adjust by the largest score of each shuffled map.

    Nothing in it depends on how the tests hang together: it bounds the chance of any false
    discovery on a map of noise, and asks for no more than that. R shuffles allow an adjusted
    p-value of 1 / (1 + R) for any number of cells.

    Parameters
    ----------
    scores : ndarray of float64, shape (m,)
        How surprising each cell is.
    largest : ndarray of float64, shape (R,)
        The largest score of each shuffled map.

    Returns
    -------
    ndarray of float64, shape (m,)
        Adjusted p-values, single-step.

    References
    ----------
    Westfall, P. H. and Young, S. S. (1993). Resampling-based multiple testing. Wiley, New York.

    Examples
    --------
    >>> import numpy as np
    >>> from hotspots.inference.shuffles import adjust_by_largest
    >>> adjust_by_largest(np.array([5.0, 1.0]), np.array([2.0, 3.0, 4.0])).tolist()
    [0.25, 1.0]
    """
    ranked = np.sort(largest)
    # A score that differs from another in the last digits only is the same score.
    reached = len(ranked) - np.searchsorted(ranked, scores - 1e-9, side="left")
    return np.asarray((1 + reached) / (1 + len(ranked)))
