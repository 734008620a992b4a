"""ArcGIS (feature and map services): pages in the order of the object ids, year by year."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from hotspots.errors import AnswerError, FetchError
from hotspots.loaders.documents import X, Y
from hotspots.loaders.fetch.answers import not_wanted
from hotspots.loaders.fetch.arcgis_layer import checked_document, layer_of, layers_named
from hotspots.loaders.fetch.contract import Tally, Window
from hotspots.loaders.fetch.keyset import keyed_page, row_numbers
from hotspots.loaders.fetch.sql import condition
from hotspots.loaders.fetch.windows import is_bounded, time_windows, window_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from typing import TypeVar

    from hotspots.loaders.fetch.arcgis_layer import Layer
    from hotspots.loaders.fetch.client import Answer, PortalClient
    from hotspots.loaders.fetch.contract import Page, Span
    from hotspots.loaders.portals import Portal

    T = TypeVar("T")

_YEAR: Final = "{year}"
#: A longer question is posted: some servers cut addresses at 2,048 characters.
_LONGEST_QUERY: Final = 1_500
#: The most ids in one list that every database behind a service takes.
_MOST_IDS: Final = 1_000
_NO_ROWS: Final = Tally(rows=0, mark="no rows")


@dataclass(frozen=True, slots=True, kw_only=True)
class ArcGIS:
    """A layer of an ArcGIS service, or one layer for each year.

    Attributes
    ----------
    client : PortalClient
        What asks.
    portal : Portal
        The service, and the number or name of the layer.
    zone : str
        IANA zone of the feed.
    page_rows : int
        The most rows of a page; the service's own limit where that is lower.
    """

    client: PortalClient
    portal: Portal
    zone: str
    page_rows: int = 10_000

    def fields(self) -> tuple[str, ...]:
        """Name the fields of the layer, and the coordinates of its points.

        Returns
        -------
        tuple of str
            With a layer for each year: those of the newest, then what only older ones have.
        """
        layers = [self._layer(url) for url in reversed(self._layers().values())]
        return tuple(dict.fromkeys(name for layer in layers for name in layer.columns))

    def always(self) -> tuple[str, ...]:
        """Name the object id, which orders the rows.

        Returns
        -------
        tuple of str
            That one.
        """
        return (self._layer([*self._layers().values()][-1]).key,)

    def windows(self, span: Span) -> tuple[Window, ...]:
        """Cut a span into years, or take each year's layer as it is.

        Parameters
        ----------
        span : Span
            The days that are asked for.

        Returns
        -------
        tuple of Window
            They do not overlap and leave nothing out; ``source`` is the layer.
        """
        layers = self._layers()
        if not self._is_yearly():
            cut = time_windows(span, self.portal, unit="year")
            return tuple(replace(window, source=layers[""]) for window in cut)
        # The layer of a year may hold rows of another, so all layers are asked for the span.
        since, until = span.since, span.until
        inside = f"-{window_name(since, until)}" if is_bounded(span, self.portal) else ""
        return tuple(
            Window(name=f"layer-{year}{inside}", since=since, until=until, source=url)
            for year, url in layers.items()
        )

    def tallies(self, windows: Sequence[Window]) -> tuple[Tally, ...]:
        """Ask how many rows each window has, and when one of them was last edited.

        Parameters
        ----------
        windows : sequence of Window
            The windows.

        Returns
        -------
        tuple of Tally
            One for each.
        """
        layers = {url: self._layer(url) for url in dict.fromkeys(w.source for w in windows)}
        return tuple(self._tally(window, layers[window.source]) for window in windows)

    def pages(self, window: Window, columns: tuple[str, ...], after: str) -> Iterator[Page]:
        """Give the pages of a window, in the order of the object ids.

        Parameters
        ----------
        window : Window
            The window.
        columns : tuple of str
            The fields; the object id is one of them.
        after : str
            The last object id of the page before; empty at the beginning.

        Yields
        ------
        Page
            As many rows as the service gives at once.

        Raises
        ------
        FetchError
            If the layer has lost one of the columns.
        """
        layer = self._layer(window.source)
        gone = [column for column in columns if column not in layer.columns]
        # A layer of another year may have fewer fields; they stay blank.
        if gone and not self._is_yearly():
            msg = f"{layer.name}: the fields changed while it was fetched; gone: {', '.join(gone)}."
            raise FetchError(msg)
        # Every layer numbers its rows by itself.
        prefix = f"{window.name}/" if self._is_yearly() else ""
        pages = self._in_order if layer.in_order else self._by_ids
        for page in pages(layer, self._where(window), columns, int(after) if after else None):
            yield replace(page, keys=tuple(prefix + key for key in page.keys)) if prefix else page

    def _in_order(
        self, layer: Layer, where: str, columns: Sequence[str], last: int | None
    ) -> Iterator[Page]:
        """Ask for what follows the last row until nothing does.

        How many rows an answer has says nothing: a service may cut at less than its own limit.
        """
        while True:
            follows = where if last is None else f"({where}) AND {layer.key} > {last}"
            params = {
                "where": follows,
                "orderByFields": f"{layer.key} ASC",
                "resultRecordCount": str(min(layer.page_rows, self.page_rows)),
                **_wanted(layer, columns),
            }

            def parse(answer: Answer, last: int | None = last) -> Page:
                records, numbers = _records(answer, layer)
                return keyed_page(records, numbers, columns, after=last, name=layer.name)

            page = self._ask(f"{layer.url}/query", params, parse)
            yield page
            if not page.after:
                return
            last = int(page.after)

    def _by_ids(
        self, layer: Layer, where: str, columns: Sequence[str], last: int | None
    ) -> Iterator[Page]:
        """Ask for all object ids, which no service cuts off, and then for the rows of some."""
        params = {"where": where, "returnIdsOnly": "true"}
        ids = [
            number
            for number in self._ask(f"{layer.url}/query", params, _object_ids)
            if last is None or number > last
        ]
        step = min(layer.page_rows, self.page_rows, _MOST_IDS)
        for start in range(0, max(len(ids), 1), step):
            piece = ids[start : start + step]
            found = self._rows_of(layer, where, columns, piece)
            numbers = sorted(found)
            records = [found[number] for number in numbers]
            page = keyed_page(records, numbers, columns, after=last, name=layer.name)
            more = start + step < len(ids)
            yield replace(page, after=str(piece[-1]) if more else "")

    def _rows_of(
        self, layer: Layer, where: str, columns: Sequence[str], ids: Sequence[int]
    ) -> dict[int, dict[str, Any]]:
        """Ask for rows by their ids until all are there, or those that are not are gone."""
        found: dict[int, dict[str, Any]] = {}
        missing = list(ids)
        while missing:
            listed = ", ".join(map(str, missing))
            params = {
                "where": f"({where}) AND {layer.key} IN ({listed})",
                **_wanted(layer, columns),
            }
            records, numbers = self._ask(
                f"{layer.url}/query", params, partial(_records, layer=layer)
            )
            wanted = set(missing)
            got = {n: r for n, r in zip(numbers, records, strict=True) if n in wanted}
            if not got:
                return found
            found |= got
            missing = [number for number in missing if number not in got]
        return found

    def _tally(self, window: Window, layer: Layer) -> Tally:
        url, where = f"{layer.url}/query", self._where(window)
        rows = self._ask(url, {"where": where, "returnCountOnly": "true"}, _count)
        if not rows:
            return _NO_ROWS
        if not layer.has_statistics:
            return Tally(rows=rows, mark=layer.edited_at)
        # A row that is added has a higher id than any before.
        asked = [("max", layer.key, "last_id")]
        asked += [("max", layer.edited, "last_edit")] if layer.edited else []
        statistics = [
            dict(
                zip(
                    ("statisticType", "onStatisticField", "outStatisticFieldName"), one, strict=True
                )
            )
            for one in asked
        ]
        params = {"where": where, "outStatistics": json.dumps(statistics)}
        found = self._ask(url, params, partial(_statistics, names=tuple(n for *_, n in asked)))
        # Where no row of it has ever been edited, nobody knows that the field is kept at all.
        mark = found.get("last_edit") or layer.edited_at
        return Tally(rows=rows, mark=mark, census=found["last_id"])

    def _where(self, window: Window) -> str:
        column = self.portal.date_column
        where = condition(window, self.portal, self.zone, column=column, moment="TIMESTAMP '{}'")
        return where or "1=1"

    def _is_yearly(self) -> bool:
        return _YEAR in self.portal.dataset or _YEAR in self.portal.url

    def _layers(self) -> dict[str, str]:
        """Find the addresses of the layers by year, oldest first; by "" where there is only one."""
        url, name = self.portal.url.rstrip("/"), self.portal.dataset or "0"
        if _YEAR not in url:
            return {year: f"{url}/{number}" for year, number in self._numbers(url, name).items()}
        today = datetime.now(ZoneInfo(self.zone)).date()
        years = range(self.portal.first_day.year, min(self.portal.last_day, today).year + 1)
        if self.portal.first_day == date.min or not years:
            msg = f"{self.portal.name!r} has {_YEAR} in its address: say the first year, first_day."
            raise FetchError(msg)
        services = {str(year): url.replace(_YEAR, str(year)) for year in years}
        return {
            year: f"{service}/{self._numbers(service, name.replace(_YEAR, year))['']}"
            for year, service in services.items()
        }

    def _numbers(self, service: str, name: str) -> dict[str, str]:
        if name.isascii() and name.isdigit():
            return {"": name}
        return self._ask(service, {}, partial(layers_named, wanted=name))

    def _layer(self, url: str) -> Layer:
        return self._ask(url, {}, partial(layer_of, url=url))

    def _ask(self, url: str, params: Mapping[str, str], parse: Callable[[Answer], T]) -> T:
        asked = {**params, "f": "json"}
        if len(urlencode(asked)) > _LONGEST_QUERY:
            return self.client.ask(url, form=asked, parse=parse)
        return self.client.ask(url, params=asked, parse=parse)


def _wanted(layer: Layer, columns: Sequence[str]) -> dict[str, str]:
    """Say which fields of a row are asked for."""
    names = [c for c in columns if c in layer.columns and c not in {X, Y}]
    return {
        "outFields": ",".join(dict.fromkeys([layer.key, *names])),
        "returnGeometry": "true" if {X, Y} & {*columns} & {*layer.columns} else "false",
        "outSR": "4326",
    }


def _records(answer: Answer, layer: Layer) -> tuple[list[dict[str, Any]], list[int]]:
    """Read rows and their object ids."""
    document = checked_document(answer)
    features = document.get("features")
    if not isinstance(features, list) or not all(
        isinstance(feature, dict) and isinstance(feature.get("attributes"), dict)
        for feature in features
    ):
        raise not_wanted(answer, "a list of features")
    if not features and document.get("exceededTransferLimit") is True:
        msg = "The service says that there are more rows, and gives none."
        raise AnswerError(msg)
    numbers = row_numbers([feature["attributes"] for feature in features], layer.key, answer)
    # A row without a place may have no geometry at all.
    return [{"geometry": None, **feature} for feature in features], numbers


def _object_ids(answer: Answer) -> list[int]:
    document = checked_document(answer)
    ids = document.get("objectIds", [])
    # Without any, the list is null.
    if "objectIds" not in document or not all(str(i).isdigit() for i in ids or ()):
        raise not_wanted(answer, "a list of object ids")
    return sorted({int(i) for i in ids or ()})


def _count(answer: Answer) -> int:
    count = str(checked_document(answer).get("count"))
    if not count.isdigit():
        raise not_wanted(answer, "a count of rows")
    return int(count)


def _statistics(answer: Answer, names: Sequence[str]) -> dict[str, str]:
    """Read figures by their names, of which some databases change the case."""
    features = checked_document(answer).get("features")
    try:
        found = {name.lower(): value for name, value in features[0]["attributes"].items()}  # type: ignore[index]
        return {name: str(found[name] or "") for name in names}
    except (TypeError, KeyError, IndexError, AttributeError) as fault:
        raise not_wanted(answer, "the figures that were asked for") from fault
