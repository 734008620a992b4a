"""Cautions: what in a report should make its reader stop before mapping anything."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hotspots.loaders.gates import gates_of
from hotspots.loaders.labels import percent, shown
from hotspots.words import message, say

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hotspots.loaders.quality import QualityReport
    from hotspots.words import Message

#: A category is withheld, for a map, when so many of its rows have no place.
_MOSTLY: Final = 0.5
_ENOUGH: Final = 20
#: A default time is suspected from this share of rows at exactly midnight or noon.
_PLACEHOLDERS: Final = 0.05
#: A default place is suspected from this share of rows at one point, and this many.
_ONE_POINT: Final = 0.01
_MANY: Final = 100
#: Below this the shift or the hour and the clock contradict each other.
_AGREES: Final = 0.95
_NAMED: Final = 3


def cautions_of(quality: QualityReport, lang: str = "en") -> tuple[Message, ...]:
    """Find what a reader must know before using a file.

    Parameters
    ----------
    quality : QualityReport
        The report.
    lang : str, default "en"
        Language of lists inside a message.

    Returns
    -------
    tuple of Message
        Gravest first; empty when there is nothing to say.
    """
    broken = (gate.text(lang) for gate in gates_of(quality) if not gate.passed)
    return (
        *(message("loaders.caution_gate", text=text) for text in broken),
        *_withheld(quality),
        *_place(quality),
        *_clock(quality),
        *_months(quality, lang),
    )


def _withheld(quality: QualityReport) -> Iterator[Message]:
    """Name the categories that a map cannot show: most of their rows have no place."""
    for category, rows, unlocated in quality.evidence.unlocated_categories.itertuples(index=False):
        if unlocated >= max(_MOSTLY * rows, _ENOUGH):
            yield message(
                "loaders.caution_unlocated",
                unlocated=int(unlocated),
                rows=int(rows),
                category=repr(shown(category)) if shown(category) else "?",
                share=percent(unlocated, rows),
            )


def _place(quality: QualityReport) -> Iterator[Message]:
    space = quality.evidence.space
    stacks = space.top_stacks
    large = stacks[stacks["rows"] >= max(_ONE_POINT * space.located, _MANY)]
    if large.empty:
        return
    rows = int(large["rows"].sum())
    facts: dict[str, str | int] = {
        "rows": rows,
        "located": space.located,
        "share": percent(rows, space.located),
        "latitude": f"{large['latitude'].iloc[0]:.3f}",
        "longitude": f"{large['longitude'].iloc[0]:.3f}",
    }
    if len(large) == 1:
        yield message("loaders.caution_default_place", **facts)
    else:
        most = int(large["rows"].iloc[0])
        yield message("loaders.caution_default_places", points=len(large), most=most, **facts)


def _clock(quality: QualityReport) -> Iterator[Message]:
    dates = quality.evidence.dates
    rhythm, check = dates.rhythm, dates.check
    placeholders = rhythm.midnight + rhythm.noon
    if placeholders >= max(_PLACEHOLDERS * rhythm.rows, _ENOUGH):
        yield message("loaders.caution_placeholder", share=percent(placeholders, rhythm.rows))
    if not rhythm.quiet_at_night:
        yield message("loaders.caution_quiet", hour=rhythm.quiet_from or 0, zone=dates.zone)
    if check is not None and check.agree < _AGREES * check.rows:
        yield message(
            "loaders.caution_check",
            column=check.column,
            agree=check.agree,
            rows=check.rows,
            share=percent(check.agree, check.rows),
        )


def _months(quality: QualityReport, lang: str) -> Iterator[Message]:
    short = quality.evidence.dates.short_months
    if not short:
        return
    named = [
        say(message("loaders.short_month", month=m.month, rows=m.rows), lang)
        for m in short[-_NAMED:]
    ]
    if len(short) == 1:
        yield message("loaders.caution_short_month", named=named[0], median=short[0].median)
        return
    if len(short) > _NAMED:
        named.append(say(message("loaders.and_more", more=len(short) - _NAMED), lang))
    yield message(
        "loaders.caution_short_months",
        months=len(short),
        median=short[0].median,
        named=", ".join(named),
    )
