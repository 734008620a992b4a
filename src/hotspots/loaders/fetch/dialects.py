"""Which dialect a portal speaks, and how a token is shown to it."""

from __future__ import annotations

import hashlib
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

from hotspots.errors import ParameterError
from hotspots.loaders.fetch.arcgis import ArcGIS
from hotspots.loaders.fetch.carto import Carto
from hotspots.loaders.fetch.ckan import CKAN
from hotspots.loaders.fetch.open311 import Open311
from hotspots.loaders.fetch.plain_file import PlainFile
from hotspots.loaders.fetch.police_api import PoliceApi
from hotspots.loaders.fetch.police_archive import PoliceArchive
from hotspots.loaders.fetch.police_areas import police_area
from hotspots.loaders.fetch.socrata import Socrata

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from hotspots.loaders.fetch.client import PortalClient
    from hotspots.loaders.fetch.contract import Dialect
    from hotspots.loaders.portals import Portal

_DIALECTS: Final[dict[str, Any]] = {
    "arcgis": ArcGIS,
    "carto": Carto,
    "ckan": CKAN,
    "file": PlainFile,
    "open311": Open311,
    "police-api": PoliceApi,
    "police-archive": PoliceArchive,
    "socrata": Socrata,
}
#: Protocols that can only be asked for an area, or where an area is a part of the data.
_WITH_AREA: Final = ("police-api", "police-archive")
#: Protocols that download files, which are kept beside the parts.
_WITH_FOLDER: Final = ("file", "police-archive")
_TOKEN_HEADERS: Final = {
    "socrata": ("X-App-Token", "{}"),
    "arcgis": ("X-Esri-Authorization", "Bearer {}"),
    "ckan": ("Authorization", "{}"),
}


def speak(portal: Portal, client: PortalClient, zone: str, area: object, folder: Path) -> Dialect:
    """Give the dialect of a portal.

    Parameters
    ----------
    portal : Portal
        The dataset.
    client : PortalClient
        What asks.
    zone : str
        IANA zone of the feed.
    area : object
        What the caller gave as area.
    folder : pathlib.Path
        Where files may be kept.

    Returns
    -------
    Dialect
        The dialect.

    Raises
    ------
    ParameterError
        If its protocol is not known, or it cannot be asked for an area.
    """
    if portal.protocol not in _DIALECTS:
        msg = f"No protocol is called {portal.protocol!r}. Choose one of: {', '.join(_DIALECTS)}."
        raise ParameterError(msg)
    if area is not None and portal.protocol not in _WITH_AREA:
        msg = (
            f"{portal.name!r} is fetched whole: asked for an area, it would leave out the rows "
            "without a place. Fetch it, and choose with select_incidents(area=...)."
        )
        raise ParameterError(msg)
    more = {"area": area} if portal.protocol in _WITH_AREA else {}
    if portal.protocol in _WITH_FOLDER:
        more["folder"] = folder
    dialect: Dialect = _DIALECTS[portal.protocol](client=client, portal=portal, zone=zone, **more)
    return dialect


def slug(portal: Portal, area: object, zone: str) -> str:
    """Name a dataset's folder, so that the parts of one are never taken for those of another.

    Parameters
    ----------
    portal : Portal
        The dataset.
    area : object
        What the caller gave as area.
    zone : str
        IANA zone of the days.

    Returns
    -------
    str
        The protocol, and a digest of all that decides which rows there are.
    """
    facts = [str(value) for value in asdict(portal).values()] + [zone]
    if portal.protocol == "police-api" and area is not None:
        asked = police_area(area)
        shapes = [*asked.outlines, *([asked.holes] if asked.holes is not None else [])]
        facts += [*(shape.wkt for shape in shapes), *asked.forces]
    digest = hashlib.sha256("\n".join(facts).encode()).hexdigest()
    return f"{portal.protocol}-{digest[:12]}"


def token_headers(portals: Sequence[Portal], token: str | None) -> dict[str, str]:
    """Say in which header a token is shown.

    Parameters
    ----------
    portals : sequence of Portal
        The datasets; they are all asked with it.
    token : str or None
        The token.

    Returns
    -------
    dict of str to str
        Header and content; empty without a token.

    Raises
    ------
    ParameterError
        If a portal takes none, or the token cannot stand in a header.
    """
    if token is None:
        return {}
    if not token.isascii() or not token.isprintable() or not token.strip():
        msg = "The token is blank, or holds characters that no token has. Give it as it was issued."
        raise ParameterError(msg)
    found = {}
    for portal in portals:
        if portal.protocol not in _TOKEN_HEADERS:
            msg = f"{portal.name!r} takes no token."
            raise ParameterError(msg)
        name, shape = _TOKEN_HEADERS[portal.protocol]
        found[name] = shape.format(token.strip())
    return found
