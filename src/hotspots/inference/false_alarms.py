"""How often a test finds something on maps where nothing is to be found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from hotspots.inference.correction import any_rejected

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

#: Values in one batch of made-up maps: bounds memory to some tens of megabytes.
_BATCH: Final = 4_000_000


def maps_with_alarms(
    simulate: Callable[[int, np.random.Generator], NDArray[Any]],
    p_values_of: Callable[[NDArray[Any]], NDArray[np.float64]],
    *,
    n_cells: int,
    adjust: str,
    alpha: float,
    n_simulations: int,
    rng: np.random.Generator,
) -> int:
    """Make maps of noise again and again, and count those that show anything.

    Parameters
    ----------
    simulate : callable
        Makes so many maps, one a column, of shape (n_cells, k).
    p_values_of : callable
        Tests maps of shape (n_cells, k): p-values of shape (tests, k).
    n_cells : int
        Cells of a map.
    adjust : str
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
    batch = max(1, _BATCH // n_cells)
    for first in range(0, n_simulations, batch):
        p_values = p_values_of(simulate(min(batch, n_simulations - first), rng))
        alarms += int(any_rejected(p_values, adjust=adjust, alpha=alpha).sum())
    return alarms
