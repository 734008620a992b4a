"""The nearest-neighbour index: are incidents closer to each other than at random."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import special

from hotspots.inference.random_points import RandomPoints
from hotspots.inference.seeds import generator_of, seed_of
from hotspots.methods.spacing.distances import nearest_distances
from hotspots.methods.spacing.params import (
    EXPECTATIONS,
    NearestNeighborIndexParams,
    check_options,
)
from hotspots.methods.spacing.prepare import places_in, warnings_about
from hotspots.results import Estimate
from hotspots.words import message

if TYPE_CHECKING:
    import geopandas as gpd
    import shapely
    from numpy.typing import NDArray


def nearest_neighbor_index(
    incidents: gpd.GeoDataFrame,
    area: gpd.GeoDataFrame,
    *,
    edge: str = "simulated",
    alternative: str = "two-sided",
    n_simulations: int = 999,
    allow_shared_places: bool = False,
    rng: np.random.Generator | int | None = None,
) -> Estimate:
    """Compare the mean distance to the nearest other incident with that of random points.

    Below 1 the incidents lie closer together than random points in the same area, above 1 farther
    apart. People and shops cluster too, so for nearly any crime it is below 1: that says that crime
    is not spread like rain, and nothing about why or where.

    Parameters
    ----------
    incidents : geopandas.GeoDataFrame
        Incidents.
    area : geopandas.GeoDataFrame
        From ``study_area``. Incidents outside it are left out.
    edge : {"simulated", "donnelly", "none"}, default "simulated"
        What the mean distance is divided by. ``"simulated"``: its mean over random points in this
        very area. ``"donnelly"``: the formula of Donnelly (1978), which allows for the length of
        the outline; made for rectangles and other smooth outlines. ``"none"``: that of Clark and
        Evans (1954), for an area without an edge; it takes random points near an edge for spread
        out. All three stand in ``data``.
    alternative : {"less", "greater", "two-sided"}, default "two-sided"
        Closer together, farther apart, or either.
    n_simulations : int, default 999
        Maps of as many random points, for the p-value; 19 or more.
    allow_shared_places : bool, default False
        Take places that the publisher chose, or that most incidents share, too. Their distances are
        those of the publisher's list.
    rng : numpy.random.Generator, int or None, default None
        Where the randomness comes from; an int is a seed.

    Returns
    -------
    Estimate
        ``estimate`` is the index, ``standard_error`` that of random points; there is no interval
        (NaN). ``p_value`` is from the simulated maps, whatever ``edge`` is: (1 + as extreme) / (1 +
        n_simulations), twice the smaller tail when two-sided. ``data`` has a row for each way to
        expect (index ``expectation``: ``clark_evans``, ``donnelly``, ``simulated``) and the columns
        ``expected_m``, ``standard_error_m``, ``index``, ``z``, ``p_value`` (float64; the first two
        p-values read z as normal). ``params`` is a ``NearestNeighborIndexParams``; ``sentences``
        says it in words.

    Raises
    ------
    CoordinateReferenceError
        If the incidents are not in EPSG:4326.
    FitnessError
        If there are fewer than 30 incidents, more than 15 % of the rows have no place, or places
        are snapped or stacked.
    ParameterError
        If an argument is outside what is described above.
    SchemaMismatchError
        If the frame does not hold Incidents.

    See Also
    --------
    ripley_k : The same question at many distances.

    References
    ----------
    Clark, P. J. and Evans, F. C. (1954). Distance to nearest neighbor as a measure of spatial
    relationships in populations. Ecology 35, 445-453. DOI 10.2307/1931034

    Donnelly, K. P. (1978). Simulations to determine the variance and edge effect of total nearest
    neighbour distance. In: Hodder, I. (ed.) Simulation Studies in Archaeology, 91-95. Cambridge
    University Press.

    Examples
    --------
    >>> import geopandas as gpd, shapely, hotspots as hs
    >>> incidents, _ = hs.load_sample("west-yorkshire-2018-07")
    >>> incidents, _ = hs.select_incidents(incidents, offence="robbery")
    >>> area = hs.study_area(hs.read_areas(hs.sample_path("west-yorkshire-lsoa")))
    >>> found = hs.nearest_neighbor_index(incidents, area, allow_shared_places=True, rng=1)
    >>> found.estimate < 0.6, found.p_value
    (True, 0.002)
    """
    check_options(
        "nearest_neighbor_index",
        edge=edge,
        edges=EXPECTATIONS,
        alternative=alternative,
        n_simulations=n_simulations,
    )
    places = places_in(
        incidents,
        area,
        what="The nearest-neighbour index",
        allow_shared_places=allow_shared_places,
    )
    mean_m = float(nearest_distances(places.x_m, places.y_m).mean())
    simulated = simulated_means(
        places.outline, places.n, n_simulations=n_simulations, rng=generator_of(rng)
    )
    table = index_table(mean_m, places.outline, places.n, simulated, alternative)
    row = table.loc["clark_evans" if edge == "none" else edge]
    params = NearestNeighborIndexParams(
        edge=edge,
        alternative=alternative,
        n_simulations=n_simulations,
        allow_shared_places=allow_shared_places,
        incidents=places.n,
        area_km2=places.outline.area / 1e6,
        outline_km=places.outline.length / 1e3,
        mean_distance_m=mean_m,
        share_on_shared_places=places.shared,
        left_out=places.left_out,
        seed=seed_of(rng),
    )
    p_value = float(table.loc["simulated", "p_value"])
    said = message(
        "spacing.index",
        incidents=places.n,
        mean_m=f"{mean_m:,.0f}",
        expected_m=f"{row['expected_m']:,.0f}",
        index=f"{row['index']:.2f}",
        p=f"{p_value:.2g}",
        maps=n_simulations,
    )
    return Estimate(
        estimate=float(row["index"]),
        standard_error=float(row["standard_error_m"] / row["expected_m"]),
        confidence_interval=(np.nan, np.nan),
        p_value=p_value,
        method="nearest_neighbor_index",
        params=params,
        data=table,
        sentences=(said, *warnings_about(places)),
    )


def simulated_means(
    outline: shapely.Geometry, n: int, *, n_simulations: int, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Give the mean nearest distance of random points, map by map.

    Parameters
    ----------
    outline : shapely.Geometry
        The area, in metres.
    n : int
        Points on a map.
    n_simulations : int
        Maps.
    rng : numpy.random.Generator
        Where the randomness comes from.

    Returns
    -------
    ndarray of float64, shape (n_simulations,)
        The means, in metres.
    """
    thrower = RandomPoints(outline)
    return np.array(
        [nearest_distances(*thrower.throw(n, rng)).mean() for _ in range(n_simulations)]
    )


def index_table(
    mean_m: float,
    outline: shapely.Geometry,
    n: int,
    simulated: NDArray[np.float64],
    alternative: str,
) -> pd.DataFrame:
    """Divide the mean distance by what three ways expect.

    Parameters
    ----------
    mean_m : float
        Mean distance to the nearest other incident.
    outline : shapely.Geometry
        The area, in metres.
    n : int
        Incidents.
    simulated : ndarray of float64, shape (n_simulations,)
        The same mean for random points.
    alternative : {"less", "greater", "two-sided"}
        As in ``nearest_neighbor_index``.

    Returns
    -------
    pandas.DataFrame
        As ``data`` of ``nearest_neighbor_index``.
    """
    room, edge = outline.area, outline.length
    plain = 0.5 * np.sqrt(room / n)
    # Clark and Evans print 0.26136, which is this to five figures.
    plain_error = np.sqrt((4 - np.pi) / (4 * np.pi) * room) / n
    donnelly = plain + (0.0514 + 0.041 / np.sqrt(n)) * edge / n
    donnelly_error = np.sqrt(0.0703 * room + 0.037 * edge * np.sqrt(room / n)) / n
    below = (1 + int((simulated <= mean_m).sum())) / (1 + len(simulated))
    above = (1 + int((simulated >= mean_m).sum())) / (1 + len(simulated))
    rows = {}
    for name, expected, error in (
        ("clark_evans", plain, plain_error),
        ("donnelly", donnelly, donnelly_error),
        ("simulated", simulated.mean(), simulated.std(ddof=1)),
    ):
        z = (mean_m - expected) / error
        less, more = (below, above) if name == "simulated" else (special.ndtr(z), special.ndtr(-z))
        rows[name] = {
            "expected_m": expected,
            "standard_error_m": error,
            "index": mean_m / expected,
            "z": z,
            "p_value": _sided(less, more, alternative),
        }
    table = pd.DataFrame.from_dict(rows, orient="index").astype(np.float64)
    return table.rename_axis("expectation")


def _sided(below: float, above: float, alternative: str) -> float:
    if alternative == "less":
        return float(below)
    if alternative == "greater":
        return float(above)
    return float(min(1.0, 2 * min(below, above)))
