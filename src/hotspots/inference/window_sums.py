"""The exact chance that a window of shuffled cells holds as many incidents as one that was seen.

When the counts of a map are put back on its cells in a random order, the sum over a window of
``w`` cells is the sum of ``w`` counts drawn without replacement, whatever the window's shape or
place. With ``m_v`` cells that hold the value ``v``, the number of ways to draw a sum ``s`` is the
coefficient of ``x^w y^s`` in the product over ``v`` of ``sum_j C(m_v, j) x^j y^(v j)``. All its
terms are positive, so building it up in floating point loses no digits to cancellation.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import comb
from typing import TYPE_CHECKING, Final

import numpy as np

from hotspots.errors import ParameterError

if TYPE_CHECKING:
    from numpy.typing import NDArray

ALTERNATIVES: Final = ("greater", "two-sided")
#: Multiplications that the exact table may cost: about two seconds.
BUDGET: Final = 1_000_000_000
#: Entries that it may have: 80 MB.
_LARGEST_TABLE: Final = 10_000_000
#: Ways to draw a window that a float holds still holds.
_MOST_WAYS: Final = 2.0**1020


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class WindowSumTails:
    """Tail probabilities of window sums for every window size up to a largest.

    Attributes
    ----------
    chances : ndarray of float64, shape (w_max + 1, s_max + 2)
        ``chances[w, s]`` is the chance of the sum ``s * step`` (of counts rounded up).
    upper, lower : ndarray of float64, shape (w_max + 1, s_max + 2)
        ``upper[w, s]`` is the chance of a sum of at least ``s * step``, ``lower[w, s]`` that of at
        most ``s * step``.
    step : int
        1 when the tails are exact. Otherwise counts were rounded to multiples of it, in the
        direction that can only make the tails larger.
    """

    chances: NDArray[np.float64]
    upper: NDArray[np.float64]
    lower: NDArray[np.float64]
    step: int

    @property
    def exact(self) -> bool:  # numpydoc ignore=RT01
        """Whether the tails are exact, not upper bounds of them."""
        return self.step == 1

    def at_least(self, sums: NDArray[np.int64], sizes: NDArray[np.int64]) -> NDArray[np.float64]:
        """Give the chance of a sum as large as each one, or larger.

        Parameters
        ----------
        sums, sizes : ndarray of int64, shapes that broadcast
            Window sums and the number of cells in each window.

        Returns
        -------
        ndarray of float64
            The upper tails.
        """
        column = np.minimum(-(-sums // self.step), self.upper.shape[1] - 1)
        return np.asarray(self.upper[sizes, column])

    def at_most(self, sums: NDArray[np.int64], sizes: NDArray[np.int64]) -> NDArray[np.float64]:
        """Give the chance of a sum as small as each one, or smaller.

        Parameters
        ----------
        sums, sizes : ndarray of int64, shapes that broadcast
            Window sums and the number of cells in each window.

        Returns
        -------
        ndarray of float64
            The lower tails.
        """
        column = np.minimum(sums // self.step, self.lower.shape[1] - 1)
        return np.asarray(self.lower[sizes, column])

    def p_values(
        self, sums: NDArray[np.int64], sizes: NDArray[np.int64], alternative: str
    ) -> NDArray[np.float64]:
        """Give the p-value of each window sum.

        Parameters
        ----------
        sums, sizes : ndarray of int64, shapes that broadcast
            Window sums and the number of cells in each window.
        alternative : {"greater", "two-sided"}
            Two-sided is twice the smaller tail, at most 1.

        Returns
        -------
        ndarray of float64
            The p-values.
        """
        above = self.at_least(sums, sizes)
        if alternative == "greater":
            return above
        return np.asarray(np.minimum(2 * np.minimum(above, self.at_most(sums, sizes)), 1.0))


def window_sum_tails(
    counts: NDArray[np.int64], largest_window: int, *, budget: int = BUDGET
) -> WindowSumTails:
    """Tabulate the tails of the sum of 0, 1, ... cells drawn without replacement.

    Parameters
    ----------
    counts : ndarray of int64, shape (n,)
        The count of every cell, none negative.
    largest_window : int
        Most cells in a window, at most ``n``.
    budget : int, default 1_000_000_000
        Multiplications allowed. Above it the counts are put on a lattice: rounded up for the upper
        tail and down for the lower, which makes every p-value an upper bound of the exact one.

    Returns
    -------
    WindowSumTails
        The tables, and the step of the lattice (1: exact).

    Raises
    ------
    ParameterError
        If a count is negative, or a window is larger than the map, or too wide to count all ways
        to draw it.

    Examples
    --------
    Two of the four cells hold one incident each: one pair of cells in six holds both.

    >>> import numpy as np
    >>> from hotspots.inference.window_sums import window_sum_tails
    >>> tails = window_sum_tails(np.array([0, 0, 1, 1]), 2)
    >>> round(float(tails.at_least(np.array(2), np.array(2))), 4)
    0.1667
    """
    if counts.min() < 0 or not 1 <= largest_window <= len(counts):
        msg = (
            f"Window sums need counts of 0 or more (smallest: {counts.min()}) and a window of 1 to "
            f"{len(counts)} cells (got {largest_window})."
        )
        raise ParameterError(msg)
    step = 1
    while step < counts.max() and not _affordable(counts, step, largest_window, budget):
        step += max(1, step // 8)
    chances_up = _chances(-(-counts // step), largest_window)
    chances_down = chances_up if step == 1 else _chances(counts // step, largest_window)
    # Summed from the small end, so that a tiny tail is not lost beside a large one.
    upper = np.minimum(np.cumsum(chances_up[:, ::-1], axis=1)[:, ::-1], 1.0)
    lower = np.minimum(np.cumsum(chances_down, axis=1), 1.0)
    return WindowSumTails(chances=chances_up, upper=upper, lower=lower, step=step)


def _affordable(counts: NDArray[np.int64], step: int, largest: int, budget: int) -> bool:
    values, cells = np.unique(-(-counts // step), return_counts=True)
    width = _largest_sum(values, cells, largest) + 1
    reach = np.minimum(largest * values + 1, width).astype(np.float64)
    cost = float((np.minimum(cells, largest) * reach).sum()) * largest
    return cost <= budget and (largest + 1) * width <= _LARGEST_TABLE


def _largest_sum(values: NDArray[np.int64], cells: NDArray[np.int64], largest: int) -> int:
    top = np.repeat(values[::-1], np.minimum(cells[::-1], largest))[:largest]
    return int(top.sum())


def _chances(counts: NDArray[np.int64], largest: int) -> NDArray[np.float64]:
    """Give the chance of each sum (column) of each number of cells (row); one spare column of 0."""
    values, cells = np.unique(counts, return_counts=True)
    width = _largest_sum(values, cells, largest) + 1
    scale, drawn = _ways_to_draw(len(counts), largest)
    ways = np.zeros((largest + 1, width + 1))
    ways[0, 0] = 1.0
    for value, available in zip(values.tolist(), cells.tolist(), strict=True):
        # With the values taken in rising order, no sum so far is beyond `largest * value`.
        reach = min(largest * value, width - 1) + 1
        before = ways[:, :reach].copy()
        for taken in range(1, min(available, largest) + 1):
            shift = value * taken
            if shift >= reach:
                break
            more = before[: largest + 1 - taken, : reach - shift]
            ways[taken:, shift:reach] += comb(available, taken) / scale**taken * more
    return np.asarray(ways / drawn[:, None])


def _ways_to_draw(n_cells: int, largest: int) -> tuple[int, NDArray[np.float64]]:
    """Count the ways to draw 0, 1, ... cells; each cell drawn divides them by a power of two.

    Of wide windows there are more ways than a float can hold. The division loses no digit.
    """
    scale = 1
    if comb(n_cells, min(largest, n_cells // 2)) > _MOST_WAYS:
        scale = 1 << (3 * n_cells // largest).bit_length()
    try:
        drawn = np.array([comb(n_cells, size) / scale**size for size in range(largest + 1)])
    except OverflowError:
        drawn = np.zeros(1)
    if not (drawn > 1 / _MOST_WAYS).all():
        msg = (
            f"A window of {largest:,} of {n_cells:,} cells is too wide for the exact test. Take "
            "narrower windows, or shuffle: n_permutations=9999."
        )
        raise ParameterError(msg)
    return scale, drawn
