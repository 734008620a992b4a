"""The samples are what their README says."""

from __future__ import annotations

import gzip
import hashlib
import re

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from hotspots.errors import ParameterError
from hotspots.loaders import list_samples, load_sample, read_incidents, sample_path
from hotspots.schema import INCIDENT_COLUMNS, validate_incidents

WEST_YORKSHIRE = {
    # rows, without a place, without a Crime ID, identical to an earlier row
    "west-yorkshire-2016-07": (27_176, 1_347, 7_429, 2_289),
    "west-yorkshire-2017-07": (28_537, 1_541, 5_955, 1_857),
    "west-yorkshire-2018-07": (31_635, 883, 5_442, 1_563),
}


@pytest.mark.parametrize("name", WEST_YORKSHIRE)
def test_west_yorkshire_comes_out_row_by_row(name: str) -> None:
    rows, unlocated, no_id, repeated = WEST_YORKSHIRE[name]
    incidents, quality = load_sample(name)
    assert (quality.rows_read, quality.kept, len(incidents)) == (rows, rows, rows)
    assert quality.rejected == {}
    assert quality.unlocated == {"missing": unlocated}
    assert quality.located == rows - unlocated == incidents.geometry.notna().sum()
    assert quality.flags["no_record_id"] == no_id == incidents["source_record_id"].isna().sum()
    assert quality.flags["repeated_row"] == repeated
    validate_incidents(incidents)
    assert list(incidents.columns) == [*INCIDENT_COLUMNS, "geometry"]


def test_west_yorkshire_months_places_and_groups() -> None:
    incidents, quality = load_sample("west-yorkshire-2018-07")
    assert incidents["occurred_start"].unique() == [pd.Timestamp("2018-07-01", tz="Europe/London")]
    assert (incidents["occurred_precision"] == "month").all()
    assert not incidents["time_suspect"].any()
    assert (incidents["location_precision"] == "snap_point").all()
    assert (incidents["district"] == "West Yorkshire Police").all()
    assert incidents.loc[incidents.geometry.isna(), "location_text"].isna().all()
    by_group = quality.groups.groupby("display_group", observed=True)["rows"].sum()
    assert by_group["violence_and_sexual"] == 10_358
    assert by_group["public_order"] == 5_442 + 3_043
    assert by_group["burglary"] == 2_029
    assert by_group["vehicle_crime"] == 1_955
    assert by_group["other_theft"] == 2_242 + 1_485 + 317 + 303
    assert by_group.sum() == 31_635
    assert "unmapped_category" not in quality.flags
    aggregate = incidents["display_group"] == "violence_and_sexual"
    assert incidents.loc[aggregate, "sensitive"].all()
    assert incidents.loc[aggregate, "offence_code"].isna().all()
    assert quality.feed.anonymised_by_publisher


def test_lsoas_fit_together_and_hold_the_census() -> None:
    with gzip.open(sample_path("west-yorkshire-lsoa")) as file:
        areas = gpd.read_file(file)
    properties = ["lsoa_code", "name", "district", "population", "attribution"]
    assert list(areas.columns) == [*properties, "geometry"]
    assert len(set(areas["attribution"])) == 1
    assert areas.crs.to_epsg() == 4326
    assert len(areas) == areas["lsoa_code"].nunique() == 1_388
    assert areas["population"].sum() == 2_226_058  # the census of 2011
    assert sorted(areas["district"].unique()) == [
        "Bradford", "Calderdale", "Kirklees", "Leeds", "Wakefield",
    ]  # fmt: skip
    assert areas.is_valid.all()
    assert shapely.coverage_is_valid(areas.geometry.to_numpy())
    decimals = shapely.get_coordinates(areas.geometry.to_numpy()) * 1e5
    assert abs(decimals - decimals.round()).max() < 1e-4


def test_synthetic_chicago_says_that_it_is_synthetic() -> None:
    path = sample_path("synthetic-chicago")
    raw = pd.read_csv(path, dtype=str, keep_default_na=False)
    assert raw.shape == (20_000, 22)
    assert raw["Case Number"].str.startswith("SYN").all()
    assert raw["Block"].str.contains("SYNTHETIC|EXAMPLE|INVENTED|SAMPLE|PLACEHOLDER").all()
    incidents, quality = read_incidents(path)
    assert quality.feed.id == "us-chicago"
    assert 0.005 < 1 - quality.located / quality.kept < 0.02
    assert quality.flags["sensitive"] > 100
    assert quality.flags["dst_nonexistent"] >= 1
    assert incidents["occurred_start"].notna().all()
    hours = incidents["occurred_start"].dt.hour.value_counts()
    assert hours.max() > 3 * hours.min()


def test_synthetic_coordinates_agree_with_the_state_plane() -> None:
    raw = pd.read_csv(sample_path("synthetic-chicago")).dropna(subset="Latitude").head(500)
    points = gpd.points_from_xy(raw["X Coordinate"], raw["Y Coordinate"], crs="EPSG:3435")
    degrees = gpd.GeoSeries(points).to_crs("EPSG:4269")
    assert abs(degrees.x.to_numpy() - raw["Longitude"]).max() < 1e-6
    assert abs(degrees.y.to_numpy() - raw["Latitude"]).max() < 1e-6


@pytest.mark.parametrize("name", list_samples())
def test_gzip_header_carries_no_clock(name: str) -> None:
    assert sample_path(name).read_bytes()[4:8] == b"\0\0\0\0"


def test_readme_states_rows_and_attribution() -> None:
    readme = (sample_path("synthetic-chicago").parent / "README.md").read_text(encoding="utf-8")
    for name, (rows, *_) in WEST_YORKSHIRE.items():
        assert re.search(rf"`{name}\.csv\.gz` \| {rows:,} ", readme)
    text = " ".join(readme.replace("> ", "").split())
    assert (
        "Contains public sector information licensed under the Open Government Licence v3.0."
        in text
    )
    assert (
        "Source: Office for National Statistics licensed under the Open Government Licence v.3.0. "
        "Contains OS data © Crown copyright and database right." in text
    )


def test_names_that_are_no_samples_are_refused() -> None:
    with pytest.raises(ParameterError, match=r"no sample 'leeds'.*synthetic-chicago"):
        sample_path("leeds")
    with pytest.raises(ParameterError, match="no sample"):
        sample_path("../samples/synthetic-chicago")
    with pytest.raises(ParameterError, match="holds areas"):
        load_sample("west-yorkshire-lsoa")


def test_source_sha256_is_the_files() -> None:
    path = sample_path("west-yorkshire-2018-07")
    incidents, quality = read_incidents(path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    assert quality.sha256 == digest
    assert incidents["source_sha256"].unique().tolist() == [digest]
