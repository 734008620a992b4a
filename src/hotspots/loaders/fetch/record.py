"""The file that was fetched, and what is on record about it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from hotspots.errors import FetchError
from hotspots.loaders.detect import listed
from hotspots.loaders.fetch.joining import is_as_written, join, read_manifest, write_manifest
from hotspots.words import message, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hotspots.loaders.fetch.choosing import Choice
    from hotspots.loaders.fetch.contract import Span
    from hotspots.loaders.fetch.engine import Taken
    from hotspots.loaders.fetch.parts import Held, Parts

_SCHEMA_VERSION: Final = 1
#: A dataset that shrinks below this share of what it was is taken for truncated.
_COLLAPSE: Final = 0.5


def record(
    target: Path,
    feed: str,
    span: Span,
    choices: Sequence[Choice],
    taken: Sequence[Taken],
    parts: Sequence[Parts],
) -> tuple[str, ...]:
    """Join the parts into the file, and write beside it what it is; nothing where it is that.

    Parameters
    ----------
    target : pathlib.Path
        The file.
    feed : str
        The feed.
    span : Span
        The days that were asked for.
    choices : sequence of Choice
        The datasets.
    taken : sequence of Taken
        What was taken from each.
    parts : sequence of Parts
        Where the parts of each are.

    Returns
    -------
    tuple of str
        What is to be known.

    Raises
    ------
    FetchError
        If there are no rows, or less than half as many as at the last time.
    OutputError
        If it cannot be written.
    """
    # Without the file nothing is put over anything, whatever was there once.
    before = read_manifest(target) if target.exists() else {}
    now = datetime.now(UTC).isoformat(timespec="seconds")
    facts: dict[str, Any] = {
        "schema": _SCHEMA_VERSION,
        "feed": Path(feed).name,
        "since": span.since,
        "until": span.until and span.until - timedelta(days=1),
        "portals": [
            {"name": c.portal.name, "protocol": c.portal.protocol, "url": c.portal.url,
             "dataset": c.portal.dataset, "variant": c.variant, "asked": p.folder.name}
            for c, p in zip(choices, parts, strict=True)
        ],
        "columns": list(choices[0].columns),
        "columns_not_fetched": sorted(
            {f for c in choices for f in c.others} | {f for t in taken for f in t.left_out}
        ),
        "notes": [note for t in taken for note in t.notes],
        "rows": sum(t.rows for t in taken),
        "windows": [
            {"name": h.window, "rows": h.rows, "mark": h.tally.mark, "digest": _digest(h)}
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


def _digest(held: Held) -> str:
    """Tell what was taken from what was taken before, also where the portal says of neither."""
    return hashlib.sha256("".join(part.sha256 for part in held.parts).encode()).hexdigest()


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
    return (*(say(note) for note in notes), *facts["notes"])
