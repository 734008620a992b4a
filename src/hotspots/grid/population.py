"""What became of a population that was put on cells."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from hotspots.errors import FitnessError, HotspotsError
from hotspots.words import message, say

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: What rounding may lose of a total.
_ROUNDING: Final = 1e-9
#: A share of an area that is smaller is a sliver of how it was drawn.
_SAID: Final = 1e-6
#: No share in per cent is said on a smaller base.
_FEWEST_FOR_PERCENT: Final = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class PopulationAccount:
    """What became of a population that was put on cells; ``given`` is the sum of the next three.

    Attributes
    ----------
    denominator : str
        What it counts.
    way : {"area", "points", "places"}
        Spread evenly over each area; over the points in each area; or taken where it is.
    given : float
        All of it.
    placed : float
        In the cells.
    outside : float
        In no cell, or outside the study area.
    without_place : float
        Of rows that have no shape.
    areas_cut : int
        Areas of which a part lies outside, and counts as outside by its share.
    areas_outside : int
        Areas that lie outside altogether.
    areas_without_points : int
        Areas with a population and without a point in them: they were spread by area instead.
    placed_by_area : float
        How much of ``placed`` was spread by area.
    points_unused : int
        Points that lie in no area.
    """

    denominator: str
    way: str
    given: float
    placed: float
    outside: float
    without_place: float
    areas_cut: int
    areas_outside: int
    areas_without_points: int
    placed_by_area: float
    points_unused: int


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Spread:
    """Which share of which row lies in which cell.

    Attributes
    ----------
    row, cell : ndarray of intp
        Positions, of rows that have a shape and of cells.
    share : ndarray of float64
        How much of the row lies in the cell.
    by_area : ndarray of bool, shape (rows,)
        Which rows were spread evenly.
    """

    row: NDArray[np.intp]
    cell: NDArray[np.intp]
    share: NDArray[np.float64]
    by_area: NDArray[np.bool_]


def account_of(
    spread: Spread,
    amounts: NDArray[np.float64],
    located: NDArray[np.bool_],
    *,
    way: str,
    named: str,
    unused: int,
) -> PopulationAccount:
    """Account for all that was given.

    Parameters
    ----------
    spread : Spread
        What of the rows with a shape lies in cells.
    amounts : ndarray of float64, shape (n,)
        The population of every row.
    located : ndarray of bool, shape (n,)
        Which rows have a shape.
    way : {"area", "points", "places"}
        How it was spread.
    named : str
        What it counts.
    unused : int
        Points that lie in no area.

    Returns
    -------
    PopulationAccount
        The account.

    Raises
    ------
    FitnessError
        If there is no population in any row.
    """
    there = amounts[located]
    share = np.bincount(spread.row, weights=spread.share, minlength=len(there))
    given, lost = float(amounts.sum()), float(amounts[~located].sum())
    if not given:
        msg = f"There are no {named} in any row. Check what the column holds."
        raise FitnessError(msg)
    if share.max(initial=0.0) > 1 + _ROUNDING:
        msg = (
            f"{share.max():.12g} times an area was placed. This is a fault of the library; please "
            "report it."
        )
        raise HotspotsError(msg)
    some, placed = there > 0, share * there
    return PopulationAccount(
        denominator=named,
        way=way,
        given=given,
        placed=float(placed.sum()),
        outside=float((there * np.maximum(1 - share, 0.0)).sum()),
        without_place=lost,
        areas_cut=int((some & (share > _SAID) & (share < 1 - _SAID)).sum()),
        areas_outside=int((some & (share <= _SAID)).sum()),
        areas_without_points=int((some & spread.by_area).sum()) if way == "points" else 0,
        placed_by_area=float(placed[spread.by_area].sum()),
        points_unused=unused,
    )


def say_what_is_lost(account: PopulationAccount, *, stacklevel: int) -> None:
    """Warn of what is not in the cells; a share in per cent only of enough of them.

    Parameters
    ----------
    account : PopulationAccount
        What became of a population.
    stacklevel : int
        Whose line the warning names, counted from here.
    """
    said = []
    lost = account.outside + account.without_place
    if lost > _SAID * account.given:
        percent = f" ({100 * lost / account.given:.2g} %)"
        facts = {
            "lost": f"{lost:,.0f}",
            "given": f"{account.given:,.0f}",
            "percent": percent if account.given >= _FEWEST_FOR_PERCENT else "",
            "denominator": account.denominator,
        }
        said.append(message("grid.population_outside", **facts))
        if account.areas_cut:
            said.append(message("grid.areas_cut", areas=account.areas_cut))
    if account.areas_without_points:
        said.append(
            message(
                "grid.areas_without_points",
                areas=account.areas_without_points,
                placed=f"{account.placed_by_area:,.0f}",
                denominator=account.denominator,
            )
        )
    if said:
        warnings.warn(" ".join(map(say, said)), UserWarning, stacklevel=stacklevel)
