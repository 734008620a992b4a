"""Reading: good files come out right, row by row."""

from __future__ import annotations

import gzip
import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest

from hotspots.loaders import QualityReport, read_incidents, sample_path
from hotspots.schema import INCIDENT_COLUMNS, validate_incidents

Row = Callable[..., dict[str, str]]
Text = Callable[..., str]
Write = Callable[..., Path]
Check = Callable[[QualityReport, int], None]
SHARED = Path(__file__).resolve().parents[4] / "shared" / "data"


def test_chicago_row(write: Write, chicago_row: Row, as_csv: Text) -> None:
    incidents, quality = read_incidents(write(as_csv([chicago_row(7, Domestic="true")])))
    validate_incidents(incidents)
    row = incidents.iloc[0]
    assert row["incident_id"] == "us-chicago-ijzp-q8t2:7"
    assert row["occurred_start"] == pd.Timestamp("2024-06-15 15:30", tz="America/Chicago")
    assert row["offence_code"] == "23U"
    assert row["display_group"] == "other_theft"
    assert row["offence_against"] == "property"
    assert row["sensitive"]  # domestic
    assert (row.geometry.x, row.geometry.y) == (-87.63, 41.88)
    assert row["source_row"] == 2
    assert quality.feed.anonymised_by_publisher
    assert str(incidents["occurred_start"].dtype) == "datetime64[us, America/Chicago]"


def test_interface_names_and_formats_are_read_as_the_exports(
    write: Write, chicago_row: Row, as_csv: Text
) -> None:
    export = chicago_row(1)
    named = {k.lower().replace(" ", "_"): v for k, v in export.items()}
    named["date"] = "2024-06-15T15:30:00.000"
    theirs, quality = read_incidents(write(as_csv([named])))
    ours, _ = read_incidents(write(as_csv([export])))
    columns = [c for c in INCIDENT_COLUMNS if c != "source_sha256"]
    pd.testing.assert_frame_equal(theirs[columns], ours[columns])
    assert any("'case_number' as 'Case Number'" in note for note in quality.notes)


def test_house_numbers_are_rounded_and_masked_blocks_stay(
    write: Write, chicago_row: Row, as_csv: Text
) -> None:
    blocks = {
        "4226 FRANK ST": "4200 block FRANK ST",
        "81 W 39TH PL": "0 block W 39TH PL",
        "1214B N EXAMPLE ST": "1200 block N EXAMPLE ST",
        "081XX S COLES AVE": "081XX S COLES AVE",
        "3200 - 3299 BLOCK OF WHEELER ROAD": "3200 block WHEELER ROAD",
        "Hauptstrasse 12": "Hauptstrasse 0 block",
        "Flat 3, 14/16 Elm St": "Flat 0 block, 0 block Elm St",
        "9TH STREET NW": "9TH STREET NW",
    }
    rows = [chicago_row(i, Block=text) for i, text in enumerate(blocks)]
    incidents, _ = read_incidents(write(as_csv(rows)))
    assert incidents["location_text"].tolist() == list(blocks.values())


@pytest.mark.parametrize(
    ("primary", "description", "code", "quality", "sensitive"),
    [
        ("BATTERY", "AGGRAVATED - HANDGUN", "13A", "exact", 0),
        ("BATTERY", "SIMPLE", "13B", "exact", 0),
        ("battery ", " simple", "13B", "exact", 0),
        ("ROBBERY", "ARMED - HANDGUN", "120", "exact", 0),
        ("ROBBERY", "STRONG ARM - NO WEAPON", "120", "exact", 0),
        ("CRIM SEXUAL ASSAULT", "PREDATORY", "11U", "exact", 1),
        ("CRIMINAL SEXUAL ASSAULT", "PREDATORY", "11U", "exact", 1),
        ("OFFENSE INVOLVING CHILDREN", "CHILD ABUSE", "90Z", "ambiguous", 1),
        ("THEFT", "RETAIL THEFT", "23C", "exact", 0),
        ("NARCOTICS", "POSSESSION OF DRUG EQUIPMENT", "35B", "exact", 0),
        ("NON - CRIMINAL", "FOID - REVOCATION", "99Z", "exact", 0),
        ("WITCHCRAFT", "SIMPLE", None, "unmapped", 0),
    ],
)
def test_chicago_categories(
    write: Write,
    chicago_row: Row,
    as_csv: Text,
    primary: str,
    description: str,
    code: str | None,
    quality: str,
    sensitive: int,
) -> None:
    rows = [chicago_row(1, **{"Primary Type": primary, "Description": description})]
    incidents, report = read_incidents(write(as_csv(rows)))
    row = incidents.iloc[0]
    assert (row["offence_code"] if code else None) == code
    assert pd.isna(row["offence_code"]) == (code is None)
    assert row["mapping_quality"] == quality
    assert row["sensitive"] == sensitive
    assert row["category_raw"] == primary
    assert report.flags.get("unmapped_category", 0) == (quality == "unmapped")
    if code is None:
        assert row["display_group"] == "other"


def test_clock_gaps_and_overlaps_are_never_lost(
    write: Write, chicago_row: Row, as_csv: Text
) -> None:
    dates = ["03/10/2024 02:30:00 AM", "11/03/2024 01:30:00 AM", "06/01/2024 12:00:00 AM"]
    rows = [chicago_row(i, Date=date) for i, date in enumerate(dates)]
    incidents, quality = read_incidents(write(as_csv(rows)))
    moments = [t.isoformat() for t in incidents["occurred_start"]]
    assert moments == [
        "2024-03-10T03:30:00-05:00",
        "2024-11-03T01:30:00-05:00",
        "2024-06-01T00:00:00-05:00",
    ]
    assert incidents["time_suspect"].all()
    assert quality.flags["dst_nonexistent"] == 1
    assert quality.flags["dst_ambiguous"] == 1
    assert quality.flags["placeholder_time"] == 1


def test_rows_that_cannot_be_used_are_listed_with_line_and_reason(
    write: Write, chicago_row: Row, as_csv: Text, assert_accounts: Check
) -> None:
    rows = [
        chicago_row(1),
        chicago_row(2, Date=""),
        chicago_row(3, Date="15.06.2024"),
        chicago_row(4, Date="06/15/1924 03:30:00 PM"),
        chicago_row(5, Date="06/15/2924 03:30:00 PM"),
        chicago_row(1, Date="06/16/2024 03:30:00 PM"),
        dict.fromkeys(list(chicago_row()), ""),
        chicago_row(6),
        chicago_row(7),
    ]
    incidents, quality = read_incidents(write(as_csv(rows)))
    assert_accounts(quality, 9)
    assert quality.rejects.to_records(index=False).tolist() == [
        (3, "no_date", ""),
        (4, "no_date", "15.06.2024"),
        (5, "date_out_of_range", "06/15/1924 03:30:00 PM"),
        (6, "date_out_of_range", "06/15/2924 03:30:00 PM"),
        (7, "duplicate_record_id", "1"),
        (8, "blank_row", ""),
    ]
    assert incidents["source_row"].tolist() == [2, 9, 10]


def test_places_that_are_none_stay_as_rows(
    write: Write, chicago_row: Row, as_csv: Text, assert_accounts: Check
) -> None:
    places = {
        ("", ""): "missing",
        ("41.88", ""): "missing",
        ("0", "0"): "sentinel",
        ("0.0000005", "0.0000005"): "sentinel",
        ("36.619446395", "-91.686565684"): "sentinel",
        ("40.7", "-74.0"): "outside_bounds",
        ("NaN", "-87.6"): "missing",
        ("inf", "-87.6"): "unparsed",
        ("1e999", "-87.6"): "unparsed",
        ("north", "-87.6"): "unparsed",
        ("41.88", "-87.63"): "ok",
    }
    rows = [chicago_row(i, Latitude=y, Longitude=x) for i, (y, x) in enumerate(places)]
    rows += [chicago_row(100 + i) for i in range(10)]
    incidents, quality = read_incidents(write(as_csv(rows)))
    assert_accounts(quality, len(rows))
    assert incidents["location_status"].tolist()[: len(places)] == list(places.values())
    assert (incidents.geometry.notna() == (incidents["location_status"] == "ok")).all()
    assert quality.located == 11
    validate_incidents(incidents)


def test_repeated_rows_and_ids_of_keyless_events_stay(
    write: Write, police_row: Row, as_csv: Text
) -> None:
    asb = police_row(**{"Crime type": "Anti-social behaviour"})
    same = police_row(**{"Crime ID": "abc"})
    rows = [asb, asb, asb, same, same | {"Latitude": "53.9"}, same | {"Crime ID": "def"}]
    incidents, quality = read_incidents(write(as_csv(rows)))
    assert quality.kept == 6
    assert quality.flags["repeated_row"] == 2
    assert quality.flags["no_record_id"] == 3
    assert quality.flags["non_unique_id"] == 2
    assert incidents["incident_id"].is_unique
    assert incidents["incident_id"].iloc[5] == "gb-police-street:def"
    validate_incidents(incidents)


def test_text_is_kept_as_text(write: Write, police_row: Row, as_csv: Text) -> None:
    row = police_row(
        **{"Crime ID": "00123456789012345678901", "Location": "NA", "LSOA name": "None"}
    )
    incidents, _ = read_incidents(write(as_csv([row, police_row()])))
    assert incidents["source_record_id"].iloc[0] == "00123456789012345678901"
    assert incidents["location_text"].iloc[0] == "NA"
    assert incidents["area_name"].iloc[0] == "None"


def test_frames_are_read_like_files_and_not_changed(
    write: Write, chicago_row: Row, as_csv: Text
) -> None:
    rows = [chicago_row(i) for i in range(5)]
    pandas_frame = pd.DataFrame(rows)
    pandas_frame["Date"] = pd.to_datetime("2024-06-15 15:30")
    pandas_frame["Latitude"] = 41.88
    pandas_frame["ID"] = np.arange(5)
    pandas_frame.loc[3, "Latitude"] = math.nan
    before = pandas_frame.copy()
    from_pandas, _ = read_incidents(pandas_frame, feed="us-chicago")
    pd.testing.assert_frame_equal(pandas_frame, before)
    from_polars, _ = read_incidents(pl.DataFrame(rows))
    from_file, _ = read_incidents(write(as_csv(rows)))
    same = ["incident_id", "occurred_start", "offence_code", "location_text", "case_id"]
    pd.testing.assert_frame_equal(from_pandas[same], from_file[same])
    pd.testing.assert_frame_equal(from_polars[same], from_file[same])
    assert from_pandas["location_status"].tolist() == ["ok", "ok", "ok", "missing", "ok"]


def test_frames_with_zones_and_gaps_in_the_ids(chicago_row: Row) -> None:
    frame = pd.DataFrame([chicago_row(i) for i in range(3)])
    frame["Date"] = pd.Timestamp("2024-06-15 20:30", tz="UTC")
    frame["ID"] = [1.0, math.nan, 9_955_810.0]
    incidents, quality = read_incidents(frame)
    assert incidents["source_record_id"].tolist()[::2] == ["1", "9955810"]
    assert quality.flags["no_record_id"] == 1
    assert {t.isoformat() for t in incidents["occurred_start"]} == {"2024-06-15T15:30:00-05:00"}
    from_polars, _ = read_incidents(
        pl.from_pandas(frame[["ID"]].astype(str))
        .hstack(pl.DataFrame([chicago_row(i) for i in range(3)]).drop("ID", "Date"))
        .with_columns(pl.lit(frame["Date"][0].to_pydatetime()).alias("Date"))
    )
    assert from_polars["occurred_start"].tolist() == incidents["occurred_start"].tolist()


def test_real_chicago_file() -> None:
    path = SHARED / "feeds" / "us-chicago" / "crimes_10k.csv"
    if not path.exists():
        pytest.skip(f"{path.name} is not beside the project")
    incidents, quality = read_incidents(path)
    assert (quality.kept, quality.unlocated) == (9_999, {"missing": 162})
    assert quality.rejected == {}
    assert "unmapped_category" not in quality.flags
    assert (incidents["offence_code"] == "120").sum() == (
        incidents["category_raw"] == "ROBBERY"
    ).sum()
    validate_incidents(incidents)


def test_shipped_sample_is_the_file_beside_the_project() -> None:
    path = SHARED / "feeds" / "gb-police" / "2018-07-west-yorkshire-street.csv.gz"
    if not path.exists():
        pytest.skip(f"{path.name} is not beside the project")
    theirs, ours = (
        gzip.decompress(p.read_bytes()) for p in (path, sample_path("west-yorkshire-2018-07"))
    )
    assert theirs == ours
