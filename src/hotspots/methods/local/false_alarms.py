"""How often this very map, shuffled, would show a hot cell."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import stats

from hotspots.errors import ParameterError
from hotspots.fitness import counts_of
from hotspots.inference.false_alarms import maps_with_alarms
from hotspots.methods.local.params import FalseAlarmParams, LocalGiStarParams
from hotspots.methods.local.testing import prepare
from hotspots.results import Estimate

if TYPE_CHECKING:
    from hotspots.results import HotspotResult


def false_alarm_rate(
    result: HotspotResult,
    *,
    n_simulations: int = 999,
    rng: np.random.Generator | int | None = None,
) -> Estimate:
    """Shuffle the counts of this very map, and see how often the test shows anything.

    Parameters
    ----------
    result : HotspotResult
        From ``local_gi_star``.
    n_simulations : int, default 999
        Shuffled maps.
    rng : numpy.random.Generator, int or None, default None
        Where the randomness comes from; an int is a seed.

    Returns
    -------
    Estimate
        Share of shuffled maps with any hot cell (hot or cold when the test was two-sided), with
        the 95 % interval of Clopper and Pearson (1934), DOI 10.1093/biomet/26.4.404. ``p_value``
        is NaN. ``params`` is a ``FalseAlarmParams``.

    Raises
    ------
    ParameterError
        If the result is of another method, or ``n_simulations`` is not positive.

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
    tested = result.data["hotspot"].notna().to_numpy()
    counts = counts_of(result.data, params.column)
    ready = prepare(result.data.index[tested], counts[tested], params)
    alarms = maps_with_alarms(
        ready.counts,
        ready.windows.sums,
        ready.windows.sizes,
        ready.tails,
        alternative=params.alternative,
        adjust=params.adjust,
        alpha=params.alpha,
        n_simulations=n_simulations,
        rng=np.random.default_rng(rng),
    )
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
            seed=int(rng) if isinstance(rng, int | np.integer) else None,
        ),
    )
