"""From the arrays of local Moran to a table, and to what a reader must know."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from hotspots.inference.correction import fewest_at_floor, limit_of
from hotspots.methods.autocorrelation.local_testing import (
    HIGH_LOW,
    LOW_HIGH,
    QUADRANTS,
    TOO_FEW,
)
from hotspots.results import HOTSPOT_WORDS
from hotspots.words import Message, message, say

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from hotspots.methods.autocorrelation.local_testing import Answer
    from hotspots.methods.autocorrelation.params import LocalMoranParams

_NONE: Final = -1


def result_table(
    grid: gpd.GeoDataFrame,
    counts: NDArray[np.int64],
    taking_part: NDArray[np.bool_],
    answer: Answer,
    params: LocalMoranParams,
) -> gpd.GeoDataFrame:
    """Put the answer beside the grid, row by row.

    Parameters
    ----------
    grid : geopandas.GeoDataFrame
        The grid as given; it is not changed.
    counts : ndarray of int64, shape (cells,)
        The counts of all cells.
    taking_part : ndarray of bool, shape (cells,)
        Which cells the answer is about.
    answer : Answer
        Of those cells, in their order.
    params : LocalMoranParams
        The parameters as resolved.

    Returns
    -------
    geopandas.GeoDataFrame
        The grid with the columns of ``local_moran``, the geometry last.
    """
    out = grid.copy()
    out["n"] = counts
    for name, whole in (("neighbours", answer.sizes), ("neighbours_n", answer.sums)):
        numbers = np.full(len(out), pd.NA, dtype=object)
        numbers[taking_part] = whole
        out[name] = pd.array(numbers, dtype="Int64")
    for name, values in (
        ("expected", answer.expected),
        ("local_moran", answer.moran),
        ("p_value", answer.p_value),
        ("p_adjusted", answer.p_adjusted),
    ):
        column = np.full(len(out), np.nan)
        column[taking_part] = values
        out[name] = column
    outlier = np.where(answer.outlier, answer.quadrant, _NONE)
    word = _spread(answer.word, taking_part)
    out["quadrant"] = pd.Categorical.from_codes(
        _spread(answer.quadrant, taking_part), categories=list(QUADRANTS)
    )
    out["hotspot"] = pd.Categorical.from_codes(word, categories=list(HOTSPOT_WORDS))
    out["outlier"] = pd.Categorical.from_codes(
        _spread(np.where(outlier >= 0, outlier - HIGH_LOW, _NONE), taking_part),
        categories=[QUADRANTS[HIGH_LOW], QUADRANTS[LOW_HIGH]],
    )
    out["note"] = _notes(counts, taking_part, answer, params)
    return out[[*(c for c in out.columns if c != out.geometry.name), out.geometry.name]]


def _spread(codes: NDArray[np.int8], taking_part: NDArray[np.bool_]) -> NDArray[np.int8]:
    spread = np.full(len(taking_part), _NONE, dtype=np.int8)
    spread[taking_part] = codes
    return spread


def _notes(
    counts: NDArray[np.int64],
    taking_part: NDArray[np.bool_],
    answer: Answer,
    params: LocalMoranParams,
) -> NDArray[np.object_]:
    notes = np.full(len(counts), "", dtype=object)
    if params.cap is not None:
        notes[counts > params.cap] = say(message("autocorrelation.note_capped", cap=params.cap))
    percent = round(params.min_area_share * 100)
    notes[~taking_part] = say(message("autocorrelation.note_edge", percent=percent))
    island = taking_part.copy()
    island[taking_part] = answer.sizes == 0
    notes[island] = say(message("autocorrelation.note_island"))
    return notes


def caveats(
    params: LocalMoranParams, answer: Answer, *, n_edge: int, area_basis: str
) -> tuple[Message, ...]:
    """Say what a reader must know; no caveat holds a number that gives counts away.

    Parameters
    ----------
    params : LocalMoranParams
        The parameters as resolved.
    answer : Answer
        What the test said.
    n_edge : int
        Cells with too little of their area in the study area.
    area_basis : str
        What the study area was made from.

    Returns
    -------
    tuple of Message
        Most important first.
    """
    outline = "area_from_incidents" if area_basis == "incidents" else "area_decides"
    said = [
        message("autocorrelation.what_is_hot"),
        message("autocorrelation.not_a_risk"),
        message(f"autocorrelation.{outline}"),
    ]
    if (answer.word == TOO_FEW).any():
        said.insert(0, message("autocorrelation.too_few"))
    if params.n_permutations is not None:
        said[:0] = _on_draws(params)
    if params.cap is not None and params.cap_quantile is not None:
        share = f"{(1 - params.cap_quantile) * 100:.2g}"
        said.append(message("autocorrelation.capped", percent=share))
    if params.islands:
        said.append(message("autocorrelation.islands", cells=params.islands))
    if n_edge:
        percent = round(params.min_area_share * 100)
        said.append(message("autocorrelation.edge_not_tested", cells=n_edge, percent=percent))
    if params.inference == "upper bound":
        said.append(message("autocorrelation.upper_bound"))
    return tuple(said)


def _on_draws(params: LocalMoranParams) -> list[Message]:
    """Say when the draws are too few for the correction."""
    tests = params.cells_tested
    together = fewest_at_floor(
        params.smallest_p_value, tests, adjust=params.adjust, alpha=params.alpha
    )
    if together == 1:
        return []
    draws = params.n_permutations or 0
    # With as many as this, one cell alone can have a p-value that survives.
    needed = math.ceil(
        params.smallest_p_value
        * (1 + draws)
        / limit_of(params.adjust, tests, 1, alpha=params.alpha)
    )
    if together is None:
        return [message("autocorrelation.floor_never", draws=draws, cells=tests, needed=needed)]
    return [
        message("autocorrelation.floor", draws=draws, cells=tests, together=together, needed=needed)
    ]
