"""The contracts: which columns Incidents and a HexGrid have, and a check that names every fault."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import geopandas as gpd
import pandas as pd

from hotspots.errors import SchemaMismatchError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

#: Incidents: one row per source row, EPSG:4326, a Point or None; kind of value per column.
INCIDENT_COLUMNS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "incident_id": "string",
        "source_id": "category",
        "source_sha256": "category",
        "source_record_id": "string",
        "case_id": "string",
        "row_grain": "category",
        "count": "integer",
        "record_kind": "category",
        "occurred_start": "datetime",
        "occurred_end": "datetime",
        "occurred_precision": "category",
        "occurred_basis": "category",
        "time_suspect": "bool",
        "reported_at": "datetime",
        "category_raw": "string",
        "description_raw": "string",
        "category_code_raw": "string",
        "offence_code": "category",
        "offence_group": "category",
        "offence_against": "category",
        "display_group": "category",
        "mapping_quality": "category",
        "sensitive": "bool",
        "location_text": "string",
        "location_precision": "category",
        "location_status": "category",
        "coord_uncertainty_m": "float",
        "area_name": "string",
        "district": "string",
        "source_row": "integer",
    }
)

#: Values of ``location_status`` of a row that has a place.
LOCATED_STATUSES: Final = ("ok", "swapped_fixed")


def _kind_is(series: pd.Series, kind: str) -> bool:
    checks: dict[str, Callable[[object], bool]] = {
        "string": pd.api.types.is_string_dtype,
        "category": lambda dtype: isinstance(dtype, pd.CategoricalDtype),
        "integer": pd.api.types.is_integer_dtype,
        "float": pd.api.types.is_float_dtype,
        "bool": pd.api.types.is_bool_dtype,
        "datetime": lambda dtype: isinstance(dtype, pd.DatetimeTZDtype),
    }
    return bool(checks[kind](series.dtype))


def _incident_faults(incidents: gpd.GeoDataFrame) -> list[str]:
    faults = []
    for name, kind in INCIDENT_COLUMNS.items():
        if name not in incidents.columns:
            faults.append(f"column {name!r} is missing")
        elif not _kind_is(incidents[name], kind):
            faults.append(f"column {name!r} is {incidents[name].dtype}, not {kind}")
    if incidents.crs is None or incidents.crs.to_epsg() != 4326:  # noqa: PLR2004
        faults.append(f"the CRS is {incidents.crs}, not EPSG:4326")
    if "incident_id" in incidents.columns and incidents["incident_id"].duplicated().any():
        first = incidents.loc[incidents["incident_id"].duplicated(), "incident_id"].iloc[0]
        faults.append(f"incident_id {first!r} occurs more than once")
    located = incidents.geometry.notna()
    points = incidents.geometry[located]
    if not (points.geom_type == "Point").all() or points.is_empty.any():
        faults.append("a geometry is neither a Point nor None")
    elif "location_status" in incidents.columns:
        ok = incidents["location_status"].isin(LOCATED_STATUSES)
        if (ok != located).any():
            row = incidents.index[ok != located][0]
            faults.append(f"row {row}: location_status and geometry disagree")
    return faults


def validate_incidents(incidents: gpd.GeoDataFrame) -> None:
    """Check that a GeoDataFrame is a set of Incidents, and name every fault at once.

    Parameters
    ----------
    incidents : geopandas.GeoDataFrame
        What is to be checked; it is not changed.

    Raises
    ------
    SchemaMismatchError
        If a column is missing or has the wrong kind of values, if the CRS is not EPSG:4326, if an
        ``incident_id`` repeats, or if geometry and ``location_status`` disagree.

    Examples
    --------
    >>> import hotspots as hs
    >>> incidents, _ = hs.load_sample("west-yorkshire-2018-07")
    >>> hs.validate_incidents(incidents)
    """
    if not isinstance(incidents, gpd.GeoDataFrame):
        kind = type(incidents).__name__
        msg = f"Incidents are a GeoDataFrame, this is a {kind}. Read them with read_incidents()."
        raise SchemaMismatchError(msg)
    faults = _incident_faults(incidents)
    if faults:
        listed = "; ".join(faults)
        msg = f"These are not Incidents: {listed}. Read them with read_incidents()."
        raise SchemaMismatchError(msg)
