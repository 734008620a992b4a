"""The time of day where it stands apart from the date: in a clock, an hour or a shift column."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from hotspots.loaders.distinct import distinct
from hotspots.loaders.hooks import TEXT_HOOKS
from hotspots.loaders.spec import normalised

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hotspots.loaders.columns import Columns
    from hotspots.loaders.rules import MomentRules, Shift

#: Microseconds since midnight of a row whose time of day is not known.
NO_CLOCK: Final = -1
_MINUTE_US: Final = 60_000_000
_DAY_US: Final = 24 * 60 * _MINUTE_US


def clock_column(columns: Columns, rules: MomentRules) -> np.ndarray | None:
    """Read the time of day of every row, where it stands in a column of its own.

    Parameters
    ----------
    columns : Columns
        The table.
    rules : MomentRules
        Where the clock or the shift stands, and how it is written.

    Returns
    -------
    numpy.ndarray of int64, or None
        Microseconds since midnight, ``NO_CLOCK`` where it is not known; None when the date's own
        column holds the clock.
    """
    if rules.clock:
        found, rows = columns.distinct(rules.clock)
        found = found.str.strip_chars()
        if rules.clock_hook:
            hook = TEXT_HOOKS[rules.clock_hook]
            found = pl.Series(found.name, [hook(t) for t in found.to_list()], dtype=pl.String)
        # A clock that came as one, and not as text, is written in the last of these formats.
        clocks: np.ndarray = parse_clocks(found, (*rules.clock_formats, "%H:%M:%S"))[rows]
        return clocks
    if rules.shift:
        return shift_edges(columns.text(rules.shift), rules.shifts)[0]
    return None


def parse_clocks(texts: pl.Series, formats: Sequence[str]) -> np.ndarray:
    """Parse times of day.

    Parameters
    ----------
    texts : polars.Series of str
        Without nulls.
    formats : sequence of str
        In the notation of strftime; the first that fits counts.

    Returns
    -------
    numpy.ndarray of int64
        Microseconds since midnight; ``NO_CLOCK`` where a text is no time of day.

    Examples
    --------
    >>> import polars as pl
    >>> from hotspots.loaders.clocks import parse_clocks
    >>> parse_clocks(pl.Series(["00:01", "7", "noon"]), ["%H:%M", "%H"]).tolist()
    [60000000, 25200000000, -1]
    """
    found = pl.Series(texts.name, [None] * len(texts), dtype=pl.Time)
    for form in formats:
        # An hour alone is no time to the parser: its first minute is.
        minute = any(part in form for part in ("%M", "%T", "%R", "%X", "%r"))
        whole = texts if minute else texts + "-00"
        parsed = whole.str.strptime(pl.Time, form if minute else f"{form}-%M", strict=False)
        found = pl.select(pl.coalesce(found, parsed).alias(texts.name)).to_series()
    nanoseconds = found.cast(pl.Int64).fill_null(-1)
    clocks: np.ndarray = (nanoseconds // 1000).to_numpy().astype(np.int64)
    return np.where(nanoseconds.to_numpy() < 0, NO_CLOCK, clocks)


def clock_us(text: str) -> int:
    """Turn ``HH:MM`` into microseconds since midnight.

    Parameters
    ----------
    text : str
        Such as ``"08:30"``; ``"24:00"`` is the end of the day.

    Returns
    -------
    int
        Microseconds.

    Examples
    --------
    >>> from hotspots.loaders.clocks import clock_us
    >>> clock_us("00:01")
    60000000
    """
    hours, minutes = text.split(":")
    return (int(hours) * 60 + int(minutes)) * _MINUTE_US


def clock_edges(values: pl.Series, shifts: Sequence[Shift]) -> tuple[np.ndarray, np.ndarray]:
    """Give the start and the end of every row's shift, or of its hour where there are no shifts.

    Parameters
    ----------
    values : polars.Series of str
        Names of shifts, or hours from 0 to 23, without nulls.
    shifts : sequence of Shift
        What the names mean; empty when the values are hours.

    Returns
    -------
    tuple of numpy.ndarray of int64
        As of ``shift_edges``.
    """
    if shifts:
        return shift_edges(values, shifts)
    hours = values.str.strip_chars().cast(pl.Int64, strict=False)
    known = hours.is_between(0, 23).fill_null(value=False).to_numpy()
    start = np.where(known, hours.fill_null(0).to_numpy() * 60 * _MINUTE_US, NO_CLOCK)
    return start, np.where(known, start + 60 * _MINUTE_US, NO_CLOCK)


def shift_edges(values: pl.Series, shifts: Sequence[Shift]) -> tuple[np.ndarray, np.ndarray]:
    """Give the start and the end of every row's shift.

    Parameters
    ----------
    values : polars.Series of str
        Names of shifts, without nulls.
    shifts : sequence of Shift
        What they mean.

    Returns
    -------
    tuple of numpy.ndarray of int64
        Microseconds since midnight of the start and of the end, which may be on the next day;
        ``NO_CLOCK`` where the shift is not known.

    Examples
    --------
    >>> import polars as pl
    >>> from hotspots.loaders.clocks import shift_edges
    >>> from hotspots.loaders.rules import Shift
    >>> night = Shift(value="night", start="22:00", end="06:00")
    >>> start, end = shift_edges(pl.Series(["Night", ""]), [night])
    >>> (start / 3_600_000_000).round(1).tolist(), (end / 3_600_000_000).round(1).tolist()
    ([22.0, -0.0], [30.0, -0.0])
    """
    known = {normalised(s.value): (clock_us(s.start), clock_us(s.end)) for s in shifts}
    found, rows = distinct(values)
    edges = np.full((len(found), 2), NO_CLOCK, dtype=np.int64)
    for i, text in enumerate(found.to_list()):
        if normalised(text) in known:
            start, end = known[normalised(text)]
            edges[i] = start, end if end > start else end + _DAY_US
    return edges[rows, 0], edges[rows, 1]
