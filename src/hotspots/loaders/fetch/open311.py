"""Open311 GeoReport v2: what residents reported, a month at a time, without what is personal."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import count
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from hotspots.errors import AnswerError, FetchError, ParameterError
from hotspots.loaders.fetch.answers import csv_rows, json_of, not_wanted
from hotspots.loaders.fetch.contract import Page, Tally, Window
from hotspots.loaders.fetch.police import moved
from hotspots.loaders.fetch.windows import window_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import TypeAlias

    from hotspots.loaders.fetch.client import Answer, PortalClient
    from hotspots.loaders.fetch.contract import Span
    from hotspots.loaders.portals import Portal

    Requests: TypeAlias = dict[str, dict[str, Any]]

_ID: Final = "service_request_id"
_MOMENT: Final = "requested_datetime"
#: All that is ever written down. What residents wrote, who they are, where to reach them, their
#: pictures and their addresses are not in it, nor is anything that nobody has thought of.
_HARMLESS: Final = (
    _ID, "status", "service_name", "service_code", "agency_responsible", _MOMENT,
    "updated_datetime", "expected_datetime", "lat", "long",
)  # fmt: skip
_ENVELOPES: Final = ("service_requests", "requests")
_PAGE_ROWS: Final = 500
#: Servers that take no notice of pages give so many rows, or a multiple of it, and no more.
_CAP_UNIT: Final = 50
#: Some servers compare by their own clock, whatever offset is asked with: each window is asked for
#: with a day on both sides, and the moment of a request decides in which one it is.
_MARGIN: Final = timedelta(days=1)
_SHORTEST: Final = timedelta(seconds=2)
_BAD_REQUEST, _SERVER_ERROR = 400, 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Open311:
    """An endpoint of GeoReport v2.

    Attributes
    ----------
    client : PortalClient
        What asks.
    portal : Portal
        ``url`` is the folder of ``requests.json``, ``dataset`` the jurisdiction.
    zone : str
        IANA zone in which days begin; empty: UTC.
    """

    client: PortalClient
    portal: Portal
    zone: str

    def fields(self) -> tuple[str, ...]:
        """Name what is taken of a request.

        Returns
        -------
        tuple of str
            Nothing about a person, and no free text.
        """
        return _HARMLESS

    def always(self) -> tuple[str, ...]:
        """Name the id of a request, which proves that none comes twice.

        Returns
        -------
        tuple of str
            That one.
        """
        return (_ID,)

    def windows(self, span: Span) -> tuple[Window, ...]:
        """Cut a span into months; a server may refuse more than 90 days at once.

        Parameters
        ----------
        span : Span
            The days that are asked for.

        Returns
        -------
        tuple of Window
            Oldest first. What is dated after today is in none.

        Raises
        ------
        ParameterError
            If nobody says from when on, or nothing is left of the span.
        """
        since = span.since or self.portal.first_day
        if since == date.min:
            msg = f"It is not known since when {self.portal.url} has requests. Give since=..."
            raise ParameterError(msg)
        after_today = datetime.now(self._zone()).date() + timedelta(days=1)
        until = span.until or moved(after_today.replace(day=1), 1)
        last = min(until, moved(after_today.replace(day=1), 1))
        if since >= last:
            msg = f"since ({since}) is in the future, or not before until ({until})."
            raise ParameterError(msg)
        windows = []
        while since < last:
            end = min(moved(since.replace(day=1), 1), last)
            windows.append(Window(name=window_name(since, end), since=since, until=end))
            since = end
        return tuple(windows)

    def tallies(self, windows: Sequence[Window]) -> tuple[Tally, ...]:
        """Say that nothing is known before: an endpoint neither counts nor dates its changes.

        Parameters
        ----------
        windows : sequence of Window
            The windows.

        Returns
        -------
        tuple of Tally
            One for each. Old requests change when they are closed, so there is no mark.
        """
        return tuple(Tally(rows=None) for _ in windows)

    def pages(self, window: Window, columns: tuple[str, ...], after: str) -> Iterator[Page]:  # noqa: ARG002
        """Give the one page of a window.

        Parameters
        ----------
        window : Window
            The window.
        columns : tuple of str
            The fields.
        after : str
            Where to begin: there is no place but the beginning.

        Yields
        ------
        Page
            All requests of a month, each once; ``left_out`` names what was dropped of them.

        Raises
        ------
        FetchError
            If the endpoint does not give them whole.
        """
        zone = self._zone()
        start, end = (_midnight(day, zone) for day in (window.since, window.until))
        found = self._settled(start, end)
        own = {k: r for k, r in found.items() if start <= _moment(r, zone, self._url) < end}
        name = f"{self._url} {window.name}"
        body, extra = csv_rows((_flat(r) for r in own.values()), columns, name)
        yield Page(body=body, rows=len(own), keys=tuple(own), after="", left_out=extra)

    @property
    def _url(self) -> str:
        return f"{self.portal.url}/requests.json"

    def _zone(self) -> ZoneInfo:
        return ZoneInfo(self.zone or "UTC")

    def _settled(self, start: datetime, end: datetime) -> Requests:
        """Ask until two answers agree: nothing else tells whether one of them was whole."""
        found = self._between(start - _MARGIN, end + _MARGIN)
        for _ in range(self.client.limits.attempts):
            again = self._between(start - _MARGIN, end + _MARGIN)
            if again.keys() == found.keys():
                return again
            found = again
        msg = f"{self._url} gives other requests each time it is asked. Try again later."
        raise FetchError(msg)

    def _between(self, start: datetime, end: datetime) -> Requests:
        """Ask for the requests of a time, page by page.

        Whether an end belongs to it is a matter of taste among servers, so both do here, and a
        request that comes twice is one.
        """
        # No requests are only believed when it says so again.
        found = self._page(start, end, 1) or self._page(start, end, 1)
        most = len(found)
        for number in count(2):
            more = self._page(start, end, number) if found else {}
            if not more and most and most % _CAP_UNIT == 0:
                more = self._page(start, end, number)
            if not more:
                return found
            known = len(more.keys() & found.keys())
            found |= more
            most = max(most, len(more))
            if 2 * known > len(more):
                break
        if most % _CAP_UNIT:
            return found
        # The same page again: pages are ignored, and this may be as much as is ever given.
        if end - start < _SHORTEST:
            msg = (
                f"{self._url} gives {most:,} requests for {start} and no more; there may be more. "
                "Ask the operator for pages, or for a file of all requests."
            )
            raise FetchError(msg)
        middle = start + timedelta(seconds=(end - start) // timedelta(seconds=2))
        return self._between(start, middle) | self._between(middle, end)

    def _page(self, start: datetime, end: datetime, number: int) -> Requests:
        asked = {
            "start_date": start.astimezone(self._zone()).isoformat(timespec="seconds"),
            "end_date": end.astimezone(self._zone()).isoformat(timespec="seconds"),
            "page": str(number),
            "page_size": str(_PAGE_ROWS),
        }
        if self.portal.dataset:
            asked["jurisdiction_id"] = self.portal.dataset

        def parse(answer: Answer) -> Requests:
            found = _requests_of(answer)
            moments = [_moment(request, self._zone(), self._url) for request in found.values()]
            strange = [m for m in moments if not start - 2 * _MARGIN <= m <= end + 2 * _MARGIN]
            if strange:
                msg = (
                    f"It was asked for {start:%Y-%m-%d} to {end:%Y-%m-%d} and gives a request of "
                    f"{strange[0]:%Y-%m-%d}: it takes no notice of dates, so nobody can know "
                    "whether it gives all."
                )
                raise AnswerError(msg)
            return found

        return self.client.ask(self._url, params=asked, parse=parse)


def _requests_of(answer: Answer) -> Requests:
    """Read the requests of an answer by their ids."""
    found = json_of(answer)
    if isinstance(found, dict):
        found = next((found[name] for name in _ENVELOPES if name in found), found.get("errors"))
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise not_wanted(answer, "a list of requests")
    for each in found:
        if not each.get(_ID) and "description" in each and "code" in each:
            _raise_error(answer, each)
        if not each.get(_ID):
            msg = f"{answer.url} gives a request without an id, which cannot be told from others."
            raise FetchError(msg)
    return {str(each[_ID]): each for each in found}


def _raise_error(answer: Answer, error: dict[str, Any]) -> None:
    """Raise the error that came in place of requests."""
    msg = f"{answer.url} says {error['code']}: {str(error['description'])[:200]!r}."
    code = str(error["code"])
    if code.isdigit() and _BAD_REQUEST <= int(code) < _SERVER_ERROR:
        raise FetchError(msg)
    raise AnswerError(msg)


def _moment(request: dict[str, Any], zone: ZoneInfo, url: str) -> datetime:
    """Read when a request was made; a clock without an offset is that of the zone."""
    try:
        moment = datetime.fromisoformat(str(request.get(_MOMENT)))
    except ValueError as fault:
        msg = (
            f"{url}: the request {request[_ID]} has {request.get(_MOMENT)!r} for {_MOMENT}, which "
            "is no moment in the form that GeoReport wants."
        )
        raise FetchError(msg) from fault
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)


def _midnight(day: date | None, zone: ZoneInfo) -> datetime:
    assert day is not None  # noqa: S101 - windows are bounded here
    return datetime.combine(day, time.min, tzinfo=zone).astimezone(UTC)


def _flat(request: dict[str, Any]) -> dict[str, Any]:
    """Write who is responsible as one text: FixMyStreet gives a list of recipients."""
    agency = request.get("agency_responsible")
    if isinstance(agency, dict):
        agency = agency.get("recipient")
    if isinstance(agency, list):
        agency = "; ".join(str(each) for each in agency)
    shown = {k: v for k, v in request.items() if v is not None}
    return shown | ({"agency_responsible": agency} if agency else {})
