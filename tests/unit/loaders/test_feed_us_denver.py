"""Traps of Denver's feed, and the figures of every fourth row of a real file."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

from hotspots.loaders import Reading, describe_feed, read_incidents

SAMPLE: Final = Path(__file__).resolve().parents[2] / "data" / "feeds" / "us-denver-export.csv"
REAL: Final = (
    Path(__file__).resolve().parents[4] / "shared/data/feeds/us-denver/offenses_98k.csv.gz"
)
needs_file = pytest.mark.skipif(not REAL.exists(), reason="the shared real files are not here")


@pytest.fixture(scope="module")
def real() -> Reading:
    return read_incidents(REAL)


def test_coordinates_that_are_nearly_zero_are_no_place() -> None:
    rows = read_incidents(SAMPLE).incidents.set_index("source_row")
    assert rows.loc[6, "location_status"] == "sentinel"
    assert rows.loc[6, "geometry"] is None


def test_type_decides_and_not_the_category() -> None:
    rows = read_incidents(SAMPLE).incidents.set_index("source_row")
    assert rows.loc[2, ["category_raw", "display_group"]].tolist() == [
        "public-disorder", "damage_arson",
    ]  # fmt: skip
    assert rows.loc[12, ["offence_code", "mapping_quality"]].tolist() == ["23U", "approximate"]
    assert rows.loc[13, "mapping_quality"] == "unmapped"


def test_offence_grain_keeps_the_incident_as_case() -> None:
    incidents, quality = read_incidents(SAMPLE)
    assert set(incidents["row_grain"]) == {"offence"}
    assert incidents.loc[incidents["case_id"] == "2024999999", "offence_code"].tolist() == [
        "23F", "23G",
    ]  # fmt: skip
    assert quality.rejected["duplicate_record_id"] == 1


def test_exact_addresses_are_rounded_and_not_called_anonymised() -> None:
    incidents = read_incidents(SAMPLE).incidents
    assert not incidents["location_text"].str.contains("1234").any()
    assert describe_feed("us-denver").anonymised_by_publisher is False
    assert set(incidents["location_precision"]) == {"address"}


def test_domestic_types_are_sensitive() -> None:
    rows = read_incidents(SAMPLE).incidents.set_index("source_row")
    assert rows.index[rows["sensitive"]].tolist() == [5, 11]


@needs_file
def test_real_file_is_kept_whole(real: Reading) -> None:
    incidents, quality = real
    assert (quality.feed.id, quality.kept, dict(quality.rejected)) == ("us-denver", 98684, {})
    assert dict(quality.unlocated) == {"missing": 65, "sentinel": 8, "outside_bounds": 51}
    assert set(incidents["row_grain"]) == {"offence"}
    assert incidents["case_id"].nunique() == 96991


@needs_file
def test_real_file_plots_no_point_near_zero(real: Reading) -> None:
    points = real.incidents.geometry.dropna()
    assert points.x.max() < -104
    assert points.y.min() > 39


@needs_file
def test_real_file_has_a_code_for_every_type(real: Reading) -> None:
    rows = real.quality.categories.groupby("mapping_quality", observed=True)["rows"].sum()
    assert int(rows.get("unmapped", 0)) == 0
    assert rows["exact"] / rows.sum() > 0.96
