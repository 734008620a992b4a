"""Where cases and controls are of one distribution, at most 5 % of maps may show a hot cell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np
import pytest
from tests.calibration.conftest import FIXED_SEED

from hotspots.inference.correction import adjust_p_values
from hotspots.methods.density.relabel import Labels, Tolerance, deal_labels, tolerance

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray
    from tests.calibration.conftest import AlarmRate

    Points: TypeAlias = NDArray[np.float64]
    Draw: TypeAlias = Callable[[np.random.Generator], tuple[Points, Points]]

SIDE_M: Final = 10_000.0
REACH_M: Final = 2_800.0
N_PERMUTATIONS: Final = 99
ALPHA: Final = 0.05
_ACROSS: Final = np.arange(9) / 8 * SIDE_M
AT_X, AT_Y = (axis.ravel() for axis in np.meshgrid(_ACROSS, _ACROSS))
CLUSTERS: Final = np.random.default_rng(5).uniform(0, SIDE_M, (8, 2))
PLANT: Final = np.array([4_000.0, 6_000.0])


def _even(n: int, rng: np.random.Generator) -> Points:
    return rng.uniform(0, SIDE_M, (n, 2))


def _town(n: int, rng: np.random.Generator) -> Points:
    """Scatter around eight centres: people and shops cluster, cases and controls alike."""
    around = CLUSTERS[rng.choice(8, n, p=np.arange(1, 9) / 36)]
    return np.clip(around + rng.normal(0, 700, (n, 2)), 0, SIDE_M)


def _snapped(n: int, rng: np.random.Generator) -> Points:
    return np.asarray(np.round(_town(n, rng) / 400) * 400)


def _labels(cases: Points, controls: Points) -> Labels:
    both = np.concatenate([cases, controls])
    at, which = np.unique(both[:, 0] + 1j * both[:, 1], return_inverse=True)
    return Labels(
        x_m=at.real.copy(),
        y_m=at.imag.copy(),
        incidents=np.bincount(which),
        cases=np.bincount(which[: len(cases)], minlength=len(at)),
    )


def _tested(
    draw: Draw,
    rng: np.random.Generator,
    *,
    two_sided: bool = False,
    n_permutations: int = N_PERMUTATIONS,
) -> Tolerance:
    labels = _labels(*draw(rng))
    return tolerance(
        labels,
        deal_labels(labels, n_permutations, rng),
        at_x_m=AT_X,
        at_y_m=AT_Y,
        kernel="quartic",
        reach_m=REACH_M,
        bandwidth_m=REACH_M,
        constant=0.05 / SIDE_M**2,
        fewest=10.0,
        two_sided=two_sided,
    )


def _same(scatter: Callable[[int, np.random.Generator], Points], n: int, m: int) -> Draw:
    return lambda rng: (scatter(n, rng), scatter(m, rng))


CASES: Final = [
    pytest.param(_same(_even, 60, 180), False, id="60 cases, 180 controls, spread evenly"),
    pytest.param(_same(_town, 60, 180), False, id="60 cases, 180 controls, in a town"),
    pytest.param(_same(_town, 200, 60), False, id="200 cases, 60 controls, in a town"),
    pytest.param(_same(_snapped, 90, 90), False, id="90 and 90, snapped to points"),
    pytest.param(_same(_town, 60, 180), True, id="60 and 180 in a town, two-sided"),
]


@pytest.mark.calibration
@pytest.mark.parametrize(("draw", "two_sided"), CASES)
def test_few_maps_of_equal_distributions_show_anything(
    draw: Draw,
    two_sided: bool,  # noqa: FBT001
    alarm_rate: AlarmRate,
    request: pytest.FixtureRequest,
) -> None:
    rng = np.random.default_rng(FIXED_SEED)
    # With 99 dealings the level is 5 % to the point, so that it takes more maps to be sure.
    n_maps = 3_000
    alarms = sum(
        bool(np.nanmin(_tested(draw, rng, two_sided=two_sided).p_maximum) <= ALPHA)
        for _ in range(n_maps)
    )
    alarm_rate(alarms, n_maps, method="relative_risk", maps=request.node.callspec.id)


@pytest.mark.calibration
def test_without_the_correction_most_maps_would_show_something(alarm_rate: AlarmRate) -> None:
    rng = np.random.default_rng(FIXED_SEED)
    draw = _same(_town, 60, 180)
    alarms = sum(bool((_tested(draw, rng).p_value <= ALPHA).any()) for _ in range(300))
    alarm_rate(
        alarms, 300, method="relative_risk", maps="tolerance contours, not corrected", holds=False
    )


@pytest.mark.calibration
def test_false_discovery_control_keeps_the_bar_too(alarm_rate: AlarmRate) -> None:
    rng = np.random.default_rng(FIXED_SEED)
    draw = _same(_town, 60, 180)
    alarms = 0
    for _ in range(400):
        p_value = _tested(draw, rng, n_permutations=399).p_value
        alarms += bool((adjust_p_values(p_value[~np.isnan(p_value)], "fdr_bh") <= ALPHA).any())
    alarm_rate(alarms, 400, method="relative_risk", maps="60 and 180 in a town, fdr_bh")


@pytest.mark.calibration
def test_repeats_at_one_place_are_not_dealt_out_together(alarm_rate: AlarmRate) -> None:
    """Where cases come in fours, and controls alone, the labels are not dealt out by lot."""

    def repeats(rng: np.random.Generator) -> tuple[Points, Points]:
        return np.repeat(_town(20, rng), 4, axis=0), _town(160, rng)

    rng = np.random.default_rng(FIXED_SEED)
    alarms = sum(bool(np.nanmin(_tested(repeats, rng).p_maximum) <= ALPHA) for _ in range(300))
    alarm_rate(alarms, 300, method="relative_risk", maps="cases in fours at one place", holds=False)


@pytest.mark.calibration
def test_a_planted_excess_is_found() -> None:
    """A test that finds nothing would pass all of the above."""

    def planted(rng: np.random.Generator) -> tuple[Points, Points]:
        extra = PLANT + rng.normal(0, 500, (30, 2))
        return np.concatenate([_town(90, rng), extra]), _town(240, rng)

    rng = np.random.default_rng(FIXED_SEED)
    away = np.hypot(AT_X - PLANT[0], AT_Y - PLANT[1])
    near, far = away < 1_000, away > 2 * REACH_M
    found = [_tested(planted, rng).p_maximum <= ALPHA for _ in range(100)]
    assert np.mean([one[near].any() for one in found]) > 0.9
    assert np.mean([one[far].any() for one in found]) < 0.05
