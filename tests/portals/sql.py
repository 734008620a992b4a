"""Queries in the portals' own words, answered by polars."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import polars as pl
from tests.portals.talk import RefusedError

if TYPE_CHECKING:
    from collections.abc import Mapping

_LITERAL: Final = re.compile(r"('(?:[^']|'')*')")
#: Socrata's names that SQL does not know; `date_trunc_ym(x)` is `date_trunc('month', x)`.
_NAMES: Final = (
    (re.compile(r"(?<![\w:\"`]):(id|created_at|updated_at|version)\b"), r'":\1"'),
    (re.compile(r"\bdate_trunc_ymd\(", re.IGNORECASE), "date_trunc('day', "),
    (re.compile(r"\bdate_trunc_ym\(", re.IGNORECASE), "date_trunc('month', "),
    (re.compile(r"\bdate_trunc_y\(", re.IGNORECASE), "date_trunc('year', "),
)


def plain_sql(text: str) -> str:
    """Put Socrata's names into SQL's; what stands in quotes stays as it is."""
    parts = _LITERAL.split(text)
    for at in range(0, len(parts), 2):
        for pattern, plain in _NAMES:
            parts[at] = pattern.sub(plain, parts[at])
        parts[at] = parts[at].replace("`", '"')
    return "".join(parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Select:
    """A query of one table, clause by clause; an empty clause is left out."""

    columns: str = "*"
    where: str = ""
    group: str = ""
    having: str = ""
    order: str = ""

    def run(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Answer it."""
        clauses = (
            ("SELECT", self.columns),
            ("FROM", "rows"),
            ("WHERE", self.where),
            ("GROUP BY", self.group),
            ("HAVING", self.having),
            ("ORDER BY", self.order),
        )
        parts = [f"{word} {plain_sql(text)}" for word, text in clauses if text]
        return run_sql({"rows": frame}, " ".join(parts))


def run_sql(tables: Mapping[str, pl.DataFrame], sql: str) -> pl.DataFrame:
    """Answer a SELECT; what polars cannot answer is the client's fault."""
    if not re.match(r"\s*(select|with)\b", sql, re.IGNORECASE):
        raise RefusedError(400, f"only SELECT is answered, got {sql[:40]!r}")
    try:
        return pl.SQLContext({name: frame.lazy() for name, frame in tables.items()}).execute(
            sql, eager=True
        )
    except pl.exceptions.PolarsError as err:
        raise RefusedError(400, str(err).splitlines()[0]) from err


def miscounted(sql: str, more: int) -> str:
    """Have a query count so many more rows than there are."""
    return re.sub(r"\bcount\(\s*\*\s*\)", f"(count(*) + {more})", sql, flags=re.IGNORECASE)


def split_list(text: str) -> list[str]:
    """Split at the commas that are neither in brackets nor in quotes."""
    items, depth, quote = [""], 0, ""
    for letter in text:
        if quote:
            quote = "" if letter == quote else quote
        elif letter in "'\"`":
            quote = letter
        else:
            depth += {"(": 1, ")": -1}.get(letter, 0)
            if letter == "," and depth == 0:
                items.append("")
                continue
        items[-1] += letter
    return [item.strip() for item in items]
