"""Count incidents in the cells of a grid, zero cells included."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from hotspots.errors import FitnessError, ParameterError, SchemaMismatchError
from hotspots.grid.area import is_study_area
from hotspots.grid.hexgrid import make_hexgrid, with_constants
from hotspots.grid.placing import place_incidents
from hotspots.grid.rates import without_rates
from hotspots.offences.harm import HARM_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Iterator

    import geopandas as gpd
    from numpy.typing import NDArray

_NEEDED: Final = (
    "count", "record_kind", "display_group", "occurred_start", "occurred_precision",
)  # fmt: skip
_NEEDED_FACTS: Final = ("source_id", "source_sha256")


def count_incidents(
    incidents: gpd.GeoDataFrame,
    grid: gpd.GeoDataFrame,
    *,
    by: str | None = None,
    match: str | None = None,
) -> gpd.GeoDataFrame:
    """Count the incidents in each cell.

    Incidents without a place, and those in no cell of the grid, are in no count; the grid says how
    many they are.

    Parameters
    ----------
    incidents : geopandas.GeoDataFrame
        Incidents; the column ``count`` says what each row counts for.
    grid : geopandas.GeoDataFrame
        From ``make_hexgrid``, ``make_square_grid`` or ``area_grid``. Or an area from
        ``study_area``: then it is covered with hexagons as
        ``make_hexgrid(area, incidents=incidents)`` does it, their size chosen from the incidents.
    by : {None, "month", "group"}, default None
        Also count each month of the period, or each display group.
    match : str or None, default None
        A column of the incidents, such as ``"area_name"`` or ``"district"``, that holds the id of
        the cell (the ``code`` of ``area_grid``), for feeds that give an area and no place. None
        goes by the place: a point on the border of areas is in the one whose code comes first.

    Returns
    -------
    geopandas.GeoDataFrame
        The grid with ``n`` (int64, zero cells included) and, with ``by``, a column ``n_<key>`` for
        each key, such as ``n_2018-07`` or ``n_burglary``; and what was counted, the same on every
        row: ``groups``, ``period`` (first day/last day), ``source_id``, ``source_sha256``, and of
        the rows given ``rows_in_cells``, ``rows_without_place`` (with ``match``: without a code)
        and ``rows_outside`` (with ``match``: with a code that no cell has), int64, which add up.
        Rates that the grid carried are taken off: they were of other counts.

    Raises
    ------
    CoordinateReferenceError
        If the incidents are not in EPSG:4326, or say so and hold metres.
    FitnessError
        If there are no incidents and no period was selected, so that it is unknown what zero means;
        or if offences and residents' concerns are in one table.
    ParameterError
        If ``by`` is none of the above, or the incidents have no column ``match``.
    SchemaMismatchError
        If the frames lack columns, the grid's index does not hold cells, or no code is the id of a
        cell.

    Warns
    -----
    UserWarning
        If rows have a code that no cell has.

    Examples
    --------
    >>> import hotspots as hs
    >>> incidents, _ = hs.load_sample("west-yorkshire-2018-07")
    >>> incidents, _ = hs.select_incidents(incidents, offence="burglary")
    >>> area = hs.study_area(hs.read_areas(hs.sample_path("west-yorkshire-lsoa")))
    >>> grid = hs.count_incidents(incidents, hs.make_hexgrid(area, resolution=7))
    >>> grid["n"].dtype, grid["period"].iloc[0]
    (dtype('int64'), '2018-07-01/2018-07-31')
    """
    if by not in {None, "month", "group"}:
        msg = f"by must be None, 'month' or 'group', got {by!r}."
        raise ParameterError(msg)
    check_columns(incidents)
    refuse_mixed_kinds(incidents)
    if is_study_area(grid):
        grid = make_hexgrid(grid, incidents=incidents)
    place, rows = place_incidents(incidents, grid, match)
    weights = incidents["count"].to_numpy(dtype=np.int64)
    facts = facts_of(incidents)
    out = without_rates(grid).drop(columns=list(HARM_COLUMNS), errors="ignore")
    out["n"] = _sums(place, weights, len(grid))
    for key, chosen in _splits(incidents, by, facts):
        out[f"n_{key}"] = _sums(place[chosen], weights[chosen], len(grid))
    out = out.assign(**rows)
    return with_constants(out, facts)


def period_of(incidents: gpd.GeoDataFrame) -> tuple[pd.Timestamp, pd.Timestamp]:
    """Find the first and the last local day that a set of incidents is about.

    Parameters
    ----------
    incidents : geopandas.GeoDataFrame
        Incidents. A column ``period``, which ``select_incidents`` adds, is believed; otherwise the
        days of the rows count, and whole months for rows that know their month only.

    Returns
    -------
    first, last : pandas.Timestamp
        Both inside the period.

    Raises
    ------
    FitnessError
        If nothing says it: no rows, and no period selected; or if several files leave a month out
        between them.
    """
    if "period" in incidents.columns:
        stamps = _values(incidents["period"])
        if len(stamps) == 1:
            first, last = stamps[0].split("/")
            return pd.Timestamp(first), pd.Timestamp(last)
    days = local_days(incidents)
    if days.isna().all():
        msg = (
            "There are no incidents with a date, and no period was asked for, so it is unknown "
            "what zero would mean. Name it: select_incidents(incidents, period='2018-07')."
        )
        raise FitnessError(msg)
    _refuse_gaps(incidents, days)
    monthly = (incidents["occurred_precision"] == "month").to_numpy()
    ends = days.where(~monthly, days + pd.offsets.MonthEnd(0))
    return days.min(), ends.max()


def refuse_mixed_kinds(incidents: gpd.GeoDataFrame) -> None:
    """Refuse offences and residents' concerns in one table: a sum of the two says nothing.

    Parameters
    ----------
    incidents : geopandas.GeoDataFrame
        Incidents; the column ``record_kind`` says what each row is.

    Raises
    ------
    FitnessError
        If rows are of several kinds.
    """
    rows = incidents["record_kind"].value_counts()
    kinds = sorted(str(kind) for kind in rows.index[rows > 0])
    if len(kinds) > 1:
        said = ", ".join(f"{rows[kind]:,} of the kind {kind!r}" for kind in kinds)
        msg = (
            f"These rows are not of one kind: {said}. What residents are concerned about is no "
            "offence, and the two are never counted together. Take one kind at a time: "
            f"incidents[incidents['record_kind'] == {kinds[-1]!r}]."
        )
        raise FitnessError(msg)


def _refuse_gaps(incidents: gpd.GeoDataFrame, days: pd.Series) -> None:
    """Months that no file covers would count as months without incidents."""
    if len(_values(incidents["source_sha256"])) == 1:
        return
    months = days.dropna().dt.to_period("M")
    absent = pd.period_range(months.min(), months.max(), freq="M").difference(months.unique())
    if len(absent):
        msg = (
            f"These incidents are from several files, and none of them is from {absent[0]}. Count "
            "each period for itself: select_incidents(incidents, period=...)."
        )
        raise FitnessError(msg)


def local_days(incidents: gpd.GeoDataFrame) -> pd.Series:
    """Give the local day on which each incident happened, or began.

    Parameters
    ----------
    incidents : geopandas.GeoDataFrame
        Incidents; ``occurred_start`` carries the feed's time zone.

    Returns
    -------
    pandas.Series of datetime64
        Midnight of the day, without a zone; the first of the month where only the month is known.
    """
    return incidents["occurred_start"].dt.tz_localize(None).dt.normalize()


def check_columns(incidents: gpd.GeoDataFrame) -> None:
    """Refuse a frame that lacks what counting needs.

    Parameters
    ----------
    incidents : geopandas.GeoDataFrame
        What should be Incidents.

    Raises
    ------
    SchemaMismatchError
        If a column is missing.
    """
    missing = [c for c in (*_NEEDED, *_NEEDED_FACTS) if c not in incidents.columns]
    if missing:
        listed = ", ".join(missing)
        msg = f"The incidents have no column {listed}. Read them with read_incidents()."
        raise SchemaMismatchError(msg)


def _sums(place: NDArray[np.intp], weights: NDArray[np.int64], size: int) -> NDArray[np.int64]:
    sums = np.zeros(size, dtype=np.int64)
    inside = place >= 0
    np.add.at(sums, place[inside], weights[inside])
    return sums


def _values(column: pd.Series) -> list[str]:
    """Give the values of a column; those it could have when there are no rows."""
    if column.empty and isinstance(column.dtype, pd.CategoricalDtype):
        return sorted(str(v) for v in column.cat.categories)
    return sorted(str(v) for v in column.dropna().unique())


def facts_of(incidents: gpd.GeoDataFrame) -> dict[str, str]:
    """Say what a set of incidents is: the facts that stand beside every number made from it.

    Parameters
    ----------
    incidents : geopandas.GeoDataFrame
        Incidents.

    Returns
    -------
    dict of str to str
        ``groups`` (with commas between), ``period`` (first day/last day), ``source_id`` and
        ``source_sha256``.

    Raises
    ------
    FitnessError
        As ``period_of``.
    """
    first, last = period_of(incidents)
    return {
        "groups": ",".join(_values(incidents["display_group"])),
        "period": f"{first:%Y-%m-%d}/{last:%Y-%m-%d}",
        **{name: ",".join(_values(incidents[name])) for name in _NEEDED_FACTS},
    }


def _splits(
    incidents: gpd.GeoDataFrame, by: str | None, facts: dict[str, str]
) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    if by == "month":
        months = local_days(incidents).dt.to_period("M").astype(str).to_numpy()
        first, last = facts["period"].split("/")
        for month in pd.period_range(first, last, freq="M").astype(str):
            yield month, months == month
    elif by == "group":
        groups = incidents["display_group"].astype(str).to_numpy()
        for group in facts["groups"].split(","):
            yield group, groups == group
