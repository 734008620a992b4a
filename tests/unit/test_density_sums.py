"""Sums of kernels: each way gives the direct sum, and where nothing reaches there is nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as of

from hotspots.errors import ParameterError
from hotspots.methods.density.kernels import (
    KERNELS,
    bandwidth_of_spread,
    check_kernel,
    peak,
    profile,
    reach_per_bandwidth,
    spread_m,
)
from hotspots.methods.density.lattice import gaussian_sums, lattice_pays
from hotspots.methods.density.sums import kernel_sums

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

#: What the Gaussian may lose by being cut at five standard deviations, of the largest sum.
CUT = 1e-5


def _direct(x: Array, y: Array, w: Array, h: Array, at_x: Array, at_y: Array, kernel: str) -> Array:
    away = ((at_x[:, None] - x) ** 2 + (at_y[:, None] - y) ** 2) / h**2
    height = np.exp(-away / 2) if kernel == "gaussian" else profile(kernel, away)
    return np.asarray((height * (w * peak(kernel) / h**2)).sum(axis=1))


def _scatter(n: int, seed: int = 1) -> tuple[Array, Array, Array]:
    rng = np.random.default_rng(seed)
    return rng.normal(0, 900, n), rng.uniform(-2000, 2000, n), rng.integers(1, 4, n).astype(float)


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("fast", [True, False])
@pytest.mark.parametrize("bandwidth", [30.0, 400.0, 50_000.0])
def test_the_sum_is_the_direct_sum(kernel: str, fast: bool, bandwidth: float) -> None:  # noqa: FBT001
    x, y, w = _scatter(700)
    at_x, at_y, _ = _scatter(500, seed=2)
    h = np.full(len(x), bandwidth)
    ours = kernel_sums(x, y, w, h, at_x_m=at_x, at_y_m=at_y, kernel=kernel, use_compiled=fast)
    theirs = _direct(x, y, w, h, at_x, at_y, kernel)
    assert np.abs(ours - theirs).max() <= (CUT if kernel == "gaussian" else 1e-13) * theirs.max()


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("fast", [True, False])
def test_every_point_may_have_its_own_bandwidth(kernel: str, fast: bool) -> None:  # noqa: FBT001
    x, y, w = _scatter(400)
    at_x, at_y, _ = _scatter(300, seed=2)
    h = np.random.default_rng(3).uniform(20, 2500, len(x))
    ours = kernel_sums(x, y, w, h, at_x_m=at_x, at_y_m=at_y, kernel=kernel, use_compiled=fast)
    theirs = _direct(x, y, w, h, at_x, at_y, kernel)
    assert np.abs(ours - theirs).max() <= (CUT if kernel == "gaussian" else 1e-13) * theirs.max()


@pytest.mark.parametrize("fast", [True, False])
def test_the_lattice_gives_the_direct_sum(fast: bool) -> None:  # noqa: FBT001
    x, y, w = _scatter(3_000)
    at_x, at_y, _ = _scatter(2_000, seed=2)
    for spread in (60.0, 400.0, 9_000.0):
        ours = gaussian_sums(x, y, w, spread, at_x_m=at_x, at_y_m=at_y, use_compiled=fast)
        theirs = _direct(x, y, w, np.full(len(x), spread), at_x, at_y, "gaussian")
        assert np.abs(ours - theirs).max() <= CUT * theirs.max()


def test_many_equal_gaussians_go_by_the_lattice_and_few_do_not() -> None:
    x, y, _ = _scatter(3_000)
    assert lattice_pays(x, y, x, y, 300.0, 1500.0)
    assert not lattice_pays(x[:9], y[:9], x[:9], y[:9], 300.0, 1500.0)
    assert not lattice_pays(x * 1e4, y * 1e4, x, y, 3.0, 15.0)  # more nodes than memory holds


def test_nothing_beyond_the_reach() -> None:
    for kernel in KERNELS:
        just = 100 * reach_per_bandwidth(kernel)
        at = np.array([0.999 * just, 1.001 * just])
        one = np.ones(1)
        sums = kernel_sums(
            0 * one, 0 * one, one, 100 * one, at_x_m=at, at_y_m=np.zeros(2), kernel=kernel
        )
        assert sums[0] > 0
        assert sums[1] == 0


def test_no_places_and_no_points() -> None:
    none, one = np.zeros(0), np.ones(1)
    assert kernel_sums(one, one, one, one, at_x_m=none, at_y_m=none, kernel="quartic").shape == (0,)
    sums = kernel_sums(none, none, none, none, at_x_m=one, at_y_m=one, kernel="quartic")
    assert sums.tolist() == [0.0]


def test_kernels_have_mass_one_and_the_spread_that_is_stated() -> None:
    step = 0.01
    x, y = np.meshgrid(np.arange(-6, 6, step), np.arange(-6, 6, step))
    for kernel in KERNELS:
        height = peak(kernel) * profile(kernel, x**2 + y**2) * step**2
        assert height.sum() == pytest.approx(1, abs=1e-4)
        assert np.sqrt((height * x**2).sum()) == pytest.approx(spread_m(kernel, 1.0), rel=1e-3)
        assert bandwidth_of_spread(kernel, spread_m(kernel, 7.0)) == pytest.approx(7)
    assert bandwidth_of_spread("quartic", 1.0) == pytest.approx(2.828, abs=1e-3)


def test_an_unknown_kernel_is_refused() -> None:
    with pytest.raises(ParameterError, match=r"one of 'quartic', 'gaussian', 'epanechnikov', got"):
        check_kernel("quadratic")


COORDINATES = of.arrays(np.float64, 40, elements=st.floats(-5_000, 5_000, width=32))


@settings(max_examples=60)
@given(x=COORDINATES, y=COORDINATES, dx=st.floats(-1e5, 1e5), dy=st.floats(-1e5, 1e5))
def test_moving_all_moves_the_sum(x: Array, y: Array, dx: float, dy: float) -> None:
    w, h = np.ones(20), np.full(20, 700.0)
    for kernel in KERNELS:
        here = kernel_sums(x[:20], y[:20], w, h, at_x_m=x[20:], at_y_m=y[20:], kernel=kernel)
        moved = x + dx, y + dy
        there = kernel_sums(
            moved[0][:20],
            moved[1][:20],
            w,
            h,
            at_x_m=moved[0][20:],
            at_y_m=moved[1][20:],
            kernel=kernel,
        )
        # The Gaussian may step over its cut.
        assert np.allclose(here, there, rtol=1e-9, atol=20 * CUT * peak(kernel) / 700**2)


@settings(max_examples=60)
@given(x=COORDINATES, y=COORDINATES, factor=st.integers(1, 9))
def test_weights_are_copies(x: Array, y: Array, factor: int) -> None:
    at = {"at_x_m": x[20:], "at_y_m": y[20:], "kernel": "quartic"}
    w, h = np.ones(20), np.full(20, 700.0)
    once = kernel_sums(x[:20], y[:20], w * factor, h, **at)  # type: ignore[arg-type]
    many = kernel_sums(
        np.tile(x[:20], factor),
        np.tile(y[:20], factor),
        np.ones(20 * factor),
        np.full(20 * factor, 700.0),
        **at,  # type: ignore[arg-type]
    )
    assert np.allclose(once, many, rtol=1e-12, atol=0)
