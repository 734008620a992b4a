"""Counts that vary more than chance alone would make them: sums of negative binomial cells.

Each cell has its own mean; all share one dispersion ``a``, so that a count with the mean ``m`` has
the variance ``m + a m^2``. It is a Poisson count whose mean is multiplied by a gamma factor of the
cell's own. The sum over a window of cells with different means is not negative binomial; its tails
are computed by the saddlepoint approximation of Lugannani and Rice (1980) with Daniels' (1987)
correction for whole numbers, whose relative error stays small far out in the tail.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy import optimize, special

from hotspots.errors import ParameterError

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Dispersions looked for; one at the lower end is none.
_SMALLEST, _LARGEST = 1e-6, 1e3
#: Incidents in a cell from which on still smaller ones are looked for.
_MANY: Final = 1e3
#: Members of windows worked on at once: bounds memory to some tens of megabytes.
_BLOCK: Final = 500_000
_MOST_STEPS: Final = 100
_CLOSE: Final = 1e-10
#: So few standard deviations from the mean the formula is 0/0, and its limit is taken. The tilt
#: itself says nothing of that: where cells differ much and hold many, it is small everywhere.
_AT_THE_MEAN: Final = 0.01
_SQRT_TAU: Final = float(np.sqrt(2 * np.pi))


@dataclass(frozen=True, slots=True, kw_only=True)
class NegativeBinomialFit:
    """How many counts there are for each unit of a base, and how much they vary besides.

    Attributes
    ----------
    rate : float
        Expected count for one unit of the base.
    dispersion : float
        ``a`` in the variance ``m + a m^2``; 0 when counts vary as chance alone makes them.
    """

    rate: float
    dispersion: float


def fit_negative_binomial(
    counts: NDArray[np.int64], base: NDArray[np.float64]
) -> NegativeBinomialFit:
    """Fit rate and dispersion by maximum likelihood.

    Parameters
    ----------
    counts : ndarray of int64, shape (n,)
        The counts.
    base : ndarray of float64, shape (n,)
        What they are expected to be proportional to, above 0.

    Returns
    -------
    NegativeBinomialFit
        The rate and the dispersion.

    Raises
    ------
    ParameterError
        If the base is not above 0 everywhere, or there are no incidents.

    References
    ----------
    Lawless, J. F. (1987). Negative binomial and mixed Poisson regression. Canadian Journal of
    Statistics 15, 209-225. DOI 10.2307/3314912

    Examples
    --------
    >>> import numpy as np
    >>> from hotspots.inference.negative_binomial import fit_negative_binomial
    >>> fit_negative_binomial(np.array([3, 1, 2]), np.array([3.0, 1.0, 2.0])).rate
    1.0
    """
    if not (base > 0).all() or not counts.any():
        msg = "A rate needs incidents, and a base above 0 in every cell."
        raise ParameterError(msg)
    # In one order, whatever order they come in: a sum depends on it in the last digits, and the
    # place of a flat maximum in more than these.
    order = np.lexsort((counts, base))
    counts, base = counts[order], base[order]
    values, cells = np.unique(counts, return_counts=True)
    rate, dispersion = float(counts.sum() / base.sum()), 0.0
    # Where a cell holds very many, less than that matters still.
    smallest = _SMALLEST * min(1.0, _MANY / (rate * float(base.max())))
    for _ in range(_MOST_STEPS):
        mean = rate * base

        def unlikely(log_a: float, mean: NDArray[np.float64] = mean) -> float:
            a = float(np.exp(log_a))
            shape = 1 / a
            own = (special.gammaln(values + shape) - special.gammaln(shape)) @ cells
            rest = ((counts + shape) * np.log1p(a * mean)).sum() - counts.sum() * log_a
            return float(rest - own)

        found = optimize.minimize_scalar(
            unlikely,
            bounds=(np.log(smallest), np.log(_LARGEST)),
            method="bounded",
            options={"xatol": 1e-5},
        )
        a = float(np.exp(found.x))
        before, dispersion = dispersion, 0.0 if a < 2 * smallest else a
        rate = _rate_of(counts, base, rate, dispersion)
        if abs(dispersion - before) <= _CLOSE + 1e-4 * before:
            break
    return NegativeBinomialFit(rate=rate, dispersion=dispersion)


def _rate_of(
    counts: NDArray[np.int64], base: NDArray[np.float64], rate: float, dispersion: float
) -> float:
    """Give the most likely rate for a dispersion: cells that say little weigh little."""
    for _ in range(_MOST_STEPS):
        weight = 1 / (1 + dispersion * rate * base)
        before, rate = rate, float(weight @ counts / (weight @ base))
        if abs(rate - before) <= _CLOSE * before:
            break
    return rate


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class NegativeBinomialWindows:
    """Counts in proportion to a base, each cell with chance variation of its own.

    Attributes
    ----------
    means : ndarray of float64, shape (n,)
        Expected count of each cell, above 0.
    dispersion : float
        Common to all.
    starts, members : ndarray of int64
        The windows, as in ``neighbours.Windows``.
    """

    means: NDArray[np.float64]
    dispersion: float
    starts: NDArray[np.int64]
    members: NDArray[np.int64]

    @property
    def inference(self) -> str:  # numpydoc ignore=RT01
        """``"approximation"``: the saddlepoint, on a dispersion that was estimated."""
        return "approximation"

    @property
    def fitted(self) -> bool:  # numpydoc ignore=RT01
        """True: rate and dispersion were estimated from the map."""
        return True

    @property
    def expected(self) -> NDArray[np.float64]:  # numpydoc ignore=RT01
        """Mean sum of each window."""
        return np.asarray(np.add.reduceat(self.means[self.members], self.starts[:-1]))

    def at_least(self, sums: NDArray[np.int64]) -> NDArray[np.float64]:
        """Give the chance of a sum as large as each one, or larger.

        Parameters
        ----------
        sums : ndarray of int64, shape (m,)
            Sums of the windows.

        Returns
        -------
        ndarray of float64, shape (m,)
            The upper tails.
        """
        return self._tails(sums, upper=True)

    def at_most(self, sums: NDArray[np.int64]) -> NDArray[np.float64]:
        """Give the chance of a sum as small as each one, or smaller.

        Parameters
        ----------
        sums : ndarray of int64, shape (m,)
            Sums of the windows.

        Returns
        -------
        ndarray of float64, shape (m,)
            The lower tails.
        """
        return self._tails(sums, upper=False)

    def simulate(self, n_maps: int, rng: np.random.Generator) -> NDArray[np.int64]:
        """Draw counts anew.

        Parameters
        ----------
        n_maps : int
            Maps to make.
        rng : numpy.random.Generator
            Where the randomness comes from.

        Returns
        -------
        ndarray of int64, shape (n, n_maps)
            One map a column.
        """
        means = np.broadcast_to(self.means[:, None], (len(self.means), n_maps))
        if self.dispersion:
            means = means * rng.gamma(1 / self.dispersion, self.dispersion, means.shape)
        return np.asarray(rng.poisson(means))

    def _tails(self, sums: NDArray[np.int64], *, upper: bool) -> NDArray[np.float64]:
        if not self.dispersion:
            expected = self.expected
            tails = (
                special.gammainc(np.maximum(sums, 1), expected)
                if upper
                else special.gammaincc(sums + 1, expected)
            )
            return np.where(sums > 0, tails, 1.0) if upper else np.asarray(tails)
        chances = np.ones(len(sums))
        cuts = np.searchsorted(self.starts, np.arange(0, len(self.members), _BLOCK))
        edges = np.unique(np.append(cuts, len(sums)))
        for first, last in pairwise(edges.tolist()):
            starts = self.starts[first : last + 1]
            means = self.means[self.members[starts[0] : starts[-1]]]
            chances[first:last] = negative_binomial_tails(
                sums[first:last], means, starts - starts[0], self.dispersion, upper=upper
            )
        return np.where(sums > 0, chances, 1.0) if upper else chances


def negative_binomial_tails(
    sums: NDArray[np.int64],
    means: NDArray[np.float64],
    starts: NDArray[np.int64],
    dispersion: float,
    *,
    upper: bool,
) -> NDArray[np.float64]:
    """Approximate the tails of sums of negative binomial counts with one dispersion.

    Parameters
    ----------
    sums : ndarray of int64, shape (m,)
        The sums.
    means : ndarray of float64
        Means of the counts that are added up, one sum after the other, above 0.
    starts : ndarray of int64, shape (m + 1,)
        Where those of each sum start.
    dispersion : float
        Above 0.
    upper : bool
        Whether to give the chance of as large a sum or larger; else of as small a one or smaller.

    Returns
    -------
    ndarray of float64, shape (m,)
        The chances.

    References
    ----------
    Lugannani, R. and Rice, S. (1980). Saddle point approximation for the distribution of the sum of
    independent random variables. Advances in Applied Probability 12, 475-490. DOI 10.2307/1426607

    Daniels, H. E. (1987). Tail probability approximations. International Statistical Review 55,
    37-48. DOI 10.2307/1403269
    """
    at = np.asarray(np.maximum(sums, 1) - 0.5 if upper else sums + 0.5, dtype=np.float64)
    first, size = starts[:-1], np.diff(starts)
    tilt = _saddlepoint(at, means, starts, dispersion)
    each = np.repeat(np.exp(tilt), size)
    held = 1 - dispersion * means * (each - 1)
    share = dispersion * means * each / held
    log_mgf = -np.add.reduceat(np.log1p(-dispersion * means * (each - 1)), first) / dispersion
    second = np.add.reduceat(share * (1 + share), first) / dispersion
    third = np.add.reduceat(share * (1 + share) * (1 + 2 * share), first) / dispersion
    w = np.sign(tilt) * np.sqrt(np.maximum(2 * (tilt * at - log_mgf), 0.0))
    u = 2 * np.sinh(tilt / 2) * np.sqrt(second)
    with np.errstate(divide="ignore", invalid="ignore"):
        correction = np.exp(-(w**2) / 2) / _SQRT_TAU * (1 / w - 1 / u)
    flat = np.abs(w) < _AT_THE_MEAN
    correction = np.where(flat, third / (6 * _SQRT_TAU * second**1.5), correction)
    tails = special.ndtr(-w) - correction if upper else special.ndtr(w) + correction
    # None at all has a chance in closed form; sums of next to nothing are where formulas err most.
    log_none = -np.add.reduceat(np.log1p(dispersion * means), first) / dispersion
    if upper:
        tails = np.where(sums == 1, -np.expm1(log_none), tails)
    else:
        tails = np.where(sums == 0, np.exp(log_none), tails)
    return np.asarray(np.clip(tails, 0.0, 1.0))


def _saddlepoint(
    at: NDArray[np.float64], means: NDArray[np.float64], starts: NDArray[np.int64], a: float
) -> NDArray[np.float64]:
    """Find the tilt under which each sum has the mean that is asked for: Newton, kept in bounds."""
    first, size = starts[:-1], np.diff(starts)
    total = np.add.reduceat(means, first)
    pooled = a * np.add.reduceat(means * means, first) / total**2
    low = np.zeros(len(at))
    high = 1 + 1 / (a * np.maximum.reduceat(means, first))
    # The exact answer for one negative binomial with the mean and the variance of the sum.
    found = np.minimum(at * (1 + pooled * total) / (total * (1 + at * pooled)), 0.95 * high)
    for _ in range(_MOST_STEPS):
        each = np.repeat(found, size)
        share = a * means * each / (1 - a * means * (each - 1))
        mean = np.add.reduceat(share, first) / a
        spread = np.add.reduceat(share * (1 + share), first) / a
        done = np.abs(mean - at) <= _CLOSE * at
        if done.all():
            break
        low, high = np.where(mean < at, found, low), np.where(mean < at, high, found)
        step = np.clip(np.log(at / mean) * mean / spread, -3.0, 3.0)
        tried = found * np.exp(step)
        inside = (tried > low) & (tried < high)
        found = np.where(done, found, np.where(inside, tried, (low + high) / 2))
    return np.asarray(np.log(found))
