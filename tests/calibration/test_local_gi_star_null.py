"""On maps where nothing is to be found, at most 5 % may show a hot cell.

This fails above a bar that leaves room for the simulation's own chance: with 2,000 maps a case, the
upper 99 % bound (Clopper and Pearson) of the share of maps with any hot cell is at most 6.5 %.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, TypeAlias

import h3
import numpy as np
import pytest
from scipy import stats

from hotspots.cells import cell_areas_km2
from hotspots.methods.local.params import LocalGiStarParams
from hotspots.methods.local.testing import HOT, Answer, judge_cells, prepare
from hotspots.neighbours import cell_windows

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Draw: TypeAlias = Callable[[np.random.Generator], NDArray[np.int64]]

SIDE: Final = 20
N_MAPS: Final = 2_000
BAR: Final = 0.065
PARAMS: Final = LocalGiStarParams(
    column="n",
    null="shuffled_cells",
    alternative="greater",
    adjust="fdr_bh",
    alpha=0.05,
    cap_quantile=0.99,
    n_rings=1,
    min_area_share=0.5,
    n_busiest=10,
    window_cells=7,
)


def _patch() -> list[str]:
    """Give 20 by 20 cells: a rhombus in the rows of the H3 lattice."""
    origin = h3.latlng_to_cell(53.8, -1.55, 8)
    i, j = h3.cell_to_local_ij(origin, origin)
    return [h3.local_ij_to_cell(origin, i + a, j + b) for a in range(SIDE) for b in range(SIDE)]


CELLS: Final = _patch()


def _random_points(n: int) -> Draw:
    """Scatter points evenly over the land: cells get their share by area, which differs a bit."""
    areas = cell_areas_km2(CELLS)
    return lambda rng: rng.multinomial(n, areas / areas.sum())


def _heavy_tailed(rng: np.random.Generator) -> NDArray[np.int64]:
    """Draw counts as crime has them: most cells hold nothing, a few hold very many."""
    return rng.poisson(rng.lognormal(-1.0, 1.8, len(CELLS)))


def _ten_giants(rng: np.random.Generator) -> NDArray[np.int64]:
    counts = rng.poisson(1.0, len(CELLS))
    counts[rng.choice(len(CELLS), 10, replace=False)] = rng.integers(300, 900, 10)
    return counts


def _answers(
    draw: Draw, params: LocalGiStarParams, *, n_maps: int, rng: np.random.Generator
) -> list[Answer]:
    windows = cell_windows(CELLS, n_rings=params.n_rings)
    return [judge_cells(prepare(CELLS, draw(rng), params, windows), params) for _ in range(n_maps)]


def _upper_bound(alarms: int, n_maps: int) -> float:
    test = stats.binomtest(alarms, n_maps, alternative="less")
    return float(test.proportion_ci(0.99, method="exact").high)


def _alarms(answers: list[Answer], params: LocalGiStarParams) -> int:
    return sum(bool((a.p_adjusted <= params.alpha).any()) for a in answers)


CASES: Final = [
    pytest.param(_random_points(200), {}, id="200 random points"),
    pytest.param(_random_points(2_000), {}, id="2,000 random points"),
    pytest.param(_random_points(20_000), {}, id="20,000 random points"),
    pytest.param(_heavy_tailed, {}, id="heavy-tailed counts"),
    pytest.param(_heavy_tailed, {"cap_quantile": None}, id="heavy-tailed counts, not capped"),
    pytest.param(_heavy_tailed, {"alternative": "two-sided"}, id="heavy-tailed counts, two-sided"),
    pytest.param(_random_points(2_000), {"alternative": "two-sided"}, id="points, two-sided"),
    pytest.param(_heavy_tailed, {"n_rings": 2, "window_cells": 19}, id="heavy-tailed, two rings"),
    pytest.param(_ten_giants, {}, id="ten giant cells"),
    pytest.param(_ten_giants, {"cap_quantile": None}, id="ten giant cells, not capped"),
]


@pytest.mark.calibration
@pytest.mark.parametrize(("draw", "options"), CASES)
def test_few_random_maps_show_anything(draw: Draw, options: dict[str, object]) -> None:
    params = replace(PARAMS, **options)  # type: ignore[arg-type]
    answers = _answers(draw, params, n_maps=N_MAPS, rng=np.random.default_rng(20261122))
    assert _upper_bound(_alarms(answers, params), N_MAPS) <= BAR


@pytest.mark.calibration
def test_the_bar_can_be_missed() -> None:
    """Without a correction nearly every map shows something, and this check would say so."""
    answers = _answers(_heavy_tailed, PARAMS, n_maps=200, rng=np.random.default_rng(1))
    uncorrected = sum(bool((a.p_value < 0.05).any()) for a in answers)
    assert uncorrected > 180
    assert _upper_bound(uncorrected, 200) > BAR


@pytest.mark.calibration
def test_the_normal_approximation_would_miss_the_bar() -> None:
    """The z-score, read as normal and corrected the same way, fails on sparse counts."""
    answers = _answers(_random_points(200), PARAMS, n_maps=300, rng=np.random.default_rng(2))
    normal = sum(
        bool((stats.false_discovery_control(stats.norm.sf(a.z)) <= 0.05).any()) for a in answers
    )
    assert _upper_bound(normal, 300) > 4 * BAR


@pytest.mark.calibration
def test_real_clusters_are_found() -> None:
    """A test that finds nothing would pass all of the above: three times the rate must be seen."""
    planted = [CELLS.index(c) for c in h3.grid_disk(CELLS[SIDE * SIDE // 2 + SIDE // 2], 1)]
    shares = np.ones(len(CELLS))
    shares[planted] = 3.0
    answers = _answers(
        lambda rng: rng.multinomial(2_000, shares / shares.sum()),
        PARAMS,
        n_maps=200,
        rng=np.random.default_rng(3),
    )
    assert np.mean([a.word[planted[0]] == HOT for a in answers]) > 0.9


@pytest.mark.soak
@pytest.mark.parametrize(("draw", "options"), CASES)
def test_few_of_very_many_random_maps_show_anything(
    draw: Draw, options: dict[str, object], record_property: Callable[[str, object], None]
) -> None:
    seed = np.random.SeedSequence().entropy
    record_property("seed", seed)
    n_maps = 40_000
    params = replace(PARAMS, **options)  # type: ignore[arg-type]
    rng = np.random.default_rng(seed)
    alarms = sum(
        _alarms(_answers(draw, params, n_maps=1_000, rng=rng), params)
        for _ in range(n_maps // 1_000)
    )
    # With so many maps the bound leaves 0.3 percentage points above the stated 5 %.
    assert _upper_bound(alarms, n_maps) <= 0.053, f"{alarms} of {n_maps} maps, seed {seed}"
