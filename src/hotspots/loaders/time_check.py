"""Does the clock agree with a column that says the shift or the hour? A cheap proof of the zone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from hotspots.loaders.clocks import NO_CLOCK, clock_edges
from hotspots.loaders.wall import NOT_A_TIME

if TYPE_CHECKING:
    from hotspots.loaders.kept import Kept
    from hotspots.loaders.spec import FeedSpec

_DAY_US: Final = 86_400_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockAgreement:
    """How often a column that says the shift or the hour agrees with the clock.

    Attributes
    ----------
    column : str
        The column.
    rule : str
        How the moments were read: ``"local"`` or ``"utc"``.
    rows : int
        Rows that name a known shift, or an hour, and have a clock.
    agree : int
        Those whose local clock agrees.
    agree_otherwise : int
        Those whose clock would, had the moments been read by the other rule.
    """

    column: str
    rule: str
    rows: int
    agree: int
    agree_otherwise: int


def check_clock(kept: Kept, spec: FeedSpec) -> ClockAgreement | None:
    """Compare the clock with the column that the feed names for it.

    Parameters
    ----------
    kept : Kept
        The rows, parsed.
    spec : FeedSpec
        The feed.

    Returns
    -------
    ClockAgreement or None
        None where the feed names no such column, or the file lacks it.
    """
    check = spec.time.check
    moments = getattr(kept, check.moment)
    if not check.column or not kept.columns.has(check.column) or moments is None:
        return None
    start, end = clock_edges(kept.text(check.column), check.shifts)
    known = (start != NO_CLOCK) & (moments.utc_us != NOT_A_TIME) & ~moments.to_the_day
    stamps = pl.Series(moments.utc_us[known]).cast(pl.Datetime("us", "UTC"))
    start, end = start[known], end[known]
    local = stamps.dt.convert_time_zone(spec.time.zone).dt.replace_time_zone(None)
    utc = stamps.dt.replace_time_zone(None)
    rule = "local" if getattr(spec.time, check.moment).rule == "local" else "utc"
    if rule == "utc":
        other = utc
    else:
        other = local.dt.replace_time_zone("UTC").dt.convert_time_zone(spec.time.zone)
        other = other.dt.replace_time_zone(None)

    def agree(wall: pl.Series) -> int:
        us = wall.cast(pl.Int64).to_numpy() % _DAY_US
        inside = ((us >= start) & (us < end)) | ((us + _DAY_US >= start) & (us + _DAY_US < end))
        return int(np.sum(inside))

    return ClockAgreement(
        column=check.column,
        rule=rule,
        rows=int(known.sum()),
        agree=agree(local),
        agree_otherwise=agree(other),
    )
