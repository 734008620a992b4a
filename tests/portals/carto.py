"""Carto's SQL: ``/api/v2/sql``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import polars as pl
import polars.selectors as cs
from tests.portals.dataset import SERIAL
from tests.portals.sql import miscounted, run_sql
from tests.portals.talk import RefusedError, Reply, as_json

if TYPE_CHECKING:
    from tests.portals.dataset import Snapshot
    from tests.portals.talk import Request

_PATH: Final = "/api/v2/sql"
_TYPES: Final = {
    pl.String: ("string", "text"),
    pl.Datetime: ("date", "timestamptz"),
    pl.Boolean: ("boolean", "bool"),
    pl.Int64: ("number", "int8"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Carto:
    """One table, with a serial number and a geometry of its own; its moments are UTC."""

    table: str = "crimes"

    def knows(self, path: str) -> bool:
        return path == _PATH

    def answer(self, request: Request, now: Snapshot) -> Reply:
        if not request.asked.get("q"):
            raise RefusedError(400, "You must indicate a sql query")
        table = now.remember(self, lambda: _table(now))
        sql = miscounted(request.asked["q"], request.count_of(0))
        found = now.answer((self, sql), lambda: run_sql({self.table: table}, sql))
        if " order by " not in f" {sql.lower()} ".replace("\n", " "):
            # Without an order any will do, and the next request may see another.
            found = found.sample(fraction=1, shuffle=True, seed=request.number)
        page = request.page_of(found, 0, found.height)
        rows = page.with_columns(cs.datetime().dt.strftime("%Y-%m-%dT%H:%M:%SZ")).to_dicts()
        kinds = {name: _TYPES.get(kind.base_type()) for name, kind in found.schema.items()}
        kinds |= dict.fromkeys({"the_geom"} & set(kinds), ("geometry", "geometry"))
        answer = {
            "rows": rows,
            "time": 0.01,
            "fields": {
                name: dict(zip(("type", "pgtype"), kind or ("number", "float8"), strict=True))
                for name, kind in kinds.items()
            },
            "total_rows": len(rows),
        }
        return as_json(answer, rows=True)

    def refuse(self, status: int, text: str) -> Reply:
        limited = {"context": "limit", "detail": "rate-limit"} if status == 429 else {}
        return as_json({"error": [text]} | limited, status=status)


def _table(now: Snapshot) -> pl.DataFrame:
    return now.frame.select(
        pl.lit(None, dtype=pl.String).alias("the_geom"),
        pl.col(SERIAL).alias("cartodb_id"),
        cs.by_name(now.columns) - cs.datetime(),
        (cs.by_name(now.columns) & cs.datetime()).dt.replace_time_zone("UTC"),
    ).sort("cartodb_id")
