"""One test for a whole curve: is it more extreme than simulated curves, wherever it is so.

Looking at many distances and taking the worst is many tests. Here curves are ordered as a whole, by
their most extreme rank at any distance, then by the next (extreme rank length, Myllymaki et al.
2017). When the curve that was seen is one more of the same kind, it is among the 5 % most extreme
in at most 5 % of cases.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class RankEnvelope:
    """The answer of the test, and two bands.

    Attributes
    ----------
    p_value : float
        (Curves at least as extreme as the one seen, itself included) / (simulated curves + 1).
    low, high : ndarray of float64, shape (k,)
        The band of the test: the least extreme ``1 - alpha`` of all curves. The curve seen leaves
        it somewhere when the p-value is at most ``alpha``, ties aside. NaN on the side that is not
        tested.
    pointwise_low, pointwise_high : ndarray of float64, shape (k,)
        The band that ``1 - alpha`` of the simulated curves keep to at each place by itself. To
        leave it somewhere is common; it is no test.
    """

    p_value: float
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    pointwise_low: NDArray[np.float64]
    pointwise_high: NDArray[np.float64]


def rank_envelope(
    seen: NDArray[np.float64], simulated: NDArray[np.float64], *, alternative: str, alpha: float
) -> RankEnvelope:
    """Test a curve against simulated ones, as a whole.

    Parameters
    ----------
    seen : ndarray of float64, shape (k,)
        The curve.
    simulated : ndarray of float64, shape (m, k)
        Curves made under the null, in the same way and at the same places.
    alternative : {"greater", "less", "two-sided"}
        Which ranks are extreme: high ones, low ones, or both.
    alpha : float
        Level of the test and of both bands.

    Returns
    -------
    RankEnvelope
        The answer.

    References
    ----------
    Myllymaki, M., Mrkvicka, T., Grabarnik, P., Seijo, H. and Hahn, U. (2017). Global envelope tests
    for spatial processes. Journal of the Royal Statistical Society B 79, 381-404.
    DOI 10.1111/rssb.12172

    Examples
    --------
    >>> import numpy as np
    >>> from hotspots.inference.rank_envelopes import rank_envelope
    >>> noise = np.random.default_rng(1).normal(size=(199, 20))
    >>> found = rank_envelope(np.full(20, 3.5), noise, alternative="two-sided", alpha=0.05)
    >>> found.p_value
    0.005
    """
    curves = np.vstack([seen, simulated])
    place = _extremeness(curves, alternative)
    p_value = float((place <= place[0]).sum() / len(curves))
    # The most extreme curves, so many that they are no more than alpha of all.
    limit = np.sort(place)[int(alpha * len(curves) + 1e-9)]
    inside = curves[place >= limit]
    low, high = inside.min(axis=0), inside.max(axis=0)
    sides = 2 if alternative == "two-sided" else 1
    cut = max(int(alpha / sides * (len(simulated) + 1) + 1e-9), 1) - 1
    ranked = np.sort(simulated, axis=0)
    nothing = np.full(curves.shape[1], np.nan)
    return RankEnvelope(
        p_value=p_value,
        low=nothing if alternative == "greater" else low,
        high=nothing if alternative == "less" else high,
        pointwise_low=nothing if alternative == "greater" else ranked[cut],
        pointwise_high=nothing if alternative == "less" else ranked[-1 - cut],
    )


def _extremeness(curves: NDArray[np.float64], alternative: str) -> NDArray[np.int64]:
    """Give each curve a number, the most extreme the lowest; equal ones get the same.

    A tie at one place counts as the less extreme rank.
    """
    ranked = np.sort(curves, axis=0)
    depth = np.empty(curves.shape, dtype=np.int64)
    for k in range(curves.shape[1]):
        from_below = np.searchsorted(ranked[:, k], curves[:, k], side="right")
        from_above = len(curves) - np.searchsorted(ranked[:, k], curves[:, k], side="left")
        if alternative == "greater":
            depth[:, k] = from_above
        elif alternative == "less":
            depth[:, k] = from_below
        else:
            depth[:, k] = np.minimum(from_below, from_above)
    depth.sort(axis=1)
    _, number = np.unique(depth, axis=0, return_inverse=True)
    # np.unique sorts rows by their first entry, then the next: just the order that is wanted.
    return np.asarray(number.ravel())
