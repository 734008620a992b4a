"""Traps of Montgomery County's feed: rows of one incident, two orders of columns, open ends."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pandas as pd

from hotspots.loaders import read_incidents

SAMPLES: Final = Path(__file__).resolve().parents[2] / "data" / "feeds"
EXPORT: Final = SAMPLES / "us-montgomery-export.csv"
OF_THE_FILE: Final = ["incident_id", "source_sha256"]


def test_both_published_orders_of_columns_say_the_same() -> None:
    other = read_incidents(SAMPLES / "us-montgomery-export-other-order.csv").incidents
    first = read_incidents(EXPORT).incidents.iloc[:4]
    for name in other.columns.difference(OF_THE_FILE):
        assert other[name].astype(str).tolist() == first[name].astype(str).tolist(), name


def test_incident_with_two_offences_keeps_both_rows() -> None:
    rows = read_incidents(EXPORT).incidents
    both = rows[rows["case_id"] == "900000001"]
    assert both["offence_code"].tolist() == ["23F", "290"]
    assert both["incident_id"].is_unique
    assert set(rows["row_grain"]) == {"offence"}


def test_open_end_is_no_end() -> None:
    rows = read_incidents(EXPORT).incidents.set_index("source_row")
    assert rows["occurred_end"].notna().sum() == 1
    assert rows.loc[4, "occurred_end"].isoformat() == "2023-06-16T00:40:00-04:00"


def test_texts_are_asked_only_where_the_code_is_none() -> None:
    rows = read_incidents(EXPORT).incidents.set_index("source_row")
    assert rows.loc[12, ["offence_code", "mapping_quality"]].tolist() == ["99Z", "exact"]
    # 999 is a code that the codebook has not got.
    assert rows.loc[13, "mapping_quality"] == "unmapped"


def test_rows_that_are_no_crime_but_harm_are_sensitive() -> None:
    for name in ("us-montgomery-export.csv", "us-montgomery-interface.json"):
        rows = read_incidents(SAMPLES / name).incidents
        marked = rows[rows["description_raw"] == "SUICIDE - ATTEMPT"]
        assert len(marked) == 1
        assert marked["sensitive"].all()
        assert marked["offence_code"].tolist() == ["90Z"]


def test_zero_is_no_place() -> None:
    rows = read_incidents(EXPORT).incidents.set_index("source_row")
    assert rows.loc[[9, 10], "location_status"].tolist() == ["sentinel", "missing"]
    assert rows.loc[[9, 10], "geometry"].isna().all()


def test_towns_and_victims_are_not_loaded() -> None:
    table = pd.read_csv(EXPORT, dtype=str).fillna("")
    table[["City", "Victims", "Zip Code"]] = "MARKED"
    rows = read_incidents(table).incidents
    assert not rows.astype("string").eq("MARKED").any(axis=None)
