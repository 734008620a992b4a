"""Each place once: weights add up, and the order of the rows is forgotten."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from shapely import MultiPolygon, Polygon, area, box, intersects_xy

from hotspots.grid.places import distinct_places
from hotspots.inference.random_points import RandomPoints

FEW = st.integers(-3, 3).map(float)


@given(st.lists(st.tuples(FEW, FEW, st.integers(1, 5)), max_size=40), st.integers(0, 2**32 - 1))
def test_places_are_those_of_numpy_in_any_order(
    rows: list[tuple[float, float, int]], seed: int
) -> None:
    xy = np.array([row[:2] for row in rows], dtype=np.float64).reshape(-1, 2)
    weights = np.array([row[2] for row in rows], dtype=np.int64)
    order = np.random.default_rng(seed).permutation(len(rows))
    found = distinct_places(xy[:, 0], xy[:, 1], weights)
    again = distinct_places(xy[order, 0], xy[order, 1], weights[order])
    there = np.column_stack([found.x_m, found.y_m])
    assert np.array_equal(there, np.unique(xy, axis=0))
    assert np.array_equal(there[found.place_of], xy)
    assert found.weights.sum() == weights.sum()
    assert np.array_equal(np.column_stack([again.x_m, again.y_m]), there)
    assert np.array_equal(again.weights, found.weights)
    assert np.array_equal(again.place_of, found.place_of[order])


def test_points_are_thrown_evenly_into_parts_and_around_holes() -> None:
    ring = Polygon([(0, 0), (4, 0), (4, 4), (0, 4)], [[(1, 1), (3, 1), (3, 3), (1, 3)]])
    land = MultiPolygon([ring, box(10, 0, 10.01, 100)])
    x, y = RandomPoints(land).throw(40_000, np.random.default_rng(1))
    assert intersects_xy(land.buffer(1e-9), x, y).all()
    parts = [box(0, 0, 4, 1), box(0, 1, 1, 4), box(10, 0, 11, 50), box(10, 50, 11, 100)]
    parts.append(box(0, 0, 4, 4) - parts[0] - parts[1])
    seen = [int(intersects_xy(part, x, y).sum()) for part in parts]
    expected = np.array([area(part & land) for part in parts]) / area(land) * sum(seen)
    assert sum(seen) == len(x)
    assert stats.chisquare(seen, expected).pvalue > 0.001
