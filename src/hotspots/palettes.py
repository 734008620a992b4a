"""Colours and classes: one ladder of counts for every map, so that two maps can be compared.

Darker always means more, also in greyscale and for every kind of colour vision; the colours are
opaque, so that a cell looks like its sample in the legend. A hotspot is marked by a thick line, not
by its colour.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from hotspots.errors import ParameterError

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

#: The class that shows no number, then from few to many: cream to navy, after cividis.
COUNT_COLOURS: Final = ("#f0f1ee", "#e3d27e", "#bda953", "#8b8b74", "#576a82", "#1f3159")

#: The line around hotspots, and the paper-coloured line beneath it that parts it from dark cells.
HOT_LINE: Final = "#a3250f"
HOT_CASING: Final = "#ffffff"

#: Where the classes after the first two begin. A map takes the first ladder that does not start
#: below its smallest count, and whose last step is not outgrown by a factor of five.
_LADDERS: Final = (
    (3, 6, 11, 26),
    (10, 15, 25, 50),
    (25, 50, 100, 250),
    (100, 250, 500, 1_000),
    (500, 1_000, 2_500, 5_000),
    (2_500, 5_000, 10_000, 25_000),
)
_OUTGROWN: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class CountClass:
    """A class of counts and its colour.

    Attributes
    ----------
    low : int
        The smallest count that is shown in this class.
    high : int or None
        The largest count that is shown; None for the last class, which has no end.
    colour : str
        ``#rrggbb``.
    """

    low: int
    high: int | None
    colour: str


def count_classes(*, min_count: int, rounding: int, largest: int) -> tuple[CountClass, ...]:
    """Choose the classes of a map from the rules that its counts follow.

    The steps do not depend on the counts, but for the choice of the ladder by the largest one.

    Parameters
    ----------
    min_count : int
        Counts below it are the first class, without a number.
    rounding : int
        The other counts are multiples of it.
    largest : int
        The largest count on the map, after rounding.

    Returns
    -------
    tuple of CountClass
        From few to many. A class that no rounded count can fall into is left out.

    Raises
    ------
    ParameterError
        If ``min_count`` or ``rounding`` is below 1.

    Examples
    --------
    >>> from hotspots.palettes import count_classes
    >>> [(c.low, c.high) for c in count_classes(min_count=5, rounding=5, largest=40)]
    [(0, 4), (5, 5), (10, 10), (15, 20), (25, 45), (50, None)]
    >>> [(c.low, c.high) for c in count_classes(min_count=8, rounding=5, largest=700)]
    [(0, 7), (10, 20), (25, 45), (50, 95), (100, 245), (250, None)]
    """
    if min_count < 1 or rounding < 1:
        msg = f"min_count and rounding must be at least 1, got {min_count} and {rounding}."
        raise ParameterError(msg)
    first = (2 * min_count + rounding) // (2 * rounding) * rounding
    fitting = [
        ladder for ladder in _LADDERS if first <= ladder[0] and largest < _OUTGROWN * ladder[-1]
    ]
    steps = (fitting or _LADDERS[-1:])[0]
    found = [CountClass(low=0, high=min_count - 1, colour=COUNT_COLOURS[0])]
    lows = (first, *steps)
    for low, after, colour in zip(lows, (*steps, None), COUNT_COLOURS[1:], strict=True):
        start = -(-max(low, first) // rounding) * rounding
        end = None if after is None else (after - 1) // rounding * rounding
        if end is None or start <= end:
            found.append(CountClass(low=start, high=end, colour=colour))
    return tuple(found)


def class_of(counts: pd.Series, classes: tuple[CountClass, ...]) -> NDArray[np.int64]:
    """Find the class of each count.

    Parameters
    ----------
    counts : pandas.Series of Int64
        Rounded counts; missing where no number may be shown.
    classes : tuple of CountClass
        From :func:`count_classes`.

    Returns
    -------
    numpy.ndarray of int64, shape (n,)
        Positions in ``classes``; 0 where the count is missing.

    Examples
    --------
    >>> import pandas as pd
    >>> from hotspots.palettes import class_of, count_classes
    >>> classes = count_classes(min_count=5, rounding=5, largest=40)
    >>> class_of(pd.Series([None, 5, 15, 400], dtype="Int64"), classes).tolist()
    [0, 1, 3, 5]
    """
    lows = [item.low for item in classes]
    known = counts.fillna(0).to_numpy(dtype=np.int64)
    return np.asarray(np.searchsorted(lows, known, side="right") - 1, dtype=np.int64)
