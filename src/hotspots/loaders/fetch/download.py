"""One file from a portal to the disk: taken up again where it broke off, published when whole."""

from __future__ import annotations

import json
import os
import re
import sys
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from http import HTTPStatus
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit, urlunsplit

from filelock import FileLock, Timeout

from hotspots.digests import digest_of_file
from hotspots.errors import AnswerError, FetchError, HotspotsError, OutputError
from hotspots.files import check_target, replace_file
from hotspots.loaders.fetch.guard import check_given_url

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

    from hotspots.loaders.fetch.client import PortalClient

#: The folder among the parts of a fetch where whole files lie, out of the way of the parts.
FILES: Final = "files"
#: An attempt that brought as much is no failure: what stands is kept, and the next one goes on.
_PROGRESS_BYTES: Final = 1 << 20
_LOCK_SECONDS: Final = 3600.0
_RANGE: Final = re.compile(r"bytes (?:(\d+)-(\d+)|\*)/(\d+)")
_ACCEPTED: Final = (200, 206, 304, 416)
_HEAD_BYTES: Final = 4096
_SHOWN: Final = 80
#: How a file begins whose address says what it is.
_MAGIC: Final = {".zip": b"PK\x03\x04", ".gz": b"\x1f\x8b"}
_JSON: Final = (".json", ".geojson")


@dataclass(frozen=True, slots=True, kw_only=True)
class Download:
    """A file that was downloaded.

    Attributes
    ----------
    path : pathlib.Path
        Where it lies.
    size_bytes : int
        How large it is.
    sha256 : str
        Its digest.
    etag, last_modified : str
        What the portal says of its version; empty where it says nothing.
    new : bool
        Whether it was fetched now; False: the one on the disk is what the portal has.
    """

    path: Path
    size_bytes: int
    sha256: str
    etag: str
    last_modified: str
    new: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _State:
    """What is known of the file on the disk, whole (then it has a digest) or in part."""

    url: str
    etag: str = ""
    last_modified: str = ""
    length: int | None = None
    packing: str = ""
    sha256: str = ""

    @property
    def resumable(self) -> bool:
        """Say whether a part can be continued: only a strong ETag proves it is the same file."""
        return self.etag.startswith('"')


@dataclass(frozen=True, slots=True)
class _Files:
    """The files of one download: the target, its part, and what is known of them."""

    target: Path
    # Digests of bodies whose end was not marked: two alike are believed.
    unproven: set[str] = field(default_factory=set)

    @property
    def part(self) -> Path:
        return self.target.with_name(f"{self.target.name}.part")

    @property
    def sidecar(self) -> Path:
        return self.target.with_name(f"{self.target.name}.http.json")

    def part_size(self) -> int:
        return self.part.stat().st_size if self.part.exists() else 0

    def state(self, url: str) -> _State:
        """Look up what is known; another address knows nothing."""
        try:
            found = _State(**json.loads(self.sidecar.read_bytes()))
        except (FileNotFoundError, ValueError, TypeError):
            return _State(url=url)
        return found if found.url == url else _State(url=url)

    def write(self, state: _State) -> None:
        replace_file(self.sidecar, json.dumps(asdict(state)).encode())

    def drop(self) -> None:
        self.sidecar.unlink(missing_ok=True)
        self.part.unlink(missing_ok=True)

    def whole(self, state: _State) -> Download | None:
        """Give the file that is on the disk, if it is as it was written."""
        if not state.sha256:
            return None
        if self.part.exists() and digest_of_file(self.part) == state.sha256:
            self.part.replace(self.target)  # the process ended between two steps
        if not self.target.exists() or digest_of_file(self.target) != state.sha256:
            return None
        return Download(
            path=self.target,
            size_bytes=self.target.stat().st_size,
            sha256=state.sha256,
            etag=state.etag,
            last_modified=state.last_modified,
            new=False,
        )


def download(client: PortalClient, url: str, target: str | os.PathLike[str]) -> Download:
    """Download a file, or find that the one on the disk is still what the portal has.

    While it is on its way it lies beside the target as ``<name>.part``, and what the portal said of
    it in ``<name>.http.json``: whatever ends the process, the next call goes on from there, if the
    portal proves by a strong ETag that it is the same file. The target itself is either the file
    before or the new one, whole.

    Parameters
    ----------
    client : PortalClient
        What asks; its limits on bytes and time hold.
    url : str
        The file; https.
    target : str or os.PathLike
        Where it is to lie.

    Returns
    -------
    Download
        The file.

    Raises
    ------
    FetchError
        If the portal does not give it whole, or gives a web page or an error message instead. What
        came is kept.
    OutputError
        If it cannot be written; what was there before is still there.
    """
    check_given_url(url)
    files = _Files(check_target(target, example="data.csv"))
    try:
        with _locked(files.target):
            while True:
                before = files.part_size()
                try:
                    return client.patiently(url, partial(_once, client, url, files))
                except FetchError as fault:
                    gained = files.part_size() - before
                    if not isinstance(fault.__cause__, AnswerError) or gained < _PROGRESS_BYTES:
                        raise
    except HotspotsError:
        raise
    except OSError as fault:
        msg = f"{files.target} cannot be written: {fault.strerror or fault}."
        raise OutputError(msg) from fault


@contextmanager
def _locked(target: Path) -> Iterator[None]:
    """Let one process at a time download to a place; the next one finds it done."""
    try:
        with FileLock(target.with_name(f"{target.name}.lock"), timeout=_LOCK_SECONDS):
            yield
    except Timeout as fault:
        msg = f"Another process has been downloading {target} for an hour. Wait for it, or end it."
        raise OutputError(msg) from fault


def _once(client: PortalClient, url: str, files: _Files) -> Download:
    """Ask once: for news of a whole file, for the rest of a part, or for all."""
    state = files.state(_named(url))
    held = files.whole(state)
    size = files.part_size()
    headers = {"Accept-Encoding": "identity"}
    if held is not None:
        headers |= _if_changed(state)
    elif size and state.resumable:
        headers |= {"Range": f"bytes={size}-", "If-Range": state.etag}
    with client.stream(url, headers=headers, accept=_ACCEPTED) as response:
        if response.status_code == HTTPStatus.NOT_MODIFIED and held is not None:
            return held
        if response.status_code == HTTPStatus.OK:
            state = _state_of(response, state.url)
            files.part.unlink(missing_ok=True)
            files.write(state)
        else:
            total = _total(response, state, size)
            if total is None:
                files.drop()
                msg = f"It answers {response.status_code} with another part than was asked for."
                raise AnswerError(msg)
            state = replace(state, length=total)
        if response.status_code != HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            _append(client, response, files.part)
        proven = state.length is not None or "transfer-encoding" in response.headers
    return _publish(files, state, url, proven=proven)


def _if_changed(state: _State) -> dict[str, str]:
    if state.etag:
        return {"If-None-Match": state.etag}
    return {"If-Modified-Since": state.last_modified} if state.last_modified else {}


def _state_of(response: httpx.Response, url: str) -> _State:
    """Note what a portal says of a file that it begins to send."""
    headers = response.headers
    packing = headers.get("Content-Encoding", "identity").strip().casefold()
    if packing not in {"identity", "gzip", "x-gzip"}:
        msg = f"{url} is sent packed as {packing!r}, which was not asked for."
        raise FetchError(msg)
    length = headers.get("Content-Length", "")
    return _State(
        url=url,
        etag=_sendable(headers.get("ETag", "")),
        last_modified=_sendable(headers.get("Last-Modified", "")),
        length=int(length) if length.isascii() and length.isdigit() else None,
        packing=packing,
    )


def _sendable(text: str) -> str:
    """Give what a portal says of a version, if it can be said back to it."""
    return text if text.isascii() else ""


def _total(response: httpx.Response, state: _State, size: int) -> int | None:
    """Give the length of the file, if an answer is the rest of the part here, or says it is all."""
    found = _RANGE.fullmatch(response.headers.get("Content-Range", "").strip())
    if found is None or response.headers.get("ETag", state.etag) != state.etag:
        return None
    packing = response.headers.get("Content-Encoding", "identity").strip().casefold()
    start, _, total = found.groups()
    if response.status_code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
        fits = start is None and size == int(total)
    else:
        fits = start is not None and int(start) == size and packing == state.packing
    return int(total) if fits and state.length in (None, int(total)) else None


def _append(client: PortalClient, response: httpx.Response, part: Path) -> None:
    """Write what comes as it comes: unbuffered, so that the end of the process loses nothing."""
    with part.open("ab", buffering=0) as out:
        # The portal's own bytes, packed or not: ranges count in them.
        for chunk in client.body(response, response.iter_raw(), sys.maxsize):
            left = memoryview(chunk)
            while left:
                left = left[out.write(left) :]


def _publish(files: _Files, state: _State, url: str, *, proven: bool) -> Download:
    """Put a part in the place of the target, once it is sure that it is whole and the file."""
    size = files.part_size()
    if state.length is not None and size != state.length:
        if size > state.length:
            files.drop()
        msg = f"The file ended after {size:,} of {state.length:,} bytes."
        raise AnswerError(msg)
    fault = content_fault(files.part, url, packed=state.packing != "identity")
    if fault:
        files.drop()
        raise AnswerError(fault)
    with files.part.open("rb") as part:
        os.fsync(part.fileno())
    digest = digest_of_file(files.part)
    if not proven and digest not in files.unproven:
        files.unproven.add(digest)
        files.drop()
        msg = "The end of the file was not marked: it is asked for again, to compare."
        raise AnswerError(msg)
    done = replace(state, sha256=digest)
    files.write(done)
    files.part.replace(files.target)
    held = files.whole(done)
    if held is None:
        msg = f"{files.target} was changed while it was written. Run the same again."
        raise OutputError(msg)
    return replace(held, new=True)


def content_fault(path: Path, url: str, *, packed: bool = False) -> str:
    """Say what is wrong with a downloaded file by its first bytes.

    Parameters
    ----------
    path : pathlib.Path
        The file.
    url : str
        Where it came from; the end of its path says what it should be.
    packed : bool, default False
        Whether the portal packed it with gzip for the way.

    Returns
    -------
    str
        Empty where nothing is.
    """
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    suffix = PurePosixPath(urlsplit(url).path).suffix.casefold()
    begins = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    shown = f"It begins: {begins[:_SHOWN].decode(errors='replace')!r}."
    if not begins:
        return "The file is empty."
    if suffix in _MAGIC and not packed and not head.startswith(_MAGIC[suffix]):
        return f"The file is no {suffix} archive. {shown}"
    if begins[:1] == b"<":
        return f"A web page came instead of the file. {shown}"
    if begins[:1] in (b"{", b"[") and suffix not in _JSON:
        return f"A message in JSON came instead of the file. {shown}"
    return ""


def _named(url: str) -> str:
    """Name an address without its query, which may hold what is nobody's business."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc, parts.path, "", ""))
