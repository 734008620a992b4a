"""DBSCAN on places: which are cores, and which cluster each belongs to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hotspots.compiled import compiled
from hotspots.methods.clusters.bins import sort_into_bins
from hotspots.methods.clusters.blocks import core_blocks, join_blocks, nearest_blocks
from hotspots.methods.clusters.loops import core_loop, join_loop, nearest_loop

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hotspots.methods.clusters.bins import Bins


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Grouping:
    """The clusters of a set of places.

    Attributes
    ----------
    cluster : ndarray of int64, shape (places,)
        1 is the cluster with the most incidents; of two with as many, the one whose first place
        comes first. 0: in no cluster.
    core : ndarray of bool, shape (places,)
        Whether a place is a core.
    sizes : ndarray of int64, shape (clusters,)
        Incidents in each cluster, from cluster 1 on.
    """

    cluster: NDArray[np.int64]
    core: NDArray[np.bool_]
    sizes: NDArray[np.int64]


def group_places(
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    weights: NDArray[np.int64],
    *,
    reach: float,
    needed: int,
) -> Grouping:
    """Find the clusters of DBSCAN, the same whatever the order in which anything is visited.

    A place with enough incidents within reach, its own included, is a core. Cores within reach of
    each other are in one cluster. Any other place belongs to its nearest core within reach, of two
    at the same distance to the one that comes first; without any, to no cluster.

    Parameters
    ----------
    x, y : ndarray of float64, shape (places,)
        Distinct places.
    weights : ndarray of int64, shape (places,)
        Incidents on each.
    reach : float
        A distance of exactly this much is within.
    needed : int
        Incidents that make a core.

    Returns
    -------
    Grouping
        The clusters.
    """
    bins = sort_into_bins(x, y, weights, reach)
    core, joined, nearest = _search(bins, reach, needed)
    label = np.where(nearest >= 0, joined[bins.bin_of[nearest]], -1)
    here, core_here = np.empty_like(label), np.empty_like(core)
    here[bins.rank], core_here[bins.rank] = label, core
    cluster, sizes = number_clusters(here, weights)
    return Grouping(cluster=cluster, core=core_here, sizes=sizes)


def number_clusters(
    labels: NDArray[np.int64], weights: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Give clusters their numbers: most incidents first, ties by the place that comes first.

    Parameters
    ----------
    labels : ndarray of int64, shape (places,)
        Any numbers; negative means in no cluster.
    weights : ndarray of int64, shape (places,)
        Incidents on each place.

    Returns
    -------
    cluster : ndarray of int64, shape (places,)
        1 and more; 0 means in no cluster.
    sizes : ndarray of int64, shape (clusters,)
        Incidents in each, from cluster 1 on.
    """
    inside = np.flatnonzero(labels >= 0)
    _, first, which = np.unique(labels[inside], return_index=True, return_inverse=True)
    sizes = np.zeros(len(first), dtype=np.int64)
    np.add.at(sizes, which, weights[inside])
    order = np.lexsort((first, -sizes))
    number = np.empty(len(order), dtype=np.int64)
    number[order] = np.arange(1, len(order) + 1)
    cluster = np.zeros(len(labels), dtype=np.int64)
    cluster[inside] = number[which]
    return cluster, sizes[order]


def _search(
    bins: Bins, reach: float, needed: int
) -> tuple[NDArray[np.bool_], NDArray[np.int64], NDArray[np.int64]]:
    find_core, join, find_nearest = (compiled(f) for f in (core_loop, join_loop, nearest_loop))
    if find_core is None or join is None or find_nearest is None:
        core = core_blocks(bins, reach, needed)
        return core, join_blocks(bins, core, reach), nearest_blocks(bins, core, reach)
    x, y, starts, low, high = bins.x, bins.y, bins.starts, bins.low, bins.high
    core = find_core(x, y, bins.so_far, starts, low, high, reach**2, needed)
    joined = join(x, y, core, bins.bin_of, starts, low, high, reach**2)
    return core, joined, find_nearest(x, y, core, bins.rank, starts, low, high, reach**2)
