"""The table of bandwidths: every rule, and how far they agree on the densest places."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pytest
import shapely

import hotspots as hs
from hotspots.errors import FitnessError, ParameterError
from hotspots.methods.density.table import _densest
from hotspots.words import say

if TYPE_CHECKING:
    from tests.unit.conftest import MakeIncidents

BOX = shapely.box(-1.62, 53.70, -1.50, 53.78)


def _area() -> gpd.GeoDataFrame:
    return hs.study_area(gpd.GeoSeries([BOX], crs="EPSG:4326"), name="A box")


def _clustered(make: MakeIncidents, n: int = 200, *, copies: int = 1) -> gpd.GeoDataFrame:
    rng = np.random.default_rng(1)
    parents = np.column_stack([rng.uniform(-1.61, -1.51, 6), rng.uniform(53.71, 53.77, 6)])
    points = parents[rng.integers(0, 6, n)] + rng.normal(0, 0.005, (n, 2)) * [1.7, 1.0]
    points = np.repeat(np.clip(points, [-1.619, 53.701], [-1.501, 53.779]), copies, axis=0)
    points += rng.normal(0, 3e-6, points.shape) * (copies > 1)
    return make([tuple(xy) for xy in points])


def test_every_rule_has_a_row_and_agrees_with_itself(make_incidents: MakeIncidents) -> None:
    incidents = _clustered(make_incidents)
    found = hs.bandwidth_table(incidents, _area())
    table = found.data
    assert table is not None
    assert {*table.index} == {"scott", "nrd", "oversmooth", "diggle", "ppl"}
    assert table["spread_m"].is_monotonic_increasing
    assert (table["bandwidth_m"] / table["spread_m"]).to_numpy() == pytest.approx(np.sqrt(8))
    overlap = table[[f"overlap_{rule}" for rule in table.index]].to_numpy()
    assert np.diag(overlap) == pytest.approx(1)
    assert np.allclose(overlap, overlap.T)
    assert ((overlap >= 0) & (overlap <= 1 + 1e-12)).all()
    assert found.estimate <= overlap.min() + 1e-9
    assert table["highest_per_km2"].iloc[0] > table["highest_per_km2"].iloc[-1]
    assert table["share_of_incidents"].between(0.05, 1).all()
    assert (table["note"] == "").all()
    assert found.params.incidents == 200
    assert "% of the densest 5 % of the area is the same" in say(found.sentences[0])
    chosen = hs.kernel_density(incidents, _area(), rule="ppl", resolution=9)
    assert chosen.params.bandwidth_m == pytest.approx(table.loc["ppl", "bandwidth_m"])


def test_a_rule_that_collapses_says_why(make_incidents: MakeIncidents) -> None:
    found = hs.bandwidth_table(_clustered(make_incidents, 60, copies=6), _area())
    table = found.data
    assert table is not None
    assert table.loc["ppl", "note"].startswith("The rule 'ppl' collapses")
    assert np.isnan(table.loc["ppl", "bandwidth_m"])
    assert np.isfinite(table.loc["scott", "bandwidth_m"])
    assert "overlap_ppl" not in table.columns


def test_the_densest_part_takes_a_piece_of_the_last_cell() -> None:
    part = _densest(np.array([1.0, 5.0, 3.0, 2.0]), np.array([4.0, 1.0, 2.0, 3.0]), 0.2)
    assert part == pytest.approx([0, 1, 0.5, 0])


def test_a_grid_can_be_given_if_it_is_fine_enough(make_incidents: MakeIncidents) -> None:
    incidents = _clustered(make_incidents)
    fine = hs.bandwidth_table(incidents, hs.make_hexgrid(_area(), resolution=9))
    assert fine.params.cells == len(hs.make_hexgrid(_area(), resolution=9))
    with pytest.raises(FitnessError, match="Give the study area, or smaller cells"):
        hs.bandwidth_table(incidents, hs.make_hexgrid(_area(), resolution=6))


def test_bad_arguments_are_refused(make_incidents: MakeIncidents) -> None:
    incidents = _clustered(make_incidents)
    with pytest.raises(ParameterError, match="share must lie between 0 and 1, got 5"):
        hs.bandwidth_table(incidents, _area(), share=5)
    with pytest.raises(FitnessError, match="bandwidth_table needs at least 30 incidents"):
        hs.bandwidth_table(incidents.iloc[:20], _area())
    one_place = make_incidents([(-1.55, 53.75)] * 40)
    with pytest.raises(FitnessError, match="lie on one point or one line"):
        hs.bandwidth_table(one_place, _area())
