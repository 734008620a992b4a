"""The z-score of Gi*, and what it would mean if it were normal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import special

from hotspots.inference.nulls import by_window, shuffle_maps

if TYPE_CHECKING:
    from numpy.typing import NDArray


def z_scores(
    values: NDArray[Any],
    sums: NDArray[Any],
    weights: NDArray[Any],
    squares: NDArray[Any] | None = None,
) -> NDArray[np.float64]:
    """Compute Gi* as Ord and Getis (1995, eq. 14) do.

    The score of Gi, which leaves the cell itself out, is that of Gi* on the other cells alone.

    Parameters
    ----------
    values : ndarray, shape (n,)
        The value of each cell.
    sums : ndarray, shape (m,)
        Weighted sum over each window; the cell itself is in its window.
    weights : ndarray, shape (m,)
        Sum of the weights of each window; with weights of 0 and 1, the number of its cells.
    squares : ndarray, shape (m,), or None, default None
        Sum of the squares of the weights; None when they are 0 and 1.

    Returns
    -------
    ndarray of float64, shape (m,)
        The z-scores; NaN where a window holds every cell alike, or all values are equal.

    References
    ----------
    Ord, J. K. and Getis, A. (1995). Local spatial autocorrelation statistics. Geographical
    Analysis 27, 286-306, eq. 14. DOI 10.1111/j.1538-4632.1995.tb00912.x
    """
    n = len(values)
    squares = weights if squares is None else squares
    variance = values.var() * (n * squares - weights**2) / (n - 1)
    with np.errstate(invalid="ignore", divide="ignore"):
        z = (sums - by_window(weights * values.mean(), sums)) / np.sqrt(by_window(variance, sums))
    return np.where(by_window(variance, sums) > 0, z, np.nan)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class NormalScores:
    """Window sums taken as normal, which they are not where counts are small or uneven.

    Attributes
    ----------
    values : ndarray, shape (n,)
        The values.
    weights, squares : ndarray of float64, shape (m,)
        Sum of the weights of each window, and of their squares.
    """

    values: NDArray[Any]
    weights: NDArray[np.float64]
    squares: NDArray[np.float64]

    @property
    def inference(self) -> str:  # numpydoc ignore=RT01
        """``"normal"``."""
        return "normal"

    @property
    def fitted(self) -> bool:  # numpydoc ignore=RT01
        """False: a shuffled map has the same mean and variance."""
        return False

    @property
    def expected(self) -> NDArray[np.float64]:  # numpydoc ignore=RT01
        """Mean sum of each window."""
        return np.asarray(self.weights * self.values.mean())

    def at_least(self, sums: NDArray[Any]) -> NDArray[np.float64]:
        """Give the chance of a sum as large as each one, or larger, were it normal.

        Parameters
        ----------
        sums : ndarray, shape (m,) or (m, k)
            Weighted sums of the windows.

        Returns
        -------
        ndarray of float64, shape of ``sums``
            The upper tails; 1 where there is no score.
        """
        z = z_scores(self.values, sums, self.weights, self.squares)
        return np.where(np.isnan(z), 1.0, special.ndtr(-z))

    def at_most(self, sums: NDArray[Any]) -> NDArray[np.float64]:
        """Give the chance of a sum as small as each one, or smaller, were it normal.

        Parameters
        ----------
        sums : ndarray, shape (m,) or (m, k)
            Weighted sums of the windows.

        Returns
        -------
        ndarray of float64, shape of ``sums``
            The lower tails; 1 where there is no score.
        """
        z = z_scores(self.values, sums, self.weights, self.squares)
        return np.where(np.isnan(z), 1.0, special.ndtr(z))

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
