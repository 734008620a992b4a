"""What the cells of a grid are: hexagons, squares, or named areas."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from hotspots.errors import SchemaMismatchError

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd
    from numpy.typing import NDArray

HEXAGONS: Final = "hexagons"
SQUARES: Final = "squares"
AREAS: Final = "areas"
#: The column that says it, on every row alike. A grid without it has hexagons.
KIND_COLUMN: Final = "grid_kind"
_SQUARE: Final = r"\A([NS])([1-9][0-9]{0,17})([EW])([1-9][0-9]{0,17})\z"


def kind_of(grid: pd.DataFrame) -> str:
    """Say what the cells of a grid are.

    Parameters
    ----------
    grid : pandas.DataFrame
        A grid; index ``cell``.

    Returns
    -------
    {"hexagons", "squares", "areas"}
        The kind.

    Raises
    ------
    SchemaMismatchError
        If the index is not ``cell``, if a cell occurs twice, or if the column ``grid_kind`` holds
        something else.
    """
    if not len(grid) or grid.index.name != "cell":
        msg = (
            "The grid has no cells in its index. Make it with make_hexgrid(area), "
            "make_square_grid(area, cell_m=...) or area_grid(polygons), or give the area from "
            "study_area(polygons)."
        )
        raise SchemaMismatchError(msg)
    if KIND_COLUMN not in grid.columns:
        return HEXAGONS
    kinds = [str(kind) for kind in grid[KIND_COLUMN].unique()]
    if len(kinds) != 1 or kinds[0] not in (SQUARES, AREAS):
        found = ", ".join(sorted(kinds))
        msg = (
            f"The column {KIND_COLUMN!r} says {found}; it says {SQUARES!r} or {AREAS!r} on every "
            "row. Use the grid as it was made."
        )
        raise SchemaMismatchError(msg)
    return kinds[0]


def square_names(rows: NDArray[np.int64], columns: NDArray[np.int64]) -> NDArray[np.object_]:
    """Write the ids of squares: how many squares from the middle, northwards and eastwards.

    Parameters
    ----------
    rows, columns : ndarray of int64, shape (n,)
        0 is the first row north of the middle, and the first column east of it; -1 the first one
        to the south, and to the west.

    Returns
    -------
    ndarray of str, shape (n,)
        Such as ``"N1E1"`` for row 0 and column 0, and ``"S2E13"`` for row -2 and column 12.
    """
    pairs = zip(rows.tolist(), columns.tolist(), strict=True)
    names = [f"{_steps(row, 'N', 'S')}{_steps(column, 'E', 'W')}" for row, column in pairs]
    return np.array(names, dtype=object)


def parse_squares(names: Iterable[str]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Read the ids of squares.

    Parameters
    ----------
    names : iterable of str
        Such as ``"S2E13"``.

    Returns
    -------
    rows, columns : ndarray of int64, shape (n,)
        As ``square_names`` takes them.

    Raises
    ------
    SchemaMismatchError
        If one of them is no id of a square.
    """
    given = np.asarray(names).tolist() if hasattr(names, "dtype") else names
    texts = pl.Series([str(name) for name in given], dtype=pl.String)
    parts = texts.str.extract_groups(_SQUARE).struct.unnest()
    wrong = parts["1"].is_null().to_numpy()
    if wrong.any():
        name = texts[int(np.flatnonzero(wrong)[0])]
        msg = f"{name!r} is not the id of a square. An id looks like 'N3W12'."
        raise SchemaMismatchError(msg)
    return _number(parts["1"], parts["2"], "N"), _number(parts["3"], parts["4"], "E")


def _number(side: pl.Series, steps: pl.Series, ahead: str) -> NDArray[np.int64]:
    number = steps.cast(pl.Int64).to_numpy()
    return np.where((side == ahead).to_numpy(), number - 1, -number)


def _steps(number: int, ahead: str, behind: str) -> str:
    return f"{ahead}{number + 1}" if number >= 0 else f"{behind}{-number}"
