"""What every cluster method does first: are the data fit, and which distinct places are there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from hotspots.fitness import (
    check_enough_points,
    check_located_share,
    check_own_places,
)
from hotspots.grid.places import distinct_places
from hotspots.grid.points import points_of

if TYPE_CHECKING:
    import geopandas as gpd

    from hotspots.grid.places import Places
    from hotspots.grid.points import Points

#: How the user says that shared places are known and accepted.
OPTION: Final = "allow_shared_places=True"


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Prepared:
    """Incidents that may be clustered.

    Attributes
    ----------
    points : Points
        The incidents with a place, in metres.
    places : Places
        The distinct places among them.
    share_shared : float
        Share of incidents that lie exactly where another one lies.
    uncertainty_m : float or None
        Median of what the publisher says how far off a place may be; None when it does not say.
    """

    points: Points
    places: Places
    share_shared: float
    uncertainty_m: float | None


def prepare(
    incidents: gpd.GeoDataFrame,
    area: gpd.GeoDataFrame | None,
    *,
    what: str,
    fewest: int,
    allow_shared_places: bool,
) -> Prepared:
    """Take the incidents that have a place, unless the data cannot carry the method.

    Parameters
    ----------
    incidents : geopandas.GeoDataFrame
        Incidents.
    area : geopandas.GeoDataFrame or None
        A study area.
    what : str
        The method.
    fewest : int
        So many incidents there must be.
    allow_shared_places : bool
        Whether the user accepts places that are not the incidents' own.

    Returns
    -------
    Prepared
        The incidents.

    Raises
    ------
    FitnessError
        If there are too few, too many without a place, or their places are not their own.
    """
    points = points_of(incidents, area)
    check_enough_points(points, fewest=fewest, what=what)
    check_located_share(points, what=what)
    check_own_places(points, what=what, allowed=allow_shared_places, option=OPTION)
    places = distinct_places(points.x_m, points.y_m, points.weights)
    shared = places.weights[places.weights > 1].sum() / places.weights.sum()
    return Prepared(
        points=points,
        places=places,
        share_shared=float(shared),
        uncertainty_m=_uncertainty(incidents, points),
    )


def _uncertainty(incidents: gpd.GeoDataFrame, points: Points) -> float | None:
    if "coord_uncertainty_m" not in incidents.columns:
        return None
    stated = incidents["coord_uncertainty_m"].to_numpy(dtype=np.float64)[points.rows]
    stated = stated[~np.isnan(stated)]
    return float(np.median(stated)) if len(stated) else None
