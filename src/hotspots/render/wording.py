"""Titles, periods and findings in words: messages put together for a page."""

from __future__ import annotations

import calendar
from typing import TYPE_CHECKING, Final

from hotspots.words import message, say

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from hotspots.publish.release import Layer
    from hotspots.results import Provenance

_RIGHT_TO_LEFT: Final = ("ar", "fa", "he", "ur")
_DECEMBER: Final = 12


def direction(lang: str) -> str:
    """Tell in which direction a language is written.

    Parameters
    ----------
    lang : str
        Language code.

    Returns
    -------
    str
        ``"ltr"`` or ``"rtl"``.
    """
    return "rtl" if lang.split("-", maxsplit=1)[0] in _RIGHT_TO_LEFT else "ltr"


def say_offences(groups: Sequence[str], lang: str) -> str:
    """Name display groups, as a list in a sentence.

    Parameters
    ----------
    groups : sequence of str
        Display groups.
    lang : str
        Language of the words.

    Returns
    -------
    str
        For example "Burglary and Robbery".
    """
    return say_list([say(message(f"offences.{group}"), lang) for group in groups], lang)


def say_list(parts: Sequence[str], lang: str) -> str:
    """Join parts to a list in a sentence.

    Parameters
    ----------
    parts : sequence of str
        One or more.
    lang : str
        Language of the words.

    Returns
    -------
    str
        For example "A, B and C".
    """
    text = parts[-1]
    for place, part in enumerate(reversed(parts[:-1])):
        key = "page.list_two" if place == 0 else "page.list_many"
        rest = {"last": text} if place == 0 else {"rest": text}
        text = say(message(key, first=part, **rest), lang)
    return text


def _month(day: date, lang: str) -> str:
    return say(message(f"page.month_{day.month}"), lang)


def _whole_months(start: date, end: date, lang: str) -> str:
    first, last = _month(start, lang), _month(end, lang)
    if (start.year, start.month) == (end.year, end.month):
        return say(message("page.period_month", month=first, year=str(start.year)), lang)
    if start.year != end.year:
        years = {"first_year": str(start.year), "last_year": str(end.year)}
        return say(message("page.period_months_years", first=first, last=last, **years), lang)
    if start.month == 1 and end.month == _DECEMBER:
        return say(message("page.period_year", year=str(start.year)), lang)
    return say(message("page.period_months", first=first, last=last, year=str(end.year)), lang)


def say_period(start: date, end: date, lang: str = "en") -> str:
    """Put a period into words, in whole months or years where it is made of them.

    Parameters
    ----------
    start, end : datetime.date
        First and last day, both inside.
    lang : str, default "en"
        Language of the words.

    Returns
    -------
    str
        The period.

    Examples
    --------
    >>> from datetime import date
    >>> from hotspots.render.wording import say_period
    >>> say_period(date(2018, 7, 1), date(2018, 7, 31))
    'July 2018'
    >>> say_period(date(2018, 7, 3), date(2018, 8, 31))
    '3 July 2018 to 31 August 2018'
    """
    last_of_month = calendar.monthrange(end.year, end.month)[1]
    if start.day == 1 and end.day == last_of_month:
        return _whole_months(start, end, lang)
    first, last = (
        say(
            message("page.period_day", day=str(d.day), month=_month(d, lang), year=str(d.year)),
            lang,
        )
        for d in (start, end)
    )
    if start == end:
        return first
    return say(message("page.period_days", first=first, last=last), lang)


def say_title(layers: Sequence[Layer | Provenance], place: str, lang: str) -> str:
    """Make the title of a page: offences, place and period of all its maps.

    Parameters
    ----------
    layers : sequence of Layer or Provenance
        The maps.
    place : str
        What they cover; may be empty.
    lang : str
        Language of the words.

    Returns
    -------
    str
        The title.
    """
    groups = list(dict.fromkeys(group for layer in layers for group in layer.groups))
    period = say_period(
        min(layer.period_start for layer in layers), max(layer.period_end for layer in layers), lang
    )
    key = "page.title" if place else "page.title_without_place"
    fields = {"offence": say_offences(groups, lang), "period": period}
    return say(message(key, **fields, **({"place": place} if place else {})), lang)


def say_finding(layer: Layer, areas: int, lang: str) -> str:
    """Say in one sentence what the test of a map found.

    Parameters
    ----------
    layer : Layer
        The map.
    areas : int
        Number of its areas.
    lang : str
        Language of the words.

    Returns
    -------
    str
        The sentence.
    """
    if not layer.hot_cells:
        return say(message("page.finding_none"), lang)
    key = "page.finding_one" if layer.hot_cells == 1 else "page.finding_many"
    return say(message(key, hot=layer.hot_cells, areas=areas), lang)


def say_range(low: int, high: int | None, lang: str) -> str:
    """Write a range of counts.

    Parameters
    ----------
    low : int
        Its lower end.
    high : int or None
        Its upper end; None when it has none.
    lang : str
        Language of the words.

    Returns
    -------
    str
        For example "5", "100 or more", or two numbers with a dash between them.
    """
    if high is None:
        return say(message("page.or_more", low=low), lang)
    if low == high:
        return say(message("page.number", value=low), lang)
    return say(message("page.range", low=low, high=high), lang)
