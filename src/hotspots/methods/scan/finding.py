"""From the best circle around each cell to clusters that share no cell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from hotspots.inference.scan_statistic import gumbel_p_values, poisson_llr, rank_p_values

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hotspots.inference.circles import Circles

#: So many clusters are reported, and every one whose p-value is small enough.
_REPORTED: Final = 10
_DECIMALS: Final = 9


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Found:
    """A circle.

    Attributes
    ----------
    centre : int
        Position of its middle.
    members : ndarray of intp
        Positions of the cells inside, nearest first.
    llr, p_value, p_gumbel : float
        How much it surprises, and how often chance does: counted, and by a Gumbel law.
    among : ndarray of intp or None
        Positions of all cells that were scanned; None for every one.
    """

    centre: int
    members: NDArray[np.intp]
    llr: float
    p_value: float
    p_gumbel: float
    among: NDArray[np.intp] | None = None


def separate_clusters(
    circles: Circles,
    llr: NDArray[np.float64],
    places: NDArray[np.int64],
    maxima: NDArray[np.float64],
    *,
    alpha: float,
) -> list[Found]:
    """Take the most surprising circle, then the next that shares no cell with those taken.

    One circle is looked at around each centre: its best. Where two surprise as much, the smaller
    goes first, then the one farther west, then south: nothing depends on the order of the rows.

    Parameters
    ----------
    circles : Circles
        The circles.
    llr, places : ndarray, shape (n,)
        From ``best_circles``.
    maxima : ndarray of float64, shape (R,)
        The largest likelihood ratio of each map made by chance.
    alpha : float
        Level of the test.

    Returns
    -------
    list of Found
        Ten, or more when more are significant, or fewer when there are no more.
    """
    p_values, gumbel = rank_p_values(llr, maxima), gumbel_p_values(llr, maxima)
    order = np.lexsort((circles.y_m, circles.x_m, places, -np.round(llr, _DECIMALS)))
    taken = np.zeros(len(llr), dtype=np.bool_)
    found: list[Found] = []
    for centre in order[llr[order] > 0]:
        if len(found) >= _REPORTED and p_values[centre] > alpha:
            break
        members = circles.around(int(centre))[0][: places[centre]]
        if not taken[members].any():
            taken[members] = True
            found.append(
                Found(
                    centre=int(centre),
                    members=members,
                    llr=float(llr[centre]),
                    p_value=float(p_values[centre]),
                    p_gumbel=float(gumbel[centre]),
                )
            )
    return found


def llr_needed(maxima: NDArray[np.float64], alpha: float) -> float:
    """Give the likelihood ratio that a circle must exceed for a p-value of at most alpha.

    Parameters
    ----------
    maxima : ndarray of float64, shape (R,)
        The largest likelihood ratio of each map made by chance.
    alpha : float
        Level of the test; 1 / (1 + R) or more.

    Returns
    -------
    float
        One of the maxima.
    """
    allowed = int(np.floor(alpha * (1 + len(maxima)) + 1e-9)) - 1
    return float(np.sort(maxima)[::-1][min(allowed, len(maxima) - 1)])


def most_surprise(
    counts: NDArray[np.int64],
    circles: Circles,
    *,
    shuffled: bool,
    max_share: float,
    alternative: str,
) -> float:
    """Bound the likelihood ratio that any arrangement of these incidents could give.

    Parameters
    ----------
    counts : ndarray of int64, shape (n,)
        Incidents in each cell.
    circles : Circles
        The circles.
    shuffled : bool
        The counts stay together and only change cells; else every incident may lie anywhere.
    max_share : float
        A circle holds at most this share of the base.
    alternative : str
        As in ``poisson_llr``.

    Returns
    -------
    float
        No arrangement gives more.
    """
    total, base = int(counts.sum()), np.sort(circles.base)
    rate = total / circles.total_base
    bounds = [0.0]
    if alternative in {"greater", "two-sided"}:
        most = np.cumsum(np.sort(counts)[::-1]) if shuffled else np.array([total])
        least = np.cumsum(base)[: len(most)]
        bounds.append(float(poisson_llr(most, least * rate, total, "greater").max()))
    if alternative in {"less", "two-sided"}:
        fewest = np.cumsum(np.sort(counts)) if shuffled else np.array([0])
        largest = np.cumsum(base[::-1]) if shuffled else np.array([circles.total_base])
        held = np.minimum(largest, max_share * circles.total_base)
        bounds.append(float(poisson_llr(fewest, held * rate, total, "less").max()))
    return max(bounds)
