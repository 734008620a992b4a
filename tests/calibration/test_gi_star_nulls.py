"""Nulls that are fitted to a map: on maps made by them at most 5 % show a hot cell.

Where people differ between cells by a factor that is gamma distributed, the null holds; where its
tail is heavier than that, it does not, and this is shown here too.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pytest
from tests.calibration.conftest import FIXED_SEED
from tests.calibration.judging import DEFAULTS
from tests.calibration.maps import constant_risk, hexagons, smooth_population

from hotspots.methods.local.testing import HOT, judge_cells, prepare, shows_anything
from hotspots.neighbours import square_windows

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from tests.calibration.conftest import AlarmRate
    from tests.calibration.maps import Draw, Land

    from hotspots.methods.local.params import LocalGiStarParams

N_MAPS: Final = 2_000
POPULATION: Final = replace(
    DEFAULTS, null="population", population="people", denominator="residents", cap_quantile=None
)
REFERENCE: Final = replace(DEFAULTS, null="reference", reference="other", cap_quantile=None)


@cache
def land() -> Land:
    return hexagons(20)


@cache
def people() -> NDArray[np.float64]:
    return smooth_population(land(), np.random.default_rng(3))


def _shows(counts: NDArray[np.int64], base: NDArray[Any], params: LocalGiStarParams) -> bool:
    ready = prepare(land().cells, counts, params, land().windows, base=base)
    return shows_anything(ready, params)


def _alarms(draw: Draw, base: Any, params: LocalGiStarParams, n_maps: int = N_MAPS) -> int:  # noqa: ANN401
    rng = np.random.default_rng(FIXED_SEED)
    made = base if callable(base) else lambda _: base
    return sum(_shows(draw(rng), made(rng), params) for _ in range(n_maps))


@pytest.mark.calibration
@pytest.mark.parametrize("n", [200, 2_000, 20_000])
@pytest.mark.parametrize("noise_shape", [None, 3.0, 1.0])
def test_constant_risk_over_people_shows_little(
    alarm_rate: AlarmRate, n: int, noise_shape: float | None
) -> None:
    noise = "" if noise_shape is None else f", cells vary (gamma of shape {noise_shape:g})"
    draw = constant_risk(people(), n, noise_shape=noise_shape)
    alarm_rate(
        _alarms(draw, people(), POPULATION),
        N_MAPS,
        method="local_gi_star, population",
        maps=f"{n:,} incidents, constant risk over uneven people{noise}",
    )


@pytest.mark.calibration
def test_few_cells_with_very_many_incidents_show_little(alarm_rate: AlarmRate) -> None:
    """One cell in five has people, from one to ten thousand, and cells vary much."""
    rng = np.random.default_rng(8)
    inhabited = np.flatnonzero(rng.random(400) < 0.2)
    rows, columns = np.divmod(inhabited, 20)
    few, windows = 10.0 ** rng.uniform(0, 4, len(inhabited)), square_windows(rows, columns)
    draw = constant_risk(few, 50_000, noise_shape=0.5)
    alarms = 0
    for _ in range(N_MAPS):
        ready = prepare(inhabited, draw(rng), POPULATION, windows, base=few)
        alarms += shows_anything(ready, POPULATION)
    alarm_rate(
        alarms,
        N_MAPS,
        method="local_gi_star, population",
        maps="50,000 incidents on few cells, people 1 to 10,000, cells vary (gamma of shape 0.5)",
    )


@pytest.mark.calibration
def test_cells_that_vary_with_a_heavy_tail_show_too_much(alarm_rate: AlarmRate) -> None:
    """A factor of each cell that is log-normal with the spread 0.8: the null does not hold."""

    def draw(rng: np.random.Generator) -> NDArray[np.int64]:
        expected = people() * 20_000 / people().sum()
        return np.asarray(rng.poisson(expected * rng.lognormal(-0.32, 0.8, len(expected))))

    alarm_rate(
        _alarms(draw, people(), POPULATION, 200),
        200,
        method="local_gi_star, population",
        maps="20,000 incidents, cells vary (log-normal, 0.8)",
        holds=False,
    )


@pytest.mark.calibration
@pytest.mark.parametrize(("n", "noise_shape"), [(200, None), (20_000, 5.0)])
def test_two_kinds_in_one_proportion_show_little(
    alarm_rate: AlarmRate, n: int, noise_shape: float | None
) -> None:
    noise = "" if noise_shape is None else f", cells vary (gamma of shape {noise_shape:g})"
    draw = constant_risk(people(), n, noise_shape=noise_shape)
    alarm_rate(
        _alarms(draw, constant_risk(people(), 2 * n), REFERENCE),
        N_MAPS,
        method="local_gi_star, reference",
        maps=f"{n:,} incidents beside {2 * n:,} of another kind, same places{noise}",
    )


@pytest.mark.calibration
def test_taking_hotspots_out_of_the_fit_finds_more_and_hardly_more_that_are_none() -> None:
    """A ring of cells with five times the risk, where cells vary: shares over 60 maps."""
    rng = np.random.default_rng(FIXED_SEED)
    plant = land().window(land().middle)
    near = np.unique(np.concatenate([land().window(int(cell)) for cell in plant]))
    risk = np.ones(land().n_cells)
    risk[plant] = 5.0
    draw = constant_risk(people() * risk, 8_000, noise_shape=5.0)
    found, false, at_once = [], [], []
    for _ in range(60):
        ready = prepare(land().cells, draw(rng), POPULATION, land().windows, base=people())
        hot = judge_cells(ready, POPULATION).word == HOT
        found.append(hot[plant].mean())
        false.append(np.delete(hot, near).sum() / max(hot.sum(), 1))
        sums = land().windows.sums(ready.counts)
        at_once.append((ready.nulls[0].at_least(sums)[plant] < 1e-3).mean())
    assert np.mean(found) > 0.5
    assert np.mean(false) < 0.08
