"""Properties of reading that hold for any rows."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from hotspots.errors import (
    InputDataError,
    ParameterError,
    UnknownFeedError,
)
from hotspots.loaders import QualityReport, read_incidents
from hotspots.schema import validate_incidents

if TYPE_CHECKING:
    import pytest

Row = Callable[..., dict[str, str]]
Text = Callable[..., str]
Write = Callable[..., Path]
Check = Callable[[QualityReport, int], None]
SHARED = Path(__file__).resolve().parents[4] / "shared" / "data"


@settings(max_examples=30)
@given(rows=st.permutations(range(12)), columns=st.permutations(range(22)))
def test_order_of_rows_and_columns_changes_nothing(
    rows: list[int], columns: list[int], chicago_row: Row
) -> None:
    made = [
        chicago_row(
            i,
            Latitude=f"{41.7 + i / 100}" if i % 4 else "",
            **{"Primary Type": ("THEFT", "BATTERY", "ROBBERY")[i % 3]},
        )
        for i in range(12)
    ]
    straight, _ = read_incidents(pd.DataFrame(made))
    mixed, _ = read_incidents(pd.DataFrame([made[i] for i in rows]).iloc[:, columns])
    columns_kept = [c for c in straight.columns if c not in {"source_row", "source_sha256"}]
    again = mixed.sort_values("incident_id", ignore_index=True)
    expected = straight.sort_values("incident_id", ignore_index=True)
    pd.testing.assert_frame_equal(
        pd.DataFrame(again[columns_kept]), pd.DataFrame(expected[columns_kept])
    )


@settings(max_examples=60)
@given(
    blanks=st.lists(
        st.fixed_dictionaries(
            {
                "ID": st.sampled_from(["1", "2", "3", ""]),
                "Date": st.sampled_from(["06/15/2024 03:30:00 PM", "", "01/01/1900 01:00:00 AM"]),
                "Latitude": st.sampled_from(["41.88", "", "0", "12.3", "x"]),
                "Longitude": st.sampled_from(["-87.63", "", "0", "45.6"]),
                "Primary Type": st.sampled_from(["THEFT", "", "\u202eTFEHT"]),
            }
        ),
        min_size=1,
        max_size=25,
    )
)
def test_every_row_is_accounted_for(
    blanks: list[dict[str, str]], chicago_row: Row, assert_accounts: Check
) -> None:
    rows = [chicago_row(100), chicago_row(101), *(chicago_row() | blank for blank in blanks)]
    # Enough good rows, so that no more than half is wrong and the file itself is not refused.
    rows += [chicago_row(1000 + i) for i in range(3 * len(blanks))]
    incidents, quality = read_incidents(pd.DataFrame(rows))
    assert_accounts(quality, len(rows))
    assert len(incidents) == quality.kept == quality.groups["rows"].sum()
    assert quality.categories["rows"].sum() == quality.kept
    validate_incidents(incidents)


@settings(max_examples=60)
@given(text=st.text(max_size=300))
def test_no_text_breaks_the_reader_without_a_typed_error(
    tmp_path_factory: pytest.TempPathFactory, text: str, police_row: Row, assert_accounts: Check
) -> None:
    path = tmp_path_factory.mktemp("fuzz") / "f.csv"
    head = ",".join(list(police_row()))
    path.write_text(f"{head}\n{text}", encoding="utf-8", errors="replace", newline="")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        try:
            _, quality = read_incidents(path)
        except (InputDataError, ParameterError, UnknownFeedError):
            return
    assert_accounts(quality, quality.rows_read)
