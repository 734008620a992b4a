"""Sums of equal Gaussians by way of a lattice, at a cost that grows with points plus places.

Two Gaussians one after the other are one wider Gaussian: their variances add. So the points are
spread on a lattice with a narrow one, the lattice is smoothed, and the places read it through
another narrow one; the three variances add up to that of the kernel. A sum over a lattice stands
for an integral here, which for Gaussians as wide as these is right to some 1e-6 of the largest
value; cutting each Gaussian where the lattice leaves it costs about as much.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy import ndimage

from hotspots.compiled import compiled

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Lattice steps to one standard deviation.
_PER_SPREAD: Final = 3
#: Standard deviation of the two narrow Gaussians, in steps; and how many nodes they reach.
_NARROW: Final = 0.9
_NODES: Final = 10
#: Where the smoothing of the lattice is cut, in its standard deviations.
_REACH: Final = 5.5
#: The lattice may have so many nodes: 160 MB.
_MOST_NODES: Final = 20_000_000
#: Points that are spread at a time: bounds memory.
_AT_A_TIME: Final = 200_000
#: What a node and a point cost, in pairs of point and place summed directly.
_COST_OF_NODE: Final = 10
_COST_OF_POINT: Final = 40


def lattice_pays(
    x_m: NDArray[np.float64],
    y_m: NDArray[np.float64],
    at_x_m: NDArray[np.float64],
    at_y_m: NDArray[np.float64],
    spread_m: float,
    reach_m: float,
) -> bool:
    """Say whether the lattice is the cheaper way.

    Parameters
    ----------
    x_m, y_m : ndarray of float64, shape (n,)
        The points.
    at_x_m, at_y_m : ndarray of float64, shape (k,)
        The places.
    spread_m, reach_m : float
        Standard deviation of the kernel, and how far it is summed directly.

    Returns
    -------
    bool
        False as well when the lattice would be too large.
    """
    width, height = (
        max(float(np.ptp(a)), float(np.ptp(b)), spread_m) for a, b in ((x_m, at_x_m), (y_m, at_y_m))
    )
    nodes = (width * _PER_SPREAD / spread_m + 2 * _NODES) * (
        height * _PER_SPREAD / spread_m + 2 * _NODES
    )
    share = min(1.0, math.pi * reach_m**2 / (width * height))
    pairs = len(x_m) * len(at_x_m) * share
    cost = _COST_OF_NODE * nodes + _COST_OF_POINT * (len(x_m) + len(at_x_m))
    return nodes <= _MOST_NODES and cost < pairs


def gaussian_sums(
    x_m: NDArray[np.float64],
    y_m: NDArray[np.float64],
    weights: NDArray[np.float64],
    spread_m: float,
    *,
    at_x_m: NDArray[np.float64],
    at_y_m: NDArray[np.float64],
    use_compiled: bool = True,
) -> NDArray[np.float64]:
    """Add up equal Gaussians around points, at places.

    Parameters
    ----------
    x_m, y_m : ndarray of float64, shape (n,)
        The points, in metres.
    weights : ndarray of float64, shape (n,)
        What each counts for.
    spread_m : float
        Standard deviation of the Gaussian.
    at_x_m, at_y_m : ndarray of float64, shape (k,)
        The places.
    use_compiled : bool, default True
        Whether to take the compiled loops where numba is installed.

    Returns
    -------
    ndarray of float64, shape (k,)
        The sums, per square metre.

    References
    ----------
    Greengard, L. and Lee, J.-Y. (2004). Accelerating the nonuniform fast Fourier transform. SIAM
    Review 46, 443-454 (spreading by Gaussians). DOI 10.1137/S003614450343200X
    """
    step = spread_m / _PER_SPREAD
    left = min(float(x_m.min()), float(at_x_m.min())) - _NODES * step
    low = min(float(y_m.min()), float(at_y_m.min())) - _NODES * step
    columns = int((max(float(x_m.max()), float(at_x_m.max())) - left) / step) + 2 * _NODES
    rows = int((max(float(y_m.max()), float(at_y_m.max())) - low) / step) + 2 * _NODES
    lattice = np.zeros((rows, columns))
    spread = (compiled(_spread) if use_compiled else None) or _spread_by_numpy
    read = (compiled(_read) if use_compiled else None) or _read_by_numpy
    for part in _parts(len(x_m)):
        in_x, by_x = _taps((x_m[part] - left) / step)
        in_y, by_y = _taps((y_m[part] - low) / step)
        spread(lattice, in_y, in_x, by_y, by_x * weights[part, None])
    smooth = _smoothing()
    lattice = ndimage.correlate1d(lattice, smooth, axis=0, mode="constant")
    lattice = ndimage.correlate1d(lattice, smooth, axis=1, mode="constant")
    out = np.empty(len(at_x_m))
    for part in _parts(len(at_x_m)):
        in_x, by_x = _taps((at_x_m[part] - left) / step)
        in_y, by_y = _taps((at_y_m[part] - low) / step)
        out[part] = read(lattice, in_y, in_x, by_y, by_x)
    return out / step**2


def _parts(n: int) -> list[slice]:
    return [slice(first, first + _AT_A_TIME) for first in range(0, n, _AT_A_TIME)]


def _taps(at: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Give the first node that each place touches, and the weight of that and the next nodes."""
    first = np.floor(at).astype(np.int64) - (_NODES // 2 - 1)
    away = (at - first)[:, None] - np.arange(_NODES)
    heights = np.exp(-(away**2) / (2 * _NARROW**2))
    return first, heights / heights.sum(axis=1, keepdims=True)


def _smoothing() -> NDArray[np.float64]:
    """Give the weights that smooth the lattice by what the two narrow Gaussians leave."""
    spread = math.sqrt(_PER_SPREAD**2 - 2 * _NARROW**2)
    reach = math.ceil(_REACH * spread)
    heights = np.exp(-(np.arange(-reach, reach + 1.0) ** 2) / (2 * spread**2))
    return np.asarray(heights / heights.sum())


def _spread(lattice, in_y, in_x, by_y, by_x):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202 - for numba, which takes no types
    for j in range(len(in_y)):
        for a in range(_NODES):
            out = lattice[in_y[j] + a, in_x[j] : in_x[j] + _NODES]
            for b in range(_NODES):
                out[b] += by_y[j, a] * by_x[j, b]


def _read(lattice, in_y, in_x, by_y, by_x):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202 - for numba, which takes no types
    out = np.zeros(len(in_y))
    for j in range(len(in_y)):
        for a in range(_NODES):
            line = lattice[in_y[j] + a, in_x[j] : in_x[j] + _NODES]
            part = 0.0
            for b in range(_NODES):
                part += line[b] * by_x[j, b]
            out[j] += by_y[j, a] * part
    return out


def _spread_by_numpy(
    lattice: NDArray[np.float64],
    in_y: NDArray[np.int64],
    in_x: NDArray[np.int64],
    by_y: NDArray[np.float64],
    by_x: NDArray[np.float64],
) -> None:
    flat = lattice.reshape(-1)
    first = in_y * lattice.shape[1] + in_x
    for a in range(_NODES):
        for b in range(_NODES):
            at = first + a * lattice.shape[1] + b
            flat += np.bincount(at, weights=by_y[:, a] * by_x[:, b], minlength=len(flat))


def _read_by_numpy(
    lattice: NDArray[np.float64],
    in_y: NDArray[np.int64],
    in_x: NDArray[np.int64],
    by_y: NDArray[np.float64],
    by_x: NDArray[np.float64],
) -> NDArray[np.float64]:
    flat = lattice.reshape(-1)
    first = in_y * lattice.shape[1] + in_x
    out = np.zeros(len(first))
    for a in range(_NODES):
        for b in range(_NODES):
            out += by_y[:, a] * by_x[:, b] * flat[first + a * lattice.shape[1] + b]
    return out
