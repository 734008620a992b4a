"""One connection of a client: TLS, then requests one after another."""

from __future__ import annotations

import contextlib
import json
import socketserver
import threading
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Final, Protocol, TypeAlias
from urllib.parse import parse_qsl, urlsplit

from tests.portals.wire import Wire

if TYPE_CHECKING:
    import socket
    import ssl

    from tests.portals.faults import Fault
    from tests.portals.talk import Reply, Request
    from tests.portals.wire import Gauge

Raw: TypeAlias = "socket.socket | tuple[bytes, socket.socket]"
_IDLE_SECONDS: Final = 60
_HANDSHAKE_SECONDS: Final = 10
_FAREWELL_SECONDS: Final = 0.3
_MOST_FORM_BYTES: Final = 1 << 24


class Host(Protocol):
    """What a connection asks of the server."""

    def ask(self, method: str, target: str, form: str, headers: dict[str, str]) -> Request: ...

    def answer(self, request: Request) -> tuple[Reply, Fault | None]: ...

    def note(self, request: Request, reply: Reply) -> Gauge: ...

    def crash(self, error: Exception) -> None: ...

    def stranger(self) -> None: ...


class Listener(socketserver.ThreadingMixIn, socketserver.TCPServer):
    """One address; the handshake is done in the connection's own thread."""

    daemon_threads = False
    block_on_close = True
    allow_reuse_address = True
    request_queue_size = 64

    def __init__(
        self, address: tuple[str, int], family: socket.AddressFamily, *, host: Host,
        context: ssl.SSLContext,
    ) -> None:  # fmt: skip
        self.address_family = family
        self.host = host
        self._context = context
        self._lock = threading.Lock()
        self._open: set[ssl.SSLSocket] = set()
        self._hung_up = False
        super().__init__(address, Connection)

    def finish_request(self, request: Raw, client_address: object) -> None:
        if isinstance(request, tuple):
            raise TypeError
        secure = self._context.wrap_socket(request, server_side=True, do_handshake_on_connect=False)
        with self._lock:
            self._open.add(secure)
        try:
            self._serve(secure, client_address)
        finally:
            with self._lock:
                self._open.discard(secure)
            secure.close()

    def _serve(self, secure: ssl.SSLSocket, client_address: object) -> None:
        if self._hung_up:
            return
        try:
            secure.settimeout(_HANDSHAKE_SECONDS)
            secure.do_handshake()
        except OSError:
            # Someone who speaks no TLS, or who does not trust the certificate.
            self.host.stranger()
            return
        Connection(secure, client_address, self)

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: what is wrong with the server itself is kept by ``Host.crash``."""

    def hang_up(self) -> None:
        """End every connection, wherever it is."""
        with self._lock:
            self._hung_up = True
            for secure in self._open:
                with contextlib.suppress(OSError):
                    secure.shutdown(2)


class Connection(BaseHTTPRequestHandler):
    """The requests of one connection."""

    protocol_version = "HTTP/1.1"
    timeout = _IDLE_SECONDS
    disable_nagle_algorithm = True
    server: Listener

    def handle(self) -> None:
        # A client may go at any moment.
        with contextlib.suppress(OSError):
            super().handle()

    def _serve(self) -> None:
        host = self.server.host
        form = self.rfile.read(min(int(self.headers.get("Content-Length") or 0), _MOST_FORM_BYTES))
        headers = {name.title(): value for name, value in self.headers.items()}
        try:
            request = host.ask(self.command, self.path, form.decode(), headers)
            reply, fault = host.answer(request)
        except Exception as err:
            host.crash(err)
            raise ConnectionAbortedError from err
        # Written down first: the client may be back with the test before this thread is.
        wire = Wire(self.connection, host.note(request, reply))
        try:
            wire.send(reply, fault, head_only=self.command == "HEAD")
        finally:
            self._aborted = wire.aborted
        self.close_connection |= not wire.open

    do_GET = do_POST = do_HEAD = _serve  # noqa: N815 - names that the base class looks for

    def finish(self) -> None:
        super().finish()
        if not getattr(self, "_aborted", False):
            # Say goodbye as TLS wants it: an end without it is a sign that something was cut.
            with contextlib.suppress(OSError, ValueError):
                self.connection.settimeout(_FAREWELL_SECONDS)
                self.connection.unwrap()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def asked_of(target: str, body: str) -> tuple[str, dict[str, str]]:
    """Take the path and the parameters of a request apart; the body is a form or JSON."""
    parts = urlsplit(target)
    asked = dict(parse_qsl(parts.query, keep_blank_values=True))
    if body.lstrip().startswith("{"):
        known = json.loads(body)
        return parts.path, asked | {
            name: value if isinstance(value, str) else json.dumps(value)
            for name, value in known.items()
        }
    return parts.path, asked | dict(parse_qsl(body, keep_blank_values=True))
