"""Made-up maps: land, noise in which there is nothing to find, and plants that are to be found.

A *land* is a set of cells with their windows. A *draw* takes a generator and gives the counts of
one map. Every method that tests cells is simulated on these, so that their figures can be compared.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import geopandas as gpd
import h3
import numpy as np
import shapely

import hotspots as hs
from hotspots.cells import cell_areas_km2
from hotspots.neighbours import Windows, cell_windows

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Draw: TypeAlias = Callable[[np.random.Generator], NDArray[np.int64]]

#: Where the made-up land lies; it matters to no figure.
MIDDLE: Final = (53.8, -1.55)
KM_PER_DEGREE: Final = 111.195


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Land:
    """Cells, their windows, how much land is in each, and where they lie.

    ``cells`` are H3 ids, or numbers where the land is made of squares. ``area`` is the land of each
    cell in whole cells of the mean size; ``xy`` its middle, in cells. ``wider`` are windows with
    more rings, where several sizes are tested together.
    """

    cells: Any
    windows: Windows
    area: NDArray[np.float64]
    xy: NDArray[np.float64]
    wider: tuple[Windows, ...] = ()

    @property
    def n_cells(self) -> int:
        return len(self.area)

    @property
    def rings(self) -> tuple[Windows, ...]:
        """All windows, the narrowest first."""
        return (self.windows, *self.wider)

    @property
    def window_cells(self) -> int:
        return int(self.windows.sizes.max())

    @property
    def middle(self) -> int:
        """The cell in the middle of the land."""
        away = np.hypot(*(self.xy - (self.xy.min(axis=0) + self.xy.max(axis=0)) / 2).T)
        return int(np.argmin(away))

    def window(self, cell: int) -> NDArray[np.int64]:
        """Cells in the window of one cell."""
        starts = self.windows.starts
        return self.windows.members[starts[cell] : starts[cell + 1]]

    def nearest(self, n_cells: int) -> NDArray[np.int64]:
        """The cells nearest the middle: a round plant of any size."""
        away = np.hypot(*(self.xy - self.xy[self.middle]).T)
        return np.argsort(away, kind="stable")[:n_cells]


def squares(side: int, *, n_rings: int = 1) -> Land:
    """Give side by side squares of one size; a window is 3 by 3 squares, 5 by 5 or 7 by 7."""
    row, column = np.divmod(np.arange(side**2), side)
    steps = np.arange(-n_rings, n_rings + 1)
    near_row = row[:, None, None] + steps[:, None]
    near_column = column[:, None, None] + steps
    near_row, near_column = np.broadcast_arrays(near_row, near_column)
    inside = (np.minimum(near_row, near_column) >= 0) & (np.maximum(near_row, near_column) < side)
    members = (near_row * side + near_column)[inside].astype(np.int64)
    starts = np.concatenate([[0], np.cumsum(inside.sum(axis=(1, 2)))]).astype(np.int64)
    return Land(
        cells=np.arange(side**2),
        windows=Windows(starts, members),
        area=np.ones(side**2),
        xy=np.column_stack([column, row]).astype(np.float64),
    )


def hexagons(side: int, *, n_rings: int = 1) -> Land:
    """Give side by side whole hexagons: a rhombus in the rows of the H3 lattice."""
    origin = h3.latlng_to_cell(*MIDDLE, 8)
    i, j = h3.cell_to_local_ij(origin, origin)
    around = np.arange(side) - side // 2
    cells = [h3.local_ij_to_cell(origin, i + int(a), j + int(b)) for a in around for b in around]
    return _hexagon_land(cells, cell_areas_km2(cells), n_rings)


def disc(radius_km: float, *, resolution: int = 8, n_rings: int = 1) -> Land:
    """Give the hexagons of a round study area; those at the edge are cut, half gone at most."""
    circle = gpd.GeoSeries([shapely.Point(MIDDLE[1], MIDDLE[0])], crs="EPSG:4326")
    metres = circle.to_crs(circle.estimate_utm_crs()).buffer(radius_km * 1000)
    return study(metres.to_crs("EPSG:4326"), resolution=resolution, n_rings=n_rings)


def study(areas: Any, *, resolution: int, n_rings: int = 1) -> Land:  # noqa: ANN401 - as study_area
    """Give the hexagons of any polygons, but those with less than half of their area inside."""
    grid = hs.make_hexgrid(hs.study_area(areas), resolution=resolution)
    whole = grid["area_in_study_km2"] / grid["area_km2"] >= 0.5
    inside = grid.loc[whole, "area_in_study_km2"].to_numpy()
    return _hexagon_land(list(grid.index[whole]), inside, n_rings)


def _hexagon_land(cells: list[str], area_km2: NDArray[np.float64], n_rings: int) -> Land:
    lat, lng = np.array([h3.cell_to_latlng(cell) for cell in cells]).T
    scale = KM_PER_DEGREE / np.sqrt(area_km2.mean())
    xy = np.column_stack([lng * np.cos(np.radians(MIDDLE[0])), lat]) * scale
    return Land(
        cells=cells,
        windows=cell_windows(cells, n_rings=n_rings),
        area=area_km2 / area_km2.mean(),
        xy=xy,
    )


def three_sizes(make: Callable[[int], Land]) -> Land:
    """Give land with windows of one, two and three rings."""
    first, *others = (make(n_rings) for n_rings in (1, 2, 3))
    return replace(first, wider=tuple(land.windows for land in others))


def random_points(land: Land, n: int) -> Draw:
    """Scatter points evenly over the land: a cell gets its share by area."""
    shares = land.area / land.area.sum()
    return lambda rng: rng.multinomial(n, shares)


def heavy_tailed(land: Land, *, mean_log: float = -1.0) -> Draw:
    """Shuffle counts as crime has them: most cells hold nothing, a few hold very many."""
    return lambda rng: rng.poisson(rng.lognormal(mean_log, 1.8, land.n_cells))


def ten_giants(land: Land) -> Draw:
    """Put several hundred incidents in each of ten cells, and one or so in each of the others."""

    def draw(rng: np.random.Generator) -> NDArray[np.int64]:
        counts = rng.poisson(1.0, land.n_cells)
        counts[rng.choice(land.n_cells, 10, replace=False)] = rng.integers(300, 900, 10)
        return counts

    return draw


def smooth_population(land: Land, rng: np.random.Generator) -> NDArray[np.float64]:
    """Give each cell its people: eight towns of different size and reach, and a few farms.

    The densest cells hold some hundred times as many as the emptiest; neighbours are alike.
    """
    towns = land.xy[rng.integers(0, land.n_cells, 8)]
    reach = rng.uniform(1.5, 5.0, 8)
    height = rng.lognormal(7.0, 0.6, 8)
    away = np.hypot(*(land.xy[:, None, :] - towns).T).T
    people: NDArray[np.float64] = 40.0 + (height * np.exp(-0.5 * (away / reach) ** 2)).sum(axis=1)
    return people * land.area


def constant_risk(
    people: NDArray[np.float64], n: float, *, noise_shape: float | None = None
) -> Draw:
    """Draw incidents in proportion to people: the same risk for everybody, everywhere.

    With ``noise_shape`` every cell has, besides, a factor of its own from a gamma distribution of
    that shape and mean 1: places differ, but not together with their neighbours.
    """
    expected = people * n / people.sum()

    def draw(rng: np.random.Generator) -> NDArray[np.int64]:
        if noise_shape is None:
            return np.asarray(rng.poisson(expected))
        factor = rng.gamma(noise_shape, 1 / noise_shape, len(expected))
        return np.asarray(rng.poisson(expected * factor))

    return draw


def planted(
    land: Land,
    plant: NDArray[np.int64],
    n: int,
    times: float,
    *,
    noise_shape: float | None = None,
) -> Draw:
    """Scatter points as ``random_points``, with so many times the usual rate in the plant.

    With ``noise_shape`` every cell has, besides, a factor of its own, as in ``constant_risk``.
    """
    shares = land.area.copy()
    shares[plant] *= times

    def draw(rng: np.random.Generator) -> NDArray[np.int64]:
        uneven = shares
        if noise_shape is not None:
            uneven = shares * rng.gamma(noise_shape, 1 / noise_shape, len(shares))
        return rng.multinomial(n, uneven / uneven.sum())

    return draw
