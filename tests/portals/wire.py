"""How an answer goes out: as it should, or broken on the way."""

from __future__ import annotations

import gzip
import struct
from email.utils import formatdate
from http.client import responses
from socket import SO_LINGER, SOL_SOCKET
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator

    from tests.portals.faults import Fault
    from tests.portals.talk import Reply

_CHUNK: Final = 1 << 16
_DRIP_SECONDS: Final = 0.05
#: Without Content-Length: the end of the connection is the end of the body.
_UNTIL_CLOSE: Final = {"until_close", "cut_at_row", "cut_in_row", "endless"}
_CHUNKED: Final = {"chunks", "cut_chunks"}
_AFTERWARDS_CLOSED: Final = _UNTIL_CLOSE | {
    "cut_chunks",
    "short_body",
    "long_body",
    "reset_in_body",
}


class Gauge(Protocol):
    """What the server keeps of the bytes that go out."""

    def spend(self, wanted: int) -> int:
        """Give how many of the bytes may still be sent before the server stops."""
        ...

    def stopped(self) -> None:
        """Hear that all bytes that may be sent are sent."""
        ...

    def sleep(self, seconds: float) -> bool:
        """Wait; whether the server is being closed."""
        ...


class Wire:
    """One connection, for the time of one answer. ``open`` says whether another may follow."""

    def __init__(self, sock: ssl.SSLSocket, gauge: Gauge) -> None:
        self._sock = sock
        self._gauge = gauge
        self.open = True
        self.aborted = False

    def send(self, reply: Reply, fault: Fault | None, *, head_only: bool) -> None:
        """Send an answer in the way that the fault wants."""
        kind = fault.kind if fault else ""
        body = _packed(reply.body, fault)
        head = _head(reply, len(_sized(body, fault)), kind)
        if kind == "reset_before_head":
            self.abort()
            return
        if kind == "reset_in_head":
            self._sock.sendall(head[: len(head) // 2])
            self.abort()
            return
        self._sock.sendall(head)
        self.open = kind not in _AFTERWARDS_CLOSED
        if head_only:
            return
        for piece in self._pieces(body, fault):
            self._send_body(piece, framed=kind in _CHUNKED)
        if kind == "chunks":
            self._sock.sendall(b"0\r\n\r\n")
        if kind == "reset_in_body":
            self.abort()

    def abort(self) -> None:
        """Have the connection reset instead of closed."""
        self._sock.setsockopt(SOL_SOCKET, SO_LINGER, struct.pack("ii", 1, 0))
        self.open = False
        self.aborted = True

    def _pieces(self, body: bytes, fault: Fault | None) -> Iterator[bytes]:
        kind = fault.kind if fault else ""
        if fault is None or kind in {"gzip", "cut_gzip", "until_close", "long_body"}:
            yield body
        elif kind in {"cut_at_row", "cut_in_row"}:
            yield body[: _cut(body, fault.share, in_row=kind == "cut_in_row")]
        elif kind in {"reset_in_body", "short_body"}:
            yield body[: int(len(body) * fault.share)]
        elif kind in _CHUNKED:
            end = len(body) if kind == "chunks" else int(len(body) * fault.share)
            yield from (body[at : min(at + _CHUNK, end)] for at in range(0, end, _CHUNK))
        elif kind == "drip":
            yield from self._drops(body, fault.seconds)
        elif kind == "endless":
            sent = 0
            while body and sent < fault.most_bytes and not self._gauge.sleep(0):
                yield body
                sent += len(body)
        else:
            yield body

    def _drops(self, body: bytes, seconds: float) -> Iterator[bytes]:
        drops = min(int(seconds / _DRIP_SECONDS), len(body))
        for at in range(drops):
            if self._gauge.sleep(_DRIP_SECONDS):
                return
            yield body[at : at + 1]
        yield body[drops:]

    def _send_body(self, piece: bytes, *, framed: bool) -> None:
        allowed = self._gauge.spend(len(piece))
        part = memoryview(piece)[:allowed]
        if framed and piece:
            self._sock.sendall(b"%x\r\n" % len(piece))
        if allowed:
            self._sock.sendall(part)
        if allowed < len(piece):
            self._gauge.stopped()
            self.abort()
            raise ConnectionAbortedError
        if framed and piece:
            self._sock.sendall(b"\r\n")


def _packed(body: bytes, fault: Fault | None) -> bytes:
    if fault is None or fault.kind not in {"gzip", "cut_gzip"}:
        return body
    packed = gzip.compress(body, compresslevel=1)
    return packed if fault.kind == "gzip" else packed[: int(len(packed) * fault.share)]


def _sized(body: bytes, fault: Fault | None) -> bytes:
    """Give the part of a body whose length is promised."""
    wrong = fault is not None and fault.kind == "long_body"
    return body[: int(len(body) * fault.share)] if wrong and fault else body


def _head(reply: Reply, length: int, kind: str) -> bytes:
    headers = {"Date": formatdate(usegmt=True), "Content-Type": reply.kind} | dict(reply.headers)
    if kind in _CHUNKED:
        headers["Transfer-Encoding"] = "chunked"
    elif kind not in _UNTIL_CLOSE:
        headers["Content-Length"] = str(length)
    if kind in {"gzip", "cut_gzip"}:
        headers["Content-Encoding"] = "gzip"
    if kind in _UNTIL_CLOSE:
        headers["Connection"] = "close"
    lines = [f"HTTP/1.1 {reply.status} {responses.get(reply.status, '')}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def _cut(body: bytes, share: float, *, in_row: bool) -> int:
    """Find the end of a row of CSV or JSON near a share of the body, but after the first."""
    mark, after = (b"},", 1) if body[:1] in b"[{" else (b"\n", 1)
    at = body.rfind(mark, 0, max(int(len(body) * share), 1))
    while at > 0 and mark == b"\n" and body.count(b'"', 0, at) % 2:
        at = body.rfind(mark, 0, at)
    if at < 0:
        at = body.find(mark)
    if at < 0:
        return len(body) // 2
    return at + after + (2 if in_row else 0)
