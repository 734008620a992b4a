"""Make cells larger until enough of the incidents can be shown with a number."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import geopandas as gpd
import h3
import numpy as np

from hotspots.cells import cell_areas_km2, cell_polygons
from hotspots.errors import PublishError
from hotspots.methods.local import local_gi_star

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from hotspots.publish.policy import Policy
    from hotspots.results import HotspotResult

#: Facts of a grid that hold for a larger cell as they held for the smaller ones.
_CONSTANTS: Final = (
    "groups",
    "period",
    "source_id",
    "source_sha256",
    "area_basis",
    "area_attribution",
    "place",
    "resolution_basis",
)

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
    larger = sums.assign(area_km2=cell_areas_km2(sums.index))
    for name in _CONSTANTS:
        larger[name] = data[name].iloc[0]
        larger[name] = larger[name].astype("category")
    if "name" in data.columns:
        # A larger cell is called after the small one in its middle, where there is one.
        middle = [
            h3.cell_to_center_child(cell, h3.get_resolution(data.index[0])) for cell in larger.index
        ]
        first = groups["name"].first()
        larger["name"] = data["name"].reindex(middle).fillna(first.set_axis(middle)).to_numpy()
    return gpd.GeoDataFrame(larger, geometry=cell_polygons(larger.index), crs=data.crs)


def _retest(result: HotspotResult, resolution: int) -> HotspotResult:
    if result.method != "local_gi_star":
        msg = (
            f"A result of {result.method} cannot be tested again on larger cells here. Make the "
            f"grid at resolution {resolution} with make_hexgrid(area, resolution={resolution})."
        )
        raise PublishError(msg)
    grid = enlarge_cells(result.data, resolution=resolution)
    options = result.params_dict()
    return local_gi_star(grid, **{name: options[name] for name in _TEST_OPTIONS})


def coarsen_until_shown(
    results: Sequence[HotspotResult], policy: Policy
) -> tuple[HotspotResult, ...]:
    """Make the cells of all results larger until the policy's share can be shown.

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
    tried = []
    while True:
        counts = [result.data["n"] for result in results]
        shown = sum(float(n[n >= policy.min_count].sum()) for n in counts)
        share = shown / max(sum(float(n.sum()) for n in counts), 1.0)
        if share >= policy.min_share_shown:
            return tuple(results)
        tried.append(f"{share:.0%} at resolution {resolution}")
        resolution -= 1
        if resolution < policy.coarsest_resolution:
            break
        results = [_retest(result, resolution) for result in results]
    msg = (
        f"Too few incidents for a public map: with counts under {policy.min_count} hidden, only "
        f"{', '.join(tried)} of the incidents could be shown; the policy {policy.name!r} wants "
        f"{policy.min_share_shown:.0%}. Take a longer period, a wider group of offences, or a "
        "larger area."
    )
    raise PublishError(msg)
