"""How large the largest cluster is when the same places lie at random in the area."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from hotspots.inference.random_points import RandomPoints
from hotspots.methods.clusters.grouping import group_places
from hotspots.progress import progress_bar

if TYPE_CHECKING:
    import shapely
    from numpy.typing import NDArray


class AtRandom(NamedTuple):
    """The largest clusters of random maps, and what they make of the real ones.

    Attributes
    ----------
    largest : ndarray of int64, shape (n_simulations,)
        Incidents in the largest cluster of each random map, 0 where there is none; sorted.
    p_adjusted : ndarray of float64, shape (clusters,)
        Of each real cluster.
    """

    largest: NDArray[np.int64]
    p_adjusted: NDArray[np.float64]

    @property
    def median(self) -> int:  # numpydoc ignore=RT01
        """The incidents in the largest cluster: so many or fewer on half of the maps."""
        return int(self.largest[(len(self.largest) - 1) // 2])

    def smallest_hot(self, alpha: float) -> int:
        """Give the fewest incidents with which a cluster is hot.

        Parameters
        ----------
        alpha : float
            Level of the test; no smaller than 1 / (n_simulations + 1).

        Returns
        -------
        int
            One more than what the largest cluster holds at most on 1 - alpha of all maps.
        """
        maps = len(self.largest)
        may_exceed = int(alpha * (maps + 1) + 1e-9) - 1
        return int(self.largest[maps - may_exceed - 1]) + 1


def largest_at_random(
    outline: shapely.Geometry,
    weights: NDArray[np.int64],
    sizes: NDArray[np.int64],
    *,
    reach: float,
    needed: int,
    n_simulations: int,
    rng: np.random.Generator,
) -> AtRandom:
    """Throw the places at random over the area, each with its incidents, and cluster them.

    A cluster's p-value is the share of maps, the real one included, whose largest cluster holds no
    fewer incidents. So it is corrected for all clusters of the map: with nothing but chance at
    work, at most alpha of all maps show any with a p-value of at most alpha.

    Parameters
    ----------
    outline : shapely.Geometry
        The study area on an equal-area plane, in metres.
    weights : ndarray of int64, shape (places,)
        Incidents on each place; they stay together.
    sizes : ndarray of int64, shape (clusters,)
        Incidents in each real cluster.
    reach : float
        As in ``group_places``.
    needed : int
        As in ``group_places``.
    n_simulations : int
        Random maps.
    rng : numpy.random.Generator
        Where the randomness comes from.

    Returns
    -------
    AtRandom
        The largest clusters, and the p-values.

    References
    ----------
    Barnard, G. A. (1963). Discussion of Professor Bartlett's paper. Journal of the Royal
    Statistical Society B 25, 294.

    Westfall, P. H. and Young, S. S. (1993). Resampling-based multiple testing. Wiley, New York.
    """
    thrower = RandomPoints(outline)
    largest = np.zeros(n_simulations, dtype=np.int64)
    with progress_bar("Clusters at random", total=n_simulations, unit="map") as done:
        for i in range(n_simulations):
            x, y = thrower.throw(len(weights), rng)
            found = group_places(x, y, weights, reach=reach, needed=needed).sizes
            largest[i] = found[0] if len(found) else 0
            done(1)
    largest.sort()
    no_smaller = n_simulations - np.searchsorted(largest, sizes, side="left")
    p_adjusted = np.asarray((1 + no_smaller) / (1 + n_simulations), dtype=np.float64)
    return AtRandom(largest, p_adjusted)
