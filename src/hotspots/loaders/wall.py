"""Between UTC and the clock on the wall, for many moments at once."""

from __future__ import annotations

from datetime import UTC
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl

#: Stands where there is no moment.
NOT_A_TIME: Final = np.iinfo(np.int64).min
DAY_US: Final = 86_400_000_000
#: With fewer moments than this, or more days from first to last, each is looked up by itself.
_MANY: Final = 20_000
_MOST_DAYS: Final = 200_000


def on_the_wall(utc_us: np.ndarray, zone: str) -> np.ndarray:
    """Say what the clock on the wall shows.

    Parameters
    ----------
    utc_us : numpy.ndarray of int64
        Microseconds since 1970 in UTC; ``NOT_A_TIME`` where there is no moment.
    zone : str
        IANA zone of the wall.

    Returns
    -------
    numpy.ndarray of int64
        Microseconds since midnight of 1 January 1970 on the wall.

    Examples
    --------
    >>> import numpy as np
    >>> from hotspots.loaders.wall import on_the_wall
    >>> (on_the_wall(np.array([0]), "America/New_York") / 3_600_000_000).tolist()
    [-5.0]
    """
    there = utc_us != NOT_A_TIME
    if len(utc_us) < _MANY or not there.any():
        return _looked_up(utc_us, zone)
    days = utc_us // DAY_US
    first, last = int(days[there].min()), int(days[there].max())
    if last - first > _MOST_DAYS:
        return _looked_up(utc_us, zone)
    edges = np.arange(first, last + 2) * DAY_US
    offsets = _looked_up(edges, zone) - edges
    # On all days but two a year, a clock that is as far from UTC at both ends is so in between.
    steady = offsets[:-1] == offsets[1:]
    where = np.where(there, days - first, 0)
    wall = np.where(there, utc_us + offsets[where], NOT_A_TIME)
    odd = np.flatnonzero(there & ~steady[where])
    wall[odd] = _looked_up(utc_us[odd], zone)
    return wall


def _looked_up(utc_us: np.ndarray, zone: str) -> np.ndarray:
    there = utc_us != NOT_A_TIME
    series = pl.Series(np.where(there, utc_us, 0)).cast(pl.Datetime("us", "UTC"))
    wall = series.dt.convert_time_zone(zone).dt.replace_time_zone(None).to_physical()
    return np.where(there, wall.to_numpy(), NOT_A_TIME)


def localised(wall_us: np.ndarray, zone: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Turn the clock on the wall into UTC.

    Parameters
    ----------
    wall_us : numpy.ndarray of int64
        Microseconds since midnight of 1 January 1970 on the wall; ``NOT_A_TIME`` where there is no
        moment.
    zone : str
        IANA zone of the wall.

    Returns
    -------
    tuple of numpy.ndarray
        Microseconds in UTC; where the clock shows the hour twice (the first is taken); where it
        skips the hour (moved forward).

    Examples
    --------
    >>> import numpy as np
    >>> from hotspots.loaders.wall import localised
    >>> localised(np.array([0]), "America/New_York")[0].tolist()
    [18000000000]
    """
    there = wall_us != NOT_A_TIME
    local = pl.Series(np.where(there, wall_us, 0)).cast(pl.Datetime("us"))
    first = local.dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null")
    last = local.dt.replace_time_zone(zone, ambiguous="latest", non_existent="null")
    gap = first.is_null().to_numpy() & there
    utc = first.dt.epoch("us").fill_null(0).to_numpy().copy()
    for i in np.flatnonzero(gap):
        # The offset before the gap (PEP 495) puts 02:30 where the clock shows 03:30.
        moment = local[int(i)].replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
        utc[i] = round(moment.timestamp()) * 1_000_000
    twice = (first != last).fill_null(value=False).to_numpy() & there
    return np.where(there, utc, NOT_A_TIME), twice, gap
