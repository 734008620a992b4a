"""Socrata's SODA 2.1: ``/resource/<id>.csv`` and ``.json``, and ``/api/views/<id>.json``."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import polars as pl
import polars.selectors as cs
from tests.portals.sql import Select, split_list
from tests.portals.talk import CSV, RefusedError, Reply, as_csv, as_json, whole_number

if TYPE_CHECKING:
    from tests.portals.dataset import Snapshot
    from tests.portals.talk import Request

DATASET: Final = "abcd-1234"
_DEFAULT_LIMIT: Final = 1000
_FIELDS: Final = (":id", ":created_at", ":updated_at", ":version")
_PATH: Final = re.compile(r"/(resource|api/views)/(.+)\.(csv|json)")
_CLAUSES: Final = {"$select", "$where", "$group", "$having", "$order", "$limit", "$offset"}
_ALIAS: Final = re.compile(r"(.+?)\s+as\s+(`?)(\w+)\2", re.IGNORECASE | re.DOTALL)
_TIME: Final = "%Y-%m-%dT%H:%M:%S%.3f"
_CODES: Final = {
    400: "query.compiler.malformed",
    403: "permission_denied",
    404: "dataset.missing",
    429: "too_many_requests",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Socrata:
    """One dataset with the id ``dataset``; ``app_token`` is the only token that is taken."""

    dataset: str = DATASET
    app_token: str = ""

    def knows(self, path: str) -> bool:
        return path.startswith(("/resource/", "/api/views/"))

    def answer(self, request: Request, now: Snapshot) -> Reply:
        path = _PATH.fullmatch(request.path)
        if path is None:
            raise RefusedError(404, "Not found")
        token = request.headers.get("X-App-Token", "")
        if self.app_token and token not in {"", self.app_token}:
            raise RefusedError(403, "Invalid app_token specified")
        if path[2] != self.dataset:
            raise RefusedError(404, "Not found")
        if path[1] == "api/views":
            return as_json(_view(self.dataset, now))
        return _rows(request, now, path[3])

    def refuse(self, status: int, text: str) -> Reply:
        column = re.search(r'unable to find column "([^"]+)"', text)
        code = "query.soql.no-such-column" if column else _CODES.get(status, "internal")
        body = {
            "code": code,
            "error": True,
            "message": f"Query coordinator error: {code}; {text}",
            "data": {"data": {"column": column[1]}} if column else {},
        }
        return as_json(body, status=status)


def _rows(request: Request, now: Snapshot, form: str) -> Reply:
    asked = request.asked
    strange = [name for name in asked if name.startswith("$") and name not in _CLAUSES]
    if strange:
        raise RefusedError(400, f"Unrecognized arguments {strange}")
    order = asked.get("$order", "").strip()
    query = _query(request, now, order)
    answer = now.answer(query, lambda: query.run(now.frame))
    if not order:
        # Without $order any order will do, and the next request may see another.
        answer = answer.sample(fraction=1, shuffle=True, seed=request.number)
    limit = whole_number(asked, "$limit", _DEFAULT_LIMIT)
    page = request.page_of(answer, whole_number(asked, "$offset", 0), limit)
    page = page.with_columns(cs.datetime(time_zone="UTC").dt.strftime(f"{_TIME}Z"))
    headers = {"X-SODA2-Fields": json.dumps(page.columns), "Last-Modified": _http_date(now)}
    if form == "csv":
        return Reply(as_csv(page), CSV, headers=headers, rows=True)
    return Reply(_json_rows(page), headers=headers, rows=True)


def _query(request: Request, now: Snapshot, order: str) -> Select:
    asked = request.asked
    where = [asked["$where"]] if "$where" in asked else []
    where += [f"CAST(`{k}` AS VARCHAR) = '{v}'" for k, v in asked.items() if not k.startswith("$")]
    # The rows are kept in the order of :id, so that nothing is left to sort.
    kept = "$group" not in asked and order.lower() in {":id", ":id asc"}
    return Select(
        columns=", ".join(_chosen(request, now)),
        where=" AND ".join(f"({part})" for part in where),
        group=asked.get("$group", ""),
        having=asked.get("$having", ""),
        order="" if kept else order,
    )


def _chosen(request: Request, now: Snapshot) -> list[str]:
    chosen = []
    for item in split_list(request.asked.get("$select", "*")):
        if item in {"*", ":*"}:
            names = now.columns if item == "*" else list(_FIELDS)
            chosen += [f"`{name}`" for name in names]
            continue
        alias = _ALIAS.fullmatch(item)
        what = alias[1] if alias else item
        if what.lower().startswith("count(") and request.count_of(0):
            what = f"{what} + {request.count_of(0)}"
        name = alias[3] if alias else _name_of(item)
        chosen.append(f"{what} AS `{name}`")
    return chosen


def _name_of(item: str) -> str:
    """Name a column as Socrata does: ``max(:updated_at)`` is ``max_updated_at``."""
    if "(" not in item:
        return item.strip("`")
    return re.sub(r"\W+", "_", item.replace("*", "")).strip("_").lower()


def _json_rows(page: pl.DataFrame) -> bytes:
    numbers = page.with_columns(cs.numeric().cast(pl.String), cs.datetime().dt.strftime(_TIME))
    # A null is left out altogether.
    rows = [{k: v for k, v in row.items() if v is not None} for row in numbers.to_dicts()]
    return ("[" + "\n,".join(json.dumps(row) for row in rows) + "]\n").encode()


def _view(dataset: str, now: Snapshot) -> dict[str, object]:
    columns = []
    for position, name in enumerate(now.columns, start=1):
        kind = now.frame.schema[name]
        word = "number" if kind.is_numeric() else "text"
        word = {pl.Boolean: "checkbox", pl.Datetime: "calendar_date"}.get(kind.base_type(), word)
        title = name.replace("_", " ").title()
        columns.append(
            {"id": position, "name": title, "fieldName": name, "dataTypeName": word,
             "position": position, "renderTypeName": word}
        )  # fmt: skip
    changed = int(now.changed_at.timestamp())
    return {
        "id": dataset,
        "name": "Made-up crimes",
        "rowsUpdatedAt": changed,
        "viewLastModified": changed,
        "columns": columns,
    }


def _http_date(now: Snapshot) -> str:
    return now.changed_at.strftime("%a, %d %b %Y %H:%M:%S GMT")
