"""Places of incidents: can they carry a method that measures distances between them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from hotspots.errors import FitnessError

if TYPE_CHECKING:
    from hotspots.grid.points import Points

#: Places that the publisher chose from a list: many incidents share one, and the distances
#: between them are those of the list.
SNAPPED: Final = ("snap_point", "intersection", "area")
#: With more than this share of incidents on a place that others have too, distances of zero rule.
_MOST_SHARED: Final = 0.5


def check_enough_points(points: Points, *, fewest: int, what: str) -> None:
    """Refuse too few incidents with a place.

    Parameters
    ----------
    points : Points
        The incidents.
    fewest : int
        So many there must be.
    what : str
        What is to be done with them, as the subject of a sentence.

    Raises
    ------
    FitnessError
        If there are fewer.
    """
    incidents = int(points.weights.sum())
    if incidents < fewest:
        without = sum(points.left_out.values())
        msg = (
            f"{what} needs at least {fewest:,} incidents with a place, got {incidents:,} "
            f"({without:,} more rows are without a place or outside the area). Choose a longer "
            "period, more offences, or a larger area."
        )
        raise FitnessError(msg)


def share_on_shared_places(points: Points) -> float:
    """Give the share of incidents that lie exactly where another one lies.

    Parameters
    ----------
    points : Points
        The incidents.

    Returns
    -------
    float
        0 to 1; 0 when there are none.
    """
    total = int(points.weights.sum())
    if not total:
        return 0.0
    places = np.column_stack([points.x_m, points.y_m])
    _, which = np.unique(places, axis=0, return_inverse=True)
    stacks = np.bincount(which.ravel(), weights=points.weights)
    return float(stacks[stacks > 1].sum() / total)


def check_own_places(points: Points, *, what: str, allowed: bool, option: str) -> None:
    """Refuse places that are not the incidents' own: snapped to a list, or stacked on each other.

    Parameters
    ----------
    points : Points
        The incidents.
    what : str
        The method, as the subject of a sentence.
    allowed : bool
        Whether the user said that it is known and accepted.
    option : str
        The argument by which the user says so, as it is written.

    Raises
    ------
    FitnessError
        If places are snapped, or if more than half of the incidents share theirs, and it was not
        allowed.
    """
    if allowed:
        return
    snapped = [name for name in points.precisions if name in SNAPPED]
    shared = share_on_shared_places(points)
    if not snapped and shared <= _MOST_SHARED:
        return
    why = (
        f"the publisher moved them to a place of its own choice (location_precision: "
        f"{', '.join(snapped)})"
        if snapped
        else f"{shared:.0%} of the incidents lie exactly where another one lies"
    )
    msg = (
        f"{what} measures distances between incidents, and these places cannot carry that: {why}. "
        "Count them in cells instead (count_incidents, then local_gi_star), which needs no exact "
        f"place; or write {option}, and say so beside the result."
    )
    raise FitnessError(msg)
