"""The curve under all three measures, and what it would be on a map made by chance."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
from scipy import special, stats

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Counts less likely than this are left out of a mean.
_RARE: Final = 1e-15


def curve_table(counts: NDArray[np.int64], *, busiest_first: bool) -> pd.DataFrame:
    """Add up places and incidents, one row for each count that occurs.

    Between two rows the curve is straight, since all places there hold the same count: the table
    is the whole curve, however many places there are.

    Parameters
    ----------
    counts : ndarray of int64, shape (places,)
        Incidents in each place.
    busiest_first : bool
        Start with the busiest place; the Lorenz curve starts with the quietest.

    Returns
    -------
    pandas.DataFrame
        One row more than there are different counts; the first is the origin. Columns ``n`` (the
        count of the places that the row adds, 0 at the origin), ``places`` and ``incidents``
        (int64, so far), ``share_of_places`` and ``share_of_incidents`` (float64, 0 to 1).
    """
    values, places = np.unique(counts, return_counts=True)
    if busiest_first:
        values, places = values[::-1], places[::-1]
    so_far = np.concatenate([[0], np.cumsum(places)])
    incidents = np.concatenate([[0], np.cumsum(values * places)])
    return pd.DataFrame(
        {
            "n": np.concatenate([[0], values]),
            "places": so_far,
            "incidents": incidents,
            "share_of_places": so_far / so_far[-1],
            "share_of_incidents": incidents / incidents[-1],
        }
    )


def gini_of(curve: pd.DataFrame, *, generalized: bool, unbiased: bool) -> float:
    """Take the Gini index from a Lorenz curve.

    Twice the area under the curve, times the places n and the incidents N, is a whole number A.
    The plain index is 1 - A / (n N). The generalised one, max(1, n / N) (G - 1) + 1, is then
    1 - A / (m N) with m = min(n, N). All is kept whole until the last division, so that an even
    map gives 0 and not nearly 0.

    Parameters
    ----------
    curve : pandas.DataFrame
        From ``curve_table``, the quietest place first.
    generalized, unbiased : bool
        Which of the four indices.

    Returns
    -------
    float
        The index.
    """
    places, incidents = curve["places"].tolist(), curve["incidents"].tolist()
    area = sum(
        (places[i] - places[i - 1]) * (incidents[i] + incidents[i - 1])
        for i in range(1, len(places))
    )
    m = min(places[-1], incidents[-1]) if generalized else places[-1]
    return float((m * incidents[-1] - area) / (incidents[-1] * (m - 1 if unbiased else m)))


def gini_at_random(places: int, incidents: int, *, generalized: bool, unbiased: bool) -> float:
    """Give the mean of the Gini index over all maps on which incidents fall on any place alike.

    Exact. Two places together hold M incidents, binomial with chance 2 / n, and each of these is
    as likely in the one as in the other. The mean difference between the two follows, and the
    Gini index is half the mean difference over all pairs, divided by the mean.

    Parameters
    ----------
    places, incidents : int
        How many there are.
    generalized, unbiased : bool
        Which of the four indices.

    Returns
    -------
    float
        The mean.
    """
    both = stats.binom(incidents, 2 / places)
    pair = np.arange(max(1, int(both.ppf(_RARE))), int(both.isf(_RARE)) + 1)
    half = (pair - 1) // 2
    log_ways = special.gammaln(pair) - special.gammaln(half + 1) - special.gammaln(pair - half)
    difference = pair * np.exp(log_ways - (pair - 1) * math.log(2))
    gini = (places - 1) * float(both.pmf(pair) @ difference) / (2 * incidents)
    m = places
    if generalized:
        m = min(places, incidents)
        gini = max(1.0, places / incidents) * (gini - 1) + 1
    return gini * m / (m - 1) if unbiased else gini


def places_needed(busiest: pd.DataFrame, incidents: int) -> int:
    """Count the fewest places that hold so many incidents.

    Parameters
    ----------
    busiest : pandas.DataFrame
        From ``curve_table``, the busiest place first.
    incidents : int
        How many they must hold.

    Returns
    -------
    int
        The number of places.
    """
    row = int(np.searchsorted(busiest["incidents"], incidents))
    before = busiest.iloc[row - 1]
    missing = incidents - int(before["incidents"])
    return int(before["places"]) + -(-missing // int(busiest["n"].iloc[row]))


def places_at_widest(places: int, incidents: int, needed: int) -> int:
    """Count the fewest places that hold so many, when all incidents are spread evenly.

    Parameters
    ----------
    places, incidents : int
        How many there are.
    needed : int
        How many incidents the places must hold.

    Returns
    -------
    int
        The number of places.
    """
    each, rest = divmod(incidents, places)
    if needed <= rest * (each + 1):
        return -(-needed // (each + 1))
    return rest + -(-(needed - rest * (each + 1)) // each)


def places_at_random(places: int, incidents: int, needed: int) -> float:
    """Give how few places would hold so many, if incidents fell on any place alike.

    Taken from the mean number of places with each count, busiest first: close to the mean over
    many such maps, not exact.

    Parameters
    ----------
    places, incidents : int
        How many there are.
    needed : int
        How many incidents the places must hold.

    Returns
    -------
    float
        The number of places.
    """
    one = stats.binom(incidents, 1 / places)
    value = np.arange(int(one.isf(_RARE)), 0, -1)
    so_many = places * one.pmf(value)
    held = np.concatenate([[0.0], np.cumsum(value * so_many)])
    return float(np.interp(needed, held, np.concatenate([[0.0], np.cumsum(so_many)])))
