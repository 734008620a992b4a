"""What goes wrong, and at which request."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

#: Instead of the answer: a status, or a body that says something else under status 200.
REFUSALS: Final = ("status", "error_json", "error_arcgis", "error_html", "redirect")
#: The answer, but not as it should be.
LIES: Final = (
    "empty_page",  # no rows, status 200
    "short_page",  # `rows` fewer than there are, well-formed
    "shuffled_page",  # in another order than was asked for
    "repeated_page",  # the answer before this one to a request for rows
    "stale_page",  # as it was before the last change
    "wrong_count",  # `rows` more than there are
    "range_ignored",  # files: 200 and the whole of it
)
#: The answer, broken on the way. `share` of the body is sent.
BREAKS: Final = (
    "reset_before_head",
    "reset_in_head",
    "reset_in_body",
    "short_body",  # fewer bytes than Content-Length says, then the end
    "long_body",  # more bytes than Content-Length says
    "cut_chunks",  # chunked, without the last chunk
    "cut_at_row",  # ended by the end of the connection, after a whole row: no sign of it
    "cut_in_row",  # the same, amid a row
    "cut_gzip",  # gzip that ends early, its Content-Length right
    "drip",  # ever so slowly, for at most `seconds`
    "endless",  # the body begins again and again, at most `most_bytes`
)
#: Nothing wrong: other ways to send the same answer.
WAYS: Final = ("gzip", "chunks", "until_close")
#: The data change before the request is answered: `rows` rows, and the portal's times of change
#: with them when `traced`. A new row has a new value in the first column, which is the key.
CHANGES: Final = ("insert", "delete", "edit", "move", "rename_column", "add_column")
KINDS: Final = REFUSALS + LIES + BREAKS + WAYS + CHANGES
#: What a client is to get over by asking again.
PASSING: Final = (
    "status",
    "error_json",
    "error_html",
    "reset_before_head",
    "reset_in_head",
    "reset_in_body",
    "short_body",
    "cut_chunks",
    "cut_gzip",
    "gzip",
    "chunks",
    "until_close",
)
#: Where a ``redirect`` leads: ``Fault(to=...)`` is one of these, or an address as it is.
REDIRECTS: Final = (
    "relative",  # to another path, which answers
    "absolute",  # the same with host and port
    "loop",
    "http",  # the same host without TLS
    "other_name",  # 127.0.0.1 instead of localhost
    "mapped",  # [::ffff:127.0.0.1]
    "metadata",  # 169.254.169.254
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that goes wrong.

    ``kind`` is one of `KINDS`. ``retry_after`` is sent as it is, but for ``"date+5"`` and
    ``"date-5"``: an HTTP date so many seconds from now.
    """

    kind: str
    status: int = 503
    retry_after: str = ""
    share: float = 0.5
    rows: int = 1
    traced: bool = True
    to: str = "relative"
    seconds: float = 1.0
    most_bytes: int = 1 << 28

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            msg = f"the kind of fault {self.kind!r} is none of {KINDS}"
            raise ValueError(msg)


class Faults(Protocol):
    """Says what happens to the n-th request (from 0) whose path and query match ``paths``."""

    @property
    def paths(self) -> str: ...

    def fault(self, n: int) -> Fault | None: ...


@dataclass(frozen=True, slots=True)
class FaultSchedule:
    """Faults drawn from a seed: the same seed gives the same faults.

    ``rate`` of the first ``last`` requests get one; later requests get none, so that a client that
    keeps asking arrives in the end.
    """

    seed: int
    rate: float = 0.2
    kinds: Sequence[str] = PASSING
    last: int = 200
    paths: str = ""
    statuses: Sequence[int] = (429, 500, 502, 503, 504)
    retry_after: Sequence[str] = ("", "0", "date+0", "date-60")

    def fault(self, n: int) -> Fault | None:
        drawn = random.Random(f"{self.seed}/{n}")  # noqa: S311 - a schedule, not a secret
        if n >= self.last or drawn.random() >= self.rate:
            return None
        return Fault(
            kind=drawn.choice(self.kinds),
            status=drawn.choice(self.statuses),
            retry_after=drawn.choice(self.retry_after),
            share=drawn.random(),
            rows=drawn.randint(1, 3),
            seconds=0.05,
        )


@dataclass(frozen=True, slots=True)
class FaultScript:
    """Faults written down: by number in ``faults``, and ``then`` for every other request."""

    faults: Mapping[int, Fault] = field(default_factory=dict)
    then: Fault | None = None
    paths: str = ""

    def fault(self, n: int) -> Fault | None:
        return self.faults.get(n, self.then)
