"""How often maps that the null makes would show a hot cell."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import stats

from hotspots.errors import ParameterError
from hotspots.inference.false_alarms import maps_with_alarms
from hotspots.inference.nulls import p_values_of
from hotspots.inference.seeds import generator_of, seed_of
from hotspots.inference.shuffles import MapShuffles, adjust_by_largest
from hotspots.methods.local.again import prepared_again
from hotspots.methods.local.nulls import window_sums
from hotspots.methods.local.params import MAX_STATISTIC, FalseAlarmParams, LocalGiStarParams
from hotspots.methods.local.testing import prepare, shows_anything
from hotspots.results import Estimate

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hotspots.methods.local.testing import Prepared
    from hotspots.results import HotspotResult


def false_alarm_rate(
    result: HotspotResult,
    *,
    n_simulations: int = 999,
    rng: np.random.Generator | int | None = None,
    graph: Any = None,  # noqa: ANN401 - libpysal is no dependency
) -> Estimate:
    """Make maps by the null of this very map, and see how often the test shows anything.

    Under ``"shuffled_cells"`` and ``"normal"`` the counts are shuffled; under ``"random_points"``
    as many points are dropped on the land; under ``"population"`` and ``"reference"`` counts are
    drawn from what was fitted, and the fit is made anew for each map, as it was for this one.

    Parameters
    ----------
    result : HotspotResult
        From ``local_gi_star``.
    n_simulations : int, default 999
        Maps to make.
    rng : numpy.random.Generator, int or None, default None
        Where the randomness comes from; an int is a seed.
    graph : libpysal.graph.Graph or None, default None
        The graph, if the result was made with one: a result does not hold it.

    Returns
    -------
    Estimate
        Share of such maps with any hot cell (hot or cold when the test was two-sided), with
        the 95 % interval of Clopper and Pearson (1934), DOI 10.1093/biomet/26.4.404. ``p_value``
        is NaN. ``params`` is a ``FalseAlarmParams``.

    Raises
    ------
    ParameterError
        If the result is of another method, if ``n_simulations`` is not positive, or if the graph is
        missing.

    Examples
    --------
    >>> import hotspots as hs
    >>> incidents, _ = hs.load_sample("west-yorkshire-2018-07")
    >>> incidents, _ = hs.select_incidents(incidents, offence="burglary")
    >>> area = hs.study_area(hs.read_areas(hs.sample_path("west-yorkshire-lsoa")))
    >>> grid = hs.count_incidents(incidents, hs.make_hexgrid(area, resolution=7))
    >>> rate = hs.false_alarm_rate(hs.local_gi_star(grid), rng=1)
    >>> rate.confidence_interval[0] < 0.05
    True
    """
    params = result.params
    if not isinstance(params, LocalGiStarParams):
        msg = f"false_alarm_rate needs a result of local_gi_star, got one of {result.method}."
        raise ParameterError(msg)
    if n_simulations < 1:
        msg = f"n_simulations must be 1 or more, got {n_simulations}."
        raise ParameterError(msg)
    if params.graph and graph is None:
        msg = "The result was made with a graph, which it does not hold: give graph= again."
        raise ParameterError(msg)
    ready = prepared_again(result, graph)
    count = _alarms_of_fitted if ready.nulls[0].fitted else _alarms
    alarms = count(ready, params, n_simulations, generator_of(rng))
    share = alarms / n_simulations
    interval = stats.binomtest(alarms, n_simulations).proportion_ci(0.95, method="exact")
    return Estimate(
        estimate=share,
        standard_error=float(np.sqrt(share * (1 - share) / n_simulations)),
        confidence_interval=(float(interval.low), float(interval.high)),
        p_value=float("nan"),
        method="false_alarm_rate",
        params=FalseAlarmParams(
            n_simulations=n_simulations,
            alarms=alarms,
            alpha=params.alpha,
            confidence=0.95,
            seed=seed_of(rng),
            null=params.null,
        ),
    )


def _alarms(
    ready: Prepared, params: LocalGiStarParams, n_simulations: int, rng: np.random.Generator
) -> int:
    """Test all maps by the one null that they have in common."""
    if params.adjust == MAX_STATISTIC:
        return _alarms_of_largest(ready, params, n_simulations, rng)

    def p_values(maps: NDArray[Any]) -> NDArray[np.float64]:
        found = [
            p_values_of(null, window_sums(windows, maps), params.alternative)
            for null, windows in zip(ready.nulls, ready.rings, strict=True)
        ]
        return np.concatenate(found)

    return maps_with_alarms(
        ready.nulls[0].simulate,
        p_values,
        n_cells=len(ready.counts),
        adjust=params.adjust,
        alpha=params.alpha,
        n_simulations=n_simulations,
        rng=rng,
    )


def _alarms_of_largest(
    ready: Prepared, params: LocalGiStarParams, n_simulations: int, rng: np.random.Generator
) -> int:
    """Compare the largest score of each map with those of the shuffles that the test made."""
    shuffles = [null for null in ready.nulls if isinstance(null, MapShuffles)]
    largest = np.max([null.largest(params.alternative) for null in shuffles], axis=0)
    # The same seed for all rings makes the same maps for all rings.
    seed = int(rng.integers(2**32))
    others = [replace(null, seed=seed, n_permutations=n_simulations) for null in shuffles]
    of_maps = np.max([null.largest(params.alternative) for null in others], axis=0)
    return int((adjust_by_largest(of_maps, largest) <= params.alpha).sum())


def _alarms_of_fitted(
    ready: Prepared, params: LocalGiStarParams, n_simulations: int, rng: np.random.Generator
) -> int:
    """Fit the null to each map anew: that is part of the test."""
    alarms = 0
    for _ in range(n_simulations):
        counts = ready.nulls[0].simulate(1, rng)[:, 0]
        base = ready.base
        if params.null == "reference":
            # What is not of the one kind is of the other: both together stay as they are.
            base = ready.counts + np.asarray(ready.base) - counts
        if np.ptp(counts) and np.any(base):
            made = prepare(None, counts, params, ready.rings, base=base)
            alarms += shows_anything(made, params)
    return alarms
