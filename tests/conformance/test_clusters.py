"""DBSCAN beside scikit-learn's: the numbers its manual prints, and every incident of real files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from sklearn.cluster import DBSCAN
from sklearn.datasets import make_blobs
from sklearn.metrics import adjusted_rand_score, homogeneity_score
from sklearn.preprocessing import StandardScaler

import hotspots as hs
from hotspots.grid.places import distinct_places
from hotspots.grid.points import points_of
from hotspots.methods.clusters.grouping import group_places

if TYPE_CHECKING:
    from pathlib import Path

    import geopandas as gpd
    from numpy.typing import NDArray
    from tests.conformance.conftest import Agree

MANUAL = "scikit-learn, manual, DBSCAN"
PEER = "scikit-learn, DBSCAN, here"


def _labels(xy: NDArray[np.float64], eps: float, needed: int) -> NDArray[np.int64]:
    places = distinct_places(xy[:, 0], xy[:, 1], np.ones(len(xy), dtype=np.int64))
    found = group_places(places.x_m, places.y_m, places.weights, reach=eps, needed=needed)
    return found.cluster[places.place_of]


def test_the_example_of_the_class_is_that_of_the_manual(agree: Agree) -> None:
    xy = np.array([[1, 2], [2, 2], [2, 3], [8, 7], [8, 8], [25, 80]], dtype=np.float64)
    agree(
        _labels(xy, 3, 2) - 1,
        [0, 0, 0, 1, 1, -1],
        what="DBSCAN, six points, labels",
        source=MANUAL,
        within=0,
    )


def test_three_blobs_are_those_of_the_manual(agree: Agree) -> None:
    centres = [[1, 1], [-1, -1], [1, -1]]
    blobs, truth = make_blobs(n_samples=750, centers=centres, cluster_std=0.4, random_state=0)
    labels = _labels(StandardScaler().fit_transform(blobs), 0.3, 10)
    for what, ours, printed, within in (
        ("clusters", labels.max(), 3, 0),
        ("noise", (labels == 0).sum(), 18, 0),
        ("homogeneity", homogeneity_score(truth, labels), 0.953, 5e-4),
        ("adjusted Rand index", adjusted_rand_score(truth, labels), 0.952, 5e-4),
    ):
        agree(ours, printed, what=f"DBSCAN, three blobs, {what}", source=MANUAL, within=within)


def _as_the_peer(
    agree: Agree, incidents: gpd.GeoDataFrame, eps_m: float, needed: int, what: str
) -> None:
    result = hs.dbscan_hotspots(
        incidents, eps_m=eps_m, min_incidents=needed, allow_shared_places=True
    )
    points = points_of(incidents)
    peer = DBSCAN(eps=eps_m, min_samples=needed, algorithm="kd_tree").fit(
        np.column_stack([points.x_m, points.y_m]), sample_weight=points.weights
    )
    rows = result.data.iloc[points.rows]
    core = np.zeros(len(points.rows), dtype=np.bool_)
    core[peer.core_sample_indices_] = True
    agree(rows["is_core"].to_numpy(dtype=bool), core, what=f"{what}, cores", source=PEER, within=0)
    in_none = rows["cluster"].to_numpy(dtype=np.int64) == 0
    agree(in_none, peer.labels_ < 0, what=f"{what}, noise", source=PEER, within=0)
    same = adjusted_rand_score(peer.labels_[core], rows["cluster"].to_numpy(dtype=int)[core])
    agree(same, 1.0, what=f"{what}, cores in clusters (Rand)", source=PEER, within=1e-12)


@pytest.mark.parametrize("offence", ["burglary", "violence_and_sexual"])
def test_real_snapped_incidents_are_as_in_scikit_learn(agree: Agree, offence: str) -> None:
    incidents, _ = hs.load_sample("west-yorkshire-2018-07")
    chosen, _ = hs.select_incidents(incidents, offence=offence)
    _as_the_peer(agree, chosen, 400, 10, f"DBSCAN, West Yorkshire {offence}, 400 m, 10")


@pytest.mark.parametrize(
    ("file", "eps_m", "needed"),
    [
        ("ca-vancouver/crimedata_csv_AllNeighbourhoods_2025.csv", 60, 30),
        ("us-denver/offenses_98k.csv.gz", 100, 50),
    ],
)
def test_real_stacked_incidents_are_as_in_scikit_learn(
    agree: Agree, reference: Path, file: str, eps_m: float, needed: int
) -> None:
    incidents, _ = hs.read_incidents(reference.parent / "feeds" / file)
    placed = incidents[incidents.geometry.notna()]
    what = (
        f"DBSCAN, {file.split('/', maxsplit=1)[0]}, {len(placed):,} incidents, {eps_m} m, {needed}"
    )
    _as_the_peer(agree, placed, eps_m, needed, what)
