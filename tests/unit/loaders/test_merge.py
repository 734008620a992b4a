"""Several files of one feed as one."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotspots.errors import ParameterError
from hotspots.loaders import Reading, read_incidents
from hotspots.loaders.merge import merge_incidents
from hotspots.schema import INCIDENT_COLUMNS, validate_incidents

Row = Callable[..., dict[str, str]]


def read(make: Row, *ids: str, kind: str = "Burglary") -> Reading:
    """Read rows with these ids; the type and the ids tell files apart."""
    return read_incidents(pd.DataFrame([make(**{"Crime ID": i, "Crime type": kind}) for i in ids]))


def test_the_earlier_file_counts(police_row: Row) -> None:
    newer = read(police_row, "a", "b", kind="Robbery")
    incidents, accounts = merge_incidents([newer, read(police_row, "b", "c")])
    assert incidents["source_record_id"].tolist() == ["a", "b", "c"]
    assert incidents["category_raw"].tolist() == ["Robbery", "Robbery", "Burglary"]
    assert accounts["already_there"].tolist() == [0, 1]
    validate_incidents(incidents)
    assert list(incidents.columns) == [*INCIDENT_COLUMNS, "geometry"]


def test_one_file_comes_out_as_it_is(police_row: Row) -> None:
    reading = read(police_row, "a", "", "")
    merged = merge_incidents([reading])
    pd.testing.assert_frame_equal(merged.incidents, reading.incidents)


def test_rows_without_an_id_and_ids_that_repeat_in_one_file_stay(police_row: Row) -> None:
    incidents, accounts = merge_incidents(
        [read(police_row, "", "a", "a"), read(police_row, "", "a", "")]
    )
    assert accounts["merged"].tolist() == [3, 2]
    assert incidents["source_record_id"].isna().sum() == 3
    assert incidents["incident_id"].is_unique


def test_arguments_are_not_changed(police_row: Row) -> None:
    readings = [read(police_row, "a"), read(police_row, "a", "b")]
    before = [reading.incidents.copy() for reading in readings]
    merge_incidents(readings)
    for reading, was in zip(readings, before, strict=True):
        pd.testing.assert_frame_equal(reading.incidents, was)


def test_refusals(police_row: Row, chicago_row: Row) -> None:
    police = read(police_row, "a")
    with pytest.raises(ParameterError, match="nothing to merge"):
        merge_incidents([])
    with pytest.raises(ParameterError, match="given twice"):
        merge_incidents([police, police])
    with pytest.raises(ParameterError, match="gb-police, us-chicago"):
        merge_incidents([police, read_incidents(pd.DataFrame([chicago_row()]))])


@settings(max_examples=25)
@given(files=st.lists(st.lists(st.sampled_from("abcde"), min_size=1), min_size=1, max_size=4))
def test_every_id_comes_from_the_first_file_that_has_it(
    files: list[list[str]], police_row: Row
) -> None:
    readings = [
        read(police_row, *ids, f"only-{number}") for number, ids in enumerate(map(list, files))
    ]
    incidents, accounts = merge_incidents(readings)
    assert len(incidents) == accounts["merged"].sum()
    assert (accounts["kept"] == accounts["already_there"] + accounts["merged"]).all()
    for key, rows in incidents.groupby("source_record_id"):
        first = next(r for r in readings if key in set(r.incidents["source_record_id"]))
        assert set(rows["source_sha256"].astype(str)) == {first.quality.sha256}
        assert len(rows) == (first.incidents["source_record_id"] == key).sum()
