"""The server: sockets, certificate, counters, and which protocol answers."""

from __future__ import annotations

import errno
import re
import socket
import ssl
import tempfile
import threading
from collections import Counter
from dataclasses import dataclass, replace
from email.utils import formatdate
from pathlib import Path
from time import time
from typing import TYPE_CHECKING, Final, Self
from urllib.parse import unquote_plus

import trustme
from tests.portals.arcgis import ArcGIS
from tests.portals.carto import Carto
from tests.portals.ckan import CKAN
from tests.portals.dataset import Dataset
from tests.portals.faults import BREAKS, CHANGES, REFUSALS, WAYS, Fault, FaultScript
from tests.portals.files import Files
from tests.portals.handler import Listener, asked_of
from tests.portals.open311 import Open311
from tests.portals.police import Police
from tests.portals.rows import synthetic_rows
from tests.portals.socrata import Socrata
from tests.portals.talk import RefusedError, Reply, Request, as_json

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import TracebackType

    import polars as pl
    from tests.portals.faults import Faults
    from tests.portals.talk import Speaks

_HTML: Final = b"<!DOCTYPE html><html><head><title>Service unavailable</title></head></html>"
_TRIES: Final = 20
_MOVED: Final = "/moved"
_REDIRECTS: Final = (301, 302, 303, 307, 308)
_POLL_SECONDS: Final = 0.02


@dataclass(frozen=True, slots=True)
class Stop:
    """Call ``call`` once, amid a body, when ``after_bytes`` bytes of bodies are sent in all."""

    after_bytes: int
    call: Callable[[], None]


@dataclass(slots=True, kw_only=True)
class Seen:
    """One request as it came, and how much of a body was sent for it."""

    number: int
    method: str
    path: str
    asked: dict[str, str]
    headers: dict[str, str]
    fault: str
    status: int
    body_bytes: int = 0


class PortalServer:
    """A portal on loopback, from entering the ``with`` block to its end. See the package."""

    def __init__(
        self,
        *,
        frame: pl.DataFrame | None = None,
        faults: Faults | None = None,
        protocols: Sequence[Speaks] = (),
        date_column: str = "date",
        seed: int = 0,
        stop: Stop | None = None,
    ) -> None:
        self.faults: Faults = faults or FaultScript()
        self.seen: list[Seen] = []
        self.bytes_sent = 0
        self.strangers = 0
        self._data = Dataset(
            synthetic_rows(1000, seed=seed) if frame is None else frame,
            date_column=date_column,
            seed=seed,
        )
        self._protocols: tuple[Speaks, ...] = (
            *protocols,
            *(Socrata(), ArcGIS(), CKAN(), Carto(), Police(), Open311(), Files()),
        )
        self._stop = stop
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._asked = self._matched = 0
        self._last_page: dict[str, Reply] = {}
        self._crashes: list[Exception] = []
        self._listeners: list[Listener] = []
        self._threads: list[threading.Thread] = []

    @property
    def frame(self) -> pl.DataFrame:
        """The rows as they are now, without what only the portal keeps."""
        now = self._data.now
        return now.frame.select(now.columns)

    @property
    def url(self) -> str:
        return f"https://localhost:{self.port}"

    @property
    def port(self) -> int:
        return int(self._listeners[0].server_address[1])

    @property
    def ca_file(self) -> Path:
        """The certificate to trust, for ``SSL_CERT_FILE``."""
        return Path(self._folder.name) / "ca.pem"

    @property
    def requests_by_path(self) -> Counter[str]:
        return Counter(seen.path for seen in self.seen)

    @property
    def bytes_by_path(self) -> Counter[str]:
        counted: Counter[str] = Counter()
        for seen in self.seen:
            counted[seen.path] += seen.body_bytes
        return counted

    def change(self, fault: Fault) -> None:
        """Change the data at once, such as between two fetches."""
        self._data.change(fault)

    def use(self, faults: Faults) -> None:
        """Let other faults happen from now on; requests are numbered from 0 again."""
        with self._lock:
            self.faults = faults
            self._matched = 0

    # What follows is for the connections.

    def ask(self, method: str, target: str, form: str, headers: dict[str, str]) -> Request:
        """Number a request and look up what happens to it."""
        path, asked = asked_of(target, form)
        with self._lock:
            number = self._asked
            self._asked += 1
            fault = None
            if re.search(self.faults.paths, unquote_plus(target)):
                fault = self.faults.fault(self._matched)
                self._matched += 1
        return Request(
            number=number, method=method, target=target, path=path.removeprefix(_MOVED),
            asked=asked, headers=headers, fault=fault,
        )  # fmt: skip

    def answer(self, request: Request) -> tuple[Reply, Fault | None]:
        """Answer a request; the fault that is given back is one of the way, not of the answer."""
        fault = request.fault
        kind = fault.kind if fault else ""
        if request.path.startswith("/loop/"):
            return self._redirect(request, Fault(kind="redirect", to="loop")), None
        if fault and kind in CHANGES:
            self._data.change(fault)
        protocol = next((p for p in self._protocols if p.knows(request.path)), Nobody())
        if fault and kind in REFUSALS:
            return self._refused(request, fault, protocol), None
        try:
            now = self._data.before if kind == "stale_page" else self._data.now
            reply = protocol.answer(request, now)
        except RefusedError as err:
            reply = protocol.refuse(err.status, err.text)
        if reply.rows:
            with self._lock:
                before = self._last_page.get(request.path, reply)
                self._last_page[request.path] = reply
            reply = before if kind == "repeated_page" else reply
        return reply, fault if kind in BREAKS + WAYS else None

    def note(self, request: Request, reply: Reply) -> Meter:
        """Write down what is about to be sent."""
        seen = Seen(
            number=request.number,
            method=request.method,
            path=request.path,
            asked=dict(request.asked),
            headers=dict(request.headers),
            fault=request.fault.kind if request.fault else "",
            status=reply.status,
        )
        with self._lock:
            self.seen.append(seen)
        return Meter(self, seen)

    def crash(self, error: Exception) -> None:
        """Keep an error of the server itself, for the end."""
        self._crashes.append(error)

    def stranger(self) -> None:
        """Count a connection whose handshake failed."""
        self.strangers += 1

    def spend(self, seen: Seen, wanted: int) -> int:
        """Give how many of these bytes may be sent before the server stops."""
        with self._lock:
            left = wanted
            if self._stop is not None:
                left = min(wanted, max(self._stop.after_bytes - self.bytes_sent, 0))
            self.bytes_sent += left
            seen.body_bytes += left
            return left

    def stopped(self) -> None:
        """Call who wanted to know that all bytes are sent, once."""
        with self._lock:
            stop, self._stop = self._stop, None
        if stop is not None:
            stop.call()

    def sleep(self, seconds: float) -> bool:
        """Wait; whether the server is being closed."""
        return self._closing.wait(seconds)

    def _refused(self, request: Request, fault: Fault, protocol: Speaks) -> Reply:
        if fault.kind == "redirect":
            return self._redirect(request, fault)
        if fault.kind == "error_html":
            return Reply(_HTML, "text/html")
        if fault.kind == "error_arcgis":
            error = {"code": 499, "message": "Token Required", "details": []}
            return as_json({"error": error})
        text = "made to fail"
        if fault.kind == "error_json":
            return replace(protocol.refuse(500, text), status=200)
        headers = {"Retry-After": _retry_after(fault.retry_after)} if fault.retry_after else {}
        return replace(protocol.refuse(fault.status, text), status=fault.status, headers=headers)

    def _redirect(self, request: Request, fault: Fault) -> Reply:
        path = request.target.removeprefix(_MOVED)
        addresses = {
            "relative": _MOVED + path,
            "absolute": self.url + _MOVED + path,
            "loop": "/loop" + path.removeprefix("/loop"),
            "http": f"http://localhost:{self.port}{path}",
            "other_name": f"https://127.0.0.1:{self.port}{path}",
            "mapped": f"https://[::ffff:127.0.0.1]:{self.port}{path}",
            "metadata": "https://169.254.169.254/latest/meta-data/",
        }
        status = fault.status if fault.status in _REDIRECTS else 307
        return Reply(b"", status=status, headers={"Location": addresses.get(fault.to, fault.to)})

    def __enter__(self) -> Self:
        self._folder = tempfile.TemporaryDirectory(prefix="portal-")
        authority = trustme.CA()
        authority.cert_pem.write_to_path(str(self.ca_file))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        # Also for the other names, so that it is never TLS that keeps a client away from them.
        authority.issue_cert("localhost", "127.0.0.1", "::1").configure_cert(context)
        self._listeners = _listen(self, context)
        for listener in self._listeners:
            thread = threading.Thread(target=listener.serve_forever, args=(_POLL_SECONDS,))
            thread.start()
            self._threads.append(thread)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._closing.set()
        for listener in self._listeners:
            listener.shutdown()
            listener.hang_up()
            listener.server_close()
        for thread in self._threads:
            thread.join()
        self._folder.cleanup()
        if self._crashes and error is None:
            raise self._crashes[0]


@dataclass(frozen=True, slots=True)
class Meter:
    """Counts the bytes of one answer."""

    server: PortalServer
    seen: Seen

    def spend(self, wanted: int) -> int:
        return self.server.spend(self.seen, wanted)

    def stopped(self) -> None:
        self.server.stopped()

    def sleep(self, seconds: float) -> bool:
        return self.server.sleep(seconds)


class Nobody:
    """Answers the paths that no protocol knows."""

    def knows(self, path: str) -> bool:  # noqa: ARG002
        return True

    def answer(self, request: Request, now: object) -> Reply:  # noqa: ARG002
        raise RefusedError(404, f"there is nothing at {request.path}")

    def refuse(self, status: int, text: str) -> Reply:
        return Reply(text.encode(), "text/plain", status)


def _listen(host: PortalServer, context: ssl.SSLContext) -> list[Listener]:
    """Listen on both addresses of loopback, at one port; on one where there is no other."""
    for _ in range(_TRIES):
        first = Listener(("127.0.0.1", 0), socket.AF_INET, host=host, context=context)
        port = int(first.server_address[1])
        try:
            second = Listener(("::1", port), socket.AF_INET6, host=host, context=context)
        except OSError as err:
            if err.errno != errno.EADDRINUSE:
                return [first]
            first.server_close()
        else:
            return [first, second]
    msg = "no port is free on both 127.0.0.1 and ::1"
    raise OSError(msg)


def _retry_after(text: str) -> str:
    date = re.fullmatch(r"date([+-]\d+)", text)
    return formatdate(time() + int(date[1]), usegmt=True) if date else text
