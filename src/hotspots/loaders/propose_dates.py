"""When did it happen? Formats that values fit, and which of day and month comes first."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from hotspots.loaders.formats import (
    EPOCH_MS,
    INSTANT,
    INSTANT_FORMAT,
    WALL,
    WALL_FORMAT,
    has_clock,
    has_day,
    strptime,
)
from hotspots.loaders.profile import MOSTLY

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hotspots.loaders.profile import ColumnProfile

_DATES: Final = (
    "%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y",
    "%d.%m.%Y", "%m.%d.%Y", "%d/%m/%y", "%m/%d/%y", "%d.%m.%y", "%d-%m-%y", "%m-%d-%y", "%Y%m%d",
    "%d %b %Y", "%d-%b-%Y", "%d-%b-%y", "%b %d %Y", "%b %d, %Y", "%d %B %Y", "%B %d, %Y",
)  # fmt: skip
_CLOCKS: Final = (
    " %H:%M", " %H:%M:%S", "T%H:%M", "T%H:%M:%S", "T%H:%M:%S%.f", " %H:%M:%S%.f", " %I:%M %p",
    " %I:%M:%S %p",
)  # fmt: skip
#: What a file may write after the clock; whether it is true is another question.
ZONE_MARKS: Final = ("", "Z", "+00", "+00:00", "+0000", " UTC")
#: An offset that differs from row to row is believed.
_OFFSETS: Final = ("%z", " %z")
#: Seconds since 1970.
EPOCH_S: Final = "%s"
EPOCHS: Final = (EPOCH_MS, EPOCH_S)
_MONTHS: Final = ("%Y-%m", "%Y/%m", "%m/%Y")
_CLOCK_ALONE: Final = (
    "%H:%M:%S", "%H:%M", "%I:%M:%S %p", "%I:%M %p", "%Hh%M", "%H h %M", "%H.%M", "%H:%M Uhr",
)  # fmt: skip
_HHMM: Final = r"^(?:[01]?\d|2[0-3])?[0-5]?\d$"
_FIRST_YEAR: Final = 1900
#: Numbers are moments only where they give years in which portals have existed.
_FIRST_EPOCH: Final = 1990
_TRIED_FIRST: Final = 8
_ENOUGH_DAYS: Final = 10
_TRIED: Final = 5000

_IGNORED: Final = r"update|modif|edit|export|load|refresh|publish|extract|dow\b|doy\b"
_REPORTED: Final = r"report|rptd|rpt\b|denunci|receive|creat|entry|entered|record|anzeige"
_END: Final = r"\bto\b|\bend\b|\bended\b|until|hasta|\bbis\b|\bfin\b|\blast\b"
_OCCURRED: Final = (
    r"occur|occ\b|incident|offence|offense|hecho|tat|happen|commi|from\b|start|begin|first"
)
_PLAIN: Final = r"date|dato|datum|fecha|data\b|jour|tag\b|day|time|when|month|mes\b|mois|monat"
_TIME: Final = r"time|hora|heure|uhr|clock|zeit|hour"
_HOUR: Final = r"hour|hora\b|stunde|heure"
_PARTS: Final = (
    r"\byear\b|\ba[nñ]o\b|\bannee\b|\bjahr\b",
    r"\bmonth\b|\bmes\b|\bmois\b|\bmonat\b",
    r"\bday\b|\bdia\b|\bjour\b|\btag\b",
    r"\bhour\b|\bhora\b|\bheure\b|\bstunde\b",
    r"\bminute\b|\bminuto\b|\bmin\b",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DateFit:
    """How a column's values can be read as dates.

    Attributes
    ----------
    column, form : str
        The column, and the format that fits best.
    fits, of : int
        Different values that fit, and those that were tried.
    other : str
        The format with day and month the other way round; empty when it makes no difference.
    only_this, only_other : int
        Different values that fit only the one, or only the other.
    typed : str
        How the file's own dates are marked, where they are no texts: as on the wall or in UTC.
    days_only : bool
        Whether all values are at one time of day, so that they are days. Milliseconds and seconds
        may be at two times, an hour apart: midnights of winter and summer.
    """

    column: str
    form: str
    fits: int
    of: int
    other: str = ""
    only_this: int = 0
    only_other: int = 0
    typed: str = ""
    days_only: bool = False

    @property
    def parser(self) -> str:  # numpydoc ignore=RT01
        """The format to parse the texts by; another one for what was a date in the file."""
        return {WALL: WALL_FORMAT, INSTANT: INSTANT_FORMAT}.get(self.typed, self.form)

    @property
    def certain(self) -> bool:  # numpydoc ignore=RT01
        """Whether the values decide the order of day and month."""
        return not self.other or (self.only_this > 0 and not self.only_other)

    @property
    def mixed(self) -> bool:  # numpydoc ignore=RT01
        """Whether some values fit only one order and some only the other."""
        return self.only_this > 0 and self.only_other > 0


def _believed(texts: pl.Series, form: str) -> np.ndarray:
    """Say which texts fit a format and give a year that can be."""
    found = strptime(texts, form)
    years = found.dt.year()
    first = _FIRST_EPOCH if form in EPOCHS else _FIRST_YEAR
    fits: np.ndarray = (
        years.is_between(first, datetime.now(UTC).year + 1).fill_null(value=False).to_numpy()
    )
    return fits


def swapped_order(form: str) -> str:
    """Write a format with day and month the other way round.

    Parameters
    ----------
    form : str
        In the notation of strftime.

    Returns
    -------
    str
        The other order; empty when the format names the month in letters or not at all, or begins
        with the year.

    Examples
    --------
    >>> from hotspots.loaders.propose_dates import swapped_order
    >>> swapped_order("%d/%m/%Y %H:%M"), swapped_order("%Y-%m-%d")
    ('%m/%d/%Y %H:%M', '')
    """
    if form.startswith("%Y") or "%d" not in form or "%m" not in form:
        return ""
    swaps = {"%d": "%m", "%m": "%d"}
    return re.sub("%[dm]", lambda m: swaps[m[0]], form)


def fit_dates(
    column: ColumnProfile, form: str | None = None, *, named: bool = False
) -> DateFit | None:
    """Find the format that the values of a column fit.

    Parameters
    ----------
    column : ColumnProfile
        The column.
    form : str, optional
        The format, when it is known: then no other is tried, in no other order.
    named : bool, default False
        Whether the caller says that the column holds dates.

    Returns
    -------
    DateFit or None
        None when fewer than 95 % of the values fit a format, in either order of day and month.
    """
    counted = (
        column.texts.alias("text").value_counts(name="rows").sort("rows", "text", descending=True)
    )
    texts, rows = counted["text"].head(_TRIED), counted["rows"].head(_TRIED).to_numpy()
    if texts.is_empty() or not texts.head(_TRIED_FIRST).str.contains(r"\d").all():
        return None
    for mark in (WALL, INSTANT):
        if rows[texts.str.ends_with(mark).to_numpy()].sum() >= MOSTLY * rows.sum():
            return _typed_fit(column.name, texts, mark, form)
    few = texts.head(_TRIED_FIRST)
    forms = _formats(column, named=named) if form is None else (form,)
    likely = [f for f in forms if _believed(few, f).any()]
    fits = {form: _believed(texts, form) for form in likely}
    best = max(likely, key=lambda form: int(fits[form].sum()), default="")
    other = swapped_order(best) if form is None else ""
    theirs = _believed(texts, other) if other else fits.get(best, np.zeros(len(texts), dtype=bool))
    # Two orders in one column are for the caller to see, not a column without dates.
    if not best or rows[fits[best] | theirs].sum() < MOSTLY * rows.sum():
        return None
    return DateFit(
        column=column.name,
        form=best,
        fits=int(fits[best].sum()),
        of=len(texts),
        other=other,
        only_this=int((fits[best] & ~theirs).sum()),
        only_other=int((theirs & ~fits[best]).sum()),
        days_only=_are_days(strptime(texts, best), best),
    )


def _typed_fit(name: str, texts: pl.Series, mark: str, form: str | None) -> DateFit:
    """Describe dates that were dates in the file; any format reads them."""
    moments = strptime(texts, WALL_FORMAT if mark == WALL else INSTANT_FORMAT)
    days = _are_days(moments, "")
    said = form or ("%Y-%m-%d" if days and mark == WALL else "%Y-%m-%dT%H:%M:%S")
    fits = len(moments) - moments.null_count()
    return DateFit(
        column=name,
        form=said,
        fits=fits,
        of=len(texts),
        typed=mark,
        days_only=days and mark == WALL,
    )


def _are_days(moments: pl.Series, form: str) -> bool:
    """Say whether moments are all at midnight; as numbers, at the midnights of a zone."""
    clocks = (moments.drop_nulls() - moments.drop_nulls().dt.truncate("1d")).unique()
    if form not in EPOCHS:
        return bool((clocks == timedelta(0)).all())
    apart = clocks.max() - clocks.min() if len(clocks) else None  # type: ignore[operator]
    one_or_two = len(clocks) == 1 or (len(clocks) == 2 and apart == timedelta(hours=1))  # noqa: PLR2004
    return bool(one_or_two and len(moments) >= _ENOUGH_DAYS)


def _formats(column: ColumnProfile, *, named: bool) -> Sequence[str]:
    if column.numeric:
        # A long number is an id, unless its column is called like a date.
        dated = named or column.called(f"{_OCCURRED}|{_PLAIN}|{_REPORTED}|{_END}|timestamp")
        return ("%Y%m%d", *EPOCHS) if dated else ("%Y%m%d",)
    marks = (*ZONE_MARKS, *_OFFSETS)
    clocked = [d + c + mark for mark in marks for d in _DATES for c in _CLOCKS]
    return (*_DATES, *clocked, *_MONTHS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dates:
    """Where the moments of a file stand.

    Attributes
    ----------
    start, end, reported : DateFit or None
        Columns with dates.
    clock, clock_form, clock_hook : str
        A column with the time of day, how it is written, and the hook that it needs.
    parts : tuple of str
        Columns with year, month, day, hour and minute.
    others : tuple of str
        Other columns that hold dates.
    basis : str
        ``"report"`` when the moment's column is called like a report, as no other holds dates.
    """

    start: DateFit | None = None
    end: DateFit | None = None
    reported: DateFit | None = None
    clock: str = ""
    clock_form: str = ""
    clock_hook: str = ""
    parts: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    basis: str = "occurrence"

    @property
    def precision(self) -> str:  # numpydoc ignore=RT01
        """How precise the moments are, as in the column ``occurred_precision``."""
        if self.clock:
            return "hour" if self.clock_form == "%H" else "minute"
        if self.parts:
            return ("day", "hour", "minute")[len(self.parts) - 3]
        if self.start is None or not has_day(self.start.form):
            return "month"
        return "minute" if has_clock(self.start.form) and not self.start.days_only else "day"


def find_dates(
    profiles: Sequence[ColumnProfile], *, start: str | None = None, form: str | None = None
) -> Dates:
    """Find the columns that say when it happened.

    Parameters
    ----------
    profiles : sequence of ColumnProfile
        All columns.
    start : str, optional
        Column with the moment itself, when the caller named it.
    form : str, optional
        How dates are written, when the caller said it.

    Returns
    -------
    Dates
        Chosen by name where several hold dates: what happened before what was reported.
    """
    ranked = sorted(
        (
            (-1 if p.name == start else _rank(p), i, p)
            for i, p in enumerate(profiles)
            if p.name == start or not p.called(_IGNORED)
        ),
        key=lambda r: r[:2],
    )
    fits = [
        (rank, fit)
        for rank, _, p in ranked
        if (fit := fit_dates(p, form, named=rank == -1)) is not None
    ]
    if not fits or (start is not None and fits[0][0] != -1):
        return Dates() if start is not None else Dates(parts=_find_parts(profiles))
    only_reports = fits[0][0] == _RANK_REPORTED
    if only_reports and (parts := _find_parts(profiles)):
        return Dates(parts=parts, reported=fits[0][1], others=tuple(f.column for _, f in fits[1:]))
    first = fits[0][1]
    end = next((f for rank, f in fits[1:] if rank == _RANK_END), None)
    reported = next((f for rank, f in fits[1:] if rank == _RANK_REPORTED), None)
    used = {f.column for f in (first, end, reported) if f}
    # A clock in the date's own column is no use when every value of it is midnight.
    clock = _find_clock(profiles, used) if _without_clock(first) else ("", "", "")
    return Dates(
        start=first,
        end=end,
        reported=reported,
        clock=clock[0],
        clock_form=clock[1],
        clock_hook=clock[2],
        others=tuple(f.column for _, f in fits if f.column not in used),
        basis="report" if only_reports else "occurrence",
    )


_RANK_END: Final = 3
_RANK_REPORTED: Final = 4


def _rank(column: ColumnProfile) -> int:
    """Order columns by how well their names fit; ends and reports after the event itself."""
    if column.called(_REPORTED):
        return _RANK_REPORTED
    if column.called(_END) and not column.called(r"first|from|start|begin"):
        return _RANK_END
    if column.called(_OCCURRED):
        return 0
    return 1 if column.called(_PLAIN) else 2


def _without_clock(fit: DateFit) -> bool:
    return has_day(fit.form) and (fit.days_only or not has_clock(fit.form))


def _find_clock(profiles: Sequence[ColumnProfile], used: set[str]) -> tuple[str, str, str]:
    for column in sorted(profiles, key=_rank):
        if column.name in used or not column.called(_TIME) or column.called(_IGNORED):
            continue
        texts = column.texts.unique().head(_TRIED)
        for form in _CLOCK_ALONE if not column.numeric else ():
            fits = texts.str.strptime(pl.Time, form, strict=False).is_not_null()
            if fits.sum() >= MOSTLY * len(fits):
                return column.name, form, ""
        if not column.numeric or column.called(_REPORTED):
            continue
        if column.called(_HOUR) and texts.str.contains(r"^(?:[01]?\d|2[0-3])$").all():
            return column.name, "%H", ""
        if texts.str.contains(_HHMM).all():
            return column.name, "%H:%M", "hhmm_text"
    return "", "", ""


def _find_parts(profiles: Sequence[ColumnProfile]) -> tuple[str, ...]:
    numeric = [p for p in profiles if p.numeric and not p.called(_REPORTED)]
    found = []
    for pattern in _PARTS:
        column = next((p for p in numeric if p.called(pattern) and p.name not in found), None)
        if column is None:
            break
        found.append(column.name)
    return tuple(found) if len(found) >= 3 else ()  # noqa: PLR2004 - year, month and day
