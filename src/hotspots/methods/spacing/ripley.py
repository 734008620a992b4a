"""Ripley's K: at which distances incidents have more company than random points."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from hotspots.errors import ParameterError
from hotspots.inference.random_points import RandomPoints
from hotspots.inference.rank_envelopes import RankEnvelope, rank_envelope
from hotspots.inference.seeds import generator_of, seed_of
from hotspots.methods.spacing.distances import pairs_within
from hotspots.methods.spacing.overlap import overlap_of
from hotspots.methods.spacing.params import EDGES, RipleyKParams, check_options
from hotspots.methods.spacing.prepare import places_in, warnings_about
from hotspots.results import Estimate
from hotspots.words import Message, message

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd
    import shapely
    from numpy.typing import NDArray

    from hotspots.methods.spacing.overlap import Overlap
    from hotspots.methods.spacing.prepare import Places

#: Distances, when they are chosen here.
_CHOSEN: Final = 50
#: Other incidents within the largest of them, if all were spread evenly.
_COMPANY: Final = 100
#: With less overlap than this few pairs stand for many.
_LEAST_OVERLAP: Final = 0.1


def ripley_k(  # noqa: PLR0913 - one argument for each choice a reader may question
    incidents: gpd.GeoDataFrame,
    area: gpd.GeoDataFrame,
    *,
    distances_m: Sequence[float] | NDArray[np.float64] | None = None,
    edge: str = "translation",
    alternative: str = "two-sided",
    alpha: float = 0.05,
    n_simulations: int = 199,
    allow_shared_places: bool = False,
    rng: np.random.Generator | int | None = None,
) -> Estimate:
    """Measure how many others lie within each distance of an incident, beside random points.

    K(r) is the mean number of other incidents within r of an incident, over the number in an area
    unit; for random points it is pi r². L(r) - r with L = sqrt(K / pi) is 0 for random points at
    every distance, and above it where incidents have more company.

    The p-value is of one test over all distances together. The band of each distance by itself
    (``pointwise_low``, ``pointwise_high``) is given because other programs draw it: random points
    leave it somewhere much more often than ``alpha`` says.

    People and shops cluster too, so this test finds something for nearly any crime. It says at
    which distances the pattern is not that of random points, not why or where.

    Parameters
    ----------
    incidents : geopandas.GeoDataFrame
        Incidents.
    area : geopandas.GeoDataFrame
        From ``study_area``. Incidents outside it are left out.
    distances_m : array_like of float, shape (k,), or None
        Distances in metres, rising and above 0. None takes 50 of equal steps, up to a quarter of
        the shorter side of the area, or to where a random point would have 100 others around it if
        that is less.
    edge : {"translation", "none"}, default "translation"
        ``"translation"``: pairs that the edge of the area hides are made up for by weights (Ohser
        1983); ``"none"``: they are not, and L(r) - r falls below 0. The p-value holds for both.
    alternative : {"less", "greater", "two-sided"}, default "two-sided"
        Less company than random points, more, or either.
    alpha : float, default 0.05
        Level of the test and of both bands.
    n_simulations : int, default 199
        Maps of as many random points; 19 or more.
    allow_shared_places : bool, default False
        Take places that the publisher chose, or that most incidents share, too. Their distances are
        those of the publisher's list.
    rng : numpy.random.Generator, int or None, default None
        Where the randomness comes from; an int is a seed.

    Returns
    -------
    Estimate
        ``estimate`` is L(r) minus its mean over the simulated maps where that differs most, in
        metres; ``params.distance_of_largest_m`` is where. ``p_value`` is of the global rank
        envelope test (extreme rank length), its smallest value 1 / (1 + n_simulations). Standard
        error and interval are NaN. ``data`` has a row for each distance: ``distance_m``, ``k_m2``,
        ``k_random_m2`` (pi r²), ``l_m``, ``l_minus_r_m``, ``simulated_m`` (mean of L - r over the
        simulated maps), ``low_m`` and ``high_m`` (the band of the test, for L - r),
        ``pointwise_low_m``, ``pointwise_high_m`` (no test; all float64, NaN on a side that is not
        tested) and ``outside`` (bool, whether L - r leaves the band of the test). ``params`` is a
        ``RipleyKParams``; ``sentences`` says it in words.

    Raises
    ------
    CoordinateReferenceError
        If the incidents are not in EPSG:4326.
    FitnessError
        If there are fewer than 30 incidents, more than 15 % of the rows have no place, or places
        are snapped or stacked.
    ParameterError
        If an argument is outside what is described above, or distances are so large that the area
        and a copy of it moved by as much hardly overlap.
    SchemaMismatchError
        If the frame does not hold Incidents.

    See Also
    --------
    nearest_neighbor_index : One number, for the nearest distances.

    References
    ----------
    Ripley, B. D. (1976). The second-order analysis of stationary point processes. Journal of
    Applied Probability 13, 255-266. DOI 10.2307/3212829

    Ohser, J. (1983). On estimators for the reduced second moment measure of point processes.
    Mathematische Operationsforschung und Statistik, series Statistics 14, 63-71.
    DOI 10.1080/02331888308801687

    Examples
    --------
    >>> import hotspots as hs
    >>> incidents, _ = hs.load_sample("west-yorkshire-2018-07")
    >>> incidents, _ = hs.select_incidents(incidents, offence="robbery")
    >>> area = hs.study_area(hs.read_areas(hs.sample_path("west-yorkshire-lsoa")))
    >>> found = hs.ripley_k(incidents, area, allow_shared_places=True, n_simulations=99, rng=1)
    >>> found.p_value, bool(found.data["outside"].any())
    (0.01, True)
    """
    check_options(
        "ripley_k",
        edge=edge,
        edges=EDGES,
        alternative=alternative,
        n_simulations=n_simulations,
        alpha=alpha,
    )
    asked = None if distances_m is None else _check_distances(distances_m)
    places = places_in(incidents, area, what="Ripley's K", allow_shared_places=allow_shared_places)
    distances = chosen_distances(places.outline, places.n) if asked is None else asked
    overlap = _overlap(places.outline, distances, edge)
    seen = l_function(places.x_m, places.y_m, places.outline.area, distances, overlap)
    simulated = simulated_curves(
        places.outline,
        places.n,
        distances,
        overlap,
        n_simulations=n_simulations,
        rng=generator_of(rng),
    )
    envelope = rank_envelope(seen, simulated, alternative=alternative, alpha=alpha)
    table = _table(seen, simulated, envelope, distances)
    largest = _largest(table, alternative)
    params = RipleyKParams(
        distances_m=tuple(distances.tolist()),
        distances_basis="chosen" if distances_m is None else "given",
        edge=edge,
        alternative=alternative,
        alpha=alpha,
        n_simulations=n_simulations,
        allow_shared_places=allow_shared_places,
        incidents=places.n,
        area_km2=places.outline.area / 1e6,
        distance_of_largest_m=float(table["distance_m"].iloc[largest]),
        share_on_shared_places=places.shared,
        left_out=places.left_out,
        seed=seed_of(rng),
    )
    row = table.iloc[largest]
    return Estimate(
        estimate=float(row["l_minus_r_m"] - row["simulated_m"]),
        standard_error=np.nan,
        confidence_interval=(np.nan, np.nan),
        p_value=envelope.p_value,
        method="ripley_k",
        params=params,
        data=table,
        sentences=_sentences(row, places, params, envelope),
    )


def chosen_distances(outline: shapely.Geometry, n: int) -> NDArray[np.float64]:
    """Choose distances that say something about so many points in an area.

    Parameters
    ----------
    outline : shapely.Geometry
        The area, in metres.
    n : int
        Points.

    Returns
    -------
    ndarray of float64, shape (50,)
        Rising in equal steps.
    """
    left, bottom, right, top = outline.bounds
    shorter = min(right - left, top - bottom)
    largest = min(shorter / 4, float(np.sqrt(_COMPANY * outline.area / (np.pi * n))))
    return np.linspace(0, largest, _CHOSEN + 1)[1:]


def l_function(
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    area_m2: float,
    distances: NDArray[np.float64],
    overlap: Overlap | None,
) -> NDArray[np.float64]:
    """Compute L(r) = sqrt(K(r) / pi).

    Parameters
    ----------
    x, y : ndarray of float64, shape (n,)
        Points, in metres.
    area_m2 : float
        Size of the area that they lie in.
    distances : ndarray of float64, shape (k,)
        Rising, above 0.
    overlap : Overlap or None
        For the translation correction; None: no correction.

    Returns
    -------
    ndarray of float64, shape (k,)
        In metres.
    """
    n = len(x)
    pairs = pairs_within(x, y, distances, overlap)
    return np.asarray(np.sqrt(2 * pairs * area_m2 / (n * (n - 1) * np.pi)))


def simulated_curves(
    outline: shapely.Geometry,
    n: int,
    distances: NDArray[np.float64],
    overlap: Overlap | None,
    *,
    n_simulations: int,
    rng: np.random.Generator,
) -> NDArray[np.float64]:
    """Compute L(r) of random points, map by map.

    Parameters
    ----------
    outline : shapely.Geometry
        The area, in metres.
    n : int
        Points on a map.
    distances : ndarray of float64, shape (k,)
        Rising, above 0.
    overlap : Overlap or None
        For the translation correction.
    n_simulations : int
        Maps.
    rng : numpy.random.Generator
        Where the randomness comes from.

    Returns
    -------
    ndarray of float64, shape (n_simulations, k)
        In metres.
    """
    thrower = RandomPoints(outline)
    curves = (
        l_function(*thrower.throw(n, rng), outline.area, distances, overlap)
        for _ in range(n_simulations)
    )
    return np.array(list(curves))


def _check_distances(given: Sequence[float] | NDArray[np.float64]) -> NDArray[np.float64]:
    try:
        distances = np.asarray(given, dtype=np.float64)
    except (TypeError, ValueError):
        distances = np.empty((0, 0))
    fine = distances.ndim == 1 and len(distances) > 0 and np.isfinite(distances).all()
    if not fine or distances[0] <= 0 or (np.diff(distances) <= 0).any():
        msg = (
            f"distances_m must be a list of metres above 0, each more than the last, got {given!r}."
        )
        raise ParameterError(msg)
    return distances


def _overlap(
    outline: shapely.Geometry, distances: NDArray[np.float64], edge: str
) -> Overlap | None:
    if edge == "none":
        return None
    reach = float(distances[-1])
    left, bottom, right, top = outline.bounds
    shorter = min(right - left, top - bottom)
    # Farther than the area is wide a copy does not overlap it: no table is needed to say so.
    overlap = overlap_of(outline, reach) if reach < shorter else None
    smallest = 0.0 if overlap is None else overlap.smallest_within(reach)
    if smallest < _LEAST_OVERLAP:
        msg = (
            f"distances_m goes to {reach:,.0f} m; moved by as much, a copy of the study area "
            f"covers {smallest:.0%} of it at worst, so a few pairs would stand for many. Stop at "
            f"a quarter of its shorter side, {shorter / 4:,.0f} m."
        )
        raise ParameterError(msg)
    return overlap


def _table(
    seen: NDArray[np.float64],
    simulated: NDArray[np.float64],
    envelope: RankEnvelope,
    distances: NDArray[np.float64],
) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "distance_m": distances,
            "k_m2": np.pi * seen**2,
            "k_random_m2": np.pi * distances**2,
            "l_m": seen,
            "l_minus_r_m": seen - distances,
            "simulated_m": simulated.mean(axis=0) - distances,
            "low_m": envelope.low - distances,
            "high_m": envelope.high - distances,
            "pointwise_low_m": envelope.pointwise_low - distances,
            "pointwise_high_m": envelope.pointwise_high - distances,
            "outside": (seen < envelope.low) | (seen > envelope.high),
        }
    )


def _largest(table: pd.DataFrame, alternative: str) -> int:
    departure = (table["l_minus_r_m"] - table["simulated_m"]).to_numpy()
    sign = {"greater": departure, "less": -departure, "two-sided": np.abs(departure)}
    return int(np.argmax(sign[alternative]))


def _sentences(
    row: pd.Series, places: Places, params: RipleyKParams, envelope: RankEnvelope
) -> tuple[Message, ...]:
    departure = row["l_minus_r_m"] - row["simulated_m"]
    if envelope.p_value > params.alpha:
        key = "no_departure"
    else:
        key = "more_company" if departure > 0 else "less_company"
    said = message(
        f"spacing.{key}",
        incidents=places.n,
        first=f"{params.distances_m[0]:,.0f}",
        last=f"{params.distances_m[-1]:,.0f}",
        at=f"{row['distance_m']:,.0f}",
        seen=_others(row["l_m"], places),
        random=_others(row["simulated_m"] + row["distance_m"], places),
        p=f"{envelope.p_value:.2g}",
        maps=params.n_simulations,
    )
    return (said, *warnings_about(places))


def _others(l_m: float, places: Places) -> str:
    """Say how many others lie around an incident, from L."""
    mean = (places.n - 1) * np.pi * l_m**2 / places.outline.area
    return f"{mean:.2g}" if mean < 10 else f"{mean:,.0f}"  # noqa: PLR2004 - two figures
