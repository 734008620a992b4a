"""On maps of noise at most 5 % may show a hot cell, and a cluster that is there is found.

The bar stands in conftest.py, the maps in maps.py.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np
import pytest
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
    three_sizes,
)

import hotspots as hs
from hotspots.methods.local.testing import prepare

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray
    from tests.calibration.conftest import AlarmRate
    from tests.calibration.judging import See
    from tests.calibration.maps import Draw, Land

    from hotspots.methods.local.params import LocalGiStarParams

N_MAPS: Final = 2_000
SWITCHES_AT_ONCE: Final = 100


@cache
def patch() -> Land:
    return hexagons(20)


@cache
def larger_patch() -> Land:
    return hexagons(40)


@cache
def three_rings() -> Land:
    return three_sizes(lambda n_rings: hexagons(20, n_rings=n_rings))


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
    see: Callable[[Land], See]
    land: Callable[[], Land] = patch
    options: dict[str, object] = field(default_factory=dict)

    @property
    def params(self) -> LocalGiStarParams:
        return replace(DEFAULTS, **self.options)  # type: ignore[arg-type]

    @property
    def method(self) -> str:
        return f"local_gi_star, {self.params.null}"

    def alarms(self, n_maps: int, rng: np.random.Generator) -> int:
        land = self.land()
        return maps_that_show_anything(land, self.see(land), self.params, n_maps=n_maps, rng=rng)


def only(make: Callable[[Land], Draw]) -> Callable[[Land], See]:
    """Show counts alone: for shuffled cells, and for the normal approximation."""

    def see(land: Land) -> See:
        draw = make(land)
        return lambda rng: (draw(rng), None)

    return see


def on_land(make: Callable[[Land], Draw], *, equal: bool = False) -> Callable[[Land], See]:
    """Show counts and the land of each cell, or equal shares as if no cell were cut."""

    def see(land: Land) -> See:
        draw = make(land)
        return lambda rng: (draw(rng), np.ones(land.n_cells) if equal else land.area)

    return see


def points(n: int) -> Callable[[Land], Draw]:
    return lambda land: random_points(land, n)


def uneven_population(land: Land) -> Draw:
    """Draw the same risk for everybody, and keep to oneself where they live."""
    see = over_people(2_000)(land)
    return lambda rng: see(rng)[0]


def over_people(n: int, *, noise_shape: float | None = None) -> Callable[[Land], See]:
    """Show the same risk for everybody, and the people: new ones for every map."""

    def see(land: Land) -> See:
        def one(rng: np.random.Generator) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
            people = smooth_population(land, rng)
            return constant_risk(people, n, noise_shape=noise_shape)(rng), people

        return one

    return see


def beside(n: int, *, noise_shape: float | None = None) -> Callable[[Land], See]:
    """Show two crimes that follow the same people, the other one five times as common."""

    def see(land: Land) -> See:
        def one(rng: np.random.Generator) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
            people = smooth_population(land, rng)
            other = constant_risk(people, 5 * n)(rng)
            return constant_risk(people, n, noise_shape=noise_shape)(rng), other

        return one

    return see


Options: TypeAlias = dict[str, object]
COLD: Final[Options] = {"alternative": "two-sided"}
RAW: Final[Options] = {"cap_quantile": None}
POINTS: Final[Options] = {"null": "random_points", "cap_quantile": None}
PEOPLE: Final[Options] = {"null": "population", "cap_quantile": None}
OTHER: Final[Options] = {"null": "reference", "cap_quantile": None}
NORMAL: Final[Options] = {"null": "normal", "cap_quantile": None}
ALL_SIZES: Final[Options] = {"n_rings": (1, 2, 3)}

CASES: Final = [
    *(Case(name=f"{n:,} random points", see=only(points(n))) for n in (200, 2_000, 20_000)),
    Case(name="2,000 random points, hot or cold", see=only(points(2_000)), options=COLD),
    Case(name="heavy-tailed counts", see=only(heavy_tailed)),
    Case(name="heavy-tailed counts, not capped", see=only(heavy_tailed), options=RAW),
    Case(name="heavy-tailed counts, hot or cold", see=only(heavy_tailed), options=COLD),
    Case(
        name="heavy-tailed counts, one, two and three rings together",
        see=only(heavy_tailed),
        land=three_rings,
        options=ALL_SIZES,
    ),
    Case(name="heavy-tailed counts, disc with cut cells", see=only(heavy_tailed), land=round_area),
    Case(
        name="20,000 random points, West Yorkshire (3,109 cells)",
        see=only(points(20_000)),
        land=west_yorkshire,
    ),
    Case(name="ten giant cells", see=only(ten_giants)),
    Case(name="ten giant cells, not capped", see=only(ten_giants), options=RAW),
    *(
        Case(name=f"{n:,} random points", see=on_land(points(n)), options=POINTS)
        for n in (200, 2_000, 20_000)
    ),
    Case(
        name="2,000 random points, hot or cold",
        see=on_land(points(2_000)),
        options=POINTS | COLD,
    ),
    Case(
        name="2,000 random points, one, two and three rings together",
        see=on_land(points(2_000)),
        land=three_rings,
        options=POINTS | ALL_SIZES,
    ),
    *(
        Case(
            name=f"{n:,} random points, disc with cut cells",
            see=on_land(points(n)),
            land=round_area,
            options=POINTS,
        )
        for n in (200, 2_000, 20_000)
    ),
    Case(
        name="10,000 random points, Calderdale (79 cells)",
        see=on_land(points(10_000)),
        land=calderdale,
        options=POINTS,
    ),
    *(
        Case(
            name=f"{n:,} incidents, constant risk, uneven population",
            see=over_people(n),
            options=PEOPLE,
        )
        for n in (200, 2_000, 20_000)
    ),
    *(
        Case(
            name=f"{n:,} incidents, constant risk, uneven population, uneven cells",
            see=over_people(n, noise_shape=1.0),
            options=PEOPLE,
        )
        for n in (200, 2_000, 20_000)
    ),
    Case(
        name="2,000 incidents, another crime in the same places",
        see=beside(2_000),
        options=OTHER,
    ),
    Case(
        name="2,000 incidents, another crime in the same places, uneven cells",
        see=beside(2_000, noise_shape=1.0),
        options=OTHER,
    ),
]
by_name: Final = pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c.params.null}: {c.name}")


@pytest.mark.calibration
@by_name
def test_few_random_maps_show_anything(case: Case, alarm_rate: AlarmRate) -> None:
    alarms = case.alarms(N_MAPS, np.random.default_rng(FIXED_SEED))
    alarm_rate(alarms, N_MAPS, method=case.method, maps=case.name)


#: Maps for which a null does not hold. The manual says so, with these figures.
KNOWN_LIMITS: Final = [
    Case(name="2,000 incidents, constant risk, uneven population", see=over_people(2_000)),
    Case(
        name="2,000 incidents, constant risk, uneven population, uneven cells",
        see=over_people(2_000, noise_shape=1.0),
    ),
    Case(
        name="2,000 incidents, constant risk, uneven population",
        see=on_land(uneven_population),
        options=POINTS,
    ),
    Case(
        name="2,000 incidents dropped on the people, uneven cells",
        see=over_people(2_000, noise_shape=1.0),
        options=POINTS,
    ),
    Case(
        name="10,000 random points, Calderdale (79 cells)",
        see=only(points(10_000)),
        land=calderdale,
    ),
    Case(name="heavy-tailed counts", see=on_land(heavy_tailed), options=POINTS),
    Case(
        name="20,000 random points, disc with cut cells, as if none were cut",
        see=on_land(points(20_000), equal=True),
        land=round_area,
        options=POINTS | COLD,
    ),
    Case(name="200 random points", see=only(points(200)), options=NORMAL),
    Case(
        name="2,000 random points, 1,600 cells",
        see=only(points(2_000)),
        land=larger_patch,
        options=NORMAL,
    ),
    Case(name="heavy-tailed counts", see=only(heavy_tailed), options=NORMAL),
]


@pytest.mark.calibration
@pytest.mark.parametrize("case", KNOWN_LIMITS, ids=lambda c: f"{c.params.null}: {c.name}")
def test_where_the_null_does_not_hold_is_known(case: Case, alarm_rate: AlarmRate) -> None:
    alarms = case.alarms(N_MAPS, np.random.default_rng(FIXED_SEED))
    alarm_rate(alarms, N_MAPS, method=case.method, maps=case.name, holds=False)


@pytest.mark.calibration
def test_the_bar_can_be_missed() -> None:
    """Without a correction nearly every map shows something, and this check would say so."""
    rng, draw = np.random.default_rng(1), heavy_tailed(patch())
    answers = [judge(patch(), draw(rng), DEFAULTS) for _ in range(200)]
    uncorrected = sum(bool((answer.p_value < 0.05).any()) for answer in answers)
    assert uncorrected > 180
    assert bounds(uncorrected, 200)[1] > BAR


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
            p_values = ready.tails.at_least(sums, windows.sizes[:, None])
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
    alarm_rate(
        alarms,
        N_MAPS,
        method="local_gi_star, shuffled_cells",
        maps="all 240 maps of a switch, corrected together",
    )


@pytest.mark.calibration
def test_five_in_six_planted_cells_are_found() -> None:
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
    alarm_rate(alarms, n_maps, method=case.method, maps=maps, bar=0.053)
