"""A bare client of the server: one that trusts its certificate, and does nothing else."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING, Final, Protocol

import httpx

if TYPE_CHECKING:
    from pathlib import Path

_SECONDS: Final = 60


class Where(Protocol):
    """A server, in this process or in another."""

    @property
    def url(self) -> str: ...

    @property
    def ca_file(self) -> str | Path: ...


def bare_client(where: Where) -> httpx.Client:
    """Make a client that asks relative to the server's address."""
    context = ssl.create_default_context(cafile=str(where.ca_file))
    return httpx.Client(verify=context, base_url=where.url, timeout=_SECONDS)
