"""The text of a table under the names that its feed gives to the columns."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from hotspots.loaders.distinct import distinct
from hotspots.loaders.spec import normalised

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


#: Texts that publishers write where they have none.
NO_TEXT: Final = ("", "-", "(null)")


def is_blank(texts: pl.Series) -> pl.Series:
    """Say which texts are none.

    Parameters
    ----------
    texts : polars.Series of str
        Texts, without nulls.

    Returns
    -------
    polars.Series of bool
        True where there is nothing, a dash alone, or ``(null)``.

    Examples
    --------
    >>> import polars as pl
    >>> from hotspots.loaders.columns import is_blank
    >>> is_blank(pl.Series(["12A", " ", "-", "(null)", "-1"])).to_list()
    [False, True, True, True, False]
    """
    return texts.str.strip_chars().is_in(list(NO_TEXT))


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """A table of text, asked for by the feed's names of the columns.

    Attributes
    ----------
    frame : polars.DataFrame
        The text, under the names of the file; nothing is null.
    names : mapping of str to str
        The feed's name of each column that the file has, made comparable, and the file's name.
    """

    frame: pl.DataFrame
    names: Mapping[str, str]
    #: Distinct values that were asked for before.
    _found: dict[str, tuple[pl.Series, np.ndarray]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    @classmethod
    def of(cls, frame: pl.DataFrame, found: Mapping[str, str]) -> Columns:
        """Ask a table for columns by the feed's names.

        Parameters
        ----------
        frame : polars.DataFrame
            The text, under the names of the file.
        found : mapping of str to str
            The feed's name of each column that the file has, and the file's name.

        Returns
        -------
        Columns
            The same table.
        """
        return cls(frame=frame, names={normalised(name): there for name, there in found.items()})

    def has(self, column: str) -> bool:
        """Say whether the file has a column.

        Parameters
        ----------
        column : str
            The feed's name.

        Returns
        -------
        bool
            The answer.
        """
        return normalised(column) in self.names

    def text(self, column: str) -> pl.Series:
        """Give a column as text; blank where the file has none.

        Parameters
        ----------
        column : str
            The feed's name; may be empty.

        Returns
        -------
        polars.Series of str
            One text a row, without nulls.
        """
        if self.has(column):
            return self.frame[self.names[normalised(column)]]
        return pl.Series(column, [""], dtype=pl.String).new_from_index(0, self.frame.height)

    def distinct(self, column: str) -> tuple[pl.Series, np.ndarray]:
        """Give the distinct texts of a column, found once however often they are asked for.

        Parameters
        ----------
        column : str
            The feed's name; may be empty.

        Returns
        -------
        tuple of polars.Series and numpy.ndarray
            As from ``hotspots.loaders.distinct.distinct``.
        """
        key = normalised(column) if self.has(column) else ""
        if key not in self._found:
            self._found[key] = distinct(self.text(column))
        return self._found[key]

    def joined(self, columns: Sequence[str], separator: str) -> pl.Series:
        """Give several columns as one text, each without outer spaces.

        Parameters
        ----------
        columns : sequence of str
            The feed's names.
        separator : str
            What stands between them.

        Returns
        -------
        polars.Series of str
            One text a row, without nulls.
        """
        texts = [self.text(c).str.strip_chars().alias(str(i)) for i, c in enumerate(columns)]
        joined = pl.concat_str(pl.all(), separator=separator).alias("joined")
        return pl.DataFrame(texts).select(joined)["joined"]

    def where(self, keep: np.ndarray) -> Columns:
        """Keep some rows.

        Parameters
        ----------
        keep : numpy.ndarray of bool
            Which rows.

        Returns
        -------
        Columns
            The same columns with those rows.
        """
        if bool(np.all(keep)):
            return self
        return Columns(frame=self.frame.filter(keep), names=self.names)
