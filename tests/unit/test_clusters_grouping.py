"""DBSCAN itself: the same cores and clusters as scikit-learn's, whatever the order of anything."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.cluster import DBSCAN

from hotspots.compiled import compiled
from hotspots.grid.places import distinct_places
from hotspots.methods.clusters import bins, grouping
from hotspots.methods.clusters.bins import runs_by_search, sort_into_bins
from hotspots.methods.clusters.blocks import core_blocks, join_blocks, nearest_blocks
from hotspots.methods.clusters.grouping import Grouping, group_places
from hotspots.methods.clusters.loops import core_loop, join_loop, nearest_loop, run_loop

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


def _group(xy: Floats, eps: float, needed: int) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Give the cluster of each row, and whether it is a core."""
    places = distinct_places(xy[:, 0], xy[:, 1], np.ones(len(xy), dtype=np.int64))
    found = group_places(places.x_m, places.y_m, places.weights, reach=eps, needed=needed)
    return found.cluster[places.place_of], found.core[places.place_of]


def _parts(labels: NDArray[np.int64], rows: NDArray[np.bool_]) -> frozenset[frozenset[int]]:
    return frozenset(
        frozenset(np.flatnonzero((labels == label) & rows).tolist())
        for label in np.unique(labels[rows])
    )


def _scattered(kind: str, rng: np.random.Generator) -> Floats:
    n = int(rng.integers(1, 150))
    if kind == "random":
        return rng.uniform(0, 10, (n, 2))
    if kind == "gridded":  # distances of exactly 1, 2 and, by 3-4-5, 5
        return rng.integers(0, 12, (n, 2)).astype(np.float64)
    if kind == "tenths":  # distances that are 0.3 only nearly
        return rng.integers(0, 40, (n, 2)).astype(np.float64) / 10
    middles: Floats = rng.normal(0, 1, (8, 2))
    around: Floats = rng.normal(0, 0.2, (n, 2)).round(1)
    return middles[rng.integers(0, 8, n)] + around


@pytest.mark.parametrize("kind", ["random", "gridded", "tenths", "stacked"])
@pytest.mark.parametrize("seed", range(40))
def test_cores_clusters_and_noise_are_those_of_scikit_learn(kind: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    xy = _scattered(kind, rng)
    eps = {"random": 1.0, "gridded": [1.0, 2.0, 5.0][seed % 3], "tenths": 0.3, "stacked": 0.3}[kind]
    needed = int(rng.integers(2, 9))
    peer = DBSCAN(eps=eps, min_samples=needed, algorithm="kd_tree").fit(xy)
    peer_core = np.zeros(len(xy), dtype=np.bool_)
    peer_core[peer.core_sample_indices_] = True
    cluster, core = _group(xy, eps, needed)
    assert (core == peer_core).all()
    assert ((cluster == 0) == (peer.labels_ < 0)).all()
    assert _parts(cluster, core) == _parts(peer.labels_, peer_core)


def _border_ok(xy: Floats, cluster: NDArray[np.int64], core: NDArray[np.bool_]) -> bool:
    """Say whether each row that is no core but in a cluster is in that of its nearest core."""
    rows = np.flatnonzero(~core & (cluster > 0))
    if not len(rows):
        return True
    away = np.hypot(*(xy[rows, None] - xy[None, core]).transpose(2, 0, 1))
    own = np.where(cluster[core] == cluster[rows, None], away, np.inf).min(axis=1)
    return bool(np.allclose(own, away.min(axis=1)))


@pytest.mark.parametrize("seed", range(20))
def test_what_is_no_core_belongs_to_its_nearest_core(seed: int) -> None:
    rng = np.random.default_rng(seed)
    xy = rng.uniform(0, 10, (200, 2))
    cluster, core = _group(xy, 0.8, 5)
    assert (~core & (cluster > 0)).any()
    assert _border_ok(xy, cluster, core)


@given(st.data())
def test_the_order_of_rows_changes_nothing(data: st.DataObject) -> None:
    few = st.integers(0, 12).map(float)
    points = data.draw(st.lists(st.tuples(few, few), min_size=1, max_size=40))
    order = data.draw(st.permutations(range(len(points))))
    xy = np.array(points)
    eps, needed = data.draw(st.sampled_from([1.0, 2.0, 2.5])), data.draw(st.integers(2, 6))
    cluster, core = _group(xy, eps, needed)
    again, core_again = _group(xy[order], eps, needed)
    assert (again == cluster[order]).all()
    assert (core_again == core[order]).all()


def test_a_border_between_two_clusters_goes_to_the_nearer_and_ties_to_the_first() -> None:
    left = [(0.0, 0.0), (0.0, 1.0), (0.0, -1.0), (-1.0, 0.0)]
    right = [(4.0, 0.0), (4.0, 1.0), (4.0, -1.0), (5.0, 0.0)]
    for between, home in (((2.0, 0.0), 0), ((2.1, 0.0), 4), ((1.9, 0.0), 0)):
        for start in ([*left, *right], [*right, *left]):
            xy = np.array([*start, between])
            cluster, core = _group(xy, 2.1, 5)
            here = dict(zip(map(tuple, xy.tolist()), cluster.tolist(), strict=True))
            assert not core[-1]
            assert here[between] == here[(float(home), 0.0)]
            assert here[(0.0, 0.0)] != here[(4.0, 0.0)]


def test_clusters_are_numbered_by_size_then_by_the_place_that_comes_first() -> None:
    squares = [[(x, 0.0), (x + 1, 0.0), (x, 1.0)] for x in (30.0, 0.0, 60.0)]
    big = [(90.0, 0.0), (91.0, 0.0), (90.0, 1.0), (91.0, 1.0)]
    for parts in itertools.permutations([*squares, big]):
        xy = np.array(list(itertools.chain(*parts)))
        cluster, _ = _group(xy, 1.0, 2)
        here = {tuple(p): int(c) for p, c in zip(xy.tolist(), cluster, strict=True)}
        assert [here[(x, 0.0)] for x in (90.0, 0.0, 30.0, 60.0)] == [1, 2, 3, 4]


@given(st.integers(0, 2**32 - 1))
def test_the_compiled_way_and_the_numpy_way_agree(seed: int) -> None:
    rng = np.random.default_rng(seed)
    xy = _scattered(["random", "gridded", "tenths", "stacked"][seed % 4], rng)
    places = distinct_places(xy[:, 0], xy[:, 1], np.ones(len(xy), dtype=np.int64))
    reach, needed = float(rng.choice([0.3, 1.0, 2.0])), int(rng.integers(2, 8))
    b = sort_into_bins(places.x_m, places.y_m, places.weights, reach)
    # As numba sees them, whether it is installed or not.
    find_core, join = compiled(core_loop) or core_loop, compiled(join_loop) or join_loop
    find_nearest = compiled(nearest_loop) or nearest_loop
    core = find_core(b.x, b.y, b.so_far, b.starts, b.low, b.high, reach**2, needed)
    joined = join(b.x, b.y, core, b.bin_of, b.starts, b.low, b.high, reach**2)
    nearest = find_nearest(b.x, b.y, core, b.rank, b.starts, b.low, b.high, reach**2)
    assert (core == core_blocks(b, reach, needed)).all()
    assert (nearest == nearest_blocks(b, core, reach)).all()
    used = np.unique(b.bin_of[core])
    plain = join_blocks(b, core, reach)
    pairs = {(int(joined[u]), int(plain[u])) for u in used}
    assert len(pairs) == len({one for one, _ in pairs}) == len({other for _, other in pairs})


def test_without_numba_the_answer_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    xy = np.random.default_rng(3).normal(0, 3, (400, 2)).round(1)

    def answer() -> Grouping:
        places = distinct_places(xy[:, 0], xy[:, 1], np.ones(len(xy), dtype=np.int64))
        return group_places(places.x_m, places.y_m, places.weights, reach=0.5, needed=6)

    fast = answer()
    for module in (grouping, bins):
        monkeypatch.setattr(module, "compiled", lambda _loop: None)
    plain = answer()
    assert (fast.cluster == plain.cluster).all()
    assert (fast.core == plain.core).all()
    assert (fast.sizes == plain.sizes).all()
    assert fast.sizes[0] > fast.sizes[-1]


def test_pairs_in_small_blocks_give_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grouping, "compiled", lambda _loop: None)
    rng = np.random.default_rng(5)
    x, y, weights = rng.uniform(0, 9, 300), rng.uniform(0, 9, 300), np.ones(300, dtype=np.int64)
    whole = group_places(x, y, weights, reach=1.0, needed=5)
    monkeypatch.setattr("hotspots.methods.clusters.blocks._BLOCK", 7)
    parts = group_places(x, y, weights, reach=1.0, needed=5)
    assert (whole.cluster == parts.cluster).all()


def test_one_far_place_costs_no_memory_and_changes_nothing() -> None:
    rng = np.random.default_rng(7)
    xy = rng.uniform(0, 100, (500, 2))
    cluster, core = _group(xy, 5.0, 5)
    far = np.vstack([xy, [[1.9e7, -1.9e7]]])
    with_far, core_far = _group(far, 5.0, 5)
    assert with_far[-1] == 0
    assert (with_far[:-1] == cluster).all()
    assert (core_far[:-1] == core).all()


def test_two_places_in_one_square_are_always_within_reach() -> None:
    rng = np.random.default_rng(11)
    x, y = rng.uniform(-1e6, 1e6, 20_000), rng.uniform(-1e6, 1e6, 20_000)
    reach = 60_000.0
    b = sort_into_bins(x, y, np.ones(20_000, dtype=np.int64), reach)
    starts = b.starts[:-1]
    wide = np.maximum.reduceat(b.x, starts) - np.minimum.reduceat(b.x, starts)
    high = np.maximum.reduceat(b.y, starts) - np.minimum.reduceat(b.y, starts)
    assert (np.hypot(wide, high) <= reach).all()
    assert np.hypot(wide, high).max() > 0.9 * reach


@pytest.mark.parametrize("seed", range(10))
def test_feet_give_what_metres_give(seed: int) -> None:
    xy = np.random.default_rng(seed).uniform(0, 1000, (300, 2))
    metres, core = _group(xy, 40.0, 4)
    feet, core_in_feet = _group(xy / 0.3048, 40.0 / 0.3048, 4)
    assert metres.max() > 1
    assert (metres == feet).all()
    assert (core == core_in_feet).all()


@pytest.mark.parametrize("seed", range(20))
def test_runs_by_search_are_those_of_the_loop(seed: int) -> None:
    rng = np.random.default_rng(seed)
    columns, reach = int(rng.integers(1, 30)), 2
    stride = columns + 2 * reach + 1
    chosen = np.unique(rng.integers(0, 20 * columns, int(rng.integers(1, 200))))
    keys = chosen // columns * stride + chosen % columns + reach
    starts = np.concatenate([[0], np.cumsum(rng.integers(1, 4, len(keys)))])
    loop = compiled(run_loop) or run_loop
    for one, other in zip(
        loop(keys, starts, stride, reach), runs_by_search(keys, starts, stride, reach), strict=True
    ):
        assert (one == other).all()
