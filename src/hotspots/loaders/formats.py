"""Formats of dates: the notation of strftime, and what a parser needs on top of it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

if TYPE_CHECKING:
    from collections.abc import Sequence

#: How a moment is written that came as a moment and not as text, as on the wall and as in UTC.
TYPED_FORMAT: Final = "%Y-%m-%dT%H:%M:%S%.6f"
WALL, INSTANT = "[wall]", "[UTC]"
WALL_FORMAT: Final = f"%Y-%m-%dT%H:%M:%S%.f{WALL}"
INSTANT_FORMAT: Final = f"%Y-%m-%dT%H:%M:%S%.f{INSTANT}"
#: Format of a number of milliseconds since 1970 in UTC.
EPOCH_MS: Final = "epoch_ms"


def strptime(texts: pl.Series, form: str) -> pl.Series:
    """Parse texts as moments.

    Parameters
    ----------
    texts : polars.Series of str
        Without nulls.
    form : str
        In the notation of strftime, or ``"epoch_ms"``. Without a day it is the first of the month,
        without a minute the full hour. ``%z`` is an offset such as ``+01:00``, ``-0600`` or ``Z``.

    Returns
    -------
    polars.Series of datetime
        Without a zone, and in UTC where the format has an offset; null where the text does not fit.

    Examples
    --------
    >>> import polars as pl
    >>> from hotspots.loaders.formats import strptime
    >>> strptime(pl.Series(["2018-07", "July"]), "%Y-%m").to_list()
    [datetime.datetime(2018, 7, 1, 0, 0), None]
    """
    if form == EPOCH_MS:
        milliseconds = texts.str.replace(r"\.0*$", "").cast(pl.Int64, strict=False)
        far = milliseconds.abs() > np.iinfo(np.int64).max // 1000
        whole = pl.select(pl.when(~far).then(milliseconds).alias(texts.name)).to_series()
        return whole.cast(pl.Datetime("ms")).cast(pl.Datetime("us"))
    if has_offset(form):
        # The parser takes "Z" and "+01" only when it is told to be lenient.
        moments = texts.str.strptime(pl.Datetime("us"), form.replace("%z", "%#z"), strict=False)
        return moments.dt.replace_time_zone(None)
    # A month alone is no moment to the parser, nor is an hour: their first day and minute are.
    if not has_day(form):
        texts, form = texts + "-01", f"{form}-%d"
    if has_clock(form) and not re.search(r"%[-_0]?[MTRXcrs]", form):
        texts, form = texts + "-00", f"{form}-%M"
    return texts.str.strptime(pl.Datetime("us"), form, strict=False)


def has_day(date_format: str) -> bool:
    """Say whether a format names the day of the month, and not only the month.

    Parameters
    ----------
    date_format : str
        In the notation of strftime.

    Returns
    -------
    bool
        The answer.

    Examples
    --------
    >>> from hotspots.loaders.formats import has_day
    >>> has_day("%d/%m/%Y"), has_day("%Y-%m")
    (True, False)
    """
    return date_format == EPOCH_MS or re.search(r"%[-_0]?[dejDFcxs]", date_format) is not None


def has_clock(date_format: str) -> bool:
    """Say whether a format names the time of day.

    Parameters
    ----------
    date_format : str
        In the notation of strftime.

    Returns
    -------
    bool
        The answer.

    Examples
    --------
    >>> from hotspots.loaders.formats import has_clock
    >>> has_clock("%d/%m/%Y %H:%M"), has_clock("%Y-%m-%d")
    (True, False)
    """
    return date_format == EPOCH_MS or re.search(r"%[-_0]?[HIkTRXcrs]", date_format) is not None


def has_offset(date_format: str) -> bool:
    """Say whether a format names the offset from UTC, so that a moment needs no zone.

    Parameters
    ----------
    date_format : str
        In the notation of strftime.

    Returns
    -------
    bool
        The answer.

    Examples
    --------
    >>> from hotspots.loaders.formats import has_offset
    >>> has_offset("%Y-%m-%dT%H:%M:%S%z"), has_offset("%Y-%m-%d %H:%M:%S+00")
    (True, False)
    """
    return "%z" in date_format


def foreign_order(texts: pl.Series, formats: Sequence[str]) -> pl.Series:
    """Say which texts fit a format only when day and month change places.

    Parameters
    ----------
    texts : polars.Series of str
        Texts that fit none of the formats.
    formats : sequence of str
        Formats of a feed.

    Returns
    -------
    polars.Series of bool
        True where day and month have changed places.

    Examples
    --------
    >>> import polars as pl
    >>> from hotspots.loaders.formats import foreign_order
    >>> foreign_order(pl.Series(["25/12/2024", "2024"]), ["%m/%d/%Y"]).to_list()
    [True, False]
    """
    swaps = {"%d": "%m", "%m": "%d"}
    changed = {re.sub("%[dm]", lambda m: swaps[m[0]], f) for f in formats if "%d" in f}
    found = pl.Series(texts.name, [False] * len(texts), dtype=pl.Boolean)
    for form in sorted(changed - set(formats)):
        if "%m" in form:
            found = found | strptime(texts.str.strip_chars(), form).is_not_null()
    return found


def halves(date_format: str) -> tuple[str, str, str]:
    """Cut a format into a date and a time of day.

    Parameters
    ----------
    date_format : str
        In the notation of strftime.

    Returns
    -------
    tuple of str
        What stands between the halves, and the halves; three blanks where it cannot be cut.

    Examples
    --------
    >>> from hotspots.loaders.formats import halves
    >>> halves("%m/%d/%Y %I:%M:%S %p"), halves("%Y-%m-%dT%H:%M"), halves("%d %b %Y")
    ((' ', '%m/%d/%Y', '%I:%M:%S %p'), ('T', '%Y-%m-%d', '%H:%M'), ('', '', ''))
    """
    if has_offset(date_format):
        # The day on the wall is another one than the day of the offset, now and then.
        return "", "", ""
    for separator in (" ", "T"):
        day, _, clock = date_format.partition(separator)
        is_day = has_day(day) and not has_clock(day) and not day.endswith("%")
        if is_day and has_clock(clock) and re.search(r"%[-_0]?[dejDFcxsYymbBGu]", clock) is None:
            return separator, day, clock
    return "", "", ""
