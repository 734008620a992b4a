"""Plain files, with what is needed to go on where a download ended."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from tests.portals.talk import CSV, RefusedError, Reply

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.portals.dataset import Snapshot
    from tests.portals.talk import Request

_RANGE: Final = re.compile(r"bytes=(\d*)-(\d*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """Files below ``/files/``: ``rows.csv`` has the rows, and ``more`` are others by name.

    Change the rows, and ``rows.csv`` has another ETag. Without ``validators`` a file has neither
    ETag nor a time; with ``weak`` its ETag cannot prove that the bytes are the same. Without
    ``ranges`` it is always sent whole.
    """

    more: Mapping[str, bytes] = field(default_factory=dict, hash=False)
    validators: bool = True
    weak: bool = False
    ranges: bool = True

    def knows(self, path: str) -> bool:
        return path.startswith("/files/")

    def answer(self, request: Request, now: Snapshot) -> Reply:
        name = request.path.removeprefix("/files/")
        if name == "rows.csv":
            body = now.remember("rows.csv", lambda: rows_as_csv(now))
        elif name in self.more:
            body = self.more[name]
        else:
            raise RefusedError(404, f"There is no file {name}.")
        modified = now.changed_at.strftime("%a, %d %b %Y %H:%M:%S GMT")
        if not self.validators:
            return file_reply(request, body, ranges=self.ranges)
        weak = "W/" if self.weak else ""
        return file_reply(request, body, etag=weak, modified=modified, ranges=self.ranges)

    def refuse(self, status: int, text: str) -> Reply:
        return Reply(f"<html><body>{text}</body></html>".encode(), "text/html", status)


def rows_as_csv(now: Snapshot) -> bytes:
    """Write the rows as a file that is published beside a dataset."""
    shown = now.frame.sort(":id").select(now.columns)
    return shown.write_csv(datetime_format="%Y-%m-%d %H:%M:%S").encode()


def file_reply(
    request: Request,
    body: bytes,
    *,
    kind: str = CSV,
    etag: str | None = None,
    modified: str = "",
    ranges: bool = True,
) -> Reply:
    """Give a file, or the part of it that is asked for.

    ``etag`` is None for a file without one, ``""`` for one with a strong, ``"W/"`` with a weak one.
    """
    headers = {"Accept-Ranges": "bytes"} if ranges else {}
    if modified:
        headers["Last-Modified"] = modified
    tag = "" if etag is None else f'{etag}"{hashlib.sha256(body).hexdigest()[:16]}"'
    if tag:
        headers["ETag"] = tag
    asked = request.headers
    if tag and asked.get("If-Match", tag) not in {tag, "*"}:
        return Reply(b"", kind, 412, headers)
    if tag and asked.get("If-None-Match") in {tag, "*"}:
        return Reply(b"", kind, 304, headers)
    part = _RANGE.fullmatch(asked.get("Range", ""))
    ignored = request.fault is not None and request.fault.kind == "range_ignored"
    # A weak tag never proves that the part still fits; a time does only when it is the same.
    proven = asked.get("If-Range") in {None, modified or None, None if etag else tag}
    if part is None or not ranges or ignored or not proven:
        return Reply(body, kind, 200, headers, rows=True)
    first, last = _bounds(part[1], part[2], len(body))
    if first > last:
        return Reply(b"", kind, 416, headers | {"Content-Range": f"bytes */{len(body)}"})
    headers["Content-Range"] = f"bytes {first}-{last}/{len(body)}"
    return Reply(body[first : last + 1], kind, 206, headers, rows=True)


def _bounds(first: str, last: str, size: int) -> tuple[int, int]:
    if not first:
        return max(size - int(last or 0), 0), size - 1
    if int(first) >= size:
        return 1, 0
    return int(first), min(int(last or size), size - 1)
