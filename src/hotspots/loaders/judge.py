"""Which rows can be used; each of the others is set aside with the first reason that holds."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Final

import numpy as np

from hotspots.errors import InputDataError
from hotspots.loaders.columns import is_blank
from hotspots.loaders.formats import foreign_order
from hotspots.loaders.spec import normalised
from hotspots.loaders.table import Reject
from hotspots.loaders.times import believable, moment_texts, start_of_day
from hotspots.loaders.wall import NOT_A_TIME

if TYPE_CHECKING:
    import polars as pl

    from hotspots.loaders.columns import Columns
    from hotspots.loaders.spec import FeedSpec
    from hotspots.loaders.table import Records
    from hotspots.loaders.times import Moments

_MOST: Final = 0.5
#: Dates whose day and month have changed places: so many of them are no slips of the pen.
_MIXED: Final = 0.01
_SHOWN: Final = 200


def judge(
    columns: Columns, records: Records, moments: Moments, spec: FeedSpec, name: str
) -> tuple[np.ndarray, np.ndarray, list[Reject]]:
    """Say which rows can be used.

    Parameters
    ----------
    columns : Columns
        The rows as text.
    records : Records
        The same rows as they were read.
    moments : Moments
        When each of them happened.
    spec : FeedSpec
        The feed.
    name : str
        What messages call the file.

    Returns
    -------
    tuple of numpy.ndarray of bool, numpy.ndarray of bool and list of Reject
        Rows that are kept; those among all rows whose day is not believed; all rows that were set
        aside so far.

    Raises
    ------
    InputDataError
        If dates are written in another way than the feed says, or no row can be kept.
    """
    rules = spec.time
    dates = moment_texts(columns, rules.start)
    keys = columns.text(spec.rows.key)
    no_date = moments.utc_us == NOT_A_TIME
    _refuse_foreign_dates(dates, no_date, spec, name)
    believed = believable(
        moments.utc_us, first_day=rules.first_day, zone=rules.zone, now=datetime.now(UTC)
    )
    doubted = ~no_date & ~believed
    superseded = np.zeros(len(no_date), dtype=bool)
    if rules.superseded_from < date.max:
        superseded = believed & (moments.utc_us >= start_of_day(rules.superseded_from, rules.zone))
    rejected_days = doubted if rules.out_of_range == "reject" else np.zeros_like(doubted)
    good = ~no_date & ~rejected_days & ~superseded
    subsets = _subsets(columns, spec) & good
    good &= ~subsets
    copies = _copies(keys, good) if spec.rows.key_unique else np.zeros_like(good)
    rejects = list(records.rejects)
    for reason, bad, values in (
        ("no_date", no_date, dates),
        ("date_out_of_range", rejected_days, dates),
        ("superseded_overlap", superseded, dates),
        ("known_subset_duplicate", subsets, columns.text(spec.category.category)),
        ("duplicate_record_id", copies, keys),
    ):
        rows = records.source_row[bad].tolist()
        texts = values.filter(bad).str.slice(0, _SHOWN).to_list()
        rejects += [
            Reject(source_row=row, reason=reason, value=text)
            for row, text in zip(rows, texts, strict=True)
        ]
    good &= ~copies
    if records.rows_read and not good.any():
        _refuse_all(rejects, records.rows_read, name)
    return good, doubted, rejects


def _refuse_all(rejects: list[Reject], rows_read: int, name: str) -> None:
    counts = Counter(r.reason for r in rejects)
    said = ", ".join(f"{rows:,} {reason}" for reason, rows in counts.items())
    first = min(r.source_row for r in rejects)
    msg = (
        f"{name}: none of {rows_read:,} rows can be kept ({said}); the first of them is row "
        f"{first}."
    )
    raise InputDataError(msg)


def _refuse_foreign_dates(dates: pl.Series, no_date: np.ndarray, spec: FeedSpec, name: str) -> None:
    """Stop when many dates are written in another way: that is a wrong format, not bad rows."""
    if not no_date.any():
        return
    wrong = (dates.str.strip_chars() != "").to_numpy() & no_date
    if not wrong.any():
        return
    moment = spec.time.start
    columns = " and ".join(repr(c) for c in moment.parts or (moment.column,))
    written = int((dates.str.strip_chars() != "").sum())
    values = dates.filter(wrong)
    formats = " or ".join(moment.formats) or "year, month and day"
    turned = values.filter(foreign_order(values, moment.formats))
    if len(turned) > _MIXED * written and len(turned) < written:
        msg = (
            f"{name}: {len(turned):,} of {written:,} values of {columns} fit {formats} only when "
            f"day and month change places, for example {turned[0]!r}. Then the others cannot be "
            "believed either: export the file again with one way of writing dates."
        )
        raise InputDataError(msg)
    if len(values) > _MOST * written:
        msg = (
            f"{name}: {len(values):,} of {written:,} values of {columns} are not written as "
            f"{formats}, for example {values[0]!r}."
        )
        raise InputDataError(msg)


def _subsets(columns: Columns, spec: FeedSpec) -> np.ndarray:
    """Say which rows are of a category that says again what other rows say."""
    patterns = [normalised(pattern) for pattern in spec.rows.repeats]
    if not patterns:
        return np.zeros(columns.frame.height, dtype=bool)
    found, rows = columns.distinct(spec.category.category)
    again = [any(fnmatchcase(normalised(t), p) for p in patterns) for t in found.to_list()]
    subsets: np.ndarray = np.array(again, dtype=bool)[rows]
    return subsets


def _copies(keys: pl.Series, good: np.ndarray) -> np.ndarray:
    """Say which rows, among the good ones, repeat the key of an earlier one."""
    copies = np.zeros(len(keys), dtype=bool)
    among = keys if good.all() else keys.filter(good)
    # Where no two hashes are the same no two keys are, and hashes are quicker to compare.
    if among.hash().n_unique() == len(among):
        return copies
    copies[good] = (~among.is_first_distinct() & ~is_blank(among)).to_numpy()
    return copies
