"""Counts of places: are there enough of them to be more concentrated here than there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hotspots.errors import FitnessError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

#: On a base smaller than this no percentage is given.
FEWEST_FOR_PERCENT: Final = 30


def check_concentration(counts: NDArray[np.int64], *, fewest: int = 2) -> None:
    """Refuse counts that cannot be more concentrated on one map than on another.

    Parameters
    ----------
    counts : ndarray of int64, shape (places,)
        Incidents in each place.
    fewest : int, default 2
        So many places and so many incidents there must be.

    Raises
    ------
    FitnessError
        If there are fewer.
    """
    why = "to be concentrated" if fewest < FEWEST_FOR_PERCENT else "for a percentage"
    incidents = int(counts.sum())
    if len(counts) < fewest:
        msg = (
            f"The number of places is {len(counts):,}; at least {fewest} are needed {why}. Give "
            "all places of the study area, those without an incident too, or a finer grid."
        )
        raise FitnessError(msg)
    if incidents < fewest:
        msg = (
            f"The number of incidents is {incidents:,}; at least {fewest} are needed {why}. "
            "Choose a longer period or more offences."
        )
        raise FitnessError(msg)
