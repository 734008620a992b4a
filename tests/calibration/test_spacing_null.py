"""Random points, in an area with corners and a hole: the tests of spacing reject 5 % of maps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pytest
import shapely
from tests.calibration.conftest import FIXED_SEED, bounds

from hotspots.inference.random_points import RandomPoints
from hotspots.inference.rank_envelopes import rank_envelope
from hotspots.methods.spacing.distances import nearest_distances
from hotspots.methods.spacing.nearest import index_table, simulated_means
from hotspots.methods.spacing.overlap import overlap_of
from hotspots.methods.spacing.ripley import chosen_distances, l_function, simulated_curves

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from tests.calibration.conftest import AlarmRate

#: The tests are exact, so their level is 5 % and not less: it takes more maps to see that.
N_MAPS: Final = 4_000
N_MAPS_K: Final = 3_000
N_POINTS: Final = 60
AREA: Final = shapely.Polygon([(0, 0), (3, 0), (3, 1), (1, 1), (1, 2), (0, 2)]) - shapely.Point(
    0.4, 0.5
).buffer(0.2)


def _nearest_p(n_maps: int, seed: int) -> NDArray[np.float64]:
    """Give three p-values of each map: without an edge, Donnelly's, and from 19 simulated maps."""
    rng = np.random.default_rng(seed)
    thrower = RandomPoints(AREA)
    found = []
    for _ in range(n_maps):
        mean = float(nearest_distances(*thrower.throw(N_POINTS, rng)).mean())
        simulated = simulated_means(AREA, N_POINTS, n_simulations=19, rng=rng)
        found.append(index_table(mean, AREA, N_POINTS, simulated, "less")["p_value"])
    return np.array(found)


@pytest.fixture(scope="module")
def nearest_p() -> NDArray[np.float64]:
    return _nearest_p(N_MAPS, FIXED_SEED)


@pytest.mark.calibration
def test_the_index_has_its_level(nearest_p: NDArray[np.float64], alarm_rate: AlarmRate) -> None:
    alarms = int((nearest_p[:, 2] <= 0.05 + 1e-9).sum())
    alarm_rate(
        alarms,
        N_MAPS,
        method="nearest_neighbor_index, 19 simulated maps",
        maps="60 random points, an L with a hole",
    )


@pytest.mark.calibration
def test_the_formula_without_an_edge_has_not(
    nearest_p: NDArray[np.float64], alarm_rate: AlarmRate
) -> None:
    # Near the edge the nearest point may lie outside, so random points seem to keep apart.
    alarms = int((1 - nearest_p[:, 0] <= 0.05).sum())
    alarm_rate(
        alarms,
        N_MAPS,
        method="Clark and Evans without an edge, farther apart",
        maps="60 random points, an L with a hole",
        holds=False,
    )


@pytest.mark.calibration
def test_k_has_its_level_over_all_distances_and_the_pointwise_band_has_not(
    alarm_rate: AlarmRate,
) -> None:
    whole, anywhere = _k_alarms("translation", N_MAPS_K, FIXED_SEED)
    maps = "60 random points, an L with a hole"
    alarm_rate(whole, N_MAPS_K, method="ripley_k, 19 simulated maps", maps=maps)
    alarm_rate(
        anywhere, N_MAPS_K, method="ripley_k, pointwise band read as a test", maps=maps, holds=False
    )


def _k_alarms(edge: str, n_maps: int, seed: int) -> tuple[int, int]:
    """Count maps rejected by the test, and maps that leave the pointwise band somewhere."""
    rng = np.random.default_rng(seed)
    distances = chosen_distances(AREA, N_POINTS)[4::5]
    overlap = overlap_of(AREA, float(distances[-1])) if edge == "translation" else None
    thrower = RandomPoints(AREA)
    whole = anywhere = 0
    for _ in range(n_maps):
        seen = l_function(*thrower.throw(N_POINTS, rng), AREA.area, distances, overlap)
        simulated = simulated_curves(AREA, N_POINTS, distances, overlap, n_simulations=19, rng=rng)
        found = rank_envelope(seen, simulated, alternative="greater", alpha=0.05)
        whole += found.p_value <= 0.05 + 1e-9
        anywhere += bool((seen > found.pointwise_high).any())
    return whole, anywhere


@pytest.mark.calibration
@pytest.mark.parametrize("what", ["nearest", "k"])
def test_clumps_are_found(what: str) -> None:
    """A test that finds nothing would pass all of the above."""
    rng = np.random.default_rng(1)
    found = 0
    for _ in range(50):
        middles = rng.uniform(0.3, 0.7, (6, 2)) + np.array([0.0, 1.0]) * rng.integers(0, 2, (6, 1))
        x, y = (middles[rng.integers(0, 6, N_POINTS)] + rng.normal(0, 0.08, (N_POINTS, 2))).T
        found += _p_of(what, x, y, rng) <= 0.05 + 1e-9
    assert found >= 48


def _p_of(what: str, x: Any, y: Any, rng: np.random.Generator) -> float:  # noqa: ANN401 - arrays
    if what == "nearest":
        simulated = simulated_means(AREA, N_POINTS, n_simulations=39, rng=rng)
        mean = float(nearest_distances(x, y).mean())
        return float(index_table(mean, AREA, N_POINTS, simulated, "less")["p_value"].iloc[2])
    distances = chosen_distances(AREA, N_POINTS)[4::5]
    seen = l_function(x, y, AREA.area, distances, None)
    simulated = simulated_curves(AREA, N_POINTS, distances, None, n_simulations=39, rng=rng)
    return rank_envelope(seen, simulated, alternative="greater", alpha=0.05).p_value


@pytest.mark.soak
def test_the_level_over_very_many_maps(seed_of_the_day: int) -> None:
    n_maps = 20_000
    nearest = int((_nearest_p(n_maps, seed_of_the_day)[:, 2] <= 0.05 + 1e-9).sum())
    assert bounds(nearest, n_maps)[1] <= 0.054, nearest
    for edge in ("translation", "none"):
        whole, _ = _k_alarms(edge, n_maps, seed_of_the_day)
        assert bounds(whole, n_maps)[1] <= 0.054, (edge, whole)
