"""``fetch_incidents``: from a portal to a file, and a report on every row of it."""

from __future__ import annotations

import calendar
import importlib.util
import re
from contextlib import contextmanager, suppress
from datetime import date, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeGuard

from filelock import FileLock, Timeout

from hotspots.errors import MissingExtraError, OutputError, ParameterError
from hotspots.files import make_folder
from hotspots.loaders.fetch.choosing import choose
from hotspots.loaders.fetch.contract import Span
from hotspots.loaders.fetch.engine import take
from hotspots.loaders.fetch.guard import check_given_url
from hotspots.loaders.fetch.joining import check_fetch_target, is_gzipped
from hotspots.loaders.fetch.limits import FetchLimits
from hotspots.loaders.fetch.parts import Parts
from hotspots.loaders.fetch.record import record
from hotspots.loaders.generic import check_zone_and_crs
from hotspots.loaders.read import read_incidents
from hotspots.loaders.reference import WGS84
from hotspots.loaders.registry import describe_feed
from hotspots.progress import progress_bar, say_aside

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from hotspots.loaders.fetch.client import PortalClient
    from hotspots.loaders.portals import Portal
    from hotspots.loaders.quality import QualityReport
    from hotspots.loaders.spec import FeedSpec

_DEFAULT_LIMITS: Final = FetchLimits()
#: How long a second process waits for the first one to fetch the same file.
_LOCK_SECONDS: Final = 3600.0


class Fetched(NamedTuple):
    """What fetching gives.

    Attributes
    ----------
    path : pathlib.Path
        The file, ready for ``read_incidents``. Beside it lies ``<name>.manifest.json``: where it
        came from, how many rows, its SHA-256; and a folder ``<name>.parts``, which lets the next
        fetch ask only for what changed, and may be deleted.
    quality : QualityReport or None
        What became of every row; None when no report was asked for.
    notes : tuple of str
        What is to be known, such as columns that are new.
    """

    path: Path
    quality: QualityReport | None
    notes: tuple[str, ...]


def fetch_incidents(  # noqa: PLR0913 - each option by its name
    feed: str,
    *,
    out: str | Path,
    since: str | date | None = None,
    until: str | date | None = None,
    area: Any = None,  # noqa: ANN401 - what it is depends on the portal
    portal: str | Portal | None = None,
    token: str | None = None,
    time_zone: str | None = None,
    private_hosts: Sequence[str] = (),
    limits: FetchLimits = _DEFAULT_LIMITS,
    report: bool = True,
    progress: bool | None = None,
) -> Fetched:
    """Fetch a feed from its portal into a file, so that no row is lost and none comes twice.

    Rows are counted before and after; a portal that cannot be reached, answers nonsense, or changes
    faster than it can be read ends in an error, never in a file that is not whole. A fetch that was
    cut off goes on where it was; one that is repeated asks again only for months that changed. Only
    the columns that the feed's rules read are asked for. This is the only function of the library
    that opens a connection.

    Parameters
    ----------
    feed : str
        One of ``list_feeds()``, or the path of a description that ends in ``.toml``.
    out : str or pathlib.Path
        The file to write: ``.csv`` or ``.csv.gz``. One that is there is replaced, in one step.
    since, until : str or datetime.date, optional
        First and last day, both included, by the clock of the feed; ``"2024-03"`` is a whole month.
        Rows without a date are fetched only when neither is given.
    area : optional
        Only for data.police.uk: the name of a force, or several; for its interface the polygons,
        or west, south, east, north. Other portals are fetched whole.
    portal : str or Portal, optional
        One of the feed's portals by its name, or another dataset. By default the one, or those
        of the same columns, that hold the whole time.
    token : str, optional
        For portals that allow more to callers they know. It is sent to the portal's own host in a
        header, and is never written anywhere.
    time_zone : str, optional
        For a feed whose publishers have each their own (``open311``): the zone of ``since`` and
        ``until``, and of the days in the report. By default days begin at midnight UTC, and the
        report takes the zone in which all places lie.
    private_hosts : sequence of str, optional
        Hosts that may lie inside a private network, such as an agency's own server.
    limits : FetchLimits, optional
        How much, how long and how often.
    report : bool, default True
        Whether to read the file afterwards, and report on every row. Reading holds all rows in
        memory; fetching itself only holds a few pages.
    progress : bool, optional
        Whether to show a progress bar; by default on a terminal.

    Returns
    -------
    Fetched
        ``path``, ``quality`` and ``notes``.

    Raises
    ------
    FetchError
        If the portal does not give the data whole; what was fetched is kept, and the same call
        goes on from there.
    SchemaMismatchError
        If the portal has not the columns that the feed needs any more; the message names them.
    ParameterError
        If an option is not one that the portal can be asked with.
    OutputError
        If the file cannot be written; what was there before is still there.
    MissingExtraError
        If the packages for fetching are not installed.

    Examples
    --------
    >>> import hotspots as hs
    >>> hs.fetch_incidents("us-chicago", since="2024-05", until="2024-04", out="chicago.csv.gz")
    Traceback (most recent call last):
    ...
    hotspots.errors.ParameterError: since (2024-05-01) must not be after until (2024-04-30).
    """
    spec, target = describe_feed(feed), check_fetch_target(out)
    zone = _zone(spec, time_zone)
    span = _span(since, until, zone)
    with _client(spec.portals, portal, token, private_hosts, limits, progress=progress) as client:
        from hotspots.loaders.fetch.dialects import slug, speak  # noqa: PLC0415 - needs the extra

        folder = target.with_name(f"{target.name}.parts")

        def dialect_of(one: Portal) -> Any:  # noqa: ANN401 - a Dialect
            check_given_url(one.url.replace("{year}", "2000"))
            return speak(one, client, zone, area, folder / slug(one, area, zone))

        choices = choose(spec, portal, span, dialect_of)
        with (
            _locked(folder),
            progress_bar("Fetching", total=None, unit="rows", shown=progress) as p,
        ):
            gzipped = is_gzipped(target)
            places = [folder / slug(c.portal, area, zone) for c in choices]
            parts = [
                Parts.open(place, c.columns, gzipped=gzipped)
                for c, place in zip(choices, places, strict=True)
            ]
            taken = [
                take(c.dialect, span, c.columns, own, progress=p)
                for c, own in zip(choices, parts, strict=True)
            ]
            notes = record(target, feed, span, choices, taken, parts)
    quality = read_incidents(target, feed, time_zone=time_zone).quality if report else None
    return Fetched(target, quality, notes)


def _zone(spec: FeedSpec, time_zone: str | None) -> str:
    """Give the zone of the days that are asked for."""
    if time_zone is None:
        return spec.time_zone or "UTC"
    if spec.time_zone:
        msg = f"The time zone of {spec.id} is known: {spec.time_zone}. Leave time_zone out."
        raise ParameterError(msg)
    check_zone_and_crs(time_zone, WGS84)
    return time_zone


def _span(since: str | date | None, until: str | date | None, zone: str) -> Span:
    first, last = _day(since, "since", end=False), _day(until, "until", end=True)
    if first is not None and last is not None and first > last:
        msg = f"since ({first}) must not be after until ({last})."
        raise ParameterError(msg)
    return Span(since=first, until=last and last + timedelta(days=1), zone=zone)


def _day(given: str | date | None, name: str, *, end: bool) -> date | None:
    """Read a day, or the first or last day of a month."""
    if given is None:
        return None
    day = None
    if isinstance(given, date) and not isinstance(given, datetime):
        day = given
    elif isinstance(given, str):
        whole_month = bool(re.fullmatch(r"\d{4}-\d{2}", given))
        with suppress(ValueError):
            day = date.fromisoformat(f"{given}-01" if whole_month else given)
        if day and end and whole_month:
            day = day.replace(day=calendar.monthrange(day.year, day.month)[1])
    if day is not None and date.min < day < date.max:
        return day
    msg = f"{name}={given!r} is not a day. Write '2024-03-01', or '2024-03' for the whole month."
    raise ParameterError(msg)


@contextmanager
def _client(
    known: Sequence[Portal],
    portal: str | Portal | None,
    token: str | None,
    private_hosts: Sequence[str],
    limits: FetchLimits,
    *,
    progress: bool | None,
) -> Iterator[PortalClient]:
    """Open the one client that all questions go through."""
    absent = [name for name in ("httpx", "tenacity") if importlib.util.find_spec(name) is None]
    if absent:
        msg = (
            f"Fetching needs {' and '.join(absent)}, which are not installed. Install them: "
            "pip install 'crime-hotspots[fetch]'."
        )
        raise MissingExtraError(msg)
    from hotspots.loaders.fetch.client import PortalClient  # noqa: PLC0415 - needs the extra
    from hotspots.loaders.fetch.dialects import token_headers  # noqa: PLC0415 - needs the extra

    if isinstance(private_hosts, str):
        msg = f"private_hosts is a list of names, such as [{private_hosts!r}]."
        raise ParameterError(msg)
    asked = [p for p in known if portal in (None, p.name)] if not _is_portal(portal) else [portal]
    with PortalClient(
        limits=limits,
        private_hosts=tuple(private_hosts),
        token_headers=token_headers(asked, token),
        tell=partial(say_aside, shown=progress),
    ) as client:
        yield client


def _is_portal(portal: str | Portal | None) -> TypeGuard[Portal]:
    return portal is not None and not isinstance(portal, str)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Let one process at a time fetch into a file; the next one finds it done."""
    make_folder(folder)
    try:
        lock = FileLock(folder / "lock", timeout=_LOCK_SECONDS)
        lock.acquire()
    except Timeout as fault:
        msg = (
            f"Another process has been fetching into {folder} for an hour. Wait for it, or end it."
        )
        raise OutputError(msg) from fault
    except OSError as fault:
        msg = f"{folder} cannot be locked: {fault.strerror or fault}."
        raise OutputError(msg) from fault
    try:
        yield
    finally:
        lock.release()
