"""Counts out of a grid, or why they are none: the one check, for rates and for tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from hotspots.errors import FitnessError, SchemaMismatchError

if TYPE_CHECKING:
    from numpy.typing import NDArray


def counts_of(grid: pd.DataFrame, column: str) -> NDArray[np.int64]:
    """Take counts out of a grid, or say why they are none.

    Parameters
    ----------
    grid : pandas.DataFrame
        A counted grid.
    column : str
        The count column.

    Returns
    -------
    ndarray of int64, shape (cells,)
        The counts.

    Raises
    ------
    SchemaMismatchError
        If there is no such column, or it does not hold whole numbers.
    FitnessError
        If a count is negative.
    """
    if column not in grid.columns:
        msg = f"The grid has no column {column!r}. Make it with count_incidents(incidents, grid)."
        raise SchemaMismatchError(msg)
    values = grid[column]
    if not pd.api.types.is_integer_dtype(values.dtype) or values.isna().any():
        msg = (
            f"Column {column!r} holds {values.dtype}, not a whole number in every row; this is for "
            "counts. Give a column that count_incidents made."
        )
        raise SchemaMismatchError(msg)
    counts: NDArray[np.int64] = values.to_numpy(dtype=np.int64)
    if (counts < 0).any():
        cell = grid.index[int(np.flatnonzero(counts < 0)[0])]
        msg = (
            f"Cell {cell} has {counts.min():,} incidents in {column!r}. A feed with signed counts "
            "takes back some in another month: count a longer period."
        )
        raise FitnessError(msg)
    return counts
