"""Philadelphia: dispatch times in UTC beside local ones, trailing spaces, recovered cars."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pandas as pd
import pytest

from hotspots.loaders import describe_feed, read_incidents

SAMPLES: Final = Path(__file__).resolve().parents[2] / "data" / "feeds"
each_variant = pytest.mark.parametrize("variant", ["export", "yearly"])


def _sample(variant: str) -> pd.DataFrame:
    incidents = read_incidents(SAMPLES / f"us-philadelphia-{variant}.csv").incidents
    return pd.DataFrame(incidents).set_index("source_row")


@each_variant
def test_plus_zero_is_utc_here_and_the_local_day_may_be_another(variant: str) -> None:
    rows = _sample(variant)
    assert rows["occurred_start"][2] == pd.Timestamp("2024-06-15T22:30-04:00")
    assert rows["occurred_start"].dt.tz.key == "America/New_York"


def test_every_local_hour_in_the_file_agrees_with_the_moment() -> None:
    raw = pd.read_csv(SAMPLES / "us-philadelphia-export.csv", dtype=str)
    rows = _sample("export")
    hours = raw["hour"].set_axis(raw.index + 2)[rows.index].astype(int)
    assert rows["occurred_start"].dt.hour.tolist() == hours.tolist()


def test_the_hour_that_comes_twice_in_autumn_is_two_moments() -> None:
    incidents, quality = read_incidents(SAMPLES / "us-philadelphia-export.csv")
    starts = incidents.set_index("source_row")["occurred_start"]
    assert starts[9] - starts[8] == pd.Timedelta(hours=1)
    assert starts[8].hour == starts[9].hour == 1
    assert "dst_ambiguous" not in quality.flags


def test_a_time_that_lost_its_zone_is_refused_and_not_guessed() -> None:
    quality = read_incidents(SAMPLES / "us-philadelphia-export.csv").quality
    assert quality.rejected["no_date"] == 2
    assert "2024-06-15 14:30:00" in quality.rejects["value"].tolist()


@each_variant
def test_times_are_those_of_the_dispatch(variant: str) -> None:
    assert (_sample(variant)["occurred_basis"] == "dispatch").all()


@each_variant
def test_a_trailing_space_in_a_category_changes_nothing(variant: str) -> None:
    assert _sample(variant)["offence_code"][4] == "09A"


@each_variant
def test_a_car_that_was_found_again_is_not_a_theft(variant: str) -> None:
    assert _sample(variant)["offence_code"][[6, 7]].tolist() == ["99Z", "240"]


@each_variant
def test_theft_from_a_vehicle_shares_its_number_with_other_theft(variant: str) -> None:
    rows = _sample(variant)
    assert rows["category_code_raw"][[2, 3]].tolist() == ["600", "600"]
    assert rows["offence_code"][[2, 3]].tolist() == ["23U", "23F"]


def test_all_33_categories_are_mapped() -> None:
    # The 32 that the portal lists today, and the cars found again of earlier years.
    assert len(describe_feed("us-philadelphia").offences) == 33
