"""The mass of a kernel inside a window: closed forms, a fine lattice, holes, corners, cells."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from hotspots.methods.density.kernels import KERNELS, peak, profile
from hotspots.methods.density.window import mass_inside, window_of_cells, window_of_outline

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

HOLED = shapely.Polygon(
    [(0, 0), (1000, 0), (1000, 700), (0, 700)], [[(300, 300), (450, 300), (450, 420), (300, 420)]]
)
#: Apart, bent, and with a hole.
ISLANDS = shapely.MultiPolygon(
    [
        shapely.Polygon([(0, 0), (900, 100), (350, 200), (300, 800)]),
        shapely.Polygon([(1000, 300), (1600, 350), (1500, 900)]).difference(
            shapely.box(1350, 450, 1450, 500)
        ),
    ]
)


def _on_lattice(shape: shapely.Geometry, x: Array, y: Array, h: float, kernel: str) -> Array:
    left, low, right, high = shapely.bounds(shape)
    step = 1.0
    gx, gy = np.meshgrid(
        np.arange(left + step / 2, right, step), np.arange(low + step / 2, high, step)
    )
    shapely.prepare(shape)
    inside = shapely.contains_xy(shape, gx, gy)
    gx, gy = gx[inside], gy[inside]
    heights = [
        profile(kernel, ((gx - a) ** 2 + (gy - b) ** 2) / h**2).sum()
        for a, b in zip(x, y, strict=True)
    ]
    return np.array(heights) * peak(kernel) / h**2 * step**2


def _points_in(shape: shapely.Geometry, n: int, seed: int = 1) -> tuple[Array, Array]:
    rng = np.random.default_rng(seed)
    left, low, right, high = shapely.bounds(shape)
    x, y = rng.uniform(left, right, 40 * n), rng.uniform(low, high, 40 * n)
    inside = shapely.contains_xy(shape, x, y)
    return x[inside][:n], y[inside][:n]


def test_the_gaussian_in_a_rectangle_with_a_hole_is_a_product_of_normals() -> None:
    def box(x: Array, y: Array, left: float, low: float, right: float, high: float) -> Array:
        across = norm.cdf((right - x) / 150) - norm.cdf((left - x) / 150)
        return np.asarray(across * (norm.cdf((high - y) / 150) - norm.cdf((low - y) / 150)))

    x, y = _points_in(HOLED, 500)
    exact = box(x, y, 0, 0, 1000, 700) - box(x, y, 300, 300, 450, 420)
    ours = mass_inside(window_of_outline(HOLED), x, y, np.full(500, 150.0), kernel="gaussian")
    assert np.abs(ours - exact).max() < 1e-6  # what lies beyond five standard deviations


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("shape", [HOLED, ISLANDS])
@pytest.mark.parametrize("bandwidth", [120.0, 600.0, 5_000.0])
def test_the_mass_is_that_on_a_fine_lattice(
    kernel: str, shape: shapely.Geometry, bandwidth: float
) -> None:
    x, y = _points_in(shape, 25)
    ours = mass_inside(window_of_outline(shape), x, y, np.full(25, bandwidth), kernel=kernel)
    lattice = _on_lattice(shape, x, y, bandwidth, kernel)
    assert np.abs(ours - lattice).max() < 5e-4  # the lattice steps along slanted sides
    assert ours.min() < 0.9


@pytest.mark.parametrize("kernel", KERNELS)
def test_points_outside_see_what_reaches_in(kernel: str) -> None:
    x, y = np.array([375.0, -50.0, 5_000.0]), np.array([350.0, 200.0, 0.0])
    outside = np.zeros(3, dtype=bool)
    window = window_of_outline(HOLED)
    ours = mass_inside(window, x, y, np.full(3, 300.0), kernel=kernel, inside=outside)
    assert np.abs(ours - _on_lattice(HOLED, x, y, 300.0, kernel)).max() < 2e-4
    assert ours[2] == 0


@pytest.mark.parametrize("kernel", KERNELS)
def test_a_point_on_the_outline_has_half_and_one_in_a_corner_a_quarter(kernel: str) -> None:
    x, y = np.array([0.0, 500.0, 1000.0, 0.0]), np.array([0.0, 0.0, 700.0, 350.0])
    ours = mass_inside(window_of_outline(HOLED), x, y, np.full(4, 20.0), kernel=kernel)
    assert ours == pytest.approx([0.25, 0.5, 0.25, 0.5], abs=1e-6)


@pytest.mark.parametrize("kernel", KERNELS)
def test_a_point_that_rounding_puts_outside_is_measured_where_it_is(kernel: str) -> None:
    x, y = np.array([500.0, 500.0]), np.array([-0.02, 0.02])
    ours = mass_inside(window_of_outline(HOLED), x, y, np.full(2, 20.0), kernel=kernel)
    assert ours == pytest.approx([0.5, 0.5], abs=2e-3)


def test_far_from_the_outline_all_is_inside() -> None:
    one = np.ones(1)
    for kernel in KERNELS:
        mass = mass_inside(
            window_of_outline(shapely.box(-1e4, -1e4, 1e4, 1e4)), one, one, one, kernel=kernel
        )
        assert mass.tolist() == [1.0]


def test_cells_make_the_window_that_their_union_makes() -> None:
    across = np.arange(12) * 100.0
    x, y = (a.ravel() for a in np.meshgrid(across, across))
    squares = shapely.box(x, y, x + 100, y + 100)
    kept = np.random.default_rng(2).random(len(squares)) < 0.8  # with holes and islands
    cells = window_of_cells(squares[kept])
    union = shapely.union_all(squares[kept])
    assert len(cells.start) < 4 * kept.sum() / 2
    assert cells.area_m2 == pytest.approx(union.area)
    at_x, at_y = _points_in(union, 60)
    for kernel in KERNELS:
        h = np.full(60, 170.0)
        ours = mass_inside(cells, at_x, at_y, h, kernel=kernel)
        theirs = mass_inside(window_of_outline(union), at_x, at_y, h, kernel=kernel)
        assert np.abs(ours - theirs).max() < 1e-9


def test_a_great_many_pairs_are_taken_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    x, y = _points_in(ISLANDS, 200)
    h = np.full(200, 300.0)
    whole = mass_inside(window_of_outline(ISLANDS), x, y, h, kernel="quartic")
    monkeypatch.setattr("hotspots.methods.density.window._PAIRS_AT_A_TIME", 5)
    parts = mass_inside(window_of_outline(ISLANDS), x, y, h, kernel="quartic")
    assert np.array_equal(whole, parts)


@settings(max_examples=60)
@given(
    turn=st.floats(0, 6.3),
    dx=st.floats(-1e5, 1e5),
    dy=st.floats(-1e5, 1e5),
    kernel=st.sampled_from(KERNELS),
)
def test_turning_and_moving_all_changes_nothing(
    turn: float, dx: float, dy: float, kernel: str
) -> None:
    def moved(xy: Array) -> Array:
        turned = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
        return np.asarray(xy @ turned.T + [dx, dy])

    x, y = _points_in(ISLANDS, 10)
    there = moved(np.column_stack([x, y]))
    h = np.full(10, 250.0)
    here = mass_inside(window_of_outline(ISLANDS), x, y, h, kernel=kernel)
    other = window_of_outline(shapely.transform(ISLANDS, moved))
    assert np.allclose(
        here, mass_inside(other, there[:, 0], there[:, 1], h, kernel=kernel), atol=1e-8
    )
