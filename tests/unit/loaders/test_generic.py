"""A table of the caller's own: nothing is guessed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hotspots.errors import (
    InputDataError,
    ParameterError,
    SchemaMismatchError,
)
from hotspots.loaders import QualityReport, read_incidents

Row = Callable[..., dict[str, str]]
Text = Callable[..., str]
Write = Callable[..., Path]
Check = Callable[[QualityReport, int], None]
SHARED = Path(__file__).resolve().parents[4] / "shared" / "data"

GENERIC: dict[str, Any] = {
    "columns": {
        "occurred": "when", "latitude": "Lat", "longitude": "Lon", "category": "what",
        "location_text": "where",
    },
    "time_zone": "America/New_York",
    "date_format": "%d.%m.%Y %H:%M",
}  # fmt: skip
GENERIC_ROW = {
    "when": "03.04.2024 21:15",
    "Lat": "40.7",
    "Lon": "-74",
    "what": "Break-in",
    "where": "",
}


def test_generic_table(write: Write, as_csv: Text) -> None:
    path = write(as_csv([GENERIC_ROW | {"where": "12 Elm Street"}]))
    incidents, quality = read_incidents(
        path, feed="generic-csv", **GENERIC, categories={"break-in": "22A"}
    )
    row = incidents.iloc[0]
    assert row["occurred_start"].isoformat() == "2024-04-03T21:15:00-04:00"
    assert (row["offence_code"], row["display_group"]) == ("22A", "burglary")
    assert row["location_text"] == "0 block Elm Street"
    assert not quality.feed.anonymised_by_publisher
    assert row["incident_id"] == f"generic-csv:{quality.sha256[:12]}:2"


def test_offset_of_a_generic_table_is_believed(write: Write, as_csv: Text) -> None:
    row = GENERIC_ROW | {"when": "2024-04-03T23:15:00Z"}
    options = GENERIC | {"date_format": "%Y-%m-%dT%H:%M:%S%z"}
    start = (
        read_incidents(write(as_csv([row])), feed="generic-csv", **options)
        .incidents["occurred_start"]
        .iloc[0]
    )
    assert start.tz_convert("UTC").isoformat() == "2024-04-03T23:15:00+00:00"


def test_generic_table_in_metres(write: Write, as_csv: Text) -> None:
    path = write(as_csv([{"d": "2024-04", "e": "430000", "n": "433000"}]))
    incidents, _ = read_incidents(
        path, feed="generic-csv", columns={"occurred": "d", "x": "e", "y": "n"},
        time_zone="Europe/London", date_format="%Y-%m", crs="EPSG:27700",
    )  # fmt: skip
    point = incidents.geometry.iloc[0]
    assert (round(point.x, 2), round(point.y, 2)) == (-1.55, 53.79)
    assert incidents["occurred_precision"].iloc[0] == "month"


def test_semicolons_and_decimal_commas(write: Write, as_csv: Text) -> None:
    row = GENERIC_ROW | {"Lat": "40,7", "Lon": "-74,0"}
    incidents, quality = read_incidents(
        write(as_csv([row], delimiter=";")), feed="generic-csv", **GENERIC
    )
    assert quality.delimiter == ";"
    assert incidents.geometry.iloc[0].y == 40.7


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"columns": None}, "must name the column of 'occurred'"),
        ({"columns": {"occurred": "when"}}, "'latitude' and 'longitude'; or 'x' and 'y'"),
        ({"columns": {"when": "when"}}, "'when' is not known. Choose from: occurred"),
        ({"time_zone": None}, "needs time_zone"),
        ({"date_format": None}, "needs .*date_format"),
        ({"time_zone": "Mars"}, "'Mars' is not an IANA zone"),
        ({"crs": "EPSG:0"}, "'EPSG:0' is not a reference system"),
        ({"categories": {"a": "b"}}, "'b', for 'a', is neither an offence code nor"),
    ],
)
def test_generic_options_are_checked(
    write: Write, change: dict[str, Any], match: str, as_csv: Text
) -> None:
    with pytest.raises(ParameterError, match=match):
        read_incidents(write(as_csv([GENERIC_ROW])), feed="generic-csv", **(GENERIC | change))


def test_generic_columns_must_exist(write: Write, as_csv: Text) -> None:
    columns = GENERIC["columns"] | {"occurred": "date"}
    with pytest.raises(
        SchemaMismatchError, match=r"file\.csv has no column 'date'. It has: 'when'"
    ):
        read_incidents(
            write(as_csv([GENERIC_ROW])), feed="generic-csv", **(GENERIC | {"columns": columns})
        )


def test_options_of_generic_do_not_fit_other_feeds(
    write: Write, police_row: Row, as_csv: Text
) -> None:
    with pytest.raises(ParameterError, match="Only feed='generic-csv' takes time_zone"):
        read_incidents(write(as_csv([police_row()])), time_zone="Europe/London")


def test_wrong_date_format_is_said_and_not_guessed(write: Write, as_csv: Text) -> None:
    options = GENERIC | {"date_format": "%m/%d/%Y"}
    with pytest.raises(
        InputDataError, match=r"1 of 1 values of 'when' .*%m/%d/%Y.*'03.04.2024 21:15'"
    ):
        read_incidents(write(as_csv([GENERIC_ROW])), feed="generic-csv", **options)
