"""On maps of random points, at most 5 % may have a cluster that is called hot.

The bar stands in conftest.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pytest
import shapely
from tests.calibration.conftest import FIXED_SEED

from hotspots.inference.random_points import RandomPoints
from hotspots.methods.clusters.chance import largest_at_random
from hotspots.methods.clusters.grouping import group_places

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray
    from tests.calibration.conftest import AlarmRate

    Floats = NDArray[np.float64]

N_MAPS: Final = 2_000
#: With 19 random maps the level is exactly 5 %: the real map leads in one of 20.
N_SIMULATIONS: Final = 19
METHOD: Final = "dbscan_hotspots, random points"
LAND: Final = shapely.Polygon([(0, 0), (9000, 0), (9000, 1500), (2500, 2500), (1500, 9000)])


def _stacks(n: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Put as many incidents on places as real files have: most one, a few dozens."""
    return 1 + rng.poisson(rng.lognormal(-2.0, 1.8, n))


def _alarms(
    throw: Callable[[np.random.Generator], tuple[Floats, Floats]],
    weights: Callable[[np.random.Generator], NDArray[np.int64]],
    *,
    reach: float,
    needed: int,
    n_maps: int,
    seed: int,
) -> int:
    rng = np.random.default_rng(seed)
    alarms = 0
    for _ in range(n_maps):
        (x, y), here = throw(rng), weights(rng)
        sizes = group_places(x, y, here, reach=reach, needed=needed).sizes
        if not len(sizes):
            continue
        chance = largest_at_random(
            LAND, here, sizes, reach=reach, needed=needed, n_simulations=N_SIMULATIONS, rng=rng
        )
        alarms += bool((chance.p_adjusted <= 0.05).any())
    return alarms


@pytest.mark.calibration
def test_few_maps_of_random_points_have_a_hot_cluster(alarm_rate: AlarmRate) -> None:
    thrower = RandomPoints(LAND)
    alarms = _alarms(
        lambda rng: thrower.throw(150, rng),
        lambda _rng: np.ones(150, dtype=np.int64),
        reach=400.0,
        needed=4,
        n_maps=N_MAPS,
        seed=FIXED_SEED,
    )
    assert alarms > 0.03 * N_MAPS
    alarm_rate(alarms, N_MAPS, method=METHOD, maps="150 random points on a bent strip")


@pytest.mark.calibration
def test_few_maps_of_random_stacks_have_a_hot_cluster(alarm_rate: AlarmRate) -> None:
    thrower = RandomPoints(LAND)
    alarms = _alarms(
        lambda rng: thrower.throw(120, rng),
        lambda rng: _stacks(120, rng),
        reach=350.0,
        needed=8,
        n_maps=N_MAPS,
        seed=FIXED_SEED + 1,
    )
    alarm_rate(alarms, N_MAPS, method=METHOD, maps="120 random places with heavy-tailed stacks")


@pytest.mark.calibration
def test_where_more_people_live_clusters_are_hot_with_one_risk_for_all(
    alarm_rate: AlarmRate,
) -> None:
    """The null has points that are even over the land; people are not, and none is at more risk."""
    thrower = RandomPoints(LAND)

    def throw(rng: np.random.Generator) -> tuple[Floats, Floats]:
        x, y = thrower.throw(600, rng)
        kept = np.flatnonzero(rng.random(600) < np.exp(-(x + y) / 5000))[:150]
        return x[kept], y[kept]

    n_maps = 200
    rng = np.random.default_rng(FIXED_SEED)
    few = min(len(throw(rng)[0]) for _ in range(n_maps))
    alarms = _alarms(
        lambda rng: tuple(part[:few] for part in throw(rng)),  # type: ignore[arg-type, return-value]
        lambda _rng: np.ones(few, dtype=np.int64),
        reach=400.0,
        needed=4,
        n_maps=n_maps,
        seed=FIXED_SEED,
    )
    alarm_rate(
        alarms,
        n_maps,
        method=METHOD,
        maps="constant risk over a smooth population",
        holds=False,
    )


@pytest.mark.soak
def test_few_of_many_maps_of_random_points_have_a_hot_cluster(
    alarm_rate: AlarmRate, seed_of_the_day: int
) -> None:
    thrower, n_maps = RandomPoints(LAND), 20_000
    alarms = _alarms(
        lambda rng: thrower.throw(150, rng),
        lambda _rng: np.ones(150, dtype=np.int64),
        reach=400.0,
        needed=4,
        n_maps=n_maps,
        seed=seed_of_the_day,
    )
    maps = "150 random points on a bent strip, many"
    alarm_rate(alarms, n_maps, method=METHOD, maps=maps, bar=0.055)
