"""Corrections for testing many cells at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from hotspots.errors import ParameterError

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Names as statsmodels and R's p.adjust users know them. "none" is left out on purpose.
CORRECTIONS: Final = ("fdr_bh", "fdr_by", "bonferroni", "holm")


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
        *most, last = (repr(name) for name in CORRECTIONS)
        msg = (
            f"adjust must be {', '.join(most)} or {last}, got {adjust!r}. A map tests thousands of "
            "cells; without a correction, chance alone would make some of them hot on nearly every "
            "map."
        )
        raise ParameterError(msg)


def adjust_p_values(p_values: NDArray[np.float64], adjust: str) -> NDArray[np.float64]:
    """Adjust p-values so that they can be compared with alpha directly.

    Parameters
    ----------
    p_values : ndarray of float64, shape (m,)
        One per test, none missing.
    adjust : {"fdr_bh", "fdr_by", "bonferroni", "holm"}
        Benjamini and Hochberg (1995), which bounds the share of false discoveries and, when
        nothing is there to be found, the chance of any, for tests that do not pull against each
        other; Benjamini and Yekutieli (2001), the same for tests that depend on each other in any
        way; Bonferroni, which always bounds the chance of any false discovery; or Holm (1979),
        which does so too and finds a little more.

    Returns
    -------
    ndarray of float64, shape (m,)
        Adjusted p-values, at most 1.

    References
    ----------
    Benjamini, Y. and Hochberg, Y. (1995). Controlling the false discovery rate. Journal of the
    Royal Statistical Society B 57, 289-300. DOI 10.1111/j.2517-6161.1995.tb02031.x

    Benjamini, Y. and Yekutieli, D. (2001). The control of the false discovery rate in multiple
    testing under dependency. Annals of Statistics 29, 1165-1188. DOI 10.1214/aos/1013699998

    Holm, S. (1979). A simple sequentially rejective multiple test procedure. Scandinavian Journal
    of Statistics 6, 65-70. JSTOR 4615733

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
    # Ties may stand in any order: they all get the same adjusted value.
    order = np.argsort(p_values)
    scaled = p_values[order] * _factors(m, adjust)
    rising = (
        np.maximum.accumulate(scaled)
        if adjust == "holm"
        else np.minimum.accumulate(scaled[::-1])[::-1]
    )
    adjusted = np.empty(m)
    adjusted[order] = np.minimum(rising, 1.0)
    return adjusted


def any_rejected(p_values: NDArray[np.float64], *, adjust: str, alpha: float) -> NDArray[np.bool_]:
    """Say for each map whether the corrected test finds anything at all.

    Parameters
    ----------
    p_values : ndarray of float64, shape (m, k)
        One column per map, one row per test.
    adjust : {"fdr_bh", "fdr_by", "bonferroni", "holm"}
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
    if adjust in ("bonferroni", "holm"):
        return np.asarray(np.minimum(p_values.min(axis=0) * m, 1.0) <= alpha)
    ranked = np.sort(p_values, axis=0)
    scaled = np.minimum(ranked * _factors(m, adjust)[:, None], 1.0)
    return np.asarray((scaled <= alpha).any(axis=0))


def fewest_at_floor(floor: float, m: int, *, adjust: str, alpha: float) -> int | None:
    """Say how many tests must reach the smallest possible p-value before any can be found.

    Permutations cannot give a p-value under ``1 / (R + 1)``. After a correction for many tests
    that floor may be too high for a single test, or for any number of them.

    Parameters
    ----------
    floor : float
        The smallest p-value there can be.
    m : int
        Tests.
    adjust : {"fdr_bh", "fdr_by", "bonferroni", "holm"}
        As in ``adjust_p_values``.
    alpha : float
        The level.

    Returns
    -------
    int or None
        1 when one is enough; None when nothing can be found whatever the data.

    Examples
    --------
    >>> from hotspots.inference.correction import fewest_at_floor
    >>> fewest_at_floor(1 / 1000, 3302, adjust="fdr_bh", alpha=0.05)
    67
    >>> fewest_at_floor(1 / 1000, 3302, adjust="bonferroni", alpha=0.05) is None
    True
    """
    check_correction(adjust)
    if adjust in ("bonferroni", "holm"):
        return 1 if floor * m <= alpha else None
    enough = np.flatnonzero(np.minimum(floor * _factors(m, adjust), 1.0) <= alpha)
    return int(enough[0]) + 1 if len(enough) else None


def limit_of(adjust: str, m: int, found: int, *, alpha: float) -> float:
    """Give the p-value at which a correction stopped: what is at most this large was found.

    Parameters
    ----------
    adjust : {"fdr_bh", "fdr_by", "bonferroni", "holm"}
        As in ``adjust_p_values``.
    m : int
        Tests.
    found : int
        How many of them were found; with none, the limit is that of the first.
    alpha : float
        The level.

    Returns
    -------
    float
        The limit.
    """
    check_correction(adjust)
    if adjust == "bonferroni":
        return alpha / m
    return float(alpha / _factors(m, adjust)[max(found, 1) - 1])


def _factors(m: int, adjust: str) -> NDArray[np.float64]:
    """Give what the smallest, the second smallest, ... p-value is multiplied by."""
    rank = np.arange(1, m + 1)
    if adjust == "holm":
        return np.asarray(m + 1.0 - rank)
    return m / rank * (float((1 / rank).sum()) if adjust == "fdr_by" else 1.0)
