"""What an ArcGIS service says of itself and its layers, and how it says that something is wrong."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from hotspots.errors import AnswerError, FetchError
from hotspots.loaders.documents import X, Y
from hotspots.loaders.fetch.answers import json_of, not_wanted

if TYPE_CHECKING:
    from hotspots.loaders.fetch.client import Answer

#: Fields of these types are no text.
_NO_TEXT: Final = frozenset({"esriFieldTypeGeometry", "esriFieldTypeBlob", "esriFieldTypeRaster"})
_OID: Final = "esriFieldTypeOID"
_POINTS: Final = frozenset({"esriGeometryPoint", "esriGeometryMultipoint"})
_PAGE_ROWS: Final = 1_000
#: Codes inside an error that the same question gets every time, and what to do.
_LASTING: Final = {
    "401": "Give token=...",
    "403": "It is refused: retired, or for callers with a token only.",
    "404": "It is retired or moved. Look it up and give portal=...",
    "498": "The token is not valid, or no longer. Give another one as token=...",
    "499": "It is for callers with a token only: give token=..., or wait until it is open again.",
}
_INVALID: Final = re.compile(r"invalid|parameter|parse|syntax|field|not supported", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """A layer as its service describes it.

    Attributes
    ----------
    url : str
        Its address.
    name : str
        What it is called.
    key : str
        The field with the object id.
    columns : tuple of str
        Its fields; for points also the coordinates.
    page_rows : int
        The most rows that one answer has.
    in_order : bool
        Whether it can give some rows of many in order.
    has_statistics : bool
        Whether it can give the maximum of a field.
    edited : str
        The field that says when a row was last edited; empty where there is none.
    edited_at : str
        When anything in it was last edited; empty where it does not say.
    """

    url: str
    name: str
    key: str
    columns: tuple[str, ...]
    page_rows: int
    in_order: bool
    has_statistics: bool
    edited: str
    edited_at: str


def layer_of(answer: Answer, url: str) -> Layer:
    """Read the description of a layer.

    Parameters
    ----------
    answer : Answer
        The description.
    url : str
        The layer's address.

    Returns
    -------
    Layer
        What matters of it.

    Raises
    ------
    AnswerError
        If it is no description of a layer.
    FetchError
        If it is one of something else, or of a layer without object ids.
    """
    document = checked_document(answer)
    fields = document.get("fields")
    if not fields and "type" in document:
        msg = f"{answer.url} is a {document['type']} without fields. Name a layer inside it."
        raise FetchError(msg)
    if not fields or not _are_named(fields):
        raise not_wanted(answer, "a description of a layer")
    names = [f["name"] for f in fields if f.get("type") not in _NO_TEXT]
    ids = [f["name"] for f in fields if f.get("type") == _OID]
    key = document.get("objectIdField") or (ids[0] if ids else "")
    if key not in names:
        msg = f"{answer.url} has no object ids, without which no order of its rows can be trusted."
        raise FetchError(msg)
    able = document.get("advancedQueryCapabilities") or {}
    edited = (document.get("editFieldsInfo") or {}).get("editDateField") or ""
    times = document.get("editingInfo") or {}
    most = str(document.get("maxRecordCount") or "")
    return Layer(
        url=url,
        name=str(document.get("name") or url),
        key=key,
        columns=(*names, *((X, Y) if document.get("geometryType") in _POINTS else ())),
        page_rows=int(most) if most.isdigit() and int(most) else _PAGE_ROWS,
        in_order=bool(able.get("supportsPagination") and able.get("supportsOrderBy")),
        has_statistics=bool(able.get("supportsStatistics")),
        edited=edited if edited in names else "",
        edited_at=str(times.get("dataLastEditDate") or times.get("lastEditDate") or ""),
    )


def layers_named(answer: Answer, wanted: str) -> dict[str, str]:
    """Find layers of a service by their name.

    Parameters
    ----------
    answer : Answer
        The service's description.
    wanted : str
        The name; ``{year}`` in it stands for any year.

    Returns
    -------
    dict of str to str
        Numbers of layers by year, oldest first; by an empty text without ``{year}``.

    Raises
    ------
    AnswerError
        If it is no description of a service.
    FetchError
        If no layer has the name, or more than one has the same.
    """
    document = checked_document(answer)
    layers = [*(document.get("layers") or ()), *(document.get("tables") or ())]
    if not _are_named(layers):
        raise not_wanted(answer, "a list of layers")
    shape = "(.+)".join(map(re.escape, wanted.split("{year}"))).replace("(.+)", r"(\d{4})")
    found: dict[str, str] = {}
    for layer in layers:
        named = re.fullmatch(shape, layer["name"].strip(), re.IGNORECASE)
        if named is None:
            continue
        year = "".join(named.groups()[:1])
        if year in found:
            msg = f"{answer.url} has two layers named {layer['name']!r}. Give the number of one."
            raise FetchError(msg)
        found[year] = str(layer.get("id"))
    if not found:
        names = ", ".join(repr(layer["name"]) for layer in layers)
        msg = f"{answer.url} has no layer named {wanted!r}, but {names or 'none at all'}."
        raise FetchError(msg)
    return dict(sorted(found.items()))


def checked_document(answer: Answer) -> dict[str, Any]:
    """Read an answer that is an object, unless it is an error under status 200.

    Parameters
    ----------
    answer : Answer
        The answer.

    Returns
    -------
    dict
        What it holds.

    Raises
    ------
    AnswerError
        If it is an error that may pass, or no object at all.
    FetchError
        If it is an error that will not pass: it wants a token, or does not know what was asked for.
    """
    document = json_of(answer)
    if not isinstance(document, dict):
        raise not_wanted(answer, "a JSON object")
    error = document.get("error")
    if error is None and document.get("status") == "error":
        error = {"code": document.get("code"), "message": document.get("messages")}
    if error is None:
        return document
    if not isinstance(error, dict):
        error = {"message": error}
    code = str(error.get("code") or "")
    details = error.get("details")
    told = [error.get("message"), *(details if isinstance(details, list) else [details])]
    said = "; ".join(dict.fromkeys(str(part) for part in told if part))
    advice = _LASTING.get(code, "")
    if code == "400" and _INVALID.search(said):
        advice = "Its fields may have changed."
    msg = f"{answer.url} answers with an error: {code} {said}. {advice}".strip()
    raise FetchError(msg) if advice else AnswerError(msg)


def _are_named(things: list[Any]) -> bool:
    return all(isinstance(thing, dict) and isinstance(thing.get("name"), str) for thing in things)
