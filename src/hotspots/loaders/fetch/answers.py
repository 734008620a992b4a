"""From the body of an answer to rows, with every sign that it is not what was asked for."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from hotspots.errors import AnswerError, FetchError, HotspotsError
from hotspots.loaders.documents import flat_record, parse_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import TypeVar

    from hotspots.loaders.fetch.client import Answer

    T = TypeVar("T")

_SHOWN: Final = 200


def understood(answer: Answer, parse: Callable[[Answer], T]) -> T:
    """Parse an answer; one of a form that nobody thought of is one that cannot be used.

    Parameters
    ----------
    answer : Answer
        The answer.
    parse : callable
        What turns it into what is wanted.

    Returns
    -------
    object
        What it gave.

    Raises
    ------
    AnswerError
        If the answer has another form than is expected.
    """
    try:
        return parse(answer)
    except HotspotsError:
        raise
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as fault:
        msg = f"The answer is not of the form that was expected ({type(fault).__name__}: {fault})."
        raise AnswerError(msg) from fault


def json_of(answer: Answer) -> Any:  # noqa: ANN401 - JSON is of any type
    """Read an answer as JSON, its numbers as text.

    Parameters
    ----------
    answer : Answer
        The answer.

    Returns
    -------
    object
        What it holds.

    Raises
    ------
    AnswerError
        If it is a web page, or cut off.
    """
    try:
        return parse_json(answer.content.decode("utf-8-sig"))
    except (json.JSONDecodeError, UnicodeDecodeError, RecursionError) as fault:
        raise not_wanted(answer, "JSON") from fault


def not_wanted(answer: Answer, wanted: str) -> AnswerError:
    """Make the error for an answer that is not what was asked for.

    Parameters
    ----------
    answer : Answer
        The answer.
    wanted : str
        What was asked for.

    Returns
    -------
    AnswerError
        The error; it quotes the beginning of the answer.
    """
    begins = answer.content[: 4 * _SHOWN].decode(errors="replace")[:_SHOWN]
    return AnswerError(f"The answer is not {wanted}, or cut off. It begins: {begins!r}.")


def csv_rows(
    records: Iterable[dict[str, Any]], columns: Sequence[str], name: str
) -> tuple[bytes, tuple[str, ...]]:
    r"""Write records as rows of CSV.

    Parameters
    ----------
    records : iterable of dict
        Records of an answer.
    columns : sequence of str
        The columns, in order.
    name : str
        What messages call the answer.

    Returns
    -------
    tuple of bytes and tuple of str
        The rows without a header, and the names of the fields that are in no column.

    Examples
    --------
    >>> from hotspots.loaders.fetch.answers import csv_rows
    >>> csv_rows([{"id": "7", "at": {"lat": "53.8"}, "phone": "1"}], ["id", "at.lat"], "x")
    (b'7,53.8\n', ('phone',))
    """
    flat = [flat_record(record, name) for record in records]
    known = set(columns)
    extra = dict.fromkeys(field for record in flat for field in record if field not in known)
    # Blank and absent are the same to every reader of the file, so they are written alike.
    table = {c: [record.get(c) or None for record in flat] for c in columns}
    frame = pl.DataFrame(table, schema=dict.fromkeys(columns, pl.String))
    return frame.write_csv(include_header=False).encode(), tuple(extra)


def take_csv(
    answer: Answer, columns: Sequence[str], key: str
) -> tuple[bytes, int, tuple[str, ...]]:
    """Take the rows out of a page of CSV as they are, once it is sure that they are all there.

    Parameters
    ----------
    answer : Answer
        A page of CSV with a header.
    columns : sequence of str
        The columns that it must have, in order.
    key : str
        The one of them that holds the portal's key of a row.

    Returns
    -------
    tuple of bytes, int and tuple of str
        The rows without the header, how many there are, and their keys.

    Raises
    ------
    AnswerError
        If it is no CSV, or cut off.
    FetchError
        If it has other columns.
    """
    content = answer.content.removeprefix(b"\xef\xbb\xbf")
    line, feed, body = content.partition(b"\n")
    if not feed or content[:1] in (b"<", b"{", b"["):
        raise not_wanted(answer, "CSV")
    header = next(csv.reader([line.decode(errors="replace").rstrip("\r")]), [])
    if header != list(columns):
        gone = ", ".join(sorted(set(columns) - set(header))) or "none"
        new = ", ".join(sorted(set(header) - set(columns))) or "none"
        msg = f"{answer.url}: the columns changed while it was fetched; gone: {gone}; new: {new}."
        raise FetchError(msg)
    if not body.endswith(b"\n"):
        if body and not answer.proven_whole:
            raise not_wanted(answer, "whole CSV")
        body += b"\n" if body else b""
    if body.count(b'"') % 2:
        raise not_wanted(answer, "whole CSV")
    if not body:
        return b"", 0, ()
    try:
        frame = pl.read_csv(
            io.BytesIO(body),
            has_header=False,
            new_columns=[f"c{i}" for i in range(len(columns))],
            columns=[columns.index(key)],
            infer_schema=False,
        )
    except pl.exceptions.PolarsError as fault:
        raise not_wanted(answer, "CSV") from fault
    keys = frame.to_series()
    if keys.null_count():
        raise not_wanted(answer, f"CSV with {key} in every row")
    return body, len(keys), tuple(keys.to_list())
