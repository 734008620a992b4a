"""Incidents to a file: whole or not at all, and read back as they were."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pandas as pd
from pyogrio.errors import DataLayerError, DataSourceError

from hotspots.errors import OutputError, ParameterError
from hotspots.files import check_target, part_of
from hotspots.schema import validate_incidents

if TYPE_CHECKING:
    from pathlib import Path

    import geopandas as gpd

#: What a spreadsheet takes for a formula when a cell begins with it.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
SUFFIXES: Final = (".parquet", ".gpkg", ".csv")


def write_incidents(incidents: gpd.GeoDataFrame, path: str | Path) -> Path:
    """Write Incidents to a file, for analysis; single incidents are not for publication.

    Parameters
    ----------
    incidents : geopandas.GeoDataFrame
        Incidents; they are not changed.
    path : str or pathlib.Path
        Where to. ``.parquet`` (GeoParquet) keeps every type, ``.gpkg`` (GeoPackage, layer
        ``incidents``) keeps moments in UTC, ``.csv`` has ``longitude`` and ``latitude`` and
        moments with their offset. A text in the CSV file that a spreadsheet would take for a
        formula begins with an apostrophe.

    Returns
    -------
    pathlib.Path
        The file.

    Raises
    ------
    ParameterError
        If the suffix is another one.
    OutputError
        If the file cannot be written; what was there before is still there.
    SchemaMismatchError
        If these are not Incidents.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from hotspots.loaders import load_sample
    >>> from hotspots.loaders.write import write_incidents
    >>> incidents, _ = load_sample("synthetic-chicago")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_incidents(incidents, Path(folder) / "incidents.parquet").name
    'incidents.parquet'
    """
    target = check_incident_file(path)
    validate_incidents(incidents)
    with part_of(target) as part:
        if target.suffix == ".parquet":
            incidents.to_parquet(part, index=False)
        elif target.suffix == ".gpkg":
            _write_geopackage(incidents, part)
        else:
            _as_table(incidents).to_csv(part, index=False, lineterminator="\n")
    return target


def check_incident_file(path: str | Path) -> Path:
    """Refuse a place where Incidents cannot be written, before any work is done for it.

    Parameters
    ----------
    path : str or pathlib.Path
        Where the file is to be.

    Returns
    -------
    pathlib.Path
        The same place.

    Raises
    ------
    ParameterError
        If the suffix is none that Incidents can be written as.
    """
    target = check_target(path, example="incidents.parquet")
    if target.suffix not in SUFFIXES:
        msg = f"{target.name} does not say what to write. Let it end in {', '.join(SUFFIXES)}."
        raise ParameterError(msg)
    return target


def _plain(incidents: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Turn categories into texts, which every format knows."""
    categories = incidents.select_dtypes("category").columns
    return incidents.astype(dict.fromkeys(categories, "string"))


def _write_geopackage(incidents: gpd.GeoDataFrame, part: Path) -> None:
    moments = incidents.select_dtypes("datetimetz").columns
    in_utc = {name: incidents[name].dt.tz_convert("UTC") for name in moments}
    try:
        _plain(incidents).assign(**in_utc).to_file(part, driver="GPKG", layer="incidents")
    except (DataSourceError, DataLayerError) as fault:
        msg = f"{part.name} cannot be written: {fault}."
        raise OutputError(msg) from fault


def _as_table(incidents: gpd.GeoDataFrame) -> pd.DataFrame:
    table = pd.DataFrame(_plain(incidents).drop(columns="geometry"))
    for name in table.select_dtypes("string").columns:
        risky = table[name].str.startswith(_FORMULA, na=False)
        table[name] = table[name].mask(risky, "'" + table[name])
    return table.assign(longitude=incidents.geometry.x, latitude=incidents.geometry.y)
