"""How often a scan shows a cluster where there is none, and what of a plant it finds.

The p-value is that of the strongest circle among all, so one test a map is enough. With R simulated
maps and alpha (1 + R) a whole number, the level of a test whose null holds is alpha exactly,
whatever R: 19 do. Exactly 5 % comes near the bar by chance on 2,000 maps; so there are 6,000.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import pytest
from tests.calibration.maps import (
    disc,
    heavy_tailed,
    hexagons,
    planted,
    random_points,
    smooth_population,
    ten_giants,
)

from hotspots.inference.capping import cap_of, capped_at
from hotspots.inference.circles import Circles, nested_circles
from hotspots.inference.cylinders import (
    best_cylinders,
    counts_up_to,
    incidents_in,
    permuted_maxima,
    stretches_of,
)
from hotspots.inference.scan_statistic import rank_p_values, scan_maxima
from hotspots.methods.scan.nulls import fitted_dispersion, maps_by_chance
from hotspots.methods.scan.params import ScanParams
from hotspots.methods.scan.testing import scan_places

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray
    from tests.calibration.conftest import AlarmRate
    from tests.calibration.maps import Draw, Land

    Batch = Callable[[np.random.Generator], NDArray[np.int64]]

#: Maps with one total are scanned together.
TOGETHER: Final = 100
N_SIMULATIONS: Final = 19
LAND: Final = hexagons(8)
DISC: Final = disc(3.0)
TWENTY: Final = hexagons(20)
PEOPLE: Final = smooth_population(LAND, np.random.default_rng(11))


class Case(NamedTuple):
    null: str
    maps: str
    batch: Batch
    land: Land = LAND
    base: NDArray[np.float64] = LAND.area
    n_maps: int = 6_000
    capped: bool = False

    def __str__(self) -> str:
        return f"{self.null}: {self.maps}"


def _each(draw: Draw) -> Batch:
    """Draw maps one by one; their totals must be alike."""
    return lambda rng: np.array([draw(rng) for _ in range(TOGETHER)])


def _shuffles(draw: Draw) -> Batch:
    """Draw one map and shuffle it: where cells are alike, as good as drawing each."""
    return lambda rng: rng.permuted(np.tile(draw(rng), (TOGETHER, 1)), axis=1)


def _constant_risk(n: int, rates: Callable[[np.random.Generator], NDArray[np.float64]]) -> Batch:
    """Scatter n incidents over people, with a random rate for each cell."""

    def draw(rng: np.random.Generator) -> NDArray[np.int64]:
        expected = PEOPLE * rates(rng)
        return rng.multinomial(n, expected / expected.sum())

    return _each(draw)


def _gamma(rng: np.random.Generator) -> NDArray[np.float64]:
    return rng.gamma(2.0, 0.5, len(PEOPLE))


def _lognormal(rng: np.random.Generator) -> NDArray[np.float64]:
    return rng.lognormal(0.0, 0.5, len(PEOPLE))


def _heavy_lognormal(rng: np.random.Generator) -> NDArray[np.float64]:
    return rng.lognormal(0.0, 1.0, len(PEOPLE))


EVEN: Final = _constant_risk(2_000, lambda _: np.ones(len(PEOPLE)))
SHORT: Final = [
    Case("shuffled_cells", "200 random points", _each(random_points(LAND, 200))),
    Case("shuffled_cells", "heavy-tailed counts", _shuffles(heavy_tailed(LAND))),
    Case("shuffled_cells", "ten giant cells, capped", _shuffles(ten_giants(LAND)), capped=True),
    Case("poisson", "constant risk", EVEN, base=PEOPLE),
    Case("uneven_cells", "constant risk", EVEN, base=PEOPLE, n_maps=2_000),
    Case(
        "uneven_cells",
        "constant risk, uneven cells (gamma, shape 2)",
        _constant_risk(2_000, _gamma),
        base=PEOPLE,
        n_maps=2_000,
    ),
    Case(
        "uneven_cells",
        "constant risk, uneven cells (lognormal, sigma 0.5)",
        _constant_risk(2_000, _lognormal),
        base=PEOPLE,
        n_maps=2_000,
    ),
]
LONG: Final = [
    Case(
        "shuffled_cells", "heavy-tailed counts, capped", _shuffles(heavy_tailed(LAND)), capped=True
    ),
    Case("shuffled_cells", "ten giant cells", _shuffles(ten_giants(LAND))),
    Case("shuffled_cells", "2,000 random points", _each(random_points(LAND, 2_000))),
    Case("shuffled_cells", "20,000 random points", _each(random_points(LAND, 20_000))),
    Case(
        "shuffled_cells",
        "2,000 points, clipped disc",
        _each(random_points(DISC, 2_000)),
        DISC,
        DISC.area,
    ),
    Case("poisson", "2,000 random points", _each(random_points(LAND, 2_000))),
    Case(
        "uneven_cells",
        "constant risk, uneven cells (lognormal, sigma 1), 200 incidents",
        _constant_risk(200, _heavy_lognormal),
        base=PEOPLE,
    ),
]


def _circles(land: Land, base: NDArray[np.float64]) -> Circles:
    return nested_circles(land.xy[:, 0] * 1000, land.xy[:, 1] * 1000, base, max_share=0.5)


def _alarms(case: Case, *, n_maps: int, rng: np.random.Generator) -> int:
    """Count maps on which the strongest circle has p <= 0.05."""
    circles, alarms = _circles(case.land, case.base), 0
    for _ in range(n_maps // TOGETHER):
        rows = []
        for drawn in case.batch(rng):
            counts = drawn
            if case.capped:
                top = np.quantile(drawn[drawn > 0], 0.99, method="lower")
                counts = np.minimum(drawn, int(top))
            made = maps_by_chance(
                case.null,
                counts,
                case.base,
                dispersion=fitted_dispersion(counts, case.base),
                n_simulations=N_SIMULATIONS,
                rng=rng,
            )
            rows += [counts[None].astype(np.int32), *made]
        total = int(rows[0].sum())
        maxima = scan_maxima(circles, [np.vstack(rows)], total=total, alternative="greater")
        for one in maxima.reshape(TOGETHER, 1 + N_SIMULATIONS):
            alarms += bool(rank_p_values(one[:1], one[1:])[0] <= 0.05)
    return alarms


@pytest.mark.calibration
@pytest.mark.parametrize("case", SHORT, ids=str)
def test_few_maps_without_a_cluster_show_one(case: Case, alarm_rate: AlarmRate) -> None:
    alarms = _alarms(case, n_maps=case.n_maps, rng=np.random.default_rng(20261122))
    alarm_rate(alarms, case.n_maps, method=f"scan_hotspots, {case.null}", maps=case.maps)


@pytest.mark.calibration
def test_one_rate_everywhere_does_not_hold_where_cells_are_uneven(alarm_rate: AlarmRate) -> None:
    """What the caveat of null="poisson" says, with its figure."""
    maps = "constant risk, uneven cells (lognormal, sigma 0.5)"
    case = Case("poisson", maps, _constant_risk(2_000, _lognormal), base=PEOPLE)
    alarms = _alarms(case, n_maps=500, rng=np.random.default_rng(1))
    alarm_rate(alarms, 500, method="scan_hotspots, poisson", maps=maps, holds=False)


@pytest.mark.calibration
def test_a_shuffle_does_not_allow_for_where_people_are(alarm_rate: AlarmRate) -> None:
    maps = "constant risk over a smooth population"
    alarms = _alarms(Case("shuffled_cells", maps, EVEN), n_maps=500, rng=np.random.default_rng(2))
    alarm_rate(alarms, 500, method="scan_hotspots, shuffled_cells", maps=maps, holds=False)


@pytest.mark.calibration
def test_a_permutation_of_days_needs_no_population(alarm_rate: AlarmRate) -> None:
    """Places differ, and so do days; but no place has a time of its own."""
    rng, n_maps, alarms = np.random.default_rng(20261122), 3_000, 0
    x, y = rng.uniform(0, 5_000, (2, 12))
    by_place, by_day = rng.lognormal(0, 1, 12), 1 + 0.5 * np.sin(np.arange(12))
    stretches = stretches_of(12, longest=6, ending_last=True)
    for _ in range(n_maps):
        _, places = np.unique(rng.choice(12, 60, p=by_place / by_place.sum()), return_inverse=True)
        steps = rng.choice(12, 60, p=by_day / by_day.sum())
        n = np.bincount(places)
        circles = nested_circles(x[: len(n)], y[: len(n)], n.astype(np.float64), max_share=0.5)
        before = counts_up_to(places, steps, len(n), stretches)
        found = best_cylinders(circles, before, stretches, incidents_in(steps, stretches))[0].max()
        maxima = permuted_maxima(
            circles, places, steps, stretches, n_simulations=N_SIMULATIONS, rng=rng
        )
        alarms += bool(rank_p_values(np.array([found]), maxima)[0] <= 0.05)
    alarm_rate(alarms, n_maps, method="scan_space_time", maps="uneven places, uneven days")


@pytest.mark.calibration
@pytest.mark.parametrize(("cells", "times"), [(7, 3.0), (20, 3.0), (80, 3.0), (80, 1.5)])
def test_plants_of_any_size_are_found(cells: int, times: float) -> None:
    """From a window of Gi* to a fifth of the land; 2,000 incidents on 400 cells."""
    plant = TWENTY.nearest(cells)
    draw, circles = planted(TWENTY, plant, 2_000, times), _circles(TWENTY, TWENTY.area)
    params = ScanParams(
        column="n",
        null="shuffled_cells",
        alternative="greater",
        secondary="maxima",
        base="area",
        denominator="",
        max_share=0.5,
        max_radius_m=None,
        cap_quantile=0.99,
        alpha=0.05,
        n_simulations=59,
        seed=None,
    )
    rng, shares = np.random.default_rng(3), []
    for _ in range(20):
        counts = draw(rng)
        capped = replace(params, cap=cap_of(counts, params.cap_quantile))
        tested = capped_at(counts, capped.cap)
        answer = scan_places(circles, tested, TWENTY.area, capped, rng)
        hot = {m for one in answer.found if one.p_value <= 0.05 for m in one.members}
        shares.append(len(hot & set(plant)) / cells)
    assert np.mean(shares) > 0.85


@pytest.mark.soak
@pytest.mark.parametrize("case", [*SHORT, *LONG], ids=str)
def test_few_of_very_many_maps_show_a_cluster(
    case: Case, alarm_rate: AlarmRate, seed_of_the_day: int
) -> None:
    alarms = _alarms(case, n_maps=40_000, rng=np.random.default_rng(seed_of_the_day))
    alarm_rate(alarms, 40_000, method=f"scan_hotspots, {case.null}", maps=case.maps, bar=0.054)
