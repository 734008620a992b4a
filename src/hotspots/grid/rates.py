"""Rates: incidents against a named denominator, with the uncertainty that small counts have."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from scipy import special

from hotspots.errors import FitnessError, ParameterError
from hotspots.grid.denominators import rate_base
from hotspots.grid.hexgrid import with_constants
from hotspots.words import message, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

    from hotspots.grid.denominators import RateBase
    from hotspots.words import Message

#: On a smaller base a rate is one household's bad luck: it is not given.
SMALLEST_BASE: Final = 30
#: From fewer cells the spread of the rates cannot be learned.
_FEWEST_CELLS: Final = 30
#: No share in per cent is said of fewer incidents.
_FEWEST_FOR_PERCENT: Final = 30

_FACTS: Final = ("denominator", "rate_unit", "rate_of", "incidents_without_base")
#: What the two functions add to a grid, ``population`` apart.
RATE_COLUMNS: Final = (
    "rate", "rate_low", "rate_high", "rate_confidence", "rate_note",
    "rate_eb", "rate_eb_weight", *_FACTS,
)  # fmt: skip


def incident_rate(
    grid: gpd.GeoDataFrame,
    *,
    population: str | pd.Series | Sequence[float] | NDArray[Any],
    denominator: str,
    column: str = "n",
    per: int = 1000,
    confidence: float = 0.95,
) -> gpd.GeoDataFrame:
    """Divide the incidents of each cell by what they could have happened to.

    A cell without population has no rate: nothing is divided by zero, and the cell is neither first
    nor last in any order. A cell with fewer than 30 has none either, since one incident would make
    it look dangerous. The interval is exact if incidents are independent of each other and the
    population is known; where the same homes are hit again, the truth is wider.

    Parameters
    ----------
    grid : geopandas.GeoDataFrame
        From ``count_incidents``.
    population : str, pandas.Series or array_like of float, shape (cells,)
        How many there are in each cell, 0 where there is none; need not be whole. A column of the
        grid; a Series indexed by cell, which may hold other cells too; or values in the order of
        the grid.
    denominator : str
        What ``population`` counts, in the plural: ``"residents"``, ``"homes"``, ``"vehicles"``. It
        has no default, since it decides what the rate means: residents are the wrong base for
        robbery, and for theft from shops.
    column : str, default "n"
        The counts.
    per : int, default 1000
        The rate is for so many of the denominator, in the whole period of the grid.
    confidence : float, default 0.95
        Level of the interval, between 0 and 1.

    Returns
    -------
    geopandas.GeoDataFrame
        The grid with ``population`` (float64); ``rate``, ``rate_low`` and ``rate_high`` (float64,
        in ``rate_unit``; NaN where there is no rate); ``rate_note`` (why there is none, for the
        analyst only); and the same on every row: ``rate_confidence``, ``denominator``,
        ``rate_unit`` (such as ``"incidents per 1,000 residents, 2018-07-01 to 2018-07-31"``),
        ``rate_of`` (the count column) and ``incidents_without_base`` (int64, incidents in cells
        without population, which are in no rate). Rates of another denominator, count or unit that
        the grid carried are taken off.

    Raises
    ------
    FitnessError
        If there is no population in any cell, or if a count is negative.
    ParameterError
        If an argument is outside what is described above, or the population is negative.
    SchemaMismatchError
        If the grid was not made by ``count_incidents``, or the population is not a number in every
        cell.

    Warns
    -----
    UserWarning
        If incidents lie in cells that have no rate: how many.

    See Also
    --------
    empirical_bayes_rate : Rates that can be ranked.

    References
    ----------
    Garwood, F. (1936). Fiducial limits for the Poisson distribution. Biometrika 28, 437-442.
    DOI 10.1093/biomet/28.3-4.437

    Examples
    --------
    >>> import hotspots as hs
    >>> incidents, _ = hs.load_sample("west-yorkshire-2018-07")
    >>> incidents, _ = hs.select_incidents(incidents, offence="burglary")
    >>> area = hs.study_area(hs.read_areas(hs.sample_path("west-yorkshire-lsoa")))
    >>> grid = hs.count_incidents(incidents, hs.make_hexgrid(area, resolution=6))
    >>> grid = hs.incident_rate(grid, population=[10_000] * len(grid), denominator="residents")
    >>> grid["rate_unit"].iloc[0]
    'incidents per 1,000 residents, 2018-07-01 to 2018-07-31'
    >>> busiest = grid.loc[grid["n"].idxmax()]
    >>> bool(busiest["rate_low"] < busiest["rate"] == busiest["n"] / 10 < busiest["rate_high"])
    True
    """
    if not 0 < confidence < 1:
        msg = f"confidence must lie between 0 and 1, got {confidence!r}."
        raise ParameterError(msg)
    base = rate_base(grid, population, denominator=denominator, column=column, per=per)
    large = base.population >= SMALLEST_BASE
    _say_left_out(base, too_small=(base.population > 0) & ~large)
    low, high = poisson_interval(base.counts, confidence=confidence)
    columns: dict[str, Any] = {
        name: _over(values, base.population, large) * per
        for name, values in (("rate", base.counts), ("rate_low", low), ("rate_high", high))
    }
    columns["rate_confidence"] = float(confidence)
    columns["rate_note"] = _notes(base, large)
    return _with_rates(grid, base, columns)


def empirical_bayes_rate(
    grid: gpd.GeoDataFrame,
    *,
    population: str | pd.Series | Sequence[float] | NDArray[Any],
    denominator: str,
    column: str = "n",
    per: int = 1000,
) -> gpd.GeoDataFrame:
    """Draw the rate of each cell towards that of all, the more the smaller its population.

    The highest and the lowest rates of a map belong to its emptiest cells, by chance alone. This
    rate (Marshall 1991, the global estimator) is the mean rate plus a share of the cell's distance
    from it: large where the population is large, small where one incident would decide. So it can
    be ranked, and it says something of cells with fewer than 30 as well. It is no test: a high rate
    is not a hotspot.

    Parameters
    ----------
    grid : geopandas.GeoDataFrame
        From ``count_incidents``.
    population : str, pandas.Series or array_like of float, shape (cells,)
        As for ``incident_rate``.
    denominator : str
        As for ``incident_rate``.
    column : str, default "n"
        The counts.
    per : int, default 1000
        The rate is for so many of the denominator, in the whole period of the grid.

    Returns
    -------
    geopandas.GeoDataFrame
        The grid with ``population``; ``rate_eb`` (float64, in ``rate_unit``; NaN in cells without
        population); ``rate_eb_weight`` (float64, 0 to 1, how much of the cell's own rate is in it;
        0 everywhere when the rates differ no more than chance makes them); and ``denominator``,
        ``rate_unit``, ``rate_of`` and ``incidents_without_base`` as ``incident_rate`` adds them.

    Raises
    ------
    FitnessError
        If fewer than 30 cells have a population, if no incident lies in them, or if a count is
        negative.
    ParameterError
        As ``incident_rate``.
    SchemaMismatchError
        As ``incident_rate``.

    Warns
    -----
    UserWarning
        If incidents lie in cells without population: how many.

    See Also
    --------
    incident_rate : The plain rate, with its interval.

    References
    ----------
    Marshall, R. J. (1991). Mapping disease and mortality rates using empirical Bayes estimators.
    Journal of the Royal Statistical Society C 40, 283-294. DOI 10.2307/2347593

    Examples
    --------
    >>> import hotspots as hs
    >>> incidents, _ = hs.load_sample("west-yorkshire-2018-07")
    >>> incidents, _ = hs.select_incidents(incidents, offence="burglary")
    >>> area = hs.study_area(hs.read_areas(hs.sample_path("west-yorkshire-lsoa")))
    >>> grid = hs.count_incidents(incidents, hs.make_hexgrid(area, resolution=6))
    >>> grid = hs.empirical_bayes_rate(grid, population=[800] * len(grid), denominator="homes")
    >>> bool(grid["rate_eb"].max() < (grid["n"] / 0.8).max())
    True
    """
    base = rate_base(grid, population, denominator=denominator, column=column, per=per)
    some = base.population > 0
    counts, people = base.counts[some], base.population[some]
    _check_can_learn(counts, denominator)
    _say_left_out(base, too_small=np.zeros(len(some), dtype=bool))
    mean, variance = marshall_prior(counts, people)
    own = np.full(len(some), np.nan)
    own[some] = variance / (variance + mean / people)
    rate = np.full(len(some), np.nan)
    rate[some] = mean + own[some] * (counts / people - mean)
    return _with_rates(grid, base, {"rate_eb": rate * per, "rate_eb_weight": own})


def poisson_interval(
    counts: NDArray[np.int64], *, confidence: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Give the exact central interval of the mean of a Poisson count (Garwood 1936).

    Parameters
    ----------
    counts : ndarray of int64, shape (n,)
        What was counted, 0 or more.
    confidence : float
        Between 0 and 1.

    Returns
    -------
    low, high : ndarray of float64, shape (n,)
        The bounds; the lower one is 0 for a count of 0.
    """
    tail = (1 - confidence) / 2
    low = np.zeros(len(counts))
    low[counts > 0] = special.gammaincinv(counts[counts > 0], tail)
    # The upper tail as it is: 1 - tail would round a confidence close to 1 away.
    return low, np.asarray(special.gammainccinv(counts + 1, tail), dtype=np.float64)


def marshall_prior(
    counts: NDArray[np.int64], population: NDArray[np.float64]
) -> tuple[float, float]:
    """Estimate the mean and the variance of the true rates by moments (Marshall 1991).

    Parameters
    ----------
    counts : ndarray of int64, shape (cells,)
        Incidents.
    population : ndarray of float64, shape (cells,)
        Above 0.

    Returns
    -------
    mean, variance : float
        Of the rates for one; the variance is 0 when they differ no more than chance makes them.
    """
    total = population.sum()
    mean = counts.sum() / total
    seen = (population * (counts / population - mean) ** 2).sum() / total
    return float(mean), float(max(0.0, seen - mean / population.mean()))


def without_rates(grid: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Take off the rates that a grid carries: they are of counts that it had.

    Parameters
    ----------
    grid : geopandas.GeoDataFrame
        Any grid.

    Returns
    -------
    geopandas.GeoDataFrame
        A copy without them; ``population`` stays.
    """
    return grid.drop(columns=[name for name in RATE_COLUMNS if name in grid.columns])


def _check_can_learn(counts: NDArray[np.int64], denominator: str) -> None:
    if len(counts) < _FEWEST_CELLS:
        msg = (
            f"{len(counts)} cells have any {denominator}; how much rates differ can be learned "
            f"from {_FEWEST_CELLS} or more. Make the grid finer, or use incident_rate()."
        )
        raise FitnessError(msg)
    if not counts.any():
        msg = (
            f"There is no incident in any cell with {denominator}, so there is nothing to learn a "
            "rate from. Choose a longer period, or other offences."
        )
        raise FitnessError(msg)


def _over(
    values: NDArray[Any], population: NDArray[np.float64], where: NDArray[np.bool_]
) -> NDArray[np.float64]:
    out = np.full(len(where), np.nan)
    out[where] = values[where] / population[where]
    return out


def _notes(base: RateBase, large: NDArray[np.bool_]) -> NDArray[np.object_]:
    notes = np.full(len(large), "", dtype=object)
    small = message("grid.small_base", limit=SMALLEST_BASE, denominator=base.denominator)
    notes[~large] = say(small)
    notes[base.population == 0] = say(message("grid.no_base", denominator=base.denominator))
    return notes


def _say_left_out(base: RateBase, *, too_small: NDArray[np.bool_]) -> None:
    """Warn of incidents that are in no rate; a share in per cent only of enough incidents."""
    said: list[Message] = []
    total, lost = int(base.counts.sum()), int(base.counts[base.population == 0].sum())
    if lost and total >= _FEWEST_FOR_PERCENT:
        percent = f"{100 * lost / total:.1f}"
        said.append(
            message(
                "grid.outside_rates_share",
                incidents=lost,
                total=total,
                percent=percent,
                denominator=base.denominator,
            )
        )
    elif lost:
        said.append(
            message("grid.outside_rates", incidents=lost, total=total, denominator=base.denominator)
        )
    few = int(base.counts[too_small].sum())
    if few:
        said.append(
            message(
                "grid.small_bases",
                incidents=few,
                limit=SMALLEST_BASE,
                denominator=base.denominator,
            )
        )
    if said:
        warnings.warn(" ".join(map(say, said)), UserWarning, stacklevel=3)


def _with_rates(
    grid: gpd.GeoDataFrame, base: RateBase, columns: dict[str, Any]
) -> gpd.GeoDataFrame:
    """Add columns to a copy; older rates stay only if they are of the very same base."""
    same = (
        {*_FACTS, "population"} <= {*grid.columns}
        and (grid["rate_unit"] == base.unit).all()
        and (grid["rate_of"] == base.column).all()
        and np.array_equal(grid["population"].to_numpy(), base.population)
    )
    out = grid.copy() if same else without_rates(grid)
    out["population"] = base.population
    for name, values in columns.items():
        out[name] = values
    out["incidents_without_base"] = int(base.counts[base.population == 0].sum())
    facts = {"denominator": base.denominator, "rate_unit": base.unit, "rate_of": base.column}
    return with_constants(out, facts)
