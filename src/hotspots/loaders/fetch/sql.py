"""Pieces of SQL for portals that take it: names in quotes, and the condition of a window."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hotspots.loaders.fetch.windows import bound_texts, bounds_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hotspots.loaders.fetch.contract import Window
    from hotspots.loaders.portals import Portal


def quoted(name: str) -> str:
    """Quote a name of a column or table, so that nothing in it is taken for SQL.

    Parameters
    ----------
    name : str
        The name, as the portal gives it.

    Returns
    -------
    str
        The name in double quotes.

    Examples
    --------
    >>> from hotspots.loaders.fetch.sql import quoted
    >>> print(quoted('end "date" of it'))
    "end ""date"" of it"
    """
    return '"' + name.replace('"', '""') + '"'


def condition(
    window: Window, portal: Portal, zone: str, *, column: str, moment: str = "'{}'"
) -> str:
    """Say which rows are in a window.

    Parameters
    ----------
    window : Window
        The window.
    portal : Portal
        Its clock, and whether its dates are text.
    zone : str
        IANA zone of the feed.
    column : str
        The column with the date, as SQL.
    moment : str, default "'{}'"
        How a moment is written, where the dates are no text.

    Returns
    -------
    str
        SQL; empty where there is no condition.

    Examples
    --------
    >>> from datetime import date
    >>> from hotspots.loaders.fetch.contract import Window
    >>> from hotspots.loaders.fetch.sql import condition
    >>> from hotspots.loaders.portals import Portal
    >>> portal = Portal(name="x", protocol="arcgis", url="https://example.org", clock="utc")
    >>> condition(Window(name="from-2024-03", since=date(2024, 3, 1)), portal, "America/New_York",
    ...           column="REPORTED", moment="TIMESTAMP '{}'")
    "REPORTED >= TIMESTAMP '2024-03-01 05:00:00'"
    """
    if window.undated:
        return f"{column} IS NULL"
    is_text = portal.date_kind == "text"
    limits = (bound_texts if is_text else bounds_of)(window, portal, zone)
    written = "'{}'" if is_text else moment
    return " AND ".join(
        f"{column} {sign} {written.format(limit)}"
        for sign, limit in zip((">=", "<"), limits, strict=True)
        if limit
    )


def select(what: str, table: str, *conditions: str, then: str = "") -> str:
    """Put a question together.

    Parameters
    ----------
    what : str
        What is selected, as SQL.
    table : str
        The table, as SQL.
    *conditions : str
        What must all hold, as SQL; empty ones do not count.
    then : str, default ""
        What follows them.

    Returns
    -------
    str
        SQL.

    Examples
    --------
    >>> from hotspots.loaders.fetch.sql import select
    >>> select('"a"', '"t"', '"b" < 3 OR "b" IS NULL', "", '"c" > 4', then="LIMIT 5")
    'SELECT "a" FROM "t" WHERE ("b" < 3 OR "b" IS NULL) AND ("c" > 4) LIMIT 5'
    """
    held = " AND ".join(f"({part})" for part in conditions if part)
    parts = ["SELECT", what, "FROM", table, *(["WHERE", held] if held else []), then]
    return " ".join(part for part in parts if part)


def next_rows(
    columns: Sequence[str], table: str, condition: str, *, key: str, after: int | None, most: int
) -> str:
    """Ask for the rows that follow one, in the order of their numbers.

    Parameters
    ----------
    columns : sequence of str
        Names of columns.
    table : str
        The table, as SQL.
    condition : str
        Which rows, as SQL; empty: all.
    key : str
        Name of the column with the number.
    after : int or None
        The number that they follow; None: from the beginning.
    most : int
        How many rows.

    Returns
    -------
    str
        SQL.

    Examples
    --------
    >>> from hotspots.loaders.fetch.sql import next_rows
    >>> next_rows(["id"], '"t"', "", key="n", after=7, most=100)
    'SELECT "id" FROM "t" WHERE ("n" > 7) ORDER BY "n" LIMIT 100'
    """
    follows = "" if after is None else f"{quoted(key)} > {after}"
    then = f"ORDER BY {quoted(key)} LIMIT {most}"
    return select(", ".join(map(quoted, columns)), table, condition, follows, then=then)
