"""ArcGIS (feature and map services): pages in the order of the object ids, year by year."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from hotspots.errors import AnswerError, FetchError
from hotspots.loaders.documents import X, Y
from hotspots.loaders.fetch.answers import not_wanted
from hotspots.loaders.fetch.arcgis_layer import (
    Layer,
    checked_document,
    layer_of,
    layers_named,
)
from hotspots.loaders.fetch.contract import Page, Tally, Window
from hotspots.loaders.fetch.keyset import keyed_page, row_numbers
from hotspots.loaders.fetch.windows import bounds_of, bound_texts, is_bounded, time_windows, window_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from typing import TypeVar

    from hotspots.loaders.fetch.client import Answer, PortalClient
    from hotspots.loaders.fetch.contract import Span
    from hotspots.loaders.portals import Portal

    T = TypeVar("T")

_YEAR: Final = "{year}"
#: A longer question is posted: some servers cut addresses at 2,048 characters.
_LONGEST_QUERY: Final = 1_500
#: The most ids in one list that every database behind a service takes.
_MOST_IDS: Final = 1_000
_ALL: Final = "1=1"


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
        layers = [self._layer(url) for _, url in reversed(self._layers())]
        return tuple(dict.fromkeys(name for layer in layers for name in layer.columns))

    def always(self) -> tuple[str, ...]:
        """Name the object id, which orders the pages.

        Returns
        -------
        tuple of str
            That one.
        """
        return (self._layer(self._layers()[-1][1]).key,)

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
        if not self._yearly:
            cut = time_windows(span, self.portal, unit="year")
            return tuple(replace(window, source=layers[0][1]) for window in cut)
        # A layer of a year may hold rows of another one, so that all layers are asked.
        since, until = span.since, span.until
        inside = f"-{window_name(since, until)}" if is_bounded(span, self.portal) else ""
        return tuple(
            Window(name=f"layer-{year}{inside}", since=since, until=until, source=url)
            for year, url in layers
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
        # Layers of other years may have fewer fields; theirs stay blank.
        if gone and not self._yearly:
            msg = f"{layer.name} has changed while it was fetched; gone: {', '.join(gone)}."
            raise FetchError(msg)
        last = int(after) if after else None
        pages = self._in_order if layer.in_order else self._by_ids
        for page in pages(layer, self._where(window), columns, last):
            # Each layer numbers its rows by itself.
            prefix = f"{window.name.split('-')[1]}-" if self._yearly else ""
            yield replace(page, keys=tuple(prefix + key for key in page.keys))

    @property
    def _yearly(self) -> bool:
        return _YEAR in self.portal.dataset or _YEAR in self.portal.url

