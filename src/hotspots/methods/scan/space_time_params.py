"""What a scan of space and time was asked, as resolved, and the clusters that it found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from hotspots.errors import ParameterError
from hotspots.methods.scan.params import simulation_faults

if TYPE_CHECKING:
    from datetime import date

#: Days in a step, and what a step is called.
STEPS: Final = {"day": 1, "week": 7}


@dataclass(frozen=True, slots=True, kw_only=True)
class SpaceTimeCluster:
    """One cylinder that a scan reports: a circle of cells, from one day to another.

    Attributes
    ----------
    cluster : int
        1 for the most surprising cylinder, 2 for the next that shares no cell with it, and so on.
    hotspot : str
        ``"hot"``, ``"not significant"`` or ``"too few"``.
    centre : str
        The cell in its middle.
    latitude, longitude : float
        The middle of that cell, in degrees.
    radius_m : float
        Distance from there to the middle of the farthest cell inside; 0 for a single cell.
    first_day, last_day : datetime.date
        Both inside.
    cells : int
        Cells inside that hold an incident at any time.
    n : int
        Incidents inside.
    expected : float
        Incidents expected inside, if the cells had the same share of all incidents on all days.
    ratio : float
        ``n / expected``.
    llr : float
        Logarithm of the likelihood ratio.
    p_value : float
        Monte Carlo p-value; it holds for all cylinders together.
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
    first_day: date
    last_day: date
    cells: int
    n: int
    expected: float
    ratio: float
    llr: float
    p_value: float
    p_gumbel: float
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SpaceTimeScanParams:
    """Parameters of ``scan_space_time`` as resolved.

    Attributes
    ----------
    prospective : bool
        As given.
    step : str
        As given.
    window_days : int
        Days in the longest stretch that was looked at.
    max_share, alpha : float
        As given.
    max_radius_m : float or None
        As given.
    n_simulations : int
        As given.
    seed : int or None
        The seed when one was given.
    alternative : str
        ``"greater"``.
    first_day, last_day : datetime.date
        The period that was cut into steps.
    n_steps : int
        Whole steps in it.
    incidents_left_out : dict of str to int
        Rows that were not scanned, by reason.
    smallest_p_value : float
        1 / (1 + simulations).
    llr_needed : float
        A cylinder must surprise more than this to have a p-value of at most ``alpha``.
    too_few : bool
        No arrangement of these incidents could have been significant.
    clusters : tuple of SpaceTimeCluster
        The most surprising cylinders, no two of which share a cell.
    """

    prospective: bool
    step: str
    window_days: int
    max_share: float
    max_radius_m: float | None
    alpha: float
    n_simulations: int
    seed: int | None
    alternative: str
    first_day: date
    last_day: date
    n_steps: int
    incidents_left_out: dict[str, int]
    smallest_p_value: float
    llr_needed: float
    too_few: bool
    clusters: tuple[SpaceTimeCluster, ...]


def check_space_time_options(
    *,
    step: str,
    window_days: int | None,
    max_share: float,
    max_radius_m: float | None,
    alpha: float,
    n_simulations: int,
) -> None:
    """Refuse options that are not offered, all of them in one message.

    Parameters
    ----------
    step, window_days, max_share, max_radius_m, alpha, n_simulations : object
        As ``scan_space_time`` takes them.

    Raises
    ------
    ParameterError
        If any is outside its range.
    """
    faults = []
    if step not in STEPS:
        faults.append(f"step must be {' or '.join(map(repr, STEPS))}, got {step!r}")
    elif window_days is not None:
        days = STEPS[step]
        whole = isinstance(window_days, int | np.integer) and not isinstance(window_days, bool)
        if not whole or window_days < days or window_days % days:
            faults.append(f"window_days must be {days}, or a multiple of it, got {window_days!r}")
    if not 0 < max_share <= 1:
        faults.append(f"max_share must lie above 0 and be at most 1, got {max_share!r}")
    if max_radius_m is not None and not 0 < max_radius_m < np.inf:
        faults.append(f"max_radius_m must be above 0 m, or None, got {max_radius_m!r}")
    if not 0 < alpha < 1:
        faults.append(f"alpha must lie between 0 and 1, got {alpha!r}")
    else:
        faults += simulation_faults(n_simulations, alpha)
    if faults:
        msg = f"scan_space_time cannot do this: {'; '.join(faults)}."
        raise ParameterError(msg)
