"""Los Angeles: the traps of its three files, and a real thousand of the old one."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Final

import pandas as pd
import pytest

from hotspots.loaders import describe_feed, detect_feed, read_incidents
from hotspots.loaders.mapfiles import load_map

SAMPLES: Final = Path(__file__).resolve().parents[2] / "data" / "feeds"
REAL: Final = (
    Path(__file__).resolve().parents[4]
    / "shared/data/feeds/us-la/legacy_1000_no_victim_columns.csv"
)
real_file = pytest.mark.skipif(not REAL.is_file(), reason=f"{REAL.name} is not beside the project")


def _sample(variant: str) -> pd.DataFrame:
    incidents = read_incidents(SAMPLES / f"us-la-{variant}.csv").incidents
    return pd.DataFrame(incidents).set_index("source_row")


def _clocks(rows: pd.DataFrame) -> pd.Series:
    return rows["occurred_start"].dt.strftime("%H:%M")


def test_lost_leading_zeros_of_the_time_are_minutes_after_midnight() -> None:
    clocks = _clocks(_sample("legacy"))
    assert clocks[[2, 3, 14]].tolist() == ["00:30", "00:01", "09:30"]
    assert _clocks(_sample("nibrs"))[2] == "00:30"


def test_the_midnight_in_the_date_column_is_not_the_time() -> None:
    rows = _sample("legacy-2010")
    assert _clocks(rows)[3] == "23:59"
    assert not rows["time_suspect"][3]


def test_one_minute_past_midnight_is_a_placeholder_as_noon_is() -> None:
    rows = _sample("legacy")
    assert rows["time_suspect"][[2, 3, 7]].tolist() == [False, True, True]


def test_a_row_without_a_time_is_known_to_the_day() -> None:
    assert _sample("legacy")["occurred_precision"][[2, 9]].tolist() == ["minute", "day"]


def test_a_trailing_space_in_the_header_tells_the_older_file_from_the_newer() -> None:
    found = [detect_feed(SAMPLES / f"us-la-{v}.csv") for v in ("legacy", "legacy-2010")]
    assert [match.variant for match in found] == ["legacy", "legacy-2010"]
    older = read_incidents(SAMPLES / "us-la-legacy-2010.csv").incidents
    assert older["source_id"].unique().tolist() == ["us-la-63jg-8b9z"]


def test_the_older_file_ends_where_the_newer_begins() -> None:
    incidents, quality = read_incidents(SAMPLES / "us-la-legacy-2010.csv")
    assert quality.rejected["superseded_overlap"] == 1
    assert incidents["occurred_start"].max() == pd.Timestamp("2019-12-31T23:59-08:00")


def test_an_older_file_whose_header_was_tidied_is_still_read(tmp_path: Path) -> None:
    tidy = tmp_path / "tidy.csv"
    text = (SAMPLES / "us-la-legacy-2010.csv").read_text(encoding="utf-8")
    tidy.write_text(text.replace("AREA ,", "AREA,", 1), encoding="utf-8")
    quality = read_incidents(tidy).quality
    assert (quality.feed.id, quality.variant) == ("us-la", "legacy")
    assert "superseded_overlap" not in quality.rejected
    assert quality.kept == 7


def test_runs_of_spaces_go_and_house_numbers_are_rounded() -> None:
    texts = _sample("legacy")["location_text"]
    assert texts[[2, 14]].tolist() == ["1200 block W EXAMPLE ST", "1200 block EXAMPLE AV"]


def test_codes_decide_even_where_labels_were_rewritten(tmp_path: Path) -> None:
    rows = pd.read_csv(SAMPLES / "us-la-legacy.csv", dtype=str)
    rows["Crm Cd Desc"] = "REWRITTEN"
    rows.to_csv(tmp_path / "rewritten.csv", index=False)
    again = read_incidents(tmp_path / "rewritten.csv").incidents
    assert (
        again["offence_code"]
        .astype("string")
        .equals(_sample("legacy")["offence_code"].astype("string").reset_index(drop=True))
    )


def test_the_map_holds_each_code_of_the_department_once() -> None:
    rules = load_map("us-la.csv")
    assert len({int(rule.code) for rule in rules}) == len(rules) == 143
    assert all(rule.category for rule in rules)


def test_what_partners_and_children_suffered_is_sensitive() -> None:
    rules = {rule.code: rule for rule in load_map("us-la.csv")}
    assert all(rules[code].sensitive for code in ("235", "236", "626", "627", "763", "901"))
    assert _sample("legacy")["sensitive"][[6, 7, 8]].tolist() == [False, True, True]
    assert _sample("nibrs")["sensitive"][[3, 4, 5]].tolist() == [False, True, True]


def test_nibrs_rows_are_offences_and_a_case_holds_several() -> None:
    rows = _sample("nibrs")
    assert (rows["row_grain"] == "offence").all()
    assert rows["case_id"][2] == rows["case_id"][3]
    assert rows["source_record_id"].is_unique


def test_a_code_before_the_words_changes_nothing() -> None:
    rows = _sample("nibrs")
    assert rows["category_raw"][2] == "331  - THEFT FROM MOTOR VEHICLE - GRAND"
    assert rows["offence_code"][2] == rows["offence_code"][9] == "23F"


def test_a_code_that_nibrs_does_not_know_is_unmapped() -> None:
    rows = _sample("nibrs")
    assert rows["mapping_quality"][12] == "unmapped"
    assert rows["display_group"][12] == "other"


def test_the_year_1800_is_rejected_and_an_old_offence_reported_late_is_kept() -> None:
    incidents, quality = read_incidents(SAMPLES / "us-la-nibrs.csv")
    assert quality.rejected["date_out_of_range"] == 1
    assert incidents["occurred_start"].min().year == 1998


def test_nibrs_files_without_coordinates_are_kept_and_on_no_map() -> None:
    incidents, quality = read_incidents(SAMPLES / "us-la-nibrs-unplaced.csv")
    assert quality.located == 0
    assert quality.unlocated == {"missing": quality.kept}
    assert (incidents["district"] == "Central area").all()


def test_the_seam_of_2024_is_told() -> None:
    notes = [n for n in describe_feed("us-la").coverage if n.first_day == date(2024, 3, 7)]
    assert len(notes) == 1
    assert "NIBRS" in notes[0].note


@real_file
def test_a_real_thousand_is_mapped_by_code(tmp_path: Path) -> None:
    incidents, quality = read_incidents(REAL)
    assert (quality.feed.id, quality.variant) == ("us-la", "legacy")
    assert (quality.rows_read, quality.kept, quality.located) == (1000, 1000, 1000)
    assert quality.rejected == {}
    qualities = incidents["mapping_quality"].value_counts()
    assert qualities[qualities > 0].to_dict() == {"exact": 822, "approximate": 174, "ambiguous": 4}
    rows = pd.read_csv(REAL, dtype=str)
    rows["crm_cd_desc"] = "REWRITTEN"
    rows.to_csv(tmp_path / "rewritten.csv", index=False)
    again = read_incidents(tmp_path / "rewritten.csv").incidents
    assert again["offence_code"].notna().all()


@real_file
def test_times_of_a_real_thousand_are_those_in_the_file() -> None:
    incidents = read_incidents(REAL).incidents
    written = pd.read_csv(REAL, dtype=str)["time_occ"].str.zfill(4)
    clocks = incidents["occurred_start"].dt.strftime("%H%M")
    assert clocks.tolist() == written.tolist()
    assert (clocks == "0030").sum() == 4
    assert (incidents["occurred_precision"] == "minute").all()
