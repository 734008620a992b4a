"""From arrays to a table with one row per cell, and to what a reader must know."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from hotspots.methods.local.params import MAX_STATISTIC
from hotspots.methods.local.testing import HOT, TOO_FEW
from hotspots.results import HOTSPOT_WORDS
from hotspots.words import Message, message, say

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from hotspots.methods.local.inputs import Inputs
    from hotspots.methods.local.params import LocalGiStarParams
    from hotspots.methods.local.testing import Answer

_NOT_TESTED: Final = -1
#: With fewer incidents than this in a mean window, a cluster of one window with three times the
#: usual rate is missed more often than it is found.
_WEAK_WINDOW: Final = 10
#: What each null does not allow for, or what it is.
_OF_NULL: Final = {
    "shuffled_cells": "not_a_risk",
    "random_points": "not_by_land_alone",
    "population": "more_than_expected",
    "reference": "beside_reference",
    "normal": "normal_not_calibrated",
}


def result_table(inputs: Inputs, answer: Answer, params: LocalGiStarParams) -> gpd.GeoDataFrame:
    """Put the answer beside the grid, row by row.

    Parameters
    ----------
    inputs : Inputs
        The grid as given, its counts, and which cells were tested.
    answer : Answer
        Of the tested cells, in their order.
    params : LocalGiStarParams
        The parameters as resolved.

    Returns
    -------
    geopandas.GeoDataFrame
        The grid with the columns of a cell result, the geometry last.
    """
    grid, tested = inputs.grid, inputs.tested
    whole = inputs.numbers.dtype.kind in "iu"
    counts = inputs.numbers if whole else grid["n"].to_numpy()
    word = np.full(len(grid), _NOT_TESTED, dtype=np.int8)
    word[tested] = answer.word
    columns: dict[str, Any] = {"n": counts} if whole else {}
    columns["window_n"] = _spread(answer.sums, tested, whole=whole)
    for name, values in (
        ("expected", answer.expected),
        ("gi_star", answer.z),
        ("p_value", answer.p_value),
        ("p_adjusted", answer.p_adjusted),
    ):
        columns[name] = _spread(values, tested, whole=False)
    columns |= _ring_columns(answer, params, tested)
    columns["hotspot"] = pd.Categorical.from_codes(word, categories=list(HOTSPOT_WORDS))
    columns["busiest"] = _busiest(counts, params.n_busiest)
    columns["note"] = _notes(inputs, counts, word, params)
    kept = grid.drop(columns=[name for name in columns if name in grid.columns and name != "n"])
    out = kept.assign(**columns)
    return out[[*(c for c in out.columns if c != out.geometry.name), out.geometry.name]]


def _spread(values: NDArray[Any], tested: NDArray[np.bool_], *, whole: bool) -> Any:  # noqa: ANN401
    """Give tested cells their values, and the others none."""
    if not whole:
        out = np.full(len(tested), np.nan)
        out[tested] = values
        return out
    sums = np.zeros(len(tested), dtype=np.int64)
    sums[tested] = values
    return pd.arrays.IntegerArray(sums, ~tested)


def _ring_columns(
    answer: Answer, params: LocalGiStarParams, tested: NDArray[np.bool_]
) -> dict[str, Any]:
    """Say which rings made a cell hot, where several were tested."""
    sizes = params.ring_sizes
    if len(sizes) == 1:
        return {}
    columns = {
        f"p_value_ring_{rings}": _spread(p_values, tested, whole=False)
        for rings, p_values in zip(sizes, answer.ring_p_values, strict=True)
    }
    return {"rings": rings_found(answer.ring_found, params, tested), **columns}


def rings_found(
    found: NDArray[np.bool_], params: LocalGiStarParams, tested: NDArray[np.bool_]
) -> NDArray[np.object_]:
    """Say in which windows each cell was found.

    Parameters
    ----------
    found : ndarray of bool, shape (rings, m)
        What survived the correction.
    params : LocalGiStarParams
        Which rings there are.
    tested : ndarray of bool, shape (cells,)
        Which cells were tested; there are m of them.

    Returns
    -------
    ndarray of str, shape (cells,)
        Such as ``"1,2"``; empty where nothing was found.
    """
    said = np.full(len(tested), "", dtype=object)
    said[tested] = [
        ",".join(str(rings) for rings, hit in zip(params.ring_sizes, cell, strict=True) if hit)
        for cell in found.T
    ]
    return said


def _busiest(counts: NDArray[np.int64], n_busiest: int) -> NDArray[np.bool_]:
    """Mark the busiest cells; a tie across the limit is left out, not broken at random."""
    if n_busiest >= len(counts):
        return counts > 0
    limit = np.partition(counts, -n_busiest - 1)[-n_busiest - 1]
    return np.asarray((counts > limit) & (counts > 0))


def _notes(
    inputs: Inputs, counts: NDArray[np.int64], word: NDArray[np.int8], params: LocalGiStarParams
) -> NDArray[np.object_]:
    notes = np.full(len(counts), "", dtype=object)
    if params.cap is not None:
        notes[inputs.numbers > params.cap] = say(message("methods.note_capped", cap=params.cap))
    if params.denominator is not None:
        without = message("methods.note_no_population", denominator=params.denominator)
        notes[inputs.inside & ~inputs.tested] = say(without)
    percent = round(params.min_area_share * 100)
    notes[~inputs.inside] = say(message("methods.note_edge", percent=percent))
    notes[(word == HOT) & (counts == 0)] = say(message("methods.note_zero"))
    return notes


def caveats(
    params: LocalGiStarParams,
    answer: Answer,
    inputs: Inputs,
    *,
    area_basis: str,
) -> tuple[Message, ...]:
    """Say what a reader must know; no caveat holds a number that gives counts away.

    Parameters
    ----------
    params : LocalGiStarParams
        The parameters as resolved.
    answer : Answer
        What the test said.
    inputs : Inputs
        Which cells were tested.
    area_basis : str
        What the study area was made from.

    Returns
    -------
    tuple of Message
        Most important first.
    """
    outline = "area_from_incidents" if area_basis == "incidents" else "area_decides"
    said = [_what_is_tested(params), _of_null(params), message(f"methods.{outline}")]
    permutations = params.n_permutations or 0
    if not answer.needed_at_floor:
        said.insert(0, message("methods.too_few_permutations", permutations=permutations))
    elif (answer.word == TOO_FEW).all():
        said.insert(0, message("methods.too_few"))
    elif params.inference in ("exact", "upper bound", "approximation") and _is_weak(answer):
        said.append(message("methods.weak_power", limit=_WEAK_WINDOW))
    if answer.needed_at_floor > 1:
        floor = message(
            "methods.permutation_floor",
            permutations=permutations,
            cells=answer.needed_at_floor,
        )
        said.insert(0, floor)
    if params.cap is not None and params.cap_quantile is not None:
        share = f"{(1 - params.cap_quantile) * 100:.2g}"
        said.append(message("methods.capped", percent=share))
    edge, without = int((~inputs.inside).sum()), int((inputs.inside & ~inputs.tested).sum())
    if edge:
        percent = round(params.min_area_share * 100)
        said.append(message("methods.edge_not_tested", cells=edge, percent=percent))
    if without and params.denominator is not None:
        said.append(message("methods.no_population", cells=without, denominator=params.denominator))
    if params.inference == "upper bound":
        said.append(message("methods.upper_bound"))
    if params.adjust == MAX_STATISTIC:
        said.append(message("methods.by_largest", permutations=permutations))
    return tuple(said)


def _is_weak(answer: Answer) -> bool:
    full = answer.nulls[0].expected
    return bool(np.quantile(full, 0.9) < _WEAK_WINDOW)


def _what_is_tested(params: LocalGiStarParams) -> Message:
    cells = params.window_cells
    if len(params.ring_sizes) == 1:
        return message("methods.cells_with_neighbours", cells=cells)
    sizes = ", ".join(map(str, params.ring_sizes))
    return message("methods.cells_with_rings", rings=sizes, cells=cells)


def _of_null(params: LocalGiStarParams) -> Message:
    key = f"methods.{_OF_NULL[params.null]}"
    if params.null == "population":
        return message(key, denominator=str(params.denominator))
    if params.null == "reference":
        return message(key, reference=str(params.reference))
    if params.inference == "permutation" and params.column != "n":
        return message("methods.not_a_risk")
    return message(key)
