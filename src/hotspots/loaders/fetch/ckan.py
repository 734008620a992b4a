"""CKAN (its datastore): pages in the order of the datastore's own row numbers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from hotspots.errors import AnswerError, FetchError
from hotspots.loaders.fetch.answers import json_of, not_wanted
from hotspots.loaders.fetch.contract import Tally, Window
from hotspots.loaders.fetch.keyset import keyed_page, row_numbers
from hotspots.loaders.fetch.sql import next_rows, quoted, select
from hotspots.loaders.fetch.windows import bound_texts, is_bounded, window_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from typing import TypeVar

    from hotspots.loaders.fetch.client import Answer, PortalClient
    from hotspots.loaders.fetch.contract import Page, Span
    from hotspots.loaders.portals import Portal

    T = TypeVar("T")

_KEY: Final = "_id"
#: Columns that the datastore adds for its search.
_OF_THE_SEARCH: Final = frozenset({"_full_text", "rank"})
#: How CKAN says no; the body tells why.
_UNDERSTOOD: Final = (200, 400, 403, 404, 409)
#: What the same question gets every time.
_LASTING: Final = {
    "Not Found Error": "It is retired or moved. Look it up and give portal=...",
    "Authorization Error": "It is for callers with a token only.",
    "Validation Error": "Its columns may have changed.",
    "Search Query Error": "Its columns may have changed.",
}
_NO_SQL: Final = (
    "The portal cannot be asked for a time: it takes no SQL. Leave out since and until, and choose "
    "the days with select_incidents(period=...)."
)
_TIMES: Final = ("hash", "last_modified", "metadata_modified")


@dataclass(frozen=True, slots=True, kw_only=True)
class CKAN:
    """A resource in the datastore of a CKAN portal.

    Attributes
    ----------
    client : PortalClient
        What asks.
    portal : Portal
        The resource.
    zone : str
        IANA zone of the feed.
    page_rows : int
        The most rows of a page; portals give no more than 32,000.
    """

    client: PortalClient
    portal: Portal
    zone: str
    page_rows: int = 32_000

    def fields(self) -> tuple[str, ...]:
        """Name the columns of the resource.

        Returns
        -------
        tuple of str
            The row number first.

        Raises
        ------
        FetchError
            If the resource is only a file.
        """
        resource = self._resource()
        if str(resource.get("datastore_active")).casefold() == "false":
            msg = (
                f"{self.portal.name!r} is not in the portal's datastore. Fetch its file: give "
                f"portal=Portal(name=..., protocol='file', url={resource.get('url')!r})."
            )
            raise FetchError(msg)
        return self._search({"limit": "0"}, _field_names)

    def always(self) -> tuple[str, ...]:
        """Name the row number, which orders the rows.

        Returns
        -------
        tuple of str
            That one.
        """
        return (_KEY,)

    def windows(self, span: Span) -> tuple[Window, ...]:
        """Take a resource whole, or the span of it: nothing tells which of its rows changed.

        Parameters
        ----------
        span : Span
            The days that are asked for.

        Returns
        -------
        tuple of Window
            One.
        """
        is_bounded(span, self.portal)
        name = window_name(span.since, span.until)
        return (Window(name=name, since=span.since, until=span.until),)

    def tallies(self, windows: Sequence[Window]) -> tuple[Tally, ...]:
        """Ask how many rows each window has, and when the resource last changed.

        Parameters
        ----------
        windows : sequence of Window
            The windows.

        Returns
        -------
        tuple of Tally
            One for each.
        """
        resource = self._resource()
        mark = " ".join(str(resource[name]) for name in _TIMES if resource.get(name))
        return tuple(Tally(rows=self._count(window), mark=mark) for window in windows)

    def pages(self, window: Window, columns: tuple[str, ...], after: str) -> Iterator[Page]:
        """Give the pages of a window, in the order of the row numbers.

        Parameters
        ----------
        window : Window
            The window.
        columns : tuple of str
            The columns; the row number is one of them.
        after : str
            How many rows come before, and the last one's number; empty at the beginning.

        Yields
        ------
        Page
            Up to 32,000 rows.
        """
        where = self._where(window)
        if not where:
            yield from self._by_offset(columns, after)
            return
        last = int(after) if after else None
        while True:
            sql = next_rows(
                columns, self._table(), where, key=_KEY, after=last, most=self.page_rows
            )
            page = self._sql(sql, partial(self._following, columns=columns, after=last))
            yield page
            if not page.after:
                return
            last = int(page.after)

    def _by_offset(self, columns: Sequence[str], after: str) -> Iterator[Page]:
        """Give pages by their place, each begun with the last row of the one before.

        When rows before that place are deleted meanwhile, all others move up. Then that row is not
        where it was, and is looked for further up.
        """
        done, last = 0, None
        if after:
            done, last = (int(text) for text in after.split(":"))
        # A name with a comma or a space around it cannot be asked for; then all come.
        plain = all("," not in column and column == column.strip() for column in columns)
        params = {"sort": f"{_KEY} asc", "limit": str(self.page_rows)}
        params |= {"fields": ",".join(columns)} if plain else {}
        back = 1
        while True:
            start = max(done - back, 0) if last is not None else 0
            parse = partial(self._page, columns=columns, after=last, overlap=done - start)
            came, first, page = self._search({**params, "offset": str(start)}, parse)
            if last is not None and start and (first is None or first > last):
                back *= 2
                continue
            done, back = start + came, 1
            last = int(page.after) if page.after else last
            yield replace(page, after=f"{done}:{last}" if page.rows else "")
            if not page.rows:
                return

    def _page(
        self, answer: Answer, columns: Sequence[str], after: int | None, overlap: int
    ) -> tuple[int, int | None, Page]:
        """Read how many rows came, the number of the first, and those that are new."""
        records, numbers = _records(_result(answer), answer)
        old = sum(after is not None and number <= after for number in numbers)
        if old > overlap:
            msg = f"A page begins {old} rows before the end of the one before, not {overlap}."
            raise AnswerError(msg)
        first = numbers[0] if numbers else None
        page = keyed_page(records[old:], numbers[old:], columns, after=after, name=self.portal.name)
        return len(numbers), first, page

    def _following(self, answer: Answer, columns: Sequence[str], after: int | None) -> Page:
        records, numbers = _records(_result(answer, refused=_NO_SQL), answer)
        return keyed_page(records, numbers, columns, after=after, name=self.portal.name)

    def _count(self, window: Window) -> int:
        where = self._where(window)
        if not where:
            return self._search({"limit": "0"}, _total)
        return self._sql(select("count(*) AS n", self._table(), where), _counted)

    def _where(self, window: Window) -> str:
        """Say which rows are in a window, so that it holds for moments and for text."""
        column = quoted(self.portal.date_column)
        limits = bound_texts(window, self.portal, self.zone)
        return " AND ".join(
            f"{column} {sign} '{limit}'"
            for sign, limit in zip((">=", "<"), limits, strict=True)
            if limit
        )

    def _table(self) -> str:
        return quoted(self.portal.dataset)

    def _resource(self) -> dict[str, Any]:
        return self._ask("resource_show", params={"id": self.portal.dataset}, parse=_result)

    def _search(self, params: Mapping[str, str], parse: Callable[[Answer], T]) -> T:
        asked = {"resource_id": self.portal.dataset, **params}
        return self._ask("datastore_search", params=asked, parse=parse)

    def _sql(self, sql: str, parse: Callable[[Answer], T]) -> T:
        # Posted: firewalls take SQL in an address for an attack.
        return self._ask("datastore_search_sql", form={"sql": sql}, parse=parse)

    def _ask(
        self,
        action: str,
        *,
        parse: Callable[[Answer], T],
        params: Mapping[str, str] | None = None,
        form: Mapping[str, str] | None = None,
    ) -> T:
        url = f"{self.portal.url.rstrip('/')}/api/3/action/{action}"
        return self.client.ask(url, params=params, form=form, parse=parse, accept=_UNDERSTOOD)


def _result(answer: Answer, refused: str = "") -> dict[str, Any]:
    """Read what was asked for, or say what the portal says is wrong."""
    is_no = answer.status != 200  # noqa: PLR2004 - the one status of an answer
    try:
        document = json_of(answer)
    except AnswerError as fault:
        if not is_no:
            raise
        msg = f"{answer.url} answers {answer.status}, and not as CKAN does. {fault} {refused}"
        raise FetchError(msg.strip()) from fault
    known = document if isinstance(document, dict) else {"error": document}
    result = known.get("result")
    if known.get("success") is True and isinstance(result, dict) and not is_no:
        return result
    error = known.get("error")
    if error is None:
        raise not_wanted(answer, "an answer of CKAN")
    facts = error if isinstance(error, dict) else {"message": error}
    kind = str(facts.get("__type") or "")
    said = "; ".join(str(value) for name, value in facts.items() if name != "__type" and value)
    advice = _LASTING.get(kind, "")
    # SQL that is not taken at all is refused in as many ways as there are portals.
    if refused and is_no and kind != "Validation Error":
        advice = refused
    msg = f"{answer.url} answers {answer.status} with an error: {kind} {said}. {advice}".strip()
    raise FetchError(msg) if is_no or advice else AnswerError(msg)


def _records(result: dict[str, Any], answer: Answer) -> tuple[list[dict[str, Any]], list[int]]:
    records = result.get("records")
    if not isinstance(records, list) or not all(isinstance(record, dict) for record in records):
        raise not_wanted(answer, "a list of records")
    return records, row_numbers(records, _KEY, answer)


def _field_names(answer: Answer) -> tuple[str, ...]:
    fields = _result(answer).get("fields")
    if not isinstance(fields, list) or not all(isinstance(f, dict) and f.get("id") for f in fields):
        raise not_wanted(answer, "a description of columns")
    names = tuple(str(f["id"]) for f in fields if f["id"] not in _OF_THE_SEARCH)
    if _KEY not in names:
        raise not_wanted(answer, f"a description of columns, {_KEY} among them")
    return names


def _total(answer: Answer) -> int:
    return _whole(_result(answer).get("total"), answer)


def _counted(answer: Answer) -> int:
    records = _result(answer, refused=_NO_SQL).get("records")
    first = records[0] if isinstance(records, list) and records else None
    return _whole(first.get("n") if isinstance(first, dict) else None, answer)


def _whole(value: object, answer: Answer) -> int:
    if not str(value).isdigit():
        raise not_wanted(answer, "a count of rows")
    return int(str(value))
