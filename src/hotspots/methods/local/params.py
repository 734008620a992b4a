"""What local Gi* was asked, as resolved; and which questions it takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from hotspots.errors import ParameterError
from hotspots.inference.correction import CORRECTIONS, check_correction
from hotspots.inference.window_sums import ALTERNATIVES

NULLS: Final = ("shuffled_cells", "random_points", "population", "reference", "normal")
#: Corrections by name, and the one that needs shuffled maps.
MAX_STATISTIC: Final = "max_statistic"
MOST_RINGS: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalGiStarParams:
    """Parameters of ``local_gi_star`` as resolved.

    Attributes
    ----------
    column, null, alternative, adjust : str
        As given.
    alpha, min_area_share : float
        As given.
    cap_quantile : float or None
        As given; None where the null takes counts as they are.
    n_rings : int or tuple of int
        As given.
    n_busiest : int
        As given.
    window_cells : int
        Cells in a full window, of the widest if there are several.
    cap : int or float or None
        Counts above it were tested as if they were it.
    cells_tested : int
        Cells with enough of their area in the study area, and with a population where it matters.
    smallest_hot_sum : int or None
        Smallest sum of a full window, of counts as capped, that was or could be hot; None when no
        sum could, or when it differs from cell to cell.
    inference : str
        ``"exact"``; ``"upper bound"`` when the counts had to be put on a lattice;
        ``"permutation"``; ``"approximation"``; or ``"normal"``.
    lattice_step : int
        1 when exact.
    graph : bool
        Whether neighbours were given as a graph.
    grid_kind : str
        ``"hexagons"``, ``"squares"`` or ``"areas"``.
    population, reference : str or None
        The column that the counts were compared with.
    denominator : str or None
        What the population counts.
    dispersion : float or None
        How much cells vary besides chance: for ``population`` the ``a`` in the variance
        ``m + a m^2``, for ``reference`` the correlation between two incidents of one cell.
    n_permutations, seed : int or None
        Shuffled maps, and the seed that makes them again.
    maps_together : int
        Maps that were corrected together.
    together_with : str
        The same for all that were corrected together in one call; empty for a map by itself.
    """

    column: str
    null: str
    alternative: str
    adjust: str
    alpha: float
    cap_quantile: float | None
    n_rings: int | tuple[int, ...]
    min_area_share: float
    n_busiest: int
    window_cells: int = 7
    cap: int | float | None = None
    cells_tested: int = 0
    smallest_hot_sum: int | None = None
    inference: str = "exact"
    lattice_step: int = 1
    graph: bool = False
    grid_kind: str = "hexagons"
    population: str | None = None
    reference: str | None = None
    denominator: str | None = None
    dispersion: float | None = None
    n_permutations: int | None = None
    seed: int | None = None
    maps_together: int = 1
    together_with: str = ""

    @property
    def ring_sizes(self) -> tuple[int, ...]:  # numpydoc ignore=RT01
        """The rings that were tested, also when it was only one."""
        return self.n_rings if isinstance(self.n_rings, tuple) else (self.n_rings,)


@dataclass(frozen=True, slots=True, kw_only=True)
class FalseAlarmParams:
    """Parameters of ``false_alarm_rate`` as resolved.

    Attributes
    ----------
    n_simulations : int
        Maps made by the null.
    alarms : int
        Those that showed anything.
    alpha : float
        Level of the test.
    confidence : float
        Level of the interval (Clopper and Pearson).
    seed : int or None
        The seed when one was given.
    null : str
        What the maps were made by.
    """

    n_simulations: int
    alarms: int
    alpha: float
    confidence: float
    seed: int | None
    null: str = "shuffled_cells"


def check_options(params: LocalGiStarParams) -> None:
    """Refuse options that are not offered, all of them in one message.

    Parameters
    ----------
    params : LocalGiStarParams
        The options.

    Raises
    ------
    ParameterError
        If any is outside its range, or two do not go together.
    """
    if params.adjust != MAX_STATISTIC:
        check_correction(params.adjust)
    faults = [*_faults_of_numbers(params), *_faults_of_nulls(params)]
    if faults:
        msg = f"local_gi_star cannot do this: {'; '.join(faults)}."
        raise ParameterError(msg)


def _faults_of_numbers(params: LocalGiStarParams) -> list[str]:
    faults = []
    if params.null not in NULLS:
        faults.append(f"null must be one of {', '.join(map(repr, NULLS))}, got {params.null!r}")
    if params.alternative not in ALTERNATIVES:
        listed = " or ".join(map(repr, ALTERNATIVES))
        faults.append(f"alternative must be {listed}, got {params.alternative!r}")
    if not 0 < params.alpha < 1:
        faults.append(f"alpha must lie between 0 and 1, got {params.alpha!r}")
    if params.cap_quantile is not None and not 0 < params.cap_quantile <= 1:
        faults.append(f"cap_quantile must be None or in (0, 1], got {params.cap_quantile!r}")
    rings = params.ring_sizes
    if not rings or not all(map(_is_ring, rings)) or sorted(set(rings)) != list(rings):
        faults.append(
            f"n_rings must be a whole number from 1 to {MOST_RINGS}, or several in rising order "
            f"such as (1, 2, 3), got {params.n_rings!r}"
        )
    if not 0 <= params.min_area_share <= 1:
        faults.append(f"min_area_share must lie in 0 to 1, got {params.min_area_share!r}")
    if params.n_busiest < 0:
        faults.append(f"n_busiest must be 0 or more, got {params.n_busiest!r}")
    return faults


def _is_count(number: object) -> bool:
    whole = isinstance(number, int | np.integer) and not isinstance(number, bool)
    return bool(whole and number >= 1)  # type: ignore[operator]


def _is_ring(rings: object) -> bool:
    return _is_count(rings) and rings <= MOST_RINGS  # type: ignore[operator]


def _faults_of_nulls(params: LocalGiStarParams) -> list[str]:
    """Name what is missing for a null, and what is there without a use."""
    faults = []
    if (params.population is not None) != (params.null == "population"):
        faults.append(
            "null='population' needs population=, a column or one number a cell"
            if params.null == "population"
            else f"population= is not for null={params.null!r}, which knows of no population"
        )
    if (params.denominator is not None) != (params.null == "population"):
        faults.append(
            "null='population' needs denominator=, what the population counts, such as 'residents'"
            if params.null == "population"
            else f"denominator= is not for null={params.null!r}"
        )
    if (params.reference is not None) != (params.null == "reference"):
        faults.append(
            "null='reference' needs reference=, a count column of the grid to compare with"
            if params.null == "reference"
            else f"reference= is not for null={params.null!r}"
        )
    elif params.reference in (params.column, "n"):
        faults.append(
            f"reference={params.reference!r} holds the very incidents of {params.column!r}, and "
            "must hold others: count them with count_incidents(..., by='group')"
        )
    permuted = params.n_permutations is not None
    if permuted and params.null != "shuffled_cells":
        faults.append(f"n_permutations= shuffles cells; null={params.null!r} does not")
    if permuted and not _is_count(params.n_permutations):
        faults.append(
            f"n_permutations must be a whole number of 1 or more, got {params.n_permutations!r}"
        )
    if params.adjust == MAX_STATISTIC and not permuted:
        faults.append(
            "adjust='max_statistic' compares with shuffled maps: give n_permutations= too, or one "
            f"of {', '.join(map(repr, CORRECTIONS))}"
        )
    if params.graph and params.n_rings != 1:
        faults.append("a graph says itself who is whose neighbour, so n_rings must be 1")
    return faults
