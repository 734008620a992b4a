"""On maps of noise at most 5 % may show a hot cell, and a cluster that is there is found.

The bar stands in conftest.py, the maps in maps.py.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING, Final

import numpy as np
import pytest
from scipy import stats
from tests.calibration.conftest import BAR, FIXED_SEED, bounds
from tests.calibration.judging import (
    DEFAULTS,
    found_of,
    hot_by_default,
    judge,
    maps_that_show_anything,
)
from tests.calibration.maps import (
    constant_risk,
    disc,
    heavy_tailed,
    hexagons,
    planted,
    random_points,
    smooth_population,
    squares,
    study,
    ten_giants,
)

import hotspots as hs
from hotspots.methods.local.testing import prepare

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray
    from tests.calibration.conftest import AlarmRate
    from tests.calibration.maps import Draw, Land

    from hotspots.methods.local.params import LocalGiStarParams

N_MAPS: Final = 2_000
METHOD: Final = "local_gi_star, shuffled_cells"
SWITCHES_AT_ONCE: Final = 100


@cache
def patch() -> Land:
    return hexagons(20)


@cache
def two_rings() -> Land:
    return hexagons(20, n_rings=2)


@cache
def round_area() -> Land:
    """About 400 cells, cut at the edge."""
    return disc(9.5)


@cache
def calderdale() -> Land:
    """79 cells of real land, of which every third is cut."""
    areas = hs.read_areas(hs.sample_path("west-yorkshire-lsoa"))
    return study(areas[areas["district"] == "Calderdale"], resolution=7)


@cache
def west_yorkshire() -> Land:
    """3,109 cells of real land, of which few are cut."""
    return study(hs.read_areas(hs.sample_path("west-yorkshire-lsoa")), resolution=8)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One kind of map, and the options it is tested with."""

    name: str
    land: Callable[[], Land] = patch
    draw: Callable[[Land], Draw]
    options: dict[str, object] = field(default_factory=dict)

    @property
    def params(self) -> LocalGiStarParams:
        return replace(DEFAULTS, **self.options)  # type: ignore[arg-type]

    def alarms(self, n_maps: int, rng: np.random.Generator) -> int:
        land = self.land()
        return maps_that_show_anything(land, self.draw(land), self.params, n_maps=n_maps, rng=rng)


def _points(n: int) -> Callable[[Land], Draw]:
    return lambda land: random_points(land, n)


CASES: Final = [
    Case(name="200 random points", draw=_points(200)),
    Case(name="2,000 random points", draw=_points(2_000)),
    Case(name="20,000 random points", draw=_points(20_000)),
    Case(
        name="2,000 random points, hot or cold",
        draw=_points(2_000),
        options={"alternative": "two-sided"},
    ),
    Case(name="heavy-tailed counts", draw=heavy_tailed),
    Case(name="heavy-tailed counts, not capped", draw=heavy_tailed, options={"cap_quantile": None}),
    Case(
        name="heavy-tailed counts, hot or cold",
        draw=heavy_tailed,
        options={"alternative": "two-sided"},
    ),
    Case(
        name="heavy-tailed counts, two rings",
        draw=heavy_tailed,
        land=two_rings,
        options={"n_rings": 2},
    ),
    Case(name="heavy-tailed counts, disc with cut cells", draw=heavy_tailed, land=round_area),
    Case(
        name="20,000 random points, West Yorkshire (3,109 cells)",
        draw=_points(20_000),
        land=west_yorkshire,
    ),
    Case(name="ten giant cells", draw=ten_giants),
    Case(name="ten giant cells, not capped", draw=ten_giants, options={"cap_quantile": None}),
]
by_name: Final = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


@pytest.mark.calibration
@by_name
def test_few_random_maps_show_anything(case: Case, alarm_rate: AlarmRate) -> None:
    alarms = case.alarms(N_MAPS, np.random.default_rng(FIXED_SEED))
    alarm_rate(alarms, N_MAPS, method=METHOD, maps=case.name)


def _uneven_population(land: Land, *, noise_shape: float | None = None) -> Draw:
    """Draw new people for every map, and the same risk for each of them."""

    def draw(rng: np.random.Generator) -> NDArray[np.int64]:
        people = smooth_population(land, rng)
        return constant_risk(people, 2_000, noise_shape=noise_shape)(rng)

    return draw


#: Maps for which this null does not hold. The manual says so, with these figures.
KNOWN_LIMITS: Final = [
    Case(name="constant risk, uneven population", draw=_uneven_population),
    Case(
        name="constant risk, uneven population, uneven cells",
        draw=lambda land: _uneven_population(land, noise_shape=1.0),
    ),
    Case(name="10,000 random points, Calderdale (79 cells)", draw=_points(10_000), land=calderdale),
]


@pytest.mark.calibration
@pytest.mark.parametrize("case", KNOWN_LIMITS, ids=lambda case: case.name)
def test_where_the_null_does_not_hold_is_known(case: Case, alarm_rate: AlarmRate) -> None:
    alarms = case.alarms(N_MAPS, np.random.default_rng(FIXED_SEED))
    alarm_rate(alarms, N_MAPS, method=METHOD, maps=case.name, holds=False)


@pytest.mark.calibration
def test_the_bar_can_be_missed() -> None:
    """Without a correction nearly every map shows something, and this check would say so."""
    rng, draw = np.random.default_rng(1), heavy_tailed(patch())
    answers = [judge(patch(), draw(rng), DEFAULTS) for _ in range(200)]
    uncorrected = sum(bool((answer.p_value < 0.05).any()) for answer in answers)
    assert uncorrected > 180
    assert bounds(uncorrected, 200)[1] > BAR


@pytest.mark.calibration
@pytest.mark.parametrize(("n", "side"), [(200, 20), (2_000, 40)])
def test_the_normal_approximation_would_miss_the_bar(
    n: int, side: int, alarm_rate: AlarmRate
) -> None:
    """The z-score, read as normal and corrected the same way, fails on sparse counts."""
    land = hexagons(side)
    rng, draw = np.random.default_rng(FIXED_SEED), random_points(land, n)
    alarms = 0
    for _ in range(N_MAPS):
        p_value = stats.norm.sf(judge(land, draw(rng), DEFAULTS).z)
        alarms += bool((stats.false_discovery_control(p_value) <= DEFAULTS.alpha).any())
    alarm_rate(
        alarms,
        N_MAPS,
        method="z-score read as normal",
        maps=f"{n:,} random points, {side**2:,} cells",
        holds=False,
    )


def _switch_of_maps(n_maps: int, rng: np.random.Generator) -> int:
    """Shuffle all maps of a switch, correct them together, and count the switches that show any.

    24 months by ten groups: the counts of a map are drawn once, from rare offences to common ones,
    and put back on its cells in a new order every time.
    """
    windows, n_cells = patch().windows, patch().n_cells
    maps = [
        prepare(patch().cells, heavy_tailed(patch(), mean_log=level)(rng), DEFAULTS, windows)
        for level in np.linspace(-3.0, 1.0, 10)
        for _ in range(24)
    ]
    alarms = 0
    for _ in range(n_maps // SWITCHES_AT_ONCE):
        small: list[list[NDArray[np.float64]]] = [[] for _ in range(SWITCHES_AT_ONCE)]
        for ready in maps:
            order = np.tile(ready.counts, (SWITCHES_AT_ONCE, 1))
            sums = windows.sums(rng.permuted(order, axis=1).T)
            p_values = ready.tails.p_values(sums, windows.sizes[:, None], "greater")
            for kept, p_value in zip(small, p_values.T, strict=True):
                kept.append(p_value[p_value <= DEFAULTS.alpha])
        alarms += sum(_any_of(np.concatenate(kept), len(maps) * n_cells) for kept in small)
    return alarms


def _any_of(small: NDArray[np.float64], n_tests: int) -> bool:
    """Correct so many tests, given the p-values up to alpha: no larger one can be rejected."""
    ranked = np.sort(small) * n_tests / np.arange(1, len(small) + 1)
    return bool((ranked <= DEFAULTS.alpha).any())


@pytest.mark.calibration
def test_few_switches_of_240_maps_show_anything(alarm_rate: AlarmRate) -> None:
    alarms = _switch_of_maps(N_MAPS, np.random.default_rng(FIXED_SEED))
    alarm_rate(alarms, N_MAPS, method=METHOD, maps="all 240 maps of a switch, corrected together")


@pytest.mark.calibration
def test_four_in_five_planted_cells_are_found() -> None:
    """A test that finds nothing would pass all of the above: three times the rate must be seen."""
    land = squares(20)
    plant = land.nearest(land.window_cells)
    found = found_of(
        plant,
        planted(land, plant, 2_000, 3.0),
        hot_by_default(land),
        n_maps=500,
        rng=np.random.default_rng(FIXED_SEED),
    )
    assert found.cells >= 0.85
    assert found.middle >= 0.99


@pytest.mark.soak
@by_name
def test_few_of_very_many_random_maps_show_anything(
    case: Case, alarm_rate: AlarmRate, seed_of_the_day: int
) -> None:
    n_maps = 60_000
    alarms = case.alarms(n_maps, np.random.default_rng(seed_of_the_day))
    maps = f"{case.name}, seed {seed_of_the_day}"
    # With so many maps the bound leaves 0.3 percentage points above the stated 5 %.
    alarm_rate(alarms, n_maps, method=METHOD, maps=maps, bar=0.053)
