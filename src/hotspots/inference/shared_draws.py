"""Permutation p-values of neighbours' sums, from draws that all cells share.

Drawing for each cell on its own costs cells times draws. Here sets of ``k`` cells are drawn once
from all cells. For a given cell, those of the sets that do not hold it are sets of its possible
neighbours, each as likely as any other; the few that hold it are left out when its p-value is
counted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Numbers in one block of keys to rank: bounds memory to some tens of megabytes.
_BLOCK: Final = 4_000_000


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class DrawnTails:
    """Tail probabilities from draws, one for each cell.

    Attributes
    ----------
    at_least, at_most : ndarray of float64, shape (n,)
        (1 + draws with a sum as large, or as small) / (1 + draws that do not hold the cell); 1 for
        a cell without neighbours.
    """

    at_least: NDArray[np.float64]
    at_most: NDArray[np.float64]


def drawn_tails(
    counts: NDArray[np.int64],
    sums: NDArray[np.int64],
    sizes: NDArray[np.int64],
    *,
    n_draws: int,
    rng: np.random.Generator,
) -> DrawnTails:
    """Compare each cell's sum over its neighbours with sums of other cells drawn at random.

    Parameters
    ----------
    counts : ndarray of int64, shape (n,)
        The count of every cell.
    sums, sizes : ndarray of int64, shape (n,)
        Sum over, and number of, the neighbours of each; the cell itself is none of them.
    n_draws : int
        Draws for each number of neighbours that occurs.
    rng : numpy.random.Generator
        Where the randomness comes from.

    Returns
    -------
    DrawnTails
        The smallest is about 1 / (1 + n_draws).
    """
    n = len(counts)
    at_least, at_most = np.ones(n), np.ones(n)
    for size in np.unique(sizes[sizes > 0]).tolist():
        which = sizes == size
        drawn = draw_sets(n, size, n_draws=n_draws, rng=rng)
        totals = counts[drawn].sum(axis=1)
        ranked = np.sort(totals)
        above = n_draws - np.searchsorted(ranked, sums[which], side="left")
        below = np.searchsorted(ranked, sums[which], side="right")
        held, total = drawn.ravel(), np.repeat(totals, size)
        own = np.bincount(held, minlength=n)[which]
        own_above = np.bincount(held[total >= sums[held]], minlength=n)[which]
        own_below = np.bincount(held[total <= sums[held]], minlength=n)[which]
        at_least[which] = (1 + above - own_above) / (1 + n_draws - own)
        at_most[which] = (1 + below - own_below) / (1 + n_draws - own)
    return DrawnTails(at_least=at_least, at_most=at_most)


def draw_sets(
    n_cells: int, size: int, *, n_draws: int, rng: np.random.Generator
) -> NDArray[np.int64]:
    """Draw sets of different cells, each set as likely as any other.

    Parameters
    ----------
    n_cells, size : int
        How many there are, and how many to a set.
    n_draws : int
        Sets to draw.
    rng : numpy.random.Generator
        Where the randomness comes from.

    Returns
    -------
    ndarray of int64, shape (n_draws, size)
        Positions of cells, no position twice in a row.
    """
    if size * size > n_cells:
        return _ranked_sets(n_cells, size, n_draws, rng)
    drawn = rng.integers(n_cells, size=(n_draws, size))
    again = _with_repeats(drawn)
    while len(again):
        drawn[again] = rng.integers(n_cells, size=(len(again), size))
        again = again[_with_repeats(drawn[again])]
    return drawn


def _with_repeats(drawn: NDArray[np.int64]) -> NDArray[np.intp]:
    ordered = np.sort(drawn, axis=1)
    return np.flatnonzero((ordered[:, 1:] == ordered[:, :-1]).any(axis=1))


def _ranked_sets(
    n_cells: int, size: int, n_draws: int, rng: np.random.Generator
) -> NDArray[np.int64]:
    """Give every cell a random key and take those with the smallest: for large sets."""
    block = max(1, _BLOCK // n_cells)
    parts = [
        np.argpartition(rng.random((min(block, n_draws - first), n_cells)), size - 1)[:, :size]
        for first in range(0, n_draws, block)
    ]
    return np.concatenate(parts).astype(np.int64)
