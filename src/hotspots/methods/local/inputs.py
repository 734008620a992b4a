"""From a grid to the arrays that are tested: values, what to compare with, and which cells."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from hotspots.errors import SchemaMismatchError
from hotspots.fitness import check_reference, counts_of, values_of
from hotspots.grid.denominators import rate_base
from hotspots.grid.kinds import HEXAGONS, SQUARES, kind_of
from hotspots.neighbours import Windows, grid_windows

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from hotspots.methods.local.params import LocalGiStarParams


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Inputs:
    """A grid taken apart.

    Attributes
    ----------
    grid : geopandas.GeoDataFrame
        The grid, with the columns that were compared with.
    numbers : ndarray of int64 (float64 for what is no count), shape (cells,)
        What is tested.
    base : ndarray, shape (cells,), or None
        What the null compares with.
    inside : ndarray of bool, shape (cells,)
        Cells with enough of their area in the study area.
    tested : ndarray of bool, shape (cells,)
        Those of them that can be tested: with a population, where it matters.
    """

    grid: gpd.GeoDataFrame
    numbers: NDArray[Any]
    base: NDArray[Any] | None
    inside: NDArray[np.bool_]
    tested: NDArray[np.bool_]


def inputs_of(grid: gpd.GeoDataFrame, params: LocalGiStarParams) -> Inputs:
    """Take out of a grid what the question needs.

    Parameters
    ----------
    grid : geopandas.GeoDataFrame
        A counted grid, with the columns that ``params`` names.
    params : LocalGiStarParams
        The question.

    Returns
    -------
    Inputs
        The arrays.

    Raises
    ------
    FitnessError
        If a count is negative, no cell has a population, or the reference holds too few incidents.
    ParameterError
        If a population is negative.
    SchemaMismatchError
        If a column is missing or holds something else.
    """
    inside = cells_to_test(grid, params.min_area_share)
    tested, base = inside, None
    if params.null == "random_points":
        base = grid["area_in_study_km2"].to_numpy(dtype=np.float64)
        tested = inside & (base > 0)
    elif params.null == "reference":
        base = counts_of(grid, str(params.reference))
        check_reference(base[tested])
    elif params.null == "population":
        base = _population(grid, params)
        tested = inside & (base > 0)
    return Inputs(grid=grid, numbers=_values(grid, params), base=base, inside=inside, tested=tested)


def _values(grid: gpd.GeoDataFrame, params: LocalGiStarParams) -> NDArray[Any]:
    """Take counts; numbers of another kind only where the test can use them."""
    if params.null == "normal" or params.n_permutations is not None:
        found = values_of(grid, params.column)
        whole = pd.api.types.is_integer_dtype(grid[params.column].dtype)
        return counts_of(grid, params.column) if whole and (found >= 0).all() else found
    return counts_of(grid, params.column)


def _population(grid: gpd.GeoDataFrame, params: LocalGiStarParams) -> NDArray[np.float64]:
    return rate_base(
        grid,
        params.population,
        denominator=str(params.denominator),
        column=params.column,
        per=1,
    ).population


def with_column(
    grid: gpd.GeoDataFrame,
    given: Any,  # noqa: ANN401 - a column name, a Series or numbers
    name: str,
) -> tuple[gpd.GeoDataFrame, str | None]:
    """Put numbers that were given beside a grid into it, so that the result holds them.

    Parameters
    ----------
    grid : geopandas.GeoDataFrame
        The grid; it is not changed.
    given : str, pandas.Series, array_like or None
        A column of the grid, a Series indexed by cell, or numbers in the order of the grid.
    name : str
        What a new column is called.

    Returns
    -------
    grid : geopandas.GeoDataFrame
        With the column.
    column : str or None
        What it is called.

    Raises
    ------
    SchemaMismatchError
        If there is not one number for each cell.
    """
    if given is None or isinstance(given, str):
        return grid, given
    if isinstance(given, pd.Series):
        if not given.index.is_unique or len(grid.index.difference(given.index)):
            msg = (
                f"{name} does not hold each cell of the grid once. Its index must be the cells; if "
                f"it is in the order of the grid, give {name}.to_numpy()."
            )
            raise SchemaMismatchError(msg)
        return grid.assign(**{name: given.reindex(grid.index)}), name
    numbers = np.asarray(given)
    if numbers.shape != (len(grid),):
        msg = (
            f"{name} has the shape {numbers.shape}, and the grid {len(grid):,} cells. Give one "
            "number a cell, or a Series indexed by cell."
        )
        raise SchemaMismatchError(msg)
    return grid.assign(**{name: numbers}), name


def cells_to_test(grid: pd.DataFrame, min_area_share: float) -> NDArray[np.bool_]:
    """Say which cells have enough of their area in the study area.

    Parameters
    ----------
    grid : pandas.DataFrame
        With ``area_km2`` and ``area_in_study_km2``.
    min_area_share : float
        The smallest part, 0 to 1.

    Returns
    -------
    ndarray of bool, shape (cells,)
        True where a cell is tested.

    Raises
    ------
    SchemaMismatchError
        If the areas are missing.
    """
    missing = [c for c in ("area_km2", "area_in_study_km2") if c not in grid.columns]
    if missing:
        msg = f"The grid has no column {', '.join(missing)}. Make it with make_hexgrid(area)."
        raise SchemaMismatchError(msg)
    share = grid["area_in_study_km2"].to_numpy() / grid["area_km2"].to_numpy()
    return np.asarray(share >= min_area_share)


def windows_of(
    inputs: Inputs,
    params: LocalGiStarParams,
    graph: Any,  # noqa: ANN401 - libpysal is no dependency
) -> tuple[tuple[Windows, ...], LocalGiStarParams]:
    """Find the windows of the cells to test, and say how wide they are.

    Parameters
    ----------
    inputs : Inputs
        The grid taken apart.
    params : LocalGiStarParams
        The question.
    graph : libpysal.graph.Graph or None
        Neighbours of the user's own.

    Returns
    -------
    windows : tuple of Windows
        One for each number of rings.
    params : LocalGiStarParams
        With the kind of grid and the cells in a full window.
    """
    grid = inputs.grid
    chosen = grid if inputs.tested.all() else grid[inputs.tested]
    if graph is not None and len(chosen) < len(grid):
        graph = graph.subgraph(chosen.index)
    windows = tuple(grid_windows(chosen, n_rings=rings, graph=graph) for rings in params.ring_sizes)
    kind, widest = kind_of(grid), params.ring_sizes[-1]
    if graph is None and kind == HEXAGONS:
        full = 3 * widest * (widest + 1) + 1
    elif graph is None and kind == SQUARES:
        full = (2 * widest + 1) ** 2
    else:
        full = int(windows[-1].sizes.max())
    return windows, replace(params, grid_kind=kind, window_cells=full)
