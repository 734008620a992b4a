"""The interface of data.police.uk: the crimes of a month inside an area."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

import shapely

from hotspots.errors import AnswerError, FetchError, ParameterError
from hotspots.loaders.fetch.answers import csv_rows, json_of, not_wanted
from hotspots.loaders.fetch.contract import Page, Tally, Window
from hotspots.loaders.fetch.police import (
    check_forces,
    force_names,
    last_update,
    moved,
    published_months,
    wanted_months,
)
from hotspots.loaders.fetch.police_areas import police_area, quarters, ring_text
from hotspots.loaders.fetch.waiting import AskAgainError, seconds_to_wait

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hotspots.loaders.fetch.client import Answer, PortalClient
    from hotspots.loaders.fetch.contract import Span
    from hotspots.loaders.portals import Portal

_FIELDS: Final = (
    "category", "location_type", "location.latitude", "location.longitude", "location.street.id",
    "location.street.name", "context", "outcome_status.category", "outcome_status.date",
    "persistent_id", "id", "location_subtype", "month",
)  # fmt: skip
_ID: Final = "id"
#: It answers 15 questions a second.
_SPACING_SECONDS: Final = 1 / 15
#: No crimes at all are only believed when it says so again.
_TIMES_EMPTY: Final = 2
#: A longer address is refused.
_LONGEST_ADDRESS: Final = 4000
#: An area that is full is cut into quarters, and these again, so often.
_DEPTH: Final = 12
_ONLY_PLACED: Final = (
    "The interface gives only the crimes of an area that have a place. Those without one are given "
    "by force: add the force to the area, or fetch from the archive."
)
_ONLY_UNPLACED: Final = (
    "For a force the interface gives only the crimes without a place. Add polygons to the area, or "
    "fetch from the archive, which has all of them."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PoliceApi:
    """Street-level crimes from the interface of data.police.uk, which keeps about three years.

    For polygons it gives the crimes with a place inside them, for forces those without a place.
    More than 10,000 crimes in an area are refused; it is then cut, and what lies on a cut is told
    apart by the interface's own number of a crime.

    Attributes
    ----------
    client : PortalClient
        What asks.
    portal : Portal
        ``url`` is the portal's root.
    zone : str
        IANA zone of the feed.
    area : geopandas.GeoDataFrame, shapely.Polygon, str, pathlib.Path, tuple or list
        Polygons; the path of a file with polygons; a box (west, south, east, north) in degrees; a
        force; or several of these.
    """

    client: PortalClient
    portal: Portal
    zone: str
    area: object = None

    def fields(self) -> tuple[str, ...]:
        """Name what the interface has of a crime.

        Returns
        -------
        tuple of str
            Inner names after a dot.
        """
        return _FIELDS

    def always(self) -> tuple[str, ...]:
        """Name the number of a crime, which proves that none comes twice.

        Returns
        -------
        tuple of str
            That one; ``persistent_id`` is empty for anti-social behaviour.
        """
        return (_ID,)

    def windows(self, span: Span) -> tuple[Window, ...]:
        """Cut a span into months.

        Parameters
        ----------
        span : Span
            The days that are asked for: whole months.

        Returns
        -------
        tuple of Window
            One for each month that is published.

        Raises
        ------
        ParameterError
            If the area is none, or the interface does not keep the months that are asked for.
        """
        area = police_area(self.area)
        if area.forces:
            check_forces(area.forces, force_names(self.client, self.portal.url))
        published = published_months(self.client, self.portal.url)
        if span.since is not None and span.since < published[0]:
            msg = (
                f"The interface keeps {published[0]:%Y-%m} to {published[-1]:%Y-%m}. Fetch earlier "
                "months from the archive, by force."
            )
            raise ParameterError(msg)
        months = wanted_months(span, published[0], published[-1])
        return tuple(Window(name=f"{m:%Y-%m}", since=m, until=moved(m, 1)) for m in months)

    def tallies(self, windows: Sequence[Window]) -> tuple[Tally, ...]:
        """Ask when the crimes were last brought up to date, which is once a month, all at a time.

        Parameters
        ----------
        windows : sequence of Window
            The windows.

        Returns
        -------
        tuple of Tally
            One for each; how many rows there are is not said.
        """
        area, mark = police_area(self.area), last_update(self.client, self.portal.url)
        note = "" if area.outlines and area.forces else _ONLY_PLACED
        note = note if area.outlines else _ONLY_UNPLACED
        return tuple(
            Tally(rows=None, mark=mark, note="" if number else note)
            for number, _ in enumerate(windows)
        )

    def pages(self, window: Window, columns: tuple[str, ...], after: str) -> Iterator[Page]:  # noqa: ARG002
        """Give the one page of a window.

        Parameters
        ----------
        window : Window
            The window.
        columns : tuple of str
            The columns.
        after : str
            Where to begin: there is no place but the beginning.

        Yields
        ------
        Page
            All crimes of a month, each once.

        Raises
        ------
        FetchError
            If they cannot be had whole.
        """
        area, month = police_area(self.area), window.name
        keys: dict[str, None] = {}
        extra: dict[str, None] = {}
        bodies = []
        for crimes in self._answers(month):
            own = {c[_ID]: c for c in crimes if c[_ID] not in keys}
            keys |= dict.fromkeys(own)
            kept = own if area.holes is None else _outside(own, area.holes)
            for key in own.keys() - kept.keys():
                del keys[key]
            body, left_out = csv_rows(kept.values(), columns, f"{self.portal.url} {month}")
            bodies.append(body)
            extra |= dict.fromkeys(left_out)
        yield Page(
            body=b"".join(bodies), rows=len(keys), keys=tuple(keys), after="", left_out=tuple(extra)
        )

    def _answers(self, month: str) -> Iterator[list[dict[str, Any]]]:
        """Ask for each outline, and for each force."""
        area = police_area(self.area)
        for outline in area.outlines:
            yield from self._placed(month, outline, 0)
        for force in area.forces:
            asked = {"category": "all-crime", "force": force, "date": month}
            found = self._ask("crimes-no-location", asked, month)
            if found is None:
                msg = f"{self.portal.url} answers 503 for the crimes of {force} without a place."
                raise FetchError(msg)
            yield found

    def _placed(
        self, month: str, outline: shapely.Polygon, depth: int
    ) -> Iterator[list[dict[str, Any]]]:
        asked = {"date": month, "poly": ring_text(outline)}
        found = self._ask("crimes-street/all-crime", asked, month)
        if found is not None:
            yield found
            return
        parts = quarters(outline) if depth < _DEPTH else ()
        if not parts:
            bounds = tuple(round(float(side), 5) for side in outline.bounds)
            msg = (
                f"{self.portal.url} answers 503 even for the small area {bounds} in {month}: it is "
                "overloaded. Try again later; what was fetched is kept."
            )
            raise FetchError(msg)
        for part in parts:
            yield from self._placed(month, part, depth + 1)

    def _ask(self, path: str, asked: dict[str, str], month: str) -> list[dict[str, Any]] | None:
        """Ask once, not too soon after the question before; None: the area is full."""
        url = f"{self.portal.url}/api/{path}"
        long = len(url) + len(urlencode(asked)) > _LONGEST_ADDRESS
        for _ in range(_TIMES_EMPTY):
            self.client.sleep(_SPACING_SECONDS)
            found = self.client.ask(
                url,
                parse=partial(_crimes_of, month, [], self.client.limits.longest_wait_seconds),
                params=None if long else asked,
                form=asked if long else None,
                accept=(HTTPStatus.OK, HTTPStatus.SERVICE_UNAVAILABLE),
            )
            if found != []:
                break
        return found


def _crimes_of(
    month: str, refusals: list[str], longest_wait_seconds: float, answer: Answer
) -> list[dict[str, Any]] | None:
    """Read crimes. A full area and a busy portal are both 503; only the first one stays."""
    if answer.status == HTTPStatus.SERVICE_UNAVAILABLE:
        wait = seconds_to_wait(answer.headers)
        refusals.append(answer.url)
        if wait is None and len(refusals) > 1:
            return None
        msg = "It answers 503: there are more than 10,000 crimes, or it is overloaded."
        raise AskAgainError(msg, wait_seconds=wait and min(wait, longest_wait_seconds))
    found = json_of(answer)
    if not isinstance(found, list) or not all(isinstance(crime, dict) for crime in found):
        raise not_wanted(answer, "a list of crimes")
    if not all(crime.get(_ID) and crime.get("month") for crime in found):
        raise not_wanted(answer, "crimes with a number and a month")
    strange = {crime["month"] for crime in found} - {month}
    if strange:
        msg = f"It was asked for {month} and gives crimes of {', '.join(sorted(strange))}."
        raise AnswerError(msg)
    # Nothing is written where there is nothing, so that the names of a row are always the same.
    return [{k: v for k, v in crime.items() if v is not None} for crime in found]


def _outside(crimes: dict[str, dict[str, Any]], holes: shapely.Geometry) -> dict[str, Any]:
    """Drop what lies in the holes of an area: an outline has none."""
    shapely.prepare(holes)
    return {
        key: crime
        for key, crime in crimes.items()
        if "location" not in crime
        or not shapely.contains_xy(
            holes, float(crime["location"]["longitude"]), float(crime["location"]["latitude"])
        )
    }
