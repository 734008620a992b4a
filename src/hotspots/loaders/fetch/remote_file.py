"""A file on a portal, read in places: only the ranges that are needed come over."""

from __future__ import annotations

import os
import re
from collections import OrderedDict
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from hotspots.errors import AnswerError, FetchError

if TYPE_CHECKING:
    import httpx

    from hotspots.loaders.fetch.client import PortalClient

_BLOCK_BYTES: Final = 1 << 20
_BLOCKS_KEPT: Final = 8
_RANGE: Final = re.compile(r"bytes (\d+)-(\d+)/(\d+)")
_MESSAGES: Final = ("text/html", "application/json")
_GONE: Final = (HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.GONE)


class FileChangedError(FetchError):
    """A file is not the one any more that was begun to be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """Which version of a file a portal has.

    Attributes
    ----------
    etag, last_modified : str
        What the portal says of it; empty where it says nothing.
    length : int
        Its size in bytes; -1 where the portal does not say.
    ranged : bool
        Whether the portal gives parts of it.
    """

    etag: str
    last_modified: str
    length: int
    ranged: bool


def look_at(client: PortalClient, url: str) -> Version | None:
    """Ask which version of a file a portal has, without fetching it.

    Parameters
    ----------
    client : PortalClient
        What asks.
    url : str
        The file; https.

    Returns
    -------
    Version or None
        None where there is no such file.

    Raises
    ------
    FetchError
        If the portal does not say.
    """
    return client.patiently(url, partial(_look, client, url))


def _look(client: PortalClient, url: str) -> Version | None:
    headers = {"Accept-Encoding": "identity", "Range": "bytes=0-0"}
    with client.stream(url, headers=headers, accept=(200, 206, *_GONE)) as response:
        if response.status_code in _GONE:
            return None
        kind = response.headers.get("Content-Type", "").partition(";")[0].strip().casefold()
        if kind in _MESSAGES:
            msg = f"It answers with {kind} instead of the file."
            raise AnswerError(msg)
        found = _RANGE.fullmatch(response.headers.get("Content-Range", "").strip())
        partial_content = response.status_code == HTTPStatus.PARTIAL_CONTENT
        if partial_content and found is None:
            msg = "It sends a part without saying of what."
            raise AnswerError(msg)
        length = found[3] if found else response.headers.get("Content-Length", "")
        return _version(
            response,
            length=int(length) if length.isascii() and length.isdigit() else -1,
            ranged=partial_content,
        )


def _version(response: httpx.Response, *, length: int, ranged: bool) -> Version:
    return Version(
        etag=response.headers.get("ETag", ""),
        last_modified=response.headers.get("Last-Modified", ""),
        length=length,
        ranged=ranged,
    )


class RemoteFile:
    """One version of a file on a portal, to be read like a file on the disk.

    Every answer must be of that version: the portal is asked for it by its ETag, and what it says
    of each part is compared.

    Parameters
    ----------
    client : PortalClient
        What asks.
    url : str
        The file; https.
    version : Version
        The version; its portal gives parts.
    """

    def __init__(self, client: PortalClient, url: str, version: Version) -> None:
        self._client = client
        self._url = url
        self._version = version
        self._at = 0
        self._blocks: OrderedDict[int, bytes] = OrderedDict()

    def seekable(self) -> bool:
        """Say that it can be read anywhere.

        Returns
        -------
        bool
            True.
        """
        return True

    def tell(self) -> int:
        """Say where the next byte is read.

        Returns
        -------
        int
            Bytes from the beginning.
        """
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Choose where the next byte is read.

        Parameters
        ----------
        offset : int
            How many bytes from there.
        whence : int, default os.SEEK_SET
            From where: the beginning, here, or the end.

        Returns
        -------
        int
            Bytes from the beginning.
        """
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._version.length}[whence]
        self._at = max(base + offset, 0)
        return self._at

    def read(self, size: int = -1) -> bytes:
        """Read what comes next.

        Parameters
        ----------
        size : int, default -1
            How many bytes; -1: to the end.

        Returns
        -------
        bytes
            As many, or fewer at the end.

        Raises
        ------
        FileChangedError
            If the portal has another version now.
        """
        length = self._version.length
        end = length if size < 0 else min(self._at + size, length)
        pieces = []
        while self._at < end:
            number, start = divmod(self._at, _BLOCK_BYTES)
            piece = self._block(number)[start : start + end - self._at]
            pieces.append(piece)
            self._at += len(piece)
        return b"".join(pieces)

    def forget(self) -> None:
        """Drop what was read so far, to read it again."""
        self._blocks.clear()

    def _block(self, number: int) -> bytes:
        known = self._blocks.get(number)
        if known is None:
            known = self._client.patiently(self._url, partial(self._ask, number))
            self._blocks[number] = known
            while len(self._blocks) > _BLOCKS_KEPT:
                self._blocks.popitem(last=False)
        self._blocks.move_to_end(number)
        return known

    def _ask(self, number: int) -> bytes:
        first = number * _BLOCK_BYTES
        last = min(first + _BLOCK_BYTES, self._version.length) - 1
        headers = {"Accept-Encoding": "identity", "Range": f"bytes={first}-{last}"}
        if self._version.etag.startswith('"'):
            headers["If-Match"] = self._version.etag
        with self._client.stream(
            self._url, headers=headers, accept=(200, 206, 412, 416)
        ) as response:
            found = _RANGE.fullmatch(response.headers.get("Content-Range", "").strip())
            total = int(found[3]) if found else -1
            got = _version(
                response, length=total, ranged=response.status_code == HTTPStatus.PARTIAL_CONTENT
            )
            if found is None or got != self._version:
                msg = f"{self._url} changed while it was read."
                raise FileChangedError(msg)
            if (int(found[1]), int(found[2])) != (first, last):
                msg = f"It sends another part than the bytes {first:,} to {last:,}."
                raise AnswerError(msg)
            content = b"".join(self._client.body(response, response.iter_raw(), _BLOCK_BYTES))
        if len(content) != last - first + 1:
            msg = f"It sent {len(content):,} of {last - first + 1:,} bytes."
            raise AnswerError(msg)
        return content
