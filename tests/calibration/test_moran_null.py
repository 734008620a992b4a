"""On maps of noise at most 5 % may show a cell by local Moran; and a cluster is found."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np
import pytest
from scipy import sparse
from tests.calibration.conftest import BAR, FIXED_SEED, bounds
from tests.calibration.judging import found_of, hot_by_default
from tests.calibration.maps import (
    constant_risk,
    heavy_tailed,
    hexagons,
    planted,
    random_points,
    smooth_population,
    ten_giants,
)

from hotspots.inference.capping import cap_of, capped_at
from hotspots.methods.autocorrelation.global_moran import standardised_rates
from hotspots.methods.autocorrelation.local_testing import HOT, judge
from hotspots.methods.autocorrelation.moments import (
    moran_index,
    row_standardised,
    shuffled_indices,
)
from hotspots.methods.autocorrelation.params import LocalMoranParams

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray
    from tests.calibration.conftest import AlarmRate
    from tests.calibration.maps import Draw, Land

    from hotspots.methods.autocorrelation.local_testing import Answer

    MakeDraw: TypeAlias = Callable[[Land], Draw]

N_MAPS: Final = 2_000
METHOD: Final = "local_moran"
DEFAULTS: Final = LocalMoranParams(
    column="n",
    alternative="greater",
    adjust="fdr_bh",
    alpha=0.05,
    cap_quantile=0.99,
    n_permutations=None,
    n_rings=1,
    min_area_share=0.5,
)


@cache
def patch() -> Land:
    return hexagons(20)


@cache
def patch_links() -> sparse.csr_array:
    windows, n = patch().windows, patch().n_cells
    owner = np.repeat(np.arange(n), windows.sizes)
    other = owner != windows.members
    ones = np.ones(int(other.sum()), dtype=np.int64)
    return sparse.csr_array((ones, (owner[other], windows.members[other])), shape=(n, n))


def _judge(counts: NDArray[np.int64], params: LocalMoranParams, rng: np.random.Generator) -> Answer:
    capped = capped_at(counts, cap_of(counts, params.cap_quantile))
    return judge(capped, patch_links(), params, rng=rng)


def _alarms(draw: Draw, params: LocalMoranParams, n_maps: int, rng: np.random.Generator) -> int:
    found = (_judge(draw(rng), params, rng).p_adjusted for _ in range(n_maps))
    return sum(bool((adjusted <= params.alpha).any()) for adjusted in found)


def _points(n: int) -> MakeDraw:
    return lambda land: random_points(land, n)


CASES: Final = [
    pytest.param("200 random points", _points(200), {}, id="200"),
    pytest.param("2,000 random points", _points(2_000), {}, id="2,000"),
    pytest.param("20,000 random points", _points(20_000), {}, id="20,000"),
    pytest.param("heavy-tailed counts", heavy_tailed, {}, id="heavy"),
    pytest.param(
        "2,000 random points, hot, cold or outlier",
        _points(2_000),
        {"alternative": "two-sided"},
        id="two-sided",
    ),
    pytest.param(
        "heavy-tailed counts, 999 draws", heavy_tailed, {"n_permutations": 999}, id="999 draws"
    ),
]
LONG_CASES: Final = [
    *CASES,
    pytest.param("ten giant cells", ten_giants, {}, id="giants"),
    pytest.param("ten giant cells, not capped", ten_giants, {"cap_quantile": None}, id="raw"),
    pytest.param(
        "20,000 random points, hot, cold or outlier",
        _points(20_000),
        {"alternative": "two-sided"},
        id="20,000 two-sided",
    ),
    pytest.param(
        "heavy-tailed counts, 9,999 draws",
        heavy_tailed,
        {"n_permutations": 9_999},
        id="9,999 draws",
    ),
]


@pytest.mark.calibration
@pytest.mark.parametrize(("maps", "draw", "options"), CASES)
def test_few_random_maps_show_anything(
    maps: str, draw: MakeDraw, options: dict[str, Any], alarm_rate: AlarmRate
) -> None:
    params = replace(DEFAULTS, **options)
    alarms = _alarms(draw(patch()), params, N_MAPS, np.random.default_rng(FIXED_SEED))
    alarm_rate(alarms, N_MAPS, method=METHOD, maps=maps)


@pytest.mark.calibration
def test_where_people_cluster_the_null_does_not_hold(alarm_rate: AlarmRate) -> None:
    rng = np.random.default_rng(FIXED_SEED)
    draw = constant_risk(smooth_population(patch(), rng), 2_000)
    alarms = _alarms(draw, DEFAULTS, 300, rng)
    alarm_rate(alarms, 300, method=METHOD, maps="constant risk, uneven population", holds=False)


@pytest.mark.calibration
def test_without_a_correction_the_bar_is_missed() -> None:
    rng = np.random.default_rng(1)
    draw = heavy_tailed(patch())
    p_values = (_judge(draw(rng), DEFAULTS, rng).p_value for _ in range(200))
    uncorrected = sum(bool((p[~np.isnan(p)] <= 0.05).any()) for p in p_values)
    assert bounds(uncorrected, 200)[0] > 4 * BAR


@pytest.mark.calibration
@pytest.mark.parametrize(("times", "share"), [(2.0, 0.15), (3.0, 0.6), (5.0, 0.97)])
def test_a_cluster_of_seven_cells_is_found_if_less_of_it_than_by_gi_star(
    times: float, share: float
) -> None:
    """A test that finds nothing would pass all of the above."""
    land = patch()
    middle = land.window(land.middle)
    plant = np.concatenate([[land.middle], middle[middle != land.middle]])
    draw = planted(land, plant, 2_000, times)
    here, there = (
        found_of(plant, draw, find, n_maps=300, rng=np.random.default_rng(1))
        for find in (_hot, hot_by_default(land))
    )
    assert share < here.cells <= there.cells
    assert here.middle > 0.7
    assert here.outside < 0.2


def _hot(counts: NDArray[np.int64]) -> NDArray[np.bool_]:
    return np.asarray(_judge(counts, DEFAULTS, np.random.default_rng(0)).word == HOT)


@pytest.mark.calibration
@pytest.mark.parametrize("rates", [False, True])
def test_the_global_test_has_its_level(rates: bool, alarm_rate: AlarmRate) -> None:  # noqa: FBT001
    """Counts in a random order; and rates of constant risk where people cluster."""
    rng = np.random.default_rng(FIXED_SEED)
    land = hexagons(10)
    windows = land.windows
    owner = np.repeat(np.arange(100), windows.sizes)
    other = owner != windows.members
    ones = np.ones(int(other.sum()), dtype=np.int64)
    links = sparse.csr_array((ones, (owner[other], windows.members[other])), shape=(100, 100))
    weights = row_standardised(links)
    people = smooth_population(land, rng)
    draw = constant_risk(people, 1_000) if rates else heavy_tailed(land)
    alarms = 0
    for _ in range(N_MAPS):
        counts = draw(rng)
        values = standardised_rates(counts, people) if rates else counts.astype(np.float64)
        index = moran_index(values, weights)
        shuffled = shuffled_indices(values, weights, n_permutations=99, rng=rng)
        alarms += 1 + int((shuffled >= index - 1e-12).sum()) <= 5
    maps = "constant risk, rates of 100 cells" if rates else "heavy-tailed counts, 100 cells"
    alarm_rate(alarms, N_MAPS, method="global_moran, 99 shuffled maps", maps=maps)


@pytest.mark.soak
@pytest.mark.parametrize(("maps", "draw", "options"), LONG_CASES)
def test_few_of_very_many_random_maps_show_anything(
    maps: str, draw: MakeDraw, options: dict[str, Any], seed_of_the_day: int
) -> None:
    n_maps = 20_000
    params = replace(DEFAULTS, **options)
    alarms = _alarms(draw(patch()), params, n_maps, np.random.default_rng(seed_of_the_day))
    # With so many maps the bound leaves 0.4 percentage points above the stated 5 %.
    assert bounds(alarms, n_maps)[1] <= 0.054, f"{maps}: {alarms} of {n_maps} maps"
