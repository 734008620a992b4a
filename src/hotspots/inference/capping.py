"""One giant cell hides all others: counts above a high quantile are tested as if they were it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, overload

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


@overload
def cap_of(values: NDArray[np.int64], quantile: float | None) -> int | None: ...
@overload
def cap_of(values: NDArray[Any], quantile: float | None) -> float | None: ...
def cap_of(values: NDArray[Any], quantile: float | None) -> float | None:
    """Find the value above which values are taken as no larger than it.

    Parameters
    ----------
    values : ndarray, shape (m,)
        Counts, or other numbers of 0 or more, some above 0.
    quantile : float or None
        Of the values above 0; None for no cap.

    Returns
    -------
    int or float or None
        A value that occurs, whole where the values are; None where there is no cap.

    Examples
    --------
    >>> import numpy as np
    >>> from hotspots.inference.capping import cap_of, capped_at
    >>> cap_of(np.array([0, 1, 2, 90]), 0.99)
    2
    >>> capped_at(np.array([0, 1, 2, 90]), 2).tolist()
    [0, 1, 2, 2]
    """
    if quantile is None:
        return None
    # "lower" takes a count that occurs, and caps the largest cell also on small maps.
    found = np.quantile(values[values > 0], quantile, method="lower")
    return int(found) if values.dtype.kind in "iu" else float(found)


def capped_at(values: NDArray[Any], cap: float | None) -> NDArray[Any]:
    """Take values above a cap as if they were it.

    Parameters
    ----------
    values : ndarray, shape (m,)
        The values; they are not changed.
    cap : float or None
        The cap; None leaves all as they are.

    Returns
    -------
    ndarray, shape (m,)
        The values as they are tested.
    """
    return values if cap is None else np.minimum(values, cap)
