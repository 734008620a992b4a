"""Local Gi*: cells that, with their neighbours, are busier than chance would make them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from hotspots.fitness import check_located_cells
from hotspots.inference.beta_binomial import BetaBinomialWindows
from hotspots.inference.negative_binomial import NegativeBinomialWindows
from hotspots.inference.nulls import ShuffledCells
from hotspots.inference.seeds import generator_of, seed_of
from hotspots.methods.local.inputs import inputs_of, windows_of, with_column
from hotspots.methods.local.params import LocalGiStarParams, check_options
from hotspots.methods.local.report import caveats, result_table
from hotspots.methods.local.testing import judge_cells, prepare
from hotspots.results import HotspotResult, Provenance, provenance_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from hotspots.methods.local.testing import Answer, Prepared


def local_gi_star(  # noqa: PLR0913 - one argument for each choice a reader may question
    grid: gpd.GeoDataFrame,
    *,
    column: str = "n",
    null: str = "shuffled_cells",
    alternative: str = "greater",
    adjust: str = "fdr_bh",
    alpha: float = 0.05,
    cap_quantile: float | None = 0.99,
    n_rings: int | tuple[int, ...] = 1,
    graph: Any = None,  # noqa: ANN401 - libpysal is no dependency
    population: str | pd.Series | Sequence[float] | NDArray[Any] | None = None,
    denominator: str | None = None,
    reference: str | pd.Series | Sequence[int] | NDArray[Any] | None = None,
    n_permutations: int | None = None,
    rng: np.random.Generator | int | None = None,
    min_area_share: float = 0.5,
    n_busiest: int = 10,
) -> HotspotResult:
    """Find cells that, with their neighbours, hold more incidents than chance would put there.

    By default the question asked of each cell is: if the counts of this map were put back on its
    cells in a random order, how often would this cell and its neighbours hold so many? The p-value
    is exact: no normal approximation, which fails on sparse counts, and no permutations, whose
    smallest p-value is too large to survive a correction for thousands of cells. Under the null at
    most ``alpha`` of all maps show any hot cell.

    ``null`` says what chance means, and so what a hot cell is:

    - ``"shuffled_cells"``: busier than the map's own unevenness explains. Exact.
    - ``"random_points"``: busier than if incidents fell on the land without regard to anything,
      a cell by its ``area_in_study_km2``. Exact. Streets and people alone make much of a town hot.
    - ``"population"``: more incidents than expected for ``population``, where cells also differ by
      chance (negative binomial). Rate and dispersion are fitted, and fitted anew to the rest once
      hot cells are found. Cells without population are not tested. Where a few cells differ far
      more than the others and hold many incidents, it marks too much (the manual has the figures).
    - ``"reference"``: a larger part of all incidents than elsewhere, beside those of ``reference``
      (another crime, another period), where cells also differ by chance (beta-binomial).
    - ``"normal"``: the z-score of Ord and Getis read as normal. **Not calibrated**: on random
      points 10 to 99 % of maps show a false hot cell. For comparison with other tools only.

    Parameters
    ----------
    grid : geopandas.GeoDataFrame
        From ``count_incidents``; index ``cell``, columns ``area_km2``, ``area_in_study_km2``.
    column : str, default "n"
        The counts to test. With ``null="normal"`` or ``n_permutations`` any numbers, such as harm.
    null : {"shuffled_cells", "random_points", "population", "reference", "normal"}
        What "by chance" means; ``"shuffled_cells"`` unless said otherwise.
    alternative : {"greater", "two-sided"}, default "greater"
        Hot cells only, or hot and cold cells.
    adjust : {"fdr_bh", "fdr_by", "bonferroni", "holm", "max_statistic"}, default "fdr_bh"
        Correction for testing many cells; the last one with ``n_permutations`` only.
    alpha : float, default 0.05
        Level of the corrected test.
    cap_quantile : float or None, default 0.99
        Counts above this quantile of the non-zero counts are tested as if they were it: one giant
        cell would otherwise hide all others. None tests the raw counts. For ``"shuffled_cells"``;
        the other nulls take counts as they are.
    n_rings : int or tuple of int, default 1
        Rings of neighbours in a window, 1 to 3. With several, such as ``(1, 2, 3)``, each is tested
        and all are corrected together: this finds small hotspots and broad ones.
    graph : libpysal.graph.Graph or None, default None
        Neighbours of your own instead of rings, with the cells of the grid as its ids. Weights
        other than 0 and 1 are for ``null="normal"`` only.
    population : str, pandas.Series or array_like of float, shape (cells,), or None, default None
        For ``null="population"``: how many there are in each cell.
    denominator : str or None, default None
        What ``population`` counts, in the plural, such as ``"residents"``.
    reference : str, pandas.Series or array_like of int, shape (cells,), or None, default None
        For ``null="reference"``: counts of another crime or another period.
    n_permutations : int or None, default None
        For ``"shuffled_cells"``: shuffle so many times instead of computing the p-value. Needed for
        numbers that are no counts, and for ``"max_statistic"``.
    rng : numpy.random.Generator, int or None, default None
        Where the shuffles come from; an int is a seed.
    min_area_share : float, default 0.5
        Cells with a smaller part of their area in the study area are not tested, and stand in no
        window.
    n_busiest : int, default 10
        At most so many cells are marked as busiest, by count alone. Cells that tie across the
        limit are all left out.

    Returns
    -------
    HotspotResult
        ``data`` is the grid with, per cell: ``n`` (int64), ``window_n`` (sum of the capped counts
        over its window; int64, float64 for numbers that are no counts), ``expected`` (float64, mean
        of ``window_n`` under the null), ``gi_star`` (float64, z-score for comparison; the p-value
        comes from it under ``"normal"`` only), ``p_value``, ``p_adjusted`` (float64), ``hotspot``
        (categorical), ``busiest`` (bool) and ``note`` (for the analyst only). Cells not tested have
        no value in these. With several rings these are those of the ring with the smallest p-value,
        ``rings`` (str, such as ``"1,2"``) says which made the cell hot, and ``p_value_ring_1``, ...
        (float64) are the p-values of each. ``params`` is a ``LocalGiStarParams``.

    Raises
    ------
    FitnessError
        If there are fewer than 30 cells to test, no incidents, equal counts everywhere, no
        population, too few incidents in the reference, or a place for fewer than 85 % of the rows.
    ParameterError
        If an argument is outside what is described above, or has no use for this null.
    SchemaMismatchError
        If the grid was not made by ``count_incidents``, or a column is missing.

    See Also
    --------
    false_alarm_rate : How often maps made by this null show any hot cell.
    correct_together : One correction for many maps.

    References
    ----------
    Getis, A. and Ord, J. K. (1992). The analysis of spatial association by use of distance
    statistics. Geographical Analysis 24, 189-206. DOI 10.1111/j.1538-4632.1992.tb00261.x

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
    grid, population = with_column(grid, population, "population")
    grid, reference = with_column(grid, reference, "reference")
    params = LocalGiStarParams(
        column=column,
        null=null,
        alternative=alternative,
        adjust=adjust,
        alpha=alpha,
        cap_quantile=cap_quantile if null == "shuffled_cells" else None,
        n_rings=n_rings,
        min_area_share=min_area_share,
        n_busiest=n_busiest,
        graph=graph is not None,
        population=population,
        denominator=denominator,
        reference=reference,
        n_permutations=n_permutations,
        seed=None if n_permutations is None else _seed(rng),
    )
    check_options(params)
    inputs = inputs_of(grid, params)
    provenance = _provenance(grid, column, inputs.numbers)
    check_located_cells(grid, what="local_gi_star")
    windows, params = windows_of(inputs, params, graph)
    ready = prepare(
        grid.index[inputs.tested],
        inputs.numbers[inputs.tested],
        params,
        windows,
        base=None if inputs.base is None else inputs.base[inputs.tested],
    )
    answer = judge_cells(ready, params)
    params = _resolved(params, ready, answer)
    return HotspotResult(
        data=result_table(inputs, answer, params),
        method="local_gi_star",
        params=params,
        provenance=provenance,
        caveats=caveats(params, answer, inputs, area_basis=provenance.area_basis),
    )


def _seed(rng: np.random.Generator | int | None) -> int:
    """Make one number that gives the same shuffles again."""
    drawn = int(generator_of(rng).integers(2**32))
    given = seed_of(rng)
    return drawn if given is None else given


def _provenance(grid: gpd.GeoDataFrame, column: str, values: NDArray[Any]) -> Provenance:
    """Numbers that are no counts were made from the counts of the grid."""
    return provenance_of(grid, column=column if values.dtype.kind in "iu" else "n")


def _resolved(params: LocalGiStarParams, ready: Prepared, answer: Answer) -> LocalGiStarParams:
    null = answer.nulls[0]
    dispersion = None
    if isinstance(null, NegativeBinomialWindows):
        dispersion = null.dispersion
    elif isinstance(null, BetaBinomialWindows):
        dispersion = null.correlation
    return replace(
        params,
        cap=ready.cap,
        cells_tested=len(ready.counts),
        smallest_hot_sum=answer.smallest_hot_sum,
        inference=null.inference,
        lattice_step=null.tails.step if isinstance(null, ShuffledCells) else 1,
        dispersion=dispersion,
    )
