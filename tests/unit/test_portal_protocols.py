"""What the portal on loopback answers as ArcGIS, CKAN and Carto."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest
from tests.portals import (
    CKAN,
    ArcGIS,
    Fault,
    FaultScript,
    PortalServer,
    bare_client,
    synthetic_rows,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

RESOURCE = "crimes-2023"
LAYER = "/arcgis/rest/services/Crimes/FeatureServer/0"


@pytest.fixture(scope="module")
def frame() -> pl.DataFrame:
    return synthetic_rows(2500, seed=4)


@pytest.fixture(scope="module")
def client(frame: pl.DataFrame) -> Iterator[httpx.Client]:
    protocols = (CKAN(resource=RESOURCE),)
    with (
        PortalServer(frame=frame, protocols=protocols) as server,
        bare_client(server) as running,
    ):
        yield running


def _layer(client: httpx.Client, path: str = "/query", **asked: Any) -> Any:  # noqa: ANN401 - JSON
    answer = client.post(LAYER + path, data={"f": "json"} | asked)
    assert answer.status_code == 200
    return answer.json()


def test_arcgis_describes_its_layers(client: httpx.Client) -> None:
    service = client.get(LAYER.removesuffix("/0"), params={"f": "json"}).json()
    assert service["layers"] == [{"id": 0, "name": "Crimes"}]
    layer = _layer(client, "")
    assert layer["objectIdField"] == "OBJECTID"
    assert layer["maxRecordCount"] == 2000
    assert layer["advancedQueryCapabilities"]["supportsPagination"]
    assert layer["editingInfo"]["dataLastEditDate"] == 1767592800000
    kinds = {field["name"]: field["type"] for field in layer["fields"]}
    assert [kinds[name] for name in ("OBJECTID", "id", "date", "block", "latitude", "arrest")] == [
        f"esriFieldType{kind}"
        for kind in ("OID", "BigInteger", "Date", "String", "Double", "SmallInteger")
    ]
    assert -88 < layer["extent"]["xmin"] < layer["extent"]["xmax"] < -87


def test_arcgis_cuts_silently(client: httpx.Client, frame: pl.DataFrame) -> None:
    asked: dict[str, Any] = {
        "where": "1=1",
        "outFields": "*",
        "orderByFields": "OBJECTID",
        "outSR": 4326,
    }
    first = _layer(client, **asked)
    rest = _layer(client, **asked, resultOffset=2000)
    assert (len(first["features"]), first["exceededTransferLimit"]) == (2000, True)
    assert (len(rest["features"]), "exceededTransferLimit" in rest) == (500, False)
    rows = first["features"] + rest["features"]
    assert [row["attributes"]["id"] for row in rows] == frame["id"].to_list()
    dated = frame.with_columns(pl.col("date").dt.epoch("ms"))
    assert [row["attributes"]["date"] for row in rows] == dated["date"].to_list()
    assert [row.get("geometry", {}).get("x") for row in rows] == frame["longitude"].to_list()


def test_arcgis_without_an_order_has_none(client: httpx.Client) -> None:
    asked: dict[str, Any] = {"where": "1=1", "outFields": "OBJECTID", "resultRecordCount": 5}
    assert _layer(client, **asked)["features"] != _layer(client, **asked)["features"]


@pytest.mark.parametrize(
    ("where", "test"),
    [
        ("1=1", pl.lit(value=True)),
        ("date IS NULL", pl.col("date").is_null()),
        (
            "date >= TIMESTAMP '2023-03-01 00:00:00' AND date < TIMESTAMP '2023-04-01 00:00:00'",
            pl.col("date").dt.month() == 3,
        ),
        ("date >= DATE '2023-12-31'", pl.col("date") >= datetime(2023, 12, 31)),  # noqa: DTZ001
        ("NOT (year BETWEEN 2000 AND 2010)", pl.col("year") > 2010),
        (
            "primary_type IN ('THEFT', 'ARSON') OR ward = '36'",
            pl.col("primary_type").is_in(["THEFT", "ARSON"]) | (pl.col("ward") == "36"),
        ),
        ("block = 'RUE DE L''ÉGLISE, Ñuñoa, 北京'", pl.col("block").str.starts_with("RUE")),
    ],
)
def test_arcgis_counts_by_where(
    client: httpx.Client, frame: pl.DataFrame, where: str, test: pl.Expr
) -> None:
    wanted = frame.filter(test).height
    assert wanted > 0
    assert _layer(client, where=where, returnCountOnly="true") == {"count": wanted}
    assert len(_layer(client, where=where, returnIdsOnly="true")["objectIds"]) == wanted


def test_arcgis_statistics(client: httpx.Client, frame: pl.DataFrame) -> None:
    kinds = (("count", "OBJECTID", "n"), ("max", "EditDate", "edited"), ("min", "date", "first"))
    asked = [
        {"statisticType": kind, "onStatisticField": on, "outStatisticFieldName": name}
        for kind, on, name in kinds
    ]
    (found,) = _layer(client, where="1=1", outStatistics=json.dumps(asked))["features"]
    first = frame["date"].min()
    assert isinstance(first, datetime)
    assert found["attributes"] == {
        "n": 2500,
        "edited": 1767506400000,
        "first": int(first.replace(tzinfo=UTC).timestamp() * 1000),
    }
    grouped = _layer(
        client,
        where="1=1",
        outStatistics=json.dumps(asked[:1]),
        groupByFieldsForStatistics="domestic",
    )
    assert sum(row["attributes"]["n"] for row in grouped["features"]) == 2500


def test_arcgis_gives_metres_unless_told_otherwise(client: httpx.Client) -> None:
    asked = {"where": "longitude IS NOT NULL AND OBJECTID < 50", "orderByFields": "OBJECTID"}
    degrees = _layer(client, **asked, outSR=4326)["features"][0]["geometry"]
    metres = _layer(client, **asked)["features"][0]["geometry"]
    assert metres["x"] == pytest.approx(degrees["x"] * 111319.490793)
    assert metres["y"] > 5_000_000
    assert "geometry" not in _layer(client, **asked, returnGeometry="false")["features"][0]


@pytest.mark.parametrize(
    ("asked", "details"),
    [
        ({"where": "nosuch = 1"}, 'unable to find column "nosuch"'),
        ({"where": "1=1", "outFields": "nosuch"}, "'Invalid field: nosuch' parameter is invalid"),
        ({}, "'where' parameter not specified"),
    ],
)
def test_arcgis_refuses_under_status_200(
    client: httpx.Client, asked: dict[str, str], details: str
) -> None:
    error = _layer(client, **asked)["error"]
    assert error["code"] == 400
    assert error["details"][0].startswith(details)


def test_arcgis_that_can_do_little(frame: pl.DataFrame) -> None:
    layer = ArcGIS(paging=False, ordering=False, statistics=False, edit_date=False, token="t")  # noqa: S106
    with (
        PortalServer(frame=frame, protocols=(layer,)) as server,
        bare_client(server) as client,
    ):
        assert _layer(client, "")["error"]["code"] == 499
        client.headers["X-Esri-Authorization"] = "Bearer t"
        known = _layer(client, "")
        assert "editingInfo" not in known
        assert not any(known["advancedQueryCapabilities"].values())
        for one in ({"resultOffset": 5}, {"orderByFields": "OBJECTID"}, {"outStatistics": "[]"}):
            assert _layer(client, where="1=1", **one)["error"]["code"] == 400


def test_arcgis_counts_wrong_and_gives_less(frame: pl.DataFrame) -> None:
    kinds = ("wrong_count", "short_page", "empty_page", "stale_page")
    faults = FaultScript({n: Fault(kind=kind, rows=3) for n, kind in enumerate(kinds)})
    with PortalServer(frame=frame, faults=faults) as server, bare_client(server) as client:
        server.change(Fault(kind="delete", rows=5))
        assert _layer(client, where="1=1", returnCountOnly="true") == {"count": 2498}
        sizes = [
            len(_layer(client, where="OBJECTID <= 100", outFields="OBJECTID")["features"])
            for _ in range(2)
        ]
        assert sizes[1] == 0
        assert 90 <= sizes[0] <= 97
        assert _layer(client, where="1=1", returnCountOnly="true") == {"count": 2500}
        assert _layer(client, "")["editingInfo"]["lastEditDate"] == 1767592860000


def _ckan(client: httpx.Client, action: str, **asked: Any) -> Any:  # noqa: ANN401 - JSON
    answer = client.post(f"/api/3/action/{action}", json=asked)
    return answer.json() | {"status": answer.status_code}


def test_ckan_pages_hold_every_row_once(client: httpx.Client, frame: pl.DataFrame) -> None:
    asked = {"resource_id": RESOURCE, "sort": "_id asc", "limit": 1000}
    pages = [
        _ckan(client, "datastore_search", **asked, offset=n)["result"] for n in (0, 1000, 2000)
    ]
    assert [page["total"] for page in pages] == [2500] * 3
    rows = [row for page in pages for row in page["records"]]
    assert [row["_id"] for row in rows] == list(range(1, 2501))
    assert [row["block"] for row in rows] == frame["block"].to_list()
    dates = frame["date"].dt.strftime("%Y-%m-%dT%H:%M:%S").to_list()
    assert [row["date"] for row in rows] == dates
    kinds = {field["id"]: field["type"] for field in pages[0]["fields"]}
    assert (kinds["date"], kinds["block"], kinds["latitude"]) == ("timestamp", "text", "float8")


def test_ckan_cuts_filters_and_leaves_out(frame: pl.DataFrame) -> None:
    with (
        PortalServer(frame=frame, protocols=(CKAN(resource=RESOURCE, max_rows=50),)) as server,
        bare_client(server) as client,
    ):
        asked = {"resource_id": RESOURCE, "limit": 40_000, "filters": {"ward": ["36", "4"]}}
        found = _ckan(client, "datastore_search", **asked, fields="id,ward", include_total=False)
        result = found["result"]
        assert (len(result["records"]), result["limit"]) == (50, 50)
        assert "total" not in result
        assert {tuple(row) for row in result["records"]} == {("id", "ward")}
        assert {row["ward"] for row in result["records"]} <= {"36", "4"}
        sql = 'SELECT id FROM "crimes-2023"'
        assert _ckan(client, "datastore_search_sql", sql=sql)["result"]["records_truncated"]


def test_ckan_sql(client: httpx.Client, frame: pl.DataFrame) -> None:
    sql = 'SELECT COUNT(*) AS n FROM "crimes-2023" WHERE "date" >= \'2023-07-01\''
    wanted = frame.filter(pl.col("date").dt.month() >= 7).height
    (row,) = _ckan(client, "datastore_search_sql", sql=sql)["result"]["records"]
    assert row == {"n": wanted}
    for wrong in ('DELETE FROM "crimes-2023"', 'SELECT nosuch FROM "crimes-2023"'):
        refused = _ckan(client, "datastore_search_sql", sql=wrong)
        assert (refused["status"], refused["success"]) == (409, False)
        assert refused["error"]["__type"] == "Validation Error"


def test_ckan_tells_of_a_resource(frame: pl.DataFrame) -> None:
    protocols = (CKAN(resource=RESOURCE),)
    with (
        PortalServer(frame=frame, protocols=protocols) as server,
        bare_client(server) as client,
    ):
        before = _ckan(client, "resource_show", id=RESOURCE)["result"]
        file = client.get(before["url"]).content
        assert before["hash"] == hashlib.md5(file, usedforsecurity=False).hexdigest()
        assert before["size"] == len(file)
        server.change(Fault(kind="edit"))
        (after,) = _ckan(client, "package_show", id="crimes")["result"]["resources"]
        assert after["hash"] != before["hash"]
        assert after["last_modified"] > before["last_modified"]
        missing = _ckan(client, "resource_show", id="another")
        assert (missing["status"], missing["error"]["__type"]) == (404, "Not Found Error")
        assert client.get("/api/3/action/group_list").status_code == 400


def test_carto_answers_sql(client: httpx.Client, frame: pl.DataFrame) -> None:
    sql = "SELECT * FROM crimes WHERE date >= '2023-07-01' ORDER BY cartodb_id LIMIT 7"
    answer = client.get("/api/v2/sql", params={"q": sql}).json()
    wanted = frame.filter(pl.col("date").dt.month() >= 7).head(7)
    assert [row["id"] for row in answer["rows"]] == wanted["id"].to_list()
    assert answer["rows"][0]["date"] == wanted["date"].dt.strftime("%Y-%m-%dT%H:%M:%SZ")[0]
    assert answer["total_rows"] == 7
    assert answer["fields"]["date"] == {"type": "date", "pgtype": "timestamptz"}
    counted = client.post("/api/v2/sql", data={"q": "SELECT count(*) AS n FROM crimes"}).json()
    assert counted["rows"] == [{"n": 2500}]


def test_carto_groups_by_what_it_works_out(client: httpx.Client, frame: pl.DataFrame) -> None:
    sql = """SELECT CASE WHEN "date" IS NULL THEN -1 ELSE
        CASE WHEN "date" < '2023-07-01 05:00:00+00' THEN 0 ELSE 1 END END AS share,
        count(*) AS n FROM "crimes" GROUP BY share"""
    rows = client.post("/api/v2/sql", data={"q": sql}).json()["rows"]
    assert {row["share"] for row in rows} == {-1, 0, 1}
    assert next(row["n"] for row in rows if row["share"] == -1) == frame["date"].null_count()
    assert sum(row["n"] for row in rows) == 2500
    nothing = client.get("/api/v2/sql", params={"q": 'SELECT * FROM "crimes" LIMIT 0'}).json()
    assert nothing["fields"]["the_geom"]["type"] == "geometry"
    assert nothing["rows"] == []


def test_sql_that_counts_wrong(frame: pl.DataFrame) -> None:
    protocols = (CKAN(resource=RESOURCE),)
    faults = FaultScript(then=Fault(kind="wrong_count", rows=2))
    with (
        PortalServer(frame=frame, protocols=protocols, faults=faults) as server,
        bare_client(server) as client,
    ):
        carto = client.get("/api/v2/sql", params={"q": "SELECT count(*) AS n FROM crimes"}).json()
        assert carto["rows"] == [{"n": 2502}]
        sql = 'SELECT count(*) AS n FROM "crimes-2023"'
        ckan = _ckan(client, "datastore_search_sql", sql=sql)
        assert ckan["result"]["records"] == [{"n": 2502}]
        assert _ckan(client, "datastore_search", resource_id=RESOURCE)["result"]["total"] == 2502


@pytest.mark.parametrize(
    ("asked", "part"),
    [
        ({"q": "SELECT nosuch FROM crimes"}, "nosuch"),
        ({"q": "SELECT * FROM another"}, "another"),
        ({"q": "DROP TABLE crimes"}, "only SELECT"),
        ({}, "You must indicate a sql query"),
    ],
)
def test_carto_refuses(client: httpx.Client, asked: dict[str, str], part: str) -> None:
    answer = client.get("/api/v2/sql", params=asked)
    assert answer.status_code == 400
    assert part in answer.json()["error"][0]
