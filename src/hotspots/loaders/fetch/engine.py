"""Fetch windows until the portal and the disk agree, or say that they do not."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from hotspots.errors import FetchError
from hotspots.loaders.fetch.parts import check_window_name

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hotspots.loaders.fetch.contract import Dialect, Span, Window
    from hotspots.loaders.fetch.parts import Held, Parts

#: Data may change while they are fetched; so often they are looked at again.
_ROUNDS: Final = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What was taken from one dataset.

    Attributes
    ----------
    windows : tuple of Window
        Its windows, in order.
    held : tuple of Held
        What is held of each; all of it was checked.
    fetched, kept : int
        Windows with rows that were fetched now, and that were already there and have not changed.
    left_out : tuple of str
        Fields that the portal gave and nobody asked for.
    notes : tuple of str
        What the portal says of some of them.
    """

    windows: tuple[Window, ...]
    held: tuple[Held, ...]
    fetched: int
    kept: int
    left_out: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def rows(self) -> int:  # numpydoc ignore=RT01
        """Sum the rows of all windows."""
        return sum(held.rows for held in self.held)


def take(
    dialect: Dialect,
    span: Span,
    columns: tuple[str, ...],
    parts: Parts,
    *,
    progress: Callable[[int], object],
) -> Taken:
    """Fetch what is not on the disk as the portal has it, and look again until both agree.

    What counts is what the portal says after the last row was taken: as many rows in every window
    and in all of them together, no row twice, and nothing changed since.

    Parameters
    ----------
    dialect : Dialect
        The dataset.
    span : Span
        The days that are asked for.
    columns : tuple of str
        Fields of a row.
    parts : Parts
        What is on the disk.
    progress : callable
        Called with the number of rows of each page.

    Returns
    -------
    Taken
        All windows, checked.

    Raises
    ------
    FetchError
        If they never agree, or the portal does not answer.
    """
    fetched: set[str] = set()
    why = ""
    for _ in range(_ROUNDS):
        windows = dialect.windows(span)
        tallies = dialect.tallies(windows)
        held = [parts.current(w, t) for w, t in zip(windows, tallies, strict=True)]
        whole = [h for h in held if h is not None and h.done]
        if len(whole) == len(windows):
            why = _disagreement(dialect, span, windows, whole, parts)
            if not why:
                held_names = {h.window for h in whole if h.parts}
                return Taken(
                    windows=windows,
                    held=tuple(whole),
                    fetched=len(fetched & held_names),
                    kept=len(held_names - fetched),
                    left_out=tuple(dict.fromkeys(field for h in whole for field in h.left_out)),
                    notes=tuple(dict.fromkeys(t.note for t in tallies if t.note)),
                )
            continue
        why = "its data change faster than they can be fetched"
        for window, tally, there in zip(windows, tallies, held, strict=True):
            if there is None or not there.done:
                check_window_name(window.name)
                begun = there or parts.begin(window, tally)
                why = _fill(dialect, window, columns, begun, parts, progress) or why
                fetched.add(window.name)
    msg = (
        f"After {_ROUNDS} rounds the portal and what was taken do not agree: {why}. Nothing was "
        "written. Try again later, or ask for a shorter time."
    )
    raise FetchError(msg)


def _fill(
    dialect: Dialect,
    window: Window,
    columns: tuple[str, ...],
    held: Held,
    parts: Parts,
    progress: Callable[[int], object],
) -> str:
    """Fetch the rest of a window; drop it and say why when it is not what was counted."""
    wanted = held.tally.rows
    for page in dialect.pages(window, columns, held.after):
        # On the disk before the next one is asked for: no end costs more than one page.
        held = parts.add(held, page)
        progress(page.rows)
        if wanted is not None and held.rows > wanted:
            break
    if wanted is None or held.rows == wanted:
        return ""
    parts.drop(window.name)
    return f"{held.window} has {wanted:,} rows by its count, and {held.rows:,} came"


def _disagreement(
    dialect: Dialect,
    span: Span,
    windows: Sequence[Window],
    held: Sequence[Held],
    parts: Parts,
) -> str:
    """Compare all windows with the whole; drop those with rows that came twice. Empty: all well."""
    keys = [parts.key_digests(h) for h in held]
    joined = np.sort(np.concatenate(keys))
    twice = np.unique(joined[1:][joined[1:] == joined[:-1]])
    if len(twice):
        for window, own in zip(windows, keys, strict=True):
            if np.isin(own, twice).any():
                parts.drop(window.name)
        return f"{len(twice):,} rows came more than once"
    everything = _count_of_all(dialect, windows) if _is_open(span, held) else None
    rows = sum(h.rows for h in held)
    if everything is not None and everything != rows:
        return f"it has {everything:,} rows, and its windows hold {rows:,}"
    return ""


def _is_open(span: Span, held: Sequence[Held]) -> bool:
    """Say whether a dataset was asked for whole, and can be counted."""
    return span.since is None and span.until is None and all(h.tally.rows is not None for h in held)


def _count_of_all(dialect: Dialect, windows: Sequence[Window]) -> int | None:
    """Count a dataset without any condition; None where its windows are not shares of one."""
    if len(windows) < 2 or len({w.source for w in windows}) > 1:  # noqa: PLR2004 - a whole has two shares
        return None
    whole = replace(windows[0], name="all", since=None, until=None, undated=False)
    (tally,) = dialect.tallies((whole,))
    return tally.rows
