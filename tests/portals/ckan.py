"""CKAN: ``/api/3/action/…`` with the datastore, its SQL, and what is told of a resource."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import polars as pl
import polars.selectors as cs
from tests.portals.dataset import SERIAL
from tests.portals.files import rows_as_csv
from tests.portals.sql import Select, miscounted, run_sql
from tests.portals.talk import RefusedError, Reply, as_json, whole_number

if TYPE_CHECKING:
    from tests.portals.dataset import Snapshot
    from tests.portals.talk import Request

_PATH: Final = re.compile(r"/api/(?:3/)?action/(\w+)")
_DEFAULT_LIMIT: Final = 100
_TIME: Final = "%Y-%m-%dT%H:%M:%S"
_TYPES: Final = {
    pl.String: "text",
    pl.Int64: "int4",
    pl.Float64: "float8",
    pl.Datetime: "timestamp",
    pl.Boolean: "bool",
}
_ERRORS: Final = {403: "Authorization Error", 404: "Not Found Error"}


@dataclass(frozen=True, slots=True, kw_only=True)
class CKAN:
    """One package with one resource, in the datastore and as a file.

    ``max_rows`` cuts every answer. ``sql`` says whether the portal takes SQL. ``told`` says whether
    a resource tells its hash, its size and when it was changed.
    """

    resource: str = "12345678-1234-4123-8123-123456789abc"
    package: str = "crimes"
    max_rows: int = 32_000
    sql: bool = True
    told: bool = True

    def knows(self, path: str) -> bool:
        return _PATH.fullmatch(path) is not None

    def answer(self, request: Request, now: Snapshot) -> Reply:
        path = _PATH.fullmatch(request.path)
        action = path[1] if path else ""
        if action == "datastore_search":
            return self._search(request, now)
        if action == "datastore_search_sql" and self.sql:
            return self._search_sql(request, now)
        if action == "resource_show":
            self._find(request.asked.get("id"), self.resource)
            return _done(request, self._resource(request, now))
        if action == "package_show":
            self._find(request.asked.get("id"), self.package)
            known = {"id": self.package, "name": self.package, "num_resources": 1}
            return _done(request, known | {"resources": [self._resource(request, now)]})
        return as_json(f"Bad request - Action name not known: {action}", status=400)

    def refuse(self, status: int, text: str) -> Reply:
        # What cannot be understood is a conflict here, and is said field by field.
        error: dict[str, Any] = {"message": text, "__type": _ERRORS.get(status, "Internal Error")}
        if status == 400:
            error = {"query": [text], "__type": "Validation Error"}
        body = {"help": "", "success": False, "error": error}
        return as_json(body, status=409 if status == 400 else status)

    def _find(self, asked: str | None, known: str) -> None:
        if asked is None:
            raise RefusedError(400, "Missing value")
        if asked != known:
            raise RefusedError(404, "Not found: Resource was not found.")

    def _table(self, now: Snapshot) -> pl.DataFrame:
        return now.frame.select(pl.col(SERIAL).alias("_id"), cs.by_name(now.columns)).sort("_id")

    def _search(self, request: Request, now: Snapshot) -> Reply:
        asked = request.asked
        self._find(asked.get("resource_id"), self.resource)
        table = now.remember(self, lambda: self._table(now))
        filters = json.loads(asked.get("filters", "{}"))
        where = " AND ".join(
            f"CAST({_quoted(name)} AS VARCHAR) IN ({_listed(value)})"
            for name, value in filters.items()
        )
        query = Select(where=where, order=_order(asked.get("sort", "")))
        found = now.answer((self, query), lambda: query.run(table))
        if not query.order:
            # Without a sort any order will do, and the next request may see another.
            found = found.sample(fraction=1, shuffle=True, seed=request.number)
        if asked.get("fields"):
            found = Select(columns=", ".join(map(_quoted, _names(asked["fields"])))).run(found)
        limit = min(whole_number(asked, "limit", _DEFAULT_LIMIT), self.max_rows)
        offset = whole_number(asked, "offset", 0)
        result = {
            "resource_id": self.resource,
            "fields": _fields(found),
            "records_format": "objects",
            "limit": limit,
            "offset": offset,
            "records": _records(request.page_of(found, offset, limit)),
        }
        if asked.get("include_total", "true").lower() != "false":
            result |= {"total": request.count_of(found.height), "total_was_estimated": False}
        return _done(request, result, rows=True)

    def _search_sql(self, request: Request, now: Snapshot) -> Reply:
        sql = request.asked.get("sql", "")
        # The index for searching texts is a column as well, of no use to anybody.
        table = now.remember(
            (self, "sql"),
            lambda: self._table(now).with_columns(pl.lit("'made':1 'up':2").alias("_full_text")),
        )
        found = run_sql({self.resource: table}, miscounted(sql, request.count_of(0)))
        page = request.page_of(found, 0, self.max_rows)
        result: dict[str, Any] = {"sql": sql, "fields": _fields(found), "records": _records(page)}
        if found.height > self.max_rows:
            result["records_truncated"] = True
        return _done(request, result, rows=True)

    def _resource(self, request: Request, now: Snapshot) -> dict[str, Any]:
        known: dict[str, Any] = {
            "id": self.resource,
            "package_id": self.package,
            "name": "Crimes",
            "format": "CSV",
            "datastore_active": True,
            "url": f"https://{request.headers.get('Host', '')}/files/rows.csv",
        }
        if not self.told:
            return known | {"hash": "", "size": None, "last_modified": None}
        body = rows_as_csv(now)
        changed = now.changed_at.strftime(f"{_TIME}.%f")
        return known | {
            "hash": hashlib.md5(body, usedforsecurity=False).hexdigest(),
            "size": len(body),
            "last_modified": changed,
            "metadata_modified": changed,
        }


def _done(request: Request, result: dict[str, Any], *, rows: bool = False) -> Reply:
    help_page = f"https://{request.headers.get('Host', '')}/api/3/action/help_show"
    return as_json({"help": help_page, "success": True, "result": result}, rows=rows)


def _records(page: pl.DataFrame) -> list[dict[str, Any]]:
    return page.with_columns(cs.datetime().dt.strftime(_TIME)).to_dicts()


def _fields(frame: pl.DataFrame) -> list[dict[str, str]]:
    return [
        {"id": name, "type": _TYPES.get(kind.base_type(), "numeric")}
        for name, kind in frame.schema.items()
    ]


def _names(text: str) -> list[str]:
    """Read a list of names: JSON, or with commas between."""
    return list(json.loads(text)) if text.startswith("[") else [n.strip() for n in text.split(",")]


def _order(text: str) -> str:
    parts = [part.split() for part in text.split(",") if part.strip()]
    return ", ".join(" ".join([_quoted(name.strip('"')), *rest]) for name, *rest in parts)


def _quoted(name: str) -> str:
    return f"`{name}`"


def _listed(value: object) -> str:
    values = value if isinstance(value, list) else [value]
    return ", ".join("'" + str(one).replace("'", "''") + "'" for one in values)
