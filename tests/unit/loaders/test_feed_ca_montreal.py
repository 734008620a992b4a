"""Traps of Montréal's feed: thirds of a day, accents read twice, rows without a number."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pandas as pd
import pytest

from hotspots.loaders import read_incidents

SAMPLES: Final = Path(__file__).resolve().parents[2] / "data" / "feeds"
CURRENT: Final = SAMPLES / "ca-montreal-current.csv"


def test_quarts_are_thirds_of_the_same_day() -> None:
    rows = read_incidents(CURRENT).incidents.set_index("source_row")
    spans = rows.loc[[2, 4, 5], ["occurred_start", "occurred_end"]].map(pd.Timestamp.isoformat)
    assert spans.to_numpy().tolist() == [
        ["2023-06-15T08:00:00-04:00", "2023-06-15T16:00:00-04:00"],
        ["2023-06-15T16:00:00-04:00", "2023-06-16T00:00:00-04:00"],
        ["2023-06-15T00:00:00-04:00", "2023-06-15T08:00:00-04:00"],
    ]
    assert set(rows.loc[[2, 4, 5], "occurred_precision"]) == {"shift"}
    # The clock changes within these nights: they are an hour shorter, or longer.
    lengths = (rows["occurred_end"] - rows["occurred_start"]).dt.total_seconds() / 3600
    assert lengths[[9, 10]].tolist() == [7, 9]


def test_row_without_a_quart_is_known_to_the_day() -> None:
    row = read_incidents(CURRENT).incidents.set_index("source_row").loc[11]
    assert row["occurred_precision"] == "day"
    assert row["occurred_start"].isoformat() == "2023-06-17T00:00:00-04:00"


def test_accents_that_were_read_twice_or_lost_mean_the_same() -> None:
    rows = read_incidents(CURRENT).incidents.set_index("source_row")
    assert rows.loc[[5, 6], "offence_code"].tolist() == ["240", "240"]
    assert rows.loc[[7, 8, 12], "offence_code"].tolist() == ["290", "290", "290"]
    # What the file says stays as it says it.
    assert rows.loc[7, "category_raw"] == "M\xc3\xa9fait"


def test_file_in_latin_1_is_read() -> None:
    incidents, quality = read_incidents(SAMPLES / "ca-montreal-2016.csv")
    assert quality.encoding == "cp1252"
    assert incidents["offence_code"].tolist() == ["22U", "120", "290"]


def test_identical_rows_are_separate_events() -> None:
    incidents, quality = read_incidents(CURRENT)
    assert quality.flags["repeated_row"] == 1
    assert incidents["incident_id"].is_unique
    assert incidents["source_record_id"].isna().all()


def test_metres_are_taken_where_there_are_no_degrees() -> None:
    table = pd.read_csv(CURRENT, dtype=str).fillna("").iloc[:3]
    table[["LONGITUDE", "LATITUDE"]] = ""
    table[["X", "Y"]] = ["293385.952", "5036700.744"]
    point = read_incidents(table).incidents.geometry.iloc[0]
    assert (point.x, point.y) == pytest.approx((-73.6459755, 45.4701406), abs=1e-6)


def test_one_degree_is_no_place() -> None:
    rows = read_incidents(SAMPLES / "ca-montreal-2016.csv").incidents.set_index("source_row")
    assert rows.loc[4, "location_status"] == "sentinel"
    assert rows.loc[4, "geometry"] is None
