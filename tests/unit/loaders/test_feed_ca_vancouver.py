"""Traps of Vancouver's feed, and the figures of its file of 2025."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pandas as pd
import pyproj
import pytest

from hotspots.loaders import Reading, read_incidents

SAMPLE: Final = Path(__file__).resolve().parents[2] / "data" / "feeds" / "ca-vancouver-export.csv"
FOLDER: Final = Path(__file__).resolve().parents[4] / "shared/data/feeds/ca-vancouver"
needs_file = pytest.mark.skipif(not FOLDER.exists(), reason="the shared real files are not here")


@pytest.fixture(scope="module")
def real() -> Reading:
    return read_incidents(FOLDER / "crimedata_csv_AllNeighbourhoods_2025.csv")


def test_identical_rows_are_separate_events() -> None:
    incidents, quality = read_incidents(SAMPLE)
    assert quality.flags["repeated_row"] == 3
    assert "duplicate_record_id" not in quality.rejected
    assert incidents["incident_id"].is_unique
    assert incidents["source_record_id"].isna().all()


def test_offset_to_protect_privacy_is_withheld_and_no_location() -> None:
    rows = read_incidents(SAMPLE).incidents.set_index("source_row")
    assert set(rows.loc[[6, 7, 8, 9], "location_status"]) == {"withheld"}
    assert rows.loc[10, "location_status"] == "sentinel"
    assert rows.loc[[6, 7, 8, 9, 10], "location_text"].isna().all()


def test_midnight_of_withheld_rows_is_no_time() -> None:
    rows = read_incidents(SAMPLE).incidents.set_index("source_row")
    assert rows.loc[[6, 7, 9], "time_suspect"].all()
    assert rows.loc[8, "occurred_precision"] == "day"


def test_clock_changes_keep_their_rows() -> None:
    starts = read_incidents(SAMPLE).incidents.set_index("source_row")["occurred_start"]
    assert starts[12].isoformat() == "2025-03-09T03:30:00-07:00"
    assert starts[13].isoformat() == "2025-11-02T01:30:00-07:00"


def test_offences_against_a_person_are_one_sensitive_group_without_a_code() -> None:
    rows = read_incidents(SAMPLE).incidents.set_index("source_row").loc[[6, 7, 8]]
    assert set(rows["display_group"]) == {"assault"}
    assert rows["offence_code"].isna().all()
    assert rows["sensitive"].all()


@needs_file
def test_real_file_is_kept_whole(real: Reading) -> None:
    quality = real.quality
    assert (quality.feed.id, quality.rows_read, quality.kept) == ("ca-vancouver", 32411, 32411)
    assert dict(quality.unlocated) == {"withheld": 3146, "sentinel": 2}
    assert quality.kept - quality.located == 3148
    assert quality.flags["repeated_row"] == 1286


@needs_file
def test_real_file_has_no_place_for_any_offence_against_a_person(real: Reading) -> None:
    incidents = real.incidents
    person = incidents[incidents["category_raw"] == "Offence Against a Person"]
    assert len(person) == 3132
    assert person.geometry.isna().all()
    without = incidents[incidents.geometry.isna()]
    assert without["category_raw"].value_counts().to_dict() == {
        "Offence Against a Person": 3132, "Homicide": 14,
        "Vehicle Collision or Pedestrian Struck (with Injury)": 2,
    }  # fmt: skip


@needs_file
def test_real_file_points_are_those_of_utm(real: Reading) -> None:
    points = real.incidents.set_index("source_row").geometry
    written = pd.read_csv(FOLDER / "crimedata_csv_AllNeighbourhoods_2025.csv")
    to_metres = pyproj.Transformer.from_crs("EPSG:4326", "EPSG:32610", always_xy=True)
    x, y = to_metres.transform(points[2].x, points[2].y)
    assert (x, y) == pytest.approx((written["X"][0], written["Y"][0]), abs=0.01)


@needs_file
def test_real_excerpt_of_2020_is_the_same_variant() -> None:
    quality = read_incidents(FOLDER / "vancouver_thefts_2020.csv.gz").quality
    assert (quality.feed.id, quality.kept, quality.located) == ("ca-vancouver", 21918, 21918)
