"""Small portals for the tests: files by range, and data.police.uk."""

from __future__ import annotations

import hashlib
import io
import json
import re
import zipfile
from typing import TYPE_CHECKING, Any, Final

import shapely
from tests.portals.talk import RefusedError, Reply, as_json

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from tests.portals.dataset import Snapshot
    from tests.portals.talk import Request

STREET: Final = (
    "Crime ID,Month,Reported by,Falls within,Longitude,Latitude,Location,LSOA code,LSOA name,"
    "Crime type,Last outcome category,Context\n"
)


def ranged(request: Request, content: bytes, headers: Mapping[str, str], kind: str) -> Reply:
    """Answer a question for a file, or for a part of it."""
    etag = headers.get("ETag", "")
    if etag and request.headers.get("If-None-Match") == etag:
        return Reply(b"", kind, 304, headers)
    if request.headers.get("If-Match", etag) != etag:
        return Reply(b"", kind, 412, headers)
    asked = re.fullmatch(r"bytes=(\d+)-(\d*)", request.headers.get("Range", ""))
    if asked is None or request.headers.get("If-Range", etag) != etag:
        return Reply(content, kind, headers=headers)
    start, total = int(asked[1]), len(content)
    if start >= total:
        return Reply(b"", kind, 416, {**headers, "Content-Range": f"bytes */{total}"})
    end = min(int(asked[2] or total), total - 1)
    part = {**headers, "Content-Range": f"bytes {start}-{end}/{total}"}
    return Reply(content[start : end + 1], kind, 206, part)


class Files:
    """Files at ``/files/``; ``hears`` is told of each request before and may change anything."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.others: dict[str, bytes] = {}
        self.etag = '"one"'
        self.ranges = True
        self.kind = "text/csv"
        self.packing = ""
        self.hears: Callable[[Request], None] = lambda _: None

    def knows(self, path: str) -> bool:
        return path.startswith("/files/")

    def answer(self, request: Request, now: Snapshot) -> Reply:  # noqa: ARG002
        self.hears(request)
        headers = {"ETag": self.etag} if self.etag else {}
        if self.packing:
            headers["Content-Encoding"] = self.packing
        content = self.others.get(request.path.removeprefix("/files/"), self.content)
        if not self.ranges and not request.headers.get("If-None-Match"):
            return Reply(content, self.kind, headers=headers)
        return ranged(request, content, headers, self.kind)

    def refuse(self, status: int, text: str) -> Reply:
        return Reply(text.encode(), "text/plain", status)


class Police:
    """data.police.uk: archives made of ``files``, and an interface over ``crimes`` with an area."""

    def __init__(self) -> None:
        #: Street files by (month, force), and the archives they are in.
        self.files: dict[tuple[str, str], str] = {}
        self.archives: dict[str, list[tuple[str, str]]] = {}
        self.forces = ["greater-manchester", "kent", "west-yorkshire"]
        self.months = ["2024-01", "2024-02", "2024-03"]
        self.updated = "2024-03-01"
        self.crimes: list[dict[str, Any]] = []
        self.most = 10_000
        self.ranges = True
        self.etags = True
        self.pad = 0
        self.hears: Callable[[Request], None] = lambda _: None
        self.asked: list[dict[str, str]] = []

    def knows(self, path: str) -> bool:
        return path.startswith(("/api/", "/data/archive/"))

    def refuse(self, status: int, text: str) -> Reply:
        return Reply(text.encode(), "text/html", status)

    def archive(self, name: str) -> bytes:
        """Pack an archive; the same files make the same bytes."""
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as out:
            for month, force in self.archives[name]:
                info = zipfile.ZipInfo(f"{month}/{month}-{force}-street.csv")
                info.compress_type = zipfile.ZIP_DEFLATED
                out.writestr(info, self.files[month, force])
            if self.pad:
                # What nobody asked for, and what does not pack.
                noise = b"".join(
                    hashlib.sha256(str(n).encode()).digest() for n in range(self.pad // 32)
                )
                out.writestr(zipfile.ZipInfo("2024-01/2024-01-kent-outcomes.csv"), noise)
        return packed.getvalue()

    def answer(self, request: Request, now: Snapshot) -> Reply:  # noqa: ARG002
        self.hears(request)
        found = re.fullmatch(r"/data/archive/(\d{4}-\d{2})\.zip", request.path)
        if found:
            if found[1] not in self.archives:
                raise RefusedError(404, "Not found")
            content = self.archive(found[1])
            digest = hashlib.sha256(content).hexdigest()
            headers = {"ETag": f'"{digest}"'} if self.etags else {}
            if not self.ranges:
                return Reply(content, "application/zip", headers=headers)
            return ranged(request, content, headers, "application/zip")
        return self._api(request)

    def _api(self, request: Request) -> Reply:
        asked = dict(request.asked)
        if request.path == "/api/crimes-street-dates":
            return as_json([{"date": m, "stop-and-search": []} for m in self.months])
        if request.path == "/api/crime-last-updated":
            return as_json({"date": self.updated})
        if request.path == "/api/forces":
            return as_json([{"id": f, "name": f.title()} for f in self.forces])
        self.asked.append({"path": request.path, "method": request.method, **asked})
        if request.method == "GET" and len(request.target) > 4094:
            raise RefusedError(400, "Bad request")
        month = [c for c in self.crimes if c["month"] == asked["date"]]
        if request.path == "/api/crimes-no-location":
            return as_json(
                [_public(c) for c in month if not c["location"] and c["force"] == asked["force"]]
            )
        if request.path != "/api/crimes-street/all-crime":
            raise RefusedError(404, "Not found")
        corners = [pair.split(",") for pair in asked["poly"].split(":")]
        inside = within(month, [(float(x), float(y)) for y, x in corners])
        if len(inside) > self.most:
            raise RefusedError(503, "")
        return as_json([_public(c) for c in inside])


def within(
    crimes: Sequence[dict[str, Any]], corners: Sequence[tuple[float, float]]
) -> list[dict[str, Any]]:
    """Give the crimes inside a polygon; those on its edge are not."""
    placed = [c for c in crimes if c["location"]]
    where = shapely.points(
        [(float(c["location"]["longitude"]), float(c["location"]["latitude"])) for c in placed]
    )
    inside = shapely.contains(shapely.Polygon(corners), where) if placed else []
    return [c for c, is_in in zip(placed, inside, strict=True) if is_in]


def _public(crime: dict[str, Any]) -> dict[str, Any]:
    shown: dict[str, Any] = json.loads(json.dumps(crime))
    shown.pop("force", None)
    return shown
