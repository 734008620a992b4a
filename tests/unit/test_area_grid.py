from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

import hotspots as hs
from hotspots.grid.holders import first_holder
from hotspots.results import provenance_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from tests.conftest import WestYorkshire
    from tests.unit.conftest import MakeIncidents


def _beats(
    shapes: Sequence[shapely.Geometry | None],
    codes: Sequence[Any] | None = None,
    **columns: Sequence[str],
) -> gpd.GeoDataFrame:
    named = {"code": [f"B{i}" for i in range(len(shapes))] if codes is None else list(codes)}
    return gpd.GeoDataFrame({**named, **columns}, geometry=list(shapes), crs="EPSG:4326")


TWO = _beats([shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)], ["b", "a"])


# area_grid


def test_areas_become_cells_sorted_by_code() -> None:
    given = _beats(
        [shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)],
        [113.0, 20.0],
        Name=["East", "West"],
        attribution=["By Nobody."] * 2,
    )
    before = given.copy()
    grid = hs.area_grid(given.to_crs(3857), place="Town")
    assert given.equals(before)
    assert grid.index.tolist() == ["113", "20"]
    assert grid.index.name == "cell"
    assert grid["name"].tolist() == ["East", "West"]
    assert grid.columns[-1] == "geometry"
    assert grid.crs.to_epsg() == 4326
    assert grid["area_km2"].tolist() == pytest.approx([12308.8] * 2, rel=1e-4)
    assert grid["area_in_study_km2"].equals(grid["area_km2"].rename("area_in_study_km2"))
    facts = {
        "place": "Town", "area_basis": "polygons", "area_attribution": "By Nobody.",
        "resolution_basis": "given", "grid_kind": "areas",
    }  # fmt: skip
    assert {name: list(grid[name].unique()) for name in facts} == {
        name: [value] for name, value in facts.items()
    }


def test_codes_are_found_or_named() -> None:
    shapes = [shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)]
    beats = gpd.GeoDataFrame({"beat": ["x", "y"]}, geometry=shapes, crs="EPSG:4326")
    assert hs.area_grid(beats, code="beat").index.tolist() == ["x", "y"]
    assert "name" not in hs.area_grid(beats, code="beat")
    assert hs.area_grid(beats.rename(columns={"beat": "NAME"})).index.tolist() == ["x", "y"]
    with pytest.raises(hs.HotspotsError, match=r"which column holds the codes\. Give code.*: beat"):
        hs.area_grid(beats)
    with pytest.raises(hs.HotspotsError, match="no column 'ward'; they have: beat"):
        hs.area_grid(beats, code="ward")
    with pytest.raises(hs.HotspotsError, match="no column 'ward'; they have: beat"):
        hs.area_grid(beats, code="beat", name="ward")


@pytest.mark.parametrize(
    ("polygons", "match"),
    [
        ("beats.geojson", r"takes a GeoDataFrame with a polygon a row, got str"),
        (TWO.iloc[:0], r"with a polygon a row, got no row"),
        (TWO.set_crs(None, allow_override=True), r"do not say their CRS"),
        (_beats([shapely.box(0, 0, 1, 1)] * 2, ["a", "a"]), r"'a' stands in column 'code' more"),
        (_beats([shapely.box(0, 0, 1, 1)] * 2, ["a", None]), r"'code' is empty in row 1"),
        (_beats([shapely.box(0, 0, 1, 1)] * 2, ["a", " "]), r"'code' is empty in row 1"),
        (_beats([shapely.box(0, 0, 1, 1), None]), r"The area B1 has no shape"),
        (_beats([shapely.box(0, 0, 1, 1), shapely.Polygon()]), r"The area B1 has no shape"),
        (_beats([shapely.box(0, 0, 1, 1), shapely.Point(0, 0)]), r"The area B1 is no polygon"),
        (_beats([shapely.Polygon([(0, 0), (1, 1), (0, 0)])]), r"The area B0 covers nothing"),
    ],
)
def test_what_are_no_areas_is_refused(polygons: gpd.GeoDataFrame, match: str) -> None:
    with pytest.raises(hs.HotspotsError, match=match):
        hs.area_grid(polygons)


def test_an_area_that_crosses_itself_is_repaired() -> None:
    bow_tie = shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])
    with pytest.warns(UserWarning, match=r"1 of 1 shapes cross themselves") as said:
        grid = hs.area_grid(_beats([bow_tie]))
    assert grid.geometry.is_valid.all()
    assert said[0].filename == __file__


def test_overlaps_are_measured_and_said() -> None:
    shapes = [shapely.box(0, 0, 1, 1), shapely.box(0.5, 0, 1.5, 1), shapely.box(0.75, 0, 1.75, 1)]
    with pytest.warns(
        UserWarning, match="3 of 3 areas overlap others; B1 most, with 100 %"
    ) as said:
        grid = hs.area_grid(_beats(shapes))
    assert said[0].filename == __file__
    # What two others cover counts once.
    assert grid["overlap_share"].tolist() == pytest.approx([0.5, 1.0, 0.75], abs=1e-3)


def test_slivers_between_areas_are_measured_and_not_said() -> None:
    grid = hs.area_grid(_beats([shapely.box(0, 0, 1, 1), shapely.box(0.9995, 0, 2, 1)]))
    assert grid["overlap_share"].tolist() == pytest.approx([5e-4, 5e-4], rel=2e-3)
    apart = hs.area_grid(_beats([shapely.box(0, 0, 1, 1), shapely.box(1.2, 0, 2, 1)]))
    assert apart["overlap_share"].tolist() == [0, 0]


def test_the_order_of_rows_does_not_matter(west_yorkshire: WestYorkshire) -> None:
    areas = west_yorkshire.areas
    here = hs.area_grid(areas, code="lsoa_code")
    there = hs.area_grid(areas.sample(frac=1, random_state=3), code="lsoa_code")
    pd.testing.assert_frame_equal(pd.DataFrame(here), pd.DataFrame(there))
    assert here["overlap_share"].max() < 1e-6


# Points in areas


def _slow_holder(
    shapes: Sequence[shapely.Geometry], points: NDArray[np.float64]
) -> NDArray[np.int64]:
    inside = np.array([shapely.intersects_xy(shape, *points.T) for shape in shapes])
    return np.where(inside.any(axis=0), inside.argmax(axis=0), -1)


shapes_of_all_kinds = st.lists(
    st.builds(
        lambda x, y, r, hole, far: (
            shapely.Point(x, y).buffer(r, quad_segs=3) - shapely.box(x, y, x + hole, y + hole)
            | shapely.box(far, far, far + 0.25, far + 1e-4)
        ),
        *(st.floats(-3, 3), st.floats(-3, 3), st.floats(0.1, 4), st.floats(0, 3), st.floats(-5, 5)),
    ),
    min_size=1,
    max_size=8,
)


@settings(max_examples=60)
@given(shapes_of_all_kinds, st.integers(0, 2**32))
def test_the_first_polygon_that_holds_a_point_is_found(
    shapes: list[shapely.Geometry], seed: int
) -> None:
    rng = np.random.default_rng(seed)
    corners = shapely.get_coordinates(shapes)
    points = np.concatenate([rng.uniform(-8, 8, (200, 2)), corners, corners[::-1].round(1)])
    found = first_holder(np.array(shapes, dtype=object), points[:, 1], points[:, 0])
    np.testing.assert_array_equal(found, _slow_holder(shapes, points))


def test_a_point_without_a_place_is_in_no_polygon() -> None:
    shapes = np.array([shapely.box(0, 0, 1, 1)], dtype=object)
    found = first_holder(shapes, np.array([np.nan, 0.5, np.inf]), np.array([0.5, np.nan, 0.5]))
    assert found.tolist() == [-1, -1, -1]


# Counting


def test_a_point_on_a_border_is_counted_once_in_the_first_code(
    make_incidents: MakeIncidents,
) -> None:
    incidents = make_incidents([(1.0, 0.5), (0.5, 0.5), (1.5, 0.5), (2.5, 0.5), None])
    for polygons in (TWO, TWO.iloc[::-1]):
        for grid in (hs.area_grid(polygons), hs.area_grid(polygons).iloc[::-1]):
            counted = hs.count_incidents(incidents, grid)
            assert counted["n"].to_dict() == {"a": 2, "b": 1}
            rows = counted[["rows_in_cells", "rows_without_place", "rows_outside"]]
            assert rows.iloc[0].tolist() == [3, 1, 1]


def test_counts_in_areas_are_those_of_a_spatial_join(west_yorkshire: WestYorkshire) -> None:
    grid = hs.area_grid(west_yorkshire.areas, code="lsoa_code", place="West Yorkshire")
    incidents = west_yorkshire.incidents
    counted = hs.count_incidents(incidents, grid, by="group")
    joined = gpd.sjoin(incidents[["geometry"]].dropna(), grid[["geometry"]], predicate="intersects")
    expected = joined[~joined.index.duplicated()].groupby("cell").size()
    assert counted["n"].equals(expected.reindex(grid.index, fill_value=0).rename("n"))
    groups = [c for c in counted.columns if c.startswith("n_")]
    assert (counted[groups].sum(axis=1) == counted["n"]).all()
    assert provenance_of(counted).place == "West Yorkshire"
    rows = counted[["rows_in_cells", "rows_without_place", "rows_outside"]].iloc[0]
    assert rows.sum() == len(incidents)
    assert rows["rows_in_cells"] == counted["n"].sum()


def test_areas_can_be_matched_by_name_where_there_is_no_place(
    west_yorkshire: WestYorkshire,
) -> None:
    by_name = hs.area_grid(west_yorkshire.areas, code="name")
    incidents = west_yorkshire.incidents
    with pytest.warns(UserWarning, match=r"of 31,635 rows have a code that no cell has") as said:
        counted = hs.count_incidents(incidents, by_name, match="area_name")
    assert said[0].filename == __file__
    known = incidents["area_name"].isin(by_name.index)
    rows = counted[["rows_in_cells", "rows_without_place", "rows_outside"]].iloc[0]
    assert rows.tolist() == [
        known.sum(),
        incidents["area_name"].isna().sum(),
        (~known & incidents["area_name"].notna()).sum(),
    ]
    assert counted["n"].sum() == known.sum()
    # The polygons of the sample are simplified, so that points near a border fall beside it.
    by_place = hs.count_incidents(incidents, by_name)
    assert by_place["n"].corr(counted["n"]) > 0.95


def test_a_match_needs_no_geometry_at_all(make_incidents: MakeIncidents) -> None:
    incidents = make_incidents([None] * 4).assign(
        district=pd.array(["a", " b ", "b", None], "string")
    )
    counted = hs.count_incidents(incidents, hs.area_grid(TWO), match="district")
    assert counted["n"].to_dict() == {"a": 1, "b": 2}
    assert counted["rows_without_place"].iloc[0] == 1
    numbers = incidents.assign(district=[113.0, 20.0, 20.0, np.nan])
    grid = hs.area_grid(TWO.assign(code=[113, 20]))
    assert hs.count_incidents(numbers, grid, match="district")["n"].to_dict() == {"113": 1, "20": 2}


def test_codes_that_do_not_fit_are_refused(make_incidents: MakeIncidents) -> None:
    incidents = make_incidents([None] * 2).assign(district=["Police district 1", "2"])
    with pytest.raises(
        hs.HotspotsError,
        match=r"'district' is the id of a cell: there it is 'Police .* 1', '2', here 'a', 'b'",
    ):
        hs.count_incidents(incidents, hs.area_grid(TWO), match="district")
    with pytest.raises(hs.HotspotsError, match=r"no column 'beat' to match; codes stand in: distr"):
        hs.count_incidents(incidents, hs.area_grid(TWO), match="beat")


def test_incidents_without_any_code_are_all_without_a_place(make_incidents: MakeIncidents) -> None:
    incidents = make_incidents([(0.5, 0.5)] * 2).assign(district=pd.array([None, None], "string"))
    counted = hs.count_incidents(incidents, hs.area_grid(TWO), match="district")
    assert counted["n"].sum() == 0
    assert counted["rows_without_place"].tolist() == [2, 2]


# The gate, and the map of the notebook


@pytest.mark.parametrize("kind", ["squares", "areas"])
def test_only_hexagons_are_published_and_drawn(west_yorkshire: WestYorkshire, kind: str) -> None:
    area = hs.study_area(west_yorkshire.areas)
    grid = (
        hs.make_square_grid(area, cell_m=3000)
        if kind == "squares"
        else hs.area_grid(west_yorkshire.areas, code="lsoa_code")
    )
    counted = hs.count_incidents(west_yorkshire.burglary, grid)
    result = hs.HotspotResult(
        data=counted.assign(hotspot="not significant"),
        method="local_gi_star",
        params=west_yorkshire.result.params,
        provenance=provenance_of(counted),
    )
    with pytest.raises(
        hs.HotspotsError, match=f"holds H3 hexagons only, and these cells are {kind}"
    ):
        hs.publish(result, quality=west_yorkshire.quality)
    with pytest.raises(hs.HotspotsError, match=f"in H3 hexagons .*, and these cells are {kind}"):
        hs.make_map(result)


def test_areas_across_the_180th_meridian_are_whole(make_incidents: MakeIncidents) -> None:
    halves = [shapely.box(179.9, -17.1, 180, -17), shapely.box(-180, -17.1, -179.9, -17)]
    across = shapely.union_all(halves)
    grid = hs.area_grid(_beats([across, shapely.box(179.8, -17.1, 179.9, -17)]))
    assert grid["area_km2"].iloc[0] == pytest.approx(2 * grid["area_km2"].iloc[1], rel=1e-6)
    incidents = make_incidents([(179.95, -17.05), (-179.95, -17.05), (179.85, -17.05), (0, -17.05)])
    assert hs.count_incidents(incidents, grid)["n"].tolist() == [2, 1]


def test_areas_in_metres_across_the_180th_meridian_are_whole(make_incidents: MakeIncidents) -> None:
    """In degrees some of their corners lie near 180 and some near -180."""
    plane = "EPSG:3460"  # Fiji's own
    box = shapely.segmentize(shapely.box(179.9, -17.1, 180.1, -17), 0.05)
    metres = gpd.GeoSeries([shapely.transform(box, _wrapped)], crs="EPSG:4326").to_crs(plane)
    areas = gpd.GeoDataFrame({"code": ["A"], "name": ["East"]}, geometry=metres)
    grid = hs.area_grid(areas, code="code", name="name")
    assert grid["area_km2"].iloc[0] == pytest.approx(metres.area[0] / 1e6, rel=1e-3)
    incidents = make_incidents([(179.95, -17.05), (-179.95, -17.05), (0, -17.05)])
    assert hs.count_incidents(incidents, grid)["n"].tolist() == [2]
    cells = hs.make_hexgrid(hs.study_area(areas), resolution=6)
    assert set(hs.name_cells(cells, areas)["name"].str.split().str[0]) == {"East"}


def _wrapped(lng_lat: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.column_stack([(lng_lat[:, 0] + 180) % 360 - 180, lng_lat[:, 1]])


def test_a_missing_name_is_empty() -> None:
    grid = hs.area_grid(_beats(TWO.geometry.tolist(), name=["East", None]))  # type: ignore[list-item]
    assert grid["name"].tolist() == ["East", ""]


def test_nothing_to_count_gives_zeros(west_yorkshire: WestYorkshire) -> None:
    grid = hs.area_grid(west_yorkshire.areas, code="name")
    none = hs.select_incidents(west_yorkshire.incidents, period="2018-07").incidents.iloc[:0]
    counted = hs.count_incidents(none, grid)
    assert counted["n"].sum() == 0
    assert counted[["rows_in_cells", "rows_without_place", "rows_outside"]].sum().sum() == 0
