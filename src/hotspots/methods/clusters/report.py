"""From places back to the rows of the incidents, and to what a reader must know."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import geopandas as gpd
import numpy as np
import pandas as pd

from hotspots.fitness import SNAPPED
from hotspots.results import HOTSPOT_WORDS
from hotspots.words import Message, message

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hotspots.methods.clusters.params import DbscanParams, HdbscanParams
    from hotspots.methods.clusters.prepare import Prepared

#: From this share of incidents on shared places, or of cores on stacks, on, the result says so.
_WORTH_SAYING: Final = 0.1


def cluster_frame(
    incidents: gpd.GeoDataFrame, ready: Prepared, cluster: NDArray[np.int64]
) -> gpd.GeoDataFrame:
    """Put the clusters beside the incidents, row by row.

    Parameters
    ----------
    incidents : geopandas.GeoDataFrame
        The incidents as given; they are not changed.
    ready : Prepared
        Their places.
    cluster : ndarray of int64, shape (places,)
        The cluster of each place; 0 for none.

    Returns
    -------
    geopandas.GeoDataFrame
        The index and the geometry of the incidents, ``n`` and ``cluster``.
    """
    columns = {
        "n": incidents["count"].to_numpy(dtype=np.int64),
        "cluster": per_row(ready, cluster, len(incidents), "Int64"),
    }
    shapes = incidents.geometry.array
    return gpd.GeoDataFrame(columns, geometry=shapes, index=incidents.index, crs=incidents.crs)


def per_row(
    ready: Prepared,
    values: NDArray[np.int64] | NDArray[np.bool_] | NDArray[np.float64],
    rows: int,
    dtype: str,
) -> pd.api.extensions.ExtensionArray:
    """Give each row of the incidents the value of its place, and no value where it has none.

    Parameters
    ----------
    ready : Prepared
        The places.
    values : ndarray, shape (places,)
        A value for each place.
    rows : int
        Rows of the incidents.
    dtype : str
        Of the column: ``"Int64"``, ``"boolean"`` or ``"Float64"``.

    Returns
    -------
    pandas.array
        A value for each row.
    """
    out = pd.array([pd.NA], dtype=dtype).take(np.zeros(rows, dtype=np.intp))
    out[ready.points.rows] = pd.array(values[ready.places.place_of], dtype=dtype)
    return out


def significance(
    cluster: pd.Series, p_adjusted: NDArray[np.float64] | None, alpha: float
) -> dict[str, object]:
    """Give each row the p-value of its cluster, and the word for it.

    Parameters
    ----------
    cluster : pandas.Series of Int64, shape (rows,)
        The cluster of each row: 0 for none, missing where the row has no place.
    p_adjusted : ndarray of float64, shape (clusters,) or None
        Of cluster 1 and on; None when nothing was tested.
    alpha : float
        The level.

    Returns
    -------
    dict of str to column
        ``p_adjusted`` and ``hotspot``; without a value where nothing was tested.
    """
    p_value = np.full(len(cluster), np.nan)
    if p_adjusted is not None:
        number = cluster.fillna(0).to_numpy(dtype=np.int64)
        p_value = np.concatenate([[np.nan], p_adjusted])[number]
    codes = np.where(
        np.isnan(p_value),
        -1,
        np.where(
            p_value <= alpha, HOTSPOT_WORDS.index("hot"), HOTSPOT_WORDS.index("not significant")
        ),
    )
    word = pd.Categorical.from_codes(codes, list(HOTSPOT_WORDS))
    return {"p_adjusted": p_value, "hotspot": word}


def dbscan_caveats(params: DbscanParams, ready: Prepared, *, n_hot: int) -> tuple[Message, ...]:
    """Say what a reader must know, most important first.

    Parameters
    ----------
    params : DbscanParams
        The parameters as resolved.
    ready : Prepared
        The incidents.
    n_hot : int
        Clusters that are hot.

    Returns
    -------
    tuple of Message
        The messages.
    """
    values: dict[str, str | int] = {
        "incidents": params.incidents,
        "min_incidents": params.min_incidents,
        "eps_m": f"{params.eps_m:g}",
    }
    if params.clusters:
        said = [
            message(
                "clusters.found",
                clusters=params.clusters,
                inside=params.incidents_in_clusters,
                **values,
            )
        ]
    else:
        said = [message("clusters.found_none", **values)]
    said += _on_chance(params, ready, n_hot)
    said.append(message("clusters.other_distances"))
    said.append(message("methods.not_a_risk"))
    if params.incidents_on_stacks >= _WORTH_SAYING * params.incidents_on_cores > 0:
        percent = round(100 * params.incidents_on_stacks / params.incidents_on_cores)
        min_incidents = params.min_incidents
        said.append(message("clusters.stacks", percent=percent, min_incidents=min_incidents))
    if params.one_place_clusters:
        said.append(message("clusters.one_place", clusters=params.one_place_clusters))
    if params.uncertainty_m is not None and params.eps_m < params.uncertainty_m:
        metres = f"{params.uncertainty_m:g}"
        said.append(message("clusters.finer_than_places", metres=metres, eps_m=values["eps_m"]))
    return (*said, *_on_places(ready))


def hdbscan_caveats(params: HdbscanParams, ready: Prepared) -> tuple[Message, ...]:
    """Say what a reader must know, most important first.

    Parameters
    ----------
    params : HdbscanParams
        The parameters as resolved.
    ready : Prepared
        The incidents.

    Returns
    -------
    tuple of Message
        The messages.
    """
    if params.clusters:
        found = message(
            "clusters.found_by_density",
            clusters=params.clusters,
            inside=params.incidents_in_clusters,
            incidents=params.incidents,
            min_incidents=params.min_incidents,
        )
    else:
        found = message("clusters.found_none_by_density", min_incidents=params.min_incidents)
    said = [found, message("clusters.only_described_by_density"), message("methods.not_a_risk")]
    if params.places < params.incidents:
        said.append(message("clusters.places_count_once"))
    return (*said, *_on_places(ready))


def _on_chance(params: DbscanParams, ready: Prepared, n_hot: int) -> list[Message]:
    median, smallest = params.largest_at_random, params.smallest_hot
    if median is None or smallest is None:
        return [message("clusters.only_described")]
    values: dict[str, str | int] = {
        "maps": params.n_simulations,
        "percent": f"{100 * (1 - params.alpha):g}",
    }
    if smallest == 1:
        said = [message("clusters.at_random_none", **values)]
    else:
        said = [message("clusters.at_random", median=median, high=smallest - 1, **values)]
    if params.clusters and not n_hot:
        said.append(message("clusters.none_hot"))
    basis = ready.points.provenance.area_basis
    outline = "area_from_incidents" if basis == "incidents" else "area_decides"
    return [*said, message(f"methods.{outline}")]


def _on_places(ready: Prepared) -> list[Message]:
    said = []
    snapped = [name for name in ready.points.precisions if name in SNAPPED]
    if snapped:
        said.append(message("clusters.snapped_places", precisions=", ".join(snapped)))
    elif ready.share_shared >= _WORTH_SAYING:
        percent = round(100 * ready.share_shared)
        said.append(message("clusters.shared_places", percent=percent))
    unlocated = ready.points.left_out["unlocated"]
    if unlocated:
        said.append(message("clusters.unlocated", rows=unlocated))
    return said
