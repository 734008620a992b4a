"""What the two measures of spacing were asked, as resolved; and which questions they take."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from hotspots.errors import ParameterError

ALTERNATIVES: Final = ("less", "greater", "two-sided")
EXPECTATIONS: Final = ("simulated", "donnelly", "none")
EDGES: Final = ("translation", "none")
#: With fewer simulated maps than this no p-value can be 0.05.
FEWEST_SIMULATIONS: Final = 19


@dataclass(frozen=True, slots=True, kw_only=True)
class NearestNeighborIndexParams:
    """Parameters of ``nearest_neighbor_index`` as resolved.

    Attributes
    ----------
    edge, alternative : str
        As given.
    n_simulations : int
        As given.
    allow_shared_places : bool
        As given.
    incidents : int
        Incidents in the area.
    area_km2, outline_km : float
        Size of the study area, and length of its outline.
    mean_distance_m : float
        Mean distance to the nearest other incident.
    share_on_shared_places : float
        Share of incidents that lie exactly where another one lies.
    left_out : dict of str to int
        Rows that were not used, by reason.
    seed : int or None
        The seed when one was given.
    """

    edge: str
    alternative: str
    n_simulations: int
    allow_shared_places: bool
    incidents: int
    area_km2: float
    outline_km: float
    mean_distance_m: float
    share_on_shared_places: float
    left_out: dict[str, int]
    seed: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RipleyKParams:
    """Parameters of ``ripley_k`` as resolved.

    Attributes
    ----------
    distances_m : tuple of float
        The distances, given or chosen.
    distances_basis : str
        ``"given"`` or ``"chosen"``.
    edge, alternative : str
        As given.
    alpha : float
        Level of the test and of both bands.
    n_simulations : int
        As given.
    allow_shared_places : bool
        As given.
    incidents : int
        Incidents in the area.
    area_km2 : float
        Size of the study area.
    distance_of_largest_m : float
        The distance at which the estimate was found.
    share_on_shared_places : float
        Share of incidents that lie exactly where another one lies.
    left_out : dict of str to int
        Rows that were not used, by reason.
    seed : int or None
        The seed when one was given.
    """

    distances_m: tuple[float, ...]
    distances_basis: str
    edge: str
    alternative: str
    alpha: float
    n_simulations: int
    allow_shared_places: bool
    incidents: int
    area_km2: float
    distance_of_largest_m: float
    share_on_shared_places: float
    left_out: dict[str, int]
    seed: int | None


def check_options(
    method: str,
    *,
    edge: str,
    edges: tuple[str, ...],
    alternative: str,
    n_simulations: object,
    alpha: float = 0.05,
) -> None:
    """Refuse options that are not offered, all of them in one message.

    Parameters
    ----------
    method : str
        Whose options they are.
    edge : str
        As given.
    edges : tuple of str
        What is offered.
    alternative : str
        As given.
    n_simulations : object
        As given.
    alpha : float, default 0.05
        As given.

    Raises
    ------
    ParameterError
        If any is outside its range.
    """
    faults = []
    for name, value, offered in (
        ("edge", edge, edges),
        ("alternative", alternative, ALTERNATIVES),
    ):
        if value not in offered:
            listed = ", ".join(map(repr, offered))
            faults.append(f"{name} must be one of {listed}, got {value!r}")
    if not 0 < alpha < 1:
        faults.append(f"alpha must lie between 0 and 1, got {alpha!r}")
    whole = isinstance(n_simulations, int) and not isinstance(n_simulations, bool)
    if not whole or n_simulations < FEWEST_SIMULATIONS:  # type: ignore[operator]
        faults.append(
            f"n_simulations must be a whole number of {FEWEST_SIMULATIONS} or more, "
            f"got {n_simulations!r}"
        )
    if faults:
        msg = f"{method} cannot do this: {'; '.join(faults)}."
        raise ParameterError(msg)
