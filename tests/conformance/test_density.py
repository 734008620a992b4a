"""Kernel density and its bandwidths beside R's, scikit-learn's and SciPy's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from libpysal.examples import get_path
from scipy import stats
from sklearn.neighbors import KernelDensity

from hotspots.methods.density.bandwidth import normal_reference_m, scott_m
from hotspots.methods.density.sums import kernel_sums

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray
    from tests.conformance.conftest import Agree


def _burkitt() -> NDArray[np.float64]:
    """Give the 188 cases of Burkitt's lymphoma that libpysal carries, in kilometres."""
    read = gpd.read_file(get_path("burkitt.shp"))
    return np.column_stack([read.geometry.x, read.geometry.y])


@pytest.mark.parametrize(("axis", "published"), [("x", 5592.453), ("y", 5947.431)])
def test_the_normal_reference_width_is_that_of_r(
    agree: Agree, reference: Path, axis: str, published: float
) -> None:
    read = pd.read_csv(reference / "memphis" / "memphis_robberies_utm15.csv")
    values = read[f"{axis}_32615"].to_numpy(dtype=np.float64)
    # The rule gives a standard deviation, R four of them.
    agree(
        4 * normal_reference_m(values, values, np.ones(len(values))),
        published,
        what=f"bandwidth.nrd of Memphis robberies, {axis}, metres",
        source="R, MASS::bandwidth.nrd, printed to 7 figures",
        within=5e-4,
    )


def test_the_mean_of_both_axes_is_not_that_of_one(agree: Agree, reference: Path) -> None:
    read = pd.read_csv(reference / "memphis" / "memphis_robberies_utm15.csv")
    x, y = (read[f"{axis}_32615"].to_numpy(dtype=np.float64) for axis in ("x", "y"))
    agree(
        4 * normal_reference_m(x, y, np.ones(len(x))),
        5769.942,
        what="bandwidth.nrd of Memphis robberies, mean of x and y (sfhotspot gives that of x)",
        source="R, MASS::bandwidth.nrd, printed to 7 figures",
        within=5e-4,
    )


def test_scotts_factor_is_that_of_scipy(agree: Agree) -> None:
    cases = _burkitt()
    spreads = cases.std(axis=0, ddof=1)
    agree(
        scott_m(cases[:, 0], cases[:, 1], np.ones(len(cases))),
        np.sqrt(spreads.prod()) * stats.gaussian_kde(cases.T).scotts_factor(),
        what="Scott's rule, Burkitt's lymphoma",
        source="SciPy, gaussian_kde.scotts_factor",
        within=1e-12,
        relative=True,
    )


@pytest.mark.parametrize(("kernel", "within"), [("epanechnikov", 1e-12), ("gaussian", 1e-5)])
def test_the_density_is_that_of_scikit_learn(agree: Agree, kernel: str, within: float) -> None:
    cases = _burkitt()
    x, y = (np.linspace(v.min(), v.max(), 60) for v in cases.T)
    at = np.column_stack([v.ravel() for v in np.meshgrid(x, y)])
    one = np.ones(len(cases))
    x, y = cases[:, 0], cases[:, 1]
    ours = kernel_sums(x, y, one, 9.0 * one, at_x_m=at[:, 0], at_y_m=at[:, 1], kernel=kernel)
    peer = KernelDensity(bandwidth=9.0, kernel=kernel, rtol=0, atol=0).fit(cases)
    theirs = len(cases) * np.exp(peer.score_samples(at))
    agree(
        ours / theirs.max(),
        theirs / theirs.max(),
        what=f"Density of Burkitt's lymphoma, {kernel}, share of its maximum",
        source="scikit-learn, KernelDensity, exact",
        within=within,
    )
