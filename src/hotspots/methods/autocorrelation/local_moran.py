"""Local Moran: busy cells among busy cells, beyond what shuffled neighbours would give."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from hotspots.errors import SchemaMismatchError
from hotspots.fitness import check_capped, check_cell_counts, check_located_cells, counts_of
from hotspots.inference.capping import cap_of, capped_at
from hotspots.inference.seeds import generator_of, seed_of
from hotspots.methods.autocorrelation.links import enough_area, links_between
from hotspots.methods.autocorrelation.local_report import caveats, result_table
from hotspots.methods.autocorrelation.local_testing import judge
from hotspots.methods.autocorrelation.params import LocalMoranParams, check_local
from hotspots.results import HotspotResult, provenance_of

if TYPE_CHECKING:
    import geopandas as gpd
    import numpy as np


def local_moran(  # noqa: PLR0913 - one argument for each choice a reader may question
    grid: gpd.GeoDataFrame,
    *,
    column: str = "n",
    alternative: str = "greater",
    adjust: str = "fdr_bh",
    alpha: float = 0.05,
    cap_quantile: float | None = 0.99,
    n_permutations: int | None = None,
    n_rings: int = 1,
    graph: Any = None,  # noqa: ANN401 - libpysal is no dependency
    min_area_share: float = 0.5,
    rng: np.random.Generator | int | None = None,
) -> HotspotResult:
    """Find busy cells whose neighbours are busier than shuffled neighbours would be.

    The question asked of each cell: if it keeps its count and all the other counts are put back on
    the other cells in a random order, how often would its neighbours hold so many? Unlike in
    ``local_gi_star`` the cell's own count is no evidence: a lone giant is not hot, and an empty
    cell beside a busy street is not hot either.

    Given the cell's own count, the sum over its k neighbours is a sum of k of the other counts
    drawn without replacement. Its tail is computed exactly, so that there is no smallest p-value of
    1 / (R + 1), as permutations have.

    Parameters
    ----------
    grid : geopandas.GeoDataFrame
        From ``count_incidents``; index ``cell``, columns ``area_km2``, ``area_in_study_km2``.
    column : str, default "n"
        The counts to test.
    alternative : {"greater", "two-sided"}, default "greater"
        ``"greater"`` looks for high cells among high ones only, and tests the cells above the mean.
        ``"two-sided"`` tests all cells and looks also for low ones among low ones (cold), and for
        cells that differ from their neighbours (column ``outlier``).
    adjust : {"fdr_bh", "fdr_by", "bonferroni", "holm"}, default "fdr_bh"
        Correction for testing many cells; see ``local_gi_star``.
    alpha : float, default 0.05
        Level of the corrected test.
    cap_quantile : float or None, default 0.99
        Counts above this quantile of the non-zero counts are taken as if they were it: one giant
        cell would otherwise hide all others. None takes the raw counts.
    n_permutations : int or None, default None
        None computes exact p-values. A number takes so many draws of neighbours instead, for a
        comparison with other programs; all cells with the same number of neighbours share them.
    n_rings : int, default 1
        Rings of neighbours.
    graph : libpysal.graph.Graph or None, default None
        Neighbours of your own; all neighbours of a cell must have the same weight.
    min_area_share : float, default 0.5
        Cells with a smaller part of their area in the study area are not tested, and are nobody's
        neighbours.
    rng : numpy.random.Generator, int or None, default None
        Where the randomness of draws comes from; an int is a seed, and gives the same whatever the
        order of the rows. Not used for exact p-values.

    Returns
    -------
    HotspotResult
        ``data`` is the grid with, per cell: ``n`` (int64), ``neighbours`` (Int64, how many),
        ``neighbours_n`` (Int64, sum of their capped counts), ``expected`` (float64, mean of that
        sum under the null), ``local_moran`` (float64, of capped counts; weights add up to 1 for
        each cell), ``p_value``, ``p_adjusted`` (float64; NaN for cells that were not tested),
        ``quadrant`` (categorical: ``high-high``, ``low-low``, ``high-low``, ``low-high``, the cell
        first; a description, no finding), ``hotspot`` (categorical), ``outlier`` (categorical:
        ``high-low`` or ``low-high`` where a cell differs from its neighbours beyond chance) and
        ``note`` (for the analyst only). Cells without neighbours have no value in these.
        ``params`` is a ``LocalMoranParams``.

    Raises
    ------
    FitnessError
        If there are fewer than 30 cells, no incidents, equal counts everywhere, no neighbours, or a
        place for fewer than 85 % of the rows.
    ParameterError
        If an argument is outside what is described above.
    SchemaMismatchError
        If the grid was not made by ``count_incidents``.

    See Also
    --------
    local_gi_star : Tests a cell together with its neighbours.
    global_moran : One number for the whole map.

    References
    ----------
    Anselin, L. (1995). Local indicators of spatial association: LISA. Geographical Analysis 27,
    93-115. DOI 10.1111/j.1538-4632.1995.tb00338.x

    Examples
    --------
    >>> import hotspots as hs
    >>> incidents, _ = hs.load_sample("west-yorkshire-2018-07")
    >>> incidents, _ = hs.select_incidents(incidents, offence="burglary")
    >>> area = hs.study_area(hs.read_areas(hs.sample_path("west-yorkshire-lsoa")))
    >>> grid = hs.count_incidents(incidents, hs.make_hexgrid(area, resolution=8))
    >>> result = hs.local_moran(grid)
    >>> result.params.inference, bool((result.data["hotspot"] == "hot").any())
    ('exact', True)
    """
    params = LocalMoranParams(
        column=column,
        alternative=alternative,
        adjust=adjust,
        alpha=alpha,
        cap_quantile=cap_quantile,
        n_permutations=n_permutations,
        n_rings=n_rings,
        min_area_share=min_area_share,
        graph_given=graph is not None,
    )
    check_local(params)
    provenance = provenance_of(grid, column=column)
    check_located_cells(grid, what="local_moran")
    counts = counts_of(grid, column)
    taking_part = enough_area(grid, min_area_share)
    if taking_part is None:
        msg = "The grid has no column area_km2, area_in_study_km2. Make it with make_hexgrid(area)."
        raise SchemaMismatchError(msg)
    check_cell_counts(counts[taking_part])
    links = links_between(grid, taking_part, n_rings=n_rings, graph=graph)
    cap = cap_of(counts[taking_part], cap_quantile)
    capped = capped_at(counts[taking_part], cap)
    check_capped(capped, cap)
    names = grid.index.to_numpy()[taking_part].astype(str)
    answer = judge(capped, links, params, rng=generator_of(rng), names=names)
    exact = answer.tails is None or answer.tails.exact
    params = replace(
        params,
        cap=cap,
        mean=float(capped.mean()),
        cells=len(capped),
        cells_tested=int(answer.tested.sum()),
        islands=int((answer.sizes == 0).sum()),
        inference="permutation" if n_permutations else "exact" if exact else "upper bound",
        lattice_step=1 if answer.tails is None else answer.tails.step,
        smallest_p_value=_smallest(n_permutations, alternative),
        seed=seed_of(rng) if n_permutations else None,
    )
    n_edge = int((~taking_part).sum())
    return HotspotResult(
        data=result_table(grid, counts, taking_part, answer, params),
        method="local_moran",
        params=params,
        provenance=provenance,
        caveats=caveats(params, answer, n_edge=n_edge, area_basis=provenance.area_basis),
    )


def _smallest(n_permutations: int | None, alternative: str) -> float:
    if n_permutations is None:
        return float("nan")
    return (2 if alternative == "two-sided" else 1) / (1 + n_permutations)
