"""Traps of Boston's feed, and the figures of a file of 2021."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pandas as pd
import pytest

from hotspots.errors import InputDataError
from hotspots.loaders import read_incidents

SAMPLES: Final = Path(__file__).resolve().parents[2] / "data" / "feeds"
REAL: Final = (
    Path(__file__).resolve().parents[4] / "shared/data/feeds/us-boston/BostonCrime2021_7000.csv"
)
needs_file = pytest.mark.skipif(not REAL.exists(), reason="the shared real files are not here")


def test_plus_00_is_local_all_the_same() -> None:
    incidents, quality = read_incidents(SAMPLES / "us-boston-portal.csv")
    starts = incidents.set_index("source_row")["occurred_start"]
    assert starts[5].isoformat() == "2023-01-27T22:44:00-05:00"
    assert starts[7].isoformat() == "2023-03-12T03:30:00-04:00"
    assert (quality.flags["dst_nonexistent"], quality.flags["dst_ambiguous"]) == (1, 1)


def test_zero_and_minus_one_are_no_place() -> None:
    rows = read_incidents(SAMPLES / "us-boston-portal.csv").incidents.set_index("source_row")
    assert rows.loc[[10, 11, 12], "location_status"].tolist() == ["missing", "sentinel", "sentinel"]
    assert rows.loc[[10, 11, 12], "geometry"].isna().all()


def test_codes_match_with_and_without_leading_zeros() -> None:
    rows = read_incidents(SAMPLES / "us-boston-portal.csv").incidents.set_index("source_row")
    assert rows.loc[[2, 4, 5], "category_code_raw"].tolist() == ["00613", "00801", "00801"]
    assert rows.loc[[2, 9], "offence_code"].tolist() == ["23C", "23F"]


def test_label_drift_does_not_change_the_code() -> None:
    rows = read_incidents(SAMPLES / "us-boston-portal.csv").incidents.set_index("source_row")
    assert rows.loc[[4, 5], "category_raw"].tolist() == [
        "ASSAULT SIMPLE - BATTERY", "ASSAULT - SIMPLE",
    ]  # fmt: skip
    assert rows.loc[[4, 5], "offence_code"].tolist() == ["13B", "13B"]
    assert rows.loc[13, "mapping_quality"] == "unmapped"


def test_us_short_dates_are_read_where_the_variant_lists_them(tmp_path: Path) -> None:
    incidents, quality = read_incidents(SAMPLES / "us-boston-spreadsheet.csv")
    assert quality.variant == "spreadsheet"
    starts = incidents.set_index("source_row")["occurred_start"]
    assert starts[3].isoformat() == "2021-12-04T00:00:00-05:00"
    portal = pd.read_csv(SAMPLES / "us-boston-portal.csv", dtype=str).fillna("")
    portal["OCCURRED_ON_DATE"] = "6/14/2021 19:49"
    portal.to_csv(tmp_path / "portal.csv", index=False)
    with pytest.raises(InputDataError, match="6/14/2021 19:49"):
        read_incidents(tmp_path / "portal.csv")


@needs_file
def test_real_file_is_kept_whole_and_every_code_is_mapped() -> None:
    incidents, quality = read_incidents(REAL)
    assert (quality.feed.id, quality.variant) == ("us-boston", "spreadsheet")
    assert (quality.rows_read, quality.kept, quality.located) == (7000, 7000, 6729)
    assert dict(quality.unlocated) == {"sentinel": 271}
    rows = quality.categories.groupby("mapping_quality", observed=True)["rows"].sum()
    found = {str(k): int(v) for k, v in rows.items() if v}
    assert found == {"exact": 6808, "approximate": 175, "ambiguous": 17}
    assert not incidents["location_text"].str.contains("02135").any()


@needs_file
def test_real_file_hour_column_agrees_with_local_time() -> None:
    incidents = read_incidents(REAL).incidents.sort_values("source_row")
    hours = pd.read_csv(REAL, usecols=["HOUR"])["HOUR"].to_numpy()
    agree = incidents["occurred_start"].dt.hour.to_numpy() == hours
    assert agree.mean() > 0.999
