"""Choose incidents by offence, period and area, and count what is left out."""

from __future__ import annotations

import difflib
import re
from datetime import date
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import pandas as pd
import shapely

from hotspots.errors import FitnessError, HotspotsError, ParameterError
from hotspots.grid.area import check_study_area
from hotspots.grid.counting import local_days, period_of, refuse_mixed_kinds
from hotspots.grid.degrees import check_degrees
from hotspots.offences import offence_aggregates

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd
    from numpy.typing import NDArray

_KEPT: Final = -1


class Selection(NamedTuple):
    """The incidents chosen, and how many rows each filter left out.

    Attributes
    ----------
    incidents : geopandas.GeoDataFrame
        The rows chosen, in their order.
    left_out : dict of str to int
        Reason to rows: ``other_offence``, ``no_date``, ``outside_period``, ``unlocated``,
        ``outside_area``; only the reasons of the filters asked for. A row has one reason, the
        first that applies.
    """

    incidents: gpd.GeoDataFrame
    left_out: dict[str, int]


def select_incidents(
    incidents: gpd.GeoDataFrame,
    *,
    offence: str | Sequence[str] | None = None,
    period: str | Sequence[str] | None = None,
    area: gpd.GeoDataFrame | None = None,
) -> Selection:
    """Choose incidents; what is left out is counted, not lost.

    Parameters
    ----------
    incidents : geopandas.GeoDataFrame
        Incidents.
    offence : str or sequence of str or None, default None
        Display groups such as ``"burglary"``, or ``"violent"`` or ``"property"`` for several.
    period : str or sequence of two str or None, default None
        ``"2018-07"``, ``"2018"``, or the first and the last day, ``("2018-07-01", "2018-07-31")``,
        both inside; days are local days. It is cut to the months that the incidents are from.
    area : geopandas.GeoDataFrame or None, default None
        A study area; rows without a place are then left out as ``unlocated``. A point on the edge
        is inside.

    Returns
    -------
    Selection
        ``incidents`` and ``left_out``. With a period, the incidents have a column ``period``
        (first day/last day), so that what was asked for stays known.

    Raises
    ------
    CoordinateReferenceError
        If there is an area, and the incidents are not in EPSG:4326.
    FitnessError
        If the period cuts through a month and rows know their month only, or offences and
        residents' concerns are in one table.
    ParameterError
        If no incident is of a named offence, or the period cannot be read or is not one that the
        incidents are from.

    Examples
    --------
    >>> import hotspots as hs
    >>> incidents, _ = hs.load_sample("west-yorkshire-2018-07")
    >>> chosen, left_out = hs.select_incidents(incidents, offence="robbery")
    >>> len(chosen), left_out
    (327, {'other_offence': 31308})
    """
    refuse_mixed_kinds(incidents)
    reason = np.full(len(incidents), _KEPT, dtype=np.int8)
    asked: list[str] = []
    if offence is not None:
        groups = _groups_of(offence, incidents["display_group"])
        _mark(reason, ~incidents["display_group"].isin(groups), "other_offence", asked)
    if period is not None:
        first, last = _days_in(incidents, *_days_of(period))
        days = local_days(incidents)
        _refuse_part_months(incidents[reason == _KEPT], first, last)
        _mark(reason, days.isna(), "no_date", asked)
        _mark(reason, ~days.between(first, last), "outside_period", asked)
    if area is not None:
        check_degrees(incidents)
        points = incidents.geometry
        shape = check_study_area(area)
        shapely.prepare(shape)
        inside = shapely.intersects_xy(shape, points.x.to_numpy(), points.y.to_numpy())
        _mark(reason, points.isna(), "unlocated", asked)
        _mark(reason, ~inside, "outside_area", asked)
    chosen = incidents[reason == _KEPT].copy()
    if offence is not None:
        chosen["display_group"] = chosen["display_group"].cat.set_categories(groups)
    if period is not None:
        stamp = f"{first:%Y-%m-%d}/{last:%Y-%m-%d}"
        chosen["period"] = pd.Categorical.from_codes(np.zeros(len(chosen), np.int8), [stamp])
    left_out = {name: int((reason == code).sum()) for code, name in enumerate(asked)}
    if len(incidents) != len(chosen) + sum(left_out.values()):
        msg = (
            f"{len(incidents)} rows went in, {len(chosen)} came out and {left_out} were left out: "
            "they do not add up. This is a fault of the library; please report it."
        )
        raise HotspotsError(msg)
    return Selection(chosen, left_out)


def _days_in(
    incidents: gpd.GeoDataFrame, first: pd.Timestamp, last: pd.Timestamp
) -> tuple[pd.Timestamp, pd.Timestamp]:
    """Zero incidents in a time that the incidents do not cover would read as a quiet time."""
    if incidents.empty:
        return first, last
    begin, end = period_of(incidents)
    if last < begin or first > end:
        msg = (
            f"The period {first:%Y-%m-%d} to {last:%Y-%m-%d} is outside these incidents, which "
            f"are from {begin:%Y-%m-%d} to {end:%Y-%m-%d}. Choose a period inside it, or read "
            "another file."
        )
        raise ParameterError(msg)
    if "period" not in incidents.columns:
        # The file covers whole months, as far as anybody can tell from its first and last row.
        begin, end = begin.to_period("M").start_time, end.to_period("M").end_time.normalize()
    return max(first, begin), min(last, end)


def _mark(
    reason: NDArray[np.int8], out: pd.Series | NDArray[np.bool_], name: str, asked: list[str]
) -> None:
    """Give the rows that have no reason yet this one: its place in the list of reasons asked."""
    reason[np.asarray(out, dtype=bool) & (reason == _KEPT)] = len(asked)
    asked.append(name)


def _groups_of(offence: str | Sequence[str], column: pd.Series) -> list[str]:
    present = sorted(str(group) for group in column.dropna().unique())
    wanted = [offence] if isinstance(offence, str) else list(offence)
    aggregates = offence_aggregates()
    if not wanted:
        msg = "offence is an empty list. Name a group, or leave it out to take all."
        raise ParameterError(msg)
    groups: set[str] = set()
    for name in wanted:
        found = [g for g in aggregates.get(name, (name,)) if g in present]
        if not found:
            near = difflib.get_close_matches(str(name), [*present, *aggregates], n=1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            listed = ", ".join(present) or "none"
            msg = f"No incident is of the offence {name!r}.{hint} The groups present are: {listed}."
            raise ParameterError(msg)
        groups.update(found)
    return sorted(groups)


def _days_of(period: str | Sequence[str]) -> tuple[pd.Timestamp, pd.Timestamp]:
    try:
        parts = [period] if isinstance(period, str) else list(period)
        if len(parts) == 1 and re.fullmatch(r"\d{4}(-\d{2})?", parts[0]):
            whole = pd.Period(parts[0])
            first, last = whole.start_time, whole.end_time.normalize()
        else:
            first, last = (pd.Timestamp(date.fromisoformat(day)) for day in parts)
    except (AttributeError, ValueError, TypeError) as error:
        msg = (
            f"period {period!r} cannot be read. Write '2018-07' for a month, '2018' for a year, or "
            "('2018-07-01', '2018-07-31') for the first and the last day."
        )
        raise ParameterError(msg) from error
    if last < first:
        msg = f"The period ends ({last:%Y-%m-%d}) before it begins ({first:%Y-%m-%d})."
        raise ParameterError(msg)
    return first, last


def _refuse_part_months(
    incidents: gpd.GeoDataFrame, first: pd.Timestamp, last: pd.Timestamp
) -> None:
    whole = first.is_month_start and last.is_month_end
    monthly = int((incidents["occurred_precision"] == "month").sum())
    if monthly and not whole:
        msg = (
            f"{monthly:,} incidents know their month but not their day, and the period "
            f"{first:%Y-%m-%d} to {last:%Y-%m-%d} cuts through a month. Ask for whole months, such "
            f"as period='{first:%Y-%m}'."
        )
        raise FitnessError(msg)
