"""The police of England and Wales: the API and the archive of data.police.uk."""

from __future__ import annotations

import io
import re
import threading
import zipfile
from dataclasses import dataclass, field
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

import polars as pl
import shapely
from tests.portals.dataset import SERIAL
from tests.portals.files import file_reply
from tests.portals.talk import RefusedError, Reply, as_json

if TYPE_CHECKING:
    from tests.portals.dataset import Snapshot
    from tests.portals.talk import Request

_LONGEST_TARGET: Final = 4094
_MONTHS_IN_ARCHIVE: Final = 36
_ARCHIVE: Final = re.compile(r"/data/archive/(\d{4}-\d\d)\.zip")
_SLUGS: Final = {
    "THEFT": "other-theft",
    "BATTERY": "violent-crime",
    "ASSAULT": "violent-crime",
    "BURGLARY": "burglary",
    "ROBBERY": "robbery",
    "CRIMINAL DAMAGE": "criminal-damage-arson",
    "MOTOR VEHICLE THEFT": "vehicle-crime",
    "NARCOTICS": "drugs",
    "PUBLIC PEACE VIOLATION": "public-order",
}
_ASB: Final = "anti-social-behaviour"
_NAMES: Final = {
    "other-theft": "Other theft",
    "violent-crime": "Violence and sexual offences",
    "burglary": "Burglary",
    "robbery": "Robbery",
    "criminal-damage-arson": "Criminal damage and arson",
    "vehicle-crime": "Vehicle crime",
    "drugs": "Drugs",
    "public-order": "Public order",
    _ASB: "Anti-social behaviour",
}


class Bucket:
    """Lets so many requests through a second, and a few more at once."""

    def __init__(self, per_second: float, burst: int) -> None:
        self._per_second = per_second
        self._burst = burst
        self._level = 0.0
        self._at = monotonic()
        self._lock = threading.Lock()

    def full(self) -> bool:
        """Take one request in; whether it is one too many."""
        with self._lock:
            now = monotonic()
            self._level = max(self._level - (now - self._at) * self._per_second, 0)
            self._at = now
            if self._level + 1 > self._burst:
                return True
            self._level += 1
            return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Police:
    """Two forces that share the rows; a row without a date is in no month and so nowhere.

    More than ``max_rows`` rows for an area are refused with 503.
    """

    forces: tuple[str, ...] = ("west-yorkshire", "south-yorkshire")
    max_rows: int = 10_000
    bucket: Bucket = field(default_factory=lambda: Bucket(15, 30), hash=False)

    def knows(self, path: str) -> bool:
        return path.startswith(("/api/crime", "/api/forces", "/data/archive/"))

    def answer(self, request: Request, now: Snapshot) -> Reply:
        table = now.remember(self, lambda: self._table(now))
        archive = _ARCHIVE.fullmatch(request.path)
        if archive:
            return self._archive(request, now, table, archive[1])
        if self.bucket.full():
            raise RefusedError(429, "")
        if request.method == "GET" and len(request.target) > _LONGEST_TARGET:
            raise RefusedError(400, "")
        months = table["month"].unique().sort(descending=True).to_list()
        if request.path == "/api/crimes-street-dates":
            return as_json([{"date": one, "stop-and-search": [*self.forces]} for one in months])
        if request.path == "/api/crime-last-updated":
            return as_json({"date": f"{months[0]}-01"} if months else {})
        if request.path == "/api/forces":
            return as_json([{"id": one, "name": _title(one)} for one in self.forces])
        month = request.asked.get("date") or (months[0] if months else "")
        if month not in months:
            raise RefusedError(404, "")
        return self._crimes(request, table.filter(pl.col("month") == month))

    def refuse(self, status: int, text: str) -> Reply:
        """Say next to nothing, as the real one."""
        return Reply(text.encode(), "text/html", status)

    def _table(self, now: Snapshot) -> pl.DataFrame:
        """Give the rows as they are published; those of the first force are the even ones."""
        dated = now.frame.drop_nulls("date").sort(SERIAL)
        asb = pl.col("primary_type").replace_strict(_SLUGS, default=_ASB)
        forces = pl.when(pl.col(SERIAL) % 2 == 0).then(pl.lit(self.forces[0]))
        number = pl.col(SERIAL)
        return dated.select(
            category=asb,
            month=pl.col("date").dt.strftime("%Y-%m"),
            force=forces.otherwise(pl.lit(self.forces[-1])),
            latitude=pl.col("latitude").round(6),
            longitude=pl.col("longitude").round(6),
            street=pl.format("On or near {}", pl.col("block")),
            number=number,
            # Anti-social behaviour has no lasting id.
            persistent_id=pl.when(asb == _ASB)
            .then(pl.lit(""))
            .otherwise(number.cast(pl.String).str.zfill(64)),
        )

    def _crimes(self, request: Request, month: pl.DataFrame) -> Reply:
        asked = request.asked
        placed = month.drop_nulls("latitude")
        if request.path.startswith("/api/crimes-street/"):
            category = request.path.removeprefix("/api/crimes-street/")
            found = placed.filter(pl.Series(_inside(placed, asked)))
        elif request.path == "/api/crimes-no-location":
            if not {"category", "force"} <= set(asked):
                raise RefusedError(400, "")
            category = asked["category"]
            found = month.filter(pl.col("latitude").is_null(), pl.col("force") == asked["force"])
        else:
            raise RefusedError(404, "")
        if category not in {"all-crime", *_NAMES}:
            raise RefusedError(404, "")
        if category != "all-crime":
            found = found.filter(pl.col("category") == category)
        if found.height > self.max_rows:
            raise RefusedError(503, "")
        page = request.page_of(found, 0, found.height)
        return as_json([_crime(row) for row in page.to_dicts()], rows=True)

    def _archive(self, request: Request, now: Snapshot, table: pl.DataFrame, last: str) -> Reply:
        if table.filter(pl.col("month") == last).is_empty():
            raise RefusedError(404, "")
        body = now.remember((self, last), lambda: _zip_of(table, last))
        modified = now.changed_at.strftime("%a, %d %b %Y %H:%M:%S GMT")
        return file_reply(request, body, kind="application/zip", etag="", modified=modified)


def _inside(placed: pl.DataFrame, asked: Any) -> Any:  # noqa: ANN401 - arrays of truth values
    if "poly" not in asked:
        raise RefusedError(400, "")
    corners = [tuple(map(float, pair.split(","))) for pair in asked["poly"].split(":")]
    area = shapely.Polygon([(x, y) for y, x in corners])
    return shapely.intersects_xy(
        area, placed["longitude"].to_numpy(), placed["latitude"].to_numpy()
    )


def _crime(row: dict[str, Any]) -> dict[str, Any]:
    place = None
    if row["latitude"] is not None:
        place = {
            "latitude": f"{row['latitude']:.6f}",
            "longitude": f"{row['longitude']:.6f}",
            "street": {"id": row["number"] % 1000, "name": row["street"]},
        }
    return {
        "category": row["category"],
        "location_type": "Force" if place else None,
        "location": place,
        "context": "",
        "outcome_status": None,
        "persistent_id": row["persistent_id"],
        "id": row["number"],
        "location_subtype": "",
        "month": row["month"],
    }


def _zip_of(table: pl.DataFrame, last: str) -> bytes:
    year, month = map(int, last.split("-"))
    count = year * 12 + month - _MONTHS_IN_ARCHIVE
    first = f"{count // 12:04}-{count % 12 + 1:02}"
    held = table.filter(pl.col("month").is_between(pl.lit(first), pl.lit(last)))
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for (one, force), rows in sorted(held.group_by("month", "force", maintain_order=True)):
            name = f"{one}/{one}-{force}"
            # A fixed time, so that the same rows are the same bytes.
            for suffix, body in (("street", _street(rows)), ("outcomes", b"Crime ID,Month\n")):
                entry = zipfile.ZipInfo(f"{name}-{suffix}.csv", (2026, 1, 1, 0, 0, 0))
                entry.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(entry, body)
    return out.getvalue()


def _street(rows: pl.DataFrame) -> bytes:
    force = pl.lit(f"{_title(rows['force'][0])} Police")
    columns = {
        "Crime ID": pl.when(pl.col("persistent_id") != "").then("persistent_id"),
        "Month": pl.col("month"),
        "Reported by": force,
        "Falls within": force,
        "Longitude": pl.col("longitude"),
        "Latitude": pl.col("latitude"),
        "Location": pl.when(pl.col("latitude").is_null())
        .then(pl.lit("No Location"))
        .otherwise("street"),
        "LSOA code": pl.lit(None, dtype=pl.String),
        "LSOA name": pl.lit(None, dtype=pl.String),
        "Crime type": pl.col("category").replace_strict(_NAMES),
        "Last outcome category": pl.lit(None, dtype=pl.String),
        "Context": pl.lit(None, dtype=pl.String),
    }
    return rows.select(expr.alias(name) for name, expr in columns.items()).write_csv().encode()


def _title(force: str) -> str:
    return force.replace("-", " ").title()
