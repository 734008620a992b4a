"""Which feed a header belongs to: by the names of its columns, never by their order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hotspots.errors import SchemaMismatchError, UnknownFeedError
from hotspots.loaders.registry import describe_feed, list_feeds
from hotspots.loaders.source import open_source
from hotspots.loaders.spec import normalised

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import pandas as pd
    import polars as pl

    from hotspots.loaders.spec import Variant


@dataclass(frozen=True, slots=True, kw_only=True)
class HeaderMatch:
    """How well a header fits one variant of a feed.

    Attributes
    ----------
    feed, variant : str
        Feed and variant.
    score : float
        Columns in common over columns in either, from 0 to 1.
    verbatim : int
        Columns that the header writes exactly as the feed does.
    columns : mapping of str to str
        The feed's name of each column found, and the name in the header.
    missing : tuple of str
        Required columns that the header lacks; empty when the header fits.
    absent : tuple of str
        Optional columns that the header lacks.
    extra : tuple of str
        Columns of the header that the variant does not know.
    """

    feed: str
    variant: str
    score: float
    verbatim: int
    columns: Mapping[str, str]
    missing: tuple[str, ...]
    absent: tuple[str, ...]
    extra: tuple[str, ...]


def match_header(header: Sequence[str]) -> tuple[HeaderMatch, ...]:
    """Compare a header with every variant of every feed.

    Parameters
    ----------
    header : sequence of str
        Column names, in any order.

    Returns
    -------
    tuple of HeaderMatch
        Best first: those that lack no column, then the highest score, then the most columns that
        are written exactly so.

    Examples
    --------
    >>> from hotspots.loaders.detect import match_header
    >>> match_header(["Latitude", "Longitude", "Crime type", "Month"])[0].feed
    'gb-police'
    """
    return _ranked(header, list_feeds())


def _ranked(header: Sequence[str], feeds: Sequence[str]) -> tuple[HeaderMatch, ...]:
    found = [
        _match(header, feed, variant) for feed in feeds for variant in describe_feed(feed).variants
    ]
    return tuple(sorted(found, key=lambda m: (bool(m.missing), -m.score, -m.verbatim)))


def _match(header: Sequence[str], feed: str, variant: Variant) -> HeaderMatch:
    columns = find_columns(header, (*variant.required, *variant.optional))
    known = set(columns.values())
    everything = (
        len(set(header) | known) + len(variant.required) + len(variant.optional) - len(columns)
    )
    return HeaderMatch(
        feed=feed,
        variant=variant.name,
        score=len(columns) / everything,
        verbatim=sum(name == there for name, there in columns.items()),
        columns=columns,
        missing=tuple(c for c in variant.required if c not in columns),
        absent=tuple(c for c in variant.optional if c not in columns),
        extra=tuple(c for c in header if c not in known),
    )


def find_columns(header: Sequence[str], names: Sequence[str]) -> dict[str, str]:
    """Find columns by name: exactly, or else without regard to case, spaces and underscores.

    Parameters
    ----------
    header : sequence of str
        Column names as written.
    names : sequence of str
        Names that are looked for.

    Returns
    -------
    dict of str to str
        Each name found, and how the header writes it.

    Raises
    ------
    SchemaMismatchError
        If a name fits two columns and neither exactly.
    """
    alike: dict[str, list[str]] = {}
    for column in header:
        alike.setdefault(normalised(column), []).append(column)
    found = {}
    for name in names:
        candidates = [name] if name in header else alike.get(normalised(name), [])
        if len(candidates) > 1:
            listed = ", ".join(map(repr, candidates))
            msg = f"The column {name!r} could be any of {listed}. Rename all but one."
            raise SchemaMismatchError(msg)
        if candidates:
            found[name] = candidates[0]
    return found


def detect_feed(
    data: str | Path | pd.DataFrame | pl.DataFrame, *, member: str | None = None
) -> HeaderMatch:
    """Say which feed a file or frame comes from.

    Parameters
    ----------
    data : str, pathlib.Path, pandas.DataFrame or polars.DataFrame
        A file as for ``read_incidents``, or a table.
    member : str, optional
        For a zip archive: the member that is meant, or a pattern with ``*``.

    Returns
    -------
    HeaderMatch
        The feed, its variant, and how the columns are called.

    Raises
    ------
    UnknownFeedError
        If no feed fits; the message names the nearest.
    InputDataError
        If the file cannot be read as a table.

    Examples
    --------
    >>> from hotspots.loaders import detect_feed, sample_path
    >>> detect_feed(sample_path("west-yorkshire-2018-07")).feed
    'gb-police'
    """
    source = open_source(data, member=member, fits=fits_any_feed)
    return best_match(source.header, source.name)


def fits_any_feed(header: Sequence[str]) -> bool:
    """Say whether a header fits a feed.

    Parameters
    ----------
    header : sequence of str
        Column names, in any order.

    Returns
    -------
    bool
        The answer.
    """
    return not match_header(header)[0].missing


def best_match(header: Sequence[str], name: str) -> HeaderMatch:
    """Choose the feed that a header belongs to.

    Parameters
    ----------
    header : sequence of str
        Column names, in any order.
    name : str
        What messages call the file.

    Returns
    -------
    HeaderMatch
        The best match without a missing column.

    Raises
    ------
    UnknownFeedError
        If no feed fits.
    """
    nearest = match_header(header)[0]
    if nearest.missing:
        msg = (
            f"No feed fits the columns of {name} ({listed(header)}). The nearest is "
            f"{nearest.feed!r}, which also needs {listed(nearest.missing)}. Name the columns "
            "yourself with feed='generic-csv' and columns={...}; `hotspots inspect` proposes them."
        )
        raise UnknownFeedError(msg)
    return nearest


def fits_feed(header: Sequence[str], feed: str) -> bool:
    """Say whether a header fits a variant of a feed.

    Parameters
    ----------
    header : sequence of str
        Column names, in any order.
    feed : str
        One of ``list_feeds()``, or the path of a description.

    Returns
    -------
    bool
        The answer.
    """
    return any(not match.missing for match in _ranked(header, [feed]))


def match_feed(header: Sequence[str], feed: str, name: str) -> HeaderMatch:
    """Match a header with a feed that the caller named.

    Parameters
    ----------
    header : sequence of str
        Column names, in any order.
    feed : str
        One of ``list_feeds()``.
    name : str
        What messages call the file.

    Returns
    -------
    HeaderMatch
        The best variant of that feed.

    Raises
    ------
    UnknownFeedError
        If no feed has this name.
    SchemaMismatchError
        If the header lacks columns; the message names the feed that does fit.
    """
    own = _ranked(header, [feed])
    if not own:
        msg = f"The feed {feed!r} has no variant with columns. Give it one."
        raise SchemaMismatchError(msg)
    wanted = own[0]
    if wanted.missing:
        other = match_header(header)[0]
        hint = (
            f"It fits the feed {other.feed!r}: read it as that."
            if not other.missing
            else "No feed fits it. Name the columns yourself with feed='generic-csv'."
        )
        msg = (
            f"{name} is not a file of {feed!r}: missing {listed(wanted.missing)}; "
            f"not known there: {listed(wanted.extra)}. {hint}"
        )
        raise SchemaMismatchError(msg)
    return wanted


def listed(names: Sequence[str]) -> str:
    """Write names for a message, and not more of them than one can read.

    Parameters
    ----------
    names : sequence of str
        Column names.

    Returns
    -------
    str
        At most fifteen, in quotes.

    Examples
    --------
    >>> from hotspots.loaders.detect import listed
    >>> listed(["Lat", "Lon"])
    "'Lat', 'Lon'"
    """
    most = 15
    shown = ", ".join(repr(n) for n in names[:most]) or "nothing"
    return f"{shown} and {len(names) - most:,} more" if len(names) > most else shown
