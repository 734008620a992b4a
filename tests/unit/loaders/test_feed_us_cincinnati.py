"""Traps of Cincinnati's feed: swapped axes, two systems that overlap, kinds that are withheld."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pandas as pd
import pytest

from hotspots.loaders import describe_feed, read_incidents

SAMPLES: Final = Path(__file__).resolve().parents[2] / "data" / "feeds"
OLDER: Final = SAMPLES / "us-cincinnati-before-june-2024.csv"


def test_latitude_and_longitude_of_the_older_file_change_places() -> None:
    incidents, quality = read_incidents(OLDER)
    rows = incidents.set_index("source_row")
    assert (rows.loc[2, "geometry"].x, rows.loc[2, "geometry"].y) == (-84.5231, 39.1121)
    assert set(rows["location_status"]) == {"swapped_fixed", "missing"}
    assert (quality.kept, quality.located) == (6, 5)


def test_older_file_that_was_put_right_is_read_as_it_stands() -> None:
    table = pd.read_csv(OLDER, dtype=str).fillna("")
    mended = table.rename(columns={"LATITUDE_X": "LONGITUDE_X", "LONGITUDE_X": "LATITUDE_X"})
    rows = read_incidents(mended).incidents
    assert (rows.geometry.iloc[0].x, rows.geometry.iloc[0].y) == (-84.5231, 39.1121)
    assert set(rows["location_status"]) == {"ok", "missing"}


def test_days_that_the_newer_file_holds_count_once() -> None:
    quality = read_incidents(OLDER).quality
    assert dict(quality.rejected) == {"superseded_overlap": 2, "date_out_of_range": 1}
    superseded = quality.rejects.query("reason == 'superseded_overlap'")
    assert superseded["value"].tolist() == ["2024-06-03T00:00:00.000", "2024-10-20T18:40:00.000"]
    days = [(p.first_day, p.last_day) for p in describe_feed("us-cincinnati").portals[:2]]
    # The two datasets meet at that midnight.
    assert str(days[0][0]) == "2024-06-03"
    assert str(days[1][1]) == "2024-06-02"


def test_kinds_of_the_older_file_are_not_taken_apart() -> None:
    rows = read_incidents(OLDER).incidents.set_index("source_row")
    assert rows["offence_code"].isna().all()
    assert set(rows["mapping_quality"]) == {"ambiguous"}
    assert rows.loc[[2, 3, 4], "display_group"].tolist() == [
        "other", "violence_and_sexual", "other",
    ]  # fmt: skip
    # "X" stands for what is withheld: it is no description and no code.
    assert rows["description_raw"].isna().all()
    assert rows["category_code_raw"].isna().all()


def test_slips_of_the_year_and_coordinates_that_are_x() -> None:
    incidents, quality = read_incidents(SAMPLES / "us-cincinnati-current.csv")
    out = quality.rejects.set_index("reason")["value"]
    assert out["date_out_of_range"] == "1024-06-20T08:00:00.000"
    rows = incidents.set_index("source_row")
    assert rows.loc[[10, 11, 12], "location_status"].tolist() == ["missing", "missing", "sentinel"]


def test_one_kind_holds_all_that_is_not_serious() -> None:
    rows = read_incidents(SAMPLES / "us-cincinnati-current.csv").incidents.set_index("source_row")
    assert rows.loc[3, ["display_group", "mapping_quality"]].tolist() == ["other", "ambiguous"]
    assert rows.loc[2, "case_id"] == rows.loc[3, "case_id"] == "SYN24000001"
    assert rows["incident_id"].is_unique


@pytest.mark.parametrize("form", ["2024 Jun 15 03:30:00 PM", "06/15/2024 03:30:00 PM"])
def test_other_ways_of_writing_the_moment_are_read(form: str) -> None:
    table = pd.read_csv(SAMPLES / "us-cincinnati-current.csv", dtype=str).fillna("")
    table["DateFrom"] = form
    starts = read_incidents(table).incidents["occurred_start"]
    assert set(starts.map(pd.Timestamp.isoformat)) == {"2024-06-15T15:30:00-04:00"}


def test_oldest_file_has_a_row_for_each_person() -> None:
    rows = read_incidents(SAMPLES / "us-cincinnati-until-2026.csv").incidents
    assert set(rows["row_grain"]) == {"person"}
    assert rows["case_id"].value_counts()["SYN15000001"] == 2
    domestic = rows[rows["category_raw"] == "DOMESTIC VIOLENCE"]
    assert domestic["sensitive"].all()
