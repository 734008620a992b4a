"""How far one must go from each incident to find so many: distances from which to choose."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
from scipy import stats
from scipy.spatial import KDTree

from hotspots.methods.clusters.params import KDistanceParams, check_k
from hotspots.methods.clusters.prepare import prepare
from hotspots.results import Estimate
from hotspots.words import message

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from hotspots.grid.places import Places

#: Neighbours looked up together: some tens of megabytes.
_BLOCK: Final = 2_000_000
#: Share of random maps that may have any core at the distance that is offered.
MAPS_WITH_A_CORE: Final = 0.05


def k_distance(
    incidents: gpd.GeoDataFrame,
    *,
    k: int,
    area: gpd.GeoDataFrame | None = None,
    allow_shared_places: bool = False,
) -> Estimate:
    """Measure how far from each incident one must go to find ``k`` of them, itself included.

    The curve of these distances, sorted, helps to choose ``eps_m``: with ``min_incidents=k``, the
    cores of ``dbscan_hotspots`` are exactly the incidents whose distance here is at most
    ``eps_m``. A bend in the curve is often taken for the right distance; incident data seldom
    have a clear one, and a distance chosen by looking at the incidents makes a later test on the
    same incidents too sure of itself. With a study area another distance is offered: the largest
    at which incidents thrown at random would seldom make a core. It depends on the number of
    incidents, on ``k`` and on the area alone.

    Parameters
    ----------
    incidents : geopandas.GeoDataFrame
        Incidents in EPSG:4326. Distances are measured in metres on an equal-area plane.
    k : int
        Incidents to find, the one at the centre included; 2 or more.
    area : geopandas.GeoDataFrame or None, default None
        From ``study_area``; incidents outside it are left out. Without one the estimate is NaN.
    allow_shared_places : bool, default False
        Accept places that the publisher moved to a list of points, or that more than half of the
        incidents share.

    Returns
    -------
    Estimate
        ``data`` is the curve, shape (different distances, 3), nearest first: ``distance_m``
        (float64), ``incidents`` (int64, with that distance or a smaller one) and
        ``share_of_incidents`` (float64, 0 to 1). ``estimate`` is the largest distance in metres at
        which at most 5 % of maps with as many incidents, each thrown at random, have any core; it
        errs to the short side. Standard error, interval and p-value are NaN. ``params`` is a
        ``KDistanceParams``.

    Raises
    ------
    FitnessError
        If there are fewer than ``k`` incidents with a place, fewer than 85 % of the rows have
        one, or places are shared or snapped and that was not allowed.
    ParameterError
        If ``k`` is not a whole number of 2 or more.
    CoordinateReferenceError
        If the incidents are not in EPSG:4326.
    SchemaMismatchError
        If the frame does not hold Incidents.

    See Also
    --------
    dbscan_hotspots : What the distance is for.

    References
    ----------
    Ester, M., Kriegel, H.-P., Sander, J. and Xu, X. (1996). A density-based algorithm for
    discovering clusters in large spatial databases with noise. Proceedings of KDD-96, 226-231,
    section 4.2.

    Examples
    --------
    >>> import hotspots as hs
    >>> incidents, _ = hs.load_sample("synthetic-chicago")
    >>> burglary, _ = hs.select_incidents(incidents, offence="burglary")
    >>> curve = hs.k_distance(burglary, k=8)
    >>> int(curve.data["incidents"].iloc[-1]) == curve.params.incidents
    True
    """
    check_k(k)
    ready = prepare(
        incidents, area, what="k_distance", fewest=k, allow_shared_places=allow_shared_places
    )
    places = ready.places
    curve = _curve(_distances(places, int(k)), places.weights)
    incidents_used, outline = int(places.weights.sum()), ready.points.outline
    if outline is None:
        distance, said = np.nan, message("clusters.no_distance_by_chance")
    else:
        distance = _by_chance(incidents_used, int(k), outline.area)
        said = message(
            "clusters.by_chance",
            incidents=incidents_used,
            k=int(k),
            distance_m=f"{distance:.0f}",
            percent=round(100 * MAPS_WITH_A_CORE),
        )
    return Estimate(
        estimate=distance,
        standard_error=np.nan,
        confidence_interval=(np.nan, np.nan),
        p_value=np.nan,
        method="k_distance",
        params=KDistanceParams(
            k=int(k),
            allow_shared_places=allow_shared_places,
            incidents=incidents_used,
            places=len(places.weights),
            crs=ready.points.crs.srs,
        ),
        data=curve,
        sentences=(said,),
    )


def _distances(places: Places, k: int) -> NDArray[np.float64]:
    """Give the distance within which each place has k incidents; 0 where it has them itself."""
    xy = np.column_stack([places.x_m, places.y_m])
    tree = KDTree(xy)
    # The k nearest places hold at least k incidents.
    neighbours = np.arange(1, min(k, len(xy)) + 1)
    out = np.empty(len(xy))
    block = max(1, _BLOCK // len(neighbours))
    for begin in range(0, len(xy), block):
        away, which = tree.query(xy[begin : begin + block], k=neighbours)
        enough = places.weights[which].cumsum(axis=1) >= k
        out[begin : begin + block] = away[np.arange(len(away)), enough.argmax(axis=1)]
    return out


def _curve(distances: NDArray[np.float64], weights: NDArray[np.int64]) -> pd.DataFrame:
    values, which = np.unique(distances, return_inverse=True)
    so_many = np.zeros(len(values), dtype=np.int64)
    np.add.at(so_many, which, weights)
    so_far = np.cumsum(so_many)
    return pd.DataFrame(
        {"distance_m": values, "incidents": so_far, "share_of_incidents": so_far / so_far[-1]}
    )


def _by_chance(incidents: int, k: int, area_m2: float) -> float:
    """Give the distance within which random points rarely have k - 1 others.

    Of n - 1 others each is within d of a point with a chance of at most pi d^2 / area, edges left
    aside: a binomial tail, times the n points that could be a core.
    """
    chance = stats.beta.ppf(MAPS_WITH_A_CORE / incidents, k - 1, incidents - k + 1)
    return float(np.sqrt(chance * area_m2 / np.pi))
