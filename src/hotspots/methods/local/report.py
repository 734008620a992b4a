"""From arrays to a table with one row per cell, and to what a reader must know."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from hotspots.methods.local.testing import HOT, TOO_FEW
from hotspots.results import HOTSPOT_WORDS
from hotspots.words import Message, message, say

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from hotspots.methods.local.params import LocalGiStarParams
    from hotspots.methods.local.testing import Answer, Prepared

_NOT_TESTED: Final = -1
#: With fewer incidents than this in a mean window, a cluster of one window with three times the
#: usual rate is missed more often than it is found.
_WEAK_WINDOW: Final = 10


def result_table(
    grid: gpd.GeoDataFrame,
    counts: NDArray[np.int64],
    tested: NDArray[np.bool_],
    answer: Answer,
    params: LocalGiStarParams,
) -> gpd.GeoDataFrame:
    """Put the answer beside the grid, row by row.

    Parameters
    ----------
    grid : geopandas.GeoDataFrame
        The grid as given; it is not changed.
    counts : ndarray of int64, shape (cells,)
        The counts of all cells.
    tested : ndarray of bool, shape (cells,)
        Which cells were tested.
    answer : Answer
        Of the tested cells, in their order.
    params : LocalGiStarParams
        The parameters as resolved.

    Returns
    -------
    geopandas.GeoDataFrame
        The grid with the columns of a cell result, the geometry last.
    """
    out = grid.copy()
    out["n"] = counts
    sums = np.full(len(out), pd.NA, dtype=object)
    sums[tested] = answer.sums
    out["window_n"] = pd.array(sums, dtype="Int64")
    for name, values in (
        ("expected", answer.expected),
        ("gi_star", answer.z),
        ("p_value", answer.p_value),
        ("p_adjusted", answer.p_adjusted),
    ):
        column = np.full(len(out), np.nan)
        column[tested] = values
        out[name] = column
    word = np.full(len(out), _NOT_TESTED, dtype=np.int8)
    word[tested] = answer.word
    out["hotspot"] = pd.Categorical.from_codes(word, categories=list(HOTSPOT_WORDS))
    out["busiest"] = _busiest(counts, params.n_busiest)
    out["note"] = _notes(counts, word, params)
    return out[[*(c for c in out.columns if c != out.geometry.name), out.geometry.name]]


def _busiest(counts: NDArray[np.int64], n_busiest: int) -> NDArray[np.bool_]:
    """Mark the busiest cells; a tie across the limit is left out, not broken at random."""
    if n_busiest >= len(counts):
        return counts > 0
    limit = np.partition(counts, -n_busiest - 1)[-n_busiest - 1]
    return np.asarray((counts > limit) & (counts > 0))


def _notes(
    counts: NDArray[np.int64], word: NDArray[np.int8], params: LocalGiStarParams
) -> NDArray[np.object_]:
    notes = np.full(len(counts), "", dtype=object)
    if params.cap is not None:
        notes[counts > params.cap] = say(message("methods.note_capped", cap=params.cap))
    percent = round(params.min_area_share * 100)
    notes[word == _NOT_TESTED] = say(message("methods.note_edge", percent=percent))
    notes[(word == HOT) & (counts == 0)] = say(message("methods.note_zero"))
    return notes


def caveats(
    params: LocalGiStarParams, ready: Prepared, answer: Answer, *, n_edge: int, area_basis: str
) -> tuple[Message, ...]:
    """Say what a reader must know; no caveat holds a number that gives counts away.

    Parameters
    ----------
    params : LocalGiStarParams
        The parameters as resolved.
    ready : Prepared
        The counts as tested.
    answer : Answer
        What the test said.
    n_edge : int
        Cells not tested.
    area_basis : str
        What the study area was made from.

    Returns
    -------
    tuple of Message
        Most important first.
    """
    outline = "area_from_incidents" if area_basis == "incidents" else "area_decides"
    said = [
        message("methods.cells_with_neighbours", cells=params.window_cells),
        message("methods.not_a_risk"),
        message(f"methods.{outline}"),
    ]
    if (answer.word == TOO_FEW).all():
        said.insert(0, message("methods.too_few"))
    elif params.window_cells * ready.counts.mean() < _WEAK_WINDOW:
        said.append(message("methods.weak_power", limit=_WEAK_WINDOW))
    if params.cap is not None and params.cap_quantile is not None:
        share = f"{(1 - params.cap_quantile) * 100:.2g}"
        said.append(message("methods.capped", percent=share))
    if n_edge:
        percent = round(params.min_area_share * 100)
        said.append(message("methods.edge_not_tested", cells=n_edge, percent=percent))
    if not ready.tails.exact:
        said.append(message("methods.upper_bound"))
    return tuple(said)
