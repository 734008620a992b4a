"""What a rate is made of: counts, and a population with a name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from hotspots.errors import FitnessError, ParameterError, SchemaMismatchError
from hotspots.grid.counts import counts_of
from hotspots.results import provenance_of
from hotspots.words import message, say

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class RateBase:
    """Counts and what they are divided by, checked.

    Attributes
    ----------
    counts : ndarray of int64, shape (cells,)
        Incidents, 0 or more.
    population : ndarray of float64, shape (cells,)
        In the order of the grid, 0 or more.
    denominator : str
        What the population counts.
    column : str
        The count column.
    unit : str
        What a rate of it is in, in words.
    """

    counts: NDArray[np.int64]
    population: NDArray[np.float64]
    denominator: str
    column: str
    unit: str


def rate_base(
    grid: gpd.GeoDataFrame,
    population: object,
    *,
    denominator: str,
    column: str,
    per: int,
) -> RateBase:
    """Check what a rate is to be made of.

    Parameters
    ----------
    grid : geopandas.GeoDataFrame
        From ``count_incidents``.
    population : str, pandas.Series or array_like of float, shape (cells,)
        How many there are in each cell.
    denominator : str
        What the population counts.
    column : str
        The count column.
    per : int
        A rate is for so many.

    Returns
    -------
    RateBase
        The counts and the population, cell by cell.

    Raises
    ------
    FitnessError
        If there is no population in any cell, or if a count is negative.
    ParameterError
        If the denominator has no name, ``per`` is no whole number of 1 or more, or the population
        is negative.
    SchemaMismatchError
        If the grid was not made by ``count_incidents``, or the population is not a number in every
        cell.
    """
    if not isinstance(denominator, str) or not denominator.strip():
        msg = (
            f"denominator must name what the population counts, such as 'residents' or 'homes', "
            f"got {denominator!r}. A rate means nothing without it."
        )
        raise ParameterError(msg)
    if not isinstance(per, int | np.integer) or isinstance(per, bool) or per < 1:
        msg = f"per must be a whole number of 1 or more, got {per!r}."
        raise ParameterError(msg)
    facts = provenance_of(grid, column=column)
    unit = message(
        "grid.rate_unit",
        per=int(per),
        denominator=denominator.strip(),
        first=str(facts.period_start),
        last=str(facts.period_end),
    )
    return RateBase(
        counts=counts_of(grid, column),
        population=_population_of(grid, population, denominator.strip()),
        denominator=denominator.strip(),
        column=column,
        unit=say(unit),
    )


def _population_of(
    grid: gpd.GeoDataFrame, population: object, denominator: str
) -> NDArray[np.float64]:
    """Take the population of each cell, whichever way it was given, in the order of the grid."""
    if isinstance(population, str):
        if population not in grid.columns:
            msg = (
                f"The grid has no column {population!r} to take the population from. Add it, or "
                "give the numbers themselves."
            )
            raise SchemaMismatchError(msg)
        given: Any = grid[population]
    elif isinstance(population, pd.Series):
        given = _aligned(grid, population)
    else:
        given = np.asarray(population)
        if given.shape != (len(grid),):
            msg = (
                f"population has the shape {given.shape}, and the grid {len(grid):,} cells. Give "
                "one number a cell, or a Series indexed by cell."
            )
            raise SchemaMismatchError(msg)
    given = pd.Series(given)
    if not pd.api.types.is_numeric_dtype(given) or pd.api.types.is_bool_dtype(given):
        msg = f"population holds {given.dtype}, not a number in every cell. Say how many there are."
        raise SchemaMismatchError(msg)
    numbers = pd.Series(given.to_numpy(dtype=np.float64, na_value=np.nan), index=grid.index)
    unknown = ~np.isfinite(numbers)
    if unknown.any():
        msg = (
            f"The population of {unknown.sum():,} cells is not known, the first being "
            f"{numbers.index[unknown][0]}. Write 0 where there are no {denominator}."
        )
        raise SchemaMismatchError(msg)
    if (numbers < 0).any():
        msg = (
            f"Cell {numbers.idxmin()} has a population of {numbers.min():,}; it must be 0 or more."
        )
        raise ParameterError(msg)
    if not numbers.any():
        msg = f"No cell has any {denominator}, so there is no rate. Check what population holds."
        raise FitnessError(msg)
    return np.asarray(numbers, dtype=np.float64)


def _aligned(grid: gpd.GeoDataFrame, population: pd.Series) -> pd.Series:
    if not population.index.is_unique:
        twice = population.index[population.index.duplicated()][0]
        msg = f"population holds {twice!r} more than once. Add up what belongs to one cell."
        raise SchemaMismatchError(msg)
    absent = grid.index.difference(population.index)
    if len(absent):
        msg = (
            f"population does not know {len(absent):,} of the {len(grid):,} cells, the first being "
            f"{absent[0]}. Its index must hold the cells of the grid; write 0 where there is none. "
            "If it is in the order of the grid, give population.to_numpy()."
        )
        raise SchemaMismatchError(msg)
    return population.reindex(grid.index)
