from __future__ import annotations

import h3
import numpy as np
import pytest

from hotspots.errors import ParameterError
from hotspots.neighbours import cell_windows

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
