"""JSON documents: lists of records, GeoJSON, and what ArcGIS and other portals answer."""

from __future__ import annotations

import json
from typing import Any, Final

import polars as pl

from hotspots.errors import InputDataError, NotTabularError
from hotspots.loaders.frames import check_header

#: Column with the name of the list that a record came from, where a document has named lists.
LIST_NAME: Final = "list name"
X, Y = "geometry.x", "geometry.y"
#: Where portals put the records; what stands beside them describes the answer.
_ENVELOPES: Final = ("features", "records", "rows", "results", "data", "items")
_MAX_DEPTH: Final = 10
_SHOWN: Final = 200


def read_document(content: bytes, name: str) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """Turn a JSON document into a table of text.

    Nested objects are flattened with dots; the coordinates of a point are in ``geometry.x`` and
    ``geometry.y``; a document of named lists has the name in ``list name``. Numbers stay as they
    are written.

    Parameters
    ----------
    content : bytes
        The document, UTF-8.
    name : str
        What messages call it.

    Returns
    -------
    tuple of polars.DataFrame and tuple of str
        The table, and what is to be noted.

    Raises
    ------
    NotTabularError
        If there is no list of records in it: an error message of a portal, say.
    InputDataError
        If it is cut off, nested too deeply, or has too many columns.

    Examples
    --------
    >>> from hotspots.loaders.documents import read_document
    >>> table, _ = read_document(b'[{"id": 7, "at": {"lat": "53.8"}}]', "x.json")
    >>> table.to_dicts()
    [{'id': '7', 'at.lat': '53.8'}]
    """
    document = _parsed(content, name)
    found = _lists(document)
    if not found:
        start = content[: 4 * _SHOWN].decode(errors="replace")[:_SHOWN]
        msg = f"{name} is JSON without a list of records. Download it again. It begins: {start!r}."
        raise NotTabularError(msg)
    rows: list[dict[str, str]] = []
    for list_name, records in found:
        extra = {} if list_name is None else {LIST_NAME: list_name}
        rows += [{**flat_record(record, name), **extra} for record in records]
    columns = dict.fromkeys(column for row in rows for column in row)
    check_header(list(columns), name)
    table = {column: [row.get(column, "") for row in rows] for column in columns}
    try:
        frame = pl.DataFrame(table, schema=dict.fromkeys(columns, pl.String))
    except UnicodeError as error:  # half of a surrogate pair, escaped
        msg = f"{name} holds what is no text ({error}). Download it again."
        raise InputDataError(msg) from error
    return frame, _notes(document)


def parse_json(text: str) -> Any:  # noqa: ANN401 - JSON is of any type
    """Parse JSON with its numbers as text: one of 23 digits is an id, and 1.50 is not 1.5.

    Parameters
    ----------
    text : str
        The document.

    Returns
    -------
    object
        What it holds.

    Raises
    ------
    json.JSONDecodeError
        If it is broken or cut off.
    """
    return json.JSONDecoder(parse_float=str, parse_int=str, parse_constant=str).decode(text)


def _parsed(content: bytes, name: str) -> Any:  # noqa: ANN401 - JSON is of any type
    text = content.decode()
    try:
        try:
            return parse_json(text)
        except json.JSONDecodeError as error:
            lines = [line for line in text.splitlines() if line.strip()]
            if not error.msg.startswith("Extra data") or not lines[0].rstrip().endswith("}"):
                raise
            return [parse_json(line) for line in lines]
    except json.JSONDecodeError as error:
        start = text[:_SHOWN]
        msg = (
            f"{name} is JSON that is cut off or broken ({error}). Download it again. It begins: "
            f"{start!r}."
        )
        raise NotTabularError(msg) from error
    except RecursionError as error:
        msg = f"{name} is JSON that is nested too deeply to be a table."
        raise InputDataError(msg) from error


def _is_records(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(v, dict) for v in value)


def _lists(document: Any) -> list[tuple[str | None, list[dict[str, Any]]]]:  # noqa: ANN401
    """Find the lists of records, and their names where there is more to them than an envelope."""
    if _is_records(document):
        return [(None, document)]
    if not isinstance(document, dict):
        return []
    for key in _ENVELOPES:
        if _is_records(document.get(key)):
            return [(None, document[key])]
    result = document.get("result")
    if isinstance(result, dict) and _is_records(result.get("records")):
        return [(None, result["records"])]
    return [(name, value) for name, value in document.items() if _is_records(value)]


def flat_record(record: dict[str, Any], name: str) -> dict[str, str]:
    """Turn a record into texts by name: inner names after a dot, a feature as its properties.

    Parameters
    ----------
    record : dict
        A record of a document, its numbers as text.
    name : str
        What messages call the document.

    Returns
    -------
    dict of str to str
        Blank where there is nothing.

    Raises
    ------
    InputDataError
        If it is nested too deeply.
    """
    flat: dict[str, str] = {}
    inner = record.get("properties", record.get("attributes"))
    if isinstance(inner, dict) and ("geometry" in record or record.get("type") == "Feature"):
        _flatten(inner, "", flat, name, depth=0)
        x, y = _point(record.get("geometry"))
        flat[X], flat[Y] = x, y
    else:
        _flatten(record, "", flat, name, depth=0)
    return flat


def _point(geometry: object) -> tuple[str, str]:
    """Give the coordinates of a point; blank where there is none."""
    if not isinstance(geometry, dict):
        return "", ""
    pair = geometry.get("coordinates")
    if geometry.get("type") == "MultiPoint" and isinstance(pair, list) and len(pair) == 1:
        pair = pair[0]
    if pair is None:
        pair = [geometry.get("x"), geometry.get("y")]
    if not isinstance(pair, list) or len(pair) < 2:  # noqa: PLR2004 - x, y, and perhaps a height
        return "", ""
    x, y = (_text(value) for value in pair[:2])
    return x, y


def _flatten(
    record: dict[str, Any], prefix: str, flat: dict[str, str], name: str, *, depth: int
) -> None:
    if depth > _MAX_DEPTH:
        msg = f"{name} is JSON that is nested too deeply to be a table."
        raise InputDataError(msg)
    for key, value in record.items():
        column = f"{prefix}{key}"
        if isinstance(value, dict):
            _flatten(value, f"{column}.", flat, name, depth=depth + 1)
        else:
            flat[column] = _text(value)


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False)
    return str(value)


def _notes(document: object) -> tuple[str, ...]:
    cut = isinstance(document, dict) and (
        document.get("exceededTransferLimit") is True
        or (document.get("properties") or {}) == {"exceededTransferLimit": True}
    )
    return ("the portal cut its answer off: there are more records than these",) if cut else ()
