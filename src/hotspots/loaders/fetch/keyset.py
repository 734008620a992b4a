"""Pages in the order of a portal's own row numbers, each proven to follow the one before."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

from hotspots.errors import AnswerError
from hotspots.loaders.fetch.answers import csv_rows, not_wanted
from hotspots.loaders.fetch.contract import Page

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hotspots.loaders.fetch.client import Answer


def row_numbers(records: Sequence[Mapping[str, Any]], key: str, answer: Answer) -> list[int]:
    """Read the portal's number of every row.

    Parameters
    ----------
    records : sequence of mapping
        The rows, their numbers as text.
    key : str
        The field with the number.
    answer : Answer
        What they came in.

    Returns
    -------
    list of int
        One for each row.

    Raises
    ------
    AnswerError
        If a row has none.
    """
    try:
        return [int(record[key]) for record in records]
    except (KeyError, TypeError, ValueError) as fault:
        raise not_wanted(answer, f"rows with a number in {key}") from fault


def keyed_page(
    records: Sequence[dict[str, Any]],
    numbers: Sequence[int],
    columns: Sequence[str],
    *,
    after: int | None,
    name: str,
) -> Page:
    """Make a page of rows, once it is sure that they follow the page before.

    A portal that repeats a page, gives an older one, or ignores the order that it was asked for,
    is found out here.

    Parameters
    ----------
    records : sequence of dict
        The rows, their numbers as text.
    numbers : sequence of int
        The portal's number of each.
    columns : sequence of str
        The columns of the page.
    after : int or None
        The number that the page before ended with; None: there is none before.
    name : str
        What messages call the portal.

    Returns
    -------
    Page
        Its ``after`` is its own last number, or empty where it has no rows.

    Raises
    ------
    AnswerError
        If the rows do not follow.
    """
    if records and after is not None and numbers[0] <= after:
        msg = f"A page after row {after} begins with row {numbers[0]}, which was in one before."
        raise AnswerError(msg)
    if any(b <= a for a, b in pairwise(numbers)):
        msg = "The rows of a page are not in the order that was asked for."
        raise AnswerError(msg)
    body, left_out = csv_rows(records, columns, name)
    return Page(
        body=body,
        rows=len(records),
        keys=tuple(map(str, numbers)),
        after=str(numbers[-1]) if records else "",
        left_out=left_out,
    )
