"""From votes to a table with one row per cell, and to what a reader must know."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
from scipy import sparse

from hotspots.methods.stability.params import KINDS
from hotspots.methods.stability.votes import FOUND, NO_ANSWER, votes_of
from hotspots.neighbours import grid_windows
from hotspots.words import Message, message, say

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from hotspots.methods.stability.params import HotspotStabilityParams, StabilityRun

#: Stays in nearly all runs, and in few: 8 of 9 and 2 of 9.
FIRM, LOOSE = 8 / 9, 2 / 9
_ROUNDING: Final = 1e-9


def patches_of(grid: gpd.GeoDataFrame, marked: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Join marked cells that are neighbours.

    Parameters
    ----------
    grid : geopandas.GeoDataFrame
        The grid, with ``n``.
    marked : ndarray of bool, shape (cells,)
        The cells with the word.

    Returns
    -------
    ndarray of int64, shape (cells,)
        1 for the patch with the most incidents, and so on; 0 for cells that are not marked.
    """
    out = np.zeros(len(grid), dtype=np.int64)
    rows = np.flatnonzero(marked)
    if not len(rows):
        return out
    windows = grid_windows(grid.iloc[rows])
    links = sparse.csr_array(
        (np.ones(len(windows.members), dtype=np.int8), windows.members, windows.starts),
        shape=(len(rows), len(rows)),
    )
    patch = sparse.csgraph.connected_components(links, directed=False)[1]
    held = np.bincount(patch, weights=grid["n"].to_numpy()[rows])
    # Patches that hold the same number stand in the order of their first cells.
    first = np.unique(patch, return_index=True)[1]
    rank = np.empty(len(held), dtype=np.int64)
    rank[np.lexsort((first, -held))] = np.arange(1, len(held) + 1)
    out[rows] = rank[patch]
    return out


def result_table(
    data: gpd.GeoDataFrame,
    patch: NDArray[np.int64],
    points: NDArray[np.int64],
    told: NDArray[np.int64],
    found: NDArray[np.int64],
    runs: tuple[StabilityRun, ...],
) -> gpd.GeoDataFrame:
    """Put the votes beside the first map, row by row.

    Parameters
    ----------
    data : geopandas.GeoDataFrame
        Of the first map; it is not changed.
    patch : ndarray of int64, shape (cells,)
        From ``patches_of``.
    points : ndarray of int64, shape (cells,)
        Points of ground in each cell.
    told, found : ndarray of int64, shape (runs, cells)
        Those with an answer, and those with the word.
    runs : tuple of StabilityRun
        The runs.

    Returns
    -------
    geopandas.GeoDataFrame
        The data with the columns of ``hotspot_stability``, the geometry last.
    """
    out = data.copy()
    votes = votes_of(points, told, found)
    out["stability"] = _share(votes)
    out["runs"] = (votes != NO_ANSWER).sum(axis=0)
    out["runs_found"] = (votes == FOUND).sum(axis=0)
    kinds = np.array([run.kind for run in runs])
    for kind in KINDS:
        out[f"stability_{kind}"] = _share(votes[kinds == kind])
    whole = patch_votes(patch, points, told, found)
    of_patch = np.concatenate([[np.nan], _share(whole)])
    words = np.concatenate([[None], _said(whole)])
    out["patch"] = pd.array(np.where(patch > 0, patch, -1), dtype="Int64")
    out.loc[patch == 0, "patch"] = pd.NA
    out["patch_stability"] = of_patch[patch]
    out["stays"] = words[patch]
    geometry = out.geometry.name
    return out[[*(name for name in out.columns if name != geometry), geometry]]


def patch_votes(
    patch: NDArray[np.int64],
    points: NDArray[np.int64],
    told: NDArray[np.int64],
    found: NDArray[np.int64],
) -> NDArray[np.int8]:
    """Let the ground of each patch vote as a whole.

    Parameters
    ----------
    patch : ndarray of int64, shape (cells,)
        From ``patches_of``.
    points : ndarray of int64, shape (cells,)
        Points of ground in each cell.
    told, found : ndarray of int64, shape (runs, cells)
        Those with an answer, and those with the word.

    Returns
    -------
    ndarray of int8, shape (runs, patches)
        As ``votes_of``.
    """
    member = sparse.csr_array(
        (np.ones(len(patch), dtype=np.int64), (np.arange(len(patch)), patch)),
        shape=(len(patch), int(patch.max()) + 1),
    )
    summed = [np.asarray(of @ member)[..., 1:] for of in (points, told, found)]
    return votes_of(*summed)


def _share(votes: NDArray[np.int8]) -> NDArray[np.float64]:
    told = (votes != NO_ANSWER).sum(axis=0)
    with np.errstate(invalid="ignore"):
        return np.asarray((votes == FOUND).sum(axis=0) / told, dtype=np.float64)


def _said(votes: NDArray[np.int8]) -> NDArray[np.object_]:
    found, told = (votes == FOUND).sum(axis=0), (votes != NO_ANSWER).sum(axis=0)
    return np.array(
        [
            say(message("stability.stays", found=int(f), runs=int(t)))
            for f, t in zip(found, told, strict=True)
        ],
        dtype=object,
    )


def caveats(params: HotspotStabilityParams, whole: NDArray[np.int8]) -> tuple[Message, ...]:
    """Collect what a reader must know.

    Parameters
    ----------
    params : HotspotStabilityParams
        The parameters as resolved.
    whole : ndarray of int8, shape (runs, patches)
        From ``patch_votes``.

    Returns
    -------
    tuple of Message
        Most important first.
    """
    counted = {kind: sum(run.kind == kind for run in params.runs) for kind in KINDS}
    told = (whole != NO_ANSWER).sum(axis=0)
    share = _share(whole)
    firm = int((share >= FIRM - _ROUNDING).sum())
    loose = int((share <= LOOSE + _ROUNDING).sum())
    out = [
        message(
            "stability.made_again",
            runs=len(params.runs),
            shifts=counted["shift"],
            resolutions=counted["resolution"],
            resamples=counted["resample"],
        )
    ]
    if len(told):
        out.append(message("stability.patches", patches=len(told), firm=firm, loose=loose))
    else:
        out.append(message("stability.none"))
    silent = sum(run.answer != "answered" for run in params.runs)
    if silent:
        out.append(message("stability.no_answer", runs=silent))
    out.append(message("stability.not_proof"))
    return tuple(out)
