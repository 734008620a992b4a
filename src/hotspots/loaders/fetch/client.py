"""The one way to ask a portal: guarded, limited, patient, and never content with half an answer."""

from __future__ import annotations

import ssl
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeVar

import httpx

from hotspots.errors import AnswerError, FetchError
from hotspots.loaders.fetch.answers import understood
from hotspots.loaders.fetch.guard import check_given_url, check_hop, peer_check
from hotspots.loaders.fetch.limits import FetchLimits
from hotspots.loaders.fetch.saying import named, refused, root_of, shown, without
from hotspots.loaders.fetch.waiting import AskAgainError, retrying, seconds_to_wait

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from types import TracebackType
    from typing import Self

T = TypeVar("T")

_MOST_HOPS: Final = 5
#: So many connections in vain, and not one answer yet: there is no network, or no such host.
_UNREACHED: Final = 3
#: Answers after which the same question can succeed: overload, timeouts, and "not ready yet".
_TRANSIENT: Final = frozenset({202, 408, 425, 429, 500, 502, 503, 504, *range(520, 531)})
_PACKINGS: Final = frozenset({"", "identity", "gzip", "x-gzip", "deflate"})
_AGENT: Final = "hotspots (open-data crime mapping; python-httpx)"
_KEPT: Final = "What was fetched is kept: run the same again to go on."


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a portal answered.

    Attributes
    ----------
    url : str
        Where it came from, without its query.
    status : int
        200, or one of the others that were accepted.
    headers : httpx.Headers
        Its headers.
    content : bytes
        Its body, unpacked.
    proven_whole : bool
        Whether its length was announced or its end marked. Otherwise it may be cut off and nothing
        in it would show.
    """

    url: str
    status: int
    headers: httpx.Headers
    content: bytes
    proven_whole: bool


@dataclass(slots=True, kw_only=True)
class PortalClient:
    """A connection to portals. To be used as a context manager.

    Attributes
    ----------
    limits : FetchLimits
        How much, how long and how often.
    private_hosts : tuple of str
        Hosts that may lie on private addresses.
    token_headers : mapping of str to str
        The headers that hold a token. They go to the host that was asked for, and to no other.
    sleep : callable
        What waits.
    tell : callable
        Called with a sentence before a wait that somebody would notice.
    bytes_taken : int
        Bytes of all answers so far.
    """

    limits: FetchLimits = field(default_factory=FetchLimits)
    private_hosts: tuple[str, ...] = ()
    token_headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    sleep: Callable[[float], None] = time.sleep
    tell: Callable[[str], object] = field(default=lambda _: None, repr=False)
    bytes_taken: int = 0
    _unreached: int = field(default=0, repr=False)
    _client: httpx.Client | None = field(default=None, repr=False)

    def __enter__(self) -> Self:
        """Open it."""
        limits = self.limits
        waits = httpx.Timeout(limits.silence_seconds, connect=limits.connect_seconds)
        # A cached answer may be older than the count it is compared with.
        headers = {
            "User-Agent": _AGENT, "Cache-Control": "no-cache", "Accept-Encoding": "gzip, deflate"
        }  # fmt: skip
        try:
            self._client = httpx.Client(timeout=waits, headers=headers)
        except (OSError, ValueError, ImportError) as fault:
            msg = f"The certificates or the proxy of this computer cannot be used: {fault}."
            raise FetchError(msg) from fault
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close it."""
        if self._client is not None:
            self._client.close()
        self._client = None

    def ask(
        self,
        url: str,
        *,
        parse: Callable[[Answer], T],
        params: Mapping[str, str] | None = None,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        accept: tuple[int, ...] = (200,),
    ) -> T:
        """Ask one question until there is an answer that can be used, or give up with an error.

        Parameters
        ----------
        url : str
            Where; https.
        parse : callable
            Turns the answer into what is wanted. It raises an AnswerError where asking again may
            help, and a FetchError where it cannot.
        params : mapping of str to str, optional
            The query.
        form : mapping of str to str, optional
            What is posted; without it the question is a GET.
        headers : mapping of str to str, optional
            More headers.
        accept : tuple of int, default (200,)
            Status codes that ``parse`` understands.

        Returns
        -------
        object
            What ``parse`` made of the answer.

        Raises
        ------
        FetchError
            If there is no such answer.
        """
        check_given_url(url)

        def once() -> T:
            with self.stream(
                url, params=params, form=form, headers=headers, accept=accept
            ) as response:
                return understood(self._answer(response), parse)

        return self.patiently(url, once)

    def patiently(self, url: str, once: Callable[[], T]) -> T:
        """Do something until it raises no AnswerError, and say so when it always does.

        Parameters
        ----------
        url : str
            What messages name.
        once : callable
            What is done.

        Returns
        -------
        object
            What it gave.

        Raises
        ------
        FetchError
            If it failed to the last.
        """
        try:
            return retrying(self.limits, self.sleep, self.tell)(once)
        except AnswerError as fault:
            msg = (
                f"{shown(url)} gave no usable answer in {self.limits.attempts} tries. The last: "
                f"{fault} {_KEPT}"
            )
            raise FetchError(msg) from fault

    @contextmanager
    def stream(
        self,
        url: str,
        *,
        params: Mapping[str, str] | None = None,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        accept: tuple[int, ...] = (200,),
    ) -> Iterator[httpx.Response]:
        """Ask once and give the answer while it arrives; faults of the network are AnswerErrors.

        Parameters
        ----------
        url : str
            Where; https.
        params, form, headers : mapping of str to str, optional
            The query, what is posted, and more headers.
        accept : tuple of int, default (200,)
            Status codes that are let through.

        Yields
        ------
        httpx.Response
            The answer, its body not yet read.

        Raises
        ------
        AnswerError
            If asking again may help.
        FetchError
            If it cannot.
        """
        if self._client is None:
            msg = "The client is closed. Use it in a with statement."
            raise FetchError(msg)
        asked = self._client.build_request(
            "GET" if form is None else "POST", url, params=params, data=form, headers=headers
        )
        home, hops = asked.url, 0
        try:
            while True:
                response = self._send(asked, home)
                try:
                    following = response.next_request if response.has_redirect_location else None
                    if following is None:
                        self._check_status(response, accept)
                        yield response
                        return
                finally:
                    response.close()
                hops += 1
                if hops > _MOST_HOPS or following.method != asked.method:
                    msg = f"{shown(url)} sends on to {shown(str(following.url))} and further. "
                    raise FetchError(msg + "Look up where the data are now.")
                asked = following
        except httpx.DecodingError as fault:
            msg = f"Its answer cannot be unpacked ({fault})."
            raise AnswerError(msg) from fault
        except httpx.TransportError as fault:
            if isinstance(root_of(fault), ssl.SSLCertVerificationError):
                msg = f"{shown(url)} cannot prove that it is who it says: {root_of(fault)}."
                raise FetchError(msg) from fault
            self._unreached += isinstance(fault, httpx.ConnectError)
            if self._unreached >= _UNREACHED and not self.bytes_taken:
                msg = f"{shown(url)} cannot be reached ({root_of(fault)}). Is there a network?"
                raise FetchError(msg) from fault
            msg = f"The connection failed ({type(fault).__name__}: {fault})."
            raise AnswerError(msg) from fault

    def _send(self, request: httpx.Request, home: httpx.URL) -> httpx.Response:
        """Send one request, to an address that may be asked; tokens go home only."""
        assert self._client is not None  # noqa: S101 - stream has looked
        url = str(request.url)
        check_hop(url, self.private_hosts)
        request.extensions["trace"] = peer_check(url, self.private_hosts)
        same = (request.url.host, request.url.port) == (home.host, home.port)
        for name, value in self.token_headers.items():
            if same:
                request.headers[name] = value
            else:
                request.headers.pop(name, None)
        try:
            return self._client.send(request, stream=True)
        except UnicodeError as fault:
            msg = f"{shown(url)} cannot be an address ({fault})."
            raise FetchError(msg) from fault

    def _check_status(self, response: httpx.Response, accept: tuple[int, ...]) -> None:
        status = response.status_code
        if status in accept:
            return
        if status in _TRANSIENT:
            wait = seconds_to_wait(response.headers)
            if wait is not None and wait > self.limits.longest_wait_seconds:
                msg = (
                    f"{shown(str(response.url))} answers {named(status)} and asks to wait "
                    f"{wait:,.0f} seconds. {_KEPT}"
                )
                raise FetchError(msg)
            msg = f"It answers {named(status)}."
            raise AskAgainError(msg, wait_seconds=wait)
        raise FetchError(refused(response, self._secrets()))

    def _answer(self, response: httpx.Response) -> Answer:
        """Read a body to its end, within the limits."""
        packing = response.headers.get("Content-Encoding", "identity").strip().casefold()
        if packing not in _PACKINGS:  # packed twice, a few kilobytes are gigabytes
            msg = f"It is packed as {packing[:40]!r}, which was not asked for."
            raise AnswerError(msg)
        chunks = [*self.body(response, response.iter_bytes(), self.limits.max_answer_bytes)]
        headers = response.headers
        return Answer(
            url=shown(str(response.url)),
            status=response.status_code,
            headers=headers,
            content=without(b"".join(chunks), self._secrets()),
            proven_whole="content-length" in headers or "transfer-encoding" in headers,
        )

    def _secrets(self) -> list[str]:
        """List the tokens, without the words before them."""
        return [value.split()[-1] for value in self.token_headers.values()]

    def body(
        self, response: httpx.Response, chunks: Iterator[bytes], most_bytes: int
    ) -> Iterator[bytes]:
        """Give the chunks of a body as long as they keep within the limits.

        Parameters
        ----------
        response : httpx.Response
            The answer.
        chunks : iterator of bytes
            Its body, unpacked or not.
        most_bytes : int
            How many bytes it may have.

        Yields
        ------
        bytes
            The chunks.

        Raises
        ------
        FetchError
            If it is too large or takes too long.
        """
        limits, size, ends = self.limits, 0, time.monotonic() + self.limits.answer_seconds
        for chunk in chunks:
            size += len(chunk)
            self.bytes_taken += len(chunk)
            if size > most_bytes or self.bytes_taken > limits.max_bytes:
                field_name = "max_bytes" if size <= most_bytes else "max_answer_bytes"
                msg = (
                    f"{shown(str(response.url))} sends more than {field_name}="
                    f"{getattr(limits, field_name):,} bytes. Ask for a shorter time, or allow more "
                    "with FetchLimits."
                )
                raise FetchError(msg)
            if time.monotonic() > ends:
                msg = (
                    f"{shown(str(response.url))} took longer than {limits.answer_seconds:,.0f} "
                    f"seconds for one answer. {_KEPT}"
                )
                raise FetchError(msg)
            yield chunk
