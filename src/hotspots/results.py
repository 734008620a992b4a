"""What a method gives back: data, the parameters as resolved, and where the numbers come from."""

from __future__ import annotations

import calendar
import re
from dataclasses import asdict, dataclass, is_dataclass
from datetime import date
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Final

from hotspots.errors import SchemaMismatchError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd
    import pandas as pd

    from hotspots.words import Message

#: The closed list of words a cell result may use; a missing value means "not tested".
HOTSPOT_WORDS: Final = ("hot", "cold", "not significant", "too few")

#: The columns of a counted grid that say, on every row alike, what ``n`` counts.
GRID_FACTS: Final = (
    "groups",
    "period",
    "source_id",
    "source_sha256",
    "area_basis",
    "area_attribution",
    "place",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """Where the numbers of a result come from.

    Attributes
    ----------
    groups : tuple of str
        Display groups that were counted.
    period_start, period_end : datetime.date
        First and last day of the period, both inside it.
    source_ids, source_sha256 : tuple of str
        The feeds, and the SHA-256 of each file that was read.
    area_basis : str
        ``"polygons"``, ``"cells"``, or ``"incidents"`` (exploratory).
    area_attribution : str
        What the licence of the area's polygons wants shown; empty when it has none.
    place : str
        Name of the study area; empty when it has none.
    incidents_used : int
        Incidents counted in the cells.
    package_version : str
        Version of this library.
    """

    groups: tuple[str, ...]
    period_start: date
    period_end: date
    source_ids: tuple[str, ...]
    source_sha256: tuple[str, ...]
    area_basis: str
    area_attribution: str
    place: str
    incidents_used: int
    package_version: str


def provenance_of(grid: pd.DataFrame, *, column: str = "n") -> Provenance:
    """Read from a counted grid what its counts are.

    Parameters
    ----------
    grid : pandas.DataFrame
        A grid that ``count_incidents`` made, with the columns ``groups``, ``period``,
        ``source_id``, ``source_sha256``, ``area_basis``, ``area_attribution`` and ``place``, each
        constant.
    column : str, default "n"
        The count column.

    Returns
    -------
    Provenance
        The facts.

    Raises
    ------
    SchemaMismatchError
        If a column is missing, or holds more than one value, or if it is not known what the count
        column counts.
    """
    missing = [name for name in (column, *GRID_FACTS) if name not in grid.columns]
    if missing:
        listed = ", ".join(missing)
        msg = f"The grid has no column {listed}. Make it with count_incidents(incidents, grid)."
        raise SchemaMismatchError(msg)
    facts = {}
    for name in GRID_FACTS:
        values = grid[name].unique()
        if len(values) != 1:
            msg = (
                f"Column {name!r} of the grid holds {len(values)} values; one grid counts one "
                "thing. Count again with count_incidents(incidents, grid)."
            )
            raise SchemaMismatchError(msg)
        facts[name] = str(values[0])
    key = column.removeprefix("n_")
    if key in facts["groups"].split(","):
        facts["groups"] = key
    elif re.fullmatch(r"\d{4}-\d{2}", key):
        facts["period"] = _part_in_month(facts["period"], key)
    elif column != "n":
        msg = (
            f"What the column {column!r} counts is not known. Take 'n', or a column that "
            "count_incidents(incidents, grid, by=...) made."
        )
        raise SchemaMismatchError(msg)
    return provenance_from(facts, incidents_used=int(grid[column].sum()))


def provenance_from(facts: Mapping[str, str], *, incidents_used: int) -> Provenance:
    """Make a provenance from facts as text, as a counted grid carries them.

    Parameters
    ----------
    facts : mapping of str to str
        A text for each of ``GRID_FACTS``; several values have commas between them.
    incidents_used : int
        Incidents behind the result.

    Returns
    -------
    Provenance
        The same facts, taken apart.
    """
    start, end = (date.fromisoformat(day) for day in facts["period"].split("/"))
    return Provenance(
        groups=tuple(facts["groups"].split(",")),
        period_start=start,
        period_end=end,
        source_ids=tuple(facts["source_id"].split(",")),
        source_sha256=tuple(facts["source_sha256"].split(",")),
        area_basis=facts["area_basis"],
        area_attribution=facts["area_attribution"],
        place=facts["place"],
        incidents_used=incidents_used,
        package_version=version("crime-hotspots"),
    )


def _part_in_month(period: str, month: str) -> str:
    start, end = (date.fromisoformat(day) for day in period.split("/"))
    first = date.fromisoformat(f"{month}-01")
    last = first.replace(day=calendar.monthrange(first.year, first.month)[1])
    return f"{max(start, first)}/{min(end, last)}"


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class HotspotResult:
    """The result of a method: a table aligned to its input, and all that explains it.

    Attributes
    ----------
    data : geopandas.GeoDataFrame
        One row per cell, in the order of the input, with ``n``, ``expected``, the method's own
        statistic, ``p_value``, ``p_adjusted``, ``hotspot``, ``busiest`` and ``note``; or, of a
        method that clusters incidents, one row per incident. The method says which columns.
    method : str
        Name of the function that made it.
    params : object
        A frozen dataclass: the parameters as resolved.
    provenance : Provenance
        Where the counts come from.
    caveats : tuple of Message
        What a reader must know.
    """

    data: gpd.GeoDataFrame
    method: str
    params: Any
    provenance: Provenance
    caveats: tuple[Message, ...] = ()

    def params_dict(self) -> dict[str, Any]:
        """Give the parameters as plain values that JSON can hold.

        Returns
        -------
        dict
            Parameter names and values.
        """
        return asdict(self.params) if is_dataclass(self.params) else dict(self.params)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Estimate:
    """One number with its uncertainty.

    Attributes
    ----------
    estimate, standard_error : float
        The number and its standard error (NaN when there is none).
    confidence_interval : tuple of float
        Lower and upper bound, 95 % unless the parameters say otherwise.
    p_value : float
        NaN when nothing is tested.
    data : pandas.DataFrame or None
        The table behind the number.
    method : str
        Name of the function that made it.
    params : object
        A frozen dataclass: the parameters as resolved.
    sentences : tuple of Message
        What it says in plain words, most important first.
    """

    estimate: float
    standard_error: float
    confidence_interval: tuple[float, float]
    p_value: float
    method: str
    params: Any
    data: pd.DataFrame | None = None
    sentences: tuple[Message, ...] = ()
