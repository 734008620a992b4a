"""The space-time permutation scan: places that have become busier than they were."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from hotspots.errors import FitnessError
from hotspots.inference.circles import nested_circles
from hotspots.inference.cylinders import (
    Stretches,
    best_cylinders,
    counts_up_to,
    incidents_in,
    permuted_maxima,
    stretches_of,
)
from hotspots.inference.scan_statistic import poisson_llr
from hotspots.inference.seeds import generator_of, seed_of
from hotspots.methods.scan.events import Events, events_of
from hotspots.methods.scan.finding import Found, llr_needed, separate_clusters
from hotspots.methods.scan.report import where
from hotspots.methods.scan.space_time_params import (
    STEPS,
    SpaceTimeCluster,
    SpaceTimeScanParams,
    check_space_time_options,
)
from hotspots.results import HOTSPOT_WORDS, HotspotResult, provenance_from
from hotspots.words import Message, message, say

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from hotspots.inference.circles import Circles

HOT, _COLD, NOT_SIGNIFICANT, TOO_FEW = range(len(HOTSPOT_WORDS))
_NOT_TESTED: Final = -1
#: Comparisons of one scan with all its permutations: more would take hours.
_MOST_WORK: Final = 2e12


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class _Answer:
    found: list[Found]
    stretch: NDArray[np.int64]
    needed: float
    too_few: bool


def scan_space_time(  # noqa: PLR0913 - one argument for each choice a reader may question
    incidents: gpd.GeoDataFrame,
    grid: gpd.GeoDataFrame,
    *,
    prospective: bool = True,
    step: str = "day",
    window_days: int | None = None,
    max_share: float = 0.5,
    max_radius_m: float | None = None,
    alpha: float = 0.05,
    n_simulations: int = 999,
    rng: np.random.Generator | int | None = None,
) -> HotspotResult:
    """Find places that are busier now, or were for a while, than their own past would have it.

    The space-time permutation scan statistic. It needs no population: a circle of cells is expected
    to have the same share of all incidents on every day. Cylinders (a circle, and a stretch of
    days) of every size are tried, and the strongest is compared with the strongest after the days
    of the incidents were put in a random order. So a place that is always busy is not found, nor is
    a rise that is everywhere the same.

    Parameters
    ----------
    incidents : geopandas.GeoDataFrame
        Incidents that know their day.
    grid : geopandas.GeoDataFrame
        The cells: from ``make_hexgrid``, ``make_square_grid`` or ``area_grid``, counted or not.
    prospective : bool, default True
        Only stretches that end with the last day of the period: what is going on now. False takes
        all stretches, which takes far longer.
    step : {"day", "week"}, default "day"
        What time is cut into. The last step ends with the last day; days before the first whole
        step are left out.
    window_days : int or None, default None
        Days in the longest stretch; None takes half of the period.
    max_share : float, default 0.5
        A circle holds at most this share of the incidents of the whole period.
    max_radius_m : float or None, default None
        A circle is at most so large.
    alpha : float, default 0.05
        Level of the test. Run every day on data without clusters, a prospective scan gives a false
        alarm every 1 / alpha days on average.
    n_simulations : int, default 999
        Permutations. No p-value is smaller than 1 / (1 + n_simulations).
    rng : numpy.random.Generator, int or None, default None
        Where the randomness comes from; an int is a seed. Neither the order of the rows nor the
        number of threads changes what a seed gives.

    Returns
    -------
    HotspotResult
        ``data`` is the grid with, per cell: ``n`` (int64, incidents of the whole period),
        ``cluster`` (Int64), ``first_day``, ``last_day`` (datetime64), ``ratio`` (float64, incidents
        in the cluster divided by those expected), ``llr``, ``p_value`` and ``p_adjusted`` (float64,
        alike: of the cluster the cell lies in, 1 in none), ``hotspot`` (categorical; missing for
        cells without any incident, which cannot change) and ``note``. ``params`` is a
        ``SpaceTimeScanParams``; ``scan_clusters(result)`` gives its clusters as a table.

    Raises
    ------
    CoordinateReferenceError
        If the grid has no CRS, or one in neither degrees nor metres.
    FitnessError
        If too few incidents know their day (month-only files), if there are fewer than 30 in 2
        cells or fewer than 4 steps, or if there are too many cylinders.
    ParameterError
        If an argument is outside what is described above.
    SchemaMismatchError
        If a frame is not what it should be.

    See Also
    --------
    scan_clusters : The clusters, one row each.
    scan_hotspots : Space alone.

    References
    ----------
    Kulldorff, M., Heffernan, R., Hartman, J., Assuncao, R. and Mostashari, F. (2005). A space-time
    permutation scan statistic for disease outbreak detection. PLoS Medicine 2(3), e59.
    DOI 10.1371/journal.pmed.0020059

    Examples
    --------
    >>> import hotspots as hs
    >>> incidents, _ = hs.load_sample("synthetic-chicago")
    >>> june, _ = hs.select_incidents(incidents, offence="burglary", period="2024-06")
    >>> grid = hs.make_hexgrid(hs.study_area(june), resolution=7)
    >>> result = hs.scan_space_time(june, grid, n_simulations=99, rng=1)
    >>> result.params.n_steps, result.params.window_days
    (30, 15)
    """
    check_space_time_options(
        step=step,
        window_days=window_days,
        max_share=max_share,
        max_radius_m=max_radius_m,
        alpha=alpha,
        n_simulations=n_simulations,
    )
    events, facts = events_of(incidents, grid, step=step)
    longest = _longest(window_days, events.n_steps, STEPS[step])
    stretches = stretches_of(events.n_steps, longest=longest, ending_last=prospective)
    circles = nested_circles(
        events.x_m,
        events.y_m,
        events.n.astype(np.float64),
        max_share=max_share,
        max_radius_m=max_radius_m,
    )
    _refuse_too_much_work(circles, stretches, n_simulations)
    answer = _scan(events, circles, stretches, alpha, n_simulations, generator_of(rng))
    days = STEPS[step]
    clusters = _describe(answer, events, stretches, grid, days, alpha, n_simulations)
    params = SpaceTimeScanParams(
        prospective=prospective,
        step=step,
        window_days=longest * days,
        max_share=max_share,
        max_radius_m=max_radius_m,
        alpha=alpha,
        n_simulations=n_simulations,
        seed=seed_of(rng),
        alternative="greater",
        first_day=events.first_day.date(),
        last_day=(events.first_day + pd.Timedelta(days=events.n_steps * days - 1)).date(),
        n_steps=events.n_steps,
        incidents_left_out=events.left_out,
        smallest_p_value=1 / (1 + n_simulations),
        llr_needed=answer.needed,
        too_few=answer.too_few,
        clusters=clusters,
    )
    told = {name: str(grid[name].iloc[0]) for name in ("area_basis", "area_attribution", "place")}
    return HotspotResult(
        data=_table(grid, events, answer, params),
        method="scan_space_time",
        params=params,
        provenance=provenance_from({**facts, **told}, incidents_used=len(events.places)),
        caveats=_caveats(params),
    )


def _longest(window_days: int | None, n_steps: int, days: int) -> int:
    if window_days is None:
        return n_steps // 2
    return min(window_days // days, n_steps - 1)


def _refuse_too_much_work(circles: Circles, stretches: Stretches, n_simulations: int) -> None:
    work = float(len(circles.members)) * len(stretches.first) * n_simulations
    if work > _MOST_WORK:
        msg = (
            f"There are {len(stretches.first):,} stretches of time and circles of "
            f"{len(circles.members):,} cells together: hours of work. Take step='week', a smaller "
            "window_days or max_radius_m, larger cells, or prospective=True."
        )
        raise FitnessError(msg)


def _scan(
    events: Events,
    circles: Circles,
    stretches: Stretches,
    alpha: float,
    n_simulations: int,
    rng: np.random.Generator,
) -> _Answer:
    before = counts_up_to(events.places, events.steps, len(events.n), stretches)
    at_time = incidents_in(events.steps, stretches)
    llr, sizes, stretch = best_cylinders(circles, before, stretches, at_time)
    maxima = permuted_maxima(
        circles, events.places, events.steps, stretches, n_simulations=n_simulations, rng=rng
    )
    needed = llr_needed(maxima, alpha)
    total = len(events.places)
    # Inside are at most as many as the circle and the days hold each; so E is c * c / C at least.
    inside = np.arange(1, min(total, int(at_time.max(initial=0))) + 1)
    possible = poisson_llr(inside, inside.astype(np.float64) ** 2 / total, total, "greater")
    return _Answer(
        found=separate_clusters(circles, llr, sizes, maxima, alpha=alpha),
        stretch=stretch,
        needed=needed,
        too_few=bool(possible.max(initial=0.0) <= needed),
    )


def _describe(
    answer: _Answer,
    events: Events,
    stretches: Stretches,
    grid: gpd.GeoDataFrame,
    days: int,
    alpha: float,
    n_simulations: int,
) -> tuple[SpaceTimeCluster, ...]:
    clusters = []
    for number, one in enumerate(answer.found, start=1):
        numbers = _numbers(one, answer, events, stretches, days)
        row = int(events.rows[one.centre])
        word = TOO_FEW if answer.too_few else HOT if one.p_value <= alpha else NOT_SIGNIFICANT
        name = grid["name"].iloc[row] if "name" in grid.columns else grid.index[row]
        said = message(
            "scan.cylinder",
            where=say(where(str(name), numbers["radius_m"])),
            first=str(numbers["first_day"]),
            last=str(numbers["last_day"]),
            n=int(numbers["n"]),
            expected=f"{numbers['expected']:.1f}",
            simulations=n_simulations,
            p_value=f"{one.p_value:.2g}",
        )
        clusters.append(
            SpaceTimeCluster(
                cluster=number,
                hotspot=HOTSPOT_WORDS[word],
                centre=str(grid.index[row]),
                latitude=float(events.latitude[one.centre]),
                longitude=float(events.longitude[one.centre]),
                cells=len(one.members),
                llr=one.llr,
                p_value=one.p_value,
                p_gumbel=one.p_gumbel,
                sentence=say(said),
                **numbers,
            )
        )
    return tuple(clusters)


def _numbers(
    one: Found, answer: _Answer, events: Events, stretches: Stretches, days: int
) -> dict[str, Any]:
    which = answer.stretch[one.centre]
    begin = int(stretches.edges[stretches.first[which]])
    end = int(stretches.edges[stretches.last[which]])
    then = (events.steps >= begin) & (events.steps < end)
    here = np.isin(events.places, one.members)
    n, expected = int((then & here).sum()), float(then.sum() * here.sum() / len(then))
    away = np.hypot(
        events.x_m[one.members] - events.x_m[one.centre],
        events.y_m[one.members] - events.y_m[one.centre],
    )
    return {
        "radius_m": float(away.max()),
        "first_day": (events.first_day + pd.Timedelta(days=begin * days)).date(),
        "last_day": (events.first_day + pd.Timedelta(days=end * days - 1)).date(),
        "n": n,
        "expected": expected,
        "ratio": n / expected,
    }


def _table(
    grid: gpd.GeoDataFrame, events: Events, answer: _Answer, params: SpaceTimeScanParams
) -> gpd.GeoDataFrame:
    size = len(grid)
    number = np.full(size, pd.NA, dtype=object)
    word = np.full(size, _NOT_TESTED, dtype=np.int8)
    word[events.rows] = TOO_FEW if params.too_few else NOT_SIGNIFICANT
    names = ("ratio", "llr", "p_value")
    values = {name: np.full(size, np.nan) for name in names}
    values["p_value"][events.rows] = 1.0
    spans = {name: np.full(size, np.datetime64("NaT", "s")) for name in ("first_day", "last_day")}
    for one, cluster in zip(answer.found, params.clusters, strict=True):
        rows = events.rows[one.members]
        number[rows] = cluster.cluster
        word[rows] = HOTSPOT_WORDS.index(cluster.hotspot)
        for name in names:
            values[name][rows] = getattr(cluster, name)
        for name, days in spans.items():
            days[rows] = np.datetime64(getattr(cluster, name), "s")
    out = grid.copy()
    n = np.zeros(size, dtype=np.int64)
    n[events.rows] = events.n
    out["n"] = n
    out["cluster"] = pd.array(number, dtype="Int64")
    for name, column in {**spans, **values, "p_adjusted": values["p_value"]}.items():
        out[name] = column
    out["hotspot"] = pd.Categorical.from_codes(word, categories=list(HOTSPOT_WORDS))
    out["note"] = np.where(word == _NOT_TESTED, say(message("scan.note_never_any")), "").astype(
        object
    )
    return out[[*(c for c in out.columns if c != out.geometry.name), out.geometry.name]]


def _caveats(params: SpaceTimeScanParams) -> tuple[Message, ...]:
    said = [message("scan.circles"), message("scan.null_permutation")]
    if params.too_few:
        said.insert(0, message("methods.too_few"))
    if params.prospective:
        said.append(message("scan.every_time", step=params.step, times=round(1 / params.alpha)))
    said.append(message("scan.secondary_maxima"))
    return tuple(said)
