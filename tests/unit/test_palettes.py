"""Machado, Oliveira and Fernandes (2009), doi:10.1109/TVCG.2009.113: colour vision, simulated."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotspots.errors import ParameterError
from hotspots.palettes import COUNT_COLOURS, HOT_CASING, HOT_LINE, class_of, count_classes

#: Colour difference (CIE 1976) that neighbouring classes must keep for every reader.
LEAST_DIFFERENCE = 14.0
#: Difference in lightness that they must keep on a grey printer.
LEAST_STEP = 10.0

#: Severity 1.0, on linear RGB.
VISION = {
    "typical": np.eye(3),
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}
_XYZ = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
)
_WHITE = _XYZ.sum(axis=1)


def _linear(colour: str) -> np.ndarray:
    share = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)


def _lab(linear: np.ndarray) -> np.ndarray:
    t = _XYZ @ linear / _WHITE
    f = np.where(t > (6 / 29) ** 3, np.cbrt(t), t / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def _contrast(one: str, other: str) -> float:
    light, dark = sorted((_XYZ[1] @ _linear(c) for c in (one, other)), reverse=True)
    return float((light + 0.05) / (dark + 0.05))


def test_the_simulation_knows_black_from_white() -> None:
    assert _lab(_linear("#ffffff")) == pytest.approx([100, 0, 0], abs=1e-6)
    assert _lab(_linear("#000000")) == pytest.approx([0, 0, 0], abs=1e-6)
    assert _lab(_linear("#ff0000")) == pytest.approx([53.24, 80.09, 67.20], abs=0.02)


def test_darker_is_more_also_in_grey() -> None:
    lightness = [_lab(_linear(colour))[0] for colour in COUNT_COLOURS]
    assert min(a - b for a, b in itertools.pairwise(lightness)) >= LEAST_STEP


@pytest.mark.parametrize("vision", VISION)
def test_neighbouring_classes_differ_for_every_reader(vision: str) -> None:
    seen = [
        _lab(np.clip(np.array(VISION[vision]) @ _linear(colour), 0, 1)) for colour in COUNT_COLOURS
    ]
    differences = [float(np.linalg.norm(a - b)) for a, b in itertools.pairwise(seen)]
    assert min(differences) >= LEAST_DIFFERENCE


def test_the_line_around_hotspots_is_seen_on_every_class() -> None:
    # Either the line or the paper-coloured line beneath it stands out (WCAG 1.4.11).
    for colour in COUNT_COLOURS:
        assert max(_contrast(HOT_LINE, colour), _contrast(HOT_CASING, colour)) >= 3
    assert _contrast(HOT_LINE, HOT_CASING) >= 3


@given(
    min_count=st.integers(1, 20),
    rounding=st.integers(1, 10),
    largest=st.integers(0, 200_000),
)
def test_classes_leave_no_gap(min_count: int, rounding: int, largest: int) -> None:
    classes = count_classes(min_count=min_count, rounding=rounding, largest=largest)
    assert (classes[0].low, classes[0].high) == (0, min_count - 1)
    assert classes[-1].high is None
    assert len(classes) <= len(COUNT_COLOURS)
    for before, after in itertools.pairwise(classes[1:]):
        assert before.high is not None
        assert after.low == before.high + rounding
    colours = [COUNT_COLOURS.index(item.colour) for item in classes]
    assert colours == sorted(set(colours))


def test_a_class_does_not_depend_on_the_counts() -> None:
    small = count_classes(min_count=5, rounding=5, largest=10)
    assert small == count_classes(min_count=5, rounding=5, largest=200)


def test_a_hidden_count_is_in_the_first_class() -> None:
    classes = count_classes(min_count=8, rounding=5, largest=40)
    assert class_of(pd.Series([None, 10, 40], dtype="Int64"), classes).tolist() == [0, 1, 3]


def test_rules_that_make_no_sense_are_refused() -> None:
    with pytest.raises(ParameterError, match="at least 1, got 0 and 5"):
        count_classes(min_count=0, rounding=5, largest=1)
