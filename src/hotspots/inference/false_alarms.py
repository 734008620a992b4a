"""How often a test finds something on maps where nothing is to be found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from hotspots.inference.correction import any_rejected

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from hotspots.inference.window_sums import WindowSumTails

#: Values in one batch of shuffled maps: bounds memory to some tens of megabytes.
_BATCH: Final = 4_000_000


def maps_with_alarms(  # noqa: PLR0913 - a test has this many parts
    counts: NDArray[np.int64],
    sums_of: Callable[[NDArray[np.int64]], NDArray[np.int64]],
    sizes: NDArray[np.int64],
    tails: WindowSumTails,
    *,
    alternative: str,
    adjust: str,
    alpha: float,
    n_simulations: int,
    rng: np.random.Generator,
) -> int:
    """Shuffle counts over their cells again and again, and count the maps that show anything.

    Parameters
    ----------
    counts : ndarray of int64, shape (n,)
        The counts, as tested.
    sums_of : callable
        Turns counts of shape (n, k), one column a map, into window sums of that shape.
    sizes : ndarray of int64, shape (n,)
        Cells in each window.
    tails : WindowSumTails
        The tails for these counts.
    alternative, adjust : str
        As in the test.
    alpha : float
        As in the test.
    n_simulations : int
        Maps to make.
    rng : numpy.random.Generator
        Where the randomness comes from.

    Returns
    -------
    int
        Maps with at least one cell that is hot (or cold, when two-sided).
    """
    alarms = 0
    batch = max(1, _BATCH // len(counts))
    for first in range(0, n_simulations, batch):
        maps = np.tile(counts, (min(batch, n_simulations - first), 1))
        shuffled = rng.permuted(maps, axis=1).T
        p_values = tails.p_values(sums_of(shuffled), sizes[:, None], alternative)
        alarms += int(any_rejected(p_values, adjust=adjust, alpha=alpha).sum())
    return alarms
