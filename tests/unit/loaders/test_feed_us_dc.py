"""Traps of the feed of Washington DC, and the figures of its file of 2024."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
import pyproj
import pytest

from hotspots.loaders import read_incidents

SAMPLES: Final = Path(__file__).resolve().parents[2] / "data" / "feeds"
REAL: Final = (
    Path(__file__).resolve().parents[4] / "shared/data/feeds/us-dc/Crime_Incidents_in_2024.csv"
)
needs_file = pytest.mark.skipif(not REAL.exists(), reason="the shared real files are not here")
#: Hours of the publisher's shifts, by local hour.
SHIFTS: Final = ["MIDNIGHT"] * 7 + ["DAY"] * 8 + ["EVENING"] * 8 + ["MIDNIGHT"]


def _metres_off(path: Path) -> pd.Series:
    """Measure how far the points lie from LONGITUDE and LATITUDE of the same rows."""
    incidents = read_incidents(path).incidents.sort_values("source_row")
    rows = pd.read_csv(path, encoding="utf-8-sig", dtype=str)
    rows = rows.iloc[incidents["source_row"].to_numpy() - 2]
    there = incidents.geometry.notna().to_numpy()
    points = incidents.geometry[there]
    _, _, metres = pyproj.Geod(ellps="GRS80").inv(
        points.x.to_numpy(), points.y.to_numpy(),
        rows["LONGITUDE"][there].astype(float).to_numpy(),
        rows["LATITUDE"][there].astype(float).to_numpy(),
    )  # fmt: skip
    return pd.Series(metres)


def test_same_header_other_crs_metres_are_known_by_where_they_lie() -> None:
    incidents, quality = read_incidents(SAMPLES / "us-dc-export-metres.csv")
    assert (quality.variant, quality.located, dict(quality.unlocated)) == (
        "export", 3, {"sentinel": 1},
    )  # fmt: skip
    first = incidents.set_index("source_row").geometry[2]
    assert first.x == pytest.approx(-77.01, abs=5e-5)
    assert first.y == pytest.approx(38.91, abs=5e-5)


def test_plus_00_is_utc_so_no_hour_of_the_clock_change_is_doubtful() -> None:
    incidents, quality = read_incidents(SAMPLES / "us-dc-export.csv")
    starts = incidents.set_index("source_row")["occurred_start"]
    assert starts[9].isoformat() == "2024-11-03T01:30:00-05:00"
    assert starts[10].isoformat() == "2024-03-10T03:30:00-04:00"
    assert "dst_ambiguous" not in quality.flags
    assert "dst_nonexistent" not in quality.flags


def test_repeated_ids_with_different_rows_are_all_kept() -> None:
    incidents, quality = read_incidents(SAMPLES / "us-dc-export.csv")
    victims = incidents[incidents["source_record_id"] == "99009999"]
    assert len(victims) == quality.flags["non_unique_id"] == 2
    assert victims["incident_id"].is_unique
    assert set(victims["case_id"]) == {"99009999"}


def test_start_after_the_report_is_flagged_not_mended() -> None:
    incidents, quality = read_incidents(SAMPLES / "us-dc-export.csv")
    assert quality.flags["reported_before_occurred"] == 2
    late = incidents.set_index("source_row").loc[4]
    assert late["reported_at"].isoformat() == "2024-02-14T00:00:00-05:00"
    assert late["occurred_start"].isoformat() == "2024-02-14T19:35:00-05:00"


def test_block_text_names_no_house() -> None:
    texts = read_incidents(SAMPLES / "us-dc-export.csv").incidents["location_text"]
    assert set(texts) == {
        "1200 block EXAMPLE STREET NW", "EXAMPLE STREET NW AND SAMPLE STREET NW",
    }  # fmt: skip


@needs_file
def test_real_file_is_kept_whole() -> None:
    incidents, quality = read_incidents(REAL)
    assert (quality.feed.id, quality.variant) == ("us-dc", "export")
    assert (quality.rows_read, quality.kept, quality.located) == (5735, 5735, 5735)
    assert quality.flags["non_unique_id"] == 7
    assert quality.flags["reported_before_occurred"] == 27
    assert incidents["occurred_end"].isna().sum() == 454
    rows = quality.categories.groupby("mapping_quality", observed=True)["rows"].sum()
    assert {str(k): int(v) for k, v in rows.items() if v} == {"exact": 5695, "approximate": 40}


@needs_file
def test_real_file_shift_agrees_with_local_time_only() -> None:
    incidents = read_incidents(REAL).incidents.sort_values("source_row")
    shift = pd.read_csv(REAL, encoding="utf-8-sig", usecols=["SHIFT"])["SHIFT"].to_numpy()
    hours = np.array(SHIFTS)
    local = hours[incidents["reported_at"].dt.hour] == shift
    unconverted = hours[incidents["reported_at"].dt.tz_convert("UTC").dt.hour] == shift
    assert local.sum() == 5727
    assert local.mean() >= 0.998
    assert unconverted.mean() < 0.4


@needs_file
def test_real_file_points_are_the_block_in_degrees_and_in_metres(tmp_path: Path) -> None:
    assert _metres_off(REAL).max() < 5
    in_metres = tmp_path / "Crime_Incidents_in_2025.csv"
    to_metres = pyproj.Transformer.from_crs("EPSG:4326", "EPSG:26985", always_xy=True)
    with REAL.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        x, y = to_metres.transform(float(row["X"]), float(row["Y"]))
        row |= {"X": f"{x:.3f}", "Y": f"{y:.3f}"}
    with in_metres.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    assert len(_metres_off(in_metres)) == 5735
    assert _metres_off(in_metres).max() < 5
