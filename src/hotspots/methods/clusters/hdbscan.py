"""HDBSCAN: clusters of different densities, by scikit-learn, on each place once."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from hotspots.errors import FitnessError
from hotspots.methods.clusters.grouping import number_clusters
from hotspots.methods.clusters.params import HdbscanParams, check_hdbscan
from hotspots.methods.clusters.prepare import prepare
from hotspots.methods.clusters.report import cluster_frame, hdbscan_caveats, per_row
from hotspots.results import HotspotResult

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from hotspots.grid.places import Places

#: The time grows with the square of the places; with more than this it is not worth the wait.
MOST_PLACES: Final = 100_000


def hdbscan_hotspots(
    incidents: gpd.GeoDataFrame,
    *,
    min_incidents: int,
    min_samples: int | None = None,
    cluster_selection: str = "eom",
    area: gpd.GeoDataFrame | None = None,
    allow_shared_places: bool = False,
) -> HotspotResult:
    """Find clusters of different densities, without choosing a distance.

    The clusters are those of scikit-learn's HDBSCAN on the distinct places: a place counts once,
    however many incidents lie on it. So a cluster has at least ``min_incidents`` places, and at
    least as many incidents. The answer does not depend on the order of the rows.

    Clusters are a description: HDBSCAN draws them on random points too, often very large ones. No
    cluster is called hot.

    Parameters
    ----------
    incidents : geopandas.GeoDataFrame
        Incidents in EPSG:4326. Distances are measured in metres on an equal-area plane.
    min_incidents : int
        Fewest places in a cluster; 2 or more.
    min_samples : int or None, default None
        Places around a place, itself included, whose reach says how dense it is there; None takes
        ``min_incidents``. More makes clusters rounder and leaves more incidents out.
    cluster_selection : {"eom", "leaf"}, default "eom"
        The clusters that last longest as the density rises, or the smallest ones.
    area : geopandas.GeoDataFrame or None, default None
        From ``study_area``; incidents outside it are left out.
    allow_shared_places : bool, default False
        Accept places that the publisher moved to a list of points, or that more than half of the
        incidents share.

    Returns
    -------
    HotspotResult
        ``data`` has the rows and the index of ``incidents``, in EPSG:4326: ``n`` (int64, the
        incidents of the row), ``cluster`` (Int64: 1 has the most incidents, 0 is none, missing for
        a row without a place, outside the area or with a count of 0) and ``strength`` (Float64, 0
        to 1: how firmly it belongs). ``cluster_table(result)`` has one row a cluster. ``params``
        is an ``HdbscanParams``.

    Raises
    ------
    FitnessError
        If there are fewer incidents or places than the arguments ask for, more than 100,000
        places, fewer than 85 % of the rows have a place, or places are shared or snapped and that
        was not allowed.
    ParameterError
        If an argument is outside what is described above.
    CoordinateReferenceError
        If the incidents are not in EPSG:4326.
    SchemaMismatchError
        If the frame does not hold Incidents.

    See Also
    --------
    dbscan_hotspots : Clusters at one distance, with a test; quick on a million incidents.
    cluster_table : One row a cluster, with its shape, its incidents and its density.

    References
    ----------
    Campello, R. J. G. B., Moulavi, D. and Sander, J. (2013). Density-based clustering based on
    hierarchical density estimates. PAKDD 2013, LNCS 7819, 160-172.
    DOI 10.1007/978-3-642-37456-2_14

    Examples
    --------
    >>> import hotspots as hs
    >>> incidents, _ = hs.load_sample("synthetic-chicago")
    >>> burglary, _ = hs.select_incidents(incidents, offence="burglary")
    >>> result = hs.hdbscan_hotspots(burglary, min_incidents=10)
    >>> bool(result.data["cluster"].max() == result.params.clusters)
    True
    """
    params = HdbscanParams(
        min_incidents=min_incidents,
        min_samples=min_incidents if min_samples is None else min_samples,
        cluster_selection=cluster_selection,
        allow_shared_places=allow_shared_places,
    )
    check_hdbscan(params)
    ready = prepare(
        incidents,
        area,
        what="hdbscan_hotspots",
        fewest=max(params.min_incidents, params.min_samples),
        allow_shared_places=allow_shared_places,
    )
    _check_places(len(ready.places.weights), params)
    labels, strength = _by_scikit_learn(ready.places, params)
    cluster, sizes = number_clusters(labels, ready.places.weights)
    params = replace(
        params,
        incidents=int(ready.places.weights.sum()),
        places=len(ready.places.weights),
        clusters=len(sizes),
        incidents_in_clusters=int(sizes.sum()),
        uncertainty_m=ready.uncertainty_m,
        crs=ready.points.crs.srs,
    )
    data = cluster_frame(incidents, ready, cluster)
    data["strength"] = per_row(ready, strength, len(data), "Float64")
    return HotspotResult(
        data=data[["n", "cluster", "strength", "geometry"]],
        method="hdbscan_hotspots",
        params=params,
        provenance=ready.points.provenance,
        caveats=hdbscan_caveats(params, ready),
    )


def _check_places(places: int, params: HdbscanParams) -> None:
    needed = max(params.min_incidents, params.min_samples)
    if places < needed:
        msg = (
            f"hdbscan_hotspots counts places, and the incidents lie on {places:,}; it was asked "
            f"for {needed:,}. Ask for fewer, or choose a longer period or a larger area."
        )
        raise FitnessError(msg)
    if places > MOST_PLACES:
        msg = (
            f"hdbscan_hotspots takes up to {MOST_PLACES:,} distinct places, and here are "
            f"{places:,}: its time grows with their square. Choose a shorter period, fewer "
            "offences or a smaller area; or take dbscan_hotspots, which is quick on a million."
        )
        raise FitnessError(msg)


def _by_scikit_learn(
    places: Places, params: HdbscanParams
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    # Importing scikit-learn's clusters takes a third of a second; most sessions need none.
    from sklearn.cluster import HDBSCAN  # noqa: PLC0415

    model = HDBSCAN(
        min_cluster_size=params.min_incidents,
        min_samples=params.min_samples,
        cluster_selection_method=params.cluster_selection,
        algorithm="kd_tree",
        copy=True,
    ).fit(np.column_stack([places.x_m, places.y_m]))
    return model.labels_.astype(np.int64), np.asarray(model.probabilities_, dtype=np.float64)
