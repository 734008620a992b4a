"""Traps of St Louis' feed: four headers, signed counts, feet, Windows' letters, house numbers."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pandas as pd
import pytest

from hotspots.errors import FitnessError, InputDataError
from hotspots.fitness import counts_of
from hotspots.grid import count_incidents, make_hexgrid, select_incidents, study_area
from hotspots.loaders import detect_feed, read_incidents

if TYPE_CHECKING:
    from collections.abc import Callable

SAMPLES: Final = Path(__file__).resolve().parents[2] / "data" / "feeds"
EARLY: Final = SAMPLES / "us-st-louis-2008-to-2013.csv"
MIDDLE: Final = SAMPLES / "us-st-louis-2013-to-2020.csv"
COLUMNS: Final = {"2008-to-2013": 18, "2013-to-2020": 20, "may-2017": 26, "nibrs": 22}


@pytest.mark.parametrize("variant", COLUMNS)
def test_each_of_the_four_headers_is_known(variant: str) -> None:
    match = detect_feed(SAMPLES / f"us-st-louis-{variant}.csv")
    assert (match.feed, match.variant, match.score) == ("us-st-louis", variant, 1.0)
    assert len(match.columns) == COLUMNS[variant]


def test_taking_back_counts_less_and_a_correction_nothing() -> None:
    incidents, quality = read_incidents(MIDDLE)
    counts = incidents.set_index("source_row")["count"]
    assert (counts[2], counts[5], counts[6]) == (1, -1, 0)
    assert quality.flags["count_not_one"] == 2
    # One theft of a vehicle that became a joy ride is one theft of a vehicle.
    thefts = read_incidents(EARLY).incidents.query("display_group == 'vehicle_theft'")
    assert thefts["count"].tolist() == [-1, 1, -1]


def test_month_in_which_more_is_taken_back_than_reported_is_not_judged() -> None:
    incidents = read_incidents(EARLY).incidents
    grid = make_hexgrid(study_area(incidents, buffer_m=500), resolution=8)
    january, _ = select_incidents(incidents, period="2008-01")
    counted = count_incidents(january, grid)
    assert counted["n"].sum() == -1
    with pytest.raises(FitnessError, match="signed counts takes back some in another month"):
        counts_of(counted, "n")


def test_count_that_is_none_is_said() -> None:
    table = pd.read_csv(MIDDLE, dtype=str).fillna("")
    table.loc[1, "Count"] = "0.5"
    with pytest.raises(
        InputDataError, match=r"row 2: '0\.5' in the column 'Count' is not a number"
    ):
        read_incidents(table)


def test_feet_are_of_missouri_east() -> None:
    table = pd.read_csv(MIDDLE, dtype=str).fillna("")
    # The middle of Forest Park, which is public ground.
    table["XCoord"], table["YCoord"] = "880350", "1022250"
    point = read_incidents(table).incidents.geometry.iloc[0]
    assert point.x == pytest.approx(-90.2895, abs=2e-3)
    assert point.y == pytest.approx(38.6408, abs=2e-3)


def test_letters_of_windows_are_read(write: Callable[..., Path]) -> None:
    quality = read_incidents(EARLY).quality
    assert quality.encoding == "cp1252"
    with EARLY.open(encoding="cp1252", newline="") as file:
        names = [row["LocationName"] for row in csv.DictReader(file)]
    assert "O\N{RIGHT SINGLE QUOTATION MARK}SAMPLE\N{RIGHT SINGLE QUOTATION MARK}S CAFÉ" in names
    # The same file in UTF-8 says the same.
    again = read_incidents(write(EARLY.read_text(encoding="cp1252"))).quality
    assert (again.encoding, again.kept, again.located) == ("utf-8", quality.kept, quality.located)


def test_house_numbers_are_not_loaded() -> None:
    for path in (EARLY, MIDDLE, SAMPLES / "us-st-louis-may-2017.csv"):
        rows = read_incidents(path).incidents
        assert set(rows["location_text"].dropna()) == {"EXAMPLE AVE"}
        assert not rows.astype("string").apply(lambda c: c.str.contains("4321")).any(axis=None)
    nibrs = read_incidents(SAMPLES / "us-st-louis-nibrs.csv").incidents
    assert set(nibrs["location_text"]) == {"4300 block EXAMPLE AVE"}


def test_zero_is_no_place_and_neighborhood_zero_no_area() -> None:
    rows = read_incidents(EARLY).incidents.set_index("source_row")
    assert rows.loc[10, "location_status"] == "sentinel"
    assert rows.loc[10, "geometry"] is None
    assert pd.isna(rows.loc[10, "area_name"])
    assert pd.isna(rows.loc[14, "location_text"])


def test_one_minute_past_midnight_is_no_time() -> None:
    rows = read_incidents(EARLY).incidents.set_index("source_row")
    assert rows.loc[3, "occurred_start"].isoformat() == "2008-04-02T00:01:00-05:00"
    assert rows["time_suspect"][rows["time_suspect"]].index.tolist() == [3, 10, 12]


def test_class_of_the_code_and_words_together_say_what_it_is() -> None:
    rows = read_incidents(EARLY).incidents.set_index("source_row")
    assert rows.loc[[2, 8, 14], "offence_code"].tolist() == ["11A", "13B", "13A"]
    assert rows.loc[14, "sensitive"]
    assert not rows.loc[8, "sensitive"]
    # Codes stay as they are written, with the space before five digits.
    assert rows.loc[2, "category_raw"] == " 21000"
    odd = read_incidents(MIDDLE).incidents.set_index("source_row").loc[10]
    assert (odd["category_raw"], odd["mapping_quality"]) == ("999", "unmapped")


@pytest.mark.parametrize(
    ("crime", "words", "code"),
    [
        (" 51312", "BURGLARY-RESDNCE/UNK TIM/FORC ENT/UNOCCUPIED", "22A"),
        (" 53222", "BURGLARY-OTHR NONRES/NIT/UNLAW ENT/UNOCCUPIED", "22B"),
        (" 64601", "LARCENY-FROM MTR VEH $500 - $24,999", "23F"),
        (" 65701", "LARCENY-MTR VEH PARTS UNDER $500", "23G"),
        (" 69702", "LARCENY-ALL OTHER UNDER $500", "23H"),
        (" 72130", "AUTO THEFT-TRUCK/PERM RETNT/JOY RIDE", "240"),
        (" 92000", "SIMPLE ASSAULT-HARRASSMENT", "13C"),
        (" 95100", "STALKING (HARASSMENT ONLY, NO THREAT)", "13C"),
        ("111110", "FRAUD-BAD CHECK/INSUF FUNDS/OVER $150", "90A"),
        ("112020", "FRAUD-CREDIT DEVICE/UNDER $150", "26B"),
        ("115100", "FRAUD-STEALING BY DECEIT/OVER $150", "26A"),
        ("117000", "FAILURE TO RETURN BORROWED/RENTED VEHICL", "270"),
        ("171200", "SEX OFFNS-STATUATORY RAPE/FIRST", "36B"),
        ("172100", "SEX OFFNS-SODOMY/FORCIBLE", "11B"),
        ("177000", "SEX OFFNS-INCEST", "36A"),
        ("262100", "PORNAGRAPHY-PROMOTING", "370"),
        ("265321", "LEAVING SCENE OF ACCIDENT", "99Y"),
    ],
)
def test_words_that_the_files_hold_are_known(crime: str, words: str, code: str) -> None:
    table = pd.read_csv(MIDDLE, dtype=str).fillna("")
    table["Crime"], table["Description"] = crime, words
    assert set(read_incidents(table).incidents["offence_code"]) == {code}


def test_victims_of_one_offence_have_a_row_each_since_2021() -> None:
    rows = read_incidents(SAMPLES / "us-st-louis-nibrs.csv").incidents.set_index("source_row")
    assert rows.loc[[3, 4], "case_id"].tolist() == ["24900002", "24900002"]
    assert set(rows["row_grain"]) == {"victim"}
    assert rows.loc[5, "occurred_precision"] == "day"
    assert set(rows["source_id"]) == {"us-st-louis-slmpd-nibrs"}
