"""The interface of data.police.uk, asked for areas that are cut where they are too full."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import pytest
import shapely
from tests.portals import Fault, FaultSchedule, FaultScript, PortalServer
from tests.unit.fetch.hosts import Police

from hotspots.errors import CoordinateReferenceError, FetchError, ParameterError
from hotspots.loaders.detect import match_feed
from hotspots.loaders.fetch import FetchLimits
from hotspots.loaders.fetch.client import PortalClient
from hotspots.loaders.fetch.contract import Page, Span
from hotspots.loaders.fetch.police_api import PoliceApi
from hotspots.loaders.fetch.police_areas import police_area, quarters, ring_text
from hotspots.loaders.portals import Portal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.portals.faults import Faults

_ZONE: Final = "Europe/London"
_BOX: Final = (-1.6, 53.7, -1.4, 53.9)
_LIMITS: Final = FetchLimits(first_wait_seconds=0.001, longest_wait_seconds=0.01)
_SPAN: Final = Span(since=date(2024, 1, 1), until=date(2024, 3, 1), zone=_ZONE)


def crime(number: int, x: float | None, y: float = 53.8, month: str = "2024-01") -> dict[str, Any]:
    place = None
    if x is not None:
        street = {"id": number % 7, "name": f'On or near "{number}", Lane'}
        place = {"latitude": f"{y:.6f}", "longitude": f"{x:.6f}", "street": street}
    return {
        "category": "anti-social-behaviour" if number % 3 else "burglary",
        "location_type": "Force" if place else None,
        "location": place,
        "context": "",
        "outcome_status": None if number % 2 else {"category": "Under", "date": "2024-02"},
        "persistent_id": "" if number % 3 else f"{number:064d}",
        "id": number,
        "location_subtype": "",
        "month": month,
        "force": "west-yorkshire",
    }


@pytest.fixture
def police() -> Police:
    portal = Police()
    rng = np.random.default_rng(5)
    # Snapped to few points, as theirs: many crimes share one.
    x = rng.integers(-1599, -1401, 400) / 1000
    y = rng.integers(53701, 53899, 400) / 1000
    for n in range(400):
        month = "2024-01" if n < 300 else "2024-02"
        portal.crimes.append(crime(n + 1, float(x[n]), float(y[n]), month))
    # On the cuts, and on the crossing of the first two.
    for n in range(30):
        portal.crimes.append(crime(1000 + n, -1.5, 53.71 + n / 200))
        portal.crimes.append(crime(2000 + n, -1.59 + n / 200, 53.8))
    portal.crimes.append(crime(3000, -1.5, 53.8))
    portal.crimes.extend(crime(4000 + n, None) for n in range(5))
    return portal


@pytest.fixture
def ask(police: Police, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., PoliceApi]]:
    open_now: list[Any] = []

    def make(area: object, faults: Faults | None = None) -> PoliceApi:
        server = PortalServer(protocols=[police], faults=faults).__enter__()
        monkeypatch.setenv("SSL_CERT_FILE", str(server.ca_file))
        client = PortalClient(
            limits=_LIMITS, private_hosts=("localhost",), sleep=lambda _: None
        ).__enter__()
        open_now.extend([server, client])
        portal = Portal(name="interface", protocol="police-api", url=server.url)
        return PoliceApi(client=client, portal=portal, zone=_ZONE, area=area)

    yield make
    for thing in reversed(open_now):
        thing.__exit__(None, None, None)


def pages(dialect: PoliceApi, span: Span = _SPAN) -> list[Page]:
    got = [list(dialect.pages(w, dialect.fields(), "")) for w in dialect.windows(span)]
    assert all(len(each) == 1 for each in got)
    return [each[0] for each in got]


def numbers(page: Page) -> list[str]:
    rows = list(csv.reader(io.StringIO(page.body.decode())))
    found = [row[10] for row in rows]
    assert tuple(found) == page.keys
    assert page.rows == len(found) == len(set(found))
    return sorted(found)


def there(police: Police, month: str, *, placed: bool = True) -> list[str]:
    return sorted(
        str(c["id"]) for c in police.crimes if c["month"] == month and bool(c["location"]) == placed
    )


def test_every_crime_comes_once(police: Police, ask: Callable[..., PoliceApi]) -> None:
    january, february = pages(ask(_BOX))
    assert numbers(january) == there(police, "2024-01")
    assert numbers(february) == there(police, "2024-02")


def test_every_cell_is_what_the_interface_said(
    police: Police, ask: Callable[..., PoliceApi]
) -> None:
    dialect = ask(_BOX)
    page = pages(dialect)[0]
    rows = csv.DictReader(io.StringIO(page.body.decode()), fieldnames=dialect.fields())
    by_id = {row["id"]: row for row in rows}
    first, second = by_id["1"], by_id["2"]
    original = police.crimes[0]
    assert first["location.latitude"] == original["location"]["latitude"]
    assert first["location.street.name"] == 'On or near "1", Lane'
    assert (first["outcome_status.category"], second["outcome_status.date"]) == ("", "2024-02")
    assert page.left_out == ()


@pytest.mark.parametrize("most", [200, 60, 25])
def test_an_area_that_is_too_full_is_cut_and_what_lies_on_the_cut_comes_once(
    most: int, police: Police, ask: Callable[..., PoliceApi]
) -> None:
    police.most = most
    january, _ = pages(ask(_BOX))
    assert numbers(january) == there(police, "2024-01")
    assert len(police.asked) > 4


def test_a_spot_that_is_too_full_is_an_error(police: Police, ask: Callable[..., PoliceApi]) -> None:
    police.crimes.extend(crime(9000 + n, -1.45, 53.85) for n in range(30))
    police.most = 29
    with pytest.raises(FetchError, match="503 even for the small area"):
        pages(ask(_BOX))


def test_a_busy_portal_does_not_lead_to_cuts(police: Police, ask: Callable[..., PoliceApi]) -> None:
    faults = FaultScript(
        {0: Fault(kind="status", status=503, retry_after="0"), 1: Fault(kind="status", status=503)},
        paths="crimes-street/",
    )
    january, _ = pages(ask(_BOX, faults))
    assert numbers(january) == there(police, "2024-01")
    assert {a["path"] for a in police.asked} == {"/api/crimes-street/all-crime"}


def test_polygons_that_touch_and_overlap_are_one_area(
    police: Police, ask: Callable[..., PoliceApi]
) -> None:
    two = gpd.GeoDataFrame(
        geometry=[shapely.box(-1.6, 53.7, -1.5, 53.9), shapely.box(-1.52, 53.7, -1.4, 53.9)],
        crs=4326,
    ).to_crs(27700)
    wide = two.buffer(50)
    january, _ = pages(ask(wide))
    assert numbers(january) == there(police, "2024-01")


def test_what_lies_in_a_hole_is_left_out_and_an_island_in_it_is_not(
    police: Police, ask: Callable[..., PoliceApi]
) -> None:
    ring = shapely.box(*_BOX) - shapely.box(-1.55, 53.75, -1.45, 53.85)
    island = shapely.box(-1.52, 53.78, -1.48, 53.82)
    january, _ = pages(ask([ring, island]))
    area = shapely.union_all([ring, island])
    wanted = [
        str(c["id"])
        for c in police.crimes
        if c["month"] == "2024-01"
        and c["location"]
        and shapely.contains_xy(
            area, float(c["location"]["longitude"]), float(c["location"]["latitude"])
        )
    ]
    got = numbers(january)
    assert set(wanted) <= set(got)
    assert all(
        # What is more lies on an edge.
        shapely.distance(
            area.boundary,
            shapely.Point(*(float(c["location"][k]) for k in ("longitude", "latitude"))),
        )
        < 1e-9
        for c in police.crimes
        if str(c["id"]) in set(got) - set(wanted)
    )


def test_a_long_outline_is_posted(police: Police, ask: Callable[..., PoliceApi]) -> None:
    circle = shapely.Point(-1.5, 53.8).buffer(0.3, quad_segs=100)
    january, _ = pages(ask(circle))
    assert numbers(january) == there(police, "2024-01")
    assert {a["method"] for a in police.asked} == {"POST"}


def test_a_file_of_polygons_is_read(
    police: Police, ask: Callable[..., PoliceApi], tmp_path: Path
) -> None:
    path = tmp_path / "area.geojson"
    gpd.GeoDataFrame(geometry=[shapely.box(*_BOX)], crs=4326).to_file(path)
    january, _ = pages(ask(str(path)))
    assert numbers(january) == there(police, "2024-01")


def test_a_force_gives_the_crimes_without_a_place_and_says_so(
    police: Police, ask: Callable[..., PoliceApi]
) -> None:
    dialect = ask("west-yorkshire")
    january, february = pages(dialect)
    assert numbers(january) == there(police, "2024-01", placed=False)
    assert (february.rows, february.body) == (0, b"")
    notes = [t.note for t in dialect.tallies(dialect.windows(_SPAN))]
    assert "only the crimes without a place" in notes[0]
    assert notes[1] == ""


def test_an_area_and_its_force_give_all(police: Police, ask: Callable[..., PoliceApi]) -> None:
    dialect = ask([_BOX, "west-yorkshire"])
    january, _ = pages(dialect)
    wanted = there(police, "2024-01") + there(police, "2024-01", placed=False)
    assert numbers(january) == sorted(wanted)
    assert dialect.tallies(dialect.windows(_SPAN))[0].note == ""


def test_the_mark_is_the_last_update(police: Police, ask: Callable[..., PoliceApi]) -> None:
    dialect = ask(_BOX)
    windows = dialect.windows(_SPAN)
    before = dialect.tallies(windows)
    assert before == dialect.tallies(windows)
    assert "have a place" in before[0].note
    police.updated = "2024-04-01"
    assert before != dialect.tallies(windows)


def test_no_crimes_at_all_are_only_believed_when_it_says_so_again(
    police: Police, ask: Callable[..., PoliceApi]
) -> None:
    original, empty = police._api, iter([True])  # noqa: SLF001

    def forgetful(request: Any) -> Any:  # noqa: ANN401
        reply = original(request)
        if "crimes-street/" in request.path and next(empty, False):
            return replace(reply, body=b"[]")
        return reply

    police._api = forgetful  # type: ignore[method-assign]  # noqa: SLF001
    january, _ = pages(ask(_BOX))
    assert numbers(january) == there(police, "2024-01")


@pytest.mark.parametrize("seed", range(8))
def test_every_crime_comes_once_in_spite_of_faults(
    seed: int, police: Police, ask: Callable[..., PoliceApi]
) -> None:
    police.most = 100
    january, february = pages(ask([_BOX, "west-yorkshire"], FaultSchedule(seed, rate=0.3)))
    wanted = there(police, "2024-01") + there(police, "2024-01", placed=False)
    assert numbers(january) == sorted(wanted)
    assert numbers(february) == there(police, "2024-02")


@pytest.mark.parametrize(
    ("area", "reason"),
    [
        (None, "can only be asked for an area"),
        ((53.7, -1.6, 53.9, -1.4), "not in the United Kingdom"),
        ((-1.4, 53.7, -1.6, 53.9), "is no box"),
        ("no-such-place", "No force is called"),
        ("nowhere.geojson", "neither a force nor a file"),
        ([], "holds no polygon"),
        (7, "is no area"),
        (shapely.Point(-1.5, 53.8), "must be of polygons"),
    ],
)
def test_what_is_no_area_is_refused(
    area: object, reason: str, ask: Callable[..., PoliceApi]
) -> None:
    with pytest.raises(ParameterError, match=reason):
        ask(area).windows(_SPAN)


def test_polygons_without_a_crs_are_refused() -> None:
    with pytest.raises(CoordinateReferenceError, match="CRS"):
        police_area(gpd.GeoSeries([shapely.box(*_BOX)]))


def test_months_that_are_not_kept_are_refused(ask: Callable[..., PoliceApi]) -> None:
    with pytest.raises(ParameterError, match="keeps 2024-01 to 2024-03"):
        ask(_BOX).windows(Span(since=date(2020, 1, 1), until=None, zone=_ZONE))


def test_an_answer_for_another_month_is_not_taken(
    police: Police, ask: Callable[..., PoliceApi]
) -> None:
    dialect = ask(_BOX)
    window = dialect.windows(_SPAN)[1]
    for one in police.crimes:
        one["date"] = one["month"]

    original = police._api  # noqa: SLF001

    def ignorant(request: Any) -> Any:  # noqa: ANN401
        request.asked["date"] = "2024-01"
        return original(request)

    police._api = ignorant  # type: ignore[method-assign]  # noqa: SLF001
    with pytest.raises(FetchError, match="asked for 2024-02 and gives crimes of 2024-01"):
        list(dialect.pages(window, dialect.fields(), ""))


def test_the_fields_are_a_variant_of_the_feed() -> None:
    assert match_feed(PoliceApi.fields(None), "gb-police", "x").variant == "api-json"  # type: ignore[arg-type]


def test_quarters_cover_what_was_cut() -> None:
    outline = shapely.Point(-1.5, 53.8).buffer(0.1)
    parts = quarters(outline)
    assert shapely.union_all(parts).covers(outline.buffer(-1e-9))
    assert all(outline.buffer(1e-9).covers(part) for part in parts)
    assert quarters(shapely.box(-1.5, 53.8, -1.49999, 53.80001)) == ()
    assert len(ring_text(outline).split(":")) == len(outline.exterior.coords) - 1
