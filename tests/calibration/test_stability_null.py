"""What was planted stays when the map is made again; what is hot by chance does not.

Noise: maps on which nothing is to be found, and on which ``local_gi_star`` marks cells all the
same, as it may on one map in twenty. Each row of docs/measured/stability.md is a test here.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, Protocol

import numpy as np
import pandas as pd
import pytest
from tests.calibration.judging import DEFAULTS
from tests.calibration.staying import (
    Country,
    apart,
    country,
    evenly,
    hot_on_random_points,
    hotspots_of,
    incidents_at,
    planted,
    stacked,
)

import hotspots as hs
from hotspots.methods.local.testing import HOT, judge_cells, prepare

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray
    from tests.calibration.staying import Scatter

N: Final = 2_000
NEARLY_ALL: Final = 8 / 9 - 1e-9
FEW: Final = 2 / 9 + 1e-9


class Record(Protocol):
    """Keep a row for docs/measured/stability.md."""

    def __call__(self, table: str, **values: str | float) -> None: ...


@pytest.fixture
def record(record_property: Callable[[str, object], None]) -> Record:
    def keep(table: str, **values: str | float) -> None:
        record_property("stability", {"table": table, **values})

    return keep


@pytest.fixture(scope="module")
def land() -> Country:
    return country()


def _hot(land: Country, counts: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Mark cells as local_gi_star does, array to array."""
    params = replace(DEFAULTS, window_cells=7)
    ready = prepare(land.grid.index, counts, params, land.windows)
    return np.asarray(judge_cells(ready, params).word == HOT)


def _staying(
    land: Country,
    scatter: Scatter,
    *,
    n_maps: int,
    rng: np.random.Generator,
    single: bool = False,
    **options: object,
) -> tuple[pd.DataFrame, int]:
    """Follow every hotspot of those of the maps that show any; ``single`` gives places apart."""
    found = []
    for _ in range(n_maps):
        places = scatter(rng)
        if not _hot(land, land.counts(places)).any():
            continue
        given = incidents_at(apart(places) if single else places)
        result = hs.hotspot_stability(
            given,
            land.area,
            hs.local_gi_star,
            resolution=8,
            rng=rng,
            **options,  # type: ignore[arg-type]
        )
        found.append(hotspots_of(result))
    return pd.concat(found), len(found)


def _summary(hotspots: pd.DataFrame) -> dict[str, float]:
    return {
        "hotspots": len(hotspots),
        "mean": 9 * float(hotspots["stays"].mean()),
        "few": float((hotspots["stays"] <= FEW).mean()),
        "nearly_all": float((hotspots["stays"] >= NEARLY_ALL).mean()),
    }


def _noise(land: Country, kind: str) -> Scatter:
    return evenly(land, N) if kind == "points" else stacked(land, N)


NOISE: Final = [
    pytest.param("points", 300, 0.80, id="points"),
    pytest.param("stacks", 250, 0.70, id="stacks"),
]
PLANTS: Final = [
    pytest.param(5.0, 1500.0, 5, 8.0, 0.75, id="5 times, 1.5 km"),
    pytest.param(5.0, 2500.0, 3, 8.0, 0.75, id="5 times, 2.5 km"),
]


@pytest.mark.calibration
@pytest.mark.parametrize(("kind", "n_maps", "share"), NOISE)
def test_noise_stays_in_two_of_nine_or_fewer(
    land: Country, kind: str, n_maps: int, share: float
) -> None:
    rng = np.random.default_rng(20261122)
    hotspots, shown = _staying(land, _noise(land, kind), n_maps=n_maps, rng=rng)
    assert shown >= 5
    found = _summary(hotspots)
    assert found["mean"] <= 2
    assert found["few"] >= share
    assert found["nearly_all"] == 0


@pytest.mark.calibration
@pytest.mark.parametrize(("times", "radius_m", "n_maps", "mean", "share"), PLANTS)
def test_what_was_planted_stays_in_eight_of_nine_or_more(
    land: Country, times: float, radius_m: float, n_maps: int, mean: float, share: float
) -> None:
    rng = np.random.default_rng(20261122)
    scatter = planted(land, N, times=times, radius_m=radius_m)
    hotspots, shown = _staying(land, scatter, n_maps=n_maps, rng=rng)
    assert shown == n_maps
    # The plant is the hotspot with the most incidents; others are noise beside it.
    found = _summary(hotspots.loc[[1]])
    assert found["mean"] >= mean
    assert found["nearly_all"] >= share


@pytest.mark.calibration
def test_a_bootstrap_makes_noise_look_clustered_and_thinning_does_not(land: Country) -> None:
    """Measured with windows tested against random points; shuffled cells do not mind."""
    shares = _alarms_when_drawn_anew(land, 2_000, n_maps=150, rng=np.random.default_rng(3))
    assert shares["thin", "random points"] <= 0.1
    assert shares["bootstrap", "random points"] >= 0.6
    assert shares["thin", "shuffled cells"] <= 0.1
    assert shares["bootstrap", "shuffled cells"] <= 0.1


def _alarms_when_drawn_anew(
    land: Country, n: int, *, n_maps: int, rng: np.random.Generator
) -> dict[tuple[str, str], float]:
    """Count the maps of noise that show anything, as they are, thinned, and bootstrapped."""
    shown: dict[tuple[str, str], float] = {}
    for _ in range(n_maps):
        lng, lat = evenly(land, n)(rng)
        drawn = {
            "as it is": np.ones(n, dtype=np.int64),
            "thin": rng.binomial(1, 0.5, n),
            "bootstrap": rng.poisson(1.0, n),
        }
        for how, times in drawn.items():
            counts = land.counts((np.repeat(lng, times), np.repeat(lat, times)))
            for null, hot in (
                ("random points", hot_on_random_points(land, counts)),
                ("shuffled cells", _hot(land, counts)),
            ):
                shown[how, null] = shown.get((how, null), 0) + hot.any() / n_maps
    return shown


# The long run, from which docs/measured/stability.md is written


@pytest.mark.soak
@pytest.mark.parametrize(
    ("name", "kind", "n_maps"),
    [
        ("noise: 2,000 points anywhere", "points", 2_000),
        ("noise: 2,000 incidents on stacks anywhere", "stacks", 2_000),
    ],
)
def test_very_much_noise_stays_in_few(
    land: Country, name: str, kind: str, n_maps: int, seed_of_the_day: int, record: Record
) -> None:
    rng = np.random.default_rng(seed_of_the_day)
    hotspots, shown = _staying(land, _noise(land, kind), n_maps=n_maps, rng=rng)
    found = _summary(hotspots)
    record("stays", maps=name, made=n_maps, shown=shown, **found)
    assert found["mean"] <= 2
    assert found["few"] >= 0.8


@pytest.mark.soak
@pytest.mark.parametrize(
    ("times", "radius_m", "firm"),
    [(3, 2000, 0), (5, 900, 0), (5, 1500, 0.75), (5, 2500, 0.75), (10, 900, 0.5), (10, 1500, 0.9)],
)
def test_very_many_plants_stay(
    land: Country, times: float, radius_m: float, firm: float, seed_of_the_day: int, record: Record
) -> None:
    rng = np.random.default_rng(seed_of_the_day)
    scatter = planted(land, N, times=times, radius_m=radius_m)
    hotspots, shown = _staying(land, scatter, n_maps=40, rng=rng)
    found = _summary(hotspots.loc[[1]])
    name = f"planted: {times} times within {radius_m / 1000:g} km"
    record("stays", maps=name, made=40, shown=shown, **found)
    assert found["nearly_all"] >= firm


@pytest.mark.soak
@pytest.mark.parametrize(
    ("resample", "keep_share"), [("thin", 0.5), ("thin", 0.632), ("thin", 0.8), ("bootstrap", 0.5)]
)
def test_how_places_are_drawn_decides_what_noise_stays(
    land: Country, resample: str, keep_share: float, seed_of_the_day: int, record: Record
) -> None:
    rows: dict[str, float] = {}
    for name, scatter, n_maps, single in (
        ("points", evenly(land, N), 500, False),
        ("stacks", stacked(land, N), 500, False),
        ("stacks_apart", stacked(land, N), 500, True),
        ("plant", planted(land, N, times=5, radius_m=1500), 30, False),
    ):
        hotspots, _ = _staying(
            land,
            scatter,
            n_maps=n_maps,
            rng=np.random.default_rng(seed_of_the_day),
            single=single,
            n_shifts=0,
            resolution_steps=(),
            n_resamples=4,
            resample=resample,
            keep_share=keep_share,
        )
        which = hotspots.loc[[1]] if name == "plant" else hotspots
        rows[name] = float(which["stays"].mean())
    said = "bootstrap" if resample == "bootstrap" else f"thin, {keep_share:g} kept"
    record("drawn", how=said, **rows)
    assert rows["points"] < rows["plant"]


@pytest.mark.soak
@pytest.mark.parametrize("n", [500, 2_000, 8_000])
def test_what_drawing_anew_does_to_very_much_noise(
    land: Country, n: int, seed_of_the_day: int, record: Record
) -> None:
    rng = np.random.default_rng(seed_of_the_day)
    for (how, null), share in _alarms_when_drawn_anew(land, n, n_maps=1_000, rng=rng).items():
        record("alarms", n=n, how=how, null=null, share=share)
        assert (share > 0.5) == (how == "bootstrap" and null == "random points")


@pytest.mark.soak
def test_staying_is_no_correction(land: Country, seed_of_the_day: int, record: Record) -> None:
    """Cells hot without a correction stay more often than those that one lets through."""
    rng = np.random.default_rng(seed_of_the_day)

    def uncorrected(grid: pd.DataFrame) -> hs.HotspotResult:
        result = hs.local_gi_star(grid)
        words = result.data["hotspot"].mask(result.data["p_value"] <= 0.05, "hot")
        return replace(result, data=result.data.assign(hotspot=words))

    found = [
        hotspots_of(
            hs.hotspot_stability(
                incidents_at(evenly(land, N)(rng)), land.area, uncorrected, resolution=8, rng=rng
            )
        )
        for _ in range(30)
    ]
    summary = _summary(pd.concat(found))
    record("stays", maps="noise, marked without a correction", made=30, shown=30, **summary)
    assert summary["few"] < 0.7
