"""How much the picture depends on who chooses the bandwidth."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from hotspots.errors import FitnessError, ParameterError
from hotspots.fitness import check_enough_points, check_located_share
from hotspots.methods.density.bandwidth import FEWEST_FOR_RULE, RULES, spread_by_rule
from hotspots.methods.density.ground import Ground, Places, ground_of, places_at
from hotspots.methods.density.kernels import bandwidth_of_spread, check_kernel
from hotspots.methods.density.params import BandwidthTableParams, check_edge
from hotspots.methods.density.surface import surface_of
from hotspots.results import Estimate
from hotspots.words import message

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd
    from numpy.typing import NDArray


def bandwidth_table(
    incidents: gpd.GeoDataFrame,
    area: gpd.GeoDataFrame,
    *,
    kernel: str = "quartic",
    edge: str = "diggle",
    share: float = 0.05,
) -> Estimate:
    """Let every rule choose a bandwidth, and see how far they agree on the densest places.

    Parameters
    ----------
    incidents : geopandas.GeoDataFrame
        Incidents.
    area : geopandas.GeoDataFrame
        As in ``kernel_density``. With a study area all densities are compared on the same H3
        cells, which are no wider than 1.25 times the smallest standard deviation.
    kernel : {"quartic", "gaussian", "epanechnikov"}, default "quartic"
        The kernel.
    edge : {"diggle", "uniform", "none"}, default "diggle"
        The edge correction.
    share : float, default 0.05
        Part of the area, the densest, that is compared.

    Returns
    -------
    Estimate
        ``estimate`` is the part of the densest area on which all rules agree: the area that is
        among the densest under each of them, over ``share`` of the area. ``data`` has one row for
        each rule, the narrowest first: ``bandwidth_m`` (float64, the kernel's own; NaN when the
        rule collapses), ``spread_m`` (float64, standard deviation), ``highest_per_km2`` (float64),
        ``share_of_incidents`` (float64, of the smoothed incidents that lie in the densest area),
        ``overlap_<rule>`` (float64, how much of this rule's densest area is that of the other) and
        ``note``. Interval, standard error and p-value are NaN. ``params`` is a
        ``BandwidthTableParams``.

    Raises
    ------
    FitnessError
        If there are fewer than 30 incidents inside, or they lie on one point or line; if fewer than
        85 % of the rows have a place; if the cells of a grid are wider than twice the smallest
        standard deviation.
    ParameterError
        If an argument is outside what is described above.

    See Also
    --------
    kernel_density : The density itself.

    Examples
    --------
    >>> import hotspots as hs
    >>> incidents, _ = hs.load_sample("west-yorkshire-2018-07")
    >>> incidents, _ = hs.select_incidents(incidents, offence="burglary")
    >>> area = hs.study_area(hs.read_areas(hs.sample_path("west-yorkshire-lsoa")))
    >>> hs.bandwidth_table(incidents, area).data["spread_m"].round(-1).to_dict()
    {'diggle': 300.0, 'ppl': 640.0, 'nrd': 2200.0, 'scott': 2630.0, 'oversmooth': 2940.0}
    """
    check_kernel(kernel)
    check_edge(edge)
    if not 0 < share < 1:
        msg = f"share must lie between 0 and 1, got {share!r}."
        raise ParameterError(msg)
    ground = ground_of(incidents, area)
    check_enough_points(ground.points, fewest=FEWEST_FOR_RULE, what="bandwidth_table")
    check_located_share(ground.points, what="bandwidth_table")
    spreads, notes = _spreads(ground)
    smallest = min(spreads.values())
    # To compare maps, cells may be wider than for a density that must add up.
    places = places_at(ground, area, spread_m=2.5 * smallest, resolution=None)
    if smallest < places.cell_m / 2:
        msg = (
            f"The narrowest rule has a standard deviation of {smallest:,.0f} m, and the cells are "
            f"{places.cell_m:,.0f} m wide. Give the study area, or smaller cells."
        )
        raise FitnessError(msg)
    table, densest = _by_rule(ground, places, spreads, notes, kernel=kernel, edge=edge, share=share)
    agreed = np.minimum.reduce(list(densest.values())) @ places.inside_km2
    common = float(agreed / (share * places.inside_km2.sum()))
    return Estimate(
        estimate=common,
        standard_error=float("nan"),
        confidence_interval=(float("nan"), float("nan")),
        p_value=float("nan"),
        data=table,
        method="bandwidth_table",
        params=BandwidthTableParams(
            kernel=kernel,
            edge=edge,
            share=share,
            cells=len(places.frame),
            cell_m=places.cell_m,
            incidents=ground.incidents,
            places=len(ground.x_m),
        ),
        sentences=(
            message(
                "density.table",
                percent=round(100 * common),
                share=f"{100 * share:g}",
                smallest=round(table["bandwidth_m"].min()),
                largest=round(table["bandwidth_m"].max()),
            ),
        ),
    )


def _by_rule(
    ground: Ground,
    places: Places,
    spreads: Mapping[str, float],
    notes: Mapping[str, str],
    *,
    kernel: str,
    edge: str,
    share: float,
) -> tuple[pd.DataFrame, dict[str, NDArray[np.float64]]]:
    """Make the density by every rule; give the table, and the densest ground by each."""
    rows, densest = [], {}
    for rule, spread in sorted(spreads.items(), key=lambda item: item[1]):
        bandwidth = bandwidth_of_spread(kernel, spread)
        made = surface_of(ground, places, bandwidth, kernel=kernel, edge=edge, adaptive=False)
        smoothed = made.density * places.inside_km2
        densest[rule] = _densest(made.density, places.inside_km2, share)
        rows.append(
            {
                "rule": rule,
                "bandwidth_m": bandwidth,
                "spread_m": spread,
                "highest_per_km2": made.density.max(),
                "share_of_incidents": smoothed @ densest[rule] / smoothed.sum(),
            }
        )
    rows += [{"rule": rule, "note": note} for rule, note in notes.items()]
    table = pd.DataFrame(rows).set_index("rule")
    for rule, top in densest.items():
        table[f"overlap_{rule}"] = pd.Series(
            {
                other: np.minimum(top, mine) @ places.inside_km2 / (mine @ places.inside_km2)
                for other, mine in densest.items()
            }
        )
    table["note"] = [notes.get(rule, "") for rule in table.index]
    return table, densest


def _spreads(ground: Ground) -> tuple[dict[str, float], dict[str, str]]:
    """Ask every rule; one that collapses leaves a note."""
    spreads, notes = {"scott": spread_by_rule(ground, "scott")}, {}
    for rule in RULES:
        try:
            spreads[rule] = spread_by_rule(ground, rule)
        except FitnessError as refusal:
            notes[rule] = str(refusal)
    return spreads, notes


def _densest(
    density: NDArray[np.float64], area_km2: NDArray[np.float64], share: float
) -> NDArray[np.float64]:
    """Give the part of each cell that is among the densest share of the area."""
    order = np.argsort(-density, kind="stable")
    room = share * area_km2.sum() - (np.cumsum(area_km2[order]) - area_km2[order])
    part = np.empty(len(density))
    part[order] = np.clip(room / area_km2[order], 0.0, 1.0)
    return part
