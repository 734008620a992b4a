"""Empirical Bayes rates beside spdep's and esda's, on sudden infant deaths in North Carolina."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from esda.smoothing import Empirical_Bayes
from libpysal.examples import get_path

import hotspots as hs
from hotspots.grid.rates import marshall_prior

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conformance.conftest import Agree

FACTS = {
    "groups": "burglary",
    "period": "1974-07-01/1978-06-30",
    "source_id": "made-up",
    "source_sha256": "ab" * 32,
    "area_basis": "polygons",
    "area_attribution": "",
    "place": "Nowhere",
}
SPDEP = "spdep 1.2-7, EBest"


def _counties(counts: str = "SID74", births: str = "BIR74") -> gpd.GeoDataFrame:
    read = gpd.read_file(get_path("sids2.shp")).set_index("NAME")
    columns = {"n": read[counts].astype("int64"), "births": read[births], "geometry": read.geometry}
    return gpd.GeoDataFrame(columns).assign(**FACTS)


def test_rates_are_those_of_spdep(agree: Agree, reference: Path) -> None:
    published = pd.read_csv(reference / "nc_sids" / "nc_sids_EBest_spdep.csv")
    grid = gpd.GeoDataFrame(
        {"n": published["SID74"], "births": published["BIR74"]},
        geometry=gpd.points_from_xy(published["x"], published["y"]),
    ).assign(**FACTS)
    asked = {"population": "births", "denominator": "births", "per": 1}
    smooth = hs.empirical_bayes_rate(grid, **asked)["rate_eb"]  # type: ignore[arg-type]
    plain = hs.incident_rate(grid, **asked)["rate"]  # type: ignore[arg-type]
    what = "nc.sids 1974, all counties"
    agree(
        smooth,
        published["eb_global"],
        what=f"Empirical Bayes rate, {what}",
        source=SPDEP,
        within=1e-12,
    )
    agree(plain, published["raw"], what=f"Plain rate, {what}", source=SPDEP, within=1e-12)


def test_the_prior_is_that_of_spdep(agree: Agree) -> None:
    grid = _counties()
    mean, variance = marshall_prior(grid["n"].to_numpy(), grid["births"].to_numpy())
    agree(
        mean,
        0.002021445,
        what="Marshall's mean rate, nc.sids 1974",
        source=f"{SPDEP}, printed to 7 figures",
        within=5e-10,
    )
    agree(
        variance,
        7.692931e-07,
        what="Marshall's variance, nc.sids 1974",
        source=f"{SPDEP}, printed to 7 figures",
        within=5e-14,
    )


@pytest.mark.parametrize(("counts", "births"), [("SID74", "BIR74"), ("SID79", "BIR79")])
def test_rates_are_those_of_esda(agree: Agree, counts: str, births: str) -> None:
    grid = _counties(counts, births)
    peer = Empirical_Bayes(grid["n"].to_numpy(), grid["births"].to_numpy())
    found = hs.empirical_bayes_rate(grid, population="births", denominator="births", per=1)
    agree(
        found["rate_eb"],
        np.ravel(peer.r),
        what=f"Empirical Bayes rate, sids2 {counts}",
        source="esda, Empirical_Bayes",
        within=1e-12,
    )
