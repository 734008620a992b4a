"""What a scan was asked, as resolved, and the clusters that it found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from hotspots.errors import ParameterError
from hotspots.inference.scan_statistic import ALTERNATIVES

SECONDARY: Final = ("maxima", "sequential")
NULLS: Final = ("shuffled_cells", "uneven_cells", "poisson")


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanCluster:
    """One circle that a scan reports.

    Attributes
    ----------
    cluster : int
        1 for the most surprising circle, 2 for the next that shares no cell with it, and so on.
    hotspot : str
        ``"hot"``, ``"cold"``, ``"not significant"`` or ``"too few"``.
    centre : str
        The cell in its middle.
    latitude, longitude : float
        The middle of that cell, in degrees.
    radius_m : float
        Distance from there to the middle of the farthest cell inside; 0 for a single cell.
    cells : int
        Cells inside.
    n : int
        Incidents inside.
    expected : float
        Incidents expected inside, given all of them.
    ratio : float
        ``n / expected``.
    inside_to_outside : float
        Incidents for one unit of the base inside, divided by the same outside: the relative risk
        where the base is a population.
    llr : float
        Logarithm of the likelihood ratio.
    p_value : float
        Monte Carlo p-value; it holds for all circles together.
    p_gumbel : float
        An approximation that can be smaller than 1 / (1 + simulations); never used to mark a cell.
    sentence : str
        The same in plain words.
    """

    cluster: int
    hotspot: str
    centre: str
    latitude: float
    longitude: float
    radius_m: float
    cells: int
    n: int
    expected: float
    ratio: float
    inside_to_outside: float
    llr: float
    p_value: float
    p_gumbel: float
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanParams:
    """Parameters of ``scan_hotspots`` as resolved.

    Attributes
    ----------
    column, alternative, secondary : str
        As given.
    null : str
        As given, or as chosen when none was given.
    base : str
        ``"population"`` or ``"area"``: what is expected is in proportion to it.
    denominator : str
        What the population counts; empty when the base is the area.
    max_share, alpha : float
        As given.
    max_radius_m, cap_quantile : float or None
        As given; there is no cap but for ``null="shuffled_cells"``.
    n_simulations : int
        As given.
    seed : int or None
        The seed when one was given.
    cap : int or None
        Counts above it were tested as if they were it.
    dispersion : float or None
        Variance of the rates of cells beyond chance, relative to the mean rate squared; fitted for
        ``null="uneven_cells"``.
    smallest_p_value : float
        1 / (1 + simulations): no p-value can be smaller.
    llr_needed : float
        A circle must surprise more than this to have a p-value of at most ``alpha``.
    cells_tested : int
        Cells with a base.
    incidents_left_out : int
        Incidents in cells without a base; they are in no circle.
    too_few : bool
        No arrangement of these incidents could have been significant.
    clusters : tuple of ScanCluster
        The most surprising circles, no two of which share a cell.
    """

    column: str
    null: str
    alternative: str
    secondary: str
    base: str
    denominator: str
    max_share: float
    max_radius_m: float | None
    cap_quantile: float | None = None
    alpha: float
    n_simulations: int
    seed: int | None
    cap: int | None = None
    dispersion: float | None = None
    smallest_p_value: float = 1.0
    llr_needed: float = 0.0
    cells_tested: int = 0
    incidents_left_out: int = 0
    too_few: bool = False
    clusters: tuple[ScanCluster, ...] = ()


def check_options(params: ScanParams) -> None:
    """Refuse options that are not offered, all of them in one message.

    Parameters
    ----------
    params : ScanParams
        The options.

    Raises
    ------
    ParameterError
        If any is outside its range.
    """
    faults = []
    if params.null not in NULLS:
        faults.append(f"null must be one of {', '.join(map(repr, NULLS))}, got {params.null!r}")
    if params.null == "shuffled_cells" and params.base == "population":
        faults.append(
            "null='shuffled_cells' takes cells to be alike, and with a population they are not: "
            "take 'uneven_cells', or leave the population out"
        )
    if params.alternative not in ALTERNATIVES:
        listed = ", ".join(map(repr, ALTERNATIVES))
        faults.append(f"alternative must be one of {listed}, got {params.alternative!r}")
    if params.secondary not in SECONDARY:
        listed = " or ".join(map(repr, SECONDARY))
        faults.append(f"secondary must be {listed}, got {params.secondary!r}")
    if not 0 < params.max_share <= 1:
        faults.append(f"max_share must lie above 0 and be at most 1, got {params.max_share!r}")
    if params.max_radius_m is not None and not 0 < params.max_radius_m < np.inf:
        faults.append(f"max_radius_m must be above 0 m, or None, got {params.max_radius_m!r}")
    if params.cap_quantile is not None and not 0 < params.cap_quantile <= 1:
        faults.append(f"cap_quantile must be None or in (0, 1], got {params.cap_quantile!r}")
    if not 0 < params.alpha < 1:
        faults.append(f"alpha must lie between 0 and 1, got {params.alpha!r}")
    else:
        faults += simulation_faults(params.n_simulations, params.alpha)
    if faults:
        msg = f"scan_hotspots cannot do this: {'; '.join(faults)}."
        raise ParameterError(msg)


def simulation_faults(n_simulations: int, alpha: float) -> list[str]:
    """Say why so many simulations will not do.

    Parameters
    ----------
    n_simulations : int
        Maps to simulate.
    alpha : float
        Level of the test, between 0 and 1.

    Returns
    -------
    list of str
        Empty when they will do.
    """
    if not isinstance(n_simulations, int | np.integer) or isinstance(n_simulations, bool):
        return [f"n_simulations must be a whole number, got {n_simulations!r}"]
    fewest = int(np.ceil(1 / alpha - 1e-9)) - 1
    if n_simulations < max(fewest, 1):
        wanted = f"at least {max(fewest, 1)} are needed, and 999 are usual"
        return [f"with n_simulations={n_simulations} no p-value can be {alpha:g} or less; {wanted}"]
    return []
