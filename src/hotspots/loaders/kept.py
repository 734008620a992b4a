"""The rows that are kept, parsed, before they become Incidents."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hotspots.errors import InputDataError
from hotspots.loaders.distinct import distinct
from hotspots.loaders.hooks import signed_count
from hotspots.loaders.times import parse_moments, shift_ends
from hotspots.loaders.wall import NOT_A_TIME

if TYPE_CHECKING:
    import polars as pl

    from hotspots.loaders.categories import Categories
    from hotspots.loaders.columns import Columns
    from hotspots.loaders.coordinates import Places
    from hotspots.loaders.spec import FeedSpec
    from hotspots.loaders.times import Moments


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """The rows that are kept, parsed.

    Attributes
    ----------
    columns : Columns
        Their text.
    source_row : numpy.ndarray of int64
        Line in the file.
    start : Moments
        When it happened, or began.
    end, reported : Moments or None
        When it ended and when it was reported; None where the file does not say.
    doubted : numpy.ndarray of bool
        Rows whose day is not believed.
    places : Places
        Where.
    categories : Categories
        What.
    counts : numpy.ndarray of int8
        How many incidents each row stands for.
    """

    columns: Columns
    source_row: np.ndarray
    start: Moments
    end: Moments | None
    reported: Moments | None
    doubted: np.ndarray
    places: Places
    categories: Categories
    counts: np.ndarray

    def text(self, column: str) -> pl.Series:
        """Give a column of the feed as text; blank where the file has none.

        Parameters
        ----------
        column : str
            The feed's name; may be empty.

        Returns
        -------
        polars.Series of str
            One text a row, without nulls.
        """
        return self.columns.text(column)


def end_moments(columns: Columns, spec: FeedSpec) -> Moments | None:
    """Parse when each row ended: as written, or at the end of its shift.

    Parameters
    ----------
    columns : Columns
        The rows.
    spec : FeedSpec
        The feed.

    Returns
    -------
    Moments or None
        One moment a row; None where the file does not say.
    """
    rules = spec.time
    if any(columns.has(c) for c in rules.end.columns):
        return parse_moments(columns, rules.end, rules)
    if rules.start.shift and columns.has(rules.start.shift):
        return shift_ends(columns, rules.start, rules)
    return None


def reported_moments(columns: Columns, spec: FeedSpec) -> Moments | None:
    """Parse when each row was reported.

    Parameters
    ----------
    columns : Columns
        The rows.
    spec : FeedSpec
        The feed.

    Returns
    -------
    Moments or None
        One moment a row; None where the file does not say.
    """
    rules = spec.time
    if any(columns.has(c) for c in rules.reported.columns):
        return parse_moments(columns, rules.reported, rules)
    return None


def row_counts(columns: Columns, source_row: np.ndarray, spec: FeedSpec, name: str) -> np.ndarray:
    """Read how many incidents each row stands for.

    Parameters
    ----------
    columns : Columns
        The rows.
    source_row : numpy.ndarray of int64
        Line in the file.
    spec : FeedSpec
        The feed.
    name : str
        What messages call the file.

    Returns
    -------
    numpy.ndarray of int8
        One number a row; 1 where the feed has no column for it.

    Raises
    ------
    InputDataError
        If a value is not a whole number, or not positive although the feed does not take rows
        back.
    """
    if not columns.has(spec.rows.count):
        return np.ones(len(source_row), dtype=np.int8)
    texts, rows = distinct(columns.text(spec.rows.count))
    counts = [signed_count(text) for text in texts.to_list()]
    bad = [i for i, n in enumerate(counts) if n is None or (n < 1 and not spec.rows.signed)]
    if bad:
        first = int(np.flatnonzero(np.isin(rows, bad))[0])
        msg = (
            f"{name}, row {source_row[first]}: {texts[int(rows[first])]!r} in the column "
            f"{spec.rows.count!r} is not a number of incidents. Correct it or take the row out."
        )
        raise InputDataError(msg)
    numbers: np.ndarray = np.array(counts, dtype=np.int8)[rows]
    return numbers


def earlier(first: Moments, second: Moments) -> np.ndarray:
    """Say which rows have a second moment before the first.

    Parameters
    ----------
    first, second : Moments
        Moments of the same rows.

    Returns
    -------
    numpy.ndarray of bool
        False where one of them is missing, or where both are on one day and a clock is missing.
    """
    day_us = 86_400_000_000
    known = (first.utc_us != NOT_A_TIME) & (second.utc_us != NOT_A_TIME)
    slack = np.where(first.to_the_day | second.to_the_day, day_us, 0)
    before: np.ndarray = known & (np.where(known, second.utc_us - first.utc_us, 0) < -slack)
    return before
