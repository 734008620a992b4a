"""What messages say of an address, of an answer and of a fault."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import httpx

if TYPE_CHECKING:
    from collections.abc import Iterable

_SHOWN: Final = 200
_ADVICE: Final = {
    400: "The portal does not understand the question: its columns may have changed.",
    401: "It wants a token: give token=...",
    403: "It is refused: retired, or for callers with a token only.",
    404: "It is not there: retired or moved. Look it up and give portal=...",
    410: "It was retired.",
}


def shown(url: str) -> str:
    """Name an address without its query, which may be long or hold what is nobody's business.

    Parameters
    ----------
    url : str
        The address.

    Returns
    -------
    str
        Host and path.
    """
    parts = urlsplit(url)
    return f"{parts.hostname}{parts.path}"


def named(status: int) -> str:
    """Name a status.

    Parameters
    ----------
    status : int
        As in an answer.

    Returns
    -------
    str
        Its number, and its name where it has one.
    """
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def refused(response: httpx.Response, secrets: Iterable[str]) -> str:
    """Say that a portal refuses, in its own first words, and what may help.

    Parameters
    ----------
    response : httpx.Response
        The answer, its body not yet read.
    secrets : iterable of str
        What must not be repeated, should the portal do so.

    Returns
    -------
    str
        A sentence or two.
    """
    begins = without(_beginning(response), secrets).decode(errors="replace")[:_SHOWN]
    status = response.status_code
    advice = _ADVICE.get(status, "")
    return f"{shown(str(response.url))} answers {named(status)}: {begins!r}. {advice}".strip()


def without(content: bytes, secrets: Iterable[str]) -> bytes:
    """Take secrets out of what a portal said.

    Parameters
    ----------
    content : bytes
        What it said.
    secrets : iterable of str
        What must not be repeated.

    Returns
    -------
    bytes
        The same with three asterisks for each.

    Examples
    --------
    >>> from hotspots.loaders.fetch.saying import without
    >>> without(b"bad token: abc", ["abc"])
    b'bad token: ***'
    """
    for secret in secrets:
        content = content.replace(secret.encode(), b"***")
    return content


def root_of(fault: BaseException) -> BaseException:
    """Find what began a chain of faults.

    Parameters
    ----------
    fault : BaseException
        The last one.

    Returns
    -------
    BaseException
        The first one.
    """
    while (earlier := fault.__cause__ or fault.__context__) is not None:
        fault = earlier
    return fault


def _beginning(response: httpx.Response) -> bytes:
    """Read the first bytes of an error page, whatever it is."""
    try:
        for chunk in response.iter_bytes(4 * _SHOWN):
            return chunk
    except httpx.HTTPError:
        return b""
    return b""
