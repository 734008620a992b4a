"""One kind of count beside another: how many of both are of the first kind.

Where two crimes, or two periods, lie in the same places in the same proportion, then of all ``t``
incidents of both kinds in a cell the number of the first kind is binomial, whatever makes the place
busy or quiet. Places differ a little besides: the proportion of each cell is drawn from a beta
distribution, and the number is beta-binomial.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from scipy import optimize, special

from hotspots.errors import FitnessError, ParameterError
from hotspots.inference.nulls import binomial_at_least

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Under it the proportions of cells are taken as equal.
_SMALLEST: Final = 1e-6
_LARGEST: Final = 0.99
#: Terms this much smaller than the sum so far no longer change it.
_NEGLIGIBLE: Final = 1e-15
#: Incidents in a window whose tail is still added up in seconds.
MOST_TRIALS: Final = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class BetaBinomialFit:
    """What share of incidents is of the first kind, and how much cells differ in it.

    Attributes
    ----------
    share : float
        Mean share of the first kind.
    correlation : float
        Between two incidents of one cell, 0 to 1; 0 when cells do not differ.
    """

    share: float
    correlation: float


def fit_beta_binomial(counts: NDArray[np.int64], trials: NDArray[np.int64]) -> BetaBinomialFit:
    """Fit share and correlation by maximum likelihood.

    Parameters
    ----------
    counts : ndarray of int64, shape (n,)
        Incidents of the first kind.
    trials : ndarray of int64, shape (n,)
        Incidents of both kinds.

    Returns
    -------
    BetaBinomialFit
        The share and the correlation.

    Raises
    ------
    ParameterError
        If there are no incidents of one kind.

    References
    ----------
    Williams, D. A. (1975). The analysis of binary responses from toxicological experiments
    involving reproduction and teratogenicity. Biometrics 31, 949-952. DOI 10.2307/2529820

    Examples
    --------
    >>> import numpy as np
    >>> from hotspots.inference.beta_binomial import fit_beta_binomial
    >>> round(fit_beta_binomial(np.array([3, 1, 2]), np.array([6, 2, 4])).share, 4)
    0.5
    """
    if not counts.sum() or counts.sum() == trials.sum():
        msg = "A share needs incidents of both kinds."
        raise ParameterError(msg)
    pairs, cells = np.unique(np.column_stack([counts, trials]), axis=0, return_counts=True)
    y, t = pairs.T
    start = float(counts.sum() / trials.sum())

    def unlikely(at: NDArray[np.float64]) -> float:
        share = float(special.expit(at[0]))
        # The sum of both shapes, from one that spreads cells to the ends to one that ties them.
        both = 1 / float(np.clip(np.exp(at[1]), _SMALLEST, _LARGEST)) - 1
        a, b = both * share, both * (1 - share)
        return -float((special.betaln(y + a, t - y + b) - special.betaln(a, b)) @ cells)

    best = min(
        (
            optimize.minimize(
                unlikely,
                [special.logit(start), np.log(first)],
                method="Nelder-Mead",
                options={"xatol": 1e-4, "fatol": 1e-6},
            )
            for first in (0.01, 0.2)
        ),
        key=lambda found: float(found.fun),
    )
    correlation = float(np.clip(np.exp(best.x[1]), 0.0, _LARGEST))
    share = float(special.expit(best.x[0]))
    if correlation < 2 * _SMALLEST:
        return BetaBinomialFit(share=start, correlation=0.0)
    return BetaBinomialFit(share=share, correlation=correlation)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class BetaBinomialWindows:
    """Of all incidents of two kinds in a place, as many of the first kind as elsewhere.

    Attributes
    ----------
    trials : ndarray of int64, shape (n,)
        Incidents of both kinds in each cell.
    window_trials : ndarray of int64, shape (m,)
        Incidents of both kinds in each window.
    share, correlation : float
        As fitted.
    window_correlation : ndarray of float64, shape (m,)
        Correlation in the window: of the beta-binomial number with the window's mean and variance.
    """

    trials: NDArray[np.int64]
    window_trials: NDArray[np.int64]
    share: float
    correlation: float
    window_correlation: NDArray[np.float64]

    @property
    def inference(self) -> str:  # numpydoc ignore=RT01
        """``"approximation"``: windows have the right mean and variance; the rest is fitted."""
        return "approximation"

    @property
    def fitted(self) -> bool:  # numpydoc ignore=RT01
        """True: share and correlation were estimated from the map."""
        return True

    @property
    def expected(self) -> NDArray[np.float64]:  # numpydoc ignore=RT01
        """Mean sum of each window."""
        return np.asarray(self.share * self.window_trials, dtype=np.float64)

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
        return beta_binomial_at_least(sums, self.window_trials, self.share, self.window_correlation)

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
        return beta_binomial_at_least(
            self.window_trials - sums, self.window_trials, 1 - self.share, self.window_correlation
        )

    def simulate(self, n_maps: int, rng: np.random.Generator) -> NDArray[np.int64]:
        """Draw anew how many of the incidents in each cell are of the first kind.

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
        shape = (len(self.trials), n_maps)
        share: Any = self.share
        if self.correlation:
            both = 1 / self.correlation - 1
            share = rng.beta(both * self.share, both * (1 - self.share), shape)
        trials = np.broadcast_to(self.trials[:, None], shape)
        return np.asarray(rng.binomial(trials, share))


def beta_binomial_windows(
    trials: NDArray[np.int64],
    window_trials: NDArray[np.int64],
    window_pairs: NDArray[np.int64],
    fit: BetaBinomialFit,
) -> BetaBinomialWindows:
    """Make the null of two kinds of incidents in one proportion.

    Parameters
    ----------
    trials : ndarray of int64, shape (n,)
        Incidents of both kinds in each cell.
    window_trials : ndarray of int64, shape (m,)
        The same in each window.
    window_pairs : ndarray of int64, shape (m,)
        ``t (t - 1)``, added up over the cells of each window.
    fit : BetaBinomialFit
        Share and correlation.

    Returns
    -------
    BetaBinomialWindows
        The null.

    Raises
    ------
    FitnessError
        If a window holds more than a million incidents.
    """
    if window_trials.max(initial=0) > MOST_TRIALS:
        msg = (
            f"A window holds {window_trials.max():,} incidents of both kinds; their tail is added "
            f"up one by one, and the most is {MOST_TRIALS:,}. Take smaller cells or a shorter "
            "period."
        )
        raise FitnessError(msg)
    pairs = window_trials * (window_trials - 1)
    return BetaBinomialWindows(
        trials=trials,
        window_trials=window_trials,
        share=fit.share,
        correlation=fit.correlation,
        window_correlation=fit.correlation * window_pairs / np.maximum(pairs, 1),
    )


def beta_binomial_at_least(
    sums: NDArray[np.int64],
    trials: NDArray[np.int64],
    share: float,
    correlation: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Give the chance that a beta-binomial number is as large as each one given, or larger.

    Parameters
    ----------
    sums, trials : ndarray of int64, shape (m,)
        The numbers, and out of how many.
    share : float
        Mean share, between 0 and 1.
    correlation : ndarray of float64, shape (m,)
        Between two trials, 0 to 1.

    Returns
    -------
    ndarray of float64, shape (m,)
        The upper tails.
    """
    chances = binomial_at_least(sums, trials, share)
    loose = np.flatnonzero((correlation >= _SMALLEST) & (sums > 0) & (sums <= trials))
    if not len(loose):
        return chances
    k, t = sums[loose], trials[loose]
    both = 1 / correlation[loose] - 1
    a, b = both * share, both * (1 - share)
    # From the number outwards, on the side on which the terms fall.
    above = k > share * t
    below = ~above
    found = np.empty(len(k))
    found[above] = _sum_outwards(k[above], t[above], a[above], b[above])
    found[below] = 1 - _sum_outwards((t - k + 1)[below], t[below], b[below], a[below])
    chances[loose] = np.clip(found, 0.0, 1.0)
    return chances


def _sum_outwards(
    k: NDArray[np.int64], t: NDArray[np.int64], a: NDArray[np.float64], b: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Add up the chances of k, k + 1, ..., t, each from the one before."""
    at = k.astype(np.float64)
    log_first = (
        special.betaln(at + a, t - at + b)
        - special.betaln(a, b)
        - np.log1p(t)
        - special.betaln(at + 1, t - at + 1)
    )
    term = np.exp(log_first)
    total = term.copy()
    going = np.flatnonzero(k < t)
    while len(going):
        now, out_of = at[going], t[going]
        ratio = (out_of - now) * (now + a[going]) / ((now + 1) * (out_of - now - 1 + b[going]))
        term[going] *= ratio
        total[going] += term[going]
        at[going] += 1
        still = (at[going] < out_of) & (term[going] > _NEGLIGIBLE * total[going])
        going = going[still]
    return np.asarray(total)
