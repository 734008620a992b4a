"""Three ways to say how concentrated incidents are."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import TYPE_CHECKING, Final

import numpy as np

from hotspots.errors import ParameterError
from hotspots.fitness import FEWEST_FOR_PERCENT, check_concentration, counts_of
from hotspots.methods.concentration.curve import (
    curve_table,
    gini_at_random,
    gini_of,
    places_at_random,
    places_at_widest,
    places_needed,
)
from hotspots.methods.concentration.params import (
    ConcentrationShareParams,
    GiniIndexParams,
    LorenzCurveParams,
)
from hotspots.results import Estimate
from hotspots.words import Message, message

if TYPE_CHECKING:
    import pandas as pd

_HALF: Final = 0.5
#: From here on two figures need no decimal.
_TWO_FIGURES: Final = 9.95


def lorenz_curve(grid: pd.DataFrame, *, column: str = "n") -> Estimate:
    """Give the Lorenz curve: which share of the incidents the quietest places hold.

    Beside it stands the curve of the most even map that these incidents could make. With fewer
    incidents than places that is not the diagonal: some places must stay empty.

    Parameters
    ----------
    grid : pandas.DataFrame
        One row for each place of the study area, those without an incident included: from
        ``count_incidents``, or any table with whole numbers in ``column``.
    column : str, default "n"
        The counts.

    Returns
    -------
    Estimate
        ``data`` is the curve, shape (different counts + 1, 6), the quietest places first: ``n``
        (int64, the count of the places that the row adds), ``places``, ``incidents`` (int64, so
        far), ``share_of_places``, ``share_of_incidents`` and ``share_of_incidents_if_even``
        (float64, 0 to 1). Between rows both curves are straight, but for the one corner of the
        most even one. ``estimate`` is the plain Gini index: twice the area between the curve and
        the diagonal. Interval, standard error and p-value are NaN. ``params`` is a
        ``LorenzCurveParams``.

    Raises
    ------
    FitnessError
        If there are fewer than two places or two incidents, or a count is negative.
    SchemaMismatchError
        If there is no such column, or it does not hold whole numbers.

    See Also
    --------
    gini_index : One number for the curve, fair to sparse counts.

    References
    ----------
    Bernasco, W. and Steenbeek, W. (2017). More places than crimes: implications for evaluating the
    law of crime concentration at place. Journal of Quantitative Criminology 33, 451-467.
    DOI 10.1007/s10940-016-9324-7

    Examples
    --------
    >>> import hotspots as hs
    >>> incidents, _ = hs.load_sample("west-yorkshire-2018-07")
    >>> incidents, _ = hs.select_incidents(incidents, offence="burglary")
    >>> area = hs.study_area(hs.read_areas(hs.sample_path("west-yorkshire-lsoa")))
    >>> grid = hs.count_incidents(incidents, hs.make_hexgrid(area, resolution=8))
    >>> curve = hs.lorenz_curve(grid).data
    >>> curve[["share_of_places", "share_of_incidents"]].iloc[[0, -1]].to_numpy().tolist()
    [[0.0, 0.0], [1.0, 1.0]]
    """
    counts = counts_of(grid, column)
    check_concentration(counts)
    curve = curve_table(counts, busiest_first=False)
    places, incidents = int(curve["places"].iloc[-1]), int(curve["incidents"].iloc[-1])
    bare = max(0, places - incidents)
    curve["share_of_incidents_if_even"] = (curve["places"] - bare).clip(lower=0) / (places - bare)
    empty = int((counts == 0).sum())
    said = message(
        "methods.lorenz", incidents=incidents, busy=places - empty, places=places, empty=empty
    )
    return _estimate(
        gini_of(curve, generalized=False, unbiased=False),
        curve,
        "lorenz_curve",
        LorenzCurveParams(column=column, places=places, incidents=incidents),
        (said,),
    )


def gini_index(
    grid: pd.DataFrame,
    *,
    column: str = "n",
    generalized: bool = True,
    unbiased: bool = False,
) -> Estimate:
    """Say in one number how unevenly incidents lie on places.

    With fewer incidents than places the plain index is near 1 on any map, since most places must
    be empty. The generalised index compares with the most even map that these incidents could
    make: 0 when no two share a place. With no fewer incidents than places both are the same.

    Chance alone is not even: incidents that fall at random share places. What the index would be
    then stands beside it, in ``params.at_random``; compare with that before calling a map
    concentrated.

    Parameters
    ----------
    grid : pandas.DataFrame
        One row for each place of the study area, those without an incident included: from
        ``count_incidents``, or any table with whole numbers in ``column``. Places count alike,
        whatever their area.
    column : str, default "n"
        The counts.
    generalized : bool, default True
        Compare with the most even map possible; False gives the plain index.
    unbiased : bool, default False
        Stretch the index so that it is 1 when all incidents share one place: times m / (m - 1),
        with m the number of places or, for the generalised index, of incidents where these are
        fewer.

    Returns
    -------
    Estimate
        ``estimate`` is the index, 0 to 1. Standard error, interval and p-value are NaN: all places
        of the study area are there, not a sample of them. ``data`` is the Lorenz curve, shape
        (different counts + 1, 5), see ``lorenz_curve``. ``params`` is a ``GiniIndexParams``;
        ``sentences`` says it in words.

    Raises
    ------
    FitnessError
        If there are fewer than two places or two incidents, or a count is negative.
    SchemaMismatchError
        If there is no such column, or it does not hold whole numbers.

    See Also
    --------
    concentration_share : The same for people who do not read an index.

    References
    ----------
    Bernasco, W. and Steenbeek, W. (2017). More places than crimes: implications for evaluating the
    law of crime concentration at place. Journal of Quantitative Criminology 33, 451-467.
    DOI 10.1007/s10940-016-9324-7

    Deltas, G. (2003). The small-sample bias of the Gini coefficient. Review of Economics and
    Statistics 85, 226-234. DOI 10.1162/rest.2003.85.1.226

    Examples
    --------
    >>> import hotspots as hs
    >>> import pandas as pd
    >>> sparse = pd.DataFrame({"n": [5, 2, 1, 0, 0, 0, 0, 0, 0, 0]})
    >>> hs.gini_index(sparse).estimate, hs.gini_index(sparse, generalized=False).estimate
    (0.75, 0.8)
    >>> print(hs.gini_index(sparse).sentences[0])
    The 8 incidents lie on 10 places with a Gini index of 0.75; at random it would be about 0.41.
    """
    counts = counts_of(grid, column)
    check_concentration(counts)
    curve = curve_table(counts, busiest_first=False)
    places, incidents = int(curve["places"].iloc[-1]), int(curve["incidents"].iloc[-1])
    params = GiniIndexParams(
        column=column,
        generalized=generalized,
        unbiased=unbiased,
        places=places,
        incidents=incidents,
        at_random=gini_at_random(places, incidents, generalized=generalized, unbiased=unbiased),
    )
    gini = gini_of(curve, generalized=generalized, unbiased=unbiased)
    said = [
        message(
            "methods.gini",
            incidents=incidents,
            places=places,
            gini=f"{gini:.2f}",
            at_random=f"{params.at_random:.2f}",
        )
    ]
    if incidents < places:
        kind = "gini_allows_for_few" if generalized else "gini_high_from_few"
        said.append(message(f"methods.{kind}"))
    return _estimate(gini, curve, "gini_index", params, tuple(said))


def concentration_share(grid: pd.DataFrame, *, column: str = "n", share: float = 0.5) -> Estimate:
    """Say in how few places a share of the incidents lies: half of them in 6 % of the cells.

    The smallest set of places that holds the share or more. With fewer incidents than places any
    map looks concentrated this way, since half the incidents cannot lie in more places than there
    are incidents. So two other shares stand beside it: if the incidents had fallen at random
    (``params.at_random``), and if they were spread as widely as they can be
    (``params.at_widest``).

    Parameters
    ----------
    grid : pandas.DataFrame
        One row for each place of the study area, those without an incident included: from
        ``count_incidents``, or any table with whole numbers in ``column``. Places count alike,
        whatever their area. Empty land in the study area makes the share smaller.
    column : str, default "n"
        The counts.
    share : float, default 0.5
        Share of the incidents, above 0 and at most 1.

    Returns
    -------
    Estimate
        ``estimate`` is the share of the places, 0 to 1. Standard error, interval and p-value are
        NaN: all places of the study area are there, not a sample of them. ``data``, shape
        (different counts + 1, 5), has the busiest places first: ``n`` (int64, the count of the
        places that the row adds), ``places``, ``incidents`` (int64, so far), ``share_of_places``
        and ``share_of_incidents`` (float64, 0 to 1). ``params`` is a
        ``ConcentrationShareParams``; ``sentences`` says it in words.

    Raises
    ------
    FitnessError
        If there are fewer than 30 places or 30 incidents (too few for a percentage), or a count is
        negative.
    ParameterError
        If ``share`` is not above 0 and at most 1.
    SchemaMismatchError
        If there is no such column, or it does not hold whole numbers.

    See Also
    --------
    gini_index : One number that needs no share to be chosen.

    References
    ----------
    Weisburd, D. (2015). The law of crime concentration and the criminology of place. Criminology
    53, 133-157. DOI 10.1111/1745-9125.12070

    Examples
    --------
    >>> import hotspots as hs
    >>> incidents, _ = hs.load_sample("west-yorkshire-2018-07")
    >>> incidents, _ = hs.select_incidents(incidents, offence="burglary")
    >>> area = hs.study_area(hs.read_areas(hs.sample_path("west-yorkshire-lsoa")))
    >>> grid = hs.count_incidents(incidents, hs.make_hexgrid(area, resolution=8))
    >>> half = hs.concentration_share(grid)
    >>> half.estimate < half.params.at_random < half.params.at_widest
    True
    """
    if not 0 < share <= 1:
        msg = f"share must be above 0 and at most 1, got {share!r}. Half is 0.5."
        raise ParameterError(msg)
    counts = counts_of(grid, column)
    check_concentration(counts, fewest=FEWEST_FOR_PERCENT)
    busiest = curve_table(counts, busiest_first=True)
    places, incidents = int(busiest["places"].iloc[-1]), int(busiest["incidents"].iloc[-1])
    # As written, not as stored: 0.07 of 100 is 7, although 0.07 * 100 is more than 7.
    needed = math.ceil(Fraction(str(float(share))) * incidents)
    params = ConcentrationShareParams(
        column=column,
        share=float(share),
        places=places,
        incidents=incidents,
        incidents_needed=needed,
        places_needed=places_needed(busiest, needed),
        at_random=places_at_random(places, incidents, needed) / places,
        at_widest=places_at_widest(places, incidents, needed) / places,
    )
    return _estimate(
        params.places_needed / places, busiest, "concentration_share", params, _said(params)
    )


def _said(params: ConcentrationShareParams) -> tuple[Message, ...]:
    values: dict[str, str | int] = {
        "incidents": params.incidents,
        "percent_places": _percent(params.places_needed / params.places),
        "busiest": params.places_needed,
        "places": params.places,
    }
    if params.share == _HALF:
        first = message("methods.concentration_half", **values)
    else:
        first = message("methods.concentration", percent=f"{100 * params.share:g}", **values)
    by_chance = message(
        "methods.concentration_by_chance",
        percent_random=_percent(params.at_random),
        percent_widest=_percent(params.at_widest),
    )
    return first, by_chance


def _percent(share: float) -> str:
    """Write a share as a percentage with two figures, three where it is 100."""
    percent = 100 * share
    return f"{percent:.0f}" if percent >= _TWO_FIGURES else f"{percent:.2g}"


def _estimate(
    value: float,
    data: pd.DataFrame,
    method: str,
    params: LorenzCurveParams | GiniIndexParams | ConcentrationShareParams,
    sentences: tuple[Message, ...],
) -> Estimate:
    return Estimate(
        estimate=value,
        standard_error=np.nan,
        confidence_interval=(np.nan, np.nan),
        p_value=np.nan,
        method=method,
        params=params,
        data=data,
        sentences=sentences,
    )
