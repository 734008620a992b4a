"""Most text columns hold few distinct values: find them, so that each is parsed once."""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl
import pyarrow as pa

_TRIED: Final = 10_000
_MOSTLY: Final = 0.9


def distinct(values: pl.Series) -> tuple[pl.Series, np.ndarray]:
    """Split a column into its distinct values and where each row's value stands among them.

    Parameters
    ----------
    values : polars.Series of str
        A column without nulls.

    Returns
    -------
    tuple of polars.Series and numpy.ndarray
        The distinct values in order of first appearance, and one position a row, so that
        ``found[positions]`` is the column again. A long column whose values hardly ever repeat is
        given back as it is.

    Examples
    --------
    >>> import polars as pl
    >>> from hotspots.loaders.distinct import distinct
    >>> found, positions = distinct(pl.Series(["b", "a", "b"]))
    >>> found.to_list(), positions.tolist()
    (['b', 'a'], [0, 1, 0])
    """
    if values.head(_TRIED).n_unique() > _MOSTLY * min(len(values), _TRIED) and len(values) > _TRIED:
        return values, np.arange(len(values))
    encoded = values.to_arrow().cast(pa.large_string()).dictionary_encode()
    found = pl.Series(values.name, pl.from_arrow(encoded.dictionary), dtype=pl.String)
    return found, encoded.indices.to_numpy(zero_copy_only=False)
