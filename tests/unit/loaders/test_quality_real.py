"""What the reports of real files say; the files lie beside the project and are never copied."""

from __future__ import annotations

from pathlib import Path

import pytest

from hotspots.loaders import QualityReport, read_incidents
from hotspots.loaders.gates import check_gates

FEEDS = Path(__file__).parents[4] / "shared" / "data" / "feeds"


def _quality(name: str) -> QualityReport:
    path = FEEDS / name
    if not path.exists():
        pytest.skip(f"the real file {name} is not beside the project")
    return read_incidents(path).quality


def _said(quality: QualityReport, key: str) -> list[str]:
    return [str(c) for c in quality.cautions if c.key.startswith(f"loaders.caution_{key}")]


def test_vancouver_withholds_every_offence_against_a_person() -> None:
    quality = _quality("ca-vancouver/crimedata_csv_AllNeighbourhoods_2025.csv")
    table = quality.evidence.unlocated_categories
    assert table.iloc[0].to_dict() == {
        "category": "Offence Against a Person", "rows": 3132, "unlocated": 3132,
    }  # fmt: skip
    assert int(table["unlocated"].sum()) == 3148
    (said,) = _said(quality, "unlocated")
    assert said.startswith("3,132 of 3,132 rows of the category 'Offence Against a Person' have no")
    assert quality.flags["repeated_row"] == 1286
    assert quality.evidence.space.distinct_points == 12_968


def test_washington_shows_that_its_moments_are_utc() -> None:
    quality = _quality("us-dc/Crime_Incidents_in_2024.csv")
    check = quality.evidence.dates.check
    assert check is not None
    assert (check.rows, check.agree, check.agree_otherwise) == (5735, 5727, 2018)
    assert check.agree / check.rows >= 0.998
    taken = [trial for trial in quality.to_dict()["places"]["crs"] if trial["taken"]]
    assert [(t["columns"], t["crs"], t["inside"]) for t in taken] == [
        (["X", "Y"], "EPSG:4326", 5735)
    ]


def test_boston_shows_that_its_moments_are_local() -> None:
    quality = _quality("us-boston/BostonCrime2021_7000.csv")
    check = quality.evidence.dates.check
    assert check is not None
    assert (check.rows, check.agree, check.agree_otherwise) == (7000, 7000, 0)
    assert quality.unlocated == {"sentinel": 271}


def test_denver_warns_of_placeholder_times() -> None:
    quality = _quality("us-denver/offenses_98k.csv.gz")
    assert any("exactly midnight or noon" in said for said in _said(quality, "placeholder"))
    assert quality.evidence.space.in_large_stacks > 0
    assert quality.evidence.dates.rhythm.quiet_from == 4


def test_west_yorkshire_has_snap_points_and_no_clock() -> None:
    quality = _quality("gb-police/2018-07-west-yorkshire-street.csv.gz")
    assert quality.cautions == ()
    assert quality.feed.location_precision == "snap_point"
    assert int(quality.evidence.space.top_stacks["rows"].max()) == 54
    check_gates(quality)


@pytest.mark.parametrize(
    "name",
    [
        "us-chicago/crimes_10k.csv", "us-sf/kaggle_format_1061.csv",
        "us-dc/Crime_Incidents_in_2024.csv", "us-denver/offenses_98k.csv.gz",
        "us-boston/BostonCrime2021_7000.csv",
        "ca-vancouver/crimedata_csv_AllNeighbourhoods_2025.csv",
    ],
)  # fmt: skip
def test_real_files_pass_their_own_gates(name: str) -> None:
    check_gates(_quality(name))
