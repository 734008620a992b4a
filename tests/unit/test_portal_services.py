"""What the portal on loopback answers as data.police.uk, as Open311, and with plain files."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING

import polars as pl
import pytest
from tests.portals import (
    PERSONAL,
    Bucket,
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


@pytest.fixture(scope="module")
def frame() -> pl.DataFrame:
    return synthetic_rows(2500, seed=4)


@pytest.fixture
def client(frame: pl.DataFrame) -> Iterator[httpx.Client]:
    with PortalServer(frame=frame) as server, bare_client(server) as running:
        yield running


EVERYWHERE = "41,-89:43,-89:43,-86:41,-86"


def test_police_api_gives_a_month(client: httpx.Client, frame: pl.DataFrame) -> None:
    months = [one["date"] for one in client.get("/api/crimes-street-dates").json()]
    assert months == [f"2023-{month:02}" for month in range(12, 0, -1)]
    assert client.get("/api/crime-last-updated").json() == {"date": "2023-12-01"}
    asked = {"poly": EVERYWHERE, "date": "2023-03"}
    rows = client.post("/api/crimes-street/all-crime", data=asked).json()
    march = frame.filter(pl.col("date").dt.month() == 3)
    assert len(rows) == march["latitude"].count()
    assert {row["month"] for row in rows} == {"2023-03"}
    assert all(isinstance(row["location"]["latitude"], str) for row in rows)
    assert all((row["persistent_id"] == "") == row["category"].startswith("anti") for row in rows)
    without = [
        client.get(
            "/api/crimes-no-location",
            params={"category": "all-crime", "force": force, "date": "2023-03"},
        ).json()
        for force in ("west-yorkshire", "south-yorkshire")
    ]
    assert sum(map(len, without)) == march["latitude"].null_count()
    half = {"poly": "41,-89:43,-89:43,-87.7:41,-87.7", "date": "2023-03"}
    some = client.get("/api/crimes-street/burglary", params=half).json()
    assert {row["category"] for row in some} == {"burglary"}
    assert all(float(row["location"]["longitude"]) <= -87.7 for row in some)


def test_police_api_refuses(client: httpx.Client, frame: pl.DataFrame) -> None:
    street = "/api/crimes-street/all-crime"
    long = ":".join([EVERYWHERE] * 200)
    asked = {"poly": EVERYWHERE, "date": "2023-03"}
    assert client.get(street, params={"poly": long}).status_code == 400
    assert client.post(street, data={"poly": long}).status_code == 200
    assert client.get(street, params=asked | {"date": "2009-01"}).status_code == 404
    assert client.get(street.replace("all-crime", "no-crime"), params=asked).status_code == 404
    with (
        PortalServer(frame=frame, protocols=(Police(max_rows=20),)) as server,
        bare_client(server) as strict,
    ):
        assert strict.get(street, params=asked).status_code == 503


def test_police_api_has_a_limit(frame: pl.DataFrame) -> None:
    strict = Police(bucket=Bucket(0.001, 30))
    with PortalServer(frame=frame, protocols=(strict,)) as server, bare_client(server) as client:
        answers = [client.get("/api/crime-last-updated") for _ in range(35)]
        assert [answer.status_code for answer in answers] == [200] * 30 + [429] * 5
        assert not any("Retry-After" in answer.headers for answer in answers)


def test_police_archive(client: httpx.Client, frame: pl.DataFrame) -> None:
    answer = client.get("/data/archive/2023-11.zip")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        names = [name for name in archive.namelist() if name.endswith("street.csv")]
        tables = [pl.read_csv(archive.read(name)) for name in names]
    assert len(names) == 22
    assert names[0] == "2023-01/2023-01-south-yorkshire-street.csv"
    wanted = frame.filter(pl.col("date").dt.month() <= 11)
    assert sum(table.height for table in tables) == wanted.height
    assert tables[0].columns[:4] == ["Crime ID", "Month", "Reported by", "Falls within"]
    part = client.get("/data/archive/2023-11.zip", headers={"Range": "bytes=100-199"})
    assert (part.status_code, part.content) == (206, answer.content[100:200])
    assert part.headers["ETag"] == answer.headers["ETag"]
    assert client.get("/data/archive/2024-01.zip").status_code == 404


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
