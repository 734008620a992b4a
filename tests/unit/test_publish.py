from __future__ import annotations

import dataclasses
import json
from datetime import date
from typing import TYPE_CHECKING

import geopandas as gpd
import h3
import pandas as pd
import pytest
from shapely import box

import hotspots as hs
from hotspots.digests import digest_of
from hotspots.errors import FitnessError, ParameterError, PublishError
from hotspots.publish import OPEN, STRICT, Policy, publish
from hotspots.publish.accounts import exact_accounts, public_accounts
from hotspots.publish.coarsen import enlarge_cells, share_shown

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import WestYorkshire


@pytest.fixture(scope="module")
def release(west_yorkshire: WestYorkshire) -> hs.Release:
    return publish(west_yorkshire.result, quality=west_yorkshire.quality)


def _not_blurred(quality: hs.QualityReport) -> hs.QualityReport:
    feed = dataclasses.replace(quality.feed, anonymised_by_publisher=False)
    return dataclasses.replace(quality, feed=feed)


def _counted(west: WestYorkshire, **options: object) -> hs.HotspotResult:
    chosen, _ = hs.select_incidents(west.incidents, **options)  # type: ignore[arg-type]
    return hs.local_gi_star(hs.count_incidents(chosen, west.grid[["name", "names_digest", *_BARE]]))


_BARE = [
    "area_km2",
    "area_in_study_km2",
    "area_basis",
    "area_attribution",
    "place",
    "resolution_basis",
    "cells_digest",
    "geometry",
]


def test_no_small_count_leaves(release: hs.Release) -> None:
    shown = release.table["count"].dropna()
    assert len(shown) > 50
    assert (shown >= 5).all()
    assert (shown % 5 == 0).all()
    hidden = release.table[release.table["count"].isna()]
    assert set(zip(hidden["low"], hidden["high"], strict=True)) == {(0, 4)}


def test_the_table_holds_only_what_the_closed_list_allows(release: hs.Release) -> None:
    columns = ["layer", "cell", "name", "count", "low", "high", "hotspot"]
    assert release.table.columns.tolist() == columns
    words = set(release.table["hotspot"].dropna().astype(str))
    assert words <= {"hot", "cold", "not significant", "too few"}


def test_the_rows_of_the_layer_add_up_to_the_file(west_yorkshire: WestYorkshire) -> None:
    exact = exact_accounts(west_yorkshire.result, [west_yorkshire.quality])
    assert exact["rows_read"] == 31_635
    assert sum(rows for name, rows in exact.items() if name != "rows_read") == 31_635
    assert 31_635 - exact["not_selected"] - exact["rejected"] == 2_029


def test_rows_that_do_not_add_up_are_refused() -> None:
    with pytest.raises(PublishError, match="rows do not add up: rows_read 10, rejected 9"):
        public_accounts({"rows_read": 10, "rejected": 9}, OPEN)


def test_a_small_account_is_a_range() -> None:
    accounts = public_accounts({"rows_read": 12, "rejected": 2, "not_selected": 10}, OPEN)
    assert [(a.shown, a.low, a.high) for a in accounts] == [(10, 8, 12), (None, 0, 4), (10, 8, 12)]


def test_a_feed_that_nobody_blurred_gets_strict(west_yorkshire: WestYorkshire) -> None:
    raw = _not_blurred(west_yorkshire.quality)
    strict = publish(west_yorkshire.result, quality=raw)
    assert strict.policy == STRICT
    assert strict.sources[0].file_sha256 == ""
    assert set(strict.table.loc[strict.table["count"].isna(), "high"]) == {7}
    with pytest.raises(PublishError, match=r"not: gb-police\. Use policy='strict'"):
        publish(west_yorkshire.result, quality=raw, policy="open")


def test_strict_makes_the_cells_larger_until_enough_is_shown(west_yorkshire: WestYorkshire) -> None:
    before = west_yorkshire.result.data["n"]
    assert (before >= 8).sum() < 30
    assert share_shown(before, STRICT) < STRICT.min_share_shown
    strict = publish(west_yorkshire.result, quality=west_yorkshire.quality, policy="strict")
    assert strict.resolution == 7
    assert strict.table["count"].notna().sum() > 80
    assert any(note.key == "publish.enlarged" for note in strict.notes)
    assert strict.layers[0].share_shown_percent >= 70


def test_larger_cells_hold_the_same_incidents(west_yorkshire: WestYorkshire) -> None:
    data = west_yorkshire.result.data
    larger = enlarge_cells(data, resolution=7)
    assert larger["n"].sum() == data["n"].sum()
    assert larger["area_in_study_km2"].sum() == pytest.approx(data["area_in_study_km2"].sum())
    for cell in data.index[:200]:
        assert h3.cell_to_parent(cell, 7) in larger.index
    assert larger["name"].notna().all()


def test_what_cannot_be_shown_is_refused_with_what_to_do(west_yorkshire: WestYorkshire) -> None:
    hard = Policy(name="hard", min_count=500, rounding=5, min_share_shown=1.0)
    with pytest.raises(PublishError, match=r"Too few incidents.*hard.*Take a longer period"):
        publish(west_yorkshire.result, quality=west_yorkshire.quality, policy=hard)


@pytest.mark.parametrize("offence", ["violence_and_sexual", "other"])
def test_sensitive_and_unknown_groups_are_refused(
    west_yorkshire: WestYorkshire, offence: str
) -> None:
    result = _counted(west_yorkshire, offence=offence)
    with pytest.raises(PublishError, match=f"may not be shown on a public map: {offence}"):
        publish(result, quality=west_yorkshire.quality)


def test_all_offences_together_are_refused(west_yorkshire: WestYorkshire) -> None:
    with pytest.raises(PublishError, match="violence_and_sexual"):
        publish(_counted(west_yorkshire), quality=west_yorkshire.quality)


def test_names_do_not_make_an_area_drawn_around_incidents_safe(
    west_yorkshire: WestYorkshire,
) -> None:
    area = hs.study_area(west_yorkshire.burglary)
    grid = hs.name_cells(hs.make_hexgrid(area, resolution=7), west_yorkshire.areas)
    result = hs.local_gi_star(hs.count_incidents(west_yorkshire.burglary, grid))
    with pytest.raises(PublishError, match="drawn around the incidents"):
        publish(result, quality=west_yorkshire.quality)


def test_a_grid_without_its_zero_cells_is_refused(west_yorkshire: WestYorkshire) -> None:
    result = hs.local_gi_star(west_yorkshire.grid[west_yorkshire.grid["n"] > 0])
    with pytest.raises(PublishError, match="Cells were dropped from the grid"):
        publish(result, quality=west_yorkshire.quality)


def test_a_list_of_the_cells_with_incidents_is_refused(west_yorkshire: WestYorkshire) -> None:
    grid = west_yorkshire.grid
    cells = list(grid.index[(grid["n"] > 0) & (grid["area_in_study_km2"] == grid["area_km2"])])
    only = hs.make_hexgrid(hs.study_area(cells), resolution=8)
    counted = hs.count_incidents(west_yorkshire.burglary, only)
    # The outline of the cells touches their neighbours; an attacker would take those away.
    area = counted[counted["n"] > 0].assign(cells_digest=digest_of(counted.index[counted["n"] > 0]))
    with pytest.raises(PublishError, match="Every cell of this area holds an incident"):
        publish(hs.local_gi_star(area), quality=west_yorkshire.quality)


def test_names_put_on_by_hand_are_refused(west_yorkshire: WestYorkshire) -> None:
    leaky = west_yorkshire.grid.assign(name="n=" + west_yorkshire.grid["n"].astype(str))
    with pytest.raises(PublishError, match="not those that name_cells"):
        publish(hs.local_gi_star(leaky), quality=west_yorkshire.quality)


def test_cold_cells_would_tell_zeros(west_yorkshire: WestYorkshire) -> None:
    result = hs.local_gi_star(west_yorkshire.grid, alternative="two-sided")
    with pytest.raises(PublishError, match="tells which hidden counts are zero"):
        publish(result, quality=west_yorkshire.quality)


def test_a_level_that_marks_much_by_chance_is_refused(west_yorkshire: WestYorkshire) -> None:
    result = hs.local_gi_star(west_yorkshire.grid, alpha=0.5)
    with pytest.raises(PublishError, match=r"has the level 0\.5"):
        publish(result, quality=west_yorkshire.quality)


def test_layers_that_count_the_same_incidents_are_refused(west_yorkshire: WestYorkshire) -> None:
    both = _counted(west_yorkshire, offence=["burglary", "robbery"])
    with pytest.raises(PublishError, match=r"count the same incidents \(burglary"):
        publish([west_yorkshire.result, both], quality=west_yorkshire.quality)
    with pytest.raises(PublishError, match="count the same incidents"):
        publish([west_yorkshire.result] * 2, quality=west_yorkshire.quality)


def test_one_column_of_several_groups_is_published_as_what_it_is(
    west_yorkshire: WestYorkshire,
) -> None:
    both, _ = hs.select_incidents(west_yorkshire.incidents, offence=["burglary", "robbery"])
    grid = west_yorkshire.grid[["name", "names_digest", *_BARE]]
    counted = hs.count_incidents(both, grid, by="group")
    result = hs.local_gi_star(counted, column="n_robbery")
    release = publish(result, quality=west_yorkshire.quality)
    assert release.layers[0].groups == ("robbery",)
    accounts = {a.key: a.shown for a in release.layers[0].accounts}
    assert accounts["publish.account_on_the_map"] == 300
    assert accounts["publish.account_outside_area"] is None


def test_cells_smaller_than_the_policy_allows_are_made_larger(
    west_yorkshire: WestYorkshire,
) -> None:
    leeds = west_yorkshire.areas[west_yorkshire.areas["name"].str.startswith("Leeds 111")]
    theft, _ = hs.select_incidents(west_yorkshire.incidents, offence="other_theft")
    grid = hs.make_hexgrid(hs.study_area(leeds, name="Leeds centre"), resolution=12)
    result = hs.local_gi_star(hs.count_incidents(theft, grid))
    assert publish(result, quality=west_yorkshire.quality).resolution <= OPEN.finest_resolution


def test_a_release_that_was_changed_is_not_written(
    west_yorkshire: WestYorkshire, tmp_path: Path
) -> None:
    changed = publish(west_yorkshire.result, quality=west_yorkshire.quality)
    changed.table.loc[:, "name"] = "somewhere"
    with pytest.raises(PublishError, match="changed after publish"):
        hs.write_page(changed, tmp_path / "page.html")
    assert list(tmp_path.iterdir()) == []


def test_two_months_come_from_two_files() -> None:
    readings = [hs.load_sample(f"west-yorkshire-{year}-07") for year in (2017, 2018)]
    known = hs.areas_of(readings[0].incidents)
    assert known is not None
    grid = hs.make_hexgrid(hs.study_area(known.areas, name=known.place), resolution=8)
    results = []
    for incidents, _ in readings:
        chosen, _ = hs.select_incidents(incidents, offence="burglary")
        results.append(hs.local_gi_star(hs.count_incidents(chosen, grid)))
    release = publish(results, quality=[reading.quality for reading in readings])
    assert [layer.period_start.year for layer in release.layers] == [2017, 2018]
    together = pd.concat([reading.incidents for reading in readings])
    with pytest.raises(FitnessError, match="none of them is from 2017-08"):
        hs.count_incidents(together, grid)


def test_an_area_drawn_around_the_incidents_is_refused(west_yorkshire: WestYorkshire) -> None:
    area = hs.study_area(west_yorkshire.burglary, buffer_m=500)
    grid = hs.count_incidents(west_yorkshire.burglary, hs.make_hexgrid(area, resolution=7))
    with pytest.raises(PublishError, match="drawn around the incidents"):
        publish(hs.local_gi_star(grid), quality=west_yorkshire.quality)


def test_a_report_of_another_file_is_refused(west_yorkshire: WestYorkshire) -> None:
    other = dataclasses.replace(west_yorkshire.quality, sha256="0" * 64)
    with pytest.raises(PublishError, match="quality report of each file"):
        publish(west_yorkshire.result, quality=other)


def test_repeated_rows_are_refused(west_yorkshire: WestYorkshire) -> None:
    data = west_yorkshire.result.data.assign(n=west_yorkshire.result.data["n"] * 2)
    doubled = dataclasses.replace(west_yorkshire.result, data=data)
    with pytest.raises(PublishError, match="do not repeat rows on the way"):
        publish(doubled, quality=west_yorkshire.quality)


def test_two_layers_share_cells_and_say_how_many_maps(west_yorkshire: WestYorkshire) -> None:
    other = _counted(west_yorkshire, offence="vehicle_crime")
    both = publish([west_yorkshire.result, other], quality=west_yorkshire.quality)
    assert [layer.groups for layer in both.layers] == [("burglary",), ("vehicle_crime",)]
    assert len(set(both.table.groupby("layer")["cell"].nunique())) == 1
    assert any(note.key == "publish.several_maps" for note in both.notes)


def test_layers_on_other_cells_are_refused(west_yorkshire: WestYorkshire) -> None:
    area = hs.study_area(
        gpd.GeoDataFrame(geometry=[box(-1.7, 53.7, -1.3, 53.9)], crs=4326), name="Box"
    )
    grid = hs.count_incidents(west_yorkshire.burglary, hs.make_hexgrid(area, resolution=8))
    with pytest.raises(PublishError, match="must lie on the same cells"):
        publish([west_yorkshire.result, hs.local_gi_star(grid)], quality=west_yorkshire.quality)


@pytest.mark.parametrize("wrong", [[], "result"])
def test_what_is_no_result_is_refused(west_yorkshire: WestYorkshire, wrong: object) -> None:
    with pytest.raises(ParameterError, match="takes HotspotResult as results"):
        publish(wrong, quality=west_yorkshire.quality)  # type: ignore[arg-type]


def test_an_unknown_policy_is_refused(west_yorkshire: WestYorkshire) -> None:
    with pytest.raises(ParameterError, match="policy is 'lax'"):
        publish(west_yorkshire.result, quality=west_yorkshire.quality, policy="lax")


def test_nobody_else_makes_a_release(release: hs.Release) -> None:
    fields = {f.name: getattr(release, f.name) for f in dataclasses.fields(release)}
    with pytest.raises(PublishError, match=r"Only publish\(\) makes a Release"):
        hs.Release(**fields | {"seal": object()})


def test_the_same_input_gives_the_same_release(
    west_yorkshire: WestYorkshire, release: hs.Release
) -> None:
    again = publish(west_yorkshire.result, quality=west_yorkshire.quality)
    assert again.receipt == release.receipt
    assert again.table.equals(release.table)


def test_a_source_tells_what_holds_for_the_time_of_the_map(
    west_yorkshire: WestYorkshire, release: hs.Release
) -> None:
    assert not any("Greater Manchester" in text for text in release.sources[0].caveats)
    feed = west_yorkshire.quality.feed
    always = dataclasses.replace(feed.coverage[0], first_day=date(2018, 7, 31))
    then = dataclasses.replace(
        west_yorkshire.quality, feed=dataclasses.replace(feed, coverage=(always,))
    )
    caveats = publish(west_yorkshire.result, quality=then).sources[0].caveats
    assert any("Greater Manchester" in text for text in caveats)


def test_caveats_of_the_public_hold_no_number_from_hidden_counts(release: hs.Release) -> None:
    allowed = {"cells", "percent", "limit"}
    for layer in release.layers:
        assert layer.caveats
        for caveat in layer.caveats:
            assert dict(caveat.values).keys() <= allowed


def test_no_input_coordinate_or_id_is_in_the_release(
    west_yorkshire: WestYorkshire, release: hs.Release
) -> None:
    text = json.dumps([release.table.to_json(), str(release.layers), str(dict(release.receipt))])
    points = west_yorkshire.burglary.geometry.dropna()
    assert not any(f"{p.x:.5f}" in text or f"{p.y:.5f}" in text for p in points.iloc[:500])
    ids = west_yorkshire.burglary["source_record_id"].dropna().iloc[:500]
    assert not any(str(record) in text for record in ids)
