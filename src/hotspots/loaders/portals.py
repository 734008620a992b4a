"""Portal: where a feed's data can be fetched, and what its portal must be asked."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Sequence

PROTOCOLS: Final = (
    "socrata", "arcgis", "ckan", "carto", "police-archive", "police-api", "open311", "file",
)  # fmt: skip
_CLOCKS: Final = ("local", "utc")
_DATE_KINDS: Final = ("timestamp", "text")


@dataclass(frozen=True, slots=True, kw_only=True)
class Portal:
    """One dataset of a feed on a portal.

    Attributes
    ----------
    name : str
        What it is called; ``fetch_incidents(portal=...)`` chooses one by it.
    protocol : str
        What the portal speaks: ``"socrata"``, ``"arcgis"``, ``"ckan"`` (its datastore), ``"carto"``
        (its SQL), ``"police-archive"`` and ``"police-api"`` (data.police.uk), ``"open311"``
        (GeoReport v2), or ``"file"``: a file that is downloaded as it is.
    url : str
        Where it is, https: the portal's root for Socrata, CKAN, Carto and police.uk; the service
        (``.../FeatureServer``) for ArcGIS; the folder with ``requests.json`` for Open311; the file
        itself for ``"file"``. With ``{year}`` there is one such address for each year. Empty when
        every user has another, as for Open311.
    dataset : str
        The id on Socrata, the layer's number or name on ArcGIS, the resource on CKAN, the table on
        Carto, the jurisdiction for Open311. Empty where there is none. With ``{year}`` there is
        one for each year.
    date_column : str
        The column, as the portal calls it, that ``since`` and ``until`` are compared with; empty:
        the dataset can only be fetched whole.
    date_kind : str
        ``"timestamp"``, or ``"text"`` where the column is text that begins with ``YYYY-MM-DD``.
    clock : str
        The clock of that column: ``"local"`` in the feed's zone, or ``"utc"``.
    first_day, last_day : datetime.date
        Days that the dataset covers, both included, by the feed's zone.
    encoding : str
        How a ``"file"`` is encoded; empty: UTF-8.
    """

    name: str
    protocol: str
    url: str
    dataset: str = ""
    date_column: str = ""
    date_kind: str = "timestamp"
    clock: str = "local"
    first_day: date = date.min
    last_day: date = date.max
    encoding: str = ""


def portal_faults(portals: Sequence[Portal]) -> list[str]:
    """Name all that is wrong with the portals of a feed.

    Parameters
    ----------
    portals : sequence of Portal
        Portals of one feed.

    Returns
    -------
    list of str
        One fault each; empty when there is none.
    """
    names = [p.name for p in portals]
    faults = [
        f"two portals are called {n!r}" for n in sorted({n for n in names if names.count(n) > 1})
    ]
    for portal in portals:
        where = f"portal {portal.name!r}"
        if portal.protocol not in PROTOCOLS:
            faults.append(f"{where}: the protocol {portal.protocol!r} is none of {PROTOCOLS}")
        if portal.clock not in _CLOCKS:
            faults.append(f"{where}: the clock {portal.clock!r} is none of {_CLOCKS}")
        if portal.date_kind not in _DATE_KINDS:
            faults.append(f"{where}: date_kind {portal.date_kind!r} is none of {_DATE_KINDS}")
        if portal.url and urlsplit(portal.url).scheme != "https":
            faults.append(f"{where}: the address {portal.url!r} does not begin with https://")
        if portal.first_day > portal.last_day:
            faults.append(f"{where}: first_day is after last_day")
        if portal.date_column and not re.fullmatch(r"[A-Za-z_:][\w.]*", portal.date_column):
            faults.append(f"{where}: date_column {portal.date_column!r} is not a column's name")
    return faults
