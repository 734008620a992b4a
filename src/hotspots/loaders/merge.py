"""Several files of one feed as one: each incident once, and every row accounted for."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import geopandas as gpd
import pandas as pd
from pandas.api.types import union_categoricals

from hotspots.errors import InputDataError, ParameterError
from hotspots.schema import INCIDENT_COLUMNS, validate_incidents

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hotspots.loaders.read import Reading


class Merged(NamedTuple):
    """What merging gives.

    Attributes
    ----------
    incidents : geopandas.GeoDataFrame
        The rows of all files, without those that an earlier file has.
    accounts : pandas.DataFrame
        One row per file, in the order given: ``file_name``, ``source_sha256``, ``kept`` (rows that
        reading kept), ``already_there`` (of them, rows whose id an earlier file has) and ``merged``
        (the rest). ``kept`` is always ``already_there`` and ``merged`` together.
    """

    incidents: gpd.GeoDataFrame
    accounts: pd.DataFrame


def merge_incidents(readings: Sequence[Reading]) -> Merged:
    """Put several files of one feed together; where two hold the same id, the earlier file counts.

    Give the newest file first: New York's current year, then its historic file, whose rows are
    taken only where the current year has not got them, because complaints are revised. Ids that
    repeat within one file stay: a case may have several rows. Rows without an id are all taken, so
    files that overlap and have no ids cannot be merged without counting twice.

    Parameters
    ----------
    readings : sequence of Reading
        What ``read_incidents`` gave for each file; they are not changed.

    Returns
    -------
    Merged
        ``incidents``, and ``accounts``, which says what became of the rows of each file.

    Raises
    ------
    ParameterError
        If there is nothing to merge, the files are of different feeds, or one is given twice.
    InputDataError
        If the rows do not add up; that is a fault of the library.

    Examples
    --------
    >>> import pandas as pd
    >>> from hotspots.loaders import read_incidents
    >>> from hotspots.loaders.merge import merge_incidents
    >>> month = {"Crime ID": ["a", "b"], "Month": "2018-07", "Reported by": "", "Falls within": "",
    ...          "Longitude": "-1.5", "Latitude": "53.8", "Location": "", "LSOA code": "",
    ...          "LSOA name": "", "Crime type": "Burglary"}
    >>> newer = read_incidents(pd.DataFrame(month))
    >>> older = read_incidents(pd.DataFrame(month | {"Crime ID": ["b", "c"]}))
    >>> incidents, accounts = merge_incidents([newer, older])
    >>> incidents["source_record_id"].tolist()
    ['a', 'b', 'c']
    >>> accounts[["kept", "already_there", "merged"]].to_numpy().tolist()
    [[2, 0, 2], [2, 1, 1]]
    """
    _refuse_unlike(readings)
    seen: set[str] = set()
    parts, lines = [], []
    for incidents, quality in readings:
        ids = incidents["source_record_id"]
        there = ids.isin(seen) & ids.notna()
        seen.update(ids.dropna())
        parts.append(incidents[~there])
        lines.append(
            {
                "file_name": quality.file_name,
                "source_sha256": quality.sha256,
                "kept": quality.kept,
                "already_there": int(there.sum()),
                "merged": int((~there).sum()),
            }
        )
    whole, accounts = _stacked(parts), pd.DataFrame(lines)
    rows = int(accounts["kept"].sum() - accounts["already_there"].sum())
    if len(whole) != rows:
        msg = f"Merging kept {len(whole):,} rows, not {rows:,}. This is a fault of the library."
        raise InputDataError(msg)
    validate_incidents(whole)
    return Merged(whole, accounts)


def _refuse_unlike(readings: Sequence[Reading]) -> None:
    if not readings:
        msg = "There is nothing to merge. Give at least one Reading."
        raise ParameterError(msg)
    feeds = sorted({quality.feed.id for _, quality in readings})
    if len(feeds) > 1:
        msg = f"Only files of one feed can be merged; these are of {', '.join(feeds)}."
        raise ParameterError(msg)
    hashes = [quality.sha256 for _, quality in readings]
    twice = [q.file_name for i, (_, q) in enumerate(readings) if q.sha256 in hashes[:i]]
    if twice:
        msg = f"{twice[0]} is given twice. Its rows would count double: leave one out."
        raise ParameterError(msg)


def _stacked(parts: Sequence[gpd.GeoDataFrame]) -> gpd.GeoDataFrame:
    """Stack frames; columns of categories stay so although the files hold other categories."""
    columns = {
        name: pd.Series(union_categoricals([part[name] for part in parts]))
        if kind == "category"
        else pd.concat([part[name] for part in parts], ignore_index=True)
        for name, kind in INCIDENT_COLUMNS.items()
    }
    geometry = pd.concat([part.geometry for part in parts], ignore_index=True)
    return gpd.GeoDataFrame(columns, geometry=geometry, crs=parts[0].crs)
