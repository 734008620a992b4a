"""The scan statistic beside SaTScan's and Kulldorff's, and beside a plain computation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from libpysal.examples import get_path

import hotspots as hs
from hotspots.inference.circles import nested_circles
from hotspots.inference.scan_statistic import best_circles, poisson_llr, scan_maxima

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray
    from tests.conformance.conftest import Agree

#: From memory: the paper could not be read when this was written.
KULLDORFF: Final = "Kulldorff (1997), clusters A and B, from memory, not checked"
CLUSTER_A: Final = ["Bladen", "Columbus", "Hoke", "Robeson", "Scotland"]
CLUSTER_B: Final = ["Halifax", "Hertford", "Northampton"]
FACTS: Final = {
    "groups": "burglary",
    "period": "1974-07-01/1984-06-30",
    "source_id": "made-up",
    "source_sha256": "ab" * 32,
    "area_basis": "polygons",
    "area_attribution": "",
    "place": "Nowhere",
}


@pytest.mark.parametrize(
    ("inside", "expected", "printed"),
    [(3, 0.42, 3.352053), (4, 0.96, 2.715606), (10, 5.46, 1.622161)],
)
def test_the_ratio_is_that_of_satscan(
    agree: Agree, inside: int, expected: float, printed: float
) -> None:
    """Of 100 incidents; what is expected is a whole number of hundredths in these runs."""
    agree(
        poisson_llr(np.array([inside]), np.array([expected]), 100, "greater"),
        printed,
        what=f"Scan statistic of {inside} incidents where {expected} are expected, of 100",
        source="SaTScan 9.4.4, printed to 6 decimals",
        within=5e-7,
    )


def test_the_clusters_of_sudden_infant_deaths_are_those_of_the_paper(
    agree: Agree, reference: Path
) -> None:
    """Deaths 1974-84 and births, with the county seats as places."""
    counties = pd.read_csv(reference / "nc_sids" / "nc_sids_EBest_spdep.csv")
    births = counties["BIR74"] + counties["BIR79"]
    points = gpd.points_from_xy(counties["x"] * 1000, counties["y"] * 1000, crs="EPSG:32617")
    grid = gpd.GeoDataFrame(
        {"n": counties["SID74"] + counties["SID79"], "births": births}, geometry=points
    ).assign(**FACTS)
    grid.index = pd.Index(counties["name"], name="cell")
    result = hs.scan_hotspots(
        grid, population="births", denominator="births", null="poisson", rng=1
    )
    for number, names in ((1, CLUSTER_A), (2, CLUSTER_B)):
        agree(
            (result.data["cluster"] == number).fillna(value=False),
            grid.index.isin(names),
            what=f"Scan statistic, sudden infant deaths: counties of cluster {number}",
            source=KULLDORFF,
            within=0,
        )
    clusters = hs.scan_clusters(result)
    assert clusters.loc[1, "n"] == 139
    assert clusters.loc[1, "p_value"] == 0.001
    assert clusters.loc[2, "p_value"] < 0.05


def _plainly(
    xy: NDArray[np.float64], counts: NDArray[np.int64], people: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Work out the largest ratio around each county, from the definition."""
    total, everyone = counts.sum(), people.sum()
    best = np.zeros(len(xy))
    for i, here in enumerate(xy):
        order = np.argsort(np.hypot(*(xy - here).T))
        c, p = np.cumsum(counts[order]), np.cumsum(people[order])
        e = total * p / everyone
        ok = (p <= 0.5 * everyone) & (c > e)
        c, e = c[ok], e[ok]
        best[i] = max([0.0, *(c * np.log(c / e) + (total - c) * np.log((total - c) / (total - e)))])
    return best


@pytest.mark.parametrize(("deaths", "births"), [("SID74", "BIR74"), ("SID79", "BIR79")])
def test_every_county_has_the_ratio_of_a_plain_computation(
    agree: Agree, deaths: str, births: str
) -> None:
    read = gpd.read_file(get_path("sids2.shp")).set_crs("EPSG:4267").to_crs("EPSG:32119")
    xy = np.column_stack([read.geometry.centroid.x, read.geometry.centroid.y])
    counts, people = read[deaths].to_numpy(np.int64), read[births].to_numpy(np.float64)
    circles = nested_circles(xy[:, 0], xy[:, 1], people, max_share=0.5)
    ours, _ = best_circles(circles, counts, "greater")
    agree(
        ours,
        _plainly(xy, counts, people),
        what=f"Scan statistic around each county, sids2 {deaths}",
        source="own check, from the definition",
        within=1e-9,
    )
    maps = np.random.default_rng(1).multinomial(counts.sum(), people / people.sum(), size=20)
    agree(
        scan_maxima(
            circles, [maps.astype(np.int32)], total=int(counts.sum()), alternative="greater"
        ),
        [_plainly(xy, one, people).max() for one in maps],
        what=f"Scan statistic of 20 maps by chance, sids2 {deaths}",
        source="own check, from the definition",
        within=1e-9,
    )
