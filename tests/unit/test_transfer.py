"""A population put on cells: nothing is lost, nothing counts twice, and what is outside is said."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from libpysal.examples import get_path

import hotspots as hs
from hotspots.grid.area import study_area

if TYPE_CHECKING:
    from tests.conftest import WestYorkshire
    from tests.unit.conftest import MakeIncidents

SQUARE = gpd.GeoSeries([shapely.box(-1.6, 53.7, -1.5, 53.8)], crs="EPSG:4326")
#: Cells that are easy to reckon with: west and east half, on the equator.
HALVES = gpd.GeoDataFrame(
    {"code": ["east", "west"]},
    geometry=[shapely.box(1, 0, 2, 1), shapely.box(0, 0, 1, 1)],
    crs="EPSG:4326",
)


def _areas(shapes: list[Any], people: list[float], **columns: Any) -> gpd.GeoDataFrame:  # noqa: ANN401
    return gpd.GeoDataFrame({"people": people, **columns}, geometry=shapes, crs="EPSG:4326")


def _put(grid: gpd.GeoDataFrame, areas: gpd.GeoDataFrame, **options: Any) -> hs.CellPopulation:  # noqa: ANN401
    asked = {"population": "people", "denominator": "residents"} | options
    return hs.population_in_cells(grid, areas, **asked)


def _adds_up(found: hs.CellPopulation) -> None:
    account = found.account
    total = account.placed + account.outside + account.without_place
    assert total == pytest.approx(account.given, rel=1e-9)
    assert found.population.sum() == pytest.approx(account.placed, rel=1e-9)
    assert (found.population >= 0).all()


# By area


def test_an_area_is_shared_out_by_the_area_of_its_parts() -> None:
    grid = hs.area_grid(HALVES)
    areas = _areas([shapely.box(0.5, 0, 1.5, 1), shapely.box(0, 0, 0.1, 0.1)], [100.0, 7.0])
    found = _put(grid, areas)
    assert found.population.to_dict() == pytest.approx({"east": 50, "west": 57}, rel=1e-4)
    assert found.population.name == "residents"
    assert found.population.index.equals(grid.index)
    assert found.account.way == "area"
    assert found.account.placed_by_area == pytest.approx(107)
    _adds_up(found)


def test_what_lies_outside_the_cells_is_cut_by_share_and_said() -> None:
    areas = _areas(
        [shapely.box(1.5, 0, 2.5, 1), shapely.box(5, 0, 6, 1), shapely.box(0, 0, 1, 1), None],
        [100, 20, 30, 9],
    )
    said = (
        r"^79 of 159 residents \(50 %\) are outside the cells and in no number here\. 1 areas lie "
        r"partly outside, and were cut by share\.$"
    )
    with pytest.warns(UserWarning, match=said) as warned:
        found = _put(hs.area_grid(HALVES), areas)
    assert warned[0].filename == __file__
    assert found.population.to_dict() == pytest.approx({"east": 50, "west": 30}, rel=1e-6)
    account = found.account
    assert (account.areas_cut, account.areas_outside, account.without_place) == (1, 1, 9)
    assert account.outside == pytest.approx(70)
    _adds_up(found)
    few = areas.assign(people=[1.0, 2.0, 3.0, 4.0])
    with pytest.warns(UserWarning, match=r"^6 of 10 residents are outside"):
        _put(hs.area_grid(HALVES), few)


def test_only_the_part_inside_the_study_area_counts() -> None:
    half = study_area(gpd.GeoSeries([shapely.box(0, 0, 1.5, 1)], crs="EPSG:4326"))
    areas = _areas([shapely.box(0, 0, 2, 1)], [100.0])
    with pytest.warns(UserWarning, match=r"25 of 100 residents \(25 %\) are outside"):
        found = _put(hs.area_grid(HALVES), areas, area=half)
    assert found.population.to_dict() == pytest.approx({"east": 25, "west": 50}, rel=1e-6)
    _adds_up(found)


@settings(max_examples=30)
@given(
    st.lists(
        st.tuples(
            st.floats(-1.595, -1.53), st.floats(53.705, 53.77), st.floats(1e-5, 0.025),
            st.booleans(), st.floats(0.1, 1e6),
        ),
        min_size=1, max_size=12,
    ),
    st.sampled_from(["hexagons", "squares"]),
)  # fmt: skip
def test_the_total_inside_is_kept(
    drawn: list[tuple[float, float, float, bool, float]], kind: str
) -> None:
    area = study_area(SQUARE)
    grid = (
        hs.make_hexgrid(area, resolution=8)
        if kind == "hexagons"
        else hs.make_square_grid(area, cell_m=650, origin_m=(100, 7))
    )
    shapes = []
    for x, y, size, holed, _ in drawn:
        shape = shapely.box(x, y, x + size, y + size / 3)
        # With a hole, and as slivers a thousandth as high as they are wide.
        hole = shapely.affinity.scale(shape, 0.5, 0.5)
        shapes.append(shape - hole if holed else shapely.affinity.scale(shape, 1, 3e-3))
    people = [row[-1] for row in drawn]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = _put(grid, _areas(shapes, people))
    assert found.population.sum() == pytest.approx(sum(people), rel=1e-9)
    assert found.account.areas_cut == 0
    _adds_up(found)


def test_the_total_is_kept_across_the_180th_meridian() -> None:
    boxes = [shapely.box(179.9, -17.1, 180, -17), shapely.box(-180, -17.1, -179.9, -17)]
    area = study_area(gpd.GeoSeries(boxes, crs="EPSG:4326"))
    across = _areas([area.geometry[0], boxes[0]], [1000.0, 1.0])
    for grid in (
        hs.make_hexgrid(area, resolution=7),
        hs.make_square_grid(area, cell_m=3000, origin_m=(700, 0)),
    ):
        found = _put(grid, across)
        assert found.population.sum() == pytest.approx(1001, rel=1e-9)


def test_areas_as_cells_get_their_own_population(west_yorkshire: WestYorkshire) -> None:
    areas = west_yorkshire.areas.iloc[:150].assign(people=lambda a: a["population"])
    found = _put(hs.area_grid(areas, code="lsoa_code"), areas)
    own = areas.set_index("lsoa_code")["people"].sort_index()
    np.testing.assert_allclose(found.population, own, rtol=1e-9)


def test_counties_on_large_cells_keep_all_their_births() -> None:
    counties = gpd.read_file(get_path("sids2.shp")).set_crs(4267)
    grid = hs.make_hexgrid(study_area(counties), resolution=4)
    births, account = hs.population_in_cells(
        grid, counties, population="BIR74", denominator="births"
    )
    assert births.sum() == pytest.approx(counties["BIR74"].sum(), rel=1e-9)
    assert account.areas_cut == 0


def test_cells_that_overlap_would_count_twice() -> None:
    shapes = [shapely.box(0, 0, 1, 1), shapely.box(0.5, 0, 2, 1)]
    with pytest.warns(UserWarning, match="areas overlap"):
        grid = hs.area_grid(_areas(shapes, [1, 1], code=["a", "b"]))
    with pytest.raises(hs.HotspotsError, match="cells of this grid overlap each other, a most"):
        _put(grid, _areas(shapes, [1, 1]))


def test_slivers_of_overlap_between_cells_do_not_count_twice() -> None:
    shapes = [shapely.box(0, 0, 1, 1), shapely.box(0.9995, 0, 2, 1)]
    grid = hs.area_grid(_areas(shapes, [1, 1], code=["a", "b"]))
    found = _put(grid, _areas([shapely.box(0, 0, 2, 1)], [100.0]))
    assert found.population.sum() == pytest.approx(100, rel=1e-9)


# By points, and of places


def test_the_population_lies_where_the_points_lie() -> None:
    areas = _areas([shapely.box(0.5, 0, 1.5, 1)], [100.0])
    spots = [(0.6, 0.5), (0.7, 0.5), (0.8, 0.5), (1.2, 0.5), (3, 3)]
    points = _areas([shapely.Point(xy) for xy in spots], [1, 1, 1, 5, 1])
    grid = hs.area_grid(HALVES)
    found = _put(grid, areas, points=points)
    assert found.population.to_dict() == {"east": 25, "west": 75}
    assert (found.account.way, found.account.points_unused) == ("points", 1)
    assert found.account.placed_by_area == 0
    heavy = _put(grid, areas, points=points.to_crs(3857), weight="people")
    assert heavy.population.to_dict() == {"east": 62.5, "west": 37.5}
    _adds_up(heavy)


def test_points_outside_the_cells_take_their_share_outside() -> None:
    areas = _areas([shapely.box(1.5, 0, 2.5, 1)], [100.0])
    points = _areas([shapely.Point(xy, 0.5) for xy in (1.7, 2.2, 2.3, 2.4)], [1] * 4)
    with pytest.warns(UserWarning, match=r"75 of 100 residents \(75 %\) are outside the cells"):
        found = _put(hs.area_grid(HALVES), areas, points=points)
    assert found.population.to_dict() == {"east": 25, "west": 0}
    assert found.account.areas_cut == 1
    _adds_up(found)


def test_areas_without_a_point_are_spread_evenly_and_it_is_said() -> None:
    areas = _areas([shapely.box(0, 0, 1, 1), shapely.box(0.5, 0, 1.5, 1)], [10.0, 60.0])
    points = _areas([shapely.Point(0.2, 0.5)], [1])
    said = r"^1 areas hold no point: their 60 residents in the cells were spread evenly\.$"
    with pytest.warns(UserWarning, match=said):
        found = _put(hs.area_grid(HALVES), areas, points=points)
    assert found.population.to_dict() == pytest.approx({"east": 30, "west": 40}, rel=1e-4)
    assert found.account.areas_without_points == 1
    assert found.account.placed_by_area == pytest.approx(60)
    _adds_up(found)
    empty = points.assign(people=0)
    with pytest.warns(UserWarning, match=r"^2 areas hold no point: their 70 residents"):
        _put(hs.area_grid(HALVES), areas, points=empty, weight="people")


def test_places_with_a_population_of_their_own_stay_where_they_are() -> None:
    places = _areas([*map(shapely.Point, [(0.5, 0.5), (1.0, 0.5), (9, 9)]), None], [1, 2, 4, 8])
    with pytest.warns(UserWarning, match=r"^12 of 15 residents are outside"):
        found = _put(hs.area_grid(HALVES), places)
    # A place on a border goes where an incident there goes.
    assert found.population.to_dict() == {"east": 2, "west": 1}
    assert (found.account.way, found.account.outside, found.account.without_place) == (
        "places",
        4,
        8,
    )
    _adds_up(found)


# As a denominator


def test_what_is_placed_is_a_denominator(
    west_yorkshire: WestYorkshire, make_incidents: MakeIncidents
) -> None:
    grid, areas = west_yorkshire.grid, west_yorkshire.areas.rename(columns={"population": "people"})
    residents, account = _put(grid, areas)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        rated = hs.incident_rate(grid, population=residents, denominator=account.denominator)
    assert rated["population"].sum() == pytest.approx(2_226_058, rel=1e-9)
    assert set(rated["denominator"]) == {"residents"}
    smooth = hs.empirical_bayes_rate(grid, population=residents, denominator="residents")
    assert smooth["rate_eb"].notna().sum() == (residents > 0).sum()
    by_area = hs.count_incidents(make_incidents([(-1.55, 53.8)]), hs.area_grid(areas, code="name"))
    people = areas.set_index("name")["people"]
    own = hs.incident_rate(by_area, population=people, denominator="residents")
    assert own["rate"].max() == pytest.approx(1000 / people[by_area["n"].idxmax()])


# What cannot be placed


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"population": "homes"}, r"no column 'homes' for the population \(residents\)"),
        ({"population": "word"}, r"'word' for the population \(residents\) holds .*, not numbers"),
        ({"population": "gap"}, r"no number in 1 rows, the first being 1\. Write 0"),
        ({"population": "minus"}, r"is -1\.0 in row 1; 0 is the least"),
        ({"population": "zero"}, r"no residents in any row"),
        ({"denominator": " "}, r"denominator must name what the population counts"),
        ({"weight": "people"}, r"weight is a column of points, and there are no points"),
        ({"points": HALVES}, r"points must hold points alone"),
        ({"area": HALVES}, r"area must come from study_area"),
    ],
)
def test_what_is_no_population_of_areas_is_refused(options: dict[str, Any], match: str) -> None:
    areas = _areas(
        [shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)],
        [1, 2], word=["a", "b"], gap=[1, np.nan], minus=[1.0, -1.0], zero=[0, 0],
    )  # fmt: skip
    with pytest.raises(hs.HotspotsError, match=match):
        _put(hs.area_grid(HALVES), areas, **options)


def test_shapes_that_cannot_hold_people_are_refused() -> None:
    grid = hs.area_grid(HALVES)
    line = _areas([shapely.LineString([(0, 0), (1, 1)]), shapely.box(0, 0, 1, 1)], [1, 1])
    with pytest.raises(hs.HotspotsError, match=r"The area 0 is no polygon"):
        _put(grid, line)
    with pytest.raises(hs.HotspotsError, match=r"at least one row"):
        _put(grid, line.iloc[:0])
    with pytest.raises(hs.HotspotsError, match=r"at least one row"):
        _put(grid, pd.DataFrame({"people": [1]}))
    with pytest.raises(hs.HotspotsError, match=r"do not say their CRS"):
        _put(grid, line.set_crs(None, allow_override=True))
    with pytest.raises(hs.HotspotsError, match=r"The grid has no cells in its index"):
        _put(HALVES, line.iloc[1:])
    places = _areas([shapely.Point(0, 0)], [1])
    with pytest.raises(hs.HotspotsError, match=r"leave the argument points out"):
        _put(grid, places, points=places)
