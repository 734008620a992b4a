"""England and Wales: the archive of today, that of 2012, and the interface."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from hotspots.loaders import read_incidents

SAMPLES = Path(__file__).resolve().parents[2] / "data" / "feeds"
SHARED = Path(__file__).resolve().parents[4] / "shared" / "data"


def test_identical_rows_without_a_crime_id_are_separate_events() -> None:
    incidents, quality = read_incidents(SAMPLES / "gb-police-street.csv")
    alike = incidents[incidents["source_row"].isin([4, 5])]
    assert len(alike) == 2
    assert alike["incident_id"].is_unique
    assert quality.flags["repeated_row"] == 1


def test_no_location_is_missing_and_not_a_place() -> None:
    incidents, _ = read_incidents(SAMPLES / "gb-police-street.csv")
    nowhere = incidents[incidents.geometry.isna()]
    assert nowhere["location_text"].isna().all()
    assert (nowhere["location_status"] == "missing").all()


def test_metres_of_the_national_grid_become_degrees() -> None:
    incidents, quality = read_incidents(SAMPLES / "gb-police-street-2012.csv")
    assert quality.variant == "street-2012"
    point = incidents.geometry.iloc[0]
    # The grid square SE 300 335 is the middle of Leeds.
    assert (round(point.x, 3), round(point.y, 3)) == (-1.546, 53.797)
    assert incidents["source_record_id"].isna().all()


def test_names_of_the_interface_mean_what_the_labels_mean() -> None:
    records = json.loads((SAMPLES / "gb-police-api-json.json").read_text(encoding="utf-8"))
    incidents, quality = read_incidents(pd.json_normalize(records).astype("string"))
    assert (quality.variant, quality.kept, quality.located) == ("api-json", 12, 11)
    assert dict(quality.unlocated) == {"missing": 1}
    # Anti-social behaviour has an empty persistent_id: three events, none of them lost.
    assert quality.flags["no_record_id"] == 3
    assert (incidents["category_raw"] == "anti-social-behaviour").sum() == 3
    assert quality.flags["unmapped_category"] == 1
    groups = incidents.set_index("category_raw")["display_group"].astype("string")
    assert groups["violent-crime"] == "violence_and_sexual"
    assert groups["vehicle-crime"] == "vehicle_crime"
    assert groups["criminal-damage-arson"] == "damage_arson"
    assert groups["theft-from-the-person"] == "other_theft"
    assert incidents["occurred_start"].iloc[0].isoformat() == "2018-07-01T00:00:00+01:00"


def test_missing_areas_are_told_for_the_time_they_miss() -> None:
    coverage = read_incidents(SAMPLES / "gb-police-street.csv").quality.feed.coverage
    assert [("Greater Manchester is missing" in c.note, c.first_day.year) for c in coverage] == [
        (True, 2019)
    ]


def test_real_month_of_west_yorkshire() -> None:
    path = SHARED / "feeds" / "gb-police" / "2018-07-west-yorkshire-street.csv.gz"
    if not path.exists():
        pytest.skip("the real police.uk file is not beside the project")
    incidents, quality = read_incidents(path)
    assert (quality.kept, dict(quality.unlocated)) == (31_635, {"missing": 883})
    assert quality.flags["no_record_id"] == 5_442
    assert set(incidents["occurred_precision"]) == {"month"}
    assert set(incidents["location_precision"]) == {"snap_point"}
