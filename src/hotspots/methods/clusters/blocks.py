"""DBSCAN over squares in NumPy, pairs in blocks: slower than ``loops``, and the same answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from scipy import sparse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from hotspots.methods.clusters.bins import Bins

#: Pairs looked at together: some tens of megabytes.
_BLOCK: Final = 1_000_000


def core_blocks(bins: Bins, reach: float, needed: int) -> NDArray[np.bool_]:
    """Find the places with enough incidents within reach, their own included.

    Parameters
    ----------
    bins : Bins
        The places.
    reach : float
        How far.
    needed : int
        Incidents that are enough.

    Returns
    -------
    ndarray of bool, shape (places,)
        Whether a place is a core.
    """
    own = np.diff(bins.so_far[bins.starts])[bins.bin_of]
    around = (bins.so_far[bins.high] - bins.so_far[bins.low]).sum(axis=1)[bins.bin_of]
    core = own >= needed
    unclear = np.flatnonzero(~core & (around >= needed))
    for places, owner, other in _pairs(bins, unclear):
        near = _squared(bins, places[owner], other) <= reach**2
        found = np.bincount(owner[near], weights=bins.weights[other[near]], minlength=len(places))
        core[places] = found >= needed
    return core


def join_blocks(bins: Bins, core: NDArray[np.bool_], reach: float) -> NDArray[np.int64]:
    """Join squares that hold cores within reach of each other.

    Parameters
    ----------
    bins : Bins
        The places.
    core : ndarray of bool, shape (places,)
        From ``core_blocks``.
    reach : float
        How far.

    Returns
    -------
    ndarray of int64, shape (bins,)
        Squares with the same number are joined.
    """
    n_bins = len(bins.starts) - 1
    links = [np.empty(0, dtype=np.int64)]
    for places, owner, other in _pairs(bins, np.flatnonzero(core)):
        one = places[owner]
        worth = core[other] & (bins.bin_of[other] > bins.bin_of[one])
        one, other_one = one[worth], other[worth]
        near = _squared(bins, one, other_one) <= reach**2
        links.append(np.unique(bins.bin_of[one[near]] * n_bins + bins.bin_of[other_one[near]]))
    pairs = np.unique(np.concatenate(links))
    graph = sparse.coo_array(
        (np.ones(len(pairs), dtype=np.bool_), (pairs // n_bins, pairs % n_bins)),
        shape=(n_bins, n_bins),
    )
    return np.asarray(sparse.csgraph.connected_components(graph, directed=False)[1], dtype=np.int64)


def nearest_blocks(bins: Bins, core: NDArray[np.bool_], reach: float) -> NDArray[np.int64]:
    """Find the nearest core within reach of each place that is none.

    Parameters
    ----------
    bins : Bins
        The places.
    core : ndarray of bool, shape (places,)
        From ``core_blocks``.
    reach : float
        How far.

    Returns
    -------
    ndarray of int64, shape (places,)
        As ``nearest_loop`` gives it.
    """
    nearest = np.where(core, np.arange(len(core)), -1)
    for places, owner, other in _pairs(bins, np.flatnonzero(~core)):
        squared = _squared(bins, places[owner], other)
        fit = core[other] & (squared <= reach**2)
        owner_fit, other_fit = owner[fit], other[fit]
        best = np.lexsort((bins.rank[other_fit], squared[fit], owner_fit))
        with_one, first = np.unique(owner_fit[best], return_index=True)
        nearest[places[with_one]] = other_fit[best][first]
    return nearest


def _squared(bins: Bins, one: NDArray[np.intp], other: NDArray[np.intp]) -> NDArray[np.float64]:
    squared: NDArray[np.float64] = (bins.x[one] - bins.x[other]) ** 2 + (
        bins.y[one] - bins.y[other]
    ) ** 2
    return squared


def _pairs(
    bins: Bins, places: NDArray[np.intp]
) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]]:
    """Give places in blocks; for each block its pairs: position in the block, and another place."""
    low, high = bins.low[bins.bin_of[places]], bins.high[bins.bin_of[places]]
    so_far = np.cumsum((high - low).sum(axis=1))
    begin = 0
    while begin < len(places):
        before = so_far[begin - 1] if begin else 0
        end = max(begin + 1, int(np.searchsorted(so_far, before + _BLOCK, side="right")))
        sizes = (high[begin:end] - low[begin:end]).ravel()
        shift = np.cumsum(sizes) - sizes
        other = np.arange(int(sizes.sum())) + np.repeat(low[begin:end].ravel() - shift, sizes)
        owner = np.repeat(np.arange(end - begin), sizes.reshape(end - begin, -1).sum(axis=1))
        yield places[begin:end], owner, other
        begin = end
