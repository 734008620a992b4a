"""Rules for a bandwidth: each is its formula, and stacks of incidents do not make it collapse."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pytest
import shapely
from scipy import stats

import hotspots as hs
from hotspots.errors import FitnessError
from hotspots.methods.density.bandwidth import (
    RULES,
    _k_function,
    _log_likelihood,
    _set_covariance,
    diggle_m,
    likelihood_m,
    normal_reference_m,
    oversmooth_m,
    scott_m,
    spread_by_rule,
)
from hotspots.methods.density.ground import Ground, ground_of

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from tests.unit.conftest import MakeIncidents

BOX = shapely.box(-1.62, 53.70, -1.50, 53.78)


def _ground(make: MakeIncidents, lng_lat: NDArray[np.float64]) -> Ground:
    area = hs.study_area(gpd.GeoSeries([BOX], crs="EPSG:4326"))
    return ground_of(make([(x, y) for x, y in lng_lat]), area)


def _random(n: int, seed: int = 1) -> NDArray[np.float64]:
    rng = np.random.default_rng(seed)
    return np.column_stack([rng.uniform(-1.62, -1.5, n), rng.uniform(53.7, 53.78, n)])


def _clustered(n: int, degrees: float, seed: int = 1) -> NDArray[np.float64]:
    """Scatter around 15 parents; a degree of latitude is 1.7 times one of longitude here."""
    rng = np.random.default_rng(seed)
    parents = _random(15, seed)
    found = parents[rng.integers(0, 15, n)] + rng.normal(0, degrees, (n, 2)) * [1.7, 1.0]
    return np.clip(found, [-1.62, 53.7], [-1.5, 53.78])


def test_scott_and_the_others_that_know_the_scatter_only() -> None:
    rng = np.random.default_rng(1)
    x, y = rng.normal(0, 300, 4_000), rng.normal(0, 700, 4_000)
    one = np.ones(4_000)
    scott = math.sqrt(x.std(ddof=1) * y.std(ddof=1)) * 4_000 ** (-1 / 6)
    assert scott_m(x, y, one) == pytest.approx(scott)
    assert scott_m(x, y, one) == pytest.approx(math.sqrt(300 * 700) / 4_000 ** (1 / 6), rel=0.03)
    assert oversmooth_m(x, x, one) == pytest.approx(1.0846 * 300 / 4_000 ** (1 / 6), rel=0.03)
    assert oversmooth_m(x, x, one, n=125) > oversmooth_m(x, x, one)
    assert normal_reference_m(x, x, one) == pytest.approx(1.06 * 300 / 4_000**0.2, rel=0.03)


def test_weights_are_copies_for_every_rule(make_incidents: MakeIncidents) -> None:
    once = _clustered(150, 0.004)
    many = np.repeat(once, 2, axis=0)
    ground, doubled = _ground(make_incidents, once), _ground(make_incidents, many)
    assert len(doubled.x_m) == 150
    assert doubled.incidents == 300
    for rule in (scott_m, normal_reference_m, oversmooth_m):
        x, y = (np.repeat(v, 2) for v in (ground.x_m, ground.y_m))
        spread_out = rule(x, y, np.ones(300))
        assert rule(doubled.x_m, doubled.y_m, doubled.weights) == pytest.approx(spread_out)


def test_the_set_covariance_of_a_rectangle() -> None:
    a, b = 2_000.0, 1_000.0
    r = np.array([0.0, 50.0, 200.0, 500.0, 900.0])
    exact = 1 - 2 * r * (a + b) / (math.pi * a * b) + r**2 / (math.pi * a * b)
    ours = _set_covariance(shapely.box(0, 0, a, b), r)
    assert ours == pytest.approx(exact, abs=0.01)


def test_k_is_that_of_random_points(make_incidents: MakeIncidents) -> None:
    ground = _ground(make_incidents, _random(3_000))
    radii = np.linspace(0, 1_000, 101)
    k = _k_function(ground, ground.shape(), radii)
    assert k[[50, 100]] == pytest.approx(math.pi * radii[[50, 100]] ** 2, rel=0.03)


def test_the_error_is_smallest_where_brute_force_finds_it(make_incidents: MakeIncidents) -> None:
    ground = _ground(make_incidents, _clustered(400, 0.003))
    found = diggle_m(ground)
    x, y = ground.x_m, ground.y_m
    apart = np.hypot(x[:, None] - x, y[:, None] - y)[np.triu_indices(400, 1)]
    size = shapely.area(ground.shape())
    scale = 2 * size / (400 * 399) / _set_covariance(ground.shape(), apart)

    def error(disc: float) -> float:
        t = np.minimum(apart / (2 * disc), 1)
        shared = 2 * disc**2 * (np.arccos(t) - t * np.sqrt(1 - t**2))
        disc_m2 = math.pi * disc**2
        k = scale[apart <= disc].sum()
        return float((size / 400 - 2 * k) / disc_m2 + (scale * shared).sum() / disc_m2**2)

    tried = np.linspace(0.5, 2, 61) * 2 * found
    best = tried[int(np.argmin([error(h) for h in tried]))]
    assert 2 * found == pytest.approx(best, rel=0.1)
    assert 100 < found < 600  # clusters with a standard deviation of 333 m


def test_the_likelihood_is_that_of_leaving_each_place_out(make_incidents: MakeIncidents) -> None:
    ground = _ground(make_incidents, _clustered(200, 0.004))
    x, y = ground.x_m, ground.y_m
    found = likelihood_m(ground)
    apart = np.hypot(x[:, None] - x, y[:, None] - y)
    nearest = (np.sort(apart, axis=1)[:, :17], np.argsort(apart, axis=1)[:, :17])
    left, low, right, high = shapely.bounds(ground.shape())

    def brute(width: float) -> float:
        height = np.exp(-(apart**2) / (2 * width**2)) / (2 * math.pi * width**2)
        np.fill_diagonal(height, 0)
        mass = np.ones(len(x))
        for at, begin, end in ((x, left, right), (y, low, high)):
            mass *= stats.norm.cdf((end - at) / width) - stats.norm.cdf((begin - at) / width)
        return float(np.log(height.sum(axis=1) / mass).sum())

    for width in (0.3 * found, found, 4 * found):
        ours = _log_likelihood(ground, ground.shape(), nearest, width)
        # The box is not quite one on the plane: its sides are off by some metres.
        assert ours == pytest.approx(brute(width), rel=2e-3)
    tried = np.geomspace(found / 3, 3 * found, 121)
    best = tried[int(np.argmax([brute(width) for width in tried]))]
    assert found == pytest.approx(best, rel=0.05)


@pytest.mark.parametrize("rule", RULES)
def test_stacks_do_not_make_a_rule_collapse(make_incidents: MakeIncidents, rule: str) -> None:
    points = _clustered(150, 0.004)
    rng = np.random.default_rng(2)
    stacked = np.repeat(points, rng.integers(1, 12, 150), axis=0)
    plain = spread_by_rule(_ground(make_incidents, points), rule)
    assert spread_by_rule(_ground(make_incidents, stacked), rule) == pytest.approx(plain, rel=0.5)


@pytest.mark.parametrize("rule", ["ppl", "diggle"])
def test_copies_a_step_apart_are_refused(make_incidents: MakeIncidents, rule: str) -> None:
    points = _random(120)
    rng = np.random.default_rng(2)
    jittered = np.repeat(points, 6, axis=0) + rng.normal(0, 3e-6, (720, 2))  # 0.3 m
    ground = _ground(make_incidents, np.clip(jittered, [-1.62, 53.7], [-1.5, 53.78]))
    with pytest.raises(FitnessError, match=rf"The rule '{rule}' collapses: the less smoothing"):
        spread_by_rule(ground, rule)


@pytest.mark.parametrize("rule", ["ppl", "scott", "nrd", "oversmooth"])
def test_one_place_carries_no_rule(make_incidents: MakeIncidents, rule: str) -> None:
    ground = _ground(make_incidents, np.full((40, 2), [-1.55, 53.75]))
    with pytest.raises(FitnessError, match="lie on one point or one line"):
        spread_by_rule(ground, rule)
