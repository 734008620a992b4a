"""What the portal on loopback answers in every protocol but Socrata's."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest
from tests.portals import (
    CKAN,
    PERSONAL,
    ArcGIS,
    Fault,
    FaultScript,
    Files,
    Open311,
    Police,
    PortalServer,
    bare_client,
    portal_process,
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


@pytest.fixture
def police(frame: pl.DataFrame) -> Iterator[httpx.Client]:
    with PortalServer(frame=frame) as server, bare_client(server) as running:
        yield running


EVERYWHERE = "41,-89:43,-89:43,-86:41,-86"


def test_police_api_gives_a_month(police: httpx.Client, frame: pl.DataFrame) -> None:
    months = [one["date"] for one in police.get("/api/crimes-street-dates").json()]
    assert months == [f"2023-{month:02}" for month in range(12, 0, -1)]
    assert police.get("/api/crime-last-updated").json() == {"date": "2023-12-01"}
    asked = {"poly": EVERYWHERE, "date": "2023-03"}
    rows = police.post("/api/crimes-street/all-crime", data=asked).json()
    march = frame.filter(pl.col("date").dt.month() == 3)
    assert len(rows) == march["latitude"].count()
    assert {row["month"] for row in rows} == {"2023-03"}
    assert all(isinstance(row["location"]["latitude"], str) for row in rows)
    assert all((row["persistent_id"] == "") == row["category"].startswith("anti") for row in rows)
    without = [
        police.get(
            "/api/crimes-no-location",
            params={"category": "all-crime", "force": force, "date": "2023-03"},
        ).json()
        for force in ("west-yorkshire", "south-yorkshire")
    ]
    assert sum(map(len, without)) == march["latitude"].null_count()
    half = {"poly": "41,-89:43,-89:43,-87.7:41,-87.7", "date": "2023-03"}
    some = police.get("/api/crimes-street/burglary", params=half).json()
    assert {row["category"] for row in some} == {"burglary"}
    assert all(float(row["location"]["longitude"]) <= -87.7 for row in some)


def test_police_api_refuses(police: httpx.Client, frame: pl.DataFrame) -> None:
    street = "/api/crimes-street/all-crime"
    long = ":".join([EVERYWHERE] * 200)
    asked = {"poly": EVERYWHERE, "date": "2023-03"}
    assert police.get(street, params={"poly": long}).status_code == 400
    assert police.post(street, data={"poly": long}).status_code == 200
    assert police.get(street, params=asked | {"date": "2009-01"}).status_code == 404
    assert police.get(street.replace("all-crime", "no-crime"), params=asked).status_code == 404
    with (
        PortalServer(frame=frame, protocols=(Police(max_rows=20),)) as server,
        bare_client(server) as client,
    ):
        assert client.get(street, params=asked).status_code == 503


def test_police_api_has_a_limit(police: httpx.Client) -> None:
    answers = [police.get("/api/crime-last-updated") for _ in range(60)]
    assert [answer.status_code for answer in answers[:30]] == [200] * 30
    refused = [answer for answer in answers if answer.status_code == 429]
    assert refused
    assert not any("Retry-After" in answer.headers for answer in refused)


def test_police_archive(police: httpx.Client, frame: pl.DataFrame) -> None:
    answer = police.get("/data/archive/2023-11.zip")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        names = [name for name in archive.namelist() if name.endswith("street.csv")]
        tables = [pl.read_csv(archive.read(name)) for name in names]
    assert len(names) == 22
    assert names[0] == "2023-01/2023-01-south-yorkshire-street.csv"
    wanted = frame.filter(pl.col("date").dt.month() <= 11)
    assert sum(table.height for table in tables) == wanted.height
    assert tables[0].columns[:4] == ["Crime ID", "Month", "Reported by", "Falls within"]
    part = police.get("/data/archive/2023-11.zip", headers={"Range": "bytes=100-199"})
    assert (part.status_code, part.content) == (206, answer.content[100:200])
    assert part.headers["ETag"] == answer.headers["ETag"]
    assert police.get("/data/archive/2024-01.zip").status_code == 404


def test_open311_gives_the_newest(client: httpx.Client, frame: pl.DataFrame) -> None:
    asked = {"start_date": "2023-03-01T00:00:00Z", "end_date": "2023-03-31T23:59:59Z"}
    rows = [
        row
        for page in (1, 2, 3)
        for row in client.get(
            "/open311/v2/requests.json", params=asked | {"page": page, "page_size": 100}
        ).json()
    ]
    march = frame.filter(pl.col("date").dt.month() == 3)
    assert len(rows) == march.height
    assert len({row["service_request_id"] for row in rows}) == march.height
    dates = [row["requested_datetime"] for row in rows]
    assert dates == sorted(dates, reverse=True)
    assert set(PERSONAL) <= set(rows[0])
    services = client.get("/open311/v2/services.json").json()
    assert {row["service_code"] for row in rows} <= {one["service_code"] for one in services}


def test_open311_has_limits(frame: pl.DataFrame) -> None:
    here = "/open311/v2/requests.json"
    year = {"start_date": "2023-01-01T00:00:00Z", "end_date": "2023-12-31T00:00:00Z"}
    one = Open311(jurisdiction="ambridge.example.org", max_rows=200, cuts=True, pages=False)
    with PortalServer(frame=frame, protocols=(one,)) as server, bare_client(server) as client:
        assert client.get(here, params=year).json()[0]["code"] == 400
        elsewhere = year | {"jurisdiction_id": "elsewhere"}
        assert client.get(here, params=elsewhere).status_code == 404
        year["jurisdiction_id"] = "ambridge.example.org"
        first, second = (client.get(here, params=year | {"page": n}).json() for n in (1, 2))
        assert first == second
        assert len(first) == 200
        assert max(row["requested_datetime"] for row in first) < "2023-04-02"
    with PortalServer(frame=frame) as server, bare_client(server) as client:
        assert "more than 90 days" in client.get(here, params=year).json()[0]["description"]
        assert client.get(here, params={"start_date": "2023-01-01"}).status_code == 400


def test_a_file_goes_on_where_it_ended(frame: pl.DataFrame) -> None:
    with PortalServer(frame=frame) as server, bare_client(server) as client:
        whole = client.get("/files/rows.csv")
        tag, body = whole.headers["ETag"], whole.content
        rest = client.get("/files/rows.csv", headers={"Range": "bytes=1000-", "If-Range": tag})
        assert (rest.status_code, rest.content) == (206, body[1000:])
        assert rest.headers["Content-Range"] == f"bytes 1000-{len(body) - 1}/{len(body)}"
        last = client.get("/files/rows.csv", headers={"Range": "bytes=-10"})
        assert last.content == body[-10:]
        beyond = client.get("/files/rows.csv", headers={"Range": f"bytes={len(body)}-"})
        assert (beyond.status_code, beyond.headers["Content-Range"]) == (
            416,
            f"bytes */{len(body)}",
        )
        same = client.get("/files/rows.csv", headers={"If-None-Match": tag})
        assert (same.status_code, same.content) == (304, b"")
        server.change(Fault(kind="edit"))
        changed = client.get("/files/rows.csv", headers={"Range": "bytes=1000-", "If-Range": tag})
        assert (changed.status_code, len(changed.content)) == (200, len(body) + 1)
        assert client.get("/files/rows.csv", headers={"If-Match": tag}).status_code == 412
        assert client.get("/files/none.csv").status_code == 404


@pytest.mark.parametrize(
    ("files", "status", "has_tag"),
    [
        (Files(more={"a.csv": b"a,b\n1,2\n"}), 206, True),
        (Files(more={"a.csv": b"a,b\n1,2\n"}, weak=True), 200, True),
        (Files(more={"a.csv": b"a,b\n1,2\n"}, ranges=False), 200, True),
        (Files(more={"a.csv": b"a,b\n1,2\n"}, validators=False), 200, False),
    ],
)
def test_files_that_prove_less(files: Files, status: int, *, has_tag: bool) -> None:
    with PortalServer(protocols=(files,)) as server, bare_client(server) as client:
        tag = client.get("/files/a.csv").headers.get("ETag", '"none"')
        again = client.get("/files/a.csv", headers={"Range": "bytes=4-", "If-Range": tag})
        assert again.status_code == status
        assert ("ETag" in again.headers) == has_tag


def test_a_range_that_is_ignored() -> None:
    faults = FaultScript({0: Fault(kind="range_ignored")})
    with PortalServer(faults=faults) as server, bare_client(server) as client:
        sizes = [
            len(client.get("/files/rows.csv", headers={"Range": "bytes=0-9"}).content)
            for _ in range(2)
        ]
        assert sizes[0] > 1000
        assert sizes[1] == 10


def test_another_process_answers() -> None:
    with portal_process(50, seed=9) as where, bare_client(where) as client:
        text = client.get("/resource/abcd-1234.csv", params={"$select": "id"}).text
        assert len(text.splitlines()) == 51
