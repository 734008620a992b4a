"""``fetch_incidents``: from a portal to a file, and a report on every row of it."""

from __future__ import annotations

import calendar
import hashlib
import importlib.util
import json
import re
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeGuard

from filelock import FileLock, Timeout

from hotspots.errors import FetchError, MissingExtraError, OutputError, ParameterError
from hotspots.loaders.detect import listed
from hotspots.loaders.fetch.choosing import choose
from hotspots.loaders.fetch.contract import Span
from hotspots.loaders.fetch.engine import take
from hotspots.loaders.fetch.guard import check_given_url
from hotspots.loaders.fetch.joining import (
    check_fetch_target,
    is_as_written,
    is_gzipped,
    join,
    read_manifest,
    write_manifest,
)
from hotspots.loaders.fetch.limits import FetchLimits
from hotspots.loaders.fetch.parts import Parts
from hotspots.loaders.generic import check_zone_and_crs
from hotspots.loaders.read import read_incidents
from hotspots.loaders.reference import WGS84
from hotspots.loaders.registry import describe_feed
from hotspots.progress import progress_bar
from hotspots.words import message, say

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hotspots.loaders.fetch.choosing import Choice
    from hotspots.loaders.fetch.client import PortalClient
    from hotspots.loaders.fetch.engine import Taken
    from hotspots.loaders.portals import Portal
    from hotspots.loaders.quality import QualityReport
    from hotspots.loaders.spec import FeedSpec

_SCHEMA_VERSION: Final = 1
_DEFAULT_LIMITS: Final = FetchLimits()
#: How long a second process waits for the first one to fetch the same file.
_LOCK_SECONDS: Final = 3600.0
#: A dataset that shrinks below this share of what it was is taken for truncated.
_COLLAPSE: Final = 0.5


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
    with _client(spec.portals, portal, token, private_hosts, limits) as client:
        from hotspots.loaders.fetch.dialects import speak  # noqa: PLC0415 - needs the extra

        def dialect_of(one: Portal) -> Any:  # noqa: ANN401 - a Dialect
            check_given_url(one.url.replace("{year}", "2000"))
            return speak(one, client, zone, area)

        choices = choose(spec, portal, span, dialect_of)
        folder = target.with_name(f"{target.name}.parts")
        with (
            _locked(folder),
            progress_bar("Fetching", total=None, unit="rows", shown=progress) as p,
        ):
            held = [
                (c, Parts.open(folder / _slug(c.portal), c.columns, gzipped=is_gzipped(target)))
                for c in choices
            ]
            taken = [take(c.dialect, span, c.columns, parts, progress=p) for c, parts in held]
            notes = _publish(target, feed, span, choices, taken, [parts for _, parts in held])
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
    if given is None or (isinstance(given, date) and not isinstance(given, datetime)):
        return given
    try:
        if isinstance(given, str) and re.fullmatch(r"\d{4}-\d{2}", given):
            first = date.fromisoformat(f"{given}-01")
            return (
                first.replace(day=calendar.monthrange(first.year, first.month)[1]) if end else first
            )
        if isinstance(given, str) and date.min < (day := date.fromisoformat(given)) < date.max:
            return day
    except ValueError:
        pass
    msg = f"{name}={given!r} is not a day. Write '2024-03-01', or '2024-03' for the whole month."
    raise ParameterError(msg)


@contextmanager
def _client(
    known: Sequence[Portal],
    portal: str | Portal | None,
    token: str | None,
    private_hosts: Sequence[str],
    limits: FetchLimits,
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
    ) as client:
        yield client


def _is_portal(portal: str | Portal | None) -> TypeGuard[Portal]:
    return portal is not None and not isinstance(portal, str)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Let one process at a time fetch into a file; the next one finds it done."""
    try:
        folder.mkdir(exist_ok=True)
        lock = FileLock(folder / "lock", timeout=_LOCK_SECONDS)
        lock.acquire()
    except Timeout as fault:
        msg = (
            f"Another process has been fetching into {folder} for an hour. Wait for it, or end it."
        )
        raise OutputError(msg) from fault
    except OSError as fault:
        msg = f"{folder} cannot be made or locked: {fault.strerror or fault}."
        raise OutputError(msg) from fault
    try:
        yield
    finally:
        lock.release()


def _slug(portal: Portal) -> str:
    """Name a dataset's folder, so that the parts of one are never taken for those of another."""
    facts = "\n".join(str(value) for value in asdict(portal).values())
    return f"{portal.protocol}-{hashlib.sha256(facts.encode()).hexdigest()[:12]}"


def _publish(
    target: Path,
    feed: str,
    span: Span,
    choices: Sequence[Choice],
    taken: Sequence[Taken],
    parts: Sequence[Parts],
) -> tuple[str, ...]:
    """Join the parts into the file, and write beside it what it is; nothing where it is that."""
    before = read_manifest(target)
    now = datetime.now(UTC).isoformat(timespec="seconds")
    facts: dict[str, Any] = {
        "schema": _SCHEMA_VERSION,
        "feed": Path(feed).name,
        "since": span.since,
        "until": span.until and span.until - timedelta(days=1),
        "portals": [
            {"name": c.portal.name, "protocol": c.portal.protocol, "url": c.portal.url,
             "dataset": c.portal.dataset, "variant": c.variant}
            for c in choices
        ],
        "columns": list(choices[0].columns),
        "columns_not_fetched": sorted({f for c in choices for f in c.others}),
        "rows": sum(t.rows for t in taken),
        "windows": [
            {"name": h.window, "rows": h.rows, "mark": h.tally.mark}
            for t in taken
            for h in t.held
            if h.parts
        ],
    }  # fmt: skip
    facts = json.loads(json.dumps(facts, default=str))
    _refuse_collapse(before, facts, target)
    unchanged = all(before.get(name) == value for name, value in facts.items())
    if not (unchanged and is_as_written(target, before)):
        contents = (
            content
            for t, p in zip(taken, parts, strict=True)
            for h in t.held
            for content in p.contents(h)
        )
        joined = join(choices[0].columns, contents, target)
        facts |= {**asdict(joined), "retrieved_at": now}
    else:
        facts |= {name: before[name] for name in ("sha256", "size_bytes", "retrieved_at")}
    for t, p in zip(taken, parts, strict=True):
        p.finish(t.windows)
    write_manifest(target, {**facts, "checked_at": now, "library": version("crime-hotspots")})
    return _notes(before, facts, taken)


def _refuse_collapse(before: dict[str, Any], facts: dict[str, Any], target: Path) -> None:
    """Refuse to put far fewer rows over a file: portals have answered 200 with nearly nothing."""
    if not facts["rows"]:
        msg = (
            f"The portal has no row for what was asked for, and {target.name} was not written. Ask "
            "for other days, or look whether the data were moved."
        )
        raise FetchError(msg)
    asked = ("feed", "since", "until", "portals")
    same = all(before.get(name) == facts[name] for name in asked)
    if same and facts["rows"] < _COLLAPSE * before.get("rows", 0):
        msg = (
            f"The portal has {facts['rows']:,} rows where it had {before['rows']:,} when "
            f"{target.name} was fetched: it may be truncated, so the file was left as it is. If "
            "it is right, move the file away and fetch again."
        )
        raise FetchError(msg)


def _notes(
    before: dict[str, Any], facts: dict[str, Any], taken: Sequence[Taken]
) -> tuple[str, ...]:
    fetched, kept = (sum(getattr(t, name) for t in taken) for name in ("fetched", "kept"))
    notes = [message("fetch.taken", rows=facts["rows"], fetched=fetched, kept=kept)]
    then, now = (
        {*f.get("columns", ()), *f.get("columns_not_fetched", ())} for f in (before, facts)
    )
    if then and now - then:
        notes.append(message("fetch.columns_new", columns=listed(sorted(now - then))))
    if then - now:
        notes.append(message("fetch.columns_gone", columns=listed(sorted(then - now))))
    if facts["columns_not_fetched"]:
        names = listed(facts["columns_not_fetched"])
        notes.append(message("fetch.columns_not_fetched", columns=names))
    return tuple(say(note) for note in notes)
