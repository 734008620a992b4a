"""Which addresses may be asked: https, and none inside a private network unless it is named."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl, urlsplit

from hotspots.errors import FetchError, ParameterError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from typing import TypeAlias

    Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address

_SECRETS: Final = frozenset({
    "$$app_token", "access_token", "api_key", "apikey", "app_token", "key", "password", "secret",
    "sig", "signature", "token",
})  # fmt: skip
_NAT64: Final = ipaddress.ip_network("64:ff9b::/96")
#: Private as well, and not known as such to every Python.
_INSIDE: Final = (ipaddress.ip_network("64:ff9b:1::/48"), ipaddress.ip_network("fec0::/10"))
_CONNECTING: Final = "connection.connect_tcp.started"
_CONNECTED: Final = "connection.connect_tcp.complete"


def check_given_url(url: str) -> None:
    """Refuse an address given by the caller that is not https or holds a secret.

    Parameters
    ----------
    url : str
        The address.

    Raises
    ------
    ParameterError
        If it is not an https address, or a name and password or a token stand in it.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        msg = f"{url!r} is not an address: {error}."
        raise ParameterError(msg) from error
    if parts.scheme != "https" or not parts.hostname or port == 0:
        msg = f"{url!r} is not an https address. Data are only fetched over https."
        raise ParameterError(msg)
    names = {name.casefold() for name, _ in parse_qsl(parts.query, keep_blank_values=True)}
    if parts.username or parts.password or names & _SECRETS:
        msg = (
            f"The address of {parts.hostname} holds a password or a token, which would end up in "
            "logs. Take it out of the address and give it as token=..."
        )
        raise ParameterError(msg)


def check_hop(url: str, private_hosts: Collection[str]) -> None:
    """Refuse to go to an address, also when a portal redirects there.

    Parameters
    ----------
    url : str
        Where to.
    private_hosts : collection of str
        Hosts that may lie on private addresses.

    Raises
    ------
    FetchError
        If it is not https, or a private address.
    """
    parts = urlsplit(url)
    host = (parts.hostname or "").rstrip(".")
    if parts.scheme != "https" or not host:
        msg = (
            f"The portal sends on to {parts.scheme}://{host}, which is not https. Nothing is taken."
        )
        raise FetchError(msg)
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return  # a name; the address behind it is looked at when the connection stands
    _check_address(host, address, private_hosts)


def peer_check(url: str, private_hosts: Collection[str]) -> Callable[[str, dict[str, Any]], None]:
    """Make a hook that looks at the address behind a name before anything is said to it.

    What a name resolves to may differ from one look to the next, so what counts is the address
    that the connection has. Through a proxy there is no such connection: then the proxy decides.

    Parameters
    ----------
    url : str
        Where the request goes.
    private_hosts : collection of str
        Hosts that may lie on private addresses.

    Returns
    -------
    callable
        For httpx's request extension ``trace``.
    """
    host = (urlsplit(url).hostname or "").rstrip(".")
    direct = False

    def look(event: str, info: dict[str, Any]) -> None:
        nonlocal direct
        if event == _CONNECTING:
            direct = str(info.get("host", "")).rstrip(".").casefold() == host.casefold()
        elif event == _CONNECTED and direct:
            stream = info["return_value"]
            peer = stream.get_extra_info("server_addr")
            try:
                address = ipaddress.ip_address(str(peer[0]).split("%")[0])
                _check_address(host, address, private_hosts)
            except FetchError:
                stream.close()
                raise

    return look


def _check_address(host: str, address: Address, private_hosts: Collection[str]) -> None:
    if host.casefold() in {name.casefold() for name in private_hosts}:
        return
    inner = _embedded(address)
    if not inner.is_global or inner.is_multicast or any(inner in net for net in _INSIDE):
        msg = (
            f"{host} is {address}, an address inside a private network. Nothing is fetched from "
            "there, unless the host is named in private_hosts."
        )
        raise FetchError(msg)


def _embedded(address: Address) -> Address:
    """Give the IPv4 address that an IPv6 address stands for, if it does."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address
