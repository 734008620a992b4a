"""Deal out the labels of cases and controls anew, and see how far the ratio goes by chance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy import sparse

from hotspots.errors import ParameterError
from hotspots.methods.density.kernels import peak, profile

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

#: Pairs of cell and place in one part of the kernel's matrix, and labels that are held at once.
_PAIRS_AT_A_TIME: Final = 4_000_000
_MOST_LABELS: Final = 250_000_000
#: Statistics that differ by less are equal: sums in another order differ by so much.
_EQUAL: Final = 1e-5


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Labels:
    """Places of cases and controls together, and how many cases each holds.

    Attributes
    ----------
    x_m, y_m : ndarray of float64, shape (places,)
        The places.
    incidents : ndarray of int64, shape (places,)
        Cases and controls at each.
    cases : ndarray of int64, shape (places,)
        Cases at each.
    """

    x_m: NDArray[np.float64]
    y_m: NDArray[np.float64]
    incidents: NDArray[np.int64]
    cases: NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Tolerance:
    """How the ratio at each cell compares with that of labels dealt out at random.

    Attributes
    ----------
    tested : ndarray of bool, shape (cells,)
        Where enough incidents lie within the kernel.
    p_value, p_maximum : ndarray of float64, shape (cells,)
        Chance of a ratio as far out at this cell, and at any tested cell; NaN where not tested.
    """

    tested: NDArray[np.bool_]
    p_value: NDArray[np.float64]
    p_maximum: NDArray[np.float64]


def deal_labels(
    labels: Labels, n_permutations: int, rng: np.random.Generator
) -> NDArray[np.float32]:
    """Deal out the cases among all incidents, each as likely as any other.

    Parameters
    ----------
    labels : Labels
        The incidents.
    n_permutations : int
        How often.
    rng : numpy.random.Generator
        Where the randomness comes from.

    Returns
    -------
    ndarray of float32, shape (places, 1 + n_permutations)
        Cases at each place: as they are, and as they were dealt.

    Raises
    ------
    ParameterError
        If this would take more than a gigabyte.
    """
    if len(labels.x_m) * (n_permutations + 1) > _MOST_LABELS:
        fits = _MOST_LABELS // len(labels.x_m) - 1
        msg = (
            f"{n_permutations:,} permutations of incidents on {len(labels.x_m):,} places take more "
            f"than a gigabyte; n_permutations={fits:,} or fewer fit."
        )
        raise ParameterError(msg)
    n = int(labels.cases.sum())
    owner = np.repeat(np.arange(len(labels.x_m)), labels.incidents)
    out = np.empty((len(labels.x_m), n_permutations + 1), dtype=np.float32)
    out[:, 0] = labels.cases
    for i in range(1, n_permutations + 1):
        drawn = rng.permutation(owner)[:n]
        out[:, i] = np.bincount(drawn, minlength=len(labels.x_m))
    return out


def tolerance(  # noqa: PLR0913 - a test has this many parts
    labels: Labels,
    dealt: NDArray[np.float32],
    *,
    at_x_m: NDArray[np.float64],
    at_y_m: NDArray[np.float64],
    kernel: str,
    reach_m: float,
    bandwidth_m: float,
    constant: float,
    fewest: float,
    two_sided: bool,
) -> Tolerance:
    """Compare the log ratio at each cell with that under labels dealt out at random.

    The ratio varies more where incidents are few, so it is put in units of its own standard
    deviation over all dealings, the true one among them. That treats all dealings alike, and the
    p-values are exact: under random labels any tested cell has ``p_maximum <= alpha`` with a chance
    of at most alpha.

    Parameters
    ----------
    labels : Labels
        The incidents.
    dealt : ndarray of float32, shape (places, 1 + permutations)
        From ``deal_labels``.
    at_x_m, at_y_m : ndarray of float64, shape (cells,)
        The cells.
    kernel : str
        The kernel.
    reach_m, bandwidth_m : float
        How far it reaches, and its bandwidth.
    constant : float
        Added to both densities, per square metre.
    fewest : float
        Incidents that must count within the kernel: the square of the sum of its heights at them,
        over the sum of squares.
    two_sided : bool
        Whether a ratio far below is as surprising as one far above.

    Returns
    -------
    Tolerance
        The p-values.
    """
    n = int(labels.incidents.sum())
    n_cases = int(labels.cases.sum())
    tested = np.zeros(len(at_x_m), dtype=bool)
    ours = np.full(len(at_x_m), np.nan)
    p_value = np.full(len(at_x_m), np.nan)
    largest = np.full(dealt.shape[1], -np.inf)
    for cells, heights in _parts(labels, at_x_m, at_y_m, kernel, reach_m, bandwidth_m):
        enough = _effective(heights, labels.incidents) >= fewest
        if not enough.any():
            continue
        kept, who = heights[enough], cells[enough]
        cases = kept @ dealt
        others = (kept @ labels.incidents.astype(np.float32))[:, None] - cases
        ratio = np.log(cases / n_cases + constant) - np.log(
            np.maximum(others, 0) / (n - n_cases) + constant
        )
        spread = ratio.std(axis=1, keepdims=True)
        ratio -= ratio.mean(axis=1, keepdims=True)
        ratio /= np.where(spread > 0, spread, 1)
        far = np.abs(ratio) if two_sided else ratio
        tested[who], ours[who] = True, far[:, 0]
        p_value[who] = (far >= far[:, :1] - _EQUAL).mean(axis=1)
        largest = np.maximum(largest, far.max(axis=0))
    p_maximum = np.full(len(at_x_m), np.nan)
    p_maximum[tested] = (largest >= ours[tested, None] - _EQUAL).mean(axis=1)
    return Tolerance(tested=tested, p_value=p_value, p_maximum=p_maximum)


def _parts(
    labels: Labels,
    at_x_m: NDArray[np.float64],
    at_y_m: NDArray[np.float64],
    kernel: str,
    reach_m: float,
    bandwidth_m: float,
) -> Iterator[tuple[NDArray[np.intp], sparse.csr_array]]:
    """Give the heights of the kernel between some cells at a time and all places."""
    order = np.argsort(at_y_m, kind="stable")
    rows = max(1, _PAIRS_AT_A_TIME // len(labels.x_m))
    for first in range(0, len(order), rows):
        cells = order[first : first + rows]
        low, high = at_y_m[cells].min() - reach_m, at_y_m[cells].max() + reach_m
        near = np.flatnonzero((labels.y_m >= low) & (labels.y_m <= high))
        away = (at_x_m[cells, None] - labels.x_m[near]) ** 2
        away += (at_y_m[cells, None] - labels.y_m[near]) ** 2
        heights = profile(kernel, away / bandwidth_m**2) * (peak(kernel) / bandwidth_m**2)
        row, column = np.nonzero(heights)
        values = heights[row, column].astype(np.float32)
        shape = (len(cells), len(labels.x_m))
        yield cells, sparse.csr_array((values, (row, near[column])), shape=shape)


def _effective(heights: sparse.csr_array, incidents: NDArray[np.int64]) -> NDArray[np.float64]:
    weights = incidents.astype(np.float64)
    squares = heights.multiply(heights) @ weights
    return np.asarray((heights @ weights) ** 2 / np.where(squares > 0, squares, 1))
