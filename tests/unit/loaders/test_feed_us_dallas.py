"""Traps of the feed of Dallas."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Final

import polars as pl
import pytest

from hotspots.loaders import describe_feed, read_incidents

SAMPLES: Final = Path(__file__).resolve().parents[2] / "data" / "feeds"
EXPORT: Final = SAMPLES / "us-dallas-export.csv"
INTERFACE: Final = SAMPLES / "us-dallas-interface.csv"


def test_persons_of_one_incident_share_its_case() -> None:
    incidents = read_incidents(EXPORT).incidents
    assert set(incidents["row_grain"]) == {"person"}
    both = incidents.loc[incidents["case_id"] == "900001-2024", "source_record_id"]
    assert both.tolist() == ["900001-2024-01", "900001-2024-02"]


def test_date_with_seven_decimals_takes_its_clock_from_beside_it() -> None:
    rows = read_incidents(EXPORT).incidents.set_index("source_row")
    assert rows.loc[14, "occurred_start"].isoformat() == "2024-06-16T08:00:00-05:00"
    assert rows.loc[14, "occurred_end"].isoformat() == "2024-06-16T17:30:00-05:00"
    assert rows.loc[29, "occurred_precision"] == "day"


def test_years_that_are_slips_are_rejected_and_old_ones_kept() -> None:
    incidents, quality = read_incidents(EXPORT)
    late = quality.rejects[quality.rejects["reason"] == "date_out_of_range"]
    assert late["value"].tolist() == ["2109-06-20 00:00:00.0000000"]
    assert incidents["occurred_start"].dt.year.min() == 1967


def test_number_of_a_street_is_no_coordinate() -> None:
    rows = read_incidents(EXPORT).incidents.set_index("source_row")
    assert (rows.loc[14, "geometry"].x, rows.loc[14, "geometry"].y) == (-96.8201, 32.8101)
    assert rows.loc[14, "location_text"] == "100 block 35TH ST"


@pytest.mark.parametrize("path", [EXPORT, INTERFACE])
def test_row_without_coordinates_in_its_text_takes_them_from_the_feet_beside_it(path: Path) -> None:
    rows = read_incidents(path).incidents.set_index("source_row")
    assert rows.loc[29, "location_status"] == "ok"
    assert rows.loc[29, "geometry"].x == pytest.approx(-96.8251, abs=1e-6)
    assert rows.loc[29, "geometry"].y == pytest.approx(32.8151, abs=1e-6)
    assert rows.loc[31, "location_status"] == "missing"


def test_coordinates_of_the_interfaces_json_are_read() -> None:
    table = pl.read_csv(INTERFACE, infer_schema=False)
    table = table.drop("geocoded_column", "x_coordinate", "y_cordinate").with_columns(
        pl.lit("32.78").alias("geocoded_column.latitude"),
        pl.lit("-96.79").alias("geocoded_column.longitude"),
    )
    incidents, quality = read_incidents(table)
    assert (quality.variant, quality.located) == ("interface", quality.kept)
    assert {(p.x, p.y) for p in incidents.geometry} == {(-96.79, 32.78)}


def test_exact_addresses_are_rounded_and_not_called_anonymised() -> None:
    incidents = read_incidents(EXPORT).incidents
    assert not incidents["location_text"].str.contains("1234").any()
    assert describe_feed("us-dallas").anonymised_by_publisher is False
    assert set(incidents["location_precision"]) == {"address"}


def test_older_names_count_where_there_is_no_nibrs_code() -> None:
    rows = read_incidents(EXPORT).incidents.set_index("source_row")
    assert rows.loc[[17, 20, 23], "offence_code"].tolist() == ["90E", "90Z", "23F"]
    assert rows.loc[20, "category_raw"] == "ORANIZED CRIME"
    # "Miscellaneous" is no offence, and a code that nobody knows is not guessed.
    assert rows.loc[11, ["offence_code", "mapping_quality"]].tolist() == ["99Y", "approximate"]
    assert rows.loc[35, "mapping_quality"] == "unmapped"


def test_family_offences_are_sensitive() -> None:
    rows = read_incidents(EXPORT).incidents.set_index("source_row")
    assert rows.index[rows["sensitive"]].tolist() == [8]


def test_names_and_homes_of_older_files_are_never_read(tmp_path: Path) -> None:
    with EXPORT.open(encoding="utf-8", newline="") as file:
        rows = [
            row | {"Victim Name": "MARKED", "Victim Home Address": "MARKED", "Victim Age": "MARKED"}
            for row in csv.DictReader(file)
        ]
    path = tmp_path / "x.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    incidents, quality = read_incidents(path)
    assert (quality.variant, quality.extra_columns) == ("export", ())
    assert not incidents.astype("string").eq("MARKED").any(axis=None)
    for variant in describe_feed("us-dallas").variants:
        read = {name.lower() for name in variant.named_columns}
        assert not any(w in name for name in read for w in ("victim", "officer", "comp", "ro1"))
