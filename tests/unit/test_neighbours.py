from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import h3
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from libpysal.examples import get_path
from libpysal.graph import Graph

from hotspots.errors import CoordinateReferenceError, ParameterError, SchemaMismatchError
from hotspots.grid.kinds import parse_squares, square_names
from hotspots.neighbours import Windows, cell_windows, grid_windows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

PENTAGON = h3.get_pentagons(8)[3]


@pytest.mark.parametrize("n_rings", [1, 2, 3])
@pytest.mark.parametrize("centre", [h3.latlng_to_cell(53.8, -1.55, 8), PENTAGON])
def test_windows_are_the_disks_of_h3_within_the_set(centre: str, n_rings: int) -> None:
    cells = h3.grid_disk(centre, 5)
    np.random.default_rng(1).shuffle(cells)
    windows = cell_windows(cells, n_rings=n_rings)
    known = set(cells)
    for i, cell in enumerate(cells):
        members = windows.members[windows.starts[i] : windows.starts[i + 1]]
        assert {cells[j] for j in members} == set(h3.grid_disk(cell, n_rings)) & known
        assert len(members) == windows.sizes[i] == len(set(members.tolist()))


def test_holes_and_islands_are_kept_apart() -> None:
    centre = h3.latlng_to_cell(53.8, -1.55, 8)
    ring = h3.grid_ring(centre, 3)
    windows = cell_windows([centre, *ring])
    assert windows.sizes[0] == 1
    assert set(windows.sizes[1:]) == {3}


def test_sums_add_up_over_the_window_of_every_map() -> None:
    cells = h3.grid_disk(h3.latlng_to_cell(53.8, -1.55, 8), 1)
    windows = cell_windows(cells)
    values = np.arange(7, dtype=np.int64)
    place = cells.index(h3.latlng_to_cell(53.8, -1.55, 8))
    assert windows.sums(values)[place] == 21
    both = windows.sums(np.column_stack([values, values * 2]))
    np.testing.assert_array_equal(both[:, 0] * 2, both[:, 1])


def test_a_cell_twice_is_refused() -> None:
    cell = h3.latlng_to_cell(53.8, -1.55, 8)
    with pytest.raises(ParameterError, match="occurs more than once"):
        cell_windows([cell, cell])


def _members(windows: Windows, i: int) -> set[int]:
    return {int(k) for k in windows.members[windows.starts[i] : windows.starts[i + 1]]}


def _some_cells(kind: str) -> list[str]:
    """Cells where the lattice inside a base cell ends, bends or has a gap."""
    rng = np.random.default_rng(4)
    if kind == "all of resolution 1":
        return [c for base in h3.get_res0_cells() for c in h3.cell_to_children(base, 1)]
    if kind == "around every pentagon":
        return [c for p in h3.get_pentagons(6) for c in h3.grid_disk(p, 4)]
    if kind == "a base cell with a pentagon":
        return list(h3.cell_to_children(h3.get_pentagons(0)[5], 4))
    if kind == "where three base cells meet":
        vertex = h3.vertex_to_latlng(h3.cell_to_vertex(h3.get_res0_cells()[20], 2))
        return list(h3.grid_disk(h3.latlng_to_cell(*vertex, 7), 12))
    places = zip(
        np.degrees(np.arcsin(rng.uniform(-1, 1, 60))), rng.uniform(-180, 180, 60), strict=True
    )
    disks = [h3.grid_disk(h3.latlng_to_cell(lat, lng, 5), 3) for lat, lng in places]
    return sorted({cell for disk in disks for cell in disk if rng.random() < 0.9})


@pytest.mark.parametrize(
    "kind",
    [
        "all of resolution 1",
        "around every pentagon",
        "a base cell with a pentagon",
        "where three base cells meet",
        "anywhere",
    ],
)
@pytest.mark.parametrize("n_rings", [1, 2, 3])
def test_windows_are_the_disks_of_h3_wherever_the_lattice_is_not_flat(
    kind: str, n_rings: int
) -> None:
    cells = _some_cells(kind)
    np.random.default_rng(1).shuffle(cells)
    windows = cell_windows(cells, n_rings=n_rings)
    place = {cell: i for i, cell in enumerate(cells)}
    for i, cell in enumerate(cells):
        disk = {place[c] for c in h3.grid_disk(cell, n_rings) if c in place}
        assert _members(windows, i) == disk
        assert windows.sizes[i] == len(disk)


def test_no_cells_have_no_windows() -> None:
    windows = cell_windows(np.empty(0, dtype=np.uint64))
    assert windows.sizes.tolist() == []


# Any grid


def _squares(rows: NDArray[np.int64], columns: NDArray[np.int64]) -> gpd.GeoDataFrame:
    index = pd.Index(square_names(rows, columns), name="cell")
    return gpd.GeoDataFrame({"grid_kind": ["squares"] * len(rows)}, index=index)


def _areas(shapes: Sequence[shapely.Geometry]) -> gpd.GeoDataFrame:
    index = pd.Index([f"A{i}" for i in range(len(shapes))], name="cell")
    facts = {"grid_kind": ["areas"] * len(shapes)}
    return gpd.GeoDataFrame(facts, geometry=list(shapes), index=index, crs="EPSG:4326")


@given(
    st.lists(st.tuples(st.integers(-6, 6), st.integers(-6, 6)), min_size=1, unique=True),
    st.integers(1, 3),
)
def test_windows_of_squares_are_those_of_a_king_in_chess(
    places: list[tuple[int, int]], n_rings: int
) -> None:
    rows, columns = (np.array(side, dtype=np.int64) for side in zip(*places, strict=True))
    windows = grid_windows(_squares(rows, columns), n_rings=n_rings)
    far = np.maximum(abs(rows[:, None] - rows), abs(columns[:, None] - columns))
    for i in range(len(places)):
        assert _members(windows, i) == set(np.flatnonzero(far[i] <= n_rings).tolist())


@given(st.integers(-(10**6), 10**6), st.integers(-(10**6), 10**6))
def test_the_id_of_a_square_is_read_back(row: int, column: int) -> None:
    rows, columns = parse_squares(square_names(np.array([row]), np.array([column])))
    assert (rows.tolist(), columns.tolist()) == ([row], [column])


def test_ids_of_squares_count_from_the_middle() -> None:
    names = square_names(np.array([0, -1, -2]), np.array([0, -1, 12]))
    assert names.tolist() == ["N1E1", "S1W1", "S2E13"]
    for wrong in ("N0E1", "E1N1", "N1E1 ", "N01E1", "881942c58bfffff"):
        with pytest.raises(SchemaMismatchError, match="is not the id of a square"):
            parse_squares([wrong])


def test_hexagons_go_their_own_way() -> None:
    cells = pd.Index(h3.grid_disk(h3.latlng_to_cell(53.8, -1.55, 8), 4), name="cell")
    found, known = (
        grid_windows(gpd.GeoDataFrame(index=cells), n_rings=2),
        cell_windows(cells, n_rings=2),
    )
    np.testing.assert_array_equal(found.members, known.members)
    np.testing.assert_array_equal(found.starts, known.starts)
    assert found.weights is None


def test_areas_are_neighbours_by_a_border_or_a_corner() -> None:
    # Four in a square, one that meets only at a corner, one 0.5 m off, one 40 m off.
    metre = 1 / 111_320
    shapes = [
        shapely.box(0, 0, 1e-2, 1e-2),
        shapely.box(1e-2, 0, 2e-2, 1e-2),
        shapely.box(0, 1e-2, 1e-2, 2e-2),
        shapely.box(1e-2, 1e-2, 2e-2, 2e-2),
        shapely.box(2e-2, 2e-2, 3e-2, 3e-2),
        shapely.box(-1e-2, 0, -0.5 * metre, 1e-2),
        shapely.box(0, -1e-2, 1e-2, -40 * metre),
    ]
    windows = grid_windows(_areas(shapes))
    found = [_members(windows, i) for i in range(7)]
    both = {0, 1, 2, 3, 5}
    assert found == [both, {0, 1, 2, 3}, both, {0, 1, 2, 3, 4}, {3, 4}, {0, 2, 5}, {6}]
    two = grid_windows(_areas(shapes), n_rings=2)
    assert _members(two, 4) == {0, 1, 2, 3, 4}
    assert _members(two, 5) == {0, 1, 2, 3, 5}


def test_areas_are_neighbours_across_the_180th_meridian() -> None:
    shapes = [shapely.box(179.9, -17, 180, -16.9), shapely.box(-180, -17, -179.9, -16.9)]
    assert grid_windows(_areas(shapes)).sizes.tolist() == [2, 2]


def test_a_corner_on_a_long_side_of_the_next_area_touches_it() -> None:
    # The plane bends the 60 km side by some 60 m away from the corner that lies on it.
    shapes = [shapely.box(0, 59, 1, 60), shapely.box(0.4, 58.9, 0.6, 59)]
    assert grid_windows(_areas(shapes)).sizes.tolist() == [2, 2]


def test_counties_are_neighbours_as_libpysal_has_them() -> None:
    counties = gpd.read_file(get_path("sids2.shp")).set_crs(4267).to_crs(4326)
    grid = _areas(counties.geometry.tolist())
    queen = Graph.build_contiguity(grid, rook=False)
    windows = grid_windows(grid)
    for i, cell in enumerate(grid.index):
        near = {grid.index[k] for k in _members(windows, i)} - {cell}
        assert near == set(queen[cell].index)


# A graph


def test_a_graph_gives_members_and_itself_is_added() -> None:
    grid = _squares(*np.indices((4, 5)).reshape(2, -1))
    chain = {grid.index[i]: [grid.index[i + 1]] for i in range(19)} | {grid.index[19]: []}
    graph = Graph.from_dicts(chain)
    windows = grid_windows(grid.iloc[::-1], graph=graph)
    for i in range(20):
        # The grid is upside down, the graph is not.
        assert _members(windows, i) == ({i, i - 1} if i else {0})
    assert windows.weights is None


def test_weights_of_a_graph_are_offered_beside_its_members() -> None:
    grid = _squares(*np.indices((3, 3)).reshape(2, -1))
    pairs = {"N1E1": {"N1E2": 0.25, "N2E1": 0.0}, "N1E2": {"N1E2": 2.0, "N1E1": 0.5}}
    graph = Graph.from_weights_dict({cell: pairs.get(cell, {}) for cell in grid.index})
    windows = grid_windows(grid, graph=graph)
    assert _members(windows, 0) == {0, 1}
    assert windows.weights is not None
    assert windows.weights[:4].tolist() == [1.0, 0.25, 0.5, 2.0]
    assert windows.sizes.tolist() == [2, 2, *[1] * 7]


def test_what_is_no_graph_of_this_grid_is_refused() -> None:
    grid = _squares(*np.indices((3, 3)).reshape(2, -1))
    graph = Graph.from_dicts({cell: [] for cell in grid.index})
    with pytest.raises(ParameterError, match="not the cells of the grid: it has 'N3E3'"):
        grid_windows(grid.iloc[:8], graph=graph)
    other = Graph.from_dicts({cell: [] for cell in grid.index[1:]})
    with pytest.raises(ParameterError, match="cell 'N1E1' is not in it"):
        grid_windows(grid, graph=other)
    with pytest.raises(ParameterError, match=r"must be a libpysal\.graph\.Graph, got a dict"):
        grid_windows(grid, graph={})
    with pytest.raises(ParameterError, match="so n_rings must be 1"):
        grid_windows(grid, graph=graph, n_rings=2)
    minus = Graph.from_weights_dict({cell: {"N1E1": -1.0} for cell in grid.index})
    with pytest.raises(ParameterError, match=r"is -1\.0; each must be a number of 0 or more"):
        grid_windows(grid, graph=minus)


def test_what_is_no_grid_is_refused() -> None:
    grid = _squares(*np.indices((3, 3)).reshape(2, -1))
    with pytest.raises(ParameterError, match="n_rings must be a whole number of 1 or more, got 0"):
        grid_windows(grid, n_rings=0)
    with pytest.raises(ParameterError, match="occurs more than once"):
        grid_windows(grid.iloc[[0, 0]])
    with pytest.raises(SchemaMismatchError, match="has no cells in its index"):
        grid_windows(grid.reset_index(drop=True))
    with pytest.raises(SchemaMismatchError, match="says triangles; it says 'squares' or 'areas'"):
        grid_windows(grid.assign(grid_kind="triangles"))
    with pytest.raises(CoordinateReferenceError, match=r"are in EPSG:27700\. Use area_grid"):
        grid_windows(_areas([shapely.box(0, 0, 1, 1)]).to_crs(27700))
