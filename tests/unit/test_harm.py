"""Harm: tables that are checked, sums that say on how few incidents they rest, and refusals."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import hotspots as hs
from hotspots.offences import offence_codes
from hotspots.offences.harm import HARM_COLUMNS
from hotspots.words import say

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd
    from tests.conftest import WestYorkshire
    from tests.unit.conftest import MakeIncidents

OWN = {"120": 365.0, "220": 20.0, "23C": 1.0, "09A": 5475.0}
SAID = {"source": "a survey, 2026", "unit": "days"}


def _rows(codes: Sequence[str | None], counts: list[int] | None = None) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "count": np.ones(len(codes), dtype=np.int64) if counts is None else counts,
            "offence_code": pd.Categorical(codes),
        }
    )


def _chicago(*groups: str) -> gpd.GeoDataFrame:
    incidents, _ = hs.load_sample("synthetic-chicago")
    return hs.select_incidents(incidents, offence=list(groups)).incidents


# Tables


def test_the_table_that_comes_along_maps_only_what_is_the_same() -> None:
    table = hs.harm_table("ca-csi-2009")
    assert set(table.weights) <= set(offence_codes())
    listed = {name: (weight, codes, why) for name, weight, codes, why in table.categories}
    assert listed["Murder, first and second degree"][0] == 7042
    for weight, codes, why in listed.values():
        assert weight > 0
        # A category has codes, or says why it has none.
        assert bool(codes) != bool(why)
        assert all(table.weights[code] == weight for code in codes)
    # Codes that hold two categories with different weights have none.
    assert not {"09A", "13A", "11A", "23C", "23H"} & set(table.weights)
    assert "85-004-X" in table.source
    assert table.source.endswith("t001-eng.htm)")
    assert table.licence
    with pytest.raises(TypeError):
        table.weights["120"] = 1.0  # type: ignore[index]


def test_a_table_of_ones_own_is_taken_in_three_shapes() -> None:
    series = pd.Series(OWN)
    frame = series.rename_axis("code").reset_index(name="weight")
    for given_as in (OWN, series, frame):
        table = hs.harm_table(given_as, **SAID)
        assert dict(table.weights) == OWN
        assert (table.name, table.source, table.unit) == ("own", "a survey, 2026", "days")


@pytest.mark.parametrize(
    ("weights", "options", "said"),
    [
        ("cchi", {}, "No table of harm is called 'cchi'. There is: 'ca-csi-2009'"),
        (OWN, {"source": "", "unit": "days"}, "needs its source and its unit"),
        (OWN, {"source": "x", "unit": " "}, "needs its source and its unit"),
        ({}, SAID, "The table of harm is empty"),
        ({"120": -1}, SAID, "The weight of '120' is -1; it must be a number of 0 or more"),
        ({"120": float("nan")}, SAID, "The weight of '120' is nan"),
        ({"120": float("inf")}, SAID, "The weight of '120' is inf"),
        ({"120": True}, SAID, "The weight of '120' is True"),
        ({"120": "many"}, SAID, "The weight of '120' is 'many'"),
        ({"120": None}, SAID, "The weight of '120' is None"),
        ({120: 5}, SAID, "A code is a text, got 120"),
        ({"": 5}, SAID, "A code is a text, got ''"),
        ({"120": 0.0}, SAID, "Every weight in the table is 0"),
        ({"12O": 5}, SAID, r"no code '12O'\. Did you mean '12U'\?"),
        ({f"x{i}": 1 for i in range(7)}, SAID, "'x4' and 2 more"),
        ([("120", 5)], SAID, "got a list"),
        (pd.DataFrame({"kode": ["120"], "weight": [5]}), SAID, "has no column code; it has 'kode'"),
        (
            pd.DataFrame({"code": ["120", "120"], "weight": [5, 6]}),
            SAID,
            "The code '120' occurs twice",
        ),
    ],
)
def test_a_table_with_a_fault_is_refused(
    weights: object, options: dict[str, str], said: str
) -> None:
    with pytest.raises(hs.HotspotsError, match=said):
        hs.harm_table(weights, **options)


# Sums


def test_harm_is_summed_and_what_has_none_is_counted() -> None:
    rows = _rows(["120"] * 40 + ["220"] * 10 + ["35A", None, "23C"], [1] * 50 + [3, 1, 2])
    table = hs.harm_table(OWN, **SAID)
    weights, total = hs.harm_weights(rows, table, missing="leave_out")
    assert total.estimate == 40 * 365 + 10 * 20 + 2
    assert weights.tolist()[:1] == [365.0]
    assert weights.isna().tolist() == [False] * 50 + [True, True, False]
    assert weights.name == "harm"
    assert weights.index.equals(rows.index)
    params = total.params
    assert params.without_weight == {"no_code": 1, "ambiguous_code": 0, "no_weight": 3}
    assert params.incidents == 56
    assert params.weighed + sum(params.without_weight.values()) == params.incidents
    squares = 40 * 365**2 + 10 * 20**2 + 2
    assert params.effective_incidents == pytest.approx(total.estimate**2 / squares)
    assert total.standard_error == pytest.approx(np.sqrt(squares))
    # 7,401 of 14,802 days: 21 robberies hold 7,665 of them.
    assert params.half_from == 21
    data = total.data
    assert data is not None
    assert data["code"].tolist() == ["120", "220", "23C", "35A", ""]
    assert data["incidents"].sum() == 56
    assert data["share"].sum() == pytest.approx(1)
    assert data["without"].tolist() == ["", "", "", "no_weight", "no_code"]
    said = [say(s) for s in total.sentences]
    assert said[0].startswith("The harm is 14,802 (days). Its 52 incidents decide it like 41 ")
    assert said[1] == "4 of 56 incidents have no weight and are not in it."
    assert said[2] == "Half of it comes from 21 of the 52 incidents."
    assert said[3] == "Weights: a survey, 2026."


def test_two_murders_among_many_thefts_are_said_to_decide() -> None:
    rows = _rows(["23C"] * 1000 + ["09A"] * 2)
    with pytest.warns(
        UserWarning, match="rests on few incidents: it is as uncertain as a count of"
    ):
        _, total = hs.harm_weights(rows, hs.harm_table(OWN, **SAID))
    assert 2 < total.params.effective_incidents < 3
    assert total.params.half_from == 2
    assert "as uncertain as a count of 2.4" in say(total.sentences[1])


@given(
    st.lists(st.tuples(st.sampled_from(sorted(OWN)), st.integers(0, 50)), min_size=1, max_size=30)
)
def test_the_effective_number_is_what_it_is_for_single_rows(pairs: list[tuple[str, int]]) -> None:
    """A row that counts for five is five incidents; n_eff lies between 1 and their number."""
    codes, counts = map(list, zip(*pairs, strict=True))
    if not sum(counts):
        return
    table = hs.harm_table(OWN, **SAID)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        _, total = hs.harm_weights(_rows(codes, counts), table)
        single = [code for code, n in pairs for _ in range(n)]
        _, other = hs.harm_weights(_rows(single), table)
    w = np.array([OWN[code] for code in single])
    assert total.estimate == other.estimate == w.sum()
    effective = total.params.effective_incidents
    assert effective == pytest.approx(w.sum() ** 2 / (w**2).sum())
    assert 1 - 1e-9 <= effective <= len(w) + 1e-9
    held = np.cumsum(np.sort(w)[::-1])
    assert total.params.half_from == np.searchsorted(held, w.sum() / 2) + 1


@given(st.floats(1e-3, 1e6))
def test_the_unit_changes_no_effective_number(factor: float) -> None:
    rows = _rows(["120"] * 40 + ["220"] * 30)
    one = hs.harm_weights(rows, hs.harm_table(OWN, **SAID)).total
    scaled = {code: factor * weight for code, weight in OWN.items()}
    other = hs.harm_weights(rows, hs.harm_table(scaled, **SAID)).total
    assert other.estimate == pytest.approx(factor * one.estimate)
    assert other.params.effective_incidents == pytest.approx(one.params.effective_incidents)
    assert other.params.half_from == one.params.half_from


def test_the_standard_error_is_that_of_a_poisson_number_of_each_kind() -> None:
    rng = np.random.default_rng(5)
    table = hs.harm_table(OWN, **SAID)
    _, total = hs.harm_weights(_rows(["120"] * 60 + ["220"] * 200), table)
    drawn = rng.poisson(60, 20_000) * 365 + rng.poisson(200, 20_000) * 20
    assert total.standard_error == pytest.approx(drawn.std(), rel=0.02)
    share = total.standard_error / total.estimate
    assert share == pytest.approx(1 / np.sqrt(total.params.effective_incidents))


def test_codes_of_another_system_go_by_their_column() -> None:
    rows = _rows(["120"] * 40).assign(category_code_raw=["34B"] * 30 + ["1"] * 10)
    table = hs.harm_table({"34B": 365, "1": 5475}, code_column="category_code_raw", **SAID)
    with pytest.warns(UserWarning, match="rests on few"):
        _, total = hs.harm_weights(rows, table)
    assert total.estimate == 30 * 365 + 10 * 5475


# In cells


def test_the_harm_of_cells_adds_up_and_says_on_how_few_it_rests(
    make_incidents: MakeIncidents,
) -> None:
    one, two = (-1.55, 53.80), (-1.50, 53.80)
    incidents = make_incidents([one] * 60 + [two] * 3 + [None, (10.0, 10.0)])
    codes = ["120"] * 60 + ["09A", "23C", "35A"] + ["120", "120"]
    incidents["offence_code"] = pd.Categorical(codes)
    area = hs.study_area(incidents.iloc[:63], buffer_m=1000)
    before = incidents.copy()
    table = hs.harm_table(OWN, **SAID)
    hexagons = hs.make_hexgrid(area, resolution=8)
    with pytest.warns(UserWarning, match="as uncertain as a count of 2") as warned:
        grid = hs.count_harm(incidents, hexagons, table, missing="leave_out")
    assert warned[0].filename == __file__
    pd.testing.assert_frame_equal(incidents, before)
    assert list(HARM_COLUMNS) == [c for c in grid.columns if "harm" in c]
    assert grid["harm"].sum() == 60 * 365 + 5475 + 1
    assert grid["n"].sum() == 63
    assert grid["n_without_harm"].sum() == 1
    few = grid[grid["harm"] == 5476].iloc[0]
    assert few["harm_effective"] == pytest.approx(1.0004, abs=1e-4)
    assert few["n_without_harm"] == 1
    many = grid[grid["harm"] == 60 * 365].iloc[0]
    assert many["harm_effective"] == pytest.approx(60)
    assert grid.loc[grid["harm"] == 0, "harm_effective"].isna().all()
    together = (60 * 365 + 5476) ** 2 / (60 * 365**2 + 5475**2 + 1)
    assert grid["harm_total_effective"].tolist() == pytest.approx([together] * len(grid))
    assert grid["harm_source"].unique().tolist() == ["a survey, 2026"]
    assert grid["harm_unit"].unique().tolist() == ["days"]
    again = hs.count_incidents(incidents, grid)
    assert not set(HARM_COLUMNS) & set(again.columns)


def test_what_is_taken_back_is_set_off_in_its_cell(make_incidents: MakeIncidents) -> None:
    incidents = make_incidents([(-1.55, 53.80)] * 50 + [(-1.50, 53.80)] * 30)
    incidents["offence_code"] = pd.Categorical(["120"] * 80)
    incidents.loc[49, "count"] = -1
    area = hs.study_area(incidents, buffer_m=1000)
    table = hs.harm_table(OWN, **SAID)
    grid = hs.count_harm(incidents, hs.make_hexgrid(area, resolution=8), table)
    assert grid["harm"].max() == 48 * 365
    assert grid["harm_effective"].max() == pytest.approx(48)
    incidents["count"] = np.array([1] * 50 + [-1] * 20 + [1] * 10, dtype=np.int8)
    with pytest.raises(hs.HotspotsError, match="In a cell 10 more incidents of one weight are"):
        hs.count_harm(incidents, hs.make_hexgrid(area, resolution=8), table)


def test_a_grid_may_be_an_area_or_squares() -> None:
    incidents = _chicago("robbery", "burglary")
    area = hs.study_area(incidents)
    total = hs.harm_weights(incidents, "ca-csi-2009").total.estimate
    for grid in (area, hs.make_square_grid(area, cell_m=2000)):
        counted = hs.count_harm(incidents, grid, "ca-csi-2009")
        assert counted["harm"].sum() <= total
        assert counted["harm"].sum() > 0.98 * total


# Refused


def test_a_feed_with_broad_groups_is_refused(west_yorkshire: WestYorkshire) -> None:
    for missing in ("refuse", "leave_out"):
        with pytest.raises(
            hs.HotspotsError, match="10,358 incidents are of one group, 'Violence and sexual"
        ):
            hs.harm_weights(west_yorkshire.incidents, "ca-csi-2009", missing=missing)
    others, _ = hs.select_incidents(
        west_yorkshire.incidents, offence=["burglary", "robbery", "vehicle_crime"]
    )
    with pytest.raises(
        hs.HotspotsError, match=r"1,955 of 4,311 .* \(no_code: 1,955; by code: none"
    ):
        hs.harm_weights(others, "ca-csi-2009")
    # One code and one weight for all: allowed, and nothing but a count.
    _, burglary = hs.harm_weights(west_yorkshire.burglary, "ca-csi-2009")
    assert burglary.params.effective_incidents == pytest.approx(2029)


def test_incidents_without_a_weight_are_refused_by_name() -> None:
    everything, _ = hs.load_sample("synthetic-chicago")
    with pytest.raises(hs.HotspotsError, match=r"by code: 23U \(4,331\).*covers, give a table"):
        hs.harm_weights(everything, "ca-csi-2009")
    thefts = _chicago("robbery", "other_theft")
    with pytest.raises(hs.HotspotsError, match="fewer than half have one"):
        hs.harm_weights(thefts, "ca-csi-2009", missing="leave_out")


def test_a_code_that_may_be_another_has_no_weight() -> None:
    rows = _rows(["120"] * 50).assign(mapping_quality=["exact"] * 40 + ["ambiguous"] * 10)
    with pytest.raises(hs.HotspotsError, match=r"10 of 50 .*ambiguous_code: 10"):
        hs.harm_weights(rows, "ca-csi-2009")
    _, total = hs.harm_weights(rows, "ca-csi-2009", missing="leave_out")
    assert total.params.without_weight["ambiguous_code"] == 10


def test_what_cannot_be_weighed_is_refused() -> None:
    rows = _rows(["120"] * 40)
    with pytest.raises(hs.HotspotsError, match="missing must be 'refuse' or 'leave_out', got 'ask"):
        hs.harm_weights(rows, "ca-csi-2009", missing="ask")
    with pytest.raises(hs.HotspotsError, match="have no column offence_code"):
        hs.harm_weights(rows.drop(columns="offence_code"), "ca-csi-2009")
    with pytest.raises(hs.HotspotsError, match="None of the 0 incidents weighs anything"):
        hs.harm_weights(rows.iloc[:0], "ca-csi-2009")
    with pytest.raises(hs.HotspotsError, match="More incidents with the code '120' are taken back"):
        hs.harm_weights(_rows(["120", "220"], [-3, 9]), "ca-csi-2009")
    nothing = hs.harm_table({"120": 0, "220": 1}, **SAID)
    with pytest.raises(hs.HotspotsError, match="None of the 40 incidents weighs anything in the"):
        hs.harm_weights(rows, nothing)
