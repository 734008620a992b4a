"""Columns of a file that nobody has described: what their names and their values look like."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from hotspots.loaders.columns import is_blank
from hotspots.loaders.spec import normalised

if TYPE_CHECKING:
    from collections.abc import Iterable

#: A column holds numbers, or dates, when so many of its values do.
MOSTLY: Final = 0.95
_NUMBER: Final = r"^[+-]?\d+(?:[.,]\d+)?$"


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class ColumnProfile:
    """One column.

    Attributes
    ----------
    name : str
        As the header has it.
    texts : polars.Series of str
        Its values without outer spaces, those that are none left out.
    filled : float
        Share of rows with a value.
    distinct : int
        Different values.
    numeric : bool
        Whether nearly all values are plain numbers.
    decimal_comma : bool
        Whether those numbers have a decimal comma.
    """

    name: str
    texts: pl.Series
    filled: float
    distinct: int
    numeric: bool
    decimal_comma: bool

    def called(self, pattern: str) -> bool:
        """Say whether the column's name fits a pattern.

        Parameters
        ----------
        pattern : str
            Regular expression; names are compared in lower case with single spaces.

        Returns
        -------
        bool
            The answer.
        """
        return re.search(pattern, normalised(self.name)) is not None


def profiles_of(frame: pl.DataFrame) -> tuple[ColumnProfile, ...]:
    """Look at every column of a table.

    Parameters
    ----------
    frame : polars.DataFrame
        Text, without nulls.

    Returns
    -------
    tuple of ColumnProfile
        In the order of the table.
    """
    return tuple(_profile(frame[name]) for name in frame.columns)


def _profile(texts: pl.Series) -> ColumnProfile:
    values = texts.str.strip_chars().filter(~is_blank(texts))
    numeric = len(values) > 0 and values.str.contains(_NUMBER).mean() >= MOSTLY  # type: ignore[operator]
    return ColumnProfile(
        name=texts.name,
        texts=values,
        filled=len(values) / max(len(texts), 1),
        distinct=values.n_unique(),
        numeric=bool(numeric),
        decimal_comma=bool(numeric and values.str.contains(",", literal=True).any()),
    )


def numbers(texts: pl.Series) -> np.ndarray:
    """Parse numbers with a decimal point or comma.

    Parameters
    ----------
    texts : polars.Series of str
        Without nulls.

    Returns
    -------
    numpy.ndarray of float
        NaN where the text is no number.

    Examples
    --------
    >>> import polars as pl
    >>> from hotspots.loaders.profile import numbers
    >>> numbers(pl.Series(["6,25", "-75.5", "x"])).tolist()
    [6.25, -75.5, nan]
    """
    plain = texts.str.strip_chars().str.replace(",", ".", literal=True)
    parsed: np.ndarray = plain.cast(pl.Float64, strict=False).fill_null(np.nan).to_numpy()
    return parsed


def first_called(
    profiles: Iterable[ColumnProfile], pattern: str, *, taken: Iterable[str] = ()
) -> ColumnProfile | None:
    """Find the first column whose name fits a pattern.

    Parameters
    ----------
    profiles : iterable of ColumnProfile
        Columns.
    pattern : str
        Regular expression.
    taken : iterable of str
        Names that are not looked at.

    Returns
    -------
    ColumnProfile or None
        The column; None when there is none.
    """
    used = set(taken)
    return next((p for p in profiles if p.name not in used and p.called(pattern)), None)
