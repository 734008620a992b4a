"""Seattle: text coordinates, withheld places, codes that NIBRS does not know."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pandas as pd
import pytest

from hotspots.loaders import read_incidents

SAMPLES: Final = Path(__file__).resolve().parents[2] / "data" / "feeds"
each_variant = pytest.mark.parametrize("variant", ["export", "interface", "before-2025"])


def _sample(variant: str) -> pd.DataFrame:
    incidents = read_incidents(SAMPLES / f"us-seattle-{variant}.csv").incidents
    return pd.DataFrame(incidents).set_index("source_row")


@each_variant
def test_texts_in_the_coordinates_say_why_there_is_no_place(variant: str) -> None:
    rows = _sample(variant)
    assert rows["location_status"][[4, 5, 6]].tolist() == ["withheld", "sentinel", "missing"]
    assert rows["geometry"][[4, 5, 6]].isna().all()


@each_variant
def test_neither_redacted_nor_a_dash_is_a_location(variant: str) -> None:
    texts = _sample(variant)["location_text"]
    assert texts[[4, 6]].isna().all()
    assert texts[2] == "12XX BLOCK OF EXAMPLE AVE"
    assert _sample(variant).loc[6, ["area_name", "district"]].isna().all()


@each_variant
def test_the_codes_of_the_department_are_told_apart(variant: str) -> None:
    rows = _sample(variant)
    assert rows["offence_code"][[7, 8]].tolist() == ["99Y", "90Z"]
    assert rows["mapping_quality"][[7, 8, 9]].tolist() == ["exact", "approximate", "unmapped"]


@each_variant
def test_no_contact_orders_and_sexual_offences_are_sensitive(variant: str) -> None:
    assert _sample(variant)["sensitive"][[2, 4, 8]].tolist() == [False, True, True]


@each_variant
def test_offences_of_one_report_share_its_case(variant: str) -> None:
    rows = _sample(variant)
    assert (rows["row_grain"] == "offence").all()
    assert rows["case_id"][2] == rows["case_id"][3]


@each_variant
def test_the_year_1900_is_rejected(variant: str) -> None:
    quality = read_incidents(SAMPLES / f"us-seattle-{variant}.csv").quality
    assert quality.rejected["date_out_of_range"] == 1


def test_interface_and_export_say_the_same() -> None:
    columns = ["occurred_start", "reported_at", "offence_code", "location_status", "case_id"]
    assert _sample("interface")[columns].astype(str).equals(_sample("export")[columns].astype(str))


def test_an_end_before_the_start_is_flagged_and_kept() -> None:
    incidents, quality = read_incidents(SAMPLES / "us-seattle-before-2025.csv")
    assert quality.flags["end_before_start"] == 1
    assert incidents["occurred_end"].notna().sum() == quality.kept - 3
