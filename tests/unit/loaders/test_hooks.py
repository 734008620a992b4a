"""The oddities of feeds, one small function each."""

from __future__ import annotations

import numpy as np
import pytest

from hotspots.loaders.hooks import (
    TEXT_HOOKS,
    hhmm_text,
    keep_code_prefix,
    mend_accents,
    near_zero_as_missing,
    signed_count,
    strip_code_prefix,
    strip_trailing_question,
    swap_lat_lon_if,
    ucr_class,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("30", "00:30"), ("0030", "00:30"), ("1", "00:01"), ("2230", "22:30"), ("0", "00:00"),
        ("", ""), ("12345", "12345"), ("9:23 AM", "9:23 AM"), ("٣٠", "٣٠"), ("-30", "-30"),
    ],
)  # fmt: skip
def test_hhmm_text(text: str, expected: str) -> None:
    assert hhmm_text(text) == expected


@pytest.mark.parametrize(
    ("text", "stripped", "kept"),
    [
        ("331  - THEFT FROM VEHICLE", "THEFT FROM VEHICLE", "331"),
        ("23F Theft From Motor Vehicle", "23F Theft From Motor Vehicle", "23F"),
        ("23F-Theft", "Theft", "23F"),
        ("A - B", "A - B", "A - B"),
        ("", "", ""),
    ],
)
def test_code_prefixes(text: str, stripped: str, kept: str) -> None:
    assert strip_code_prefix(text) == stripped
    assert keep_code_prefix(text) == kept


def test_question_marks_at_the_end() -> None:
    assert strip_trailing_question("Motor Vehicle Theft?") == "Motor Vehicle Theft"
    assert strip_trailing_question("What? Theft") == "What? Theft"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (" 21000", "2"), ("212000", "21"), ("010000", "1"), ("71013.0", "7"), ("2100", "2100"),
        ("1420000", "1420000"), ("٢١٠٠٠", "٢١٠٠٠"), ("23F", "23F"), ("", ""),
    ],
)  # fmt: skip
def test_ucr_class(text: str, expected: str) -> None:
    assert ucr_class(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("MÃ©fait Ã\xa0 part", "Méfait à part"),
        ("MÃ©fait Ã  part", "Méfait à part"),
        ("Méfait à part", "Méfait à part"),
        ("M\N{REPLACEMENT CHARACTER}fait", "M\N{REPLACEMENT CHARACTER}fait"),
        ("Larceny", "Larceny"),
    ],
)
def test_mend_accents(text: str, expected: str) -> None:
    assert mend_accents(text) == expected


def test_near_zero_and_swap() -> None:
    x, y = np.array([5.3e-7, 0.0, np.nan, 0.0]), np.array([-4e-7, 0.0, 0.0, 51.5])
    assert near_zero_as_missing(x, y).tolist() == [True, True, False, False]
    a, b = swap_lat_lon_if(np.array([True, False]), np.array([1.0, 2.0]), np.array([3.0, 4.0]))
    assert (a.tolist(), b.tolist()) == ([3.0, 2.0], [1.0, 4.0])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1", 1),
        ("-1", -1),
        ("0", 0),
        ("+2.0", 2),
        (" ", 1),
        ("0.5", None),
        ("x", None),
        ("128", None),
    ],
)
def test_signed_count(text: str, expected: int | None) -> None:
    assert signed_count(text) == expected


def test_only_hooks_of_texts_can_be_named() -> None:
    assert set(TEXT_HOOKS) == {
        "hhmm_text", "strip_code_prefix", "keep_code_prefix", "strip_trailing_question",
        "ucr_class", "mend_accents",
    }  # fmt: skip
    for name, hook in TEXT_HOOKS.items():
        assert hook.__name__ == name
        assert isinstance(hook("331  - X"), str)
