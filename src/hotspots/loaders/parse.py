"""From a feed's TOML file to a FeedSpec: read strictly, so that a typo is never ignored."""

from __future__ import annotations

import tomllib
from dataclasses import MISSING, fields, is_dataclass
from typing import Any, Final, get_args, get_origin, get_type_hints

from hotspots.errors import InputDataError
from hotspots.loaders.faults import spec_faults
from hotspots.loaders.spec import FeedSpec

#: Tables of a feed that a variant can change key by key.
_SHARED: Final = ("rows", "time", "place", "category", "expected")
#: Facts of a feed that a variant can replace.
_FACTS: Final = ("source_id", "checked_on", "anonymised_by_publisher", "anonymisation")


def _convert(kind: Any, value: Any, where: str) -> Any:  # noqa: ANN401 - TOML values are of any type
    """Turn a TOML value into what a field of a spec holds, or say what is wrong with it."""
    if isinstance(kind, type) and is_dataclass(kind):
        if isinstance(value, dict):
            return _build(kind, value, where)
    elif get_origin(kind) is tuple:
        if isinstance(value, list):
            inner = get_args(kind)[0]
            return tuple(_convert(inner, v, f"{where}[{i}]") for i, v in enumerate(value))
    elif kind is float:
        if isinstance(value, int | float) and not isinstance(value, bool):
            return float(value)
    elif isinstance(value, kind) and (kind is bool or not isinstance(value, bool)):
        return value
    name = getattr(kind, "__name__", str(kind))
    msg = f"{where}: {value!r} is not a {name}."
    raise InputDataError(msg)


def _build(cls: type, table: dict[str, Any], where: str) -> Any:  # noqa: ANN401 - cls decides the type
    """Build a dataclass from a TOML table; every key must be one of its fields."""
    hints = get_type_hints(cls)
    known = [f.name for f in fields(cls)]
    unknown = [key for key in table if key not in known]
    if unknown:
        msg = f"{where}: unknown key {unknown[0]!r}. Known keys: {', '.join(known)}."
        raise InputDataError(msg)
    absent = [f.name for f in fields(cls) if f.default is MISSING and f.name not in table]
    if absent:
        msg = f"{where}: the key {absent[0]!r} is missing."
        raise InputDataError(msg)
    return cls(**{k: _convert(hints[k], v, f"{where}.{k}") for k, v in table.items()})


def _merged(feed: dict[str, Any], variant: dict[str, Any]) -> dict[str, Any]:
    """Complete a variant with what it does not change of its feed: each key of a shared table."""
    whole: dict[str, Any] = {fact: feed[fact] for fact in _FACTS if fact in feed}
    whole.update(variant)
    for name in _SHARED:
        base, own = feed.get(name, {}), variant.get(name, {})
        if isinstance(base, dict) and isinstance(own, dict):
            whole[name] = {**base, **own}
    return whole


def parse_feed(text: str, *, name: str) -> FeedSpec:
    """Read a feed's description, and refuse it when anything in it is not understood.

    Parameters
    ----------
    text : str
        TOML.
    name : str
        What messages call it.

    Returns
    -------
    FeedSpec
        The description.

    Raises
    ------
    InputDataError
        If a key is unknown or missing, a value has the wrong type, or a fact contradicts the
        codebook.

    Examples
    --------
    >>> from hotspots.loaders.parse import parse_feed
    >>> parse_feed('titel = "My feed"', name="my-feed.toml")
    Traceback (most recent call last):
    ...
    hotspots.errors.InputDataError: my-feed.toml: unknown key 'titel'. Known keys: id, ...
    """
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        msg = f"{name} is not TOML: {error}."
        raise InputDataError(msg) from error
    variants = table.get("variants", [])
    if isinstance(variants, list) and all(isinstance(v, dict) for v in variants) and variants:
        whole = [_merged(table, v) for v in variants]
        table = {"variants": whole, **table, **{k: whole[0][k] for k in _SHARED}}
        table["variants"] = whole
    spec: FeedSpec = _build(FeedSpec, table, name)
    faults = spec_faults(spec)
    if faults:
        msg = f"{name}: {'; '.join(faults)}."
        raise InputDataError(msg)
    return spec
