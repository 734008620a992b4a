"""Traps of the feed of Baltimore."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pandas as pd
import pytest

from hotspots.loaders import describe_feed, detect_feed, read_incidents

SAMPLES: Final = Path(__file__).resolve().parents[2] / "data" / "feeds"
NIBRS: Final = SAMPLES / "us-baltimore-nibrs.csv"
OLD: Final = ("first", "premise", "areas")


def _rows(path: Path) -> pd.DataFrame:
    return read_incidents(path).incidents.set_index("source_row")


def test_victims_of_one_incident_share_its_case() -> None:
    incidents = _rows(NIBRS)
    assert set(incidents["row_grain"]) == {"victim"}
    assert incidents.index[incidents["case_id"] == "24Z00001"].tolist() == [2, 3]
    assert incidents.loc[[2, 3], "source_record_id"].tolist() == ["1", "2"]


def test_moments_of_the_nibrs_layer_are_true_utc() -> None:
    starts = _rows(NIBRS)["occurred_start"]
    assert starts[2].isoformat() == "2024-06-15T15:30:00-04:00"
    # The hour that the clock shows twice is two moments, and the one that it skips cannot occur.
    assert [starts[row].isoformat() for row in (6, 7)] == [
        "2024-11-03T01:30:00-04:00", "2024-11-03T01:30:00-05:00",
    ]  # fmt: skip
    assert starts[8].isoformat() == "2024-03-10T03:30:00-04:00"


def test_coordinates_that_are_text_are_read_or_said_to_be_none() -> None:
    status = _rows(NIBRS)["location_status"]
    assert status[[9, 10, 11, 12]].tolist() == ["ok", "missing", "sentinel", "outside_bounds"]


@pytest.mark.parametrize("form", OLD)
def test_times_of_day_that_are_written_in_three_ways_are_all_read(form: str) -> None:
    incidents = _rows(SAMPLES / f"us-baltimore-part-1-{form}.csv")
    clocks = incidents["occurred_start"].dt.strftime("%H:%M")
    assert clocks[[2, 3, 4, 5]].tolist() == ["00:33", "00:15", "09:23", "00:30"]
    assert incidents.loc[[6, 7], "occurred_precision"].tolist() == ["day", "day"]


@pytest.mark.parametrize("form", OLD)
def test_five_headers_of_part_1_are_told_apart(form: str) -> None:
    path = SAMPLES / f"us-baltimore-part-1-{form}.csv"
    assert detect_feed(path).variant == f"part-1-{form}"
    assert set(_rows(path)["source_id"]) == {"us-baltimore-part-1"}
    for layer in ("layer", "beta"):
        path = SAMPLES / f"us-baltimore-part-1-{layer}.csv"
        assert detect_feed(path).variant == f"part-1-{layer}"


def test_the_portals_interface_in_lower_case_is_the_same_file(tmp_path: Path) -> None:
    table = pd.read_csv(SAMPLES / "us-baltimore-part-1-areas.csv", dtype=str)
    table.columns = [c.lower().replace(" ", "_").replace("/", "_") for c in table.columns]
    table["crimedate"] = "2016-06-15T00:00:00.000"
    table.to_csv(tmp_path / "x.csv", index=False)
    incidents, quality = read_incidents(tmp_path / "x.csv")
    assert (quality.variant, quality.extra_columns) == ("part-1-areas", ())
    assert incidents["occurred_start"].iloc[1].isoformat() == "2016-06-15T00:15:00-04:00"


def test_identical_rows_of_part_1_are_separate_victims() -> None:
    _, quality = read_incidents(SAMPLES / "us-baltimore-part-1-first.csv")
    assert quality.flags["repeated_row"] == 1
    assert "duplicate_record_id" not in quality.rejected


def test_code_goes_before_the_description_only_where_it_is_of_nibrs() -> None:
    # Robbery of a shop: the NIBRS code says robbery, the older description which kind.
    assert _rows(NIBRS).loc[5, "offence_code"] == "120"
    assert _rows(SAMPLES / "us-baltimore-part-1-beta.csv").loc[5, "offence_code"] == "12B"
    # A word that is misspelt, without a code.
    assert _rows(NIBRS).loc[9, ["offence_code", "mapping_quality"]].tolist() == [
        "35A", "approximate",
    ]  # fmt: skip


def test_two_files_for_the_same_years_are_told() -> None:
    (note,) = describe_feed("us-baltimore").coverage
    assert (note.first_day.year, note.last_day.year) == (2022, 2024)
    assert "take one of them" in note.note
