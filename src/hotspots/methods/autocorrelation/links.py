"""Who is whose neighbour: a window without the cell in its middle."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse

from hotspots.errors import FitnessError, ParameterError
from hotspots.neighbours import grid_windows

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray


def links_between(
    grid: gpd.GeoDataFrame,
    tested: NDArray[np.bool_],
    *,
    n_rings: int,
    graph: Any,  # noqa: ANN401 - libpysal is no dependency
) -> sparse.csr_array:
    """Find the neighbours of each tested cell, of those that are tested.

    Parameters
    ----------
    grid : geopandas.GeoDataFrame
        The grid.
    tested : ndarray of bool, shape (cells,)
        Which cells take part.
    n_rings : int
        Rings of neighbours.
    graph : libpysal.graph.Graph or None
        Neighbours of the user's own.

    Returns
    -------
    scipy.sparse.csr_array of int64, shape (m, m)
        1 where the cell of the column is a neighbour of the cell of the row; no cell is its own.

    Raises
    ------
    FitnessError
        If no cell has a neighbour.
    ParameterError
        If a graph's weights differ between the neighbours of one cell.
    """
    windows = grid_windows(grid, n_rings=n_rings, graph=graph)
    n = len(grid)
    owner = np.repeat(np.arange(n), windows.sizes)
    other = owner != windows.members
    if windows.weights is not None:
        _refuse_unequal(owner[other], windows.weights[other], n)
    keep = other & tested[owner] & tested[windows.members]
    position = np.cumsum(tested) - 1
    rows, columns = position[owner[keep]], position[windows.members[keep]]
    if not len(rows):
        msg = (
            "No cell that is tested has a neighbour that is tested. Take a finer grid, so that "
            "cells lie beside each other, or give a graph."
        )
        raise FitnessError(msg)
    m = int(tested.sum())
    ones = np.ones(len(rows), dtype=np.int64)
    return sparse.csr_array((ones, (rows, columns)), shape=(m, m))


def _refuse_unequal(owner: NDArray[np.intp], weights: NDArray[np.float64], n: int) -> None:
    largest, smallest = np.zeros(n), np.full(n, np.inf)
    np.maximum.at(largest, owner, weights)
    np.minimum.at(smallest, owner, weights)
    if (largest > smallest * (1 + 1e-9)).any():
        msg = (
            "The neighbours of a cell have different weights in this graph; here all neighbours of "
            "a cell count alike. Give graph.transform('B')."
        )
        raise ParameterError(msg)


def enough_area(grid: gpd.GeoDataFrame, min_area_share: float) -> NDArray[np.bool_] | None:
    """Say which cells have enough of their area in the study area.

    Parameters
    ----------
    grid : geopandas.GeoDataFrame
        The grid.
    min_area_share : float
        The smallest part, 0 to 1.

    Returns
    -------
    ndarray of bool, shape (cells,) or None
        None when the grid does not say how large its cells are.
    """
    if not {"area_km2", "area_in_study_km2"} <= set(grid.columns):
        return None
    share = grid["area_in_study_km2"].to_numpy() / grid["area_km2"].to_numpy()
    return np.asarray(share >= min_area_share)
