"""The spatial scan statistic on cells."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from hotspots.errors import ParameterError
from hotspots.fitness import counts_of
from hotspots.inference.capping import cap_of, capped_at
from hotspots.inference.seeds import generator_of, seed_of
from hotspots.methods.scan.params import ScanParams, check_options
from hotspots.methods.scan.places import places_of
from hotspots.methods.scan.report import caveats, describe_clusters, result_table
from hotspots.methods.scan.testing import (
    circles_for,
    scan_in_sequence,
    scan_places,
)
from hotspots.results import HotspotResult, provenance_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray


def scan_hotspots(  # noqa: PLR0913 - one argument for each choice a reader may question
    grid: gpd.GeoDataFrame,
    *,
    column: str = "n",
    population: str | pd.Series | Sequence[float] | NDArray[Any] | None = None,
    denominator: str | None = None,
    null: str | None = None,
    alternative: str = "greater",
    max_share: float = 0.5,
    max_radius_m: float | None = None,
    cap_quantile: float | None = 0.99,
    alpha: float = 0.05,
    n_simulations: int = 999,
    secondary: str = "maxima",
    rng: np.random.Generator | int | None = None,
) -> HotspotResult:
    """Find the circles that hold more incidents than chance would put into any circle.

    Kulldorff's spatial scan statistic. Around each cell, circles of every size are tried, from the
    cell alone to half of the whole population (or, without one, of the area). The circle with the
    largest likelihood ratio is compared with the largest of each simulated map, so that its p-value
    holds for all circles together. Where `local_gi_star` looks for clusters of one size, this finds
    broad ones too, and gives each a centre and a radius.

    Distances are between the middles of cells, in metres on an equal-area plane around the grid's
    own middle (true to 0.1 % within 500 km; a grid in a CRS in metres stays on its plane). Cells
    equally far from a centre, to the millimetre, enter a circle together.

    Parameters
    ----------
    grid : geopandas.GeoDataFrame
        From ``count_incidents``; without a population, with ``area_in_study_km2``.
    column : str, default "n"
        The counts to test.
    population : str, pandas.Series, array_like of float, shape (cells,), or None, default None
        What is expected in a cell is in proportion to it: a column of the grid, a Series indexed by
        cell, or values in the order of the grid. Cells with 0 are not tested. None takes the area
        in the study area; the result then says nothing about anybody's risk.
    denominator : str or None, default None
        What ``population`` counts, in the plural (``"residents"``); needed with it.
    null : {"shuffled_cells", "uneven_cells", "poisson"} or None, default None
        What "by chance" means. ``"shuffled_cells"``: the same counts in a random order (without a
        population only). ``"uneven_cells"``: every cell has a random rate of its own (lognormal),
        with the variance that the rates on this map have. ``"poisson"``: one rate everywhere, as
        Kulldorff (1997) and SaTScan have it; it marks clusters on nearly every map whose cells are
        uneven. None takes ``"shuffled_cells"`` without a population, ``"uneven_cells"`` with one.
    alternative : {"greater", "less", "two-sided"}, default "greater"
        Circles with more than expected, with fewer, or both.
    max_share : float, default 0.5
        A circle holds at most this share of the population, or of the area.
    max_radius_m : float or None, default None
        A circle is at most so large. Needed on more than some 20,000 cells: memory grows with the
        cells in all circles together.
    cap_quantile : float or None, default 0.99
        For ``"shuffled_cells"``: counts above this quantile of the non-zero counts are tested as if
        they were it. A shuffle moves a giant cell and never makes it smaller: it would hide every
        cluster that surprises less than it does alone. None tests the raw counts.
    alpha : float, default 0.05
        Level of the test: the share of maps made by chance that show any cluster.
    n_simulations : int, default 999
        Simulated maps. No p-value is smaller than 1 / (1 + n_simulations).
    secondary : {"maxima", "sequential"}, default "maxima"
        How clusters after the first are judged: like the first, against the strongest circle of
        maps made by chance, which is cautious; or on a map without the cells of those before, with
        new simulations for each (Zhang, Assuncao and Kulldorff 2010).
    rng : numpy.random.Generator, int or None, default None
        Where the randomness comes from; an int is a seed. Neither the order of the rows nor the
        number of threads changes what a seed gives.

    Returns
    -------
    HotspotResult
        ``data`` is the grid with, per cell: ``n`` (int64), ``expected`` (float64, incidents in
        proportion to the base), ``cluster`` (Int64, the number of the cluster it lies in, if any),
        ``llr`` (float64, of that cluster), ``relative_risk`` or, without a population,
        ``relative_density`` (float64, rate in the cluster divided by the rate outside it),
        ``p_value`` and ``p_adjusted`` (float64, alike, since the p-value of a cluster already holds
        for all circles; 1 for cells in no cluster), ``hotspot`` (categorical) and ``note`` (for the
        analyst only). ``params`` is a ``ScanParams``; ``scan_clusters(result)`` gives its clusters
        as a table.

    Raises
    ------
    CoordinateReferenceError
        If the grid has no CRS, or one in neither degrees nor metres.
    FitnessError
        If there are fewer than 30 cells with a base, no incidents, or too many cells for memory.
    ParameterError
        If an argument is outside what is described above.
    SchemaMismatchError
        If the grid was not made by ``count_incidents``, or the population is not a number in every
        cell.

    See Also
    --------
    scan_clusters : The clusters, one row each.
    local_gi_star : Cell by cell, with windows of one size.

    References
    ----------
    Kulldorff, M. (1997). A spatial scan statistic. Communications in Statistics: Theory and Methods
    26, 1481-1496. DOI 10.1080/03610929708831995

    Zhang, Z., Assuncao, R. and Kulldorff, M. (2010). Spatial scan statistics adjusted for multiple
    clusters. Journal of Probability and Statistics 2010, 642379. DOI 10.1155/2010/642379

    Examples
    --------
    >>> import hotspots as hs
    >>> incidents, _ = hs.load_sample("west-yorkshire-2018-07")
    >>> incidents, _ = hs.select_incidents(incidents, offence="burglary")
    >>> area = hs.study_area(hs.read_areas(hs.sample_path("west-yorkshire-lsoa")))
    >>> grid = hs.count_incidents(incidents, hs.make_hexgrid(area, resolution=7))
    >>> result = hs.scan_hotspots(grid, n_simulations=199, rng=1)
    >>> bool((result.data["hotspot"] == "hot").any()), result.params.null
    (True, 'shuffled_cells')
    """
    if denominator is not None and population is None:
        msg = f"denominator={denominator!r} names a population, and none was given."
        raise ParameterError(msg)
    params = ScanParams(
        column=column,
        null=null or ("shuffled_cells" if population is None else "uneven_cells"),
        alternative=alternative,
        secondary=secondary,
        base="area" if population is None else "population",
        denominator=(denominator or "").strip(),
        max_share=max_share,
        max_radius_m=max_radius_m,
        cap_quantile=cap_quantile,
        alpha=alpha,
        n_simulations=n_simulations,
        seed=seed_of(rng),
    )
    check_options(params)
    provenance = provenance_of(grid, column=column)
    places = places_of(grid, column=column, population=population, denominator=denominator)
    circles = circles_for(places.x_m, places.y_m, places.base, params)
    scan = scan_in_sequence if secondary == "sequential" else scan_places
    can_cap = params.null == "shuffled_cells"
    params = replace(params, cap=cap_of(places.counts, cap_quantile) if can_cap else None)
    tested = capped_at(places.counts, params.cap)
    answer = scan(circles, tested, places.base, params, generator_of(rng))
    counts = counts_of(grid, column)
    params = replace(
        params,
        dispersion=answer.dispersion,
        smallest_p_value=1 / (1 + n_simulations),
        llr_needed=answer.llr_needed,
        cells_tested=len(places.rows),
        incidents_left_out=int(counts.sum() - places.counts.sum()),
        too_few=answer.too_few,
        clusters=describe_clusters(answer, grid, places, params),
    )
    return HotspotResult(
        data=result_table(grid, counts, places, answer.found, params),
        method="scan_hotspots",
        params=params,
        provenance=provenance,
        caveats=caveats(
            params,
            n_left_out=len(grid) - len(places.rows),
            area_basis=provenance.area_basis,
        ),
    )
