"""Which datasets of a feed are fetched into one file, and which of their columns."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from hotspots.errors import ParameterError
from hotspots.loaders.detect import match_feed
from hotspots.loaders.labels import ABOUT_PEOPLE
from hotspots.loaders.portals import Portal, portal_faults
from hotspots.loaders.spec import normalised

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hotspots.loaders.fetch.contract import Dialect, Span
    from hotspots.loaders.spec import FeedSpec, Variant


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One dataset, and what is fetched of it.

    Attributes
    ----------
    portal : Portal
        The dataset.
    dialect : Dialect
        How it is asked.
    variant : str
        The variant of the feed that its columns fit.
    columns : tuple of str
        The columns that are fetched: those that the feed's rules read, and those that it is
        recognised by.
    others : tuple of str
        Columns that the portal has and nobody here reads, such as those about victims.
    """

    portal: Portal
    dialect: Dialect
    variant: str
    columns: tuple[str, ...]
    others: tuple[str, ...]


def choose(
    spec: FeedSpec,
    portal: str | Portal | None,
    span: Span,
    speak: Callable[[Portal], Dialect],
) -> tuple[Choice, ...]:
    """Choose the datasets that hold a span, all of the same columns.

    Parameters
    ----------
    spec : FeedSpec
        The feed.
    portal : str or Portal or None
        The name of one of its portals, or another dataset; None: what holds the whole span.
    span : Span
        The days that are asked for.
    speak : callable
        Gives the dialect for a portal.

    Returns
    -------
    tuple of Choice
        One or more, in the feed's order.

    Raises
    ------
    ParameterError
        If no dataset has this name, or one file cannot hold the span.
    SchemaMismatchError
        If a dataset lacks columns that the feed needs; the message names them.
    """
    named = _named(spec, portal)
    if named is not None:
        return (_choice(spec, named, speak),)
    meeting = [p for p in spec.portals if _meets(p, span)]
    choices = [_choice(spec, p, speak) for p in meeting]
    for first in choices:
        alike = [c for c in choices if _kind(c) == _kind(first)]
        if _covers([c.portal for c in alike], meeting, span):
            return tuple(alike)
    known = "; ".join(_described(p) for p in meeting or spec.portals)
    if not meeting or not _covers(meeting, meeting, span):
        msg = (
            f"Not all the days that are asked for are there: {spec.id} has {known}. Ask for those."
        )
        raise ParameterError(msg)
    msg = (
        f"One file cannot hold the days that are asked for: {spec.id} has {known}. Name one with "
        "portal=..., or ask for a time that is within one of them."
    )
    raise ParameterError(msg)


def _named(spec: FeedSpec, portal: str | Portal | None) -> Portal | None:
    """Find the dataset that was named; None when the feed is to choose."""
    if portal is not None and not isinstance(portal, str):
        chosen = portal
    elif not spec.portals:
        msg = (
            f"It is not known where {spec.id} can be fetched. Download a file from "
            f"{spec.homepage or 'its publisher'} and read it with read_incidents, or give a Portal."
        )
        raise ParameterError(msg)
    elif portal is None and len(spec.portals) > 1:
        return None
    else:
        found = [p for p in spec.portals if portal in (None, p.name)]
        if not found:
            names = ", ".join(repr(p.name) for p in spec.portals)
            msg = f"{spec.id} has no portal called {portal!r}. It has: {names}."
            raise ParameterError(msg)
        chosen = found[0]
    if not isinstance(chosen, Portal):
        msg = f"portal is the name of one, or a Portal, not {chosen!r}."
        raise ParameterError(msg)
    faults = portal_faults([chosen])
    if faults:
        msg = f"{'; '.join(faults)}."
        raise ParameterError(msg)
    if not chosen.url:
        msg = (
            f"Every user of {spec.id} has another address. Give it: portal=dataclasses.replace("
            f"describe_feed({spec.id!r}).portals[0], url='https://...')."
        )
        raise ParameterError(msg)
    return chosen


def _choice(spec: FeedSpec, portal: Portal, speak: Callable[[Portal], Dialect]) -> Choice:
    dialect = speak(portal)
    fields = dialect.fields()
    match = match_feed(fields, spec.id, f"What {portal.name!r} offers")
    variant = next(v for v in spec.variants if v.name == match.variant)
    columns = _columns(spec, variant, fields, dialect.always())
    others = tuple(f for f in fields if f not in columns)
    return Choice(
        portal=portal, dialect=dialect, variant=match.variant, columns=columns, others=others
    )


def _columns(
    spec: FeedSpec, variant: Variant, fields: Sequence[str], always: Sequence[str]
) -> tuple[str, ...]:
    """Choose what the rules read, and as much more as it takes to be known as this variant."""
    wanted = {normalised(c) for c in (*variant.required, *variant.named_columns, *always)}
    known = {normalised(c) for c in variant.optional}
    spare = [
        f
        for f in fields
        if normalised(f) in known - wanted and not re.search(ABOUT_PEOPLE, normalised(f))
    ]
    while True:
        columns = tuple(f for f in fields if normalised(f) in wanted)
        if not spare or match_feed(columns, spec.id, "It").variant == variant.name:
            return columns
        wanted.add(normalised(spare.pop(0)))


def _kind(choice: Choice) -> tuple[str, str, tuple[str, ...]]:
    return choice.portal.protocol, choice.variant, choice.columns


def _meets(portal: Portal, span: Span) -> bool:
    return (span.since is None or portal.last_day >= span.since) and (
        span.until is None or portal.first_day < span.until
    )


def _covers(portals: Sequence[Portal], rivals: Sequence[Portal], span: Span) -> bool:
    """Say whether datasets hold every day of a span; without a bound, every day that any holds."""
    wanted = span.since or min(p.first_day for p in rivals)
    last = max(p.last_day for p in rivals) if span.until is None else span.until - timedelta(days=1)
    for portal in sorted(portals, key=lambda p: p.first_day):
        if portal.first_day > wanted:
            return False
        if portal.last_day >= last or portal.last_day == date.max:
            return True
        wanted = max(wanted, portal.last_day + timedelta(days=1))
    return False


def _described(portal: Portal) -> str:
    first = "" if portal.first_day == date.min else f" from {portal.first_day}"
    last = "" if portal.last_day == date.max else f" to {portal.last_day}"
    return f"{portal.name!r}{first}{last}"
