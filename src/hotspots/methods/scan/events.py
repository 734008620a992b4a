"""Incidents as cells and steps: where each was, and when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from hotspots.errors import FitnessError
from hotspots.fitness import check_days_known
from hotspots.grid.counting import (
    check_columns,
    facts_of,
    local_days,
    period_of,
    refuse_mixed_kinds,
)
from hotspots.grid.placing import place_incidents
from hotspots.methods.scan.places import cell_middles
from hotspots.methods.scan.space_time_params import STEPS

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

_FEWEST_STEPS: Final = 4
_FEWEST_INCIDENTS: Final = 30
_WHAT: Final = "A scan of space and time"


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Events:
    """Incidents one by one, and the cells that hold any, from west to east.

    Attributes
    ----------
    rows : ndarray of intp, shape (m,)
        Row of the grid of each cell.
    x_m, y_m, longitude, latitude : ndarray of float64, shape (m,)
        Its middle.
    n : ndarray of int64, shape (m,)
        Its incidents.
    places, steps : ndarray of intp, shape (incidents,)
        Cell and step of each incident, sorted.
    first_day : pandas.Timestamp
        The first day of the first step.
    n_steps : int
        Whole steps in the period.
    left_out : dict of str to int
        Rows that are not here, by reason.
    """

    rows: NDArray[np.intp]
    x_m: NDArray[np.float64]
    y_m: NDArray[np.float64]
    longitude: NDArray[np.float64]
    latitude: NDArray[np.float64]
    n: NDArray[np.int64]
    places: NDArray[np.intp]
    steps: NDArray[np.intp]
    first_day: pd.Timestamp
    n_steps: int
    left_out: dict[str, int]


def events_of(
    incidents: gpd.GeoDataFrame, grid: gpd.GeoDataFrame, *, step: str
) -> tuple[Events, dict[str, str]]:
    """Put incidents into cells and steps; the last step ends with the last day of the period.

    Parameters
    ----------
    incidents : geopandas.GeoDataFrame
        Incidents.
    grid : geopandas.GeoDataFrame
        Any grid.
    step : {"day", "week"}
        What time is cut into.

    Returns
    -------
    events : Events
        The incidents.
    facts : dict of str to str
        What they are, for the provenance.

    Raises
    ------
    FitnessError
        If days are not known, if a count is negative, or if there are too few incidents or steps.
    SchemaMismatchError
        If a frame is not what it should be.
    """
    check_columns(incidents)
    refuse_mixed_kinds(incidents)
    day_known = check_days_known(incidents, what=_WHAT)
    weights = incidents["count"].to_numpy(dtype=np.int64)
    if (weights < 0).any():
        row = incidents.index[int(np.flatnonzero(weights < 0)[0])]
        msg = (
            f"Row {row} takes back {-weights.min():,} incidents, and nobody can say of which day. "
            "Leave such rows out, or scan whole periods with scan_hotspots."
        )
        raise FitnessError(msg)
    facts = facts_of(incidents)
    start, end = period_of(incidents)
    days = STEPS[step]
    n_steps = ((end - start).days + 1) // days
    first_day = end - np.timedelta64(n_steps * days - 1, "D")
    since = (local_days(incidents) - first_day).dt.days.fillna(-1).to_numpy(dtype=np.int64)
    place, _ = place_incidents(incidents, grid, None)
    in_time = (since >= 0) & (since < n_steps * days)
    chosen = np.flatnonzero(day_known & (place >= 0) & in_time)
    left_out = {
        "day_unknown": int((~day_known).sum()),
        "in_no_cell": int((day_known & (place < 0)).sum()),
        "before_the_first_step": int((day_known & (place >= 0) & ~in_time).sum()),
    }
    one_by_one = np.repeat(chosen, weights[chosen])
    _refuse_too_few(place[one_by_one], n_steps, step)
    events = _in_order(
        grid, place[one_by_one], since[one_by_one] // days, first_day, n_steps, left_out
    )
    return events, facts


def _in_order(
    grid: gpd.GeoDataFrame,
    place: NDArray[np.intp],
    step: NDArray[np.int64],
    first_day: pd.Timestamp,
    n_steps: int,
    left_out: dict[str, int],
) -> Events:
    """Order cells from west to east, and incidents by cell and step: not by their rows."""
    middles = cell_middles(grid)
    n = np.bincount(place, minlength=len(grid))
    used = np.flatnonzero(n)
    rows = used[np.lexsort((n[used], middles[1][used], middles[0][used]))]
    number = np.full(len(grid), -1, dtype=np.intp)
    number[rows] = np.arange(len(rows))
    order = np.lexsort((step, number[place]))
    x_m, y_m, longitude, latitude = (values[rows] for values in middles)
    return Events(
        rows=rows,
        x_m=x_m,
        y_m=y_m,
        longitude=longitude,
        latitude=latitude,
        n=n[rows].astype(np.int64),
        places=number[place][order],
        steps=step[order].astype(np.intp),
        first_day=first_day,
        n_steps=n_steps,
        left_out=left_out,
    )


def _refuse_too_few(place: NDArray[np.intp], n_steps: int, step: str) -> None:
    cells = len(np.unique(place))
    few_cells = 2
    if len(place) < _FEWEST_INCIDENTS or cells < few_cells or n_steps < _FEWEST_STEPS:
        msg = (
            f"{_WHAT} needs at least {_FEWEST_INCIDENTS} incidents in {few_cells} cells and "
            f"{_FEWEST_STEPS} {step}s; got {len(place):,} in {cells:,} cells and {n_steps:,} "
            f"{step}s. Choose a longer period or more offences."
        )
        raise FitnessError(msg)
