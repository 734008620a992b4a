"""Incidents come back from a file as they were."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import pytest

import hotspots as hs
from hotspots.errors import OutputError, ParameterError, SchemaMismatchError
from hotspots.loaders.write import write_incidents

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture(scope="module")
def incidents() -> gpd.GeoDataFrame:
    return hs.load_sample("synthetic-chicago").incidents


def test_geoparquet_keeps_everything(incidents: gpd.GeoDataFrame, tmp_path: Path) -> None:
    back = gpd.read_parquet(write_incidents(incidents, tmp_path / "a.parquet"))
    hs.validate_incidents(back)
    pd.testing.assert_frame_equal(pd.DataFrame(back), pd.DataFrame(incidents))
    assert back.crs == incidents.crs


def test_geopackage_keeps_rows_points_and_moments(
    incidents: gpd.GeoDataFrame, tmp_path: Path
) -> None:
    back = gpd.read_file(write_incidents(incidents, tmp_path / "a.gpkg"), layer="incidents")
    assert back["incident_id"].tolist() == incidents["incident_id"].tolist()
    assert back["display_group"].tolist() == incidents["display_group"].tolist()
    assert (back.geometry.notna() == incidents.geometry.notna()).all()
    assert back.geometry.geom_equals(incidents.geometry, align=False)[back.geometry.notna()].all()
    assert (back["occurred_start"] == incidents["occurred_start"]).all()


def test_csv_has_numbers_and_offsets(incidents: gpd.GeoDataFrame, tmp_path: Path) -> None:
    back = pd.read_csv(write_incidents(incidents, tmp_path / "a.csv"), dtype={"district": str})
    assert len(back) == len(incidents)
    located = incidents.geometry.notna()
    assert (back["longitude"].notna() == located).all()
    assert back["latitude"][located].tolist() == incidents.geometry.y[located].tolist()
    assert back["occurred_start"][0] == "2024-01-01 00:00:00-06:00"


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t"])
def test_no_text_in_csv_is_a_formula(
    start: str, chicago_row: Callable[..., dict[str, str]], tmp_path: Path
) -> None:
    row = chicago_row(Description=f'{start}HYPERLINK("x")')
    incidents = hs.read_incidents(pd.DataFrame([row])).incidents
    path = write_incidents(incidents, tmp_path / "a.csv")
    back = pd.read_csv(path)
    assert back["description_raw"].str.startswith("'").all()
    assert back["longitude"].tolist() == [-87.63]


@pytest.mark.parametrize("name", ["a.shp", "a", "a.csv.gz"])
def test_other_suffixes_are_refused(incidents: gpd.GeoDataFrame, tmp_path: Path, name: str) -> None:
    with pytest.raises(ParameterError, match=r"Let it end in \.parquet, \.gpkg, \.csv"):
        write_incidents(incidents, tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_other_tables_are_refused(incidents: gpd.GeoDataFrame, tmp_path: Path) -> None:
    with pytest.raises(SchemaMismatchError, match="'display_group' is missing"):
        write_incidents(incidents.drop(columns="display_group"), tmp_path / "a.parquet")


@pytest.mark.parametrize("suffix", ["parquet", "gpkg", "csv"])
def test_what_fails_leaves_the_old_file(
    incidents: gpd.GeoDataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    target = tmp_path / f"a.{suffix}"
    target.write_bytes(b"old")

    def fail(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    for owner, name in (
        (gpd.GeoDataFrame, "to_parquet"), (gpd.GeoDataFrame, "to_file"), (pd.DataFrame, "to_csv"),
    ):  # fmt: skip
        monkeypatch.setattr(owner, name, fail)
    with pytest.raises(OutputError, match="No space left on device"):
        write_incidents(incidents, target)
    assert target.read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == [target.name]
