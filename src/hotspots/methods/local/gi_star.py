"""Local Gi*: cells that, with their neighbours, are busier than a shuffled map would make them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hotspots.fitness import counts_of
from hotspots.methods.local.params import LocalGiStarParams, check_options
from hotspots.methods.local.report import caveats, result_table
from hotspots.methods.local.testing import cells_to_test, judge_cells, prepare
from hotspots.results import HotspotResult, provenance_of

if TYPE_CHECKING:
    import geopandas as gpd


def local_gi_star(  # noqa: PLR0913 - one argument for each choice a reader may question
    grid: gpd.GeoDataFrame,
    *,
    column: str = "n",
    null: str = "shuffled_cells",
    alternative: str = "greater",
    adjust: str = "fdr_bh",
    alpha: float = 0.05,
    cap_quantile: float | None = 0.99,
    n_rings: int = 1,
    min_area_share: float = 0.5,
    n_busiest: int = 10,
) -> HotspotResult:
    """Find cells that, with their neighbours, hold more incidents than a shuffled map would.

    The question asked of each cell: if the counts of this map were put back on its cells in a
    random order, how often would this cell and its neighbours hold so many? The p-value is exact:
    no normal approximation, which fails on sparse counts, and no permutations, whose smallest
    p-value is too large to survive a correction for thousands of cells. Under the null at most
    ``alpha`` of all maps show any hot cell.

    Parameters
    ----------
    grid : geopandas.GeoDataFrame
        From ``count_incidents``; index ``cell``, columns ``area_km2``, ``area_in_study_km2``.
    column : str, default "n"
        The counts to test.
    null : {"shuffled_cells"}, default "shuffled_cells"
        What "by chance" means.
    alternative : {"greater", "two-sided"}, default "greater"
        Hot cells only, or hot and cold cells.
    adjust : {"fdr_bh", "bonferroni"}, default "fdr_bh"
        Correction for testing many cells.
    alpha : float, default 0.05
        Level of the corrected test.
    cap_quantile : float or None, default 0.99
        Counts above this quantile of the non-zero counts are tested as if they were it: one giant
        cell would otherwise hide all others. None tests the raw counts.
    n_rings : int, default 1
        Rings of neighbours in a window, 1 to 3.
    min_area_share : float, default 0.5
        Cells with a smaller part of their area in the study area are not tested, and stand in no
        window.
    n_busiest : int, default 10
        At most so many cells are marked as busiest, by count alone. Cells that tie across the
        limit are all left out.

    Returns
    -------
    HotspotResult
        ``data`` is the grid with, per cell: ``n`` (int64), ``window_n`` (int64, sum of the capped
        counts over its window), ``expected`` (float64, mean of ``window_n`` under the null),
        ``gi_star`` (float64, z-score for comparison; not used for the p-value), ``p_value``,
        ``p_adjusted`` (float64), ``hotspot`` (categorical), ``busiest`` (bool) and ``note`` (for
        the analyst only). Cells not tested have no value in these. ``params`` is a
        ``LocalGiStarParams``.

    Raises
    ------
    FitnessError
        If there are fewer than 30 cells to test, no incidents, or equal counts everywhere.
    ParameterError
        If an argument is outside what is described above.
    SchemaMismatchError
        If the grid was not made by ``count_incidents``.

    See Also
    --------
    false_alarm_rate : How often this very map, shuffled, shows any hot cell.

    References
    ----------
    Ord, J. K. and Getis, A. (1995). Local spatial autocorrelation statistics. Geographical
    Analysis 27, 286-306, eq. 14. DOI 10.1111/j.1538-4632.1995.tb00912.x

    Examples
    --------
    >>> import hotspots as hs
    >>> incidents, _ = hs.load_sample("west-yorkshire-2018-07")
    >>> incidents, _ = hs.select_incidents(incidents, offence="burglary")
    >>> area = hs.study_area(hs.read_areas(hs.sample_path("west-yorkshire-lsoa")))
    >>> grid = hs.count_incidents(incidents, hs.make_hexgrid(area, resolution=8))
    >>> result = hs.local_gi_star(grid)
    >>> result.params.inference, bool((result.data["hotspot"] == "hot").any())
    ('exact', True)
    """
    params = LocalGiStarParams(
        column=column,
        null=null,
        alternative=alternative,
        adjust=adjust,
        alpha=alpha,
        cap_quantile=cap_quantile,
        n_rings=n_rings,
        min_area_share=min_area_share,
        n_busiest=n_busiest,
    )
    check_options(params)
    params = replace(params, window_cells=3 * n_rings * (n_rings + 1) + 1)
    provenance = provenance_of(grid, column=column)
    counts = counts_of(grid, column)
    tested = cells_to_test(grid, min_area_share)
    ready = prepare(grid.index[tested], counts[tested], params)
    answer = judge_cells(ready, params)
    params = replace(
        params,
        cap=ready.cap,
        cells_tested=len(ready.counts),
        smallest_hot_sum=answer.smallest_hot_sum,
        inference="exact" if ready.tails.exact else "upper bound",
        lattice_step=ready.tails.step,
    )
    return HotspotResult(
        data=result_table(grid, counts, tested, answer, params),
        method="local_gi_star",
        params=params,
        provenance=provenance,
        caveats=caveats(
            params,
            ready,
            answer,
            n_edge=int((~tested).sum()),
            area_basis=provenance.area_basis,
        ),
    )
