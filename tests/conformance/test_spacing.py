"""Distances between points beside those that others print, and beside direct sums."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely
from shapely import affinity

from hotspots.methods.spacing.distances import nearest_distances
from hotspots.methods.spacing.nearest import index_table, simulated_means
from hotspots.methods.spacing.overlap import overlap_of
from hotspots.methods.spacing.ripley import l_function

if TYPE_CHECKING:
    from tests.conformance.conftest import Agree

#: The twelve events of O'Sullivan and Unwin (2003), table 4.1, as pointpats' manual gives them.
X = np.array(
    [66.22, 22.52, 31.01, 9.47, 30.78, 75.21, 79.26, 8.23, 98.73, 89.78, 65.19, 54.46]
)  # fmt: skip
Y = np.array(
    [32.54, 22.39, 81.21, 31.02, 60.10, 58.93, 7.68, 39.93, 77.17, 42.53, 92.08, 8.48]
)  # fmt: skip


def test_the_mean_nearest_distance_of_the_textbook(agree: Agree) -> None:
    found = nearest_distances(X, Y)
    what = "twelve events"
    agree(
        found.mean(),
        21.612139802089246,
        what=f"Mean nearest-neighbour distance, {what}",
        source="pointpats, manual, printed",
        within=1e-12,
    )
    agree(
        [found.max(), found.min()],
        [34.63124167568931, 8.995871275201752],
        what=f"Largest and smallest nearest-neighbour distance, {what}",
        source="pointpats 2.5.5, run here",
        within=1e-12,
    )


def test_k_without_weights_is_that_of_pointpats(agree: Agree) -> None:
    """pointpats divides by n² where others, and we, divide by n (n - 1)."""
    box = shapely.multipoints(np.column_stack([X, Y])).envelope
    distances = np.array([10.0, 20.0, 30.0, 40.0])
    ours = np.pi * l_function(X, Y, box.area, distances, None) ** 2
    agree(
        ours * 11 / 12,
        [106.08611111, 212.17222222, 1166.94722222, 2121.72222222],
        what="Ripley's K without weights, twelve events, times 11/12",
        source="pointpats 2.5.5, k, run here, printed to 8 decimals",
        within=5e-8,
    )


def test_the_constants_of_clark_and_evans(agree: Agree) -> None:
    table = index_table(1.0, shapely.box(0, 0, 10, 10), 400, np.array([0.9, 1.1]), "less")
    agree(
        table.loc["clark_evans", "standard_error_m"] * np.sqrt(400 * 4.0),
        0.26136,
        what="Constant of the standard error of Clark and Evans",
        source="Clark and Evans (1954), printed to 5 figures",
        within=5e-6,
    )


def test_the_formulae_of_donnelly_are_those_of_simulated_maps(agree: Agree) -> None:
    """Mean and standard error over 20,000 maps of 100 random points in a square."""
    square = shapely.box(0, 0, 1, 1)
    means = simulated_means(square, 100, n_simulations=20_000, rng=np.random.default_rng(1))
    row = index_table(0.05, square, 100, means, "less").loc["donnelly"]
    agree(
        [means.mean(), means.std()],
        [row["expected_m"], row["standard_error_m"]],
        what="Mean and standard error of the mean nearest distance, 100 points in a square",
        source="Donnelly (1978), formulae",
        within=0.02,
        relative=True,
    )


def test_k_with_weights_is_the_direct_sum(agree: Agree) -> None:
    """The weights from a raster beside those from the polygons themselves, pair by pair."""
    shape = shapely.Polygon([(0, 0), (3, 0), (3, 1), (1, 1), (1, 2), (0, 2)])
    shape = affinity.rotate(shape, 20) - shapely.Point(1.2, 0.8).buffer(0.2)
    rng = np.random.default_rng(1)
    left, bottom, right, top = shape.bounds
    x, y = rng.uniform(left, right, 150), rng.uniform(bottom, top, 150)
    inside = shapely.intersects_xy(shape, x, y)
    x, y = x[inside], y[inside]
    distances = np.array([0.1, 0.2, 0.4])
    i, j = np.triu_indices(len(x), 1)
    apart = np.hypot(x[i] - x[j], y[i] - y[j])
    near = apart <= 0.4
    i, j, apart = i[near], j[near], apart[near]
    moved = [
        affinity.translate(shape, *step) for step in zip(x[j] - x[i], y[j] - y[i], strict=True)
    ]
    both = shapely.area(shapely.intersection(shape, moved))
    n, room = len(x), shape.area
    direct = [2 * room**2 / (n * (n - 1)) * (1 / both[apart <= r]).sum() for r in distances]
    agree(
        np.pi * l_function(x, y, room, distances, overlap_of(shape, 0.4)) ** 2,
        direct,
        what="Ripley's K, translation correction, an L with a hole",
        source="Ohser (1983), direct sum over polygons",
        within=1e-3,
        relative=True,
    )
