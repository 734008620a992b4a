"""Which dialect a portal speaks, and how a token is shown to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from hotspots.errors import ParameterError
from hotspots.loaders.fetch.socrata import Socrata

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hotspots.loaders.fetch.client import PortalClient
    from hotspots.loaders.fetch.contract import Dialect
    from hotspots.loaders.portals import Portal

_DIALECTS: Final[dict[str, Any]] = {"socrata": Socrata}
#: Protocols that can only be asked for an area, or where an area is a part of the data.
_WITH_AREA: Final = ()
_TOKEN_HEADERS: Final = {
    "socrata": ("X-App-Token", "{}"),
    "arcgis": ("X-Esri-Authorization", "Bearer {}"),
    "ckan": ("Authorization", "{}"),
}


def speak(portal: Portal, client: PortalClient, zone: str, area: object) -> Dialect:
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
    dialect = _DIALECTS[portal.protocol]
    if portal.protocol in _WITH_AREA:
        return dialect(client=client, portal=portal, zone=zone, area=area)  # type: ignore[no-any-return]
    if area is not None:
        msg = (
            f"{portal.name!r} is fetched whole: asked for an area, it would leave out the rows "
            "without a place. Fetch it, and choose with select_incidents(area=...)."
        )
        raise ParameterError(msg)
    return dialect(client=client, portal=portal, zone=zone)  # type: ignore[no-any-return]


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
