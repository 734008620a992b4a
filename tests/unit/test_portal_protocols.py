"""What the portal on loopback answers in every protocol but Socrata's."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest
from tests.portals import (
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

LAYER = "/arcgis/rest/services/Crimes/FeatureServer/0"


@pytest.fixture(scope="module")
def frame() -> pl.DataFrame:
    return synthetic_rows(2500, seed=4)


@pytest.fixture(scope="module")
def client(frame: pl.DataFrame) -> Iterator[httpx.Client]:
    with PortalServer(frame=frame) as server, bare_client(server) as running:
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
