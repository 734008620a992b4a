"""Traps of Toronto's feed, and the figures of two real files with reduced fields."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

from hotspots.loaders import read_incidents

SAMPLES: Final = Path(__file__).resolve().parents[2] / "data" / "feeds"
FOLDER: Final = Path(__file__).resolve().parents[4] / "shared/data/feeds/ca-toronto"
needs_file = pytest.mark.skipif(not FOLDER.exists(), reason="the shared real files are not here")


def test_local_midnight_in_utc_is_joined_with_the_hour() -> None:
    rows = read_incidents(SAMPLES / "ca-toronto-mci.csv").incidents.set_index("source_row")
    starts = rows["occurred_start"]
    assert starts[2].isoformat() == "2014-03-02T20:00:00-05:00"
    assert starts[3].isoformat() == "2014-07-02T00:00:00-04:00"
    assert starts[4].isoformat() == "2014-07-02T23:00:00-04:00"
    assert rows.loc[4, "reported_at"].isoformat() == "2014-07-02T23:00:00-04:00"
    assert set(rows.loc[[2, 3, 4], "occurred_precision"]) == {"hour"}


def test_missing_hour_leaves_the_day() -> None:
    row = read_incidents(SAMPLES / "ca-toronto-mci.csv").incidents.set_index("source_row").loc[9]
    assert row["occurred_precision"] == "day"
    assert row["occurred_start"].isoformat() == "2014-03-02T00:00:00-05:00"


def test_clock_changes_keep_their_rows() -> None:
    incidents, quality = read_incidents(SAMPLES / "ca-toronto-mci.csv")
    starts = incidents.set_index("source_row")["occurred_start"]
    assert starts[12].isoformat() == "2014-03-09T03:00:00-04:00"
    assert starts[13].isoformat() == "2014-11-02T01:00:00-04:00"
    assert (quality.flags["dst_nonexistent"], quality.flags["dst_ambiguous"]) == (1, 1)


def test_events_with_several_offences_keep_every_row() -> None:
    incidents, quality = read_incidents(SAMPLES / "ca-toronto-mci.csv")
    event = incidents[incidents["case_id"] == "GO-20149999999"]
    assert len(event) == quality.flags["non_unique_id"] == 2
    assert event["incident_id"].is_unique


def test_offence_divides_assaults_and_says_when_it_cannot() -> None:
    rows = read_incidents(SAMPLES / "ca-toronto-mci.csv").incidents.set_index("source_row")
    assert rows.loc[[2, 3, 10], "offence_code"].tolist() == ["13B", "13A", "13B"]
    assert rows.loc[[2, 3, 10], "mapping_quality"].tolist() == ["exact", "exact", "ambiguous"]


@pytest.mark.parametrize("row", [2, 3])
def test_earlier_dates_mean_the_same_day_in_both_ways_of_writing(row: int) -> None:
    rows = read_incidents(SAMPLES / "ca-toronto-earlier.csv").incidents.set_index("source_row")
    assert rows.loc[row, "occurred_start"].isoformat() == "2018-07-02T23:00:00-04:00"


@needs_file
@pytest.mark.parametrize(
    ("name", "kept", "code"),
    [("mci_2018_break-and-enter", 7485, "22U"), ("mci_2018_robbery", 3522, "120")],
)
def test_real_reduced_file_is_kept_whole(name: str, kept: int, code: str) -> None:
    incidents, quality = read_incidents(FOLDER / f"{name}.json.gz")
    assert (quality.feed.id, quality.variant) == ("ca-toronto", "reduced")
    assert (quality.kept, quality.located) == (kept, kept)
    assert set(incidents["offence_code"]) == {code}
    assert set(incidents["occurred_start"].dt.year) == {2018}
