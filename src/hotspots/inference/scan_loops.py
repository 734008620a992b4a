"""The innermost loop of a scan: for each number of incidents, the circle that surprises most.

With so many incidents inside, a circle surprises the more, the less base it holds (or, where there
are few, the more it holds). So it is enough to keep one base for each number of incidents; the
likelihood ratio is worked out once for each number, not once for each circle.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def extreme_bases_loop(
    starts: NDArray[np.int64],
    members: NDArray[np.int32],
    base: NDArray[np.float64],
    counts: NDArray[np.int32],
    least: NDArray[np.float64],
    most: NDArray[np.float64],
) -> None:
    """Find, for each map and each number of incidents, the least and the most base of a circle.

    Parameters
    ----------
    starts, members, base : ndarray
        As in ``Circles``.
    counts : ndarray of int32, shape (maps, n)
        Incidents in each place.
    least, most : ndarray of float64, shape (maps, largest total + 1)
        Filled in; where they come in as infinity and -1, that stays where no circle holds so many.
        ``most`` may have no columns: then it is not looked for.
    """
    for one in range(counts.shape[0]):
        here = counts[one]
        low = least[one]
        for centre in range(len(starts) - 1):
            inside = 0
            held = 0.0
            for at in range(starts[centre], starts[centre + 1]):
                place = members[at]
                ends = place >= 0
                if not ends:
                    place = ~place
                inside += here[place]
                held += base[place]
                if ends and held < low[inside]:
                    low[inside] = held
                if ends and most.shape[1] > 0 and held > most[one, inside]:
                    most[one, inside] = held


def extreme_bases_numpy(
    starts: NDArray[np.int64],
    members: NDArray[np.int32],
    base: NDArray[np.float64],
    counts: NDArray[np.int32],
    least: NDArray[np.float64],
    most: NDArray[np.float64],
) -> None:
    """Do as the loop does, centre by centre.

    Parameters
    ----------
    starts, members, base, counts, least, most : ndarray
        As in the loop.
    """
    ahead = np.ones((len(counts), 1), dtype=np.bool_)
    for first, last in pairwise(starts):
        coded = members[first:last]
        ends = coded >= 0
        places = np.where(ends, coded, ~coded)
        held = np.cumsum(base[places])[ends]
        inside = np.cumsum(counts[:, places], axis=1)[:, ends]
        # Bases grow along a row: of circles with as many inside, the first has the least. So each
        # number occurs once a map below, and an assignment by index is a plain one.
        steps = inside[:, 1:] > inside[:, :-1]
        for found, edges, better in (
            (least, np.hstack([ahead, steps]), np.minimum),
            (most, np.hstack([steps, ahead]), np.maximum),
        ):
            if found.shape[1] and len(held):
                one, at = np.nonzero(edges)
                number = inside[one, at]
                found[one, number] = better(found[one, number], held[at])
