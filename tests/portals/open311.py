"""Open311's GeoReport v2: ``/open311/v2/requests.json`` and ``services.json``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import polars as pl
from tests.portals.dataset import SERIAL
from tests.portals.talk import RefusedError, Reply, as_json, whole_number

if TYPE_CHECKING:
    from tests.portals.dataset import Snapshot
    from tests.portals.talk import Request

_ROOT: Final = "/open311/v2/"
_TIME: Final = "%Y-%m-%dT%H:%M:%SZ"
#: What an endpoint may tell of the person who reported; nobody is meant.
PERSONAL: Final = {
    "requestor_name": "Made Up",
    "first_name": "Made",
    "last_name": "Up",
    "email": "made.up@example.org",
    "phone": "000",
    "account_id": "1",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Open311:
    """An endpoint that gives the newest requests first, and at most ``max_rows`` of them.

    A span of more than ``max_days`` is refused, or quietly cut where ``cuts``. Without ``pages``
    it takes no notice of a page's number and always gives the first one, as FixMyStreet.
    """

    jurisdiction: str = ""
    max_rows: int = 1000
    max_days: int = 90
    cuts: bool = False
    pages: bool = True

    def knows(self, path: str) -> bool:
        return path.startswith(_ROOT)

    def answer(self, request: Request, now: Snapshot) -> Reply:
        asked = request.asked
        if self.jurisdiction and not asked.get("jurisdiction_id"):
            raise RefusedError(400, "jurisdiction_id was not provided")
        if self.jurisdiction not in {"", asked.get("jurisdiction_id")}:
            raise RefusedError(404, "jurisdiction_id not found")
        table = now.remember(self, lambda: _table(now))
        if request.path == f"{_ROOT}services.json":
            names = table["service_name"].unique().sort().to_list()
            return as_json([_service(name) for name in names])
        if request.path != f"{_ROOT}requests.json":
            raise RefusedError(404, "not found")
        since, until = self._span(request, now)
        requested = pl.col("requested_datetime")
        found = table.filter(requested >= since, requested <= until)
        for name in ("service_code", "status"):
            if asked.get(name):
                found = found.filter(pl.col(name).is_in(asked[name].split(",")))
        size = min(whole_number(asked, "page_size", self.max_rows), self.max_rows)
        number = max(whole_number(asked, "page", 1), 1) if self.pages else 1
        page = request.page_of(found, (number - 1) * size, size)
        return as_json([_request(row) for row in page.to_dicts()], rows=True)

    def refuse(self, status: int, text: str) -> Reply:
        return as_json([{"code": status, "description": text}], status=status)

    def _span(self, request: Request, now: Snapshot) -> tuple[datetime, datetime]:
        most = timedelta(days=self.max_days)
        end = _moment(request, "end_date") or now.changed_at.replace(tzinfo=None)
        start = _moment(request, "start_date") or end - most
        if end - start <= most:
            return start, end
        if not self.cuts:
            raise RefusedError(400, f"a span of more than {self.max_days} days")
        return start, start + most


def _table(now: Snapshot) -> pl.DataFrame:
    code = pl.col("primary_type").str.to_lowercase().str.replace_all(" ", "_")
    return (
        now.frame.drop_nulls("date")
        .select(
            service_request_id=pl.col(SERIAL).cast(pl.String),
            status=pl.when(pl.col("arrest")).then(pl.lit("closed")).otherwise(pl.lit("open")),
            service_name=pl.col("primary_type"),
            service_code=code,
            description=pl.col("description"),
            requested_datetime=pl.col("date"),
            updated_datetime=pl.col(":updated_at").dt.replace_time_zone(None),
            address=pl.col("block"),
            lat=pl.col("latitude"),
            long=pl.col("longitude"),
        )
        .sort("requested_datetime", "service_request_id", descending=True)
    )


def _moment(request: Request, name: str) -> datetime | None:
    text = request.asked.get(name)
    if not text:
        return None
    if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", text):
        raise RefusedError(400, f"{name} is {text!r}, not a moment with its offset")
    return datetime.fromisoformat(text).astimezone(UTC).replace(tzinfo=None)


def _request(row: dict[str, Any]) -> dict[str, Any]:
    shown = {name: value for name, value in row.items() if value is not None}
    for name in ("requested_datetime", "updated_datetime"):
        shown[name] = row[name].strftime(_TIME)
    return shown | PERSONAL


def _service(name: str) -> dict[str, Any]:
    return {
        "service_code": name.lower().replace(" ", "_"),
        "service_name": name.capitalize(),
        "description": "",
        "metadata": False,
        "type": "realtime",
        "keywords": "",
        "group": "",
    }
