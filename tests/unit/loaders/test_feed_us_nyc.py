"""New York: the traps of its complaint files, and its two files as one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from hotspots.loaders import read_incidents
from hotspots.loaders.mapfiles import load_map
from hotspots.loaders.merge import merge_incidents

if TYPE_CHECKING:
    import geopandas as gpd

SHARED = Path(__file__).resolve().parents[4] / "shared" / "data"
SAMPLES = Path(__file__).resolve().parents[2] / "data" / "feeds"
HISTORIC, OLD, CURRENT = (
    SAMPLES / f"us-nyc-{name}.csv" for name in ("historic", "historic-24-columns", "current-year")
)


@pytest.fixture(scope="module")
def historic() -> gpd.GeoDataFrame:
    return read_incidents(HISTORIC).incidents.set_index("source_record_id")


def test_the_word_null_is_no_borough_no_end_and_no_date(historic: gpd.GeoDataFrame) -> None:
    assert pd.isna(historic.loc["900000003", "area_name"])
    assert pd.isna(historic.loc["900000008", "occurred_end"])
    assert "900000015" not in historic.index
    text = historic.astype("string")
    assert not text.apply(lambda column: column.str.contains("(null)", regex=False)).any(axis=None)


def test_a_year_of_1010_is_rejected_with_its_text() -> None:
    rejects = read_incidents(HISTORIC).quality.rejects.set_index("reason")
    assert rejects.loc["date_out_of_range", "value"] == "06/15/1010"


def test_from_and_to_make_a_range_over_midnight(historic: gpd.GeoDataFrame) -> None:
    row = historic.loc["900000002"]
    assert row["occurred_start"].isoformat() == "2022-12-31T23:45:00-05:00"
    assert row["occurred_end"].isoformat() == "2023-01-01T00:15:00-05:00"


def test_an_hour_that_does_not_exist_is_moved_and_one_that_is_twice_is_the_first(
    historic: gpd.GeoDataFrame,
) -> None:
    assert historic.loc["900000009", "occurred_start"].isoformat() == "2023-03-12T03:30:00-04:00"
    assert historic.loc["900000008", "occurred_start"].isoformat() == "2023-11-05T01:30:00-04:00"


@pytest.mark.parametrize(("one", "other"), [("900000003", "900000004"), ("900000005", "900000006")])
def test_labels_that_drift_or_are_cut_off_change_nothing(
    one: str, other: str, historic: gpd.GeoDataFrame
) -> None:
    first, second = historic.loc[one], historic.loc[other]
    assert first["category_raw"] != second["category_raw"]
    for column in ("offence_code", "display_group", "mapping_quality"):
        assert first[column] == second[column]


def test_codes_that_lost_their_text_are_still_mapped() -> None:
    table = pd.read_csv(HISTORIC, dtype="string", keep_default_na=False)
    blank = table.assign(OFNS_DESC="", PD_DESC="").iloc[[0, 3, 5, 6, 12]]
    codes = read_incidents(blank).incidents["offence_code"].tolist()
    assert codes == ["120", "90Z", "23H", "11A", "13B"]


def test_texts_that_lost_their_code_are_still_mapped() -> None:
    table = pd.read_csv(HISTORIC, dtype="string", keep_default_na=False)
    blank = table.assign(KY_CD="", PD_CD="").iloc[[0, 1, 6, 7, 9, 11]]
    codes = read_incidents(blank).incidents["offence_code"].tolist()
    assert codes == ["120", "23A", "11A", "23F", "23C", "09A"]


def test_both_column_orders_give_the_same_incidents() -> None:
    new, old = read_incidents(HISTORIC).incidents, read_incidents(OLD).incidents
    both = new[new["source_record_id"].isin(old["source_record_id"])]
    columns = ["incident_id", "occurred_start", "occurred_end", "offence_code", "district"]
    left, right = both[columns].astype("string"), old[columns].astype("string")
    pd.testing.assert_frame_equal(left.reset_index(drop=True), right)
    assert both.geometry.to_wkt().tolist() == old.geometry.to_wkt().tolist()


def test_feet_are_used_when_degrees_are_not_of_the_city() -> None:
    table = pd.read_csv(HISTORIC, dtype="string", keep_default_na=False).iloc[:2]
    wrong = table.assign(Latitude="0.5", Longitude="0.5", Lat_Lon="")
    point = read_incidents(wrong).incidents.geometry.iloc[0]
    # The point of the agency's own grid, not a place in the sea.
    assert (round(point.x, 2), round(point.y, 2)) == (-73.95, 40.7)


def test_stations_as_places_of_sex_crimes_are_in_the_caveats() -> None:
    caveats = read_incidents(HISTORIC).quality.feed.caveats
    assert any("sex crimes are placed at the police station" in text for text in caveats)
    assert any("stacks of a hundred or more" in text for text in caveats)


def test_every_code_of_the_map_says_what_it_is() -> None:
    rules = load_map("us-nyc.csv")
    assert all(rule.category for rule in rules)
    assert len([rule for rule in rules if "/" in rule.code]) > 100


def test_current_year_first_then_historic_rows_that_are_not_in_it() -> None:
    current, historic = read_incidents(CURRENT), read_incidents(HISTORIC)
    incidents, accounts = merge_incidents([current, historic])
    assert accounts["merged"].tolist() == [8, 15]
    assert accounts["already_there"].tolist() == [0, 1]
    # The complaint was a robbery when the historic file was made, and has been upgraded since.
    shared = incidents[incidents["source_record_id"] == "900000001"]
    assert shared["offence_code"].tolist() == ["13A"]
    assert shared["source_id"].tolist() == ["us-nyc-5uac-w243"]


def test_labels_agree_with_the_published_map_but_for_the_listed_changes() -> None:
    path = SHARED / "codes" / "category_maps" / "categories_new_york.csv"
    if not path.exists():
        pytest.skip("the published map is not beside the project")
    theirs = pd.read_csv(path, dtype="string", keep_default_na=False)
    theirs = theirs[theirs["ofns_desc"].str.strip() != ""].reset_index(drop=True)
    row = pd.read_csv(HISTORIC, dtype="string", keep_default_na=False).iloc[[0] * len(theirs)]
    labels = row.reset_index(drop=True).assign(
        CMPLNT_NUM=theirs.index.astype("string"), KY_CD="", PD_CD="",
        OFNS_DESC=theirs["ofns_desc"], PD_DESC=theirs["pd_desc"],
    )  # fmt: skip
    incidents, quality = read_incidents(labels)
    assert quality.flags.get("unmapped_category", 0) == 0
    ours = incidents["offence_code"].astype("string")
    changed = theirs["NIBRS_Offense_Code"] + " " + ours
    counted = changed[theirs["NIBRS_Offense_Code"] != ours].value_counts().to_dict()
    # Each is listed in the head of maps/us-nyc.csv.
    assert counted == {
        "100 64B": 1, "13B 90Z": 1, "23H 26H": 1, "26C 26F": 4, "26E 26G": 2, "35A 35B": 1,
        "40B 370": 1, "520 90Z": 4, "90Z 09B": 2, "90Z 11A": 1, "90Z 11B": 1, "90Z 11D": 1,
        "90Z 13C": 2, "90Z 23H": 1, "90Z 26C": 1, "90Z 370": 2, "90Z 39B": 1, "90Z 720": 9,
        "90Z 90C": 1, "90Z 90F": 4, "90Z 90G": 3, "90Z 90K": 3, "90Z 90M": 2,
    }  # fmt: skip
