"""Traps of Open311: what residents write stays out, a zone for every publisher, no offences."""

from __future__ import annotations

import csv
import importlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pandas as pd
import pytest

from hotspots.errors import FitnessError, InputDataError, ParameterError
from hotspots.grid import count_incidents, make_hexgrid, select_incidents, study_area
from hotspots.loaders import describe_feed, load_sample, read_incidents
from hotspots.loaders.gates import check_gates
from hotspots.loaders.write import SUFFIXES, write_incidents

if TYPE_CHECKING:
    from collections.abc import Callable

SAMPLES: Final = Path(__file__).resolve().parents[2] / "data" / "feeds"
GEOREPORT: Final = SAMPLES / "open311-georeport.json"
FIXMYSTREET: Final = SAMPLES / "open311-fixmystreet.json"
#: All that residents write of themselves and others, and what leads back to them.
PERSONAL: Final = (
    "requestor_name", "description", "detail", "title", "media_url", "address", "address_id",
    "zipcode", "status_notes", "service_notice", "account_id", "first_name", "last_name", "email",
    "phone", "device_id", "token", "agency_responsible",
)  # fmt: skip
CANARY: Final = "CANARY"


def _request(number: int, **given: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON is of any type
    row = {
        "service_request_id": f"SYN-{number}",
        "service_name": "Potholes",
        "service_code": "POT",
        "requested_datetime": "2024-07-01T22:15:00Z",
        "lat": 53.80 + number / 1000,
        "long": -1.55,
        "interface_used": "Web interface",
    }
    return row | {name: f"{CANARY}-{name}" for name in PERSONAL} | given


def _requests() -> list[dict[str, Any]]:
    """Give requests that are kept, without a place, without a date, of another time, and copies."""
    return [
        *(_request(i) for i in range(4)),
        _request(5, lat=None, long=None),
        _request(6, requested_datetime=f"{CANARY} last night"),
        _request(7, requested_datetime="1024-07-01T22:15:00Z"),
        _request(0),
    ]


def _as_csv(rows: list[dict[str, Any]]) -> str:
    header = list(rows[0])
    lines = [",".join(header)]
    lines += [",".join("" if r[c] is None else str(r[c]) for c in header) for r in rows]
    # A description with a comma that nobody quoted: too many fields, so it cannot be read.
    lines.append(f"{CANARY}, my neighbour, said so," + ",".join([CANARY] * len(header)))
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("kind", ["json", "requests", "csv"])
def test_nothing_that_residents_write_comes_out(
    write: Callable[..., Path], tmp_path: Path, kind: str
) -> None:
    content = {
        "json": json.dumps(_requests()),
        "requests": json.dumps({"requests": _requests()}),
        "csv": _as_csv(_requests()),
    }[kind]
    assert content.count(CANARY) > 8 * len(PERSONAL)
    incidents, quality = read_incidents(
        write(content, f"requests.{'csv' if kind == 'csv' else 'json'}")
    )
    assert quality.kept == 5
    assert quality.rejected["no_date"] == 1
    assert quality.rejected.get("unparseable_row", 0) == (kind == "csv")
    said = [
        incidents.astype("string").to_csv(),
        str(incidents.attrs),
        quality.summary(),
        quality.to_markdown(),
        json.dumps(quality.to_dict(), default=str),
        quality.rejects.to_csv(),
        quality.categories.to_csv(),
        repr(quality),
    ]
    assert not [text[:80] for text in said if CANARY in text]
    for suffix in SUFFIXES:
        path = write_incidents(incidents, tmp_path / f"incidents{suffix}")
        assert CANARY.encode() not in path.read_bytes()


def test_every_personal_field_is_known_and_no_rule_reads_it() -> None:
    spec = describe_feed("open311")
    known = {column for v in spec.variants for column in (*v.required, *v.optional)}
    assert set(PERSONAL) <= known
    for variant in spec.variants:
        assert not {*variant.named_columns, *variant.required} & set(PERSONAL)


def test_personal_columns_are_not_even_read(monkeypatch: pytest.MonkeyPatch) -> None:
    read = importlib.import_module("hotspots.loaders.read")
    asked: list[str] = []
    records = read.read_records

    def note(source: Any, columns: Any, **given: Any) -> Any:  # noqa: ANN401 - passed on as they are
        asked.extend(columns)
        return records(source, columns, **given)

    monkeypatch.setattr(read, "read_records", note)
    read_incidents(FIXMYSTREET)
    assert sorted(asked) == [
        "lat", "long", "requested_datetime", "service_code", "service_name", "service_request_id",
    ]  # fmt: skip


def test_offset_places_the_moment_and_the_zone_the_day() -> None:
    incidents, quality = read_incidents(FIXMYSTREET)
    starts = incidents["occurred_start"].map(pd.Timestamp.isoformat).tolist()
    # Three ways to write two moments of one British summer night.
    assert starts == [
        "2024-07-01T23:15:00+01:00", "2024-07-02T00:15:00+01:00", "2024-07-02T00:15:00+01:00",
        "2024-01-02T08:15:00+00:00",
    ]  # fmt: skip
    assert quality.feed.time_zone == "Europe/London"
    assert any("Europe/London, in which all places lie" in note for note in quality.notes)
    assert set(incidents["occurred_basis"]) == {"report"}


def test_zone_of_the_caller_goes_before_that_of_the_places() -> None:
    incidents, quality = read_incidents(FIXMYSTREET, time_zone="America/New_York")
    assert incidents["occurred_start"].iloc[0].isoformat() == "2024-07-01T18:15:00-04:00"
    assert not any("time zone" in note for note in quality.notes)
    with pytest.raises(ParameterError, match="'Mars' is not an IANA zone"):
        read_incidents(FIXMYSTREET, time_zone="Mars")
    with pytest.raises(ParameterError, match="Only feed='generic-csv' takes bbox"):
        read_incidents(FIXMYSTREET, bbox=(0, 0, 1, 1))


def test_places_in_two_zones_ask_for_one(write: Callable[..., Path]) -> None:
    rows = [_request(1), _request(2, lat=48.86, long=2.35)]
    path = write(json.dumps(rows), "two.json")
    with pytest.raises(
        ParameterError, match=r"two\.json: .*Europe/(London|Paris), Europe/.*time_z"
    ):
        read_incidents(path)
    assert read_incidents(path, time_zone="Europe/Paris").quality.located == 2


def test_no_places_and_no_library_ask_for_a_zone(
    write: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(json.dumps([_request(1, lat=None, long=None)]))
    with pytest.raises(ParameterError, match=r"no row has a place that would tell it.*time_zone="):
        read_incidents(path)
    monkeypatch.setitem(importlib.import_module("sys").modules, "tzfpy", None)
    with pytest.raises(ParameterError, match=r"the library tzfpy, .*is not installed"):
        read_incidents(FIXMYSTREET)
    assert read_incidents(path, time_zone="Europe/London").quality.kept == 1


def test_header_alone_is_an_empty_frame(write: Callable[..., Path]) -> None:
    header = ",".join(_request(1))
    with pytest.warns(UserWarning, match="has a header but no rows"):
        incidents, quality = read_incidents(write(f"{header}\n"))
    assert (len(incidents), quality.feed.time_zone) == (0, "UTC")


def test_moments_without_an_offset_are_not_guessed(write: Callable[..., Path]) -> None:
    rows = [_request(i, requested_datetime="2024-07-01T22:15:00") for i in range(3)]
    with pytest.raises(InputDataError, match=r"3 of 3 values of 'requested_datetime' .*%z"):
        read_incidents(write(json.dumps(rows), "requests.json"))


def test_concern_is_no_offence() -> None:
    incidents, quality = read_incidents(GEOREPORT)
    assert set(incidents["record_kind"]) == {"concern"}
    assert incidents["offence_code"].isna().all()
    assert set(incidents["display_group"]) == {"other"}
    assert quality.feed.caveats[0].startswith("These are concerns that residents reported")
    assert incidents.loc[incidents["category_raw"] == "Graffiti", "category_code_raw"].tolist() == [
        "GRA"
    ]
    # That nothing is mapped is normal here, also where reading is strict.
    check_gates(read_incidents(FIXMYSTREET).quality)


def test_concerns_and_offences_are_not_counted_together() -> None:
    offences, _ = load_sample("west-yorkshire-2018-07")
    concerns, _ = read_incidents(FIXMYSTREET)
    both = pd.concat([offences.iloc[:50], concerns], ignore_index=True)
    grid = make_hexgrid(study_area(concerns, buffer_m=500), resolution=8)
    for act in (lambda: count_incidents(both, grid), lambda: select_incidents(both)):
        with pytest.raises(FitnessError, match="4 of the kind 'concern', 50 of the kind 'offence'"):
            act()
    assert count_incidents(concerns.iloc[:3], grid)["n"].sum() == 3


def test_csv_and_json_of_one_answer_say_the_same() -> None:
    ours = read_incidents(GEOREPORT).incidents
    other = read_incidents(SAMPLES / "open311-georeport.csv").incidents
    for name in other.columns.difference(["source_row", "source_sha256"]):
        assert ours[name].astype(str).tolist() == other[name].astype(str).tolist(), name
    with (SAMPLES / "open311-georeport.csv").open(encoding="utf-8", newline="") as file:
        assert {"description", "media_url"} <= set(next(csv.reader(file)))
