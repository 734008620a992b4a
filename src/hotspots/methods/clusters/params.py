"""What the cluster methods were asked, as resolved; and which questions they take."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import Final

import numpy as np

from hotspots.errors import ParameterError

#: No open file knows its places better than this, and far below it squares cannot be numbered.
SMALLEST_EPS_M: Final = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class DbscanParams:
    """Parameters of ``dbscan_hotspots`` as resolved.

    Attributes
    ----------
    eps_m, alpha : float
        As given.
    min_incidents, n_simulations : int
        As given; no random maps (0) without a study area.
    allow_shared_places : bool
        As given.
    seed : int or None
        The seed when one was given.
    incidents, places : int
        Incidents with a place in the area, and the distinct places that they lie on.
    clusters, incidents_in_clusters : int
        Clusters found, and the incidents in them.
    one_place_clusters : int
        Clusters whose incidents all share one place.
    incidents_on_cores, incidents_on_stacks : int
        Incidents on cores; and those of them on a place that would be a core without any other.
    largest_at_random : int or None
        Median, over the random maps, of the incidents in the largest cluster; None without a study
        area.
    smallest_hot : int or None
        Fewest incidents that a cluster needed to be hot; None without a study area.
    uncertainty_m : float or None
        How far off the publisher says that a place may be (median); None when it does not say.
    crs : str
        The plane on which distances were measured.
    """

    eps_m: float
    min_incidents: int
    n_simulations: int
    alpha: float
    allow_shared_places: bool
    seed: int | None
    incidents: int = 0
    places: int = 0
    clusters: int = 0
    incidents_in_clusters: int = 0
    one_place_clusters: int = 0
    incidents_on_cores: int = 0
    incidents_on_stacks: int = 0
    largest_at_random: int | None = None
    smallest_hot: int | None = None
    uncertainty_m: float | None = None
    crs: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HdbscanParams:
    """Parameters of ``hdbscan_hotspots`` as resolved.

    Attributes
    ----------
    min_incidents, min_samples : int
        Smallest cluster, and how many neighbours make a place dense; both count places.
    cluster_selection : str
        As given.
    allow_shared_places : bool
        As given.
    incidents, places : int
        Incidents with a place in the area, and the distinct places that they lie on.
    clusters, incidents_in_clusters : int
        Clusters found, and the incidents in them.
    uncertainty_m : float or None
        How far off the publisher says that a place may be (median); None when it does not say.
    crs : str
        The plane on which distances were measured.
    """

    min_incidents: int
    min_samples: int
    cluster_selection: str
    allow_shared_places: bool
    incidents: int = 0
    places: int = 0
    clusters: int = 0
    incidents_in_clusters: int = 0
    uncertainty_m: float | None = None
    crs: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class KDistanceParams:
    """Parameters of ``k_distance`` as resolved.

    Attributes
    ----------
    k : int
        As given; the incident itself counts.
    allow_shared_places : bool
        As given.
    incidents, places : int
        Incidents with a place in the area, and the distinct places that they lie on.
    crs : str
        The plane on which distances were measured.
    """

    k: int
    allow_shared_places: bool
    incidents: int
    places: int
    crs: str


def check_dbscan(params: DbscanParams) -> None:
    """Refuse options that are not offered, all of them in one message.

    Parameters
    ----------
    params : DbscanParams
        The options.

    Raises
    ------
    ParameterError
        If any is outside its range.
    """
    faults = []
    eps = params.eps_m
    if not _is_number(eps) or not isfinite(eps) or eps < SMALLEST_EPS_M:
        faults.append(
            f"eps_m must be a finite number of metres, at least {SMALLEST_EPS_M:g}, got {eps!r}"
        )
    faults += _fault_of_whole(params.min_incidents, "min_incidents", 2)
    if not _is_number(params.alpha) or not 0 < params.alpha < 1:
        faults.append(f"alpha must lie between 0 and 1, got {params.alpha!r}")
    elif not (whole := _fault_of_whole(params.n_simulations, "n_simulations", 1)):
        fewest = int(np.ceil(1 / params.alpha - 1e-9)) - 1
        if params.n_simulations < fewest:
            faults.append(
                f"n_simulations must be {fewest} or more, or no cluster could be hot at the level "
                f"{params.alpha:g}, got {params.n_simulations}"
            )
    else:
        faults += whole
    _raise("dbscan_hotspots", faults)


def check_hdbscan(params: HdbscanParams) -> None:
    """Refuse options that are not offered, all of them in one message.

    Parameters
    ----------
    params : HdbscanParams
        The options.

    Raises
    ------
    ParameterError
        If any is outside its range.
    """
    faults = _fault_of_whole(params.min_incidents, "min_incidents", 2)
    faults += _fault_of_whole(params.min_samples, "min_samples", 1)
    if params.cluster_selection not in {"eom", "leaf"}:
        faults.append(
            f"cluster_selection must be 'eom' or 'leaf', got {params.cluster_selection!r}"
        )
    _raise("hdbscan_hotspots", faults)


def check_k(k: int) -> None:
    """Refuse a number of incidents that has no distance.

    Parameters
    ----------
    k : int
        Incidents, that at the centre included.

    Raises
    ------
    ParameterError
        If it is not a whole number of 2 or more.
    """
    _raise("k_distance", _fault_of_whole(k, "k", 2))


def _is_number(value: object) -> bool:
    return isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)


def _fault_of_whole(value: object, name: str, least: int) -> list[str]:
    whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
    if whole and value >= least:  # type: ignore[operator]
        return []
    return [f"{name} must be a whole number of {least} or more, got {value!r}"]


def _raise(method: str, faults: list[str]) -> None:
    if faults:
        msg = f"{method} cannot do this: {'; '.join(faults)}."
        raise ParameterError(msg)
