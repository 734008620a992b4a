"""The feeds that are described in feeds/*.toml."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from hotspots.errors import InputDataError, UnknownFeedError
from hotspots.loaders.parse import parse_feed

if TYPE_CHECKING:
    from hotspots.loaders.spec import FeedSpec


def list_feeds() -> tuple[str, ...]:
    """Name the feeds that can be read.

    Returns
    -------
    tuple of str
        Ids, sorted. ``generic-csv`` reads any table whose columns the caller names.

    Examples
    --------
    >>> from hotspots.loaders import list_feeds
    >>> "us-chicago" in list_feeds(), "generic-csv" in list_feeds()
    (True, True)
    """
    here = files("hotspots.loaders").joinpath("feeds")
    names = (p.name for p in here.iterdir())
    return tuple(sorted(n.removesuffix(".toml") for n in names if n.endswith(".toml")))


def describe_feed(feed: str) -> FeedSpec:
    """Say all that is known about a feed.

    Parameters
    ----------
    feed : str
        One of ``list_feeds()``, or the path of a description that ends in ``.toml``.

    Returns
    -------
    FeedSpec
        Columns, formats, zone, licence, attribution and caveats.

    Raises
    ------
    UnknownFeedError
        If no feed has this name.
    InputDataError
        If a description cannot be read, or is wrong.

    Examples
    --------
    >>> from hotspots.loaders import describe_feed
    >>> describe_feed("us-chicago").time_zone
    'America/Chicago'
    """
    return _described(Path(feed)) if feed.endswith(".toml") else _packaged(feed)


def _described(path: Path) -> FeedSpec:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        msg = f"The description {str(path)!r} cannot be read: {error}."
        raise InputDataError(msg) from error
    return parse_feed(text, name=path.name)


@cache
def _packaged(feed: str) -> FeedSpec:
    if feed not in list_feeds():
        msg = f"No feed is called {feed!r}. Choose one of: {', '.join(list_feeds())}."
        raise UnknownFeedError(msg)
    path = files("hotspots.loaders").joinpath("feeds", f"{feed}.toml")
    return parse_feed(path.read_text(encoding="utf-8"), name=f"feeds/{feed}.toml")
