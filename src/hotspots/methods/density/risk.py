"""Relative risk: where cases take a larger part than elsewhere, among cases and controls."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
import shapely

from hotspots.fitness import check_enough_points, check_located_share
from hotspots.grid.placing import cells_of_points
from hotspots.inference.correction import adjust_p_values
from hotspots.inference.seeds import generator_of, seed_of
from hotspots.methods.density.bandwidth import (
    FEWEST_FOR_RULE,
    not_flat,
    oversmooth_m,
    spread_by_rule,
)
from hotspots.methods.density.ground import Ground, Places, ground_of, places_at
from hotspots.methods.density.kernels import (
    bandwidth_of_spread,
    check_kernel,
    reach_per_bandwidth,
    spread_m,
)
from hotspots.methods.density.params import (
    RelativeRiskParams,
    check_bandwidth,
    check_risk_options,
)
from hotspots.methods.density.relabel import Labels, Tolerance, deal_labels, tolerance
from hotspots.methods.density.report import check_bandwidth_fits, risk_caveats
from hotspots.methods.density.sums import kernel_sums
from hotspots.results import HOTSPOT_WORDS, HotspotResult

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

HOT, COLD, NOT_SIGNIFICANT, TOO_FEW = range(len(HOTSPOT_WORDS))
#: Square metres in a square kilometre.
_M2: Final = 1e6


def relative_risk(  # noqa: PLR0913 - one argument for each choice a reader may question
    cases: gpd.GeoDataFrame,
    controls: gpd.GeoDataFrame,
    area: gpd.GeoDataFrame,
    *,
    bandwidth_m: float | None = None,
    rule: str = "oversmooth",
    kernel: str = "quartic",
    alternative: str = "greater",
    adjust: str = "max_statistic",
    alpha: float = 0.05,
    n_permutations: int = 999,
    floor: float = 0.05,
    min_incidents: float = 10.0,
    resolution: int | None = None,
    rng: np.random.Generator | int | None = None,
) -> HotspotResult:
    """Find where cases take a larger part than elsewhere, among cases and controls together.

    The controls are the denominator: other crime, last year's, or places at risk. What is shown is
    the logarithm of the ratio of two densities, each of which adds up to 1: 0 where cases are as
    common among the two as on the whole map, 0.69 where they are so twice over. The question asked
    of each cell: if it were dealt out by lot which of all these incidents are the cases, how often
    would the ratio be as high?

    Parameters
    ----------
    cases, controls : geopandas.GeoDataFrame
        Incidents. No incident should be in both.
    area : geopandas.GeoDataFrame
        As in ``kernel_density``: a study area, or a grid.
    bandwidth_m : float or None, default None
        Of both densities: a ratio of densities smoothed differently shows hotspots of smoothing.
        For the quartic and the Epanechnikov kernel the reach, for the Gaussian the standard
        deviation. None: the rule chooses.
    rule : {"oversmooth", "scott", "nrd", "ppl", "diggle"}, default "oversmooth"
        Taken of cases and controls together. ``"oversmooth"`` (Terrell 1990) takes the root of the
        geometric mean of the two numbers.
    kernel : {"quartic", "gaussian", "epanechnikov"}, default "quartic"
        The kernel.
    alternative : {"greater", "two-sided"}, default "greater"
        Hot cells only, or hot and cold cells.
    adjust : {"max_statistic", "fdr_bh", "fdr_by", "bonferroni", "holm"}, default "max_statistic"
        ``"max_statistic"`` compares each cell with the highest of all cells in each dealing, and
        needs no more permutations than one test does. The others correct the p-values of the
        cells, of which the smallest is 1 / (n_permutations + 1).
    alpha : float, default 0.05
        Level of the corrected test.
    n_permutations : int, default 999
        Dealings.
    floor : float, default 0.05
        Added to both densities, as a part of the mean density: the ratio cannot run away where
        there are nearly no controls.
    min_incidents : float, default 10.0
        Cells with fewer incidents within the kernel are not tested. Counted is the effective
        number: the square of the sum of the kernel's heights at them, over the sum of squares.
    resolution : int or None, default None
        As in ``kernel_density``.
    rng : numpy.random.Generator, int or None, default None
        Where the randomness comes from; an int is a seed.

    Returns
    -------
    HotspotResult
        ``data`` holds one row per cell: the columns of the grid, ``n`` (int64, cases in the cell
        itself), ``inside_km2``, ``cases_per_km2``, ``controls_per_km2``, ``log_relative_risk``
        (float64, natural logarithm), ``p_value`` (with ``"greater"``, its 0.05 and 0.95 are the
        tolerance contours), ``p_adjusted`` (float64) and ``hotspot`` (categorical; ``too few``
        where not tested). No edge is corrected: what is lost over it is lost to both, and cancels
        in the ratio.
        ``params`` is a ``RelativeRiskParams``.

    Raises
    ------
    FitnessError
        If there are fewer than 30 cases or 30 controls inside, or as in ``kernel_density``.
    ParameterError
        If an argument is outside what is described above.

    References
    ----------
    Bithell, J. F. (1990). An application of density estimation to geographical epidemiology.
    Statistics in Medicine 9, 691-701. DOI 10.1002/sim.4780090616

    Kelsall, J. E. and Diggle, P. J. (1995). Non-parametric estimation of spatial variation in
    relative risk. Statistics in Medicine 14, 2335-2342. DOI 10.1002/sim.4780142106

    Westfall, P. H. and Young, S. S. (1993). Resampling-Based Multiple Testing. Wiley.

    Examples
    --------
    >>> import hotspots as hs
    >>> incidents, _ = hs.load_sample("west-yorkshire-2018-07")
    >>> burglary, _ = hs.select_incidents(incidents, offence="burglary")
    >>> vehicles, _ = hs.select_incidents(incidents, offence="vehicle_crime")
    >>> area = hs.study_area(hs.read_areas(hs.sample_path("west-yorkshire-lsoa")))
    >>> result = hs.relative_risk(burglary, vehicles, area, n_permutations=99, rng=1)
    >>> bool((result.data["hotspot"] == "hot").any())
    True
    """
    check_kernel(kernel)
    check_bandwidth(bandwidth_m)
    check_risk_options(
        alternative=alternative,
        adjust=adjust,
        alpha=alpha,
        n_permutations=n_permutations,
        floor=floor,
        min_incidents=min_incidents,
    )
    grounds = _grounds(cases, controls, area)
    labels, pooled = _pooled(*grounds)
    if bandwidth_m is None:
        bandwidth = bandwidth_of_spread(kernel, _common_spread(grounds, pooled, rule))
    else:
        rule, bandwidth = "user", float(bandwidth_m)
    width = spread_m(kernel, bandwidth)
    places = places_at(pooled, area, spread_m=width, resolution=resolution)
    check_bandwidth_fits(pooled, places, kernel=kernel, bandwidth_m=bandwidth)
    found = tolerance(
        labels,
        deal_labels(labels, n_permutations, generator_of(rng)),
        at_x_m=places.x_m,
        at_y_m=places.y_m,
        kernel=kernel,
        reach_m=bandwidth * reach_per_bandwidth(kernel),
        bandwidth_m=bandwidth,
        constant=floor / (_M2 * places.inside_km2.sum()),
        fewest=min_incidents,
        two_sided=alternative == "two-sided",
    )
    params = RelativeRiskParams(
        kernel=kernel,
        rule=rule,
        bandwidth_m=bandwidth,
        bandwidth_means="standard deviation" if kernel == "gaussian" else "reach",
        spread_m=width,
        alternative=alternative,
        adjust=adjust,
        alpha=alpha,
        n_permutations=n_permutations,
        seed=seed_of(rng),
        floor=floor,
        min_incidents=min_incidents,
        cells=len(places.frame),
        cells_tested=int(found.tested.sum()),
        cell_m=places.cell_m,
        cells_from=places.cells_from,
        cases=grounds[0].incidents,
        controls=grounds[1].incidents,
        case_groups=grounds[0].points.provenance.groups,
        control_groups=grounds[1].points.provenance.groups,
        control_period=_period(grounds[1]),
    )
    return HotspotResult(
        data=_table(places, grounds, found, params, _counts(cases, grounds[0], places)),
        method="relative_risk",
        params=params,
        provenance=grounds[0].points.provenance,
        caveats=risk_caveats(*grounds, params),
    )


def _grounds(
    cases: gpd.GeoDataFrame, controls: gpd.GeoDataFrame, area: gpd.GeoDataFrame
) -> tuple[Ground, Ground]:
    """Take both from their frames, or say which of the two cannot carry a ratio."""
    grounds = ground_of(cases, area), ground_of(controls, area)
    for ground, what in zip(grounds, ("cases", "controls"), strict=True):
        check_enough_points(
            ground.points, fewest=FEWEST_FOR_RULE, what=f"relative_risk, of {what},"
        )
        check_located_share(ground.points, what=f"relative_risk, of {what},")
    return grounds


def _period(ground: Ground) -> str:
    facts = ground.points.provenance
    return f"{facts.period_start}/{facts.period_end}"


def _pooled(cases: Ground, controls: Ground) -> tuple[Labels, Ground]:
    """Put cases and controls together, each place once."""
    both = np.concatenate([cases.x_m + 1j * cases.y_m, controls.x_m + 1j * controls.y_m])
    at, which = np.unique(both, return_inverse=True)
    weights = np.concatenate([cases.weights, controls.weights])
    incidents = np.asarray(np.bincount(which, weights=weights), dtype=np.float64)
    of_cases = np.bincount(which[: len(cases.x_m)], weights=cases.weights, minlength=len(at))
    labels = Labels(
        x_m=at.real.copy(),
        y_m=at.imag.copy(),
        incidents=np.round(incidents).astype(np.int64),
        cases=np.round(of_cases).astype(np.int64),
    )
    points = replace(
        cases.points,
        x_m=np.concatenate([cases.points.x_m, controls.points.x_m]),
        y_m=np.concatenate([cases.points.y_m, controls.points.y_m]),
        weights=np.concatenate([cases.points.weights, controls.points.weights]),
        precisions=tuple(sorted({*cases.points.precisions, *controls.points.precisions})),
    )
    pooled = replace(cases, points=points, x_m=labels.x_m, y_m=labels.y_m, weights=incidents)
    return labels, pooled


def _common_spread(grounds: tuple[Ground, Ground], pooled: Ground, rule: str) -> float:
    if rule != "oversmooth":
        return spread_by_rule(pooled, rule)
    n = float(np.sqrt(grounds[0].incidents * grounds[1].incidents))
    return not_flat(oversmooth_m(pooled.x_m, pooled.y_m, pooled.weights, n))


def _counts(cases: gpd.GeoDataFrame, ground: Ground, places: Places) -> NDArray[np.int64]:
    lng, lat = shapely.get_coordinates(cases.geometry.array[ground.points.rows]).T
    cell = cells_of_points(places.frame, lat, lng)
    counts = np.zeros(len(places.frame), dtype=np.int64)
    np.add.at(counts, cell[cell >= 0], ground.points.weights[cell >= 0])
    return counts


def _table(
    places: Places,
    grounds: tuple[Ground, Ground],
    found: Tolerance,
    params: RelativeRiskParams,
    counts: NDArray[np.int64],
) -> gpd.GeoDataFrame:
    out = places.frame.copy()
    out["n"] = counts
    out["inside_km2"] = places.inside_km2
    case, control = (_density(ground, places, params) for ground in grounds)
    out["cases_per_km2"], out["controls_per_km2"] = case, control
    constant = params.floor / places.inside_km2.sum()
    ratio = np.log(case / params.cases + constant) - np.log(control / params.controls + constant)
    out["log_relative_risk"] = ratio
    adjusted = np.full(len(out), np.nan)
    if params.adjust == "max_statistic":
        adjusted = found.p_maximum
    elif found.tested.any():
        adjusted[found.tested] = adjust_p_values(found.p_value[found.tested], params.adjust)
    out["p_value"], out["p_adjusted"] = found.p_value, adjusted
    word = np.full(len(out), NOT_SIGNIFICANT, dtype=np.int8)
    surprising = adjusted <= params.alpha
    word[surprising & (ratio > 0)] = HOT
    if params.alternative == "two-sided":
        word[surprising & (ratio < 0)] = COLD
    word[~found.tested] = TOO_FEW
    out["hotspot"] = pd.Categorical.from_codes(word, categories=list(HOTSPOT_WORDS))
    return out[[*(c for c in out.columns if c != out.geometry.name), out.geometry.name]]


def _density(ground: Ground, places: Places, params: RelativeRiskParams) -> NDArray[np.float64]:
    return _M2 * kernel_sums(
        ground.x_m,
        ground.y_m,
        ground.weights,
        np.full(len(ground.x_m), params.bandwidth_m),
        at_x_m=places.x_m,
        at_y_m=places.y_m,
        kernel=params.kernel,
    )
