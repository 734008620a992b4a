"""Large sets of offence rules, in maps/*.csv: tested like code, because they are."""

from __future__ import annotations

import csv
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Final

from hotspots.errors import InputDataError
from hotspots.loaders.rules import OffenceRule

if TYPE_CHECKING:
    from collections.abc import Mapping

_COLUMNS: Final = (
    "code", "category", "description", "offence_code", "group", "quality", "sensitive", "note",
)  # fmt: skip
_TRUTHS: Final = {"": False, "false": False, "true": True}


@cache
def load_map(name: str) -> tuple[OffenceRule, ...]:
    """Read a file of offence rules that travels with the package.

    Parameters
    ----------
    name : str
        Name of a file in ``loaders/maps``.

    Returns
    -------
    tuple of OffenceRule
        Its rules, in its order.

    Raises
    ------
    InputDataError
        If there is no such file, or a line of it is not understood.
    """
    path = files("hotspots.loaders").joinpath("maps", name)
    if not path.is_file() or not name.endswith(".csv"):
        msg = f"There is no map {name!r} in loaders/maps."
        raise InputDataError(msg)
    return parse_map(path.read_text(encoding="utf-8"), name=f"maps/{name}")


def parse_map(text: str, *, name: str) -> tuple[OffenceRule, ...]:
    r"""Read offence rules from text.

    Parameters
    ----------
    text : str
        Lines that begin with ``#``, which say what the map is; then CSV with the columns code,
        category, description, offence_code, group, quality, sensitive and note.
    name : str
        What messages call it.

    Returns
    -------
    tuple of OffenceRule
        One rule a line.

    Raises
    ------
    InputDataError
        If the first line says nothing about the map, or a line is not understood.

    Examples
    --------
    >>> from hotspots.loaders.mapfiles import parse_map
    >>> head = "code,category,description,offence_code,group,quality,sensitive,note"
    >>> rules = parse_map(f"# Of June 2026\n{head}\n0486,BATTERY,,13B,,,,\n", name="x.csv")
    >>> rules[0].code, rules[0].offence_code, rules[0].quality
    ('0486', '13B', 'exact')
    """
    lines = text.splitlines()
    start = next((i for i, line in enumerate(lines) if not line.startswith("#")), len(lines))
    if start == 0:
        msg = f"{name}: the first lines must begin with # and say what the map is, and of when."
        raise InputDataError(msg)
    reader = csv.DictReader(lines[start:], strict=True)
    if tuple(reader.fieldnames or ()) != _COLUMNS:
        msg = f"{name}: the columns are {reader.fieldnames}, not {', '.join(_COLUMNS)}."
        raise InputDataError(msg)
    return tuple(_rule(row, f"{name}, line {start + reader.line_num}") for row in reader)


def _rule(row: Mapping[str | None, str | None], where: str) -> OffenceRule:
    cells = {key: (row.get(key) or "").strip() for key in _COLUMNS}
    if None in row or None in row.values() or cells["sensitive"] not in _TRUTHS:
        msg = f"{where}: {len(_COLUMNS)} cells are needed, and 'sensitive' is true or blank."
        raise InputDataError(msg)
    return OffenceRule(
        code=cells["code"],
        category=cells["category"],
        descriptions=(cells["description"],) if cells["description"] and not cells["code"] else (),
        offence_code=cells["offence_code"],
        group=cells["group"],
        quality=cells["quality"] or "exact",
        sensitive=_TRUTHS[cells["sensitive"]],
    )
