"""The three kernels: how high, how wide, how far they reach."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np

from hotspots.errors import ParameterError

if TYPE_CHECKING:
    from numpy.typing import NDArray

KERNELS: Final = ("quartic", "gaussian", "epanechnikov")
#: Where the Gaussian is cut, in standard deviations: 0.0004 % of it lies beyond.
GAUSSIAN_REACH: Final = 5.0
#: Per-axis standard deviation of a kernel of bandwidth 1. The quartic and the Epanechnikov kernel
#: of reach h have the variances h^2 / 8 and h^2 / 6.
_SPREAD: Final = {"quartic": 1 / math.sqrt(8), "gaussian": 1.0, "epanechnikov": 1 / math.sqrt(6)}
_PEAK: Final = {"quartic": 3 / math.pi, "gaussian": 1 / (2 * math.pi), "epanechnikov": 2 / math.pi}


def check_kernel(kernel: str) -> None:
    """Refuse a kernel that is not offered.

    Parameters
    ----------
    kernel : str
        Its name.

    Raises
    ------
    ParameterError
        If it is none of ``KERNELS``.
    """
    if kernel not in KERNELS:
        msg = f"kernel must be one of {', '.join(map(repr, KERNELS))}, got {kernel!r}."
        raise ParameterError(msg)


def spread_m(kernel: str, bandwidth_m: float) -> float:
    """Give the per-axis standard deviation of a kernel, the one width that all kernels have.

    Parameters
    ----------
    kernel : {"quartic", "gaussian", "epanechnikov"}
        The kernel.
    bandwidth_m : float
        Its own bandwidth: the standard deviation of the Gaussian, the reach of the other two.

    Returns
    -------
    float
        In metres.

    Examples
    --------
    >>> from hotspots.methods.density.kernels import spread_m
    >>> round(spread_m("quartic", 1000.0), 1), spread_m("gaussian", 1000.0)
    (353.6, 1000.0)
    """
    return bandwidth_m * _SPREAD[kernel]


def bandwidth_of_spread(kernel: str, spread: float) -> float:
    """Give the bandwidth at which a kernel has this per-axis standard deviation.

    Parameters
    ----------
    kernel : {"quartic", "gaussian", "epanechnikov"}
        The kernel.
    spread : float
        In metres.

    Returns
    -------
    float
        The kernel's own bandwidth, in metres: for the quartic 2.83 times the spread.
    """
    return spread / _SPREAD[kernel]


def reach_per_bandwidth(kernel: str) -> float:
    """Say how far a kernel reaches, in bandwidths.

    Parameters
    ----------
    kernel : {"quartic", "gaussian", "epanechnikov"}
        The kernel.

    Returns
    -------
    float
        1, and 5 for the Gaussian, which is cut there.
    """
    return GAUSSIAN_REACH if kernel == "gaussian" else 1.0


def peak(kernel: str) -> float:
    """Give the height in the middle of a kernel of bandwidth 1.

    Parameters
    ----------
    kernel : {"quartic", "gaussian", "epanechnikov"}
        The kernel.

    Returns
    -------
    float
        The height; a kernel of bandwidth h is ``1 / h**2`` times as high.
    """
    return _PEAK[kernel]


def profile(kernel: str, squared: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give the height of a kernel at a distance, as a part of its height in the middle.

    Parameters
    ----------
    kernel : {"quartic", "gaussian", "epanechnikov"}
        The kernel.
    squared : ndarray of float64
        The square of distance over bandwidth.

    Returns
    -------
    ndarray of float64
        1 in the middle, 0 beyond the reach.
    """
    if kernel == "gaussian":
        return np.where(squared <= GAUSSIAN_REACH**2, np.exp(-squared / 2), 0.0)
    inside = np.maximum(1 - squared, 0.0)
    return inside**2 if kernel == "quartic" else inside
