"""Counts as the public may see them: small ones as a range, the others rounded."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from hotspots.publish.policy import Policy


def band_counts(counts: ArrayLike, policy: Policy) -> pd.DataFrame:
    """Show counts under the policy's minimum as one range, and round the others.

    Zeros lie in the range too: a cell without incidents looks like a cell with few.

    Parameters
    ----------
    counts : array_like of int, shape (n,)
        Exact counts, none negative.
    policy : Policy
        The rules.

    Returns
    -------
    pandas.DataFrame
        ``count`` (Int64, rounded half up; missing where hidden), ``low`` and ``high`` (int64): the
        exact count lies between them, and a reader can know no more.

    Examples
    --------
    >>> from hotspots.publish import OPEN
    >>> from hotspots.publish.suppression import band_counts
    >>> band_counts([0, 4, 5, 7, 8], OPEN)
       count  low  high
    0   <NA>    0     4
    1   <NA>    0     4
    2      5    5     7
    3      5    5     7
    4     10    8    12
    """
    exact = np.asarray(counts, dtype=np.int64)
    step, minimum = policy.rounding, policy.min_count
    rounded = (2 * exact + step) // (2 * step) * step
    hidden = exact < minimum
    # The smallest and the largest integer that round to the same multiple.
    low = np.maximum(minimum, rounded - step // 2)
    high = rounded + (step - 1) // 2
    return pd.DataFrame(
        {
            "count": pd.array(rounded, dtype="Int64").copy(),
            "low": np.where(hidden, 0, low),
            "high": np.where(hidden, minimum - 1, high),
        }
    ).assign(count=lambda table: table["count"].mask(pd.Series(hidden), pd.NA))
