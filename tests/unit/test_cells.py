from __future__ import annotations

import h3
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from hotspots.cells import (
    as_cells,
    cell_areas_km2,
    cell_centres,
    cell_names,
    cell_polygons,
    cells_overlapping,
    parse_cells,
    points_to_cells,
    resolution_of,
)
from hotspots.errors import ParameterError

LEEDS = h3.latlng_to_cell(53.8, -1.55, 8)
FIJI = h3.latlng_to_cell(-17.0, 179.999, 8)


@given(lat=st.floats(-90, 90), lng=st.floats(-180, 180), resolution=st.integers(0, 15))
def test_points_fall_where_h3_says(lat: float, lng: float, resolution: int) -> None:
    found = cell_names(points_to_cells([lat], [lng], resolution))
    assert found.tolist() == [h3.latlng_to_cell(lat, lng, resolution)]


def test_points_without_a_place_have_no_cell() -> None:
    lat, lng = [53.8, np.nan, 53.8, 91.0, np.inf], [-1.55, -1.55, np.nan, 0.0, 0.0]
    assert (points_to_cells(lat, lng, 8) > 0).tolist() == [True, False, False, False, False]


@pytest.mark.parametrize("resolution", [-1, 16, 8.0, True, "8", None])
def test_what_is_no_resolution_is_refused(resolution: object) -> None:
    with pytest.raises(ParameterError, match="resolution must be a whole number from 0 to 15"):
        points_to_cells([53.8], [-1.55], resolution)  # type: ignore[arg-type]


def test_names_and_integers_are_the_same_cells() -> None:
    names = h3.grid_disk(LEEDS, 4)
    cells = parse_cells(names)
    assert cells.dtype == np.uint64
    assert cell_names(cells).tolist() == names
    np.testing.assert_array_equal(as_cells(names), as_cells(cells))
    assert resolution_of(names) == 8


@pytest.mark.parametrize("wrong", ["", "nonsense", "ffffffffffffffff", "871942c58bfffff"])
def test_what_is_no_cell_is_named(wrong: str) -> None:
    with pytest.raises(ParameterError, match=f"'{wrong}' is not an H3 cell"):
        parse_cells([LEEDS, wrong])


def test_cells_of_two_resolutions_are_refused() -> None:
    with pytest.raises(ParameterError, match=r"several resolutions \(7, 8\)"):
        parse_cells([LEEDS, h3.cell_to_parent(LEEDS)])


def test_areas_and_centres_are_those_of_h3() -> None:
    names = [*h3.grid_disk(LEEDS, 3), *h3.get_pentagons(8)]
    expected = [h3.cell_area(name, "km^2") for name in names]
    np.testing.assert_allclose(cell_areas_km2(names), expected, rtol=1e-9)
    lat, lng = cell_centres(names)
    np.testing.assert_allclose(np.column_stack([lat, lng]), [h3.cell_to_latlng(n) for n in names])


def test_polygons_are_the_boundaries_of_h3_also_of_pentagons() -> None:
    names = [*h3.grid_disk(LEEDS, 2), *h3.get_pentagons(8)[1:3]]
    for name, polygon in zip(names, cell_polygons(names), strict=True):
        outline = shapely.Polygon([(lng, lat) for lat, lng in h3.cell_to_boundary(name)])
        assert shapely.equals_exact(polygon, outline, 1e-12)
    assert len(cell_polygons([])) == 0


def test_cells_on_the_antimeridian_are_cut_there() -> None:
    names = h3.grid_disk(FIJI, 3)
    polygons = cell_polygons(names)
    assert shapely.is_valid(polygons).all()
    assert {"Polygon", "MultiPolygon"} == {p.geom_type for p in polygons}
    west, _, east, _ = shapely.total_bounds(polygons)
    assert (west, east) == (-180, 180)
    lat, lng = cell_centres(names)
    assert shapely.contains_xy(polygons, lng, lat).all()
    # No sliver spans the globe: a cell is some hundredths of a degree wide.
    assert shapely.area(polygons).max() < 1e-3


def test_the_cells_of_a_union_of_cells_are_those_and_what_touches_them() -> None:
    for centre in (LEEDS, FIJI):
        names = h3.grid_disk(centre, 3)
        union = shapely.union_all(cell_polygons(names))
        assert set(names) <= set(cell_names(cells_overlapping(union, 8)))
        inner = union.buffer(-1e-4)
        assert set(cell_names(cells_overlapping(inner, 8))) == set(names)


def test_a_polygon_inside_one_cell_overlaps_that_cell() -> None:
    lat, lng = h3.cell_to_latlng(LEEDS)
    speck = shapely.Point(lng, lat).buffer(1e-5)
    assert cell_names(cells_overlapping(speck, 8)).tolist() == [LEEDS]
