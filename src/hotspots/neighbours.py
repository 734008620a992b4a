"""Windows: each cell with the cells around it, of those in a set."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
import polars_h3 as plh3
from scipy import sparse

from hotspots.cells import as_cells
from hotspots.errors import ParameterError

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Windows:
    """Which cells stand in the window of which cell, as compressed sparse rows.

    Attributes
    ----------
    starts : ndarray of int64, shape (n + 1,)
        The members of cell ``i`` are ``members[starts[i]:starts[i + 1]]``.
    members : ndarray of int64
        Positions of cells; the cell itself is one of its members.
    """

    starts: NDArray[np.int64]
    members: NDArray[np.int64]

    @property
    def sizes(self) -> NDArray[np.int64]:  # numpydoc ignore=RT01
        """Number of cells in each window, the cell itself included."""
        return np.diff(self.starts)

    def sums(self, values: NDArray[np.int64]) -> NDArray[np.int64]:
        """Add up values over each window.

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


def cell_windows(cells: Any, *, n_rings: int = 1) -> Windows:  # noqa: ANN401 - as as_cells
    """Find the window of each cell: itself and the rings around it, of the cells given.

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
    order = np.argsort(given, kind="stable")
    ordered = given[order]
    if (ordered[1:] == ordered[:-1]).any():
        msg = "A cell occurs more than once. Give each cell of the grid one row."
        raise ParameterError(msg)
    disks = pl.DataFrame({"cell": given}).select(plh3.grid_disk("cell", n_rings)).to_series()
    around = disks.explode().to_numpy()
    owner = np.repeat(np.arange(len(given)), disks.list.len().to_numpy())
    at = np.minimum(np.searchsorted(ordered, around), len(given) - 1)
    known = ordered[at] == around
    counts = np.bincount(owner[known], minlength=len(given))
    starts = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    return Windows(starts, order[at[known]].astype(np.int64))
