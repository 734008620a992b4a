"""ArcGIS: ``/…/FeatureServer`` and ``/…/MapServer``, their layers, and ``/query``."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import polars as pl
import polars.selectors as cs
from tests.portals.dataset import SERIAL
from tests.portals.sql import Select, split_list
from tests.portals.talk import RefusedError, Reply, as_json, whole_number

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.portals.dataset import Snapshot
    from tests.portals.talk import Request

_PATH: Final = re.compile(r".*/(?:Feature|Map)Server(?:/(\d+)(/query)?)?/?")
_OID: Final = "OBJECTID"
_EDITED: Final = "EditDate"
_WGS84, _MERCATOR = 4326, 102100
_EARTH_RADIUS_M: Final = 6_378_137.0
_BAD_QUERY: Final = "Cannot perform query. Invalid query parameters."
_TYPES: Final = {
    pl.String: "String",
    pl.Int64: "BigInteger",
    pl.Float64: "Double",
    pl.Datetime: "Date",
    pl.Int16: "SmallInteger",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ArcGIS:
    """A service whose layers all hold the same rows.

    ``max_record_count`` cuts every answer. ``paging``, ``ordering`` and ``statistics`` say whether
    the layer can do that; where it cannot, it says so and refuses. ``edit_date`` says whether the
    layer tells when it was edited last, and has a field for when a row was. ``token`` is asked for
    when it is given.
    """

    layers: tuple[str, ...] = ("Crimes",)
    max_record_count: int = 2000
    paging: bool = True
    ordering: bool = True
    statistics: bool = True
    edit_date: bool = True
    token: str = ""
    x: str = "longitude"
    y: str = "latitude"

    def knows(self, path: str) -> bool:
        return _PATH.fullmatch(path) is not None

    def answer(self, request: Request, now: Snapshot) -> Reply:
        path = _PATH.fullmatch(request.path)
        if request.asked.get("f") not in {"json", "pjson"}:
            return Reply(b"<html><head><title>ArcGIS REST Services Directory</title>", "text/html")
        shown = request.headers.get("X-Esri-Authorization", "").removeprefix("Bearer ")
        if self.token and self.token not in {shown, request.asked.get("token")}:
            raise RefusedError(*((498, "Invalid Token") if shown else (499, "Token Required")))
        if path is None or path[1] is None:
            layers = [{"id": n, "name": name} for n, name in enumerate(self.layers)]
            return as_json({"currentVersion": 11.3, "layers": layers, "tables": []})
        if int(path[1]) >= len(self.layers):
            raise RefusedError(400, "Invalid URL")
        if path[2] is None:
            return as_json(self._layer(int(path[1]), now))
        return self._query(request, now)

    def refuse(self, status: int, text: str) -> Reply:
        """Say no under status 200, as ArcGIS does."""
        message = _BAD_QUERY if status == 400 else text
        return as_json({"error": {"code": status, "message": message, "details": [text]}})

    def _table(self, now: Snapshot) -> pl.DataFrame:
        """Give the rows as the layer has them: a serial number first, no truth values."""
        edited = [pl.col(":updated_at").dt.replace_time_zone(None).alias(_EDITED)]
        return now.frame.select(
            pl.col(SERIAL).alias(_OID),
            cs.by_name(now.columns) - cs.boolean(),
            (cs.by_name(now.columns) & cs.boolean()).cast(pl.Int16),
            *(edited if self.edit_date else []),
        ).sort(_OID)

    def _layer(self, number: int, now: Snapshot) -> dict[str, Any]:
        schema = now.remember(self, lambda: self._table(now)).schema
        edited = int(now.changed_at.timestamp() * 1000)
        places = now.frame.select(cs.by_name(self.x, self.y, require_all=False))
        low, high = places.min().row(0), places.max().row(0)
        known = {
            "currentVersion": 11.3,
            "id": number,
            "name": self.layers[number],
            "type": "Feature Layer",
            "geometryType": "esriGeometryPoint",
            "objectIdField": _OID,
            "maxRecordCount": self.max_record_count,
            "capabilities": "Query",
            "supportsStatistics": self.statistics,
            "supportsAdvancedQueries": self.ordering,
            "advancedQueryCapabilities": {
                "supportsPagination": self.paging,
                "supportsOrderBy": self.ordering,
                "supportsStatistics": self.statistics,
            },
            "fields": [_field(name, kind) for name, kind in schema.items()],
        }
        if len(low) == 2:
            names = ("xmin", "ymin", "xmax", "ymax")
            extent = dict(zip(names, (*low, *high), strict=True))
            known["extent"] = extent | {"spatialReference": {"wkid": _WGS84}}
        if self.edit_date:
            known["editingInfo"] = {"lastEditDate": edited, "dataLastEditDate": edited}
            known["editFieldsInfo"] = {"editDateField": _EDITED}
        return known

    def _query(self, request: Request, now: Snapshot) -> Reply:
        asked = request.asked
        table = now.remember(self, lambda: self._table(now))
        if "where" not in asked and "objectIds" not in asked:
            raise RefusedError(400, "'where' parameter not specified")
        wrong = sorted({"resultOffset", "resultRecordCount"} & set(asked))
        if wrong and not self.paging:
            raise RefusedError(400, "Pagination is not supported.")
        if asked.get("orderByFields") and not self.ordering:
            raise RefusedError(400, "'orderByFields' parameter is not supported")
        query = Select(where=_where(asked))
        found = now.answer((self, query), lambda: query.run(table))
        if asked.get("outStatistics"):
            return self._statistics(request, found)
        if asked.get("returnCountOnly") == "true":
            return as_json({"count": request.count_of(found.height)})
        if asked.get("returnIdsOnly") == "true":
            return as_json({"objectIdFieldName": _OID, "objectIds": found[_OID].to_list()})
        return self._features(request, found)

    def _features(self, request: Request, found: pl.DataFrame) -> Reply:
        asked = request.asked
        order = asked.get("orderByFields", "").strip()
        if order and order.upper() not in {_OID, f"{_OID} ASC"}:
            found = Select(order=order).run(found)
        elif not order:
            # Without an order any will do, and the next request may see another.
            found = found.sample(fraction=1, shuffle=True, seed=request.number)
        start = whole_number(asked, "resultOffset", 0)
        most = min(whole_number(asked, "resultRecordCount", 1 << 40), self.max_record_count)
        page = request.page_of(found, start, most)
        fields = [name.strip() for name in asked.get("outFields", _OID).split(",") if name.strip()]
        names = found.columns if fields == ["*"] else fields
        unknown = [name for name in names if name not in found.columns]
        if unknown:
            raise RefusedError(400, f"'Invalid field: {unknown[0]}' parameter is invalid")
        answer: dict[str, Any] = {
            "objectIdFieldName": _OID,
            "geometryType": "esriGeometryPoint",
            "spatialReference": {"wkid": int(asked.get("outSR") or _MERCATOR)},
            "fields": [_field(name, found.schema[name]) for name in names],
            "features": self._as_features(page, names, asked),
        }
        if found.height > start + page.height:
            answer["exceededTransferLimit"] = True
        return as_json(answer, rows=True)

    def _as_features(
        self, page: pl.DataFrame, names: list[str], asked: Mapping[str, str]
    ) -> list[dict[str, Any]]:
        rows = page.with_columns(cs.datetime().dt.epoch("ms")).select(names).to_dicts()
        features: list[dict[str, Any]] = [{"attributes": row} for row in rows]
        if asked.get("returnGeometry", "true") == "false" or self.x not in page.columns:
            return features
        places = page.select(self.x, self.y)
        if asked.get("outSR") != str(_WGS84):
            places = places.select(*_mercator(self.x, self.y))
        for feature, (x, y) in zip(features, places.iter_rows(), strict=True):
            # A row without a place has no geometry at all.
            if x is not None:
                feature["geometry"] = {"x": x, "y": y}
        return features

    def _statistics(self, request: Request, found: pl.DataFrame) -> Reply:
        if not self.statistics:
            raise RefusedError(400, "'outStatistics' parameter is not supported")
        wanted = []
        for one in json.loads(request.asked["outStatistics"]):
            kind, on = one["statisticType"], one["onStatisticField"]
            name = one.get("outStatisticFieldName") or f"{kind}_{on}"
            more = f" + {request.count_of(0)}" if kind == "count" else ""
            wanted.append(f'{kind}("{on}"){more} AS "{name}"')
        groups = request.asked.get("groupByFieldsForStatistics", "")
        columns = ", ".join([*([groups] if groups else []), *wanted])
        counted = Select(columns=columns, group=groups, order=groups).run(found)
        fields = [_field(name, kind) for name, kind in counted.schema.items()]
        rows = counted.with_columns(cs.datetime().dt.epoch("ms")).to_dicts()
        return as_json({"fields": fields, "features": [{"attributes": row} for row in rows]})


def _where(asked: Mapping[str, str]) -> str:
    parts = [f"({asked['where']})"] if asked.get("where") else []
    if asked.get("objectIds"):
        numbers = [int(number) for number in split_list(asked["objectIds"])]
        parts.append(f"{_OID} IN ({', '.join(map(str, numbers))})")
    return " AND ".join(parts) or "1 = 1"


def _field(name: str, kind: pl.DataType) -> dict[str, str]:
    word = "OID" if name == _OID else _TYPES.get(kind.base_type(), "Double")
    return {"name": name, "type": f"esriFieldType{word}", "alias": name}


def _mercator(x: str, y: str) -> tuple[pl.Expr, pl.Expr]:
    """Give metres on the web's map: a layer answers in them unless it is told otherwise."""
    east = pl.col(x).radians() * _EARTH_RADIUS_M
    north = (pl.col(y).radians() / 2 + 3.141592653589793 / 4).tan().log() * _EARTH_RADIUS_M
    return east, north
