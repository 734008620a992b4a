"""Moran's I: do neighbouring cells hold similar counts, over the whole map."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
from scipy import special

from hotspots.errors import FitnessError, ParameterError, SchemaMismatchError
from hotspots.fitness import FEWEST_CELLS
from hotspots.grid.denominators import rate_base
from hotspots.inference.seeds import generator_of, seed_of
from hotspots.methods.autocorrelation.links import enough_area, links_between
from hotspots.methods.autocorrelation.moments import (
    Moments,
    moran_index,
    moran_moments,
    row_standardised,
    shuffled_indices,
)
from hotspots.methods.autocorrelation.params import GlobalMoranParams, check_global
from hotspots.results import Estimate
from hotspots.words import Message, message

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd
    from numpy.typing import NDArray

#: Shuffled indices that differ from the one seen by rounding alone count as ties.
_ROUNDING: Final = 1e-12


def global_moran(  # noqa: PLR0913 - one argument for each choice a reader may question
    grid: gpd.GeoDataFrame,
    *,
    column: str = "n",
    population: str | pd.Series | Sequence[float] | NDArray[Any] | None = None,
    denominator: str | None = None,
    alternative: str = "greater",
    n_permutations: int = 999,
    n_rings: int = 1,
    graph: Any = None,  # noqa: ANN401 - libpysal is no dependency
    min_area_share: float = 0.5,
    rng: np.random.Generator | int | None = None,
) -> Estimate:
    """Say in one number whether neighbouring cells hold similar values.

    Near 1: high cells lie beside high ones and low beside low. Near -1 / (n - 1): no more so than
    in a random order. It says that there is a pattern, not where; for that see ``local_moran``.

    With a population, the index is that of Assuncao and Reis: each rate is set against the overall
    one and divided by how much it would vary from cell to cell with a population of that size.
    Plain rates vary more where few people live, and their Moran's I takes that for a pattern, or
    loses one in it.

    Cells that the edge of the study area cuts hold less and lie beside each other, so many evenly
    spread incidents have a high index too. Land as the population allows for that:
    ``population="area_in_study_km2", denominator="square kilometres"``.

    Parameters
    ----------
    grid : geopandas.GeoDataFrame
        From ``count_incidents``; without a population, any grid with numbers in ``column``.
    column : str, default "n"
        The counts, or other numbers.
    population : str, pandas.Series or array_like of float, shape (cells,), or None
        How many there are in each cell; see ``incident_rate``. None takes the column as it is.
    denominator : str or None, default None
        What ``population`` counts, such as ``"residents"``; must be given with it.
    alternative : {"greater", "less", "two-sided"}, default "greater"
        More alike than by chance, less alike, or either.
    n_permutations : int, default 999
        Shuffled maps.
    n_rings : int, default 1
        Rings of neighbours.
    graph : libpysal.graph.Graph or None, default None
        Neighbours of your own; all neighbours of a cell must have the same weight.
    min_area_share : float, default 0.5
        Cells with a smaller part of their area in the study area are left out, when the grid says
        how large they are.
    rng : numpy.random.Generator, int or None, default None
        Where the randomness comes from; an int is a seed, and gives the same whatever the order of
        the rows.

    Returns
    -------
    Estimate
        ``estimate`` is Moran's I with row-standardised weights. ``standard_error`` is that under
        randomisation, when nothing is to be found; there is no interval (NaN). ``p_value`` is from
        the shuffled maps, (1 + as extreme) / (1 + n_permutations), twice the smaller tail when
        two-sided. ``data`` has one row for each way to judge it, index ``assumption``
        (``normality``, ``randomisation``, ``permutation``), and the columns ``expected``,
        ``variance``, ``z`` and ``p_value`` (float64; the first two read z as normal, which fails on
        sparse counts). ``params`` is a ``GlobalMoranParams``; ``sentences`` says it in words.

    Raises
    ------
    FitnessError
        If fewer than 30 cells have a neighbour, or all values are equal.
    ParameterError
        If an argument is outside what is described above, or a population has no denominator.
    SchemaMismatchError
        If the column does not hold a finite number in every row.

    See Also
    --------
    local_moran : Which cells.

    References
    ----------
    Cliff, A. D. and Ord, J. K. (1981). Spatial Processes: Models and Applications. Pion, London.

    Assuncao, R. M. and Reis, E. A. (1999). A new proposal to adjust Moran's I for population
    density. Statistics in Medicine 18, 2147-2162.
    DOI 10.1002/(SICI)1097-0258(19990830)18:16<2147::AID-SIM179>3.0.CO;2-I

    Examples
    --------
    >>> import hotspots as hs
    >>> incidents, _ = hs.load_sample("west-yorkshire-2018-07")
    >>> incidents, _ = hs.select_incidents(incidents, offence="burglary")
    >>> area = hs.study_area(hs.read_areas(hs.sample_path("west-yorkshire-lsoa")))
    >>> grid = hs.count_incidents(incidents, hs.make_hexgrid(area, resolution=7))
    >>> found = hs.global_moran(grid, rng=1)
    >>> round(found.estimate, 2), found.p_value
    (0.61, 0.001)
    """
    check_global(
        alternative=alternative, n_permutations=n_permutations, min_area_share=min_area_share
    )
    prepared = _values_of(grid, column, population, denominator)
    large = enough_area(grid, min_area_share)
    large = np.ones(len(grid), dtype=bool) if large is None else large
    kept, weights = _weights_among(grid, large & prepared.usable, n_rings, graph)
    # In the order of the cells' names, so that a seed gives the same whatever that of the rows.
    order = np.argsort(grid.index.to_numpy()[kept].astype(str), kind="stable")
    values, weights = prepared.numbers[kept[order]], weights[order][:, order]
    _check_values(values)
    index, moments = moran_index(values, weights), moran_moments(values, weights)
    shuffled = shuffled_indices(
        values, weights, n_permutations=n_permutations, rng=generator_of(rng)
    )
    table = _table(index, moments, shuffled, alternative)
    params = GlobalMoranParams(
        column=column,
        denominator=prepared.denominator,
        alternative=alternative,
        n_permutations=n_permutations,
        n_rings=n_rings,
        min_area_share=min_area_share,
        graph_given=graph is not None,
        cells=len(values),
        islands=int((large & prepared.usable).sum()) - len(values),
        at_edge=int((~large).sum()),
        without_population=int((large & ~prepared.usable).sum()),
        seed=seed_of(rng),
    )
    return Estimate(
        estimate=index,
        standard_error=float(np.sqrt(moments.variance_randomisation)),
        confidence_interval=(np.nan, np.nan),
        p_value=float(table.loc["permutation", "p_value"]),
        method="global_moran",
        params=params,
        data=table,
        sentences=_sentences(index, table, params),
    )


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class _Values:
    numbers: NDArray[np.float64]
    usable: NDArray[np.bool_]
    denominator: str | None


def _values_of(
    grid: gpd.GeoDataFrame, column: str, population: object, denominator: str | None
) -> _Values:
    if population is None:
        if denominator is not None:
            msg = f"denominator={denominator!r} names a population, and there is none. Give both."
            raise ParameterError(msg)
        return _Values(
            numbers=_numbers(grid, column), usable=np.ones(len(grid), dtype=bool), denominator=None
        )
    if denominator is None:
        msg = "A population needs a denominator that names what it counts, such as 'residents'."
        raise ParameterError(msg)
    base = rate_base(grid, population, denominator=denominator, column=column, per=1)
    usable = base.population > 0
    values = np.full(len(grid), np.nan)
    values[usable] = standardised_rates(base.counts[usable], base.population[usable])
    return _Values(numbers=values, usable=usable, denominator=base.denominator)


def standardised_rates(
    counts: NDArray[np.int64], population: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Set rates against the overall one, in units of how much each would vary.

    Parameters
    ----------
    counts : ndarray of int64, shape (n,)
        Incidents.
    population : ndarray of float64, shape (n,)
        Above 0.

    Returns
    -------
    ndarray of float64, shape (n,)
        (rate - b) / sqrt(a + b / population), with b the overall rate and a the variance between
        cells by moments. Where a is so far below 0 that the sum is too, a is taken as 0.
    """
    rate = counts / population
    mean = counts.sum() / population.sum()
    spread = (population * (rate - mean) ** 2).sum() / population.sum()
    between = spread - mean / population.mean()
    variance = between + mean / population
    variance = np.where(variance > 0, variance, mean / population)
    return np.asarray((rate - mean) / np.sqrt(variance))


def _numbers(grid: gpd.GeoDataFrame, column: str) -> NDArray[np.float64]:
    if column not in grid.columns:
        msg = f"The grid has no column {column!r}. Make it with count_incidents(incidents, grid)."
        raise SchemaMismatchError(msg)
    given = grid[column]
    if not pd.api.types.is_numeric_dtype(given) or pd.api.types.is_bool_dtype(given):
        msg = f"Column {column!r} holds {given.dtype}, not a number in every row."
        raise SchemaMismatchError(msg)
    values = given.to_numpy(dtype=np.float64, na_value=np.nan)
    unknown = ~np.isfinite(values)
    if unknown.any():
        cell = grid.index[int(np.flatnonzero(unknown)[0])]
        msg = (
            f"Column {column!r} has no number in {unknown.sum():,} cells, the first being {cell}. "
            "Leave these cells out of the grid, or fill them."
        )
        raise SchemaMismatchError(msg)
    return np.asarray(values)


def _weights_among(
    grid: gpd.GeoDataFrame,
    usable: NDArray[np.bool_],
    n_rings: int,
    graph: Any,  # noqa: ANN401 - libpysal is no dependency
) -> tuple[NDArray[np.intp], Any]:
    """Give the positions of the usable cells that have a neighbour, and the weights among them."""
    links = links_between(grid, usable, n_rings=n_rings, graph=graph)
    kept = np.flatnonzero(usable)
    with_neighbours = np.diff(links.indptr) > 0
    while not with_neighbours.all():
        # In a graph where being a neighbour is not mutual, leaving one out may leave others alone.
        kept, links = kept[with_neighbours], links[with_neighbours][:, with_neighbours]
        with_neighbours = np.diff(links.indptr) > 0
    if len(kept) < FEWEST_CELLS:
        msg = (
            f"{len(kept)} cells have a neighbour; Moran's I needs at least {FEWEST_CELLS}. Make "
            "the grid finer."
        )
        raise FitnessError(msg)
    return kept, row_standardised(links)


def _check_values(values: NDArray[np.float64]) -> None:
    if np.ptp(values) <= _ROUNDING * np.abs(values).max():
        msg = (
            f"Every cell holds the same value ({values[0]:g}), so no two neighbours can be more "
            "alike than others. Check how the values were made."
        )
        raise FitnessError(msg)


def _table(
    index: float, moments: Moments, shuffled: NDArray[np.float64], alternative: str
) -> pd.DataFrame:
    slack = _ROUNDING * max(1.0, abs(index))
    above = (1 + int((shuffled >= index - slack).sum())) / (1 + len(shuffled))
    below = (1 + int((shuffled <= index + slack).sum())) / (1 + len(shuffled))
    rows = {}
    for name, expected, variance in (
        ("normality", moments.expected, moments.variance_normality),
        ("randomisation", moments.expected, moments.variance_randomisation),
        ("permutation", float(shuffled.mean()), float(shuffled.var())),
    ):
        z = (index - expected) / np.sqrt(variance) if variance > 0 else np.nan
        rows[name] = {"expected": expected, "variance": variance, "z": z}
        tails = (above, below) if name == "permutation" else (_normal_tail(z), _normal_tail(-z))
        rows[name]["p_value"] = _sided(*tails, alternative)
    table = pd.DataFrame.from_dict(rows, orient="index").astype(np.float64)
    return table.rename_axis("assumption")


def _normal_tail(z: float) -> float:
    return float(special.ndtr(-z))


def _sided(above: float, below: float, alternative: str) -> float:
    if alternative == "greater":
        return above
    if alternative == "less":
        return below
    return min(1.0, 2 * min(above, below))


def _sentences(index: float, table: pd.DataFrame, params: GlobalMoranParams) -> tuple[Message, ...]:
    row = table.loc["permutation"]
    which = "of_rates" if params.denominator else "of_values"
    said = [
        message(
            f"autocorrelation.index_{which}",
            index=f"{index:.2f}",
            cells=params.cells,
            expected=f"{row['expected']:.2g}",
            p=f"{row['p_value']:.2g}",
            maps=params.n_permutations,
            denominator=params.denominator or "",
        ),
        message("autocorrelation.no_place"),
    ]
    if not params.denominator:
        said.append(message("autocorrelation.not_a_risk"))
    for name, cells in (
        ("islands", params.islands),
        ("without_population", params.without_population),
        ("edge_left_out", params.at_edge),
    ):
        if cells:
            said.append(message(f"autocorrelation.{name}", cells=cells))
    return tuple(said)
