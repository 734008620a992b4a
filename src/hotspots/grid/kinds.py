"""What the cells of a grid are: hexagons, squares, or named areas."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import numpy as np

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
_SQUARE: Final = re.compile(r"([NS])([1-9]\d*)([EW])([1-9]\d*)")


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
    found: list[tuple[int, int]] = []
    for name in names:
        parts = _SQUARE.fullmatch(str(name))
        if parts is None:
            msg = f"{name!r} is not the id of a square. An id looks like 'N3W12'."
            raise SchemaMismatchError(msg)
        row, column = int(parts[2]), int(parts[4])
        found.append(
            (row - 1 if parts[1] == "N" else -row, column - 1 if parts[3] == "E" else -column)
        )
    pairs = np.array(found, dtype=np.int64).reshape(-1, 2)
    return pairs[:, 0], pairs[:, 1]


def _steps(number: int, ahead: str, behind: str) -> str:
    return f"{ahead}{number + 1}" if number >= 0 else f"{behind}{-number}"
