"""Incidents as places on a plane, refused where their distances would mean nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from hotspots.errors import ParameterError
from hotspots.fitness import (
    check_enough_points,
    check_located_share,
    check_own_places,
    share_on_shared_places,
)
from hotspots.grid.points import points_of
from hotspots.words import Message, message

if TYPE_CHECKING:
    import geopandas as gpd
    import shapely
    from numpy.typing import NDArray

#: From fewer incidents a mean distance says little.
FEWEST_INCIDENTS: Final = 30


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Places:
    """Every incident with its place.

    Attributes
    ----------
    x_m, y_m : ndarray of float64, shape (n,)
        In metres; a row that stands for several incidents is there several times.
    outline : shapely.Geometry
        The study area, in metres.
    shared : float
        Share of incidents that lie exactly where another one lies.
    left_out : dict of str to int
        Rows not used, by reason.
    area_basis : str
        What the study area was made from.
    """

    x_m: NDArray[np.float64]
    y_m: NDArray[np.float64]
    outline: shapely.Geometry
    shared: float
    left_out: dict[str, int]
    area_basis: str

    @property
    def n(self) -> int:  # numpydoc ignore=RT01
        """Number of incidents."""
        return len(self.x_m)


def places_in(
    incidents: gpd.GeoDataFrame, area: gpd.GeoDataFrame, *, what: str, allow_shared_places: bool
) -> Places:
    """Take the incidents inside an area, and refuse those that cannot carry distances.

    Parameters
    ----------
    incidents : geopandas.GeoDataFrame
        Incidents.
    area : geopandas.GeoDataFrame
        From ``study_area``.
    what : str
        The method, as the subject of a sentence.
    allow_shared_places : bool
        Take snapped and stacked places too.

    Returns
    -------
    Places
        The places.

    Raises
    ------
    FitnessError
        If there are fewer than 30 incidents, too many rows have no place, or places are snapped
        or stacked.
    ParameterError
        If there is no area.
    """
    if area is None:
        msg = (
            f"{what} needs the study area: how close is close depends on the room that there is. "
            "Give study_area(polygons of the place)."
        )
        raise ParameterError(msg)
    points = points_of(incidents, area)
    check_enough_points(points, fewest=FEWEST_INCIDENTS, what=what)
    check_located_share(points, what=what)
    check_own_places(
        points, what=what, allowed=allow_shared_places, option="allow_shared_places=True"
    )
    return Places(
        x_m=np.repeat(points.x_m, points.weights),
        y_m=np.repeat(points.y_m, points.weights),
        outline=points.outline,
        shared=share_on_shared_places(points),
        left_out=points.left_out,
        area_basis=points.provenance.area_basis,
    )


def warnings_about(places: Places) -> tuple[Message, ...]:
    """Say what a reader of either measure must know.

    Parameters
    ----------
    places : Places
        The incidents.

    Returns
    -------
    tuple of Message
        Most important first.
    """
    outline = "area_from_incidents" if places.area_basis == "incidents" else "area_decides"
    said = [message("spacing.people_cluster"), message(f"spacing.{outline}")]
    if places.shared:
        percent = f"{100 * places.shared:.2g}"
        said.append(message("spacing.shared_places", percent=percent))
    return tuple(said)
