"""Socrata (SODA 2.1): pages of CSV in the order of the portal's own row ids, month by month."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Final

from hotspots.errors import AnswerError, FetchError
from hotspots.loaders.fetch.answers import json_of, not_wanted, take_csv
from hotspots.loaders.fetch.contract import Page, Tally
from hotspots.loaders.fetch.sql import condition
from hotspots.loaders.fetch.windows import time_windows

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hotspots.loaders.fetch.client import Answer, PortalClient
    from hotspots.loaders.fetch.contract import Span, Window
    from hotspots.loaders.portals import Portal

#: The portal's own id of a row: the one order that every dataset has.
_ID: Final = ":id"
#: The most rows that the older endpoints give at once.
_PAGE_ROWS: Final = 50_000
_COUNTS: Final = "count(*) AS n, max(:updated_at) AS changed"
_MOMENT: Final = "'{:%Y-%m-%dT%H:%M:%S}'"
_NO_ROWS: Final = Tally(rows=0, mark="no rows")


@dataclass(frozen=True, slots=True, kw_only=True)
class Socrata:
    """A dataset on a Socrata portal.

    Attributes
    ----------
    client : PortalClient
        What asks.
    portal : Portal
        The dataset.
    zone : str
        IANA zone of the feed.
    page_rows : int
        Rows of a page.
    """

    client: PortalClient
    portal: Portal
    zone: str
    page_rows: int = _PAGE_ROWS

    def fields(self) -> tuple[str, ...]:
        """Name the row's id and the dataset's columns.

        Returns
        -------
        tuple of str
            The names that the portal's interface uses.
        """
        url = f"{self.portal.url}/api/views/{self.portal.dataset}.json"
        return (_ID, *self.client.ask(url, parse=_field_names))

    def always(self) -> tuple[str, ...]:
        """Name the row's id, which proves that no row comes twice.

        Returns
        -------
        tuple of str
            That one.
        """
        return (_ID,)

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
        """Ask how many rows each window has, and when one of them last changed.

        Parameters
        ----------
        windows : sequence of Window
            The windows.

        Returns
        -------
        tuple of Tally
            One for each.
        """
        # One question answers for all months, where the portal's months are ours.
        groups = self.portal.date_kind == "timestamp" and self.portal.clock == "local"
        months = {w.since for w in windows if groups and _is_month(w)}
        by_month = self._months() if len(months) > 1 else None
        return tuple(
            self._tally(window)
            if by_month is None or window.since not in months
            else by_month.get(window.since, _NO_ROWS)
            for window in windows
        )

    def pages(self, window: Window, columns: tuple[str, ...], after: str) -> Iterator[Page]:
        """Give the pages of a window.

        Parameters
        ----------
        window : Window
            The window.
        columns : tuple of str
            The columns; the row's id is one of them.
        after : str
            How many rows come before; empty for none.

        Yields
        ------
        Page
            Up to 50,000 rows.
        """
        done = int(after or 0)
        while True:
            params = {
                "$select": ", ".join(_quoted(c) for c in columns),
                "$order": _ID,
                "$limit": str(self.page_rows),
                "$offset": str(done),
                **self._where(window),
            }
            body, rows, keys = self.client.ask(
                self._resource("csv"),
                params=params,
                parse=partial(take_csv, columns=columns, key=_ID),
            )
            done += rows
            last = rows < self.page_rows
            yield Page(body=body, rows=rows, keys=keys, after="" if last else str(done))
            if last:
                return

    def _resource(self, suffix: str) -> str:
        return f"{self.portal.url}/resource/{self.portal.dataset}.{suffix}"

    def _where(self, window: Window) -> dict[str, str]:
        column = _quoted(self.portal.date_column)
        found = condition(window, self.portal, self.zone, column=column, moment=_MOMENT)
        return {"$where": found} if found else {}

    def _tally(self, window: Window) -> Tally:
        params = {"$select": _COUNTS, **self._where(window)}
        counted = self.client.ask(self._resource("json"), params=params, parse=_counted)
        if "" not in counted:
            msg = "The answer to a count of rows holds none."
            raise FetchError(msg)
        return counted[""]

    def _months(self) -> dict[date | None, Tally]:
        """Ask for all months at once."""
        month = f"date_trunc_ym({_quoted(self.portal.date_column)})"
        params = {"$select": f"{month} AS month, {_COUNTS}", "$group": "month", "$limit": "50000"}
        counted = self.client.ask(self._resource("json"), params=params, parse=_counted)
        return {_first_day(text): tally for text, tally in counted.items() if text}


def _field_names(answer: Answer) -> tuple[str, ...]:
    document = json_of(answer)
    columns = document.get("columns") if isinstance(document, dict) else None
    if not columns or not all(isinstance(c, dict) and c.get("fieldName") for c in columns):
        raise not_wanted(answer, "a description of the dataset's columns")
    # ":@computed_region_..." are regions that the portal adds; they are not the publisher's.
    return tuple(c["fieldName"] for c in columns if not c["fieldName"].startswith(":"))


def _counted(answer: Answer) -> dict[str, Tally]:
    """Read counts, by month where there are months."""
    document = json_of(answer)
    if isinstance(document, dict) and document.get("error"):
        msg = f"The portal says: {document.get('message') or document['error']}."
        raise AnswerError(msg)
    if not isinstance(document, list) or not all(
        isinstance(row, dict) and str(row.get("n", "")).isdigit() for row in document
    ):
        raise not_wanted(answer, "a count of rows")
    return {
        str(row.get("month") or ""): Tally(
            rows=int(row["n"]), mark=str(row.get("changed") or "no rows")
        )
        for row in document
    }


def _first_day(text: str) -> date:
    try:
        return datetime.fromisoformat(text).date()
    except ValueError as fault:
        msg = f"The portal gives {text!r} as a month, which is none."
        raise FetchError(msg) from fault


def _is_month(window: Window) -> bool:
    since, until = window.since, window.until
    if since is None or until is None or since.day != 1:
        return False
    return until == (since.replace(day=28) + timedelta(days=4)).replace(day=1)


def _quoted(column: str) -> str:
    return column if column.startswith(":") else f"`{column}`"
