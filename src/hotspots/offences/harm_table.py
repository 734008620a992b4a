"""Tables of harm: how much an offence with a code weighs, and who says so."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import pandas as pd

from hotspots.errors import ParameterError
from hotspots.offences.codebook import offence_codes

#: The column whose codes are those of the codebook.
CODEBOOK_COLUMN: Final = "offence_code"
_SHOWN: Final = 5


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class HarmTable:
    """How much an offence weighs, by its code.

    Attributes
    ----------
    name : str
        Short name; ``"own"`` unless it comes with this library.
    source : str
        Who published the weights, where and when.
    unit : str
        What one is.
    edition : str
        Year or version; empty when it was not said.
    licence : str
        Under which they may be used; empty when it was not said.
    code_column : str
        The column of the incidents that holds the codes.
    weights : mapping of str to float
        Weight of one incident with each code; it cannot be changed.
    categories : tuple of tuple
        What the source lists: name, weight, codes, and why it has no code. Empty for own tables.
    """

    name: str
    source: str
    unit: str
    edition: str
    licence: str
    code_column: str
    weights: Mapping[str, float]
    categories: tuple[tuple[str, float, tuple[str, ...], str], ...] = ()


def list_harm_tables() -> tuple[str, ...]:
    """Name the tables of harm that come with this library.

    Returns
    -------
    tuple of str
        Names for ``harm_table``.

    Examples
    --------
    >>> import hotspots as hs
    >>> hs.list_harm_tables()
    ('ca-csi-2009',)
    """
    return tuple(_file())


def harm_table(
    weights: str | Mapping[str, float] | pd.Series | pd.DataFrame,
    *,
    source: str = "",
    unit: str = "",
    edition: str = "",
    licence: str = "",
    code_column: str = CODEBOOK_COLUMN,
) -> HarmTable:
    """Take a table of harm, or check one of your own.

    The Cambridge Crime Harm Index goes by the offence codes of the Home Office, which no feed here
    carries; load it as a table of your own for incidents that do (``code_column``). What comes with
    this library covers few codes: those for which a public weight could be checked and means the
    same as the code.

    Parameters
    ----------
    weights : str, mapping, pandas.Series or pandas.DataFrame
        A name from ``list_harm_tables``; or the weight of each code: a mapping, a Series with the
        codes as its index, or a table with the columns ``code`` and ``weight``. A weight is a
        number of 0 or more.
    source, unit : str
        Who published the weights, and what one is, such as ``"days in prison"``. Needed for a table
        of your own, and said beside every number.
    edition, licence : str, default ""
        Year or version, and the terms of use.
    code_column : str, default "offence_code"
        The column of the incidents that holds the codes, such as ``"category_code_raw"``.

    Returns
    -------
    HarmTable
        The table.

    Raises
    ------
    ParameterError
        If no table has the name; if the source or the unit is missing; if a code occurs twice, is
        no text, or is not in the codebook (for ``offence_code``); or if a weight is no number of 0
        or more.

    See Also
    --------
    count_harm : Add up the harm in each cell.

    References
    ----------
    Sherman, L., Neyroud, P. W. and Neyroud, E. (2016). The Cambridge Crime Harm Index: measuring
    total harm from crime based on sentencing guidelines. Policing 10, 171-183.
    DOI 10.1093/police/paw003

    Examples
    --------
    >>> import hotspots as hs
    >>> canada = hs.harm_table("ca-csi-2009")
    >>> canada.weights["120"], canada.weights["220"], "09A" in canada.weights
    (583.0, 187.0, False)
    >>> own = hs.harm_table(
    ...     {"120": 365, "23C": 1}, source="our own survey, 2026", unit="days of work lost"
    ... )
    >>> own.weights["23C"]
    1.0
    """
    if isinstance(weights, str):
        return _shipped(weights)
    if not source.strip() or not unit.strip():
        msg = (
            "A table of your own needs its source and its unit, which are said beside every "
            "number: harm_table(weights, source='...', unit='days in prison')."
        )
        raise ParameterError(msg)
    checked = _checked(_pairs(weights))
    if code_column == CODEBOOK_COLUMN:
        _refuse_unknown(checked)
    return HarmTable(
        name="own",
        source=source,
        unit=unit,
        edition=edition,
        licence=licence,
        code_column=code_column,
        weights=MappingProxyType(checked),
    )


@cache
def _file() -> Mapping[str, Any]:
    text = files("hotspots.offences").joinpath("harm.toml").read_text(encoding="utf-8")
    return MappingProxyType(tomllib.loads(text))


def _shipped(name: str) -> HarmTable:
    if name not in _file():
        known = ", ".join(map(repr, list_harm_tables()))
        msg = (
            f"No table of harm is called {name!r}. There is: {known}. Or give the weights "
            "themselves: harm_table({'120': 365}, source='...', unit='days in prison')."
        )
        raise ParameterError(msg)
    facts = _file()[name]
    categories = tuple(
        (c["name"], float(c["weight"]), tuple(c.get("codes", ())), c.get("why", ""))
        for c in facts["categories"]
    )
    weights = _checked([(code, weight) for _, weight, codes, _ in categories for code in codes])
    _refuse_unknown(weights)
    return HarmTable(
        name=name,
        source=f"{facts['source']} ({facts['url']})",
        unit=facts["unit"],
        edition=facts["edition"],
        licence=facts["licence"],
        code_column=CODEBOOK_COLUMN,
        weights=MappingProxyType(weights),
        categories=categories,
    )


def _pairs(weights: object) -> list[tuple[object, object]]:
    if isinstance(weights, pd.DataFrame):
        missing = [name for name in ("code", "weight") if name not in weights.columns]
        if missing:
            msg = (
                f"The table has no column {', '.join(missing)}; it has "
                f"{', '.join(map(repr, weights.columns))}. Rename: weights.rename(columns=...)."
            )
            raise ParameterError(msg)
        return list(zip(weights["code"].tolist(), weights["weight"].tolist(), strict=True))
    if isinstance(weights, pd.Series):
        return list(zip(weights.index.tolist(), weights.tolist(), strict=True))
    if isinstance(weights, Mapping):
        return list(weights.items())
    kind = type(weights).__name__
    msg = (
        "Weights are a name, a mapping of codes to numbers, a Series, or a DataFrame with the "
        f"columns code and weight; got a {kind}."
    )
    raise ParameterError(msg)


def _checked(pairs: list[tuple[object, object]]) -> dict[str, float]:
    if not pairs:
        msg = "The table of harm is empty. Give a weight for at least one code."
        raise ParameterError(msg)
    out: dict[str, float] = {}
    for code, weight in pairs:
        if not isinstance(code, str) or not code.strip():
            msg = (
                f"A code is a text, got {code!r}. Codes such as '09A' and '090' must not be read "
                "as numbers: pandas.read_csv(..., dtype={'code': str})."
            )
            raise ParameterError(msg)
        if code in out:
            msg = f"The code {code!r} occurs twice in the table. Give each code one weight."
            raise ParameterError(msg)
        number = isinstance(weight, int | float | np.number) and not isinstance(weight, bool)
        if not number or not np.isfinite(weight) or weight < 0:  # type: ignore[operator, call-overload]
            msg = f"The weight of {code!r} is {weight!r}; it must be a number of 0 or more."
            raise ParameterError(msg)
        out[code] = float(weight)  # type: ignore[arg-type]
    if not any(out.values()):
        msg = "Every weight in the table is 0, so nothing would weigh anything."
        raise ParameterError(msg)
    return out


def _refuse_unknown(weights: Mapping[str, float]) -> None:
    known = offence_codes()
    unknown = [code for code in weights if code not in known]
    if unknown:
        near = difflib.get_close_matches(unknown[0], known, n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        listed = ", ".join(map(repr, unknown[:_SHOWN]))
        more = f" and {len(unknown) - _SHOWN} more" if len(unknown) > _SHOWN else ""
        msg = (
            f"The codebook has no code {listed}{more}.{hint} Codes of another system go with "
            "code_column, such as code_column='category_code_raw'."
        )
        raise ParameterError(msg)
