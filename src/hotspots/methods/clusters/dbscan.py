"""DBSCAN: places with many incidents around them, joined where they touch."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from hotspots.inference.seeds import generator_of, seed_of
from hotspots.methods.clusters.chance import largest_at_random
from hotspots.methods.clusters.grouping import group_places
from hotspots.methods.clusters.params import DbscanParams, check_dbscan
from hotspots.methods.clusters.prepare import prepare
from hotspots.methods.clusters.report import (
    cluster_frame,
    dbscan_caveats,
    per_row,
    significance,
)
from hotspots.results import HotspotResult

if TYPE_CHECKING:
    import geopandas as gpd

    from hotspots.methods.clusters.chance import AtRandom
    from hotspots.methods.clusters.grouping import Grouping
    from hotspots.methods.clusters.prepare import Prepared


def dbscan_hotspots(
    incidents: gpd.GeoDataFrame,
    *,
    eps_m: float,
    min_incidents: int,
    area: gpd.GeoDataFrame | None = None,
    n_simulations: int = 999,
    alpha: float = 0.05,
    allow_shared_places: bool = False,
    rng: np.random.Generator | int | None = None,
) -> HotspotResult:
    """Find clusters of incidents: places with many around them, joined where they touch.

    A place with at least ``min_incidents`` incidents within ``eps_m`` of it, its own included, is
    a core. Cores within ``eps_m`` of each other are in one cluster. Any other incident within
    ``eps_m`` of a core belongs to the cluster of its nearest core; the rest to none. The answer
    does not depend on the order of the rows.

    Clusters are a description: DBSCAN draws them on random points too. With a study area the same
    places, each with its incidents, are thrown at random over it again and again, and a cluster
    is called hot only when chance makes one so large on at most ``alpha`` of such maps. That asks
    whether incidents are spread unevenly at all; people and shops are too.

    Parameters
    ----------
    incidents : geopandas.GeoDataFrame
        Incidents in EPSG:4326. Distances are measured in metres on an equal-area plane around
        the middle of the area (of the incidents, without one).
    eps_m : float
        Distance in metres, at least 0.1; exactly so far is near. ``k_distance`` helps to choose.
    min_incidents : int
        Incidents that make a core, its own included; 2 or more.
    area : geopandas.GeoDataFrame or None, default None
        From ``study_area``. Incidents outside it are left out. Without one nothing is tested.
    n_simulations : int, default 999
        Random maps. The smallest possible p-value is 1 / (n_simulations + 1).
    alpha : float, default 0.05
        Level of the test, for all clusters of the map together.
    allow_shared_places : bool, default False
        Accept places that the publisher moved to a list of points, or that more than half of the
        incidents share. Incidents on one place then count as many, at distance 0.
    rng : numpy.random.Generator, int or None, default None
        Where the randomness comes from; an int is a seed. Used with an area only.

    Returns
    -------
    HotspotResult
        ``data`` has the rows and the index of ``incidents``, in EPSG:4326: ``n`` (int64, the
        incidents of the row), ``cluster`` (Int64: 1 is the largest, 0 is none, missing for a row
        without a place, outside the area or with a count of 0), ``is_core`` (boolean),
        ``p_adjusted`` (float64, of its cluster) and ``hotspot`` (categorical); these two have no
        value where nothing was tested. ``cluster_table(result)`` has one row a cluster. ``params``
        is a ``DbscanParams``.

    Raises
    ------
    FitnessError
        If there are fewer than ``min_incidents`` incidents with a place, if fewer than 85 % of
        the rows have one, or if places are shared or snapped and that was not allowed.
    ParameterError
        If an argument is outside what is described above.
    CoordinateReferenceError
        If the incidents are not in EPSG:4326.
    SchemaMismatchError
        If the frame does not hold Incidents.

    See Also
    --------
    cluster_table : One row a cluster, with its shape, its incidents and its density.
    k_distance : Distances from which to choose ``eps_m``.
    hdbscan_hotspots : Clusters of different densities.

    Notes
    -----
    Ester and others give a place on the edge of two clusters to whichever is found first; here it
    belongs to the nearer core. Cores, clusters of cores and incidents in no cluster are exactly
    theirs. Work is bounded by the distinct places and memory grows with them, not with pairs.

    References
    ----------
    Ester, M., Kriegel, H.-P., Sander, J. and Xu, X. (1996). A density-based algorithm for
    discovering clusters in large spatial databases with noise. Proceedings of KDD-96, 226-231.

    Gan, J. and Tao, Y. (2015). DBSCAN revisited: mis-claim, un-fixability, and approximation.
    Proceedings of SIGMOD 2015, 519-530. DOI 10.1145/2723372.2737792

    Examples
    --------
    >>> import hotspots as hs
    >>> incidents, _ = hs.load_sample("synthetic-chicago")
    >>> burglary, _ = hs.select_incidents(incidents, offence="burglary")
    >>> result = hs.dbscan_hotspots(burglary, eps_m=400, min_incidents=8)
    >>> bool(result.data["cluster"].max() == result.params.clusters)
    True
    >>> print(result.caveats[1])
    Clusters are drawn on points thrown at random too. ...
    """
    params = DbscanParams(
        eps_m=eps_m,
        min_incidents=min_incidents,
        n_simulations=n_simulations,
        alpha=alpha,
        allow_shared_places=allow_shared_places,
        seed=seed_of(rng),
    )
    check_dbscan(params)
    ready = prepare(
        incidents,
        area,
        what="dbscan_hotspots",
        fewest=min_incidents,
        allow_shared_places=allow_shared_places,
    )
    places, outline = ready.places, ready.points.outline
    found = group_places(
        places.x_m, places.y_m, places.weights, reach=float(eps_m), needed=int(min_incidents)
    )
    chance = None
    if outline is not None:
        chance = largest_at_random(
            outline,
            places.weights,
            found.sizes,
            reach=float(eps_m),
            needed=int(min_incidents),
            n_simulations=n_simulations,
            rng=generator_of(rng),
        )
    params = _resolved(params, ready, found, chance)
    data = cluster_frame(incidents, ready, found.cluster)
    data["is_core"] = per_row(ready, found.core, len(data), "boolean")
    p_adjusted = None if chance is None else chance.p_adjusted
    for name, column in significance(data["cluster"], p_adjusted, alpha).items():
        data[name] = column
    n_hot = 0 if p_adjusted is None else int((p_adjusted <= alpha).sum())
    return HotspotResult(
        data=data[[*data.columns.drop("geometry"), "geometry"]],
        method="dbscan_hotspots",
        params=params,
        provenance=ready.points.provenance,
        caveats=dbscan_caveats(params, ready, n_hot=n_hot),
    )


def _resolved(
    params: DbscanParams, ready: Prepared, found: Grouping, chance: AtRandom | None
) -> DbscanParams:
    weights = ready.places.weights
    places_in = np.bincount(found.cluster, minlength=len(found.sizes) + 1)[1:]
    facts = replace(
        params,
        eps_m=float(params.eps_m),
        n_simulations=params.n_simulations if chance is not None else 0,
        incidents=int(weights.sum()),
        places=len(weights),
        clusters=len(found.sizes),
        incidents_in_clusters=int(found.sizes.sum()),
        one_place_clusters=int((places_in == 1).sum()),
        incidents_on_cores=int(weights[found.core].sum()),
        incidents_on_stacks=int(weights[weights >= params.min_incidents].sum()),
        uncertainty_m=ready.uncertainty_m,
        crs=ready.points.crs.srs,
    )
    if chance is None:
        return facts
    return replace(
        facts,
        largest_at_random=chance.median,
        smallest_hot=chance.smallest_hot(params.alpha),
    )
