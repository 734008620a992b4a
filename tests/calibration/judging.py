"""Local Gi* on made-up maps, array to array: what it shows, and what of a plant it finds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np
from scipy import stats
from scipy.spatial import cKDTree

from hotspots.methods.local.params import LocalGiStarParams
from hotspots.methods.local.testing import HOT, judge_cells, prepare, shows_anything
from hotspots.neighbours import Windows

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray
    from tests.calibration.maps import Draw, Land

    from hotspots.methods.local.testing import Answer, Prepared

    #: From the counts of a map to its hot cells.
    Finder: TypeAlias = Callable[[NDArray[np.int64]], NDArray[np.bool_]]
    #: One map and what its null compares with.
    See: TypeAlias = Callable[[np.random.Generator], tuple[NDArray[np.int64], NDArray[Any] | None]]

#: The defaults of local_gi_star; the window's size is that of the land.
DEFAULTS: Final = LocalGiStarParams(
    column="n",
    null="shuffled_cells",
    alternative="greater",
    adjust="fdr_bh",
    alpha=0.05,
    cap_quantile=0.99,
    n_rings=1,
    min_area_share=0.5,
    n_busiest=10,
)


def made_ready(
    land: Land,
    counts: NDArray[np.int64],
    params: LocalGiStarParams,
    base: NDArray[Any] | None = None,
) -> Prepared:
    """Take a map as the test does, with what its null compares with."""
    return prepare(land.cells, counts, params, land.rings, base=base)


def judge(
    land: Land,
    counts: NDArray[np.int64],
    params: LocalGiStarParams,
    base: NDArray[Any] | None = None,
) -> Answer:
    """Test one map."""
    return judge_cells(made_ready(land, counts, params, base), params)


def maps_that_show_anything(
    land: Land, see: See, params: LocalGiStarParams, *, n_maps: int, rng: np.random.Generator
) -> int:
    """Count the maps with any hot (or cold) cell."""
    alarms = 0
    for _ in range(n_maps):
        counts, base = see(rng)
        alarms += shows_anything(made_ready(land, counts, params, base), params)
    return alarms


def hot_by_default(
    land: Land, params: LocalGiStarParams = DEFAULTS, base: NDArray[Any] | None = None
) -> Finder:
    """Find as local_gi_star does."""
    return lambda counts: judge(land, counts, params, base).word == HOT


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What was found of a plant, over many maps.

    ``cells``: share of the plant's cells that were hot. ``middle``: share of maps on which the
    cell in its middle was. ``touched``: share of maps with a hot cell in the plant. ``outside``:
    share of the hot cells, over all maps, that lie outside the plant; NaN when none was hot.
    """

    cells: float
    middle: float
    touched: float
    outside: float


def found_of(
    plant: NDArray[np.int64],
    draw: Draw,
    find: Finder,
    *,
    n_maps: int,
    rng: np.random.Generator,
) -> Found:
    """Plant, look, and count what was found. The first cell of the plant is its middle."""
    hot = np.array([find(draw(rng)) for _ in range(n_maps)])
    inside = hot[:, plant]
    return Found(
        cells=float(inside.mean()),
        middle=float(inside[:, 0].mean()),
        touched=float(inside.any(axis=1).mean()),
        outside=1 - float(inside.sum()) / float(hot.sum()) if hot.any() else float("nan"),
    )


def oracle(land: Land, plant: NDArray[np.int64], n: int, times: float, alpha: float) -> float:
    """Give the power of a test that knows the plant's cells and looks nowhere else.

    Of ``n`` incidents that otherwise fall evenly, the number in the plant is binomial; the test
    that rejects when it is large is the most powerful one there is at its level.
    """
    usual = land.area[plant].sum() / land.area.sum()
    raised = times * usual / (times * usual + 1 - usual)
    critical = stats.binom.isf(alpha, n, usual) + 1
    return float(stats.binom.sf(critical - 1, n, raised))


def searcher(
    land: Land,
    plant: NDArray[np.int64],
    draw: Draw,
    noise: Draw,
    *,
    alpha: float,
    n_maps: int,
    rng: np.random.Generator,
) -> float:
    """Give the power of a test that knows how large the plant is, but not where it lies.

    It rejects when the fullest of all windows of that size holds more than chance would put there;
    the limit comes from as many maps of noise. What it loses against the oracle is the price of not
    knowing the place, which every test of a whole map has to pay.
    """
    windows = _windows_of(land, len(plant))

    def fullest(make: Draw) -> NDArray[np.int64]:
        maps = np.column_stack([make(rng) for _ in range(n_maps)])
        return np.asarray(windows.sums(maps).max(axis=0))

    by_chance = np.sort(fullest(noise))
    critical = by_chance[-int(alpha * n_maps) - 1] + 1
    return float((fullest(draw) >= critical).mean())


def _windows_of(land: Land, n_cells: int) -> Windows:
    """Give each cell a window of its nearest cells, itself included."""
    _, members = cKDTree(land.xy).query(land.xy, k=n_cells)
    starts = np.arange(land.n_cells + 1, dtype=np.int64) * n_cells
    return Windows(starts, np.asarray(members, dtype=np.int64).ravel())
