"""Traps of the feed of Detroit."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from hotspots.loaders import describe_feed, read_incidents

SAMPLES: Final = Path(__file__).resolve().parents[2] / "data" / "feeds"
EXPORT: Final = SAMPLES / "us-detroit-export.csv"


def test_moments_are_true_utc_and_the_hour_column_proves_it() -> None:
    incidents, quality = read_incidents(EXPORT)
    starts = incidents.set_index("source_row")["occurred_start"]
    assert starts[2].isoformat() == "2021-06-15T15:30:00-04:00"
    assert starts[[6, 7]].dt.strftime("%H:%M %z").tolist() == ["01:30 -0400", "01:30 -0500"]
    check = quality.evidence.dates.check
    assert check is not None
    assert (check.column, check.rule) == ("incident_hour_of_day", "utc")
    assert check.agree == check.rows == quality.kept
    assert check.agree_otherwise == 0


def test_offences_of_one_report_share_its_case() -> None:
    incidents = read_incidents(EXPORT).incidents
    both = incidents.loc[incidents["case_id"] == "2106150001", "offence_code"]
    assert sorted(both) == ["120", "520"]
    assert set(incidents["row_grain"]) == {"offence"}


def test_a_row_that_is_there_twice_is_rejected() -> None:
    _, quality = read_incidents(EXPORT)
    copies = quality.rejects[quality.rejects["reason"] == "duplicate_record_id"]
    assert copies[["source_row", "value"]].to_numpy().tolist() == [[16, "9000003"]]


def test_the_year_1915_is_rejected_and_a_report_of_1999_is_kept() -> None:
    incidents, quality = read_incidents(EXPORT)
    assert dict(quality.rejected)["date_out_of_range"] == 1
    assert incidents["occurred_start"].dt.year.min() == 1999


def test_numbered_streets_of_a_crossing_are_no_house_numbers() -> None:
    assert set(read_incidents(EXPORT).incidents["location_text"]) == {"Example Rd & 12th St"}
    earlier = read_incidents(SAMPLES / "us-detroit-earlier.csv").incidents
    assert set(earlier["location_text"]) == {"Example Rd & 12th St", "1200 block Example Rd"}


def test_a_promise_is_made_only_where_the_publisher_gave_it() -> None:
    feed = describe_feed("us-detroit")
    promised = {v.name: feed.for_variant(v.name).anonymised_by_publisher for v in feed.variants}
    assert promised == {"export": True, "service": True, "earlier": False}


def test_non_negligent_is_not_negligent() -> None:
    rows = read_incidents(EXPORT).incidents.set_index("source_row")
    assert rows.loc[13, ["description_raw", "offence_code"]].tolist() == [
        "MURDER / NON-NEGLIGENT MANSLAUGHTER (VOLUNTARY)", "09A",
    ]  # fmt: skip


def test_degrees_of_sexual_conduct_tell_touching_from_penetration() -> None:
    rows = read_incidents(EXPORT).incidents.set_index("source_row")
    assert rows.loc[9, ["offence_code", "sensitive"]].tolist() == ["11D", True]


def test_the_earlier_header_gives_the_same_moments() -> None:
    earlier, quality = read_incidents(SAMPLES / "us-detroit-earlier.csv")
    now = read_incidents(EXPORT).incidents
    assert quality.evidence.dates.check is not None
    assert earlier["occurred_start"].tolist()[:3] == now["occurred_start"].tolist()[:3]
