"""What the engine asks of a protocol, and what it gets."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date  # noqa: TC003 - a dataclass's fields are looked at when it runs
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """The days that are asked for, by the clock of the feed.

    Attributes
    ----------
    since, until : datetime.date or None
        First day, and the day after the last; None: no bound.
    zone : str
        IANA zone of the feed.
    """

    since: date | None
    until: date | None
    zone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A share of a dataset that is fetched, checked and kept as one.

    The windows of a span do not overlap, and together they hold every row of it.

    Attributes
    ----------
    name : str
        Of letters, digits, ``-`` and ``_``; the same for the same share every time.
    since, until : datetime.date or None
        First day, and the day after the last, where the share is cut by time; None: no bound.
    undated : bool
        Whether it is the share of rows without a date.
    source : str
        What else the protocol needs to find it, such as the number of a layer.
    """

    name: str
    since: date | None = None
    until: date | None = None
    undated: bool = False
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What the portal says of a window before its rows are fetched, and after.

    Attributes
    ----------
    rows : int or None
        How many there are; None where the portal cannot say.
    mark : str
        Anything that changes whenever a row of the window does, such as the time of the last
        change or an ETag; empty where the portal has nothing of the kind.
    census : str
        Anything that changes when rows come or go, though perhaps not when one is edited, such as
        the highest of their numbers. It tells more than the count within one fetch, and nothing of
        what was fetched another day.
    note : str
        What is to be said of the window to whoever reads the file, such as that a force gave
        nothing for a month. It takes no part in comparing.
    """

    rows: int | None
    mark: str = ""
    census: str = ""
    note: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Some rows of a window.

    Attributes
    ----------
    body : bytes
        The rows as CSV, UTF-8, without a header, each ended by a line feed.
    rows : int
        How many.
    keys : tuple of str
        The portal's key of every row, in order; empty where it has none.
    after : str
        Where the next page begins, in the protocol's own terms; empty: this is the last one.
    left_out : tuple of str
        Fields that the portal gave and that are not in the body.
    """

    body: bytes
    rows: int
    keys: tuple[str, ...]
    after: str
    left_out: tuple[str, ...] = ()


class Dialect(Protocol):
    """How one portal is asked. Every method asks through the client it was made with.

    It holds no state that a later call depends on. What it gets is what the portal answered, and
    nothing is left out quietly: an answer that is not what was asked for is a ``FetchError``, or an
    ``AnswerError`` when asking again may help.
    """

    def fields(self) -> tuple[str, ...]:
        """Name all that the portal has of a row, in its order."""
        ...

    def always(self) -> tuple[str, ...]:
        """Name the fields that every page must have, whether anybody reads them or not."""
        ...

    def windows(self, span: Span) -> tuple[Window, ...]:
        """Cut a span into windows, oldest first, the one without a date last.

        Parameters
        ----------
        span : Span
            The days that are asked for.
        """
        ...

    def tallies(self, windows: Sequence[Window]) -> tuple[Tally, ...]:
        """Ask how many rows each window has, and when it last changed.

        Parameters
        ----------
        windows : sequence of Window
            The windows.
        """
        ...

    def pages(self, window: Window, columns: tuple[str, ...], after: str) -> Iterator[Page]:
        """Give the pages of a window; one without rows has one page without rows.

        Parameters
        ----------
        window : Window
            The window.
        columns : tuple of str
            The fields that a row is to have, in this order; some of ``fields``.
        after : str
            Where the first page begins, as the page before it said; empty: at the beginning.
        """
        ...
