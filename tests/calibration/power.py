"""What of a plant is found: by expected count, by size, and beside tests that know more."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product
from typing import TYPE_CHECKING, Final

import numpy as np
from tests.calibration.judging import (
    DEFAULTS,
    Found,
    found_of,
    hot_by_default,
    oracle,
    searcher,
)
from tests.calibration.maps import hexagons, planted, random_points, squares, three_sizes

from hotspots.methods.scan.params import ScanParams
from hotspots.methods.scan.testing import circles_for, scan_places

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray
    from tests.calibration.judging import Finder
    from tests.calibration.maps import Land

#: Incidents expected in a full window if they were spread evenly.
EXPECTED: Final = (1, 2, 5, 10, 20, 50, 100)
TIMES: Final = (2, 3, 5)
BROAD: Final = (0.05, 0.2, 0.5)
#: A gamma factor of this shape for each cell: two cells in three have less than usual.
NOISE_SHAPE: Final = 1.0
#: Ways to look at a map.
DEFAULT, SIZES, SCAN = "default", "three sizes", "scan"


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One point of a curve: what was found, and what the oracle would find."""

    land: str
    plant: str
    times: int
    expected: int
    found: Found
    oracle: float


def small_plants(n_maps: int, seed: int) -> Iterator[Point]:
    """Plant one whole window on land of 400, 1,600 and 2,809 cells; last, on uneven cells."""
    lands = {
        "400 squares": (squares(20), None),
        "1,600 squares": (squares(40), None),
        "2,809 hexagons": (hexagons(53), None),
        "2,809 uneven hexagons": (hexagons(53), NOISE_SHAPE),
    }
    for name, (land, noise_shape) in lands.items():
        plant = f"{land.window_cells} cells"
        yield from _curves(
            name, land, plant, land.window_cells, n_maps=n_maps, seed=seed, noise_shape=noise_shape
        )


def broad_plants(n_maps: int, seed: int) -> Iterator[Point]:
    """Plant 5, 20 and 50 % of 1,600 cells."""
    land = squares(40)
    for share in BROAD:
        n_cells = round(share * land.n_cells)
        plant = f"{share:.0%} of the cells"
        yield from _curves("1,600 squares", land, plant, n_cells, n_maps=n_maps, seed=seed)


def _curves(
    name: str,
    land: Land,
    plant: str,
    n_cells: int,
    *,
    n_maps: int,
    seed: int,
    noise_shape: float | None = None,
) -> Iterator[Point]:
    cells, find = land.nearest(n_cells), hot_by_default(land)
    for times in TIMES:
        for expected in EXPECTED:
            n = round(expected * land.n_cells / land.window_cells)
            draw = planted(land, cells, n, times, noise_shape=noise_shape)
            rng = np.random.default_rng([seed, times, expected])
            yield Point(
                land=name,
                plant=plant,
                times=times,
                expected=expected,
                found=found_of(cells, draw, find, n_maps=n_maps, rng=rng),
                # On uneven cells the most powerful test is another one, and nobody can know it.
                oracle=float("nan")
                if noise_shape
                else oracle(land, cells, n, times, DEFAULTS.alpha),
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Rivals:
    """One plant, and what each way finds of it."""

    land: str
    plant: str
    times: int
    found: dict[str, Found]
    searcher: float
    oracle: float


def beside_the_oracle(
    n_maps: int, n_maps_scanned: int, seed: int, *, n: int = 2_000
) -> Iterator[Rivals]:
    """Look at every plant with several tests, and with two that know more than a test can."""
    for name, land in {
        "400 squares": three_sizes(lambda rings: squares(20, n_rings=rings)),
        "1,600 squares": three_sizes(lambda rings: squares(40, n_rings=rings)),
        "2,809 hexagons": three_sizes(lambda rings: hexagons(53, n_rings=rings)),
    }.items():
        sizes = {f"{land.window_cells} cells": land.window_cells}
        sizes |= {f"{share:.0%} of the cells": round(share * land.n_cells) for share in BROAD}
        ways = _ways(land, np.random.default_rng([seed, land.n_cells]))
        noise, level = random_points(land, n), DEFAULTS.alpha
        for (plant, n_cells), times in product(sizes.items(), TIMES):
            rng = np.random.default_rng([seed, land.n_cells, n_cells, times])
            cells = land.nearest(n_cells)
            draw = planted(land, cells, n, times)
            found = {
                way: found_of(
                    cells, draw, find, n_maps=n_maps_scanned if way == SCAN else n_maps, rng=rng
                )
                for way, find in ways.items()
            }
            yield Rivals(
                land=name,
                plant=plant,
                times=times,
                found=found,
                searcher=searcher(
                    land, cells, draw, noise, alpha=level, n_maps=5 * n_maps, rng=rng
                ),
                oracle=oracle(land, cells, n, times, level),
            )


def _ways(land: Land, rng: np.random.Generator) -> dict[str, Finder]:
    one_size, points = replace(land, wider=()), replace(DEFAULTS, null="random_points")
    points = replace(points, cap_quantile=None)
    return {
        DEFAULT: hot_by_default(one_size),
        "not capped": hot_by_default(one_size, replace(DEFAULTS, cap_quantile=None)),
        "random points": hot_by_default(one_size, points, land.area),
        SIZES: hot_by_default(land, replace(DEFAULTS, n_rings=(1, 2, 3))),
        SCAN: hot_by_scan(land, rng),
    }


def hot_by_scan(land: Land, rng: np.random.Generator) -> Finder:
    """Find as scan_hotspots does by default, with 99 simulated maps."""
    params = ScanParams(
        column="n",
        null="shuffled_cells",
        alternative="greater",
        secondary="maxima",
        base="area",
        denominator="",
        max_share=0.5,
        max_radius_m=None,
        alpha=DEFAULTS.alpha,
        n_simulations=99,
        seed=None,
    )
    x_m, y_m = 1_000 * land.xy.T
    circles = circles_for(x_m, y_m, land.area, params)

    def find(counts: NDArray[np.int64]) -> NDArray[np.bool_]:
        hot = np.zeros(land.n_cells, dtype=bool)
        for cluster in scan_places(circles, counts, land.area, params, rng).found:
            if cluster.p_value <= params.alpha:
                hot[cluster.members] = True
        return hot

    return find
