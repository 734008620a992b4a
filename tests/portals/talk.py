"""What a request and an answer are to the protocols, and the bodies they share."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    import polars as pl
    from tests.portals.dataset import Snapshot
    from tests.portals.faults import Fault

JSON: Final = "application/json;charset=utf-8"
CSV: Final = "text/csv;charset=utf-8"
_SOCRATA_TIME: Final = "%Y-%m-%dT%H:%M:%S%.3f"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request; ``asked`` has the parameters of the address and those of a form together.

    The names of ``headers`` are written Like-This.
    """

    number: int
    method: str
    target: str
    path: str
    asked: Mapping[str, str]
    headers: Mapping[str, str]
    fault: Fault | None = None

    def page_of(self, frame: pl.DataFrame, offset: int, limit: int) -> pl.DataFrame:
        """Cut a page out of an answer, or what the fault makes of it."""
        kind = self.fault.kind if self.fault else ""
        if kind == "shuffled_page":
            frame = frame.sample(fraction=1, shuffle=True, seed=self.number)
        page = frame.slice(offset, limit)
        if kind == "short_page" and self.fault:
            return page.head(-self.fault.rows)
        return page.clear() if kind == "empty_page" else page

    def count_of(self, rows: int) -> int:
        """Count, or miscount where that is the fault."""
        wrong = self.fault is not None and self.fault.kind == "wrong_count"
        return rows + self.fault.rows if wrong and self.fault else rows


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer. ``rows`` says that it is a page of rows, which faults repeat and cut."""

    body: bytes
    kind: str = JSON
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    rows: bool = False


class RefusedError(Exception):
    """What the client asked for cannot be answered; the protocol says so in its own way."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.text = text


class Speaks(Protocol):
    """A protocol, asked for the paths that it ``knows``; ``refuse`` is how it says no."""

    def knows(self, path: str) -> bool: ...

    def answer(self, request: Request, now: Snapshot) -> Reply: ...

    def refuse(self, status: int, text: str) -> Reply: ...


def as_json(value: Any, *, status: int = 200, rows: bool = False) -> Reply:  # noqa: ANN401
    return Reply(json.dumps(value, default=_plain).encode(), status=status, rows=rows)


def as_csv(frame: pl.DataFrame) -> bytes:
    """Quote every text and no null, as Socrata does."""
    out = io.BytesIO()
    frame.write_csv(out, quote_style="non_numeric", datetime_format=_SOCRATA_TIME)
    return out.getvalue()


def whole_number(asked: Mapping[str, str], name: str, default: int) -> int:
    """Read a parameter that must be a whole number, 0 or more."""
    text = asked.get(name, str(default))
    if not text.isascii() or not text.isdigit():
        raise RefusedError(400, f"{name} is {text!r}, not a whole number")
    return int(text)


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat(timespec="milliseconds")
    return str(value)
