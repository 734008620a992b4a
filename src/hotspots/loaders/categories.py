"""From a publisher's codes and categories to the codebook, and how well each of them fits."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
import pyarrow as pa

from hotspots.loaders.columns import NO_TEXT
from hotspots.loaders.distinct import distinct
from hotspots.loaders.hooks import TEXT_HOOKS
from hotspots.loaders.mapfiles import load_map
from hotspots.loaders.rules import OffenceRule
from hotspots.loaders.spec import normalised, normalised_code
from hotspots.offences import display_groups, offence_codes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import polars as pl

    from hotspots.loaders.columns import Columns
    from hotspots.loaders.rules import CategoryRules
    from hotspots.loaders.spec import FeedSpec

_KEYS: Final = ("category", "description", "code")


@dataclass(frozen=True, slots=True, kw_only=True)
class Categories:
    """What happened, one a row.

    Attributes
    ----------
    table : pandas.DataFrame
        One row per distinct category, description and code, with ``category``, ``description``,
        ``code``, ``rows``, ``offence_code``, ``offence_group``, ``offence_against``,
        ``display_group``, ``mapping_quality`` and ``sensitive``; most rows first.
    positions : numpy.ndarray of int
        Row of ``table`` that each row of the file belongs to.
    """

    table: pd.DataFrame
    positions: np.ndarray


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rules:
    """The rules of a feed by what they match, texts already made comparable."""

    by_code: Mapping[str, OffenceRule]
    by_category: Mapping[str, Sequence[tuple[tuple[str, ...], OffenceRule]]]


def map_categories(columns: Columns, spec: FeedSpec) -> Categories:
    """Give every row a code and a display group.

    Codes go first, because labels are rewritten: code with subcode, code, a code of NIBRS; then
    category and description, then category alone. What fits nothing is unmapped, and listed.

    Parameters
    ----------
    columns : Columns
        The table.
    spec : FeedSpec
        The feed.

    Returns
    -------
    Categories
        The map that was used, and which line of it each row took.
    """
    rules = spec.category
    parts = [
        columns.distinct(rules.category),
        columns.distinct(rules.description),
        distinct_codes(columns, rules),
    ]
    texts, rows = _combinations(parts, columns.frame.height)
    sorted_rules = _sorted_rules((*spec.offences, *(load_map(rules.map) if rules.map else ())))
    lines = [_line(text, rules, sorted_rules) for text in texts]
    table = pd.DataFrame(lines, columns=list(_line(("", "", ""), rules, sorted_rules)))
    table.insert(len(_KEYS), "rows", np.bincount(rows, minlength=len(table)))
    order = table.sort_values(
        ["rows", *_KEYS], ascending=[False, True, True, True], kind="stable"
    ).index.to_numpy()
    where = np.empty(len(order), dtype=np.intp)
    where[order] = np.arange(len(order))
    return Categories(table=table.loc[order].reset_index(drop=True), positions=where[rows])


def _combinations(
    parts: Sequence[tuple[pl.Series, np.ndarray]], count: int
) -> tuple[list[tuple[str, ...]], np.ndarray]:
    """Give the distinct combinations of columns, and the position of each row's."""
    rows = np.zeros(count, dtype=np.int64)
    for found, where in parts:
        encoded = pa.array(rows * len(found) + where).dictionary_encode()
        rows = encoded.indices.to_numpy(zero_copy_only=False).astype(np.int64)
    # The first row of each combination says what its texts are.
    firsts = np.empty(len(encoded.dictionary), dtype=np.intp)
    firsts[rows[::-1]] = np.arange(count)[::-1]
    columns = [found.gather(where[firsts]).to_list() for found, where in parts]
    return list(zip(*columns, strict=True)), rows


def distinct_codes(columns: Columns, rules: CategoryRules) -> tuple[pl.Series, np.ndarray]:
    """Give the distinct codes of the publisher, with the subcode where there is one.

    Parameters
    ----------
    columns : Columns
        The table.
    rules : CategoryRules
        Which columns hold them.

    Returns
    -------
    tuple of polars.Series and numpy.ndarray
        ``code``, or ``code/subcode`` where there is a subcode, and the position of each row's;
        blank where there is neither.
    """
    if not rules.subcode or not columns.has(rules.subcode):
        return columns.distinct(rules.code)
    return distinct(columns.joined((rules.code, rules.subcode), "/").str.strip_suffix("/"))


def _sorted_rules(rules: Sequence[OffenceRule]) -> _Rules:
    by_code: dict[str, OffenceRule] = {}
    by_category: dict[str, list[tuple[tuple[str, ...], OffenceRule]]] = {}
    for rule in rules:
        if rule.code:
            by_code.setdefault(normalised_code(rule.code), rule)
        else:
            patterns = tuple(normalised(d) for d in rule.descriptions)
            by_category.setdefault(normalised(rule.category), []).append((patterns, rule))
    return _Rules(by_code=by_code, by_category=by_category)


def _line(
    texts: Sequence[str], rules: CategoryRules, sorted_rules: _Rules
) -> dict[str, str | bool | None]:
    category, description, code = texts
    rule = _fit(category, description, code, rules, sorted_rules)
    known = offence_codes().get(rule.offence_code) if rule else None
    group = (rule.group if rule else "") or (known.display_group if known else "other")
    return {
        **{k: _told(t) or None for k, t in zip(_KEYS, (category, description, code), strict=True)},
        "offence_code": known.code if known else None,
        "offence_group": known.category if known else None,
        "offence_against": known.against if known else None,
        "display_group": group,
        "mapping_quality": rule.quality if rule else "unmapped",
        "sensitive": bool(
            display_groups()[group].sensitive
            or (known and known.sensitive)
            or (rule and rule.sensitive)
        ),
    }


def _fit(
    category: str, description: str, code: str, rules: CategoryRules, sorted_rules: _Rules
) -> OffenceRule | None:
    """Find the rule that fits: by code, or else by text."""
    code = _hooked(code, rules.code_hooks)
    if code:
        whole = normalised_code(code)
        for key in (whole, whole.partition("/")[0]):
            if key in sorted_rules.by_code:
                return sorted_rules.by_code[key]
        nibrs = code.strip().upper()
        if rules.nibrs and nibrs in offence_codes():
            return OffenceRule(code=nibrs, offence_code=nibrs)
    key = normalised(_hooked(category, rules.category_hooks))
    finer = normalised(_hooked(description, rules.description_hooks))
    for patterns, rule in sorted_rules.by_category.get(key, ()):
        if not patterns or any(fnmatchcase(finer, p) for p in patterns):
            return rule
    return None


def _hooked(text: str, hooks: Sequence[str]) -> str:
    for hook in hooks:
        text = TEXT_HOOKS[hook](text)
    return _told(text)


def _told(text: str) -> str:
    bare = text.strip()
    return "" if bare in NO_TEXT else bare
