"""Make cells larger until enough of the incidents can be shown with a number."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import geopandas as gpd
import h3
import numpy as np
import pandas as pd

from hotspots.cells import cell_areas_km2, cell_polygons
from hotspots.errors import PublishError
from hotspots.grid import unnumbered, with_constants, with_names
from hotspots.methods.local import correct_together, local_gi_star
from hotspots.results import GRID_FACTS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hotspots.publish.policy import Policy
    from hotspots.results import HotspotResult

#: Facts of a grid that hold for a larger cell as they held for the smaller ones.
_CONSTANTS: Final = (*GRID_FACTS, "resolution_basis")

#: What a test needs to be run again on other cells.
_TEST_OPTIONS: Final = (
    "null",
    "alternative",
    "adjust",
    "alpha",
    "cap_quantile",
    "n_rings",
    "min_area_share",
    "n_busiest",
)


def share_shown(counts: pd.Series, policy: Policy) -> float:
    """Give the share of the incidents that lie in cells with a number.

    Parameters
    ----------
    counts : pandas.Series of int
        Exact counts of the cells.
    policy : Policy
        Decides which cells show a number.

    Returns
    -------
    float
        From 0 to 1; 0 when there are no incidents.
    """
    total = int(counts.sum())
    return float(counts[counts >= policy.min_count].sum()) / total if total else 0.0


def enlarge_cells(data: gpd.GeoDataFrame, *, resolution: int) -> gpd.GeoDataFrame:
    """Add the counts of cells up to their parents in the H3 index.

    The parents of the index are used, not those of geometry: a point near a cell's edge can lie
    outside the parent of its cell, and then totals would not be sums of what they are made of.

    Parameters
    ----------
    data : geopandas.GeoDataFrame
        A counted grid, or the data of a result; index ``cell``.
    resolution : int
        The coarser H3 resolution.

    Returns
    -------
    geopandas.GeoDataFrame
        A counted grid of the parents.
    """
    parents = np.array([h3.cell_to_parent(cell, resolution) for cell in data.index])
    groups = data.groupby(parents, sort=True)
    sums = groups[["n", "area_in_study_km2"]].sum()
    sums.index.name = "cell"
    larger = gpd.GeoDataFrame(
        sums.assign(area_km2=cell_areas_km2(sums.index)),
        geometry=cell_polygons(sums.index),
        crs=data.crs,
    )
    larger = with_constants(larger, {name: str(data[name].iloc[0]) for name in _CONSTANTS})
    if "name" not in data.columns:
        return larger
    # A larger cell is called after the small one in its middle, where there is one.
    names, fine = unnumbered(data["name"]), h3.get_resolution(data.index[0])
    middle = [h3.cell_to_center_child(cell, fine) for cell in larger.index]
    first = names.groupby(parents, sort=True).first().set_axis(middle)
    return with_names(larger, names.reindex(middle).fillna(first).to_numpy(dtype=object))


def _retest(result: HotspotResult, resolution: int) -> HotspotResult:
    if result.method != "local_gi_star":
        msg = (
            f"A result of {result.method} cannot be tested again on larger cells here. Make the "
            f"grid at resolution {resolution} with make_hexgrid(area, resolution={resolution})."
        )
        raise PublishError(msg)
    facts, options = result.provenance, result.params_dict()
    # What was tested may have been one column of a grid that counts more than it.
    counted = {
        "groups": ",".join(facts.groups),
        "period": f"{facts.period_start}/{facts.period_end}",
    }
    grid = with_constants(enlarge_cells(result.data, resolution=resolution), counted)
    return local_gi_star(grid, **{name: options[name] for name in _TEST_OPTIONS})


def _retest_all(results: Sequence[HotspotResult], resolution: int) -> Sequence[HotspotResult]:
    """Test each anew; what was corrected together is so again."""
    made = [_retest(result, resolution) for result in results]
    together = len(results) > 1 and all(r.params_dict()["maps_together"] > 1 for r in results)
    return correct_together(made) if together else made


def coarsen_until_shown(
    results: Sequence[HotspotResult], policy: Policy
) -> tuple[HotspotResult, ...]:
    """Make the cells of all results larger until they are large enough, and enough can be shown.

    Parameters
    ----------
    results : sequence of HotspotResult
        Results on the same cells.
    policy : Policy
        Its ``min_share_shown`` counts over all results together.

    Returns
    -------
    tuple of HotspotResult
        The results as they were, or tested anew on larger cells.

    Raises
    ------
    PublishError
        If the share is not reached at the coarsest resolution the policy allows.
    """
    resolution = h3.get_resolution(results[0].data.index[0])
    if resolution > policy.finest_resolution:
        resolution = policy.finest_resolution
        results = _retest_all(results, resolution)
    tried = []
    while True:
        counts = pd.concat([result.data["n"] for result in results])
        share = share_shown(counts, policy)
        if share >= policy.min_share_shown:
            return tuple(results)
        tried.append(f"{share:.0%} at resolution {resolution}")
        if resolution <= policy.coarsest_resolution:
            break
        resolution -= 1
        results = _retest_all(results, resolution)
    msg = (
        f"Too few incidents for a public map: with counts under {policy.min_count} hidden, only "
        f"{', '.join(tried)} of the incidents could be shown; the policy {policy.name!r} wants "
        f"{policy.min_share_shown:.0%}. Take a longer period, a wider group of offences, or a "
        "larger area."
    )
    raise PublishError(msg)
