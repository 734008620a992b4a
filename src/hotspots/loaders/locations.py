"""The location in words: blanks taken out, house numbers rounded to the block."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import polars as pl

from hotspots.loaders.columns import NO_TEXT
from hotspots.loaders.distinct import distinct

if TYPE_CHECKING:
    from hotspots.loaders.rules import PlaceRules

#: A number on its own, before or after the street: 12, 12A, 12-14, 1200 BLOCK OF; not 39TH or 12XX.
#: A road's number is rounded as well: better that than a house left standing.
_HOUSE_NUMBER: Final = re.compile(
    r"(?<!\w)(\d{1,6})(?: ?[-/] ?\d+)?[A-Za-z]?(?: (?:block|blk)(?: of)?)?(?!\w)", re.IGNORECASE
)


def location_texts(texts: pl.Series, rules: PlaceRules) -> pl.Series:
    """Clean the location in words; house numbers are rounded down to the hundred.

    Parameters
    ----------
    texts : polars.Series of str
        The column, without nulls.
    rules : PlaceRules
        Which texts mean "no location", and whether numbers are rounded.

    Returns
    -------
    polars.Series of str
        The texts; null where there is none.

    Examples
    --------
    >>> import polars as pl
    >>> from hotspots.loaders import describe_feed
    >>> from hotspots.loaders.locations import location_texts
    >>> rules = describe_feed("us-chicago").place
    >>> location_texts(pl.Series(["4226 FRANK ST", "081XX S COLES AVE", ""]), rules).to_list()
    ['4200 block FRANK ST', '081XX S COLES AVE', None]
    """
    found, rows = distinct(texts)
    cleaned = [_clean(text, rules) for text in found.to_list()]
    return pl.Series(texts.name, cleaned, dtype=pl.String).gather(rows)


def _clean(text: str, rules: PlaceRules) -> str | None:
    text = re.sub(r"\s+", " ", text).strip()
    if text in NO_TEXT or text in rules.empty_texts:
        return None
    if rules.round_house_numbers:
        return _HOUSE_NUMBER.sub(_hundred, text)
    return text


def _hundred(match: re.Match[str]) -> str:
    return f"{int(match[1]) // 100 * 100} block"
