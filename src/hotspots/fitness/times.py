"""Times of incidents: is the day known, and the hour."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from hotspots.errors import FitnessError, SchemaMismatchError

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

#: Values of ``occurred_precision`` that know the day, and those that know the hour as well.
KNOWS_DAY: Final = ("day", "shift", "hour", "minute")
KNOWS_HOUR: Final = ("hour", "minute")
#: So many of the rows must know it. The others are left out, and what is left out is seldom like
#: the rest: burglars are dated less precisely than robbers.
FEWEST_KNOWN: Final = 0.85
#: From this share of rows on one minute of the day on, that minute is a form's default. In files of
#: eight cities the fullest minute holds 1 % to 10 % of an offence whose hour is known; of those
#: whose hour is withheld or often unknown, 14 % (fraud in Boston) to 100 % (violence in Vancouver).
MOST_ON_ONE_MINUTE: Final = 0.125
#: So many there must be on that minute; fewer can be there by chance.
_FEWEST_ON_ONE_MINUTE: Final = 10


def check_days_known(incidents: gpd.GeoDataFrame, *, what: str) -> NDArray[np.bool_]:
    """Refuse incidents of which too few know their day, as those of a month-only file.

    Parameters
    ----------
    incidents : geopandas.GeoDataFrame
        Incidents.
    what : str
        The method, as the subject of a sentence.

    Returns
    -------
    ndarray of bool, shape (rows,)
        Which rows know their day.

    Raises
    ------
    FitnessError
        If there are none, or fewer than 85 % of the rows know it.
    SchemaMismatchError
        If the frame does not hold Incidents.
    """
    return _check(incidents, KNOWS_DAY, "day", what)


def check_hours_known(incidents: gpd.GeoDataFrame, *, what: str) -> NDArray[np.bool_]:
    """Refuse incidents of which too few know their hour, or whose hour is a form's default.

    Parameters
    ----------
    incidents : geopandas.GeoDataFrame
        Incidents.
    what : str
        The method, as the subject of a sentence.

    Returns
    -------
    ndarray of bool, shape (rows,)
        Which rows know their hour.

    Raises
    ------
    FitnessError
        If there are none, if fewer than 85 % of the rows know it, or if more than 12.5 % of these
        share one minute of the day.
    SchemaMismatchError
        If the frame does not hold Incidents.
    """
    known = _check(incidents, KNOWS_HOUR, "hour", what)
    times = incidents["occurred_start"][known].dt
    minutes = (times.hour * 60 + times.minute).to_numpy()
    so_many = np.bincount(minutes)
    top = int(so_many.argmax())
    share = so_many[top] / len(minutes)
    if share > MOST_ON_ONE_MINUTE and so_many[top] >= _FEWEST_ON_ONE_MINUTE:
        msg = (
            f"{what} needs the hour of each incident, and {share:.0%} of them are at "
            f"{top // 60:02d}:{top % 60:02d}, which is what is written when nobody knows. Leave "
            "those out if the others are enough, or choose offences whose time is known."
        )
        raise FitnessError(msg)
    return known


def _check(
    incidents: gpd.GeoDataFrame, knows: tuple[str, ...], unit: str, what: str
) -> NDArray[np.bool_]:
    missing = [c for c in ("occurred_start", "occurred_precision") if c not in incidents.columns]
    if missing:
        msg = f"The incidents have no column {', '.join(missing)}. Read them with read_incidents()."
        raise SchemaMismatchError(msg)
    if incidents.empty:
        msg = f"{what} needs incidents and there are none. Choose a longer period or more offences."
        raise FitnessError(msg)
    precision = incidents["occurred_precision"]
    dated = incidents["occurred_start"].notna()
    known: NDArray[np.bool_] = (precision.isin(knows) & dated).to_numpy(dtype=np.bool_)
    if known.mean() >= FEWEST_KNOWN:
        return known
    rows = {"no date at all": int((~dated).sum())}
    for name in precision[dated & ~precision.isin(knows)].astype(str).unique():
        rows[f"only the {name}"] = int((dated & (precision == name)).sum())
    listed = ", ".join(f"{n:,} have {name}" for name, n in rows.items() if n)
    msg = (
        f"{what} needs the {unit} of each incident, and {int((~known).sum()):,} of "
        f"{len(known):,} rows do not know it ({listed}). {_help(set(precision.astype(str)), unit)}"
    )
    raise FitnessError(msg)


def _help(precisions: set[str], unit: str) -> str:
    if precisions == {"month"}:
        return (
            "Its publisher gives the month only, so no choice of rows helps: ask the police for a "
            f"file with the {unit}, or compare whole months."
        )
    return f"Take a file that gives the {unit}, or only the rows that know it if these are enough."
