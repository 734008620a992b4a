"""What "by chance" can mean for the sum over a window, and the chances that follow from it.

Every null answers the same questions about the windows it was made for: how large a sum it expects,
how often a sum is as large, or as small, as one that was seen, and how a map made by it looks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from scipy import special

from hotspots.errors import ParameterError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hotspots.inference.window_sums import WindowSumTails


class WindowNull(Protocol):
    """A meaning of "by chance", made for the windows of one map."""

    @property
    def inference(self) -> str:  # numpydoc ignore=RT01
        """How its tails are computed: exact, upper bound, approximation, permutation or normal."""
        ...

    @property
    def fitted(self) -> bool:  # numpydoc ignore=RT01
        """Whether something in it was estimated from the map, so that each map has its own."""
        ...

    @property
    def expected(self) -> NDArray[np.float64]:  # numpydoc ignore=RT01
        """Mean sum of each window."""
        ...

    def at_least(self, sums: NDArray[Any]) -> NDArray[np.float64]:  # numpydoc ignore=PR01,RT01
        """Give the chance of a sum as large as each one, or larger."""
        ...

    def at_most(self, sums: NDArray[Any]) -> NDArray[np.float64]:  # numpydoc ignore=PR01,RT01
        """Give the chance of a sum as small as each one, or smaller."""
        ...

    def simulate(
        self,
        n_maps: int,
        rng: np.random.Generator,
    ) -> NDArray[Any]:  # numpydoc ignore=PR01,RT01
        """Make maps: one column each, one row a cell."""
        ...


def p_values_of(null: WindowNull, sums: NDArray[Any], alternative: str) -> NDArray[np.float64]:
    """Give the p-value of each window sum.

    Parameters
    ----------
    null : WindowNull
        What "by chance" means.
    sums : ndarray, shape (m,) or (m, k)
        Sums of the windows of one map, or of k maps.
    alternative : {"greater", "two-sided"}
        Two-sided is twice the smaller tail, at most 1.

    Returns
    -------
    ndarray of float64, shape of ``sums``
        The p-values.
    """
    above = null.at_least(sums)
    if alternative == "greater":
        return above
    return np.asarray(np.minimum(2 * np.minimum(above, null.at_most(sums)), 1.0))


def by_window(values: NDArray[Any], sums: NDArray[Any]) -> NDArray[Any]:
    """Stand one value a window beside sums of one map or of several.

    Parameters
    ----------
    values : ndarray, shape (m,)
        One a window.
    sums : ndarray, shape (m,) or (m, k)
        Sums of windows.

    Returns
    -------
    ndarray, shape (m,) or (m, 1)
        The values, of a shape that broadcasts with the sums.
    """
    return values if sums.ndim == 1 else values[:, None]


def shuffle_maps(values: NDArray[Any], n_maps: int, rng: np.random.Generator) -> NDArray[Any]:
    """Put values back on their cells in a random order, again and again.

    Parameters
    ----------
    values : ndarray, shape (n,)
        The values.
    n_maps : int
        Maps to make.
    rng : numpy.random.Generator
        Where the randomness comes from.

    Returns
    -------
    ndarray, shape (n, n_maps)
        One map a column.
    """
    return np.asarray(rng.permuted(np.tile(values, (n_maps, 1)), axis=1).T)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class ShuffledCells:
    """The counts of this very map, put back on its cells in a random order.

    Attributes
    ----------
    counts : ndarray of int64, shape (n,)
        The counts.
    sizes : ndarray of int64, shape (m,)
        Cells in each window.
    tails : WindowSumTails
        Tails of sums of so many cells.
    """

    counts: NDArray[np.int64]
    sizes: NDArray[np.int64]
    tails: WindowSumTails

    @property
    def inference(self) -> str:  # numpydoc ignore=RT01
        """``"exact"``, or ``"upper bound"`` where the counts had to be put on a lattice."""
        return "exact" if self.tails.exact else "upper bound"

    @property
    def fitted(self) -> bool:  # numpydoc ignore=RT01
        """False: a shuffled map has the same counts, and so the same tails."""
        return False

    @property
    def expected(self) -> NDArray[np.float64]:  # numpydoc ignore=RT01
        """Mean sum of each window."""
        return np.asarray(self.sizes * self.counts.mean())

    def at_least(self, sums: NDArray[np.int64]) -> NDArray[np.float64]:
        """Give the chance of a sum as large as each one, or larger.

        Parameters
        ----------
        sums : ndarray of int64, shape (m,) or (m, k)
            Sums of the windows of one map, or of k maps.

        Returns
        -------
        ndarray of float64, shape of ``sums``
            The upper tails.
        """
        return self.tails.at_least(sums, by_window(self.sizes, sums))

    def at_most(self, sums: NDArray[np.int64]) -> NDArray[np.float64]:
        """Give the chance of a sum as small as each one, or smaller.

        Parameters
        ----------
        sums : ndarray of int64, shape (m,) or (m, k)
            Sums of the windows of one map, or of k maps.

        Returns
        -------
        ndarray of float64, shape of ``sums``
            The lower tails.
        """
        return self.tails.at_most(sums, by_window(self.sizes, sums))

    def simulate(self, n_maps: int, rng: np.random.Generator) -> NDArray[np.int64]:
        """Shuffle the counts over the cells.

        Parameters
        ----------
        n_maps : int
            Maps to make.
        rng : numpy.random.Generator
            Where the randomness comes from.

        Returns
        -------
        ndarray of int64, shape (n, n_maps)
            One map a column.
        """
        return shuffle_maps(self.counts, n_maps, rng)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class RandomPoints:
    """So many points as there are incidents, each dropped on the land without regard to the others.

    Attributes
    ----------
    incidents : int
        Points.
    cell_shares : ndarray of float64, shape (n,)
        Share of the land in each cell; they add up to 1.
    window_shares : ndarray of float64, shape (m,)
        Share of the land in each window.
    """

    incidents: int
    cell_shares: NDArray[np.float64]
    window_shares: NDArray[np.float64]

    @property
    def inference(self) -> str:  # numpydoc ignore=RT01
        """``"exact"``: the sum of a window is binomial."""
        return "exact"

    @property
    def fitted(self) -> bool:  # numpydoc ignore=RT01
        """False: every such map has as many points."""
        return False

    @property
    def expected(self) -> NDArray[np.float64]:  # numpydoc ignore=RT01
        """Mean sum of each window."""
        return self.incidents * self.window_shares

    def at_least(self, sums: NDArray[np.int64]) -> NDArray[np.float64]:
        """Give the chance of a sum as large as each one, or larger.

        Parameters
        ----------
        sums : ndarray of int64, shape (m,) or (m, k)
            Sums of the windows of one map, or of k maps.

        Returns
        -------
        ndarray of float64, shape of ``sums``
            The upper tails.
        """
        share = by_window(self.window_shares, sums)
        return binomial_at_least(sums, self.incidents, share)

    def at_most(self, sums: NDArray[np.int64]) -> NDArray[np.float64]:
        """Give the chance of a sum as small as each one, or smaller.

        Parameters
        ----------
        sums : ndarray of int64, shape (m,) or (m, k)
            Sums of the windows of one map, or of k maps.

        Returns
        -------
        ndarray of float64, shape of ``sums``
            The lower tails.
        """
        share = by_window(self.window_shares, sums)
        return binomial_at_least(self.incidents - sums, self.incidents, 1 - share)

    def simulate(self, n_maps: int, rng: np.random.Generator) -> NDArray[np.int64]:
        """Drop the points anew.

        Parameters
        ----------
        n_maps : int
            Maps to make.
        rng : numpy.random.Generator
            Where the randomness comes from.

        Returns
        -------
        ndarray of int64, shape (n, n_maps)
            One map a column.
        """
        return np.asarray(rng.multinomial(self.incidents, self.cell_shares, size=n_maps).T)


def random_points(
    counts: NDArray[np.int64], area: NDArray[np.float64], window_area: NDArray[np.float64]
) -> RandomPoints:
    """Make the null of points dropped on the land.

    Parameters
    ----------
    counts : ndarray of int64, shape (n,)
        The counts; only their sum matters.
    area, window_area : ndarray of float64, shape (n,)
        Land of each cell and of each window, in any unit.

    Returns
    -------
    RandomPoints
        The null.

    Raises
    ------
    ParameterError
        If an area is not a positive number.

    Examples
    --------
    One of two incidents in half of the land, or more: three chances in four.

    >>> import numpy as np
    >>> from hotspots.inference.nulls import random_points
    >>> null = random_points(np.array([1, 1]), np.array([2.0, 2.0]), np.array([2.0, 4.0]))
    >>> null.at_least(np.array([1, 2])).tolist()
    [0.75, 1.0]
    """
    if not (area > 0).all() or not np.isfinite(area).all():
        msg = "Random points need the area of every cell, a number above 0."
        raise ParameterError(msg)
    total = area.sum()
    return RandomPoints(
        incidents=int(counts.sum()),
        cell_shares=area / total,
        window_shares=np.minimum(window_area / total, 1.0),
    )


def binomial_at_least(
    sums: NDArray[Any], trials: NDArray[Any] | int, share: NDArray[np.float64] | float
) -> NDArray[np.float64]:
    """Give the chance that a binomial number is as large as each one given, or larger.

    Parameters
    ----------
    sums : ndarray of int64
        The numbers.
    trials : ndarray of int64 or int
        Trials.
    share : ndarray of float64 or float
        Chance of success in one trial.

    Returns
    -------
    ndarray of float64
        The upper tails, to full relative precision.
    """
    inside = (sums > 0) & (sums <= trials)
    k = np.where(inside, sums, 1)
    n = np.where(inside, trials, 1)
    return np.where(inside, special.betainc(k, n - k + 1, share), np.where(sums <= 0, 1.0, 0.0))
