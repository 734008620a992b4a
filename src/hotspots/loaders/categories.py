"""From a publisher's categories to the codebook: by rule, and said how well the rule fits."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import polars as pl

from hotspots.loaders.distinct import distinct
from hotspots.loaders.spec import normalised
from hotspots.offences import display_groups, offence_codes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hotspots.loaders.rules import OffenceRule

_SEPARATOR = "\x1f"


@dataclass(frozen=True, slots=True, kw_only=True)
class Categories:
    """What happened, one a row.

    Attributes
    ----------
    table : pandas.DataFrame
        One row per distinct pair of category and description, with ``category``, ``description``,
        ``rows``, ``offence_code``, ``offence_group``, ``offence_against``, ``display_group``,
        ``mapping_quality`` and ``sensitive``; most rows first.
    positions : numpy.ndarray of int
        Row of ``table`` that each row of the file belongs to.
    """

    table: pd.DataFrame
    positions: np.ndarray


def map_categories(
    category: pl.Series, description: pl.Series, rules: Sequence[OffenceRule]
) -> Categories:
    """Give every row a code and a display group.

    Parameters
    ----------
    category, description : polars.Series of str
        The publisher's words, without nulls.
    rules : sequence of OffenceRule
        The feed's rules; the first that fits counts.

    Returns
    -------
    Categories
        The map that was used, and which line of it each row took.
    """
    joined = pl.select((category + _SEPARATOR + description).alias("both")).to_series()
    pairs, rows = distinct(joined)
    by_category: dict[str, list[OffenceRule]] = {}
    for rule in rules:
        by_category.setdefault(normalised(rule.category), []).append(rule)
    lines = []
    for pair in pairs.to_list():
        words, _, finer = pair.partition(_SEPARATOR)
        lines.append(_line(words, finer, by_category))
    table = pd.DataFrame(lines, columns=list(_line("", "", {})))
    table.insert(2, "rows", np.bincount(rows, minlength=len(table)))
    order = table.sort_values(
        ["rows", "category", "description"], ascending=[False, True, True], kind="stable"
    ).index.to_numpy()
    where = np.empty(len(order), dtype=np.intp)
    where[order] = np.arange(len(order))
    return Categories(table=table.loc[order].reset_index(drop=True), positions=where[rows])


def _line(
    category: str, description: str, by_category: Mapping[str, list[OffenceRule]]
) -> dict[str, str | bool | None]:
    rule = _first_fit(category, description, by_category)
    code = offence_codes().get(rule.offence_code) if rule else None
    group = (rule.group if rule else "") or (code.display_group if code else "other")
    return {
        "category": category.strip() or None,
        "description": description.strip() or None,
        "offence_code": code.code if code else None,
        "offence_group": code.category if code else None,
        "offence_against": code.against if code else None,
        "display_group": group,
        "mapping_quality": rule.quality if rule else "unmapped",
        "sensitive": bool(
            display_groups()[group].sensitive
            or (code and code.sensitive)
            or (rule and rule.sensitive)
        ),
    }


def _first_fit(
    category: str, description: str, by_category: Mapping[str, list[OffenceRule]]
) -> OffenceRule | None:
    finer = normalised(description)
    for rule in by_category.get(normalised(category), ()):
        patterns = [normalised(d) for d in rule.descriptions]
        if not patterns or any(fnmatchcase(finer, p) for p in patterns):
            return rule
    return None
