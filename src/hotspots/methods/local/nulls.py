"""From the words of the question to the nulls that answer it, one for each number of rings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
from scipy import sparse

from hotspots.errors import ParameterError
from hotspots.inference.beta_binomial import beta_binomial_windows, fit_beta_binomial
from hotspots.inference.negative_binomial import NegativeBinomialWindows, fit_negative_binomial
from hotspots.inference.nulls import ShuffledCells, random_points
from hotspots.inference.shuffles import MapShuffles
from hotspots.inference.window_sums import window_sum_tails
from hotspots.inference.z_scores import NormalScores

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from hotspots.inference.nulls import WindowNull
    from hotspots.methods.local.params import LocalGiStarParams
    from hotspots.neighbours import Windows


def window_sums(windows: Windows, values: NDArray[Any]) -> NDArray[Any]:
    """Add up values over windows, with weights where the windows have them.

    Parameters
    ----------
    windows : Windows
        The windows.
    values : ndarray, shape (n,) or (n, k)
        One value a cell, or one column a map.

    Returns
    -------
    ndarray, shape (n,) or (n, k)
        The sums.
    """
    if windows.weights is None:
        return windows.sums(values)
    n = len(windows.starts) - 1
    matrix = sparse.csr_array((windows.weights, windows.members, windows.starts), shape=(n, n))
    return np.asarray(matrix @ values)


def window_weights(windows: Windows) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Add up the weights of each window, and their squares.

    Parameters
    ----------
    windows : Windows
        The windows.

    Returns
    -------
    weights, squares : ndarray of float64, shape (n,)
        Both are the number of cells where there are no weights.
    """
    if windows.weights is None:
        sizes = windows.sizes.astype(np.float64)
        return sizes, sizes
    first = windows.starts[:-1]
    return np.add.reduceat(windows.weights, first), np.add.reduceat(windows.weights**2, first)


def make_nulls(
    counts: NDArray[Any],
    params: LocalGiStarParams,
    rings: tuple[Windows, ...],
    base: NDArray[Any] | None,
    *,
    keep: NDArray[np.bool_] | None = None,
    order: NDArray[np.intp] | None = None,
) -> tuple[WindowNull, ...]:
    """Make the null that was asked for, for each number of rings.

    Parameters
    ----------
    counts : ndarray, shape (n,)
        The values as tested.
    params : LocalGiStarParams
        The question.
    rings : tuple of Windows
        The windows.
    base : ndarray, shape (n,), or None
        Area, population, or counts of the other kind.
    keep : ndarray of bool, shape (n,), or None, default None
        Cells that a fitted null is fitted to; None for all.
    order : ndarray of intp, shape (n,), or None, default None
        The order of cells in which permutations deal; None for that of the counts.

    Returns
    -------
    tuple of WindowNull
        One for each of ``rings``.

    Raises
    ------
    ParameterError
        If windows have weights and the null cannot use them, or the base is missing.
    """
    if params.null != "normal" and any(windows.weights is not None for windows in rings):
        msg = (
            f"The graph has weights other than 0 and 1, and null={params.null!r} counts incidents, "
            "not parts of them. Take null='normal', or a graph with graph.transform('B')."
        )
        raise ParameterError(msg)
    if params.null == "shuffled_cells":
        if params.n_permutations is not None:
            return _permuted(counts, params, rings, order)
        return _shuffled(counts, rings)
    if params.null == "normal":
        made = [window_weights(windows) for windows in rings]
        return tuple(NormalScores(values=counts, weights=w, squares=s) for w, s in made)
    if base is None:
        msg = f"null={params.null!r} compares with something: give prepare() its base."
        raise ParameterError(msg)
    return _FITTED[params.null](counts, base, rings, keep)


def _shuffled(counts: NDArray[Any], rings: tuple[Windows, ...]) -> tuple[WindowNull, ...]:
    sizes = [windows.sizes for windows in rings]
    tails = window_sum_tails(counts, int(max(s.max() for s in sizes)))
    return tuple(ShuffledCells(counts=counts, sizes=s, tails=tails) for s in sizes)


def _permuted(
    counts: NDArray[Any],
    params: LocalGiStarParams,
    rings: tuple[Windows, ...],
    order: NDArray[np.intp] | None,
) -> tuple[WindowNull, ...]:
    order = np.arange(len(counts)) if order is None else order
    back = np.empty_like(order)
    back[order] = np.arange(len(order))
    return tuple(
        MapShuffles(
            values=counts[order],
            sums_of=lambda maps, windows=windows: windows.sums(maps[back]),  # type: ignore[misc]
            sizes=windows.sizes,
            n_permutations=params.n_permutations or 0,
            seed=params.seed or 0,
        )
        for windows in rings
    )


def _on_land(
    counts: NDArray[np.int64],
    area: NDArray[np.float64],
    rings: tuple[Windows, ...],
    keep: NDArray[np.bool_] | None,  # noqa: ARG001 - nothing is fitted
) -> tuple[WindowNull, ...]:
    return tuple(random_points(counts, area, window_sums(windows, area)) for windows in rings)


def _over_population(
    counts: NDArray[np.int64],
    population: NDArray[np.float64],
    rings: tuple[Windows, ...],
    keep: NDArray[np.bool_] | None,
) -> tuple[WindowNull, ...]:
    chosen = slice(None) if keep is None else keep
    fit = fit_negative_binomial(counts[chosen], population[chosen])
    return tuple(
        NegativeBinomialWindows(
            means=fit.rate * population,
            dispersion=fit.dispersion,
            starts=windows.starts,
            members=windows.members,
        )
        for windows in rings
    )


def _beside_reference(
    counts: NDArray[np.int64],
    reference: NDArray[np.int64],
    rings: tuple[Windows, ...],
    keep: NDArray[np.bool_] | None,
) -> tuple[WindowNull, ...]:
    chosen = slice(None) if keep is None else keep
    trials = counts + reference
    fit = fit_beta_binomial(counts[chosen], trials[chosen])
    return tuple(
        beta_binomial_windows(
            trials, windows.sums(trials), windows.sums(trials * (trials - 1)), fit
        )
        for windows in rings
    )


_FITTED: Final[dict[str, Callable[..., tuple[WindowNull, ...]]]] = {
    "random_points": _on_land,
    "population": _over_population,
    "reference": _beside_reference,
}
