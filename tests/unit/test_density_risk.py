"""Relative risk: the ratio is the ratio of densities, the p-values are ranks, the words follow."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

import hotspots as hs
from hotspots.errors import FitnessError, ParameterError
from hotspots.methods.density.relabel import Labels, deal_labels
from hotspots.words import say

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from tests.unit.conftest import MakeIncidents

    Points = NDArray[np.float64]

BOX = shapely.box(-1.62, 53.70, -1.50, 53.78)
MIDDLE = np.array([-1.59, 53.75])
ASKED = {"bandwidth_m": 2_000.0, "resolution": 8, "n_permutations": 99}


def _area() -> gpd.GeoDataFrame:
    return hs.study_area(gpd.GeoSeries([BOX], crs="EPSG:4326"), name="A box")


def _random(n: int, seed: int) -> Points:
    rng = np.random.default_rng(seed)
    return np.column_stack([rng.uniform(-1.62, -1.5, n), rng.uniform(53.7, 53.78, n)])


def _planted(n: int, seed: int) -> Points:
    rng = np.random.default_rng(seed)
    extra = MIDDLE + rng.normal(0, 0.004, (n // 3, 2)) * [1.7, 1.0]
    return np.concatenate([_random(n - n // 3, seed), extra])


@pytest.fixture
def cases(make_incidents: MakeIncidents) -> gpd.GeoDataFrame:
    return make_incidents([tuple(xy) for xy in _planted(150, 1)], group="robbery")


@pytest.fixture
def controls(make_incidents: MakeIncidents) -> gpd.GeoDataFrame:
    return make_incidents([tuple(xy) for xy in _random(400, 2)], day="2017-07-01")


def test_the_ratio_is_that_of_the_two_densities(
    cases: gpd.GeoDataFrame, controls: gpd.GeoDataFrame
) -> None:
    found = hs.relative_risk(cases, controls, _area(), rng=1, **ASKED)  # type: ignore[arg-type]
    one, two = (
        hs.kernel_density(i, _area(), bandwidth_m=2_000.0, resolution=8, edge="none")
        for i in (cases, controls)
    )
    data = found.data
    assert np.allclose(data["cases_per_km2"], one.data["density_per_km2"], rtol=1e-12)
    assert np.allclose(data["controls_per_km2"], two.data["density_per_km2"], rtol=1e-12)
    constant = 0.05 / data["inside_km2"].sum()
    ratio = (data["cases_per_km2"] / 150 + constant) / (data["controls_per_km2"] / 400 + constant)
    assert np.allclose(data["log_relative_risk"], np.log(ratio))
    assert data["n"].sum() == 150
    assert data["n"].dtype == np.int64


def test_a_planted_excess_is_hot_and_what_is_far_from_it_is_not(
    cases: gpd.GeoDataFrame, controls: gpd.GeoDataFrame
) -> None:
    found = hs.relative_risk(cases, controls, _area(), rng=1, **ASKED)  # type: ignore[arg-type]
    centre = shapely.get_coordinates(shapely.centroid(found.data.geometry))
    away_km = np.hypot(*((centre - MIDDLE) * [65.9, 111.3]).T)
    word = found.data["hotspot"]
    assert (word[away_km < 0.7] == "hot").all()
    assert not (word[away_km > 4.5] == "hot").any()
    assert list(word.cat.categories) == ["hot", "cold", "not significant", "too few"]
    assert (found.data.loc[word == "hot", "p_adjusted"] <= 0.05).all()
    tested = word != "too few"
    assert (found.data.loc[tested, "p_adjusted"] >= found.data.loc[tested, "p_value"]).all()
    assert found.data.loc[tested, "p_value"].min() >= 1 / 100
    assert not (word == "cold").any()


def test_cold_is_given_when_asked_for(cases: gpd.GeoDataFrame, controls: gpd.GeoDataFrame) -> None:
    # The other way round the plant is where there are too few.
    asked = ASKED | {"alternative": "two-sided", "rng": 1}
    found = hs.relative_risk(controls, cases, _area(), **asked)  # type: ignore[arg-type]
    cold = found.data["hotspot"] == "cold"
    assert cold.any()
    assert (found.data.loc[cold, "log_relative_risk"] < 0).all()
    one = hs.relative_risk(controls, cases, _area(), rng=1, **ASKED)  # type: ignore[arg-type]
    assert not (one.data["hotspot"] == "cold").any()


def test_the_p_values_are_ranks_among_dealings(
    cases: gpd.GeoDataFrame, controls: gpd.GeoDataFrame
) -> None:
    found = hs.relative_risk(cases, controls, _area(), rng=1, **ASKED)  # type: ignore[arg-type]
    for column in ("p_value", "p_adjusted"):
        ranks = 100 * found.data[column].dropna()
        assert np.allclose(ranks, np.round(ranks))
    again = hs.relative_risk(cases, controls, _area(), rng=1, **ASKED)  # type: ignore[arg-type]
    assert found.data["p_value"].equals(again.data["p_value"])
    assert found.params.seed == 1
    other = hs.relative_risk(
        cases,
        controls,
        _area(),
        rng=np.random.default_rng(5),
        **ASKED,  # type: ignore[arg-type]
    )
    assert not found.data["p_value"].equals(other.data["p_value"])
    assert other.params.seed is None


def test_dealing_keeps_every_incident_and_every_case() -> None:
    labels = Labels(
        x_m=np.arange(4.0),
        y_m=np.zeros(4),
        incidents=np.array([5, 1, 2, 12]),
        cases=np.array([5, 0, 0, 1]),
    )
    dealt = deal_labels(labels, 2_000, np.random.default_rng(1))
    assert dealt[:, 0].tolist() == [5, 0, 0, 1]
    assert (dealt.sum(axis=0) == 6).all()
    assert (dealt <= labels.incidents[:, None]).all()
    assert dealt[:, 1:].mean(axis=1) == pytest.approx(labels.incidents * 6 / 20, abs=0.1)
    with pytest.raises(
        ParameterError, match="take more than a gigabyte; n_permutations=62,499,999"
    ):
        deal_labels(labels, 10**9, np.random.default_rng(1))


def test_rows_in_another_order_and_rows_as_counts_give_the_same_ratio(
    cases: gpd.GeoDataFrame, controls: gpd.GeoDataFrame
) -> None:
    here = hs.relative_risk(cases, controls, _area(), rng=1, **ASKED)  # type: ignore[arg-type]
    order = np.random.default_rng(3).permutation(len(cases))
    twice = pd.concat([cases, cases], ignore_index=True)
    weighed = cases.iloc[order].copy()
    weighed["count"] = np.int8(2)
    there = hs.relative_risk(cases.iloc[order], controls, _area(), rng=1, **ASKED)  # type: ignore[arg-type]
    assert here.data["p_adjusted"].equals(there.data["p_adjusted"])
    one = hs.relative_risk(twice, controls, _area(), rng=1, **ASKED)  # type: ignore[arg-type]
    two = hs.relative_risk(weighed, controls, _area(), rng=1, **ASKED)  # type: ignore[arg-type]
    assert np.allclose(one.data["log_relative_risk"], here.data["log_relative_risk"], rtol=1e-9)
    assert one.data["p_adjusted"].equals(two.data["p_adjusted"])
    assert one.params.cases == two.params.cases == 300


def test_it_says_what_the_denominator_is(
    cases: gpd.GeoDataFrame, controls: gpd.GeoDataFrame
) -> None:
    found = hs.relative_risk(cases, controls, _area(), n_permutations=99, rng=1)
    assert found.params.rule == "oversmooth"
    assert found.params.control_groups == ("burglary",)
    assert found.params.control_period == "2017-07-01/2017-07-01"
    assert found.params.null == "random_labels"
    assert found.provenance.groups == ("robbery",)
    said = [say(one) for one in found.caveats]
    assert "robbery takes a larger part than elsewhere, among robbery and burglary" in said[0]
    assert "2017-07-01/2017-07-01" in said[0]
    assert "dealt out by lot" in said[1]
    assert "does not mean many incidents" in said[2]


def test_cells_with_few_incidents_are_not_tested(
    cases: gpd.GeoDataFrame, controls: gpd.GeoDataFrame
) -> None:
    asked = ASKED | {"min_incidents": 60, "rng": 1}
    found = hs.relative_risk(cases, controls, _area(), **asked)  # type: ignore[arg-type]
    few = found.data["hotspot"] == "too few"
    assert 0 < few.sum() < len(few)
    assert found.params.cells_tested == (~few).sum()
    assert found.data.loc[few, ["p_value", "p_adjusted"]].isna().all(axis=None)
    assert any("were not tested: fewer than 60" in say(one) for one in found.caveats)
    none = hs.relative_risk(cases, controls, _area(), **(asked | {"min_incidents": 1e6}))  # type: ignore[arg-type]
    assert (none.data["hotspot"] == "too few").all()


def test_other_corrections_say_when_permutations_are_too_few(
    cases: gpd.GeoDataFrame, controls: gpd.GeoDataFrame
) -> None:
    for adjust in ("fdr_bh", "bonferroni"):
        asked = ASKED | {"adjust": adjust, "rng": 1}
        found = hs.relative_risk(cases, controls, _area(), **asked)  # type: ignore[arg-type]
        keys = {one.key for one in found.caveats}
        assert "density.risk_floor" in keys
        tested = found.data["p_value"].dropna()
        if adjust == "bonferroni":
            assert found.data["p_adjusted"].dropna().min() == min(1, tested.min() * len(tested))


def test_controls_that_are_nowhere_do_not_make_the_ratio_run_away(
    make_incidents: MakeIncidents, cases: gpd.GeoDataFrame
) -> None:
    east = _random(200, 3)
    east = east[east[:, 0] > -1.56]
    away = make_incidents([tuple(xy) for xy in east])
    found = hs.relative_risk(cases, away, _area(), rng=1, **ASKED)  # type: ignore[arg-type]
    ratio = found.data["log_relative_risk"]
    assert np.isfinite(ratio).all()
    assert ratio.max() < 6
    bolder = hs.relative_risk(cases, away, _area(), rng=1, floor=1e-6, **ASKED)  # type: ignore[arg-type]
    assert bolder.data["log_relative_risk"].max() > ratio.max() + 3


def test_a_grid_can_be_given(cases: gpd.GeoDataFrame, controls: gpd.GeoDataFrame) -> None:
    asked = {"bandwidth_m": 2_500.0, "n_permutations": 99, "rng": 1}
    for grid in (
        hs.make_hexgrid(_area(), resolution=8),
        hs.make_square_grid(_area(), cell_m=800.0),
    ):
        found = hs.relative_risk(cases, controls, grid, **asked)  # type: ignore[arg-type]
        assert found.data.index.equals(grid.index)
        assert found.data["n"].sum() == 150
        assert (found.data["hotspot"] == "hot").any()


@pytest.mark.parametrize("kernel", ["gaussian", "epanechnikov"])
@pytest.mark.parametrize("rule", ["ppl", "scott"])
def test_other_kernels_and_rules(
    cases: gpd.GeoDataFrame, controls: gpd.GeoDataFrame, kernel: str, rule: str
) -> None:
    asked = {"kernel": kernel, "rule": rule, "resolution": 9, "n_permutations": 19, "rng": 1}
    found = hs.relative_risk(cases, controls, _area(), **asked)  # type: ignore[arg-type]
    assert found.params.rule == rule
    assert found.params.bandwidth_means == (
        "standard deviation" if kernel == "gaussian" else "reach"
    )


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"alternative": "less"}, "alternative must be 'greater' or 'two-sided', got 'less'"),
        ({"adjust": "none"}, "adjust must be"),
        ({"alpha": 0}, "alpha must lie between 0 and 1, got 0"),
        ({"n_permutations": 18}, "n_permutations must be a whole number of 19 or more"),
        ({"n_permutations": 99.0}, "n_permutations must be a whole number of 19 or more"),
        ({"floor": 0}, "floor must be positive, got 0"),
        ({"min_incidents": 1}, "min_incidents must be 2 or more, got 1"),
        ({"bandwidth_m": -3}, "bandwidth_m must be a positive number of metres, got -3"),
        ({"kernel": "disc"}, "kernel must be one of"),
        ({"bandwidth_m": None, "rule": "cv"}, "rule must be one of"),
    ],
)
def test_bad_options_are_refused(
    cases: gpd.GeoDataFrame, controls: gpd.GeoDataFrame, options: dict[str, object], said: str
) -> None:
    with pytest.raises(ParameterError, match=said):
        hs.relative_risk(cases, controls, _area(), **(ASKED | options))  # type: ignore[arg-type]


@pytest.mark.parametrize("which", ["cases", "controls"])
def test_too_few_are_refused(
    cases: gpd.GeoDataFrame, controls: gpd.GeoDataFrame, which: str
) -> None:
    given = {"cases": cases, "controls": controls}
    given[which] = given[which].iloc[:29]
    with pytest.raises(FitnessError, match=rf"relative_risk, of {which}, needs at least 30"):
        hs.relative_risk(**given, area=_area(), **ASKED)  # type: ignore[arg-type]


def test_arguments_are_not_changed(cases: gpd.GeoDataFrame, controls: gpd.GeoDataFrame) -> None:
    before = cases.copy(), controls.copy()
    hs.relative_risk(cases, controls, _area(), rng=1, **ASKED)  # type: ignore[arg-type]
    assert cases.equals(before[0])
    assert controls.equals(before[1])
