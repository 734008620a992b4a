"""One correction for many maps: months behind a slider, offences behind a switch."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from hotspots.errors import ParameterError
from hotspots.inference.correction import adjust_p_values
from hotspots.methods.local.again import prepared_again
from hotspots.methods.local.params import MAX_STATISTIC, LocalGiStarParams
from hotspots.methods.local.report import rings_found
from hotspots.methods.local.smallest import smallest_hot_sum
from hotspots.methods.local.testing import COLD, HOT, NOT_SIGNIFICANT, TOO_FEW, p_values_of_map
from hotspots.results import HOTSPOT_WORDS, HotspotResult
from hotspots.words import message, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from hotspots.methods.local.testing import Prepared
    from hotspots.words import Message

_MUST_AGREE = ("alternative", "adjust", "alpha")


def correct_together(results: Sequence[HotspotResult]) -> tuple[HotspotResult, ...]:
    """Correct many maps as one: every cell of every map counts as one test.

    A page that shows 24 months of 10 offences shows 240 maps. If each may mark something by chance
    on 5 of 100 days of pure noise, a page of 240 nearly always shows a false hotspot somewhere.
    Corrected together, at most ``alpha`` of all such *pages* show any.

    Parameters
    ----------
    results : sequence of HotspotResult
        From ``local_gi_star``, two or more, of the same ``alternative``, ``adjust`` and ``alpha``.

    Returns
    -------
    tuple of HotspotResult
        The same maps with ``p_adjusted``, ``hotspot``, ``rings`` and ``note`` as corrected
        together, and ``params.maps_together`` saying of how many. Nulls that are fitted to the map
        are taken as first fitted, hotspots included.

    Raises
    ------
    ParameterError
        If there are fewer than two results, if one is of another method, if they do not agree in
        what was asked, or if one cannot be tested again.

    References
    ----------
    Benjamini, Y. and Hochberg, Y. (1995). Controlling the false discovery rate. Journal of the
    Royal Statistical Society B 57, 289-300. DOI 10.1111/j.2517-6161.1995.tb02031.x

    Examples
    --------
    >>> import hotspots as hs
    >>> incidents, _ = hs.load_sample("west-yorkshire-2018-07")
    >>> area = hs.study_area(hs.read_areas(hs.sample_path("west-yorkshire-lsoa")))
    >>> grid = hs.make_hexgrid(area, resolution=7)
    >>> grid = hs.count_incidents(incidents, grid, by="group")
    >>> maps = [hs.local_gi_star(grid, column=c) for c in ("n_burglary", "n_robbery")]
    >>> [r.params.maps_together for r in hs.correct_together(maps)]
    [2, 2]
    """
    given = tuple(results)
    _check(given)
    prepared = [_again(result) for result in given]
    p_values = [
        _from_table(result) if ready is None else p_values_of_map(ready, result.params)
        for result, ready in zip(given, prepared, strict=True)
    ]
    params = given[0].params
    tests = np.concatenate([p.ravel() for p in p_values])
    adjusted, mark = adjust_p_values(tests, params.adjust), sha256(tests.tobytes()).hexdigest()
    found = int((adjusted <= params.alpha).sum())
    parts = np.split(adjusted, np.cumsum([p.size for p in p_values])[:-1])
    made = []
    for result, ready, before, part in zip(given, prepared, p_values, parts, strict=True):
        smallest = None
        if ready is not None:
            smallest = smallest_hot_sum(
                ready.nulls, result.params, n_tests=adjusted.size, found=found
            )
        resolved = replace(
            result.params,
            maps_together=len(given),
            together_with=mark,
            smallest_hot_sum=smallest,
        )
        made.append(
            replace(
                result,
                data=_table(result, before, part.reshape(before.shape)),
                params=resolved,
                caveats=_caveats(result, len(given)),
            )
        )
    return tuple(made)


def _check(results: tuple[HotspotResult, ...]) -> None:
    fewest = 2
    if len(results) < fewest:
        msg = f"correct_together() takes two results or more, got {len(results)}."
        raise ParameterError(msg)
    for result in results:
        params = getattr(result, "params", None)
        if not isinstance(params, LocalGiStarParams):
            kind = getattr(result, "method", type(result).__name__)
            msg = f"correct_together() takes results of local_gi_star, got one of {kind}."
            raise ParameterError(msg)
        if params.adjust == MAX_STATISTIC:
            msg = (
                "Results of adjust='max_statistic' cannot be corrected together: it compares with "
                "shuffles of one map. Test with adjust='fdr_bh'."
            )
            raise ParameterError(msg)
        for name in _MUST_AGREE:
            mine, first = getattr(params, name), getattr(results[0].params, name)
            if mine != first:
                msg = (
                    f"The results do not agree: {name} is {first!r} in the first and {mine!r} in "
                    "another. Test all of them in the same way."
                )
                raise ParameterError(msg)


def _again(result: HotspotResult) -> Prepared | None:
    """Prepare the map anew; None where its graph is gone, and the table must do."""
    if not result.params.graph:
        return prepared_again(result, graph=None)
    if result.params.null in ("population", "reference"):
        msg = (
            f"A result of null={result.params.null!r} on a graph cannot be corrected together: the "
            "null would have to be fitted anew, and the result does not hold its graph."
        )
        raise ParameterError(msg)
    return None


def _from_table(result: HotspotResult) -> NDArray[np.float64]:
    tested = result.data["hotspot"].notna()
    return np.asarray(result.data.loc[tested, "p_value"], dtype=np.float64)[None, :]


def _table(
    result: HotspotResult,
    p_values: NDArray[np.float64],
    adjusted: NDArray[np.float64],
) -> Any:  # noqa: ANN401 - a GeoDataFrame
    data, params = result.data, result.params
    tested = data["hotspot"].notna().to_numpy()
    found = adjusted <= params.alpha
    was = data["hotspot"].cat.codes.to_numpy()[tested]
    word = np.where(was == TOO_FEW, TOO_FEW, NOT_SIGNIFICANT).astype(np.int8)
    busier = (
        data["window_n"].to_numpy(dtype=np.float64, na_value=np.nan)[tested]
        >= (data["expected"].to_numpy()[tested])
    )
    word[found.any(axis=0)] = HOT
    if params.alternative == "two-sided":
        word[found.any(axis=0) & ~busier] = COLD
    codes = np.full(len(data), -1, dtype=np.int8)
    codes[tested] = word
    columns: dict[str, Any] = {}
    for name, values in (("p_value", p_values), ("p_adjusted", adjusted)):
        columns[name] = np.full(len(data), np.nan)
        columns[name][tested] = values.min(axis=0)
    if len(params.ring_sizes) > 1:
        columns["rings"] = rings_found(found, params, tested)
    columns["hotspot"] = pd.Categorical.from_codes(codes, categories=list(HOTSPOT_WORDS))
    # What was hot because of its neighbours may be so no more, and the other way round.
    zero = say(message("methods.note_zero"))
    notes = np.where(data["note"] == zero, "", data["note"].to_numpy(dtype=object))
    columns["note"] = np.where((codes == HOT) & (data["n"] == 0).to_numpy(), zero, notes)
    return data.assign(**columns)


def _caveats(result: HotspotResult, maps: int) -> tuple[Message, ...]:
    said = [c for c in result.caveats if c.key != "methods.together"]
    return (said[0], message("methods.together", maps=maps), *said[1:])
