"""What speaks for a proposal, and what the file does not say; each as a message."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hotspots.loaders.formats import EPOCH_MS
from hotspots.loaders.labels import shown
from hotspots.loaders.profile import MOSTLY
from hotspots.loaders.propose_dates import EPOCH_S
from hotspots.words import message, say

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from hotspots.loaders.propose_dates import DateFit, Dates
    from hotspots.loaders.propose_places import PlaceFit
    from hotspots.words import Message

_NAMED_SYSTEMS: Final = 5
_NAMED_COLUMNS: Final = 20


def date_evidence(dates: Dates, *, told: bool) -> Iterator[Message]:
    """Say when it happened, and how far that is certain.

    Parameters
    ----------
    dates : Dates
        What was found.
    told : bool
        Whether the caller named the format.

    Yields
    ------
    Message
        Findings, and questions whose keys begin with ``loaders.ask_``.
    """
    fit = dates.start
    if dates.parts:
        yield message("loaders.found_parts", columns=", ".join(map(repr, dates.parts)))
        yield from _other_moments(dates)
        return
    if fit is None:
        yield message("loaders.ask_date")
        return
    column, form = repr(shown(fit.column)), _written(fit)
    if dates.basis == "report":
        yield message("loaders.found_report_only", column=column)
    if told:
        yield message("loaders.found_date_told", column=column, form=fit.form)
    elif fit.mixed:
        yield message(
            "loaders.ask_mixed",
            column=column, form=fit.form, other=fit.other, this=fit.only_this, that=fit.only_other,
        )  # fmt: skip
    elif not fit.certain:
        yield message("loaders.ask_order", column=column, form=fit.form, other=fit.other, of=fit.of)
    else:
        yield message("loaders.found_date", column=column, form=form, fits=fit.fits, of=fit.of)
        if fit.other:
            yield message("loaders.found_order", form=fit.form, only=fit.only_this, other=fit.other)
    if dates.clock:
        yield message("loaders.found_clock", column=repr(dates.clock), form=dates.clock_form)
    yield from _other_moments(dates)
    if dates.others:
        listed = ", ".join(repr(shown(name)) for name in dates.others)
        yield message("loaders.found_other_dates", columns=listed)


def _written(fit: DateFit) -> str:
    """Say how dates are written, for people."""
    if fit.typed:
        return say(message("loaders.form_typed"))
    names = {EPOCH_MS: "loaders.form_milliseconds", EPOCH_S: "loaders.form_seconds"}
    return say(message(names[fit.form])) if fit.form in names else fit.form


def _other_moments(dates: Dates) -> Iterator[Message]:
    """Say what becomes of the columns with the end and the report."""
    for name, fit in (("end", dates.end), ("reported", dates.reported)):
        if fit is None:
            continue
        read = "found" if fit.certain else "skipped"
        yield message(f"loaders.{read}_{name}", column=repr(shown(fit.column)), form=_written(fit))


def unused_evidence(names: Sequence[str]) -> Iterator[Message]:
    """Name the columns that are not read.

    Parameters
    ----------
    names : sequence of str
        Columns.

    Yields
    ------
    Message
        One finding, when there are any.
    """
    if names:
        listed = ", ".join(repr(shown(name)) for name in names[:_NAMED_COLUMNS])
        more = len(names) - _NAMED_COLUMNS
        and_more = f", {say(message('loaders.and_more', more=more))}" if more > 0 else ""
        yield message("loaders.found_unused", columns=f"{listed}{and_more}")


def place_evidence(place: PlaceFit | None, *, bounded: bool, stated: bool) -> Iterator[Message]:
    """Say where it happened, and in which reference system.

    Parameters
    ----------
    place : PlaceFit or None
        What was found.
    bounded : bool
        Whether the caller named bounds.
    stated : bool
        Whether the file states the system of its points.

    Yields
    ------
    Message
        Findings, and questions whose keys begin with ``loaders.ask_``.
    """
    if place is None:
        yield message("loaders.ask_place")
        return
    x, y = repr(shown(place.x)), repr(shown(place.y))
    if place.pair_order == "open":
        yield message("loaders.ask_pair_order", column=x)
        return
    if place.pair_order:
        x, y = f"{x} (longitude)", f"{y} (latitude)"
    if not place.points:
        yield message("loaders.ask_no_points", x=x, y=y)
        return
    if place.swapped:
        yield message("loaders.found_swapped", x=x, y=y)
    yield from _system_evidence(place, x, y, bounded=bounded, stated=stated)
    if place.decimal_comma:
        yield message("loaders.found_comma")
    if place.zeros:
        yield message("loaders.found_zeros", rows=place.zeros)


def _system_evidence(
    place: PlaceFit, x: str, y: str, *, bounded: bool, stated: bool
) -> Iterator[Message]:
    if place.crs:
        fit = place.systems[0]
        where = "bounds" if bounded else "reach"
        if stated:
            yield message("loaders.found_stated", crs=place.crs)
            if fit.share < MOSTLY:
                yield message("loaders.ask_stated", crs=place.crs, share=f"{100 * fit.share:.1f} %")
        yield message(
            f"loaders.found_place_{where}",
            x=x, y=y, crs=place.crs, points=place.points, of=place.of,
            share=f"{100 * fit.share:.1f} %",
            latitude=f"{fit.latitude:.3f}", longitude=f"{fit.longitude:.3f}",
        )  # fmt: skip
    elif place.systems:
        likely = "; ".join(
            f"{fit.crs} ({fit.latitude:.2f}, {fit.longitude:.2f})"
            for fit in place.systems[:_NAMED_SYSTEMS]
        )
        yield message("loaders.ask_system", x=x, y=y, systems=len(place.systems), likely=likely)
    else:
        yield message("loaders.ask_unknown_system", x=x, y=y)


def role_evidence(
    columns: Mapping[str, str], labels: tuple[tuple[str, int], ...], able: Sequence[str]
) -> Iterator[Message]:
    """Say which columns hold the category, the id and the place in words.

    Parameters
    ----------
    columns : mapping of str to str
        Column of each role.
    labels : tuple of tuple
        Categories with their rows.
    able : sequence of str
        Columns that could hold the category.

    Yields
    ------
    Message
        Findings.
    """
    if "category" in columns:
        named = ", ".join(f"{shown(label, 30)!r} ({rows:,})" for label, rows in labels[:5])
        yield message(
            "loaders.found_category",
            column=repr(shown(columns["category"])), labels=len(labels), named=named,
        )  # fmt: skip
    else:
        named = ", ".join(repr(shown(name)) for name in able)
        yield message("loaders.found_no_category", named=named or "none")
    if "record_id" in columns:
        yield message("loaders.found_id", column=repr(shown(columns["record_id"])))
    words = {
        role: columns[role]
        for role in ("description", "location_text", "area_name", "district")
        if role in columns
    }
    if words:
        listed = ", ".join(f"{role}: {shown(name)!r}" for role, name in words.items())
        yield message("loaders.found_by_name", columns=listed)
