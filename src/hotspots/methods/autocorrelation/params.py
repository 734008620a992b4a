"""What the two Moran statistics were asked, as resolved; and which questions they take."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from hotspots.errors import ParameterError
from hotspots.inference.correction import check_correction
from hotspots.inference.window_sums import ALTERNATIVES

GLOBAL_ALTERNATIVES: Final = ("greater", "less", "two-sided")


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalMoranParams:
    """Parameters of ``local_moran`` as resolved.

    Attributes
    ----------
    column, alternative, adjust : str
        As given.
    alpha, cap_quantile, min_area_share : float or None
        As given.
    n_permutations : int or None
        As given; None when the p-values are not from draws.
    n_rings : int
        As given.
    graph_given : bool
        Whether the neighbours came from a graph of the caller's.
    cap : int or None
        Counts above it were tested as if they were it.
    mean : float
        Mean count, as capped, of the cells; cells above it are high.
    cells : int
        Cells with enough of their area in the study area.
    cells_tested : int
        Those of them that were tested, and corrected for.
    islands : int
        Cells without a neighbour.
    inference : str
        ``"exact"``, ``"upper bound"`` when the counts had to be put on a lattice, or
        ``"permutation"``.
    lattice_step : int
        1 when exact.
    smallest_p_value : float
        The smallest p-value that the draws can give; NaN when there are none.
    seed : int or None
        The seed when one was given.
    """

    column: str
    alternative: str
    adjust: str
    alpha: float
    cap_quantile: float | None
    n_permutations: int | None
    n_rings: int
    min_area_share: float
    graph_given: bool = False
    cap: int | None = None
    mean: float = float("nan")
    cells: int = 0
    cells_tested: int = 0
    islands: int = 0
    inference: str = "exact"
    lattice_step: int = 1
    smallest_p_value: float = float("nan")
    seed: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GlobalMoranParams:
    """Parameters of ``global_moran`` as resolved.

    Attributes
    ----------
    column, alternative : str
        As given.
    denominator : str or None
        What the population counts; None for counts themselves.
    n_permutations, n_rings : int
        As given.
    min_area_share : float
        As given.
    graph_given : bool
        Whether the neighbours came from a graph of the caller's.
    cells : int
        Cells behind the number.
    islands, at_edge, without_population : int
        Cells left out: without a neighbour, with too little of their area in the study area, with
        a population of 0.
    seed : int or None
        The seed when one was given.
    """

    column: str
    denominator: str | None
    alternative: str
    n_permutations: int
    n_rings: int
    min_area_share: float
    graph_given: bool
    cells: int
    islands: int
    at_edge: int
    without_population: int
    seed: int | None


def check_local(params: LocalMoranParams) -> None:
    """Refuse options that are not offered, all of them in one message.

    Parameters
    ----------
    params : LocalMoranParams
        The options.

    Raises
    ------
    ParameterError
        If any is outside its range.
    """
    check_correction(params.adjust)
    faults = []
    if params.alternative not in ALTERNATIVES:
        listed = " or ".join(map(repr, ALTERNATIVES))
        faults.append(f"alternative must be {listed}, got {params.alternative!r}")
    if not 0 < params.alpha < 1:
        faults.append(f"alpha must lie between 0 and 1, got {params.alpha!r}")
    if params.cap_quantile is not None and not 0 < params.cap_quantile <= 1:
        faults.append(f"cap_quantile must be None or in (0, 1], got {params.cap_quantile!r}")
    if params.n_permutations is not None and not _whole(params.n_permutations):
        faults.append(
            "n_permutations must be None (exact) or a whole number of 1 or more, "
            f"got {params.n_permutations!r}"
        )
    faults.extend(_common_faults(params.min_area_share))
    _refuse("local_moran", faults)


def check_global(*, alternative: str, n_permutations: object, min_area_share: float) -> None:
    """Refuse options that are not offered, all of them in one message.

    Parameters
    ----------
    alternative : str
        As given.
    n_permutations : object
        As given.
    min_area_share : float
        As given.

    Raises
    ------
    ParameterError
        If any is outside its range.
    """
    faults = []
    if alternative not in GLOBAL_ALTERNATIVES:
        listed = ", ".join(map(repr, GLOBAL_ALTERNATIVES))
        faults.append(f"alternative must be one of {listed}, got {alternative!r}")
    if not _whole(n_permutations):
        faults.append(f"n_permutations must be a whole number of 1 or more, got {n_permutations!r}")
    faults.extend(_common_faults(min_area_share))
    _refuse("global_moran", faults)


def _common_faults(min_area_share: float) -> list[str]:
    if not 0 <= min_area_share <= 1:
        return [f"min_area_share must lie in 0 to 1, got {min_area_share!r}"]
    return []


def _whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


def _refuse(method: str, faults: list[str]) -> None:
    if faults:
        msg = f"{method} cannot do this: {'; '.join(faults)}."
        raise ParameterError(msg)
