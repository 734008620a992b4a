"""Sums of neighbours when the cell in the middle keeps its count.

Conditional on the count of one cell, its neighbours are drawn without replacement from all *other*
cells. Of the ways to draw ``w`` of ``n`` cells with the sum ``s``, those that use one given cell of
value ``v`` are the ways to draw ``w - 1`` of the others with the sum ``s - v``. So the chances
without that cell follow from those with it, one window size after the other:

    P'_w(s) = (n P_w(s) - w P'_(w-1)(s - v)) / (n - w)

and the same for tails. What is lost to the subtraction is at most some 1e-14 of the tail with the
cell while a window holds up to half of the cells (more is lost beyond: 5e-9 with 36 of 40); smaller
tails are rounded up to 64 times the precision of a computer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from hotspots.errors import ParameterError
from hotspots.inference.window_sums import WindowSumTails

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Part of a table's entry that the subtraction may leave uncertain.
_NOISE: Final = 64 * float(np.finfo(np.float64).eps)


def without_one(tails: WindowSumTails, value: int, n_cells: int) -> WindowSumTails:
    """Give the tails of sums drawn from all cells but one.

    Parameters
    ----------
    tails : WindowSumTails
        Of sums drawn from all cells.
    value : int
        The count of the cell that is taken out; it must be one of the counts.
    n_cells : int
        Cells behind ``tails``, that one included; more than its largest window.

    Returns
    -------
    WindowSumTails
        Tables of the same shape. Where the tails are upper bounds, so are these.

    Raises
    ------
    ParameterError
        If there are not more cells than in the largest window.

    Examples
    --------
    Of four cells two hold one incident each. Beside one that holds none, one pair of the other
    three in three holds both.

    >>> import numpy as np
    >>> from hotspots.inference.conditional_sums import without_one
    >>> from hotspots.inference.window_sums import window_sum_tails
    >>> tails = window_sum_tails(np.array([0, 0, 1, 1]), 2)
    >>> round(float(without_one(tails, 0, 4).at_least(np.array(2), np.array(2))), 4)
    0.3333
    """
    if n_cells <= len(tails.upper) - 1:
        most = len(tails.upper) - 1
        msg = f"A window of {most} cells cannot be drawn from the others of {n_cells}."
        raise ParameterError(msg)
    above, below = -(-value // tails.step), value // tails.step
    chances = _without(tails.chances, above, n_cells, before=0.0)
    return WindowSumTails(
        chances=np.where(chances > _NOISE * tails.chances, chances, 0.0),
        upper=_rounded_up(_without(tails.upper, above, n_cells, before=1.0), tails.upper),
        lower=_rounded_up(_without(tails.lower, below, n_cells, before=0.0), tails.lower),
        step=tails.step,
    )


def _without(
    table: NDArray[np.float64], shift: int, n_cells: int, *, before: float
) -> NDArray[np.float64]:
    """Take one cell out of a table of chances; ``before`` is the entry for sums below 0."""
    out = np.empty_like(table)
    out[0] = table[0]
    width = table.shape[1]
    for size in range(1, len(table)):
        shifted = np.full(width, before)
        shifted[min(shift, width) :] = out[size - 1, : max(width - shift, 0)]
        out[size] = (n_cells * table[size] - size * shifted) / (n_cells - size)
    return out


def _rounded_up(found: NDArray[np.float64], table: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.clip(found, _NOISE * table, 1.0))
