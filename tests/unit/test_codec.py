from __future__ import annotations

import base64
import json
import re

import h3
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotspots.codec import (
    cell_rings,
    decode_rings,
    encode_rings,
    join_rings,
    pack,
    travel_order,
    unpack,
)
from hotspots.errors import InputDataError

#: Web maps end at 85 degrees; around the poles a ring has no inside on them.
places = st.tuples(st.floats(-84, 84), st.floats(-180, 180), st.integers(4, 10))
plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


def _same_place(a: np.ndarray, b: np.ndarray) -> bool:
    turn = (a[:, 0] - b[:, 0] + 180) % 360 - 180
    return bool(np.abs(turn).max() < 1e-5 and np.abs(a[:, 1] - b[:, 1]).max() < 1e-5)


@given(places, st.integers(0, 4))
def test_cells_come_back_where_they_were(place: tuple[float, float, int], rings: int) -> None:
    cells = travel_order(h3.grid_disk(h3.latlng_to_cell(*place), rings))
    back = decode_rings(unpack(pack(encode_rings(cell_rings(cells)))))
    assert len(back) == len(cells)
    for cell, ring in zip(cells, back, strict=True):
        assert _same_place(ring, np.array(h3.cell_to_boundary(cell))[:, ::-1])


@given(places)
def test_nothing_is_smeared_across_the_map(place: tuple[float, float, int]) -> None:
    rings = cell_rings(h3.grid_disk(h3.latlng_to_cell(*place), 3))
    assert max(np.ptp(ring[:, 0]) for ring in rings) < 90
    if abs(place[0]) < 75:
        assert np.ptp(np.concatenate(rings)[:, 0]) < 90


def test_a_place_across_the_antimeridian_stays_in_one_piece() -> None:
    cells = h3.grid_disk(h3.latlng_to_cell(-16.8, 179.99, 7), 5)
    raw = np.concatenate([np.array(h3.cell_to_boundary(cell)) for cell in cells])
    assert np.ptp(raw[:, 1]) > 300
    assert np.ptp(np.concatenate(cell_rings(cells))[:, 0]) < 0.5


def test_longitudes_stay_as_they_are_elsewhere() -> None:
    for lat, lng in [(41.9, -87.6), (51.5, 0.0), (-33.9, 151.2)]:
        rings = np.concatenate(cell_rings(h3.grid_disk(h3.latlng_to_cell(lat, lng, 7), 5)))
        assert abs(rings[:, 0].mean() - lng) < 0.05


def test_corners_are_shared() -> None:
    cells = travel_order(h3.grid_disk(h3.latlng_to_cell(53.8, -1.5, 8), 20))
    shapes = encode_rings(cell_rings(cells))
    assert len(shapes["ring"]) == 6 * len(cells)
    assert len(shapes["x"]) < 2.2 * len(cells)


def test_ten_thousand_cells_are_small() -> None:
    cells = travel_order(h3.grid_disk(h3.latlng_to_cell(53.8, -1.5, 8), 57))
    assert len(cells) == 9919
    assert len(pack(encode_rings(cell_rings(cells)))) < 25_000


def test_scattered_cells_are_packed_too() -> None:
    scattered = [h3.latlng_to_cell(lat, lng, 8) for lat in (-60, 0, 60) for lng in (-170, 0, 170)]
    assert len(decode_rings(encode_rings(cell_rings(travel_order(scattered))))) == 9


def test_no_cells() -> None:
    assert travel_order([]) == []
    assert join_rings([]) == []
    assert decode_rings(encode_rings([])) == []


@given(plain)
def test_pack_gives_back_what_it_was_given(value: object) -> None:
    text = pack(value)
    assert re.fullmatch(r"[A-Za-z0-9+/=]+", text)
    assert unpack(text) == json.loads(json.dumps(value))


@pytest.mark.parametrize("text", ["", "nonsense", "####", base64.b64encode(b"x").decode()])
def test_damage_is_named(text: str) -> None:
    with pytest.raises(InputDataError, match="cannot be read"):
        unpack(text)


def test_a_cut_payload_is_named() -> None:
    with pytest.raises(InputDataError, match="cannot be read"):
        unpack(pack(list(range(1000)))[:-40])


@pytest.mark.parametrize(
    ("part", "value"), [("sides", [5]), ("x", [1]), ("ring", [0, 0, 0, 0, 0, -9])]
)
def test_damaged_shapes_are_named(part: str, value: list[int]) -> None:
    shapes = encode_rings(cell_rings(["88194ad32dfffff"]))
    with pytest.raises(InputDataError, match="damaged"):
        decode_rings({**shapes, part: value})
