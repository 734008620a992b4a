"""Kernel density: where incidents lie close together, smoothed over a stated distance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from hotspots.fitness import check_enough_points, check_located_share
from hotspots.methods.density.bandwidth import FEWEST_FOR_RULE, spread_by_rule
from hotspots.methods.density.ground import Ground, Places, ground_of, places_at
from hotspots.methods.density.kernels import bandwidth_of_spread, check_kernel, spread_m
from hotspots.methods.density.params import KernelDensityParams, check_bandwidth, check_edge
from hotspots.methods.density.report import check_bandwidth_fits, density_caveats
from hotspots.methods.density.sums import kernel_sums
from hotspots.methods.density.window import mass_inside
from hotspots.results import HotspotResult

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

#: No incident's own bandwidth is more than so many times the middling one (Davies and Hazelton).
_WIDEST: Final = 5.0
#: On less than this part of a kernel nothing is divided: an islet in the sea is no more than that.
_LEAST_MASS: Final = 1e-6
#: Square metres in a square kilometre.
_M2: Final = 1e6


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Surface:
    """A density at the cells.

    Attributes
    ----------
    density : ndarray of float64, shape (cells,)
        Incidents per km2.
    bandwidths_m : ndarray of float64, shape (places,)
        The bandwidth at each place where incidents lie.
    """

    density: NDArray[np.float64]
    bandwidths_m: NDArray[np.float64]


def kernel_density(
    incidents: gpd.GeoDataFrame,
    area: gpd.GeoDataFrame,
    *,
    bandwidth_m: float | None = None,
    rule: str = "ppl",
    kernel: str = "quartic",
    edge: str = "diggle",
    adaptive: bool = False,
    resolution: int | None = None,
) -> HotspotResult:
    """Smooth incidents into a density: how many per square kilometre, around each cell.

    A density shows, it tests nothing: it has no p-value and calls no cell hot. Places with more
    people have more incidents. The bandwidth decides the picture more than anything else does;
    ``bandwidth_table`` shows by how much.

    Parameters
    ----------
    incidents : geopandas.GeoDataFrame
        Incidents; the column ``count`` says what each row counts for.
    area : geopandas.GeoDataFrame
        From ``study_area``: then the density is evaluated at H3 cells whose size is chosen from
        the bandwidth, and the window is the study area itself. Or a grid, from ``make_hexgrid``,
        ``make_square_grid`` or ``area_grid``: then it is evaluated at its cells, and the window
        is all of them together. Incidents outside the window are left out.
    bandwidth_m : float or None, default None
        For the quartic and the Epanechnikov kernel the reach, beyond which an incident adds
        nothing; for the Gaussian the standard deviation. The same picture takes a quartic
        bandwidth 2.83 times, and an Epanechnikov bandwidth 2.45 times, that of the Gaussian. None:
        the rule chooses.
    rule : {"ppl", "diggle", "scott", "nrd", "oversmooth"}, default "ppl"
        ``"ppl"`` is likelihood cross-validation, ``"diggle"`` the least mean square error of
        Diggle (1985); both leave out the pairs that lie on one point, which would ask for no
        smoothing at all. ``"scott"``, ``"nrd"`` (R's ``bandwidth.nrd``, as a standard deviation)
        and ``"oversmooth"`` (Terrell 1990) know the scatter only, and are far too wide for
        clustered crime. Each gives a standard deviation, which is turned into the kernel's own
        bandwidth.
    kernel : {"quartic", "gaussian", "epanechnikov"}, default "quartic"
        The Gaussian is cut at five standard deviations.
    edge : {"diggle", "uniform", "none"}, default "diggle"
        What is done about the part of a kernel that lies outside the window. ``"diggle"`` gives
        each incident its own part back, so that the density adds up to the number of incidents;
        ``"uniform"`` divides the density at each cell, which is unbiased where incidents are
        spread evenly; ``"none"`` leaves the edge too low.
    adaptive : bool, default False
        Whether incidents where others are many get a smaller bandwidth than those where others are
        few: proportional to one over the square root of the fixed density (Abramson 1982), with
        ``bandwidth_m`` as the geometric mean, and at most five times that.
    resolution : int or None, default None
        H3 resolution of the cells, with a study area. None takes the coarsest at which a cell is
        no wider than half the kernel's standard deviation; the densities times their areas then
        add up to the incidents within 0.1 %.

    Returns
    -------
    HotspotResult
        ``data`` holds one row per cell: the columns of the grid, ``inside_km2`` (float64, area
        of the cell's part inside the window, on the ellipsoid), ``density_per_km2`` (float64, at
        the centre of that part) and ``share_of_max`` (float64, 0 to 1). ``params`` is a
        ``KernelDensityParams``: there stand the bandwidth, the rule and the integral.

    Raises
    ------
    FitnessError
        If there are fewer than 30 incidents inside, if fewer than 85 % of the rows have a place, if
        the kernel is narrower than a cell, or if the incidents were moved to points of a list that
        lie farther apart than it reaches; if a rule finds no best bandwidth.
    ParameterError
        If an argument is outside what is described above.

    See Also
    --------
    bandwidth_table : What each rule would choose, and how much the picture depends on it.
    local_gi_star : Cells that are busier than chance makes them.
    relative_risk : Cases against controls, tested.

    References
    ----------
    Diggle, P. (1985). A kernel method for smoothing point process data. Applied Statistics 34,
    138-147. DOI 10.2307/2347366

    Jones, M. C. (1993). Simple boundary correction for kernel density estimation. Statistics and
    Computing 3, 135-146. DOI 10.1007/BF00147776

    Abramson, I. S. (1982). On bandwidth variation in kernel estimates - a square root law. Annals
    of Statistics 10, 1217-1223. DOI 10.1214/aos/1176345986

    Examples
    --------
    >>> import hotspots as hs
    >>> incidents, _ = hs.load_sample("west-yorkshire-2018-07")
    >>> incidents, _ = hs.select_incidents(incidents, offence="burglary")
    >>> area = hs.study_area(hs.read_areas(hs.sample_path("west-yorkshire-lsoa")))
    >>> result = hs.kernel_density(incidents, area, bandwidth_m=3000)
    >>> result.params.incidents, round(result.params.integral)
    (1996, 1996)
    """
    check_kernel(kernel)
    check_edge(edge)
    check_bandwidth(bandwidth_m)
    ground = ground_of(incidents, area)
    check_enough_points(ground.points, fewest=FEWEST_FOR_RULE, what="kernel_density")
    check_located_share(ground.points, what="kernel_density")
    if bandwidth_m is None:
        bandwidth = bandwidth_of_spread(kernel, spread_by_rule(ground, rule))
    else:
        rule, bandwidth = "user", float(bandwidth_m)
    width = spread_m(kernel, bandwidth)
    places = places_at(ground, area, spread_m=width, resolution=resolution)
    check_bandwidth_fits(ground, places, kernel=kernel, bandwidth_m=bandwidth)
    made = surface_of(ground, places, bandwidth, kernel=kernel, edge=edge, adaptive=adaptive)
    params = KernelDensityParams(
        kernel=kernel,
        edge=edge,
        adaptive=adaptive,
        rule=rule,
        bandwidth_m=bandwidth,
        bandwidth_means="standard deviation" if kernel == "gaussian" else "reach",
        spread_m=width,
        smallest_bandwidth_m=float(made.bandwidths_m.min()),
        largest_bandwidth_m=float(made.bandwidths_m.max()),
        cells=len(places.frame),
        cell_m=places.cell_m,
        cells_from=places.cells_from,
        incidents=ground.incidents,
        places=len(ground.x_m),
        integral=float(made.density @ places.inside_km2),
    )
    return HotspotResult(
        data=_table(places, made.density),
        method="kernel_density",
        params=params,
        provenance=ground.points.provenance,
        caveats=density_caveats(ground, params),
    )


def surface_of(
    ground: Ground,
    places: Places,
    bandwidth_m: float,
    *,
    kernel: str,
    edge: str,
    adaptive: bool,
) -> Surface:
    """Compute a density at cells.

    Parameters
    ----------
    ground : Ground
        The incidents and their window.
    places : Places
        The cells.
    bandwidth_m : float
        The kernel's own bandwidth.
    kernel, edge : str
        As in ``kernel_density``.
    adaptive : bool
        As in ``kernel_density``.

    Returns
    -------
    Surface
        The density.
    """
    at_points = np.full(len(ground.x_m), bandwidth_m)
    at_cells = np.full(len(places.x_m), bandwidth_m)
    if adaptive:
        at_points, at_cells = _abramson(ground, places, bandwidth_m, kernel)
    weights = ground.weights
    window = None if edge == "none" else ground.window()
    if window is not None and edge == "diggle":
        mass = mass_inside(window, ground.x_m, ground.y_m, at_points, kernel=kernel)
        weights = weights / np.maximum(mass, _LEAST_MASS)
    density = _M2 * kernel_sums(
        ground.x_m,
        ground.y_m,
        weights,
        at_points,
        at_x_m=places.x_m,
        at_y_m=places.y_m,
        kernel=kernel,
    )
    if window is not None and edge == "uniform":
        where = (places.x_m, places.y_m, at_cells)
        mass = mass_inside(window, *where, kernel=kernel, inside=places.inside)
        density /= np.maximum(mass, _LEAST_MASS)
    return Surface(density=density, bandwidths_m=at_points)


def _abramson(
    ground: Ground, places: Places, bandwidth_m: float, kernel: str
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Give each incident, and each cell, the bandwidth that its fixed density asks for."""
    fixed = np.full(len(ground.x_m), bandwidth_m)
    window = ground.window()
    factors = []
    for x, y, inside in (
        (ground.x_m, ground.y_m, None),
        (places.x_m, places.y_m, places.inside),
    ):
        sums = kernel_sums(
            ground.x_m, ground.y_m, ground.weights, fixed, at_x_m=x, at_y_m=y, kernel=kernel
        )
        there = np.full(len(x), bandwidth_m)
        mass = mass_inside(window, x, y, there, kernel=kernel, inside=inside)
        pilot = sums / np.maximum(mass, _LEAST_MASS)
        with np.errstate(divide="ignore"):
            factors.append(1 / np.sqrt(np.maximum(pilot, 0.0)))
    middling = np.exp(ground.weights @ np.log(factors[0]) / ground.weights.sum())
    points, cells = (bandwidth_m * np.minimum(f / middling, _WIDEST) for f in factors)
    return points, cells


def _table(places: Places, density: NDArray[np.float64]) -> gpd.GeoDataFrame:
    out = places.frame.copy()
    out["inside_km2"] = places.inside_km2
    out["density_per_km2"] = density
    out["share_of_max"] = density / density.max()
    return out[[*(c for c in out.columns if c != out.geometry.name), out.geometry.name]]
