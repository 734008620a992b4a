"""What was asked of a density or of a relative risk, as resolved."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from hotspots.errors import ParameterError

EDGES: Final = ("none", "uniform", "diggle")


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
