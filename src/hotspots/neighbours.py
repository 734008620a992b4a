"""Windows: each cell with the cells around it, of those in a set."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import polars as pl
import polars_h3 as plh3
import shapely
from scipy import sparse

from hotspots.cells import as_cells, cells_in_base
from hotspots.crs import WGS84, centre_of
from hotspots.errors import CoordinateReferenceError, ParameterError
from hotspots.grid.kinds import AREAS, SQUARES, kind_of, parse_squares
from hotspots.grid.plane import on_plane

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

#: Named areas that come as near to each other as this share a border or a corner: files of areas
#: are drawn with such gaps.
TOUCH_M: Final = 1.0
#: Cells are looked up on a board that has at most so many squares a cell, or is small anyway.
_SPARSEST: Final = 32
_SMALL_BOARD: Final = 1_000_000
_TWICE: Final = "A cell occurs more than once. Give each cell of the grid one row."


@dataclass(frozen=True, slots=True, eq=False)
class Windows:
    """Which cells stand in the window of which cell, as compressed sparse rows.

    Attributes
    ----------
    starts : ndarray of int64, shape (n + 1,)
        The members of cell ``i`` are ``members[starts[i]:starts[i + 1]]``.
    members : ndarray of int64
        Positions of cells; the cell itself is one of its members.
    weights : ndarray of float64 or None
        The weight of each member, when they are not all 1. Only windows from a graph have any.
    """

    starts: NDArray[np.int64]
    members: NDArray[np.int64]
    weights: NDArray[np.float64] | None = None

    @property
    def sizes(self) -> NDArray[np.int64]:  # numpydoc ignore=RT01
        """Number of cells in each window, the cell itself included."""
        return np.diff(self.starts)

    def sums(self, values: NDArray[np.int64]) -> NDArray[np.int64]:
        """Add up values over each window; weights are not used.

        Parameters
        ----------
        values : ndarray of int64, shape (n,) or (n, k)
            One value per cell, or one column per map.

        Returns
        -------
        ndarray of int64, shape (n,) or (n, k)
            The sum over the window of each cell.
        """
        n = len(self.starts) - 1
        ones = np.ones(len(self.members), dtype=np.int64)
        matrix = sparse.csr_array((ones, self.members, self.starts), shape=(n, n))
        return np.asarray(matrix @ values)


def grid_windows(
    grid: gpd.GeoDataFrame,
    *,
    n_rings: int = 1,
    graph: Any = None,  # noqa: ANN401 - libpysal is no dependency
) -> Windows:
    """Find the window of each cell of any grid: itself, and the cells around it.

    Parameters
    ----------
    grid : geopandas.GeoDataFrame
        From ``make_hexgrid``, ``make_square_grid`` or ``area_grid``, or some rows of one.
    n_rings : int, default 1
        Rings around the cell. One ring is: of a hexagon the up to 6 around it; of a square the up
        to 8 that share a side or a corner, by row and column; of a named area those within 1 m of
        it. The next ring is the neighbours of these.
    graph : libpysal.graph.Graph or None, default None
        Neighbours of your own. Its ids must be the cells of the grid, in any order. Neighbours
        with a weight of 0 are none; the cell itself is added to its window, with the weight 1 where
        the graph gives it none.

    Returns
    -------
    Windows
        In the order of the grid. ``weights`` is None when all are 1.

    Raises
    ------
    CoordinateReferenceError
        If named areas are not in EPSG:4326.
    ParameterError
        If a cell occurs twice, if ``n_rings`` is not a whole number of 1 or more, if it is above 1
        beside a graph, if the graph's ids are not the cells of the grid, or if a weight is negative
        or not a number.
    SchemaMismatchError
        If the grid's index does not hold cells.
    """
    if not isinstance(n_rings, int | np.integer) or isinstance(n_rings, bool) or n_rings < 1:
        msg = f"n_rings must be a whole number of 1 or more, got {n_rings!r}."
        raise ParameterError(msg)
    kind = kind_of(grid)
    if not grid.index.is_unique:
        raise ParameterError(_TWICE)
    if graph is not None:
        if n_rings > 1:
            msg = (
                "A graph says itself who is whose neighbour, so n_rings must be 1. For wider "
                "windows give a graph of a higher order: graph.higher_order(2, lower_order=True)."
            )
            raise ParameterError(msg)
        return _graph_windows(grid.index, graph)
    if kind == SQUARES:
        return square_windows(*parse_squares(grid.index), n_rings=n_rings)
    if kind == AREAS:
        return area_windows(grid, n_rings=n_rings)
    return cell_windows(grid.index, n_rings=n_rings)


def cell_windows(cells: Any, *, n_rings: int = 1) -> Windows:  # noqa: ANN401 - as as_cells
    """Find the window of each hexagon: itself and the rings around it, of the cells given.

    Parameters
    ----------
    cells : array_like of uint64 or str, shape (n,)
        H3 cells of one resolution, each once.
    n_rings : int, default 1
        Rings around the cell: 1 makes windows of up to 7 cells, 2 of 19, 3 of 37.

    Returns
    -------
    Windows
        At the edge of the set, and at a pentagon, windows are smaller.

    Raises
    ------
    ParameterError
        If a cell occurs twice.
    """
    given = as_cells(cells)
    if not len(given):
        return Windows(np.zeros(1, dtype=np.int64), np.empty(0, dtype=np.int64))
    base, i, j = cells_in_base(given)
    around = [
        (a, b)
        for a in range(-n_rings, n_rings + 1)
        for b in range(max(-n_rings, a - n_rings), min(n_rings, a + n_rings) + 1)
    ]
    at = _positions_around(base, i, j, around)
    # A window that is whole lies inside one base cell, where the lattice is flat. All others are at
    # the edge of the set, of a base cell, or of the gap around a pentagon: H3 itself says what is
    # around them.
    rest = np.flatnonzero((at < 0).any(axis=1))
    at[rest] = _disks_of(given, rest, n_rings)
    return _windows_at(at)


def _disks_of(
    cells: NDArray[np.uint64], asked: NDArray[np.intp], n_rings: int
) -> NDArray[np.int32]:
    """Ask H3 what is around these cells, and find it among all of them; -1 where it is not."""
    found = np.full((len(asked), 3 * n_rings * (n_rings + 1) + 1), -1, dtype=np.int32)
    if not len(asked):
        return found
    disks = pl.DataFrame({"cell": cells[asked]}).select(plh3.grid_disk("cell", n_rings)).to_series()
    sizes = disks.list.len().to_numpy().astype(np.int64)
    around = disks.explode().to_numpy()
    order = np.argsort(cells)
    at = order[np.minimum(np.searchsorted(cells, around, sorter=order), len(cells) - 1)]
    row = np.repeat(np.arange(len(asked)), sizes)
    found[row, np.arange(len(around)) - (np.cumsum(sizes) - sizes)[row]] = np.where(
        cells[at] == around, at, -1
    )
    return found


def square_windows(
    rows: NDArray[np.int64], columns: NDArray[np.int64], *, n_rings: int = 1
) -> Windows:
    """Find the window of each square: itself and those that share a side or a corner with it.

    Parameters
    ----------
    rows, columns : ndarray of int64, shape (n,)
        Where each square is; each once.
    n_rings : int, default 1
        Rings around the square: 1 makes windows of up to 9 squares, 2 of 25, 3 of 49.

    Returns
    -------
    Windows
        At the edge of the set windows are smaller.

    Raises
    ------
    ParameterError
        If a square occurs twice.
    """
    steps = range(-n_rings, n_rings + 1)
    around = [(a, b) for a in steps for b in steps]
    return _windows_at(_positions_around(np.zeros_like(rows), rows, columns, around))


def area_windows(areas: gpd.GeoDataFrame, *, n_rings: int = 1) -> Windows:
    """Find the window of each named area: itself and those that share a border or a corner.

    Parameters
    ----------
    areas : geopandas.GeoDataFrame
        Polygons in EPSG:4326.
    n_rings : int, default 1
        2 takes in the neighbours of neighbours too, and so on.

    Returns
    -------
    Windows
        Areas within 1 m of each other are neighbours.

    Raises
    ------
    CoordinateReferenceError
        If the areas are not in EPSG:4326.
    """
    if areas.crs is None or not areas.crs.equals(WGS84):
        msg = f"The areas of a grid are in EPSG:4326, these are in {areas.crs}. Use area_grid()."
        raise CoordinateReferenceError(msg)
    shapes = areas.geometry.to_numpy()
    n = len(shapes)
    plane = on_plane(shapes, centre_of(shapes))
    one, other = shapely.STRtree(plane).query(plane, predicate="dwithin", distance=TOUCH_M)
    step = sparse.csr_array((np.ones(len(one), dtype=np.int64), (one, other)), shape=(n, n))
    reached = step
    for _ in range(n_rings - 1):
        reached = reached @ step
        reached.data[:] = 1
    reached.sort_indices()
    return Windows(reached.indptr.astype(np.int64), reached.indices.astype(np.int64))


def _graph_windows(cells: pd.Index, graph: Any) -> Windows:  # noqa: ANN401 - libpysal's Graph
    pairs, ids = getattr(graph, "adjacency", None), getattr(graph, "unique_ids", None)
    if pairs is None or ids is None:
        kind = type(graph).__name__
        msg = (
            f"graph must be a libpysal.graph.Graph, got a {kind}. Make one of older weights: "
            "Graph.from_W(w)."
        )
        raise ParameterError(msg)
    unknown, absent = ids.difference(cells), cells.difference(ids)
    if len(unknown) or len(absent):
        first = f"cell {absent[0]!r} is not in it" if len(absent) else f"it has {unknown[0]!r}"
        msg = (
            f"The ids of the graph are not the cells of the grid: {first}. Build it from the grid "
            "itself, whose index holds the cells, such as Graph.build_contiguity(grid)."
        )
        raise ParameterError(msg)
    weight = np.asarray(pairs.to_numpy(), dtype=np.float64)
    if not (weight >= 0).all() or not np.isfinite(weight).all():
        msg = f"A weight of the graph is {weight.min()}; each must be a number of 0 or more."
        raise ParameterError(msg)
    focal, neighbour = (
        cells.get_indexer(pairs.index.get_level_values(level))[weight > 0] for level in (0, 1)
    )
    weight = weight[weight > 0]
    alone = np.setdiff1d(np.arange(len(cells)), focal[focal == neighbour])
    focal, neighbour = np.append(focal, alone), np.append(neighbour, alone)
    weight = np.append(weight, np.ones(len(alone)))
    order = np.lexsort((neighbour, focal))
    starts = np.concatenate([[0], np.cumsum(np.bincount(focal, minlength=len(cells)))])
    return Windows(
        starts.astype(np.int64),
        neighbour[order].astype(np.int64),
        None if (weight == 1).all() else weight[order],
    )


def _positions_around(
    patch: NDArray[np.int64],
    i: NDArray[np.int64],
    j: NDArray[np.int64],
    around: list[tuple[int, int]],
) -> NDArray[np.int32]:
    """Find, for each cell, which cells stand at these steps from it; -1 where none does.

    Cells are looked up by a number made of their position; in their order the numbers to look up
    rise as well, which a binary search does at the speed of a merge.
    """
    n, reach = len(i), max(max(step) for step in around)
    wide, high = int(np.ptp(j)) + 1 + reach, int(np.ptp(i)) + 1 + reach
    key = (patch * high + (i - i.min())) * wide + (j - j.min())
    key -= key.min()
    if key.max() < _SPARSEST * n + _SMALL_BOARD:
        return _positions_on_board(key, [a * wide + b for a, b in around])
    order = np.argsort(key)
    ordered = key[order]
    if (ordered[1:] == ordered[:-1]).any():
        raise ParameterError(_TWICE)
    at = np.full((n, len(around)), -1, dtype=np.int32)
    last = len(around) - 1
    # The steps come in pairs of opposites, first and last, and one search serves both.
    for k in range(last // 2):
        a, b = around[k]
        found = np.minimum(np.searchsorted(ordered, ordered + (a * wide + b)), n - 1)
        here = np.flatnonzero(ordered[found] == ordered + (a * wide + b))
        one, other = order[here], order[found[here]]
        at[one, k] = other
        at[other, last - k] = one
    at[:, last // 2] = np.arange(n)
    return at


def _positions_on_board(key: NDArray[np.int64], steps: list[int]) -> NDArray[np.int32]:
    """Look cells up on a board with a square for every number: faster, where it is well filled."""
    n, margin = len(key), max(steps)
    board = np.full(int(key.max()) + 1 + 2 * margin, -1, dtype=np.int32)
    square, cell = key + margin, np.arange(n, dtype=np.int32)
    board[square] = cell
    if (board[square] != cell).any():
        raise ParameterError(_TWICE)
    at = np.empty((n, len(steps)), dtype=np.int32)
    for k, step in enumerate(steps):
        at[:, k] = board[square + step]
    return at


def _windows_at(at: NDArray[np.int32]) -> Windows:
    there = at >= 0
    starts = np.concatenate([[0], np.cumsum(there.sum(axis=1))])
    return Windows(starts.astype(np.int64), at[there].astype(np.int64))
