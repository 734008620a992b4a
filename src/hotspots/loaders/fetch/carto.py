"""Carto (its SQL): pages in the order of the table's own row numbers, month by month."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from hotspots.errors import AnswerError, FetchError
from hotspots.loaders.fetch.answers import json_of, not_wanted
from hotspots.loaders.fetch.contract import Tally
from hotspots.loaders.fetch.keyset import keyed_page, row_numbers
from hotspots.loaders.fetch.sql import condition, next_rows, quoted, select
from hotspots.loaders.fetch.windows import bounds_of, time_windows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime
    from typing import TypeVar

    from hotspots.loaders.fetch.client import Answer, PortalClient
    from hotspots.loaders.fetch.contract import Page, Span, Window
    from hotspots.loaders.portals import Portal

    T = TypeVar("T")

_KEY: Final = "cartodb_id"
#: Points as the map server keeps them; the same places stand in columns of their own.
_GEOMETRY: Final = frozenset({"the_geom", "the_geom_webmercator"})
#: When a row was last changed, on tables that keep it.
_CHANGED: Final = "updated_at"
#: How these portals say no; the body tells why.
_UNDERSTOOD: Final = (200, 400, 401, 403, 404)
_PASSING: Final = re.compile(r"timeout|time-?out|limit|cancel|try again|connection", re.IGNORECASE)
_MOMENT: Final = "'{}+00'"
_UNDATED: Final = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What a table has between two limits in time.

    Attributes
    ----------
    rows : int
        How many rows.
    numbers : int
        The sum of their numbers.
    changed : str
        When one of them last changed; empty where the table does not keep it.
    """

    rows: int
    numbers: int
    changed: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Carto:
    """A table on a Carto portal.

    Attributes
    ----------
    client : PortalClient
        What asks.
    portal : Portal
        The table.
    zone : str
        IANA zone of the feed.
    page_rows : int
        Rows of a page.
    """

    client: PortalClient
    portal: Portal
    zone: str
    page_rows: int = 20_000

    def fields(self) -> tuple[str, ...]:
        """Name the columns of the table, but for the geometry.

        Returns
        -------
        tuple of str
            In its order.
        """
        return self._ask(select("*", self._table(), then="LIMIT 0"), _field_names)

    def always(self) -> tuple[str, ...]:
        """Name the row number, which orders the rows.

        Returns
        -------
        tuple of str
            That one.
        """
        return (_KEY,)

    def windows(self, span: Span) -> tuple[Window, ...]:
        """Cut a span into months.

        Parameters
        ----------
        span : Span
            The days that are asked for.

        Returns
        -------
        tuple of Window
            They do not overlap and leave nothing out.
        """
        return time_windows(span, self.portal, unit="month")

    def tallies(self, windows: Sequence[Window]) -> tuple[Tally, ...]:
        """Ask in one question how many rows each window has, and when one of them changed.

        Parameters
        ----------
        windows : sequence of Window
            The windows.

        Returns
        -------
        tuple of Tally
            One for each; without a mark where the table does not keep times of change.
        """
        bounds = [bounds_of(window, self.portal, self.zone) for window in windows]
        limits = sorted({limit for pair in bounds for limit in pair if limit is not None})
        changed = quoted(_CHANGED) if _CHANGED in self.fields() else ""
        shares = self._shares(limits, changed)

        def tally(window: Window, start: datetime | None, end: datetime | None) -> Tally:
            first = limits.index(start) + 1 if start else 0
            last = limits.index(end) if end else len(limits)
            inside = range(first, last + 1)
            if window.undated:
                inside = range(_UNDATED, 0)
            elif start is None and end is None:
                inside = range(_UNDATED, last + 1)
            held = [shares[share] for share in inside if share in shares]
            rows = sum(share.rows for share in held)
            mark = max((share.changed for share in held), default="")
            census = str(sum(share.numbers for share in held))
            return Tally(rows=rows, mark=mark if rows else "no rows", census=census)

        return tuple(tally(w, *pair) for w, pair in zip(windows, bounds, strict=True))

    def pages(self, window: Window, columns: tuple[str, ...], after: str) -> Iterator[Page]:
        """Give the pages of a window, in the order of the row numbers.

        Parameters
        ----------
        window : Window
            The window.
        columns : tuple of str
            The columns; the row number is one of them.
        after : str
            The last row number of the page before; empty at the beginning.

        Yields
        ------
        Page
            Up to 20,000 rows.
        """
        where = condition(window, self.portal, self.zone, column=self._date(), moment=_MOMENT)
        last = int(after) if after else None
        while True:
            sql = next_rows(
                columns, self._table(), where, key=_KEY, after=last, most=self.page_rows
            )
            page = self._ask(sql, partial(self._page, columns=columns, after=last))
            yield page
            if not page.after:
                return
            last = int(page.after)

    def _page(self, answer: Answer, columns: Sequence[str], after: int | None) -> Page:
        rows = _rows(answer)
        numbers = row_numbers(rows, _KEY, answer)
        return keyed_page(rows, numbers, columns, after=after, name=self.portal.name)

    def _shares(self, limits: Sequence[datetime], changed: str) -> dict[int, Share]:
        """Count the rows between each two limits in time, and those without a date."""
        if not limits:
            share = "0" if not self.portal.date_column else self._undated_or("0")
        else:
            written = [_MOMENT.format(limit) for limit in limits]
            share = self._undated_or(_share_of(self._date(), written))
        latest = f", max({changed}) AS changed" if changed else ""
        what = f"{share} AS share, count(*) AS n, sum({quoted(_KEY)}) AS numbers{latest}"
        sql = select(what, self._table(), then="GROUP BY share")
        return self._ask(sql, partial(_counts, most=len(limits)))

    def _undated_or(self, share: str) -> str:
        return f"CASE WHEN {self._date()} IS NULL THEN {_UNDATED} ELSE {share} END"

    def _date(self) -> str:
        return quoted(self.portal.date_column)

    def _table(self) -> str:
        return ".".join(map(quoted, self.portal.dataset.split(".")))

    def _ask(self, sql: str, parse: Callable[[Answer], T]) -> T:
        url = f"{self.portal.url.rstrip('/')}/api/v2/sql"
        # Posted: firewalls take a long question in an address for an attack.
        return self.client.ask(url, form={"q": sql}, parse=parse, accept=_UNDERSTOOD)


def _share_of(column: str, limits: Sequence[str], first: int = 0) -> str:
    """Write how many of the limits are not after a moment, found by halving."""
    if not limits:
        return str(first)
    half = len(limits) // 2
    before = _share_of(column, limits[:half], first)
    after = _share_of(column, limits[half + 1 :], first + half + 1)
    return f"CASE WHEN {column} < {limits[half]} THEN {before} ELSE {after} END"


def _document(answer: Answer) -> dict[str, Any]:
    """Read an answer, or say what the portal says is wrong."""
    refused = answer.status != 200  # noqa: PLR2004 - the one status of an answer
    try:
        document = json_of(answer)
    except AnswerError as fault:
        if refused:
            msg = f"{answer.url} answers {answer.status}, and not as Carto does. {fault}"
            raise FetchError(msg) from fault
        raise
    if not isinstance(document, dict):
        raise not_wanted(answer, "a JSON object")
    error = document.get("error")
    if error is None and not refused:
        return document
    said = "; ".join(map(str, error)) if isinstance(error, list) else str(error)
    lasting = refused and not _PASSING.search(said)
    advice = "The table or its columns may have changed." if lasting else ""
    msg = f"{answer.url} answers {answer.status} with an error: {said}. {advice}".strip()
    raise FetchError(msg) if lasting else AnswerError(msg)


def _rows(answer: Answer) -> list[dict[str, Any]]:
    rows = _document(answer).get("rows")
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise not_wanted(answer, "a list of rows")
    return rows


def _field_names(answer: Answer) -> tuple[str, ...]:
    fields = _document(answer).get("fields")
    if not isinstance(fields, dict) or _KEY not in fields:
        raise not_wanted(answer, f"a description of columns, {_KEY} among them")
    return tuple(
        name
        for name, facts in fields.items()
        if name not in _GEOMETRY
        and not (isinstance(facts, dict) and facts.get("type") == "geometry")
    )


def _counts(answer: Answer, most: int) -> dict[int, Share]:
    rows = _rows(answer)
    try:
        found = {
            int(row["share"]): Share(
                rows=int(row["n"]),
                numbers=int(row["numbers"] or 0),
                changed=str(row.get("changed") or ""),
            )
            for row in rows
        }
    except (KeyError, TypeError, ValueError) as fault:
        raise not_wanted(answer, "counts of rows") from fault
    if any(not _UNDATED <= number <= most or share.rows < 0 for number, share in found.items()):
        raise not_wanted(answer, "counts of the rows that were asked for")
    return found
