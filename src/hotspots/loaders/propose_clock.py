"""Which clock do moments show? Local or UTC, and what speaks for it: when it is quiet at night."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from hotspots.loaders.formats import EPOCH_MS, INSTANT, has_clock, has_offset, strptime
from hotspots.loaders.profile import MOSTLY
from hotspots.loaders.propose_dates import EPOCH_S, EPOCHS, ZONE_MARKS
from hotspots.loaders.rhythm import quiet_is_at_night, quietest
from hotspots.words import message

if TYPE_CHECKING:
    import polars as pl

    from hotspots.loaders.propose_dates import DateFit
    from hotspots.words import Message

_HOURS: Final = 24
_SINCE_1970: Final = {EPOCH_MS: "milliseconds since 1970", EPOCH_S: "seconds since 1970"}
Clock = Literal["local", "utc", "local_midnight_in_utc"]


def mark_of(fit: DateFit | None) -> str:
    """Find what a moment says of its clock, such as ``+00``; a number is in UTC by its nature.

    Parameters
    ----------
    fit : DateFit or None
        How a column is written.

    Returns
    -------
    str
        The mark; empty when there is none, or when it is certain.

    Examples
    --------
    >>> from hotspots.loaders.propose_clock import mark_of
    >>> from hotspots.loaders.propose_dates import DateFit
    >>> mark_of(DateFit(column="date", form="%Y-%m-%d %H:%M:%S+00", fits=9, of=9))
    '+00'
    """
    if fit is None:
        return ""
    marks = (mark.strip() for mark in ZONE_MARKS if mark and fit.form.endswith(mark))
    return _SINCE_1970.get(fit.form) or next(marks, "")


def is_certain(fit: DateFit) -> bool:
    """Say whether moments are certain whatever the zone: they name their offset, or had one.

    Parameters
    ----------
    fit : DateFit
        How a column is written.

    Returns
    -------
    bool
        The answer.
    """
    return has_offset(fit.form) or fit.typed == INSTANT


def find_clock(
    frame: pl.DataFrame, fit: DateFit | None, zone: str | None, told: Clock | None
) -> tuple[Clock | None, list[Message]]:
    """Decide which clock the moments show; a mark such as +00 is not always true.

    Parameters
    ----------
    frame : polars.DataFrame
        Text, without nulls.
    fit : DateFit or None
        How the moments are written.
    zone : str or None
        Zone of the places, when it is known.
    told : {"local", "utc"} or None
        The clock, when the caller knows it.

    Returns
    -------
    tuple of str or None, and list of Message
        The clock, None when it is open; and what speaks for it, or a question.
    """
    if fit is None or not (has_clock(fit.form) or fit.typed):
        return told or "local", []
    if is_certain(fit):
        return "local", [message("loaders.found_offsets")]
    moments = strptime(frame[fit.column].str.strip_chars(), fit.parser).drop_nulls()
    if fit.form in EPOCHS and fit.days_only:
        return _of_days(moments, zone, told)
    if told is not None:
        return told, []
    mark = mark_of(fit)
    return _of_marked(moments, mark, zone) if mark else _of_unmarked(moments)


def _of_unmarked(moments: pl.Series) -> tuple[Clock, list[Message]]:
    """Take moments as local, and say whether their nights are quiet."""
    hour = _quiet(moments)
    if hour is None:
        return "local", []
    found = "found_local" if quiet_is_at_night(hour) else "found_odd_hours"
    return "local", [message(f"loaders.{found}", hour=hour)]


def _of_marked(
    moments: pl.Series, mark: str, zone: str | None
) -> tuple[Clock | None, list[Message]]:
    """Believe a mark only when the nights are quiet with it, and not without it."""
    local, in_zone = _quiet(moments), _quiet(_in(moments, zone or "UTC"))
    nights = [h is not None and quiet_is_at_night(h) for h in (local, in_zone)]
    if zone is None or nights[0] == nights[1]:
        return None, [message("loaders.ask_clock", mark=mark)]
    which: Clock = "utc" if nights[1] else "local"
    found = message(
        f"loaders.found_mark_{which}", mark=mark, written=local or 0, there=in_zone or 0, zone=zone
    )
    return which, [found]


def _of_days(
    moments: pl.Series, zone: str | None, told: Clock | None
) -> tuple[Clock | None, list[Message]]:
    """Decide for numbers that are all at midnight, somewhere."""
    if _midnights(moments) >= MOSTLY:
        return "local", [message("loaders.found_days")]
    if zone is not None and _midnights(_in(moments, zone)) >= MOSTLY:
        return "local_midnight_in_utc", [message("loaders.found_midnights", zone=zone)]
    if told is not None:
        return told, []
    return None, [message("loaders.ask_clock", mark=_SINCE_1970[EPOCH_MS])]


def _in(moments: pl.Series, zone: str) -> pl.Series:
    there = moments.dt.replace_time_zone("UTC").dt.convert_time_zone(zone)
    return there.dt.replace_time_zone(None, ambiguous="earliest")


def _midnights(moments: pl.Series) -> float:
    """Give the share of moments at midnight, an hour more or less."""
    # A publisher who forgets summer time is an hour off, to either side.
    hours, minutes = moments.dt.hour(), moments.dt.minute()
    share = (hours.is_in([23, 0, 1]) & (minutes == 0)).mean()
    return float(share) if isinstance(share, float) else 0.0


def _quiet(moments: pl.Series) -> int | None:
    """Find the first of the three quietest hours; midnight and noon sharp are no moments."""
    hours, minutes = moments.dt.hour(), moments.dt.minute()
    real = hours.filter(~(hours.is_in([0, 12]) & (minutes == 0)))
    return quietest(np.bincount(real.to_numpy(), minlength=_HOURS))
