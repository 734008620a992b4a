"""What the archive and the interface of data.police.uk have in common: months and forces."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from hotspots.errors import ParameterError
from hotspots.loaders.fetch.answers import json_of, not_wanted

if TYPE_CHECKING:
    from hotspots.loaders.fetch.client import Answer, PortalClient
    from hotspots.loaders.fetch.contract import Span

_MONTH: Final = re.compile(r"\d{4}-(0[1-9]|1[0-2])")
_SLUG: Final = re.compile(r"[a-z]+(-[a-z]+)*")
_MONTHS_A_YEAR: Final = 12


def published_months(client: PortalClient, url: str) -> tuple[date, ...]:
    """Ask for which months there are crimes.

    Parameters
    ----------
    client : PortalClient
        What asks.
    url : str
        The portal's root.

    Returns
    -------
    tuple of datetime.date
        First days of months, oldest first; the interface keeps about three years.

    Raises
    ------
    FetchError
        If it does not say.
    """
    return client.ask(f"{url}/api/crimes-street-dates", parse=_months_of)


def _months_of(answer: Answer) -> tuple[date, ...]:
    found = json_of(answer)
    months = [m.get("date") if isinstance(m, dict) else m for m in found or ()]
    if not months or not all(isinstance(m, str) and _MONTH.fullmatch(m) for m in months):
        raise not_wanted(answer, "a list of months")
    return tuple(sorted({date.fromisoformat(f"{m}-01") for m in months}))


def last_update(client: PortalClient, url: str) -> str:
    """Ask when the crimes of all months were last brought up to date.

    Parameters
    ----------
    client : PortalClient
        What asks.
    url : str
        The portal's root.

    Returns
    -------
    str
        A day, as the portal writes it.

    Raises
    ------
    FetchError
        If it does not say.
    """
    return client.ask(f"{url}/api/crime-last-updated", parse=_update_of)


def _update_of(answer: Answer) -> str:
    found = json_of(answer)
    day = found.get("date") if isinstance(found, dict) else None
    if not isinstance(day, str) or not day:
        raise not_wanted(answer, "the day of an update")
    return day


def force_names(client: PortalClient, url: str) -> dict[str, str]:
    """Ask which forces there are.

    Parameters
    ----------
    client : PortalClient
        What asks.
    url : str
        The portal's root.

    Returns
    -------
    dict of str to str
        Their names by the names that the portal uses in addresses.

    Raises
    ------
    FetchError
        If it does not say.
    """
    return client.ask(f"{url}/api/forces", parse=_forces_of)


def _forces_of(answer: Answer) -> dict[str, str]:
    found: Any = json_of(answer)
    forces = {
        f["id"]: str(f.get("name") or f["id"])
        for f in (found if isinstance(found, list) else ())
        if isinstance(f, dict) and isinstance(f.get("id"), str) and _SLUG.fullmatch(f["id"])
    }
    if not forces or len(forces) != len(found):
        raise not_wanted(answer, "a list of forces")
    return forces


def is_force(text: str) -> bool:
    """Say whether a text is written as the portal names forces.

    Parameters
    ----------
    text : str
        Such as ``"west-yorkshire"``.

    Returns
    -------
    bool
        The answer; there need not be such a force.

    Examples
    --------
    >>> from hotspots.loaders.fetch.police import is_force
    >>> is_force("west-yorkshire"), is_force("West Yorkshire Police")
    (True, False)
    """
    return bool(_SLUG.fullmatch(text))


def wanted_months(span: Span, first: date, last: date) -> tuple[date, ...]:
    """Say which months of those that are published are asked for.

    Parameters
    ----------
    span : Span
        The days that are asked for; whole months, since the crimes have no days.
    first, last : datetime.date
        First days of the first and the last month that is published.

    Returns
    -------
    tuple of datetime.date
        First days, oldest first.

    Raises
    ------
    ParameterError
        If the span cuts a month, or nothing of it is published.

    Examples
    --------
    >>> from datetime import date
    >>> from hotspots.loaders.fetch.contract import Span
    >>> from hotspots.loaders.fetch.police import wanted_months
    >>> span = Span(since=date(2024, 2, 1), until=None, zone="Europe/London")
    >>> [str(m) for m in wanted_months(span, date(2023, 1, 1), date(2024, 3, 1))]
    ['2024-02-01', '2024-03-01']
    """
    if any(day is not None and day.day != 1 for day in (span.since, span.until)):
        msg = (
            "These crimes have a month and no day. Ask for whole months, such as "
            "since='2024-01', until='2024-03'."
        )
        raise ParameterError(msg)
    month = max(span.since or first, first)
    months = []
    while month <= last and (span.until is None or month < span.until):
        months.append(month)
        month = moved(month, 1)
    if not months:
        msg = (
            f"Nothing is published of the months that are asked for. There are "
            f"{first:%Y-%m} to {last:%Y-%m}."
        )
        raise ParameterError(msg)
    return tuple(months)


def moved(month: date, by: int) -> date:
    """Give the first day of an earlier or later month.

    Parameters
    ----------
    month : datetime.date
        A first day.
    by : int
        How many months later.

    Returns
    -------
    datetime.date
        The other first day.

    Examples
    --------
    >>> from datetime import date
    >>> from hotspots.loaders.fetch.police import moved
    >>> moved(date(2024, 1, 1), -1)
    datetime.date(2023, 12, 1)
    """
    year, number = divmod(month.year * _MONTHS_A_YEAR + month.month - 1 + by, _MONTHS_A_YEAR)
    return date(year, number + 1, 1)


def check_forces(asked: tuple[str, ...], known: dict[str, str]) -> None:
    """Refuse a force that does not exist.

    Parameters
    ----------
    asked : tuple of str
        Forces that the caller gave.
    known : dict of str to str
        All that there are.

    Raises
    ------
    ParameterError
        If one is not among them.
    """
    for force in asked:
        if force not in known:
            msg = f"No force is called {force!r}. There are: {', '.join(sorted(known))}."
            raise ParameterError(msg)
