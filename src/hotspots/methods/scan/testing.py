"""The test itself, on arrays: circles, maps made by chance, clusters."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from hotspots.inference.circles import nested_circles
from hotspots.inference.scan_statistic import best_circles, scan_maxima
from hotspots.methods.scan.finding import llr_needed, most_surprise, separate_clusters
from hotspots.methods.scan.nulls import fitted_dispersion, maps_by_chance

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hotspots.inference.circles import Circles
    from hotspots.methods.scan.finding import Found
    from hotspots.methods.scan.params import ScanParams


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Answer:
    """What the scan says.

    Attributes
    ----------
    found : list of Found
        The most surprising circles that share no cell.
    maxima : ndarray of float64, shape (R,)
        The largest likelihood ratio of each map made by chance.
    dispersion : float or None
        As fitted, for uneven cells.
    llr_needed : float
        A circle must surprise more than this.
    too_few : bool
        No arrangement of these incidents could surprise as much.
    """

    found: list[Found]
    maxima: NDArray[np.float64]
    dispersion: float | None
    llr_needed: float
    too_few: bool


def circles_for(
    x_m: NDArray[np.float64],
    y_m: NDArray[np.float64],
    base: NDArray[np.float64],
    params: ScanParams,
) -> Circles:
    """Find the circles that the parameters allow.

    Parameters
    ----------
    x_m, y_m, base : ndarray of float64, shape (m,)
        Places in metres, and what they weigh.
    params : ScanParams
        Of these, ``max_share`` and ``max_radius_m``.

    Returns
    -------
    Circles
        The circles.

    Raises
    ------
    FitnessError
        If there are too many.
    """
    return nested_circles(
        x_m, y_m, base, max_share=params.max_share, max_radius_m=params.max_radius_m
    )


def scan_places(
    circles: Circles,
    counts: NDArray[np.int64],
    base: NDArray[np.float64],
    params: ScanParams,
    rng: np.random.Generator,
) -> Answer:
    """Scan one map, and as many made by chance.

    Parameters
    ----------
    circles : Circles
        From ``circles_for``.
    counts : ndarray of int64, shape (m,)
        Incidents in each place.
    base : ndarray of float64, shape (m,)
        What each place weighs.
    params : ScanParams
        The parameters.
    rng : numpy.random.Generator
        Where the randomness comes from.

    Returns
    -------
    Answer
        The clusters, and what they were compared with.
    """
    dispersion = None
    if params.null == "uneven_cells":
        dispersion = fitted_dispersion(counts, base)
    maps = maps_by_chance(
        params.null,
        counts,
        base,
        dispersion=dispersion,
        n_simulations=params.n_simulations,
        rng=rng,
    )
    total, alternative = int(counts.sum()), params.alternative
    maxima = scan_maxima(circles, maps, total=total, alternative=alternative)
    llr, sizes = best_circles(circles, counts, alternative)
    needed = llr_needed(maxima, params.alpha)
    possible = most_surprise(
        counts,
        circles,
        shuffled=params.null == "shuffled_cells",
        max_share=params.max_share,
        alternative=alternative,
    )
    return Answer(
        found=separate_clusters(circles, llr, sizes, maxima, alpha=params.alpha),
        maxima=maxima,
        dispersion=dispersion,
        llr_needed=needed,
        too_few=possible <= needed,
    )


def scan_in_sequence(
    circles: Circles,
    counts: NDArray[np.int64],
    base: NDArray[np.float64],
    params: ScanParams,
    rng: np.random.Generator,
) -> Answer:
    """Scan, take the cells of the strongest cluster away, and scan the rest, until none is left.

    Parameters
    ----------
    circles, counts, base, params, rng : object
        As ``scan_places`` takes them.

    Returns
    -------
    Answer
        Of the first scan, but with the strongest circle of each; the last is not significant,
        unless nothing was left to scan.
    """
    first = answer = scan_places(circles, counts, base, params, rng)
    left, found = np.arange(len(counts)), []
    while answer.found:
        one = answer.found[0]
        found.append(
            replace(one, centre=int(left[one.centre]), members=left[one.members], among=left)
        )
        left = np.delete(left, one.members)
        if one.p_value > params.alpha or not counts[left].any():
            break
        rest = circles_for(circles.x_m[left], circles.y_m[left], base[left], params)
        answer = scan_places(rest, counts[left], base[left], params, rng)
    return replace(first, found=found)
