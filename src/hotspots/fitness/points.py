"""Places of incidents: can they carry a method that measures distances between them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hotspots.errors import FitnessError
from hotspots.grid.places import distinct_places

if TYPE_CHECKING:
    from hotspots.grid.points import Points

#: Places that the publisher chose from a list: many incidents share one, and the distances
#: between them are those of the list.
SNAPPED: Final = ("snap_point", "intersection", "area")
#: With more than this share of incidents on a place that others have too, the distance from the
#: middle one to its nearest neighbour is zero, whatever the map.
MOST_SHARED: Final = 0.5
#: With fewer of the rows on the map than this, Ratcliffe (2004) finds maps that differ from the
#: whole one by more than chance.
FEWEST_LOCATED: Final = 0.85


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


def check_located_share(points: Points, *, what: str) -> None:
    """Refuse incidents of which too many have no place: the map would be that of the others.

    Parameters
    ----------
    points : Points
        The incidents.
    what : str
        The method, as the subject of a sentence.

    Raises
    ------
    FitnessError
        If fewer than 85 % of the rows have a place, inside the area or outside.

    References
    ----------
    Ratcliffe, J. H. (2004). Geocoding crime and a first estimate of a minimum acceptable hit rate.
    International Journal of Geographical Information Science 18, 61-72.
    DOI 10.1080/13658810310001596076
    """
    without = points.left_out["unlocated"]
    rows = len(points.rows) + sum(points.left_out.values())
    if rows and 1 - without / rows < FEWEST_LOCATED:
        msg = (
            f"{what} speaks of where incidents are, and {without:,} of {rows:,} rows "
            f"({without / rows:.0%}) have no place; up to {1 - FEWEST_LOCATED:.0%} may be without "
            "one. Choose offences or a period with more places; or, if you know that those without "
            "one are spread as the others are, leave them out yourself: "
            "incidents[incidents.geometry.notna()]."
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
    stacks = distinct_places(points.x_m, points.y_m, points.weights).weights
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
    if not snapped and shared <= MOST_SHARED:
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
