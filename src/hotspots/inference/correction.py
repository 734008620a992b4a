"""Corrections for testing many cells at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from hotspots.errors import ParameterError

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Names as statsmodels and R's p.adjust users know them. "none" is left out on purpose.
CORRECTIONS: Final = ("fdr_bh", "bonferroni")


def check_correction(adjust: str) -> None:
    """Refuse a correction that is not offered.

    Parameters
    ----------
    adjust : str
        Its name.

    Raises
    ------
    ParameterError
        If it is none of ``CORRECTIONS``.
    """
    if adjust not in CORRECTIONS:
        listed = " or ".join(repr(name) for name in CORRECTIONS)
        msg = (
            f"adjust must be {listed}, got {adjust!r}. A map tests thousands of cells; without a "
            "correction, chance alone would make some of them hot on nearly every map."
        )
        raise ParameterError(msg)


def adjust_p_values(p_values: NDArray[np.float64], adjust: str) -> NDArray[np.float64]:
    """Adjust p-values so that they can be compared with alpha directly.

    Parameters
    ----------
    p_values : ndarray of float64, shape (m,)
        One per test, none missing.
    adjust : {"fdr_bh", "bonferroni"}
        Benjamini and Hochberg (1995), which bounds the share of false discoveries and, when
        nothing is there to be found, the chance of any; or Bonferroni, which always bounds that
        chance.

    Returns
    -------
    ndarray of float64, shape (m,)
        Adjusted p-values, at most 1.

    References
    ----------
    Benjamini, Y. and Hochberg, Y. (1995). Controlling the false discovery rate. Journal of the
    Royal Statistical Society B 57, 289-300. DOI 10.1111/j.2517-6161.1995.tb02031.x

    Examples
    --------
    >>> import numpy as np
    >>> from hotspots.inference.correction import adjust_p_values
    >>> adjust_p_values(np.array([0.01, 0.04, 0.03]), "fdr_bh")
    array([0.03, 0.04, 0.04])
    """
    check_correction(adjust)
    m = len(p_values)
    if adjust == "bonferroni":
        return np.minimum(p_values * m, 1.0)
    order = np.argsort(p_values, kind="stable")
    scaled = p_values[order] * (m / np.arange(1, m + 1))
    adjusted = np.empty(m)
    adjusted[order] = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1.0)
    return adjusted


def any_rejected(p_values: NDArray[np.float64], *, adjust: str, alpha: float) -> NDArray[np.bool_]:
    """Say for each map whether the corrected test finds anything at all.

    Parameters
    ----------
    p_values : ndarray of float64, shape (m, k)
        One column per map, one row per test.
    adjust : {"fdr_bh", "bonferroni"}
        As in ``adjust_p_values``.
    alpha : float
        The level.

    Returns
    -------
    ndarray of bool, shape (k,)
        Whether at least one adjusted p-value is at most alpha.
    """
    check_correction(adjust)
    m = len(p_values)
    if adjust == "bonferroni":
        return np.asarray(np.minimum(p_values.min(axis=0) * m, 1.0) <= alpha)
    ranked = np.sort(p_values, axis=0)
    scaled = ranked * (m / np.arange(1, m + 1))[:, None]
    return np.asarray((scaled <= alpha).any(axis=0))
