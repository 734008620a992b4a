"""San Francisco: the traps of its two files and of a copy, and a real slice of the copy."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pandas as pd
import pytest

from hotspots.loaders import describe_feed, read_incidents
from hotspots.loaders.mapfiles import load_map
from hotspots.loaders.spec import normalised
from hotspots.offences import offence_codes

SAMPLES: Final = Path(__file__).resolve().parents[2] / "data" / "feeds"
REAL: Final = Path(__file__).resolve().parents[4] / "shared/data/feeds/us-sf/kaggle_format_1061.csv"
real_file = pytest.mark.skipif(not REAL.is_file(), reason=f"{REAL.name} is not beside the project")
#: As published in November 2026; the historic ones are in capitals.
MODERN: Final = (
    "Arson", "Assault", "Burglary", "Case Closure", "Civil Sidewalks", "Courtesy Report",
    "Disorderly Conduct", "Drug Offense", "Drug Violation", "Embezzlement", "Family Offense",
    "Fire Report", "Forgery And Counterfeiting", "Fraud", "Gambling", "Homicide",
    "Human Trafficking (A), Commercial Sex Acts", "Human Trafficking, Commercial Sex Acts",
    "Juvenile Offenses", "Larceny Theft", "Liquor Laws", "Lost Property", "Malicious Mischief",
    "Miscellaneous Investigation", "Missing Person", "Motor Vehicle Theft", "Non-Criminal",
    "Offences Against The Family And Children", "Other", "Other Miscellaneous", "Other Offenses",
    "Prostitution", "Rape", "Recovered Vehicle", "Robbery", "Sex Offense", "Stolen Property",
    "Suicide", "Suspicious", "Suspicious Occ", "Traffic Collision", "Traffic Violation Arrest",
    "Vandalism", "Vehicle Impounded", "Vehicle Misplaced", "Warrant", "Weapons Carrying Etc",
    "Weapons Offence", "Weapons Offense",
)  # fmt: skip
HISTORIC: Final = (
    "ARSON", "ASSAULT", "BAD CHECKS", "BRIBERY", "BURGLARY", "DISORDERLY CONDUCT",
    "DRIVING UNDER THE INFLUENCE", "DRUG/NARCOTIC", "DRUNKENNESS", "EMBEZZLEMENT", "EXTORTION",
    "FAMILY OFFENSES", "FORGERY/COUNTERFEITING", "FRAUD", "GAMBLING", "KIDNAPPING",
    "LARCENY/THEFT", "LIQUOR LAWS", "LOITERING", "MISSING PERSON", "NON-CRIMINAL",
    "OTHER OFFENSES", "PORNOGRAPHY/OBSCENE MAT", "PROSTITUTION", "RECOVERED VEHICLE", "ROBBERY",
    "RUNAWAY", "SECONDARY CODES", "SEX OFFENSES, FORCIBLE", "SEX OFFENSES, NON FORCIBLE",
    "STOLEN PROPERTY", "SUICIDE", "SUSPICIOUS OCC", "TREA", "TRESPASS", "VANDALISM",
    "VEHICLE THEFT", "WARRANTS", "WEAPON LAWS",
)  # fmt: skip


def _sample(variant: str) -> pd.DataFrame:
    incidents = read_incidents(SAMPLES / f"us-sf-{variant}.csv").incidents
    return pd.DataFrame(incidents).set_index("source_row")


def test_every_category_of_both_files_is_in_the_map_and_has_a_last_resort() -> None:
    rules = load_map("us-sf.csv")
    last = {normalised(rule.category) for rule in rules if not rule.descriptions}
    assert {normalised(c) for c in (*MODERN, *HISTORIC)} <= last
    assert {normalised(rule.category) for rule in rules} == last


def test_labels_that_drifted_mean_the_same() -> None:
    rows = _sample("export")
    assert rows["offence_code"][[3, 5, 6, 7]].tolist() == ["240", "520", "520", "520"]
    assert rows["category_raw"][3] == "Motor Vehicle Theft?"


def test_a_car_that_was_found_again_is_not_a_theft() -> None:
    assert _sample("export")["offence_code"][4] == "99Z"
    assert _sample("historic")["offence_code"][5] == "240"


def test_kidnapping_in_a_category_for_the_rest_is_sensitive() -> None:
    rules = [r for r in load_map("us-sf.csv") if r.category == "OTHER MISCELLANEOUS"]
    kidnapping = next(r for r in rules if r.descriptions == ("*KIDNAPPING*",))
    assert kidnapping.offence_code == "100"
    assert offence_codes()["100"].sensitive
    assert rules[-1].descriptions == ()


def test_a_row_without_a_category_is_unmapped() -> None:
    row = _sample("export").loc[11]
    assert (row["mapping_quality"], row["display_group"]) == ("unmapped", "other")


def test_rows_of_one_report_share_its_case() -> None:
    rows = _sample("export")
    assert (rows["row_grain"] == "offence").all()
    assert rows["case_id"][9] == rows["case_id"][10]
    assert rows["source_record_id"].is_unique


def test_the_historic_file_ends_where_the_present_one_begins() -> None:
    incidents, quality = read_incidents(SAMPLES / "us-sf-historic.csv")
    assert quality.rejected == {"superseded_overlap": 2}
    assert incidents["occurred_start"].max() == pd.Timestamp("2017-12-31T23:59-08:00")
    assert read_incidents(SAMPLES / "us-sf-export.csv").quality.rejected["date_out_of_range"] == 1


def test_the_north_pole_is_no_place() -> None:
    for variant in ("historic", "kaggle"):
        quality = read_incidents(SAMPLES / f"us-sf-{variant}.csv").quality
        assert quality.unlocated["sentinel"] == 1


def test_byte_order_mark_and_short_american_dates_are_read() -> None:
    raw = (SAMPLES / "us-sf-kaggle.csv").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbfDates,")
    rows = _sample("kaggle")
    starts = rows["occurred_start"].dt.strftime("%Y-%m-%d %H:%M")
    assert starts[[2, 4, 5]].tolist() == [
        "2015-05-13 23:53", "2015-05-01 09:05", "2015-05-13 00:30",
    ]  # fmt: skip


def test_a_file_without_ids_keeps_its_equal_rows() -> None:
    incidents, quality = read_incidents(SAMPLES / "us-sf-kaggle.csv")
    assert quality.flags["repeated_row"] == 1
    assert incidents["source_record_id"].isna().all()
    assert incidents["incident_id"].is_unique


def test_labels_that_are_not_the_portals_are_reported_and_not_guessed() -> None:
    incidents, quality = read_incidents(SAMPLES / "us-sf-kaggle.csv")
    unmapped = quality.categories.query("mapping_quality == 'unmapped'")
    assert sorted(unmapped["category"]) == ["CAR THEFT", "DRUGS"]
    assert unmapped["rows"].tolist() == [1, 1]
    rows = incidents[incidents["mapping_quality"] == "unmapped"]
    assert rows["offence_code"].isna().all()
    assert (rows["display_group"] == "other").all()
    assert quality.flags["unmapped_category"] == 2
    assert "CAR THEFT" in quality.to_markdown()


def test_places_say_how_precise_they_are() -> None:
    assert (_sample("export")["location_precision"][[2, 3]] == "intersection").all()
    assert (_sample("historic")["location_precision"][[2, 3]] == "block").all()


def test_the_feed_does_not_claim_what_was_only_stated_for_its_newer_file() -> None:
    # The older file has addresses by block, but no statement of the publisher was found.
    assert not describe_feed("us-sf").anonymised_by_publisher


@real_file
def test_a_real_slice_in_the_format_of_the_copy_is_kept_whole() -> None:
    incidents, quality = read_incidents(REAL)
    assert (quality.feed.id, quality.variant) == ("us-sf", "kaggle")
    assert (quality.rows_read, quality.kept, quality.located) == (1061, 1061, 1061)
    assert quality.rejected == {}
    assert "byte order mark" in quality.encoding
    qualities = incidents["mapping_quality"].value_counts()
    assert qualities[qualities > 0].to_dict() == {"exact": 953, "approximate": 108}
    written = pd.read_csv(REAL, dtype=str, encoding="utf-8-sig")["Dates"]
    starts = pd.to_datetime(written, format="%m/%d/%Y %H:%M")
    assert incidents["occurred_start"].dt.tz_localize(None).tolist() == starts.tolist()
