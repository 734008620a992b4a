"""Traps of the feed of Minneapolis."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Final

import pytest

from hotspots.errors import InputDataError
from hotspots.loaders import describe_feed, read_incidents

SAMPLES: Final = Path(__file__).resolve().parents[2] / "data" / "feeds"
SINCE_2019: Final = SAMPLES / "us-minneapolis-crime-data.csv"


def _changed(path: Path, new: Path, **given: str) -> Path:
    """Write a sample again with columns changed; ``None`` as text takes a column out."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = [row | given for row in csv.DictReader(file)]
    names = [name for name in rows[0] if given.get(name) != "None"]
    with new.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, names, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
    return new


def test_rows_that_count_others_again_are_rejected_and_listed() -> None:
    incidents, quality = read_incidents(SINCE_2019)
    again = quality.rejects[quality.rejects["reason"] == "known_subset_duplicate"]
    assert again[["source_row", "value"]].to_numpy().tolist() == [
        [4, "Subset of NIBRS Assault Offenses"],
        [6, "Subset of NIBRS Robbery"],
    ]
    # The assault and the robbery themselves are there, once each.
    assert (incidents["offence_code"] == "13A").sum() == 1
    assert (incidents["offence_code"] == "120").sum() == 1
    assert "2 in the file under another heading as well" in quality.summary()


def test_a_file_of_nothing_but_second_counts_is_refused(tmp_path: Path) -> None:
    path = _changed(SINCE_2019, tmp_path / "x.csv", Offense_Category="subset of NIBRS robbery ")
    with pytest.raises(InputDataError, match=r"none of 16 rows can be kept \(.*14 known_subset"):
        read_incidents(path)


def test_calls_about_shots_are_no_offences() -> None:
    incidents = read_incidents(SINCE_2019).incidents.set_index("source_row")
    calls = incidents.loc[[8, 9], ["offence_code", "display_group", "record_kind"]]
    assert calls.to_numpy().tolist() == [["99Z", "other", "offence"]] * 2
    assert incidents.loc[9, "sensitive"]


def test_plus_00_is_local_in_every_file_of_the_city() -> None:
    for name, local in (
        ("crime-data", "2024-06-15T15:30:00-05:00"),
        ("yearly", "2018-07-15T15:30:00-05:00"),
        ("yearly-2010", "2014-02-03T20:00:00-06:00"),
    ):
        incidents, quality = read_incidents(SAMPLES / f"us-minneapolis-{name}.csv")
        first = incidents.sort_values("source_row").iloc[0]
        assert first["occurred_start"].isoformat() == local
        # A local hour that the clock skips can be written, and is.
        assert quality.flags["dst_nonexistent"] == 1
    served = read_incidents(SAMPLES / "us-minneapolis-service.geojson").incidents
    assert served["occurred_start"].iloc[0].isoformat() == "2024-06-15T15:30:00-05:00"


def test_columns_called_wgs_are_metres(tmp_path: Path) -> None:
    degrees = read_incidents(SINCE_2019).incidents.geometry.dropna()
    path = _changed(SINCE_2019, tmp_path / "x.csv", Longitude="", Latitude="")
    incidents, quality = read_incidents(path)
    assert quality.evidence.space.crs.chosen == 1
    found = incidents.geometry.dropna()
    assert len(found) == len(degrees)
    assert abs(found.x.to_numpy() - degrees.x.to_numpy()).max() < 1e-6
    assert abs(found.y.to_numpy() - degrees.y.to_numpy()).max() < 1e-6


def test_spaces_behind_categories_and_codes_change_nothing(tmp_path: Path) -> None:
    path = _changed(
        SINCE_2019, tmp_path / "x.csv", Offense_Category="Larceny/Theft Offenses ",
        Offense="Theft of Motor Vehicle Parts or Accessories ", NIBRS_Code="",
    )  # fmt: skip
    assert set(read_incidents(path).incidents["offence_code"]) == {"23G"}
    path = _changed(SINCE_2019, tmp_path / "y.csv", NIBRS_Code="23C ", Offense_Category="Robbery")
    assert set(read_incidents(path).incidents["offence_code"]) == {"23C"}


def test_crime_count_is_no_count_of_incidents() -> None:
    incidents = read_incidents(SINCE_2019).incidents.set_index("source_row")
    assert set(incidents["count"]) == {1}


def test_clocks_of_yearly_files_have_lost_their_zeros() -> None:
    incidents = read_incidents(SAMPLES / "us-minneapolis-yearly.csv").incidents
    clocks = incidents.set_index("source_row")["occurred_start"].dt.strftime("%H:%M")
    assert clocks[[3, 5, 7]].tolist() == ["00:30", "00:00", "22:15"]


def test_domestic_assaults_of_yearly_files_are_sensitive() -> None:
    rows = read_incidents(SAMPLES / "us-minneapolis-yearly.csv").incidents.set_index("source_row")
    assert rows.loc[5, ["offence_code", "sensitive"]].tolist() == ["13A", True]


def test_only_the_file_that_the_publisher_speaks_of_is_called_anonymised() -> None:
    feed = describe_feed("us-minneapolis")
    said = {v.name: feed.for_variant(v.name).anonymised_by_publisher for v in feed.variants}
    assert said == {"crime-data": True, "service": True, "yearly": False, "yearly-2010": False}


def test_the_seam_of_2018_is_told() -> None:
    notes = describe_feed("us-minneapolis").coverage
    assert any(note.first_day.year == note.last_day.year == 2018 for note in notes)
