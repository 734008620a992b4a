"""What was asked of a density or of a relative risk, as resolved."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from hotspots.errors import ParameterError
from hotspots.inference.correction import check_correction
from hotspots.inference.window_sums import ALTERNATIVES

EDGES: Final = ("none", "uniform", "diggle")
MAX_STATISTIC: Final = "max_statistic"
#: A ratio of fewer incidents is a toss of coins.
FEWEST_IN_KERNEL: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class KernelDensityParams:
    """Parameters of ``kernel_density`` as resolved.

    Attributes
    ----------
    kernel, edge : str
        As given.
    adaptive : bool
        As given.
    rule : str
        The rule that chose the bandwidth; ``"user"`` when it was given.
    bandwidth_m : float
        The kernel's own bandwidth; of an adaptive density the one that incidents of middling
        density get.
    bandwidth_means : str
        ``"reach"`` (quartic, Epanechnikov: an incident adds nothing farther away) or ``"standard
        deviation"`` (Gaussian: it reaches some three times as far).
    spread_m : float
        Standard deviation of the kernel per axis: the one width by which kernels compare.
    smallest_bandwidth_m, largest_bandwidth_m : float
        The same as ``bandwidth_m`` unless adaptive.
    cells : int
        Cells at which the density was evaluated, each at the centre of its part inside the area.
    cell_m : float
        Side of a square as large as a cell.
    cells_from : str
        What decided their size: ``"bandwidth"``, ``"resolution"`` or ``"grid"``.
    incidents, places : int
        Incidents inside the area, and different places they lie on.
    integral : float
        Sum of density times area over all cells: with ``edge="diggle"`` the number of incidents,
        but for the cells' size.
    unit : str
        Of the density.
    """

    kernel: str
    edge: str
    adaptive: bool
    rule: str
    bandwidth_m: float
    bandwidth_means: str
    spread_m: float
    smallest_bandwidth_m: float
    largest_bandwidth_m: float
    cells: int
    cell_m: float
    cells_from: str
    incidents: int
    places: int
    integral: float
    unit: str = "incidents per km2 over the whole period"


@dataclass(frozen=True, slots=True, kw_only=True)
class RelativeRiskParams:
    """Parameters of ``relative_risk`` as resolved.

    Attributes
    ----------
    kernel, alternative, adjust : str
        As given.
    rule : str
        The rule that chose the common bandwidth; ``"user"`` when it was given.
    bandwidth_m : float
        The kernel's own bandwidth, of both densities.
    bandwidth_means : str
        ``"reach"`` or ``"standard deviation"``.
    spread_m : float
        Standard deviation of the kernel per axis.
    alpha, floor, min_incidents : float
        As given.
    n_permutations : int
        As given.
    seed : int or None
        The seed when one was given.
    cells, cells_tested : int
        Cells, and those with enough incidents within the kernel.
    cell_m : float
        Side of a square as large as a cell.
    cells_from : str
        What decided their size: ``"bandwidth"``, ``"resolution"`` or ``"grid"``.
    cases, controls : int
        Incidents inside the area.
    case_groups, control_groups : tuple of str
        Display groups of each: the controls are the denominator.
    control_period : str
        First and last day of the controls.
    null : str
        What "by chance" means.
    """

    kernel: str
    rule: str
    bandwidth_m: float
    bandwidth_means: str
    spread_m: float
    alternative: str
    adjust: str
    alpha: float
    n_permutations: int
    seed: int | None
    floor: float
    min_incidents: float
    cells: int
    cells_tested: int
    cell_m: float
    cells_from: str
    cases: int
    controls: int
    case_groups: tuple[str, ...]
    control_groups: tuple[str, ...]
    control_period: str
    null: str = "random_labels"


@dataclass(frozen=True, slots=True, kw_only=True)
class BandwidthTableParams:
    """Parameters of ``bandwidth_table`` as resolved.

    Attributes
    ----------
    kernel, edge : str
        As given.
    share : float
        As given.
    cells : int
        Cells at which the densities were compared.
    cell_m : float
        Side of a square as large as a cell.
    incidents, places : int
        Incidents inside the area, and different places they lie on.
    """

    kernel: str
    edge: str
    share: float
    cells: int
    cell_m: float
    incidents: int
    places: int


def check_risk_options(
    *,
    alternative: str,
    adjust: str,
    alpha: float,
    n_permutations: int,
    floor: float,
    min_incidents: float,
) -> None:
    """Refuse options of ``relative_risk`` that are not offered, all of them in one message.

    Parameters
    ----------
    alternative, adjust : str
        As in ``relative_risk``.
    alpha : float
        As in ``relative_risk``.
    n_permutations : int
        As in ``relative_risk``.
    floor, min_incidents : float
        As in ``relative_risk``.

    Raises
    ------
    ParameterError
        If any is outside its range, or if so few permutations cannot reach alpha.
    """
    if adjust != MAX_STATISTIC:
        check_correction(adjust)
    faults = []
    if alternative not in ALTERNATIVES:
        listed = " or ".join(map(repr, ALTERNATIVES))
        faults.append(f"alternative must be {listed}, got {alternative!r}")
    if not 0 < alpha < 1:
        faults.append(f"alpha must lie between 0 and 1, got {alpha!r}")
    elif not isinstance(n_permutations, int | np.integer) or (n_permutations + 1) * alpha < 1:
        fewest = math.ceil(1 / alpha - 1e-9) - 1
        faults.append(
            f"n_permutations must be a whole number of {fewest} or more, or no p-value can be as "
            f"small as alpha; got {n_permutations!r}"
        )
    if not floor > 0 or not np.isfinite(floor):
        faults.append(f"floor must be positive, got {floor!r}")
    if not min_incidents >= FEWEST_IN_KERNEL:
        faults.append(f"min_incidents must be {FEWEST_IN_KERNEL} or more, got {min_incidents!r}")
    if faults:
        msg = f"relative_risk cannot do this: {'; '.join(faults)}."
        raise ParameterError(msg)


def check_edge(edge: str) -> None:
    """Refuse an edge correction that is not offered.

    Parameters
    ----------
    edge : str
        Its name.

    Raises
    ------
    ParameterError
        If it is none of ``EDGES``.
    """
    if edge not in EDGES:
        msg = f"edge must be one of {', '.join(map(repr, EDGES))}, got {edge!r}."
        raise ParameterError(msg)


def check_bandwidth(bandwidth_m: float | None) -> None:
    """Refuse what is no width in metres.

    Parameters
    ----------
    bandwidth_m : float or None
        The bandwidth that was given, if one was.

    Raises
    ------
    ParameterError
        If it is not a positive number.
    """
    if bandwidth_m is None:
        return
    number = isinstance(bandwidth_m, int | float | np.number) and not isinstance(bandwidth_m, bool)
    if not number or not np.isfinite(bandwidth_m) or bandwidth_m <= 0:
        msg = (
            f"bandwidth_m must be a positive number of metres, got {bandwidth_m!r}. Leave it out "
            "and a rule chooses it from the incidents."
        )
        raise ParameterError(msg)
