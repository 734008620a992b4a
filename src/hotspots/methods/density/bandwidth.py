"""How wide: rules that choose a bandwidth from the incidents.

Every rule gives a standard deviation per axis, in metres, which any kernel can have.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np
import shapely
from scipy import optimize, spatial

from hotspots.errors import FitnessError, ParameterError
from hotspots.methods.density.sums import kernel_sums
from hotspots.methods.density.window import mass_inside, window_of_outline

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hotspots.methods.density.ground import Ground

RULES: Final = ("scott", "nrd", "oversmooth", "diggle", "ppl")
#: Fewer incidents carry no rule.
FEWEST_FOR_RULE: Final = 30
#: Radii at which the K function is taken, and neighbours that the largest may hold.
_RADII: Final = 512
_NEIGHBOURS: Final = 1000
#: Widths that cross-validation tries before it narrows down.
_TRIED: Final = 20
#: Widths this much alike, as logarithms, are one.
_CLOSE: Final = 1e-3
#: No place of an incident is known more closely than this: a smaller width is no answer.
_FINEST_M: Final = 5.0
#: The outline is taken without details finer than this part of the kernel's spread: only rules
#: do so, and no more than 0.1 % of a kernel comes of it.
_DETAIL: Final = 1 / 25
#: Neighbours that stand for all when a sum is too small to be kept beside the point's own kernel.
_NEAREST: Final = 16
_LOST: Final = 1e-3


def spread_by_rule(ground: Ground, rule: str) -> float:
    """Choose the width of a kernel from the incidents.

    Parameters
    ----------
    ground : Ground
        The incidents and their window.
    rule : {"scott", "nrd", "oversmooth", "diggle", "ppl"}
        The rule.

    Returns
    -------
    float
        Standard deviation per axis, in metres.

    Raises
    ------
    ParameterError
        If there is no such rule.
    FitnessError
        If the incidents cannot carry it.
    """
    if rule not in RULES:
        msg = f"rule must be one of {', '.join(map(repr, RULES))}, got {rule!r}."
        raise ParameterError(msg)
    if rule in {"scott", "nrd", "oversmooth"}:
        widths = {"scott": scott_m, "nrd": normal_reference_m, "oversmooth": oversmooth_m}
        return not_flat(widths[rule](ground.x_m, ground.y_m, ground.weights))
    width = diggle_m(ground) if rule == "diggle" else likelihood_m(ground)
    if width < _FINEST_M:
        places, incidents = len(ground.x_m), ground.incidents
        msg = (
            f"The rule {rule!r} collapses: the less smoothing, the better it looks, down to "
            f"{width:.2g} m. That happens when the places ({places:,} for {incidents:,} incidents) "
            "are those of a list, or copies a step apart. Give bandwidth_m, well above the "
            "distance between them, or take rule='scott'; bandwidth_table() shows what each does."
        )
        raise FitnessError(msg)
    return width


def scott_m(
    x_m: NDArray[np.float64], y_m: NDArray[np.float64], weights: NDArray[np.float64]
) -> float:
    """Give the width by Scott's rule: the standard deviation of the points over n^(1/6).

    Parameters
    ----------
    x_m, y_m, weights : ndarray of float64, shape (n,)
        The places, and the incidents at each.

    Returns
    -------
    float
        Geometric mean of the two axes, in metres.

    References
    ----------
    Scott, D. W. (1992). Multivariate Density Estimation. Wiley. DOI 10.1002/9780470316849
    """
    spreads = [_spread(values, weights) for values in (x_m, y_m)]
    return float(np.sqrt(spreads[0] * spreads[1]) * weights.sum() ** (-1 / 6))


def normal_reference_m(
    x_m: NDArray[np.float64], y_m: NDArray[np.float64], weights: NDArray[np.float64]
) -> float:
    """Give a quarter of R's ``bandwidth.nrd``, the mean of the two axes.

    Parameters
    ----------
    x_m, y_m, weights : ndarray of float64, shape (n,)
        The places, and the incidents at each.

    Returns
    -------
    float
        In metres.

    References
    ----------
    Silverman, B. W. (1986). Density Estimation for Statistics and Data Analysis. Chapman and Hall.
    DOI 10.1201/9781315140919
    """
    n = weights.sum()
    widths = []
    for values in (x_m, y_m):
        every = np.repeat(values, weights.astype(np.int64))
        spread = min(
            _spread(values, weights), np.subtract(*np.quantile(every, [0.75, 0.25])) / 1.34
        )
        widths.append(1.06 * spread * n ** (-1 / 5))
    return float(np.mean(widths))


def oversmooth_m(
    x_m: NDArray[np.float64],
    y_m: NDArray[np.float64],
    weights: NDArray[np.float64],
    n: float | None = None,
) -> float:
    """Give the largest width that any density with this scatter could need.

    Parameters
    ----------
    x_m, y_m, weights : ndarray of float64, shape (n,)
        The places, and the incidents at each.
    n : float or None, default None
        The number to take the sixth root of, when it is not that of the incidents.

    Returns
    -------
    float
        In metres.

    References
    ----------
    Terrell, G. R. (1990). The maximal smoothing principle in density estimation. Journal of the
    American Statistical Association 85, 470-477. DOI 10.1080/01621459.1990.10476223
    """
    spreads, ranges = [], []
    for values in (x_m, y_m):
        every = np.repeat(values, weights.astype(np.int64))
        spreads.append(_spread(values, weights) ** 2)
        ranges.append(np.subtract(*np.quantile(every, [0.75, 0.25])) / 1.34)
    scale = min(math.sqrt(np.mean(spreads)), float(np.mean(ranges)))
    # 2 R(K) / V with R = 1 / (4 pi), and V as Terrell has it in two dimensions.
    most = 16 * math.gamma(5) * 2 * 4 / (10**4 * math.pi)
    return float(scale * (2 / (4 * math.pi) / (most * (n or weights.sum()))) ** (1 / 6))


def diggle_m(ground: Ground) -> float:
    """Give the width with the smallest mean square error, if the incidents were a Cox process.

    Incidents at one place are no pair: their distance of zero is the publisher's, and would
    always ask for no smoothing at all.

    Parameters
    ----------
    ground : Ground
        The incidents and their window.

    Returns
    -------
    float
        In metres: half the radius of the disc for which the error is computed; 0 when the error
        falls all the way to no width.

    References
    ----------
    Diggle, P. (1985). A kernel method for smoothing point process data. Applied Statistics 34,
    138-147. DOI 10.2307/2347366

    Berman, M. and Diggle, P. (1989). Estimating weighted integrals of the second-order intensity of
    a spatial point process. Journal of the Royal Statistical Society B 51, 81-92.
    DOI 10.1111/j.2517-6161.1989.tb01750.x
    """
    shape = ground.shape()
    density = ground.weights.sum() / shapely.area(shape)
    left, low, right, high = shapely.bounds(shape)
    largest = min(min(right - left, high - low) / 4, math.sqrt(_NEIGHBOURS / math.pi / density))
    radii = np.linspace(0, largest, _RADII + 1)
    k = _k_function(ground, shape, radii)
    discs = radii[1 : _RADII // 2 + 1]
    middles = (radii[1:] + radii[:-1]) / 2
    y = np.minimum(middles / (2 * discs[:, None]), 1.0)
    shared = 2 * discs[:, None] ** 2 * (np.arccos(y) - y * np.sqrt(1 - y**2))
    size = math.pi * discs**2
    error = (1 / density - 2 * k[1 : len(discs) + 1]) / size + shared @ np.diff(k) / size**2
    best = int(np.argmin(error))
    return 0.0 if best == 0 else float(discs[best] / 2)


def likelihood_m(ground: Ground) -> float:
    """Give the width under which each place is best foretold by all others.

    Each place is left out with all its incidents: when only one incident were left out, those
    that lie on the very same point would ask for no smoothing at all.

    Parameters
    ----------
    ground : Ground
        The incidents and their window.

    Returns
    -------
    float
        In metres.

    References
    ----------
    Loader, C. (1999). Local Regression and Likelihood. Springer. DOI 10.1007/b98858
    """
    widest = not_flat(scott_m(ground.x_m, ground.y_m, ground.weights))
    places = np.column_stack([ground.x_m, ground.y_m])
    nearest = spatial.KDTree(places).query(places, k=min(_NEAREST + 1, len(places)))
    typical = float(np.median(nearest[0][:, 1]))
    tried = np.geomspace(min(typical / 4, widest / 4), 2 * widest, _TRIED)
    shape = ground.shape()

    def loss(log_width: float) -> float:
        return -_log_likelihood(ground, shape, nearest, math.exp(log_width))

    losses = [loss(math.log(one)) for one in tried]
    best = int(np.argmin(losses))
    around = np.log(tried[[max(best - 1, 0), min(best + 1, len(tried) - 1)]])
    found = optimize.minimize_scalar(
        loss, bounds=tuple(around), method="bounded", options={"xatol": _CLOSE}
    )
    return math.exp(found.x)


def _log_likelihood(
    ground: Ground,
    shape: shapely.Geometry,
    nearest: tuple[NDArray[np.float64], NDArray[np.intp]],
    width: float,
) -> float:
    widths = np.full(len(ground.x_m), width)
    sums = kernel_sums(
        ground.x_m,
        ground.y_m,
        ground.weights,
        widths,
        at_x_m=ground.x_m,
        at_y_m=ground.y_m,
        kernel="gaussian",
    )
    height = 1 / (2 * math.pi * width**2)
    others = sums - ground.weights * height
    # Beside the point's own kernel a small sum of others is lost: add its largest terms alone.
    distance, who = nearest
    terms = np.log(ground.weights[who[:, 1:]] * height) - distance[:, 1:] ** 2 / (2 * width**2)
    log_near = np.logaddexp.reduce(terms, axis=1)
    kept = others > _LOST * np.maximum(height, _LOST * sums.max())
    log_density = np.where(kept, np.log(np.where(kept, others, 1.0)), log_near)
    window = window_of_outline(shapely.simplify(shape, width * _DETAIL))
    mass = mass_inside(window, ground.x_m, ground.y_m, widths, kernel="gaussian")
    return float(ground.weights @ (log_density - np.log(np.maximum(mass, _LOST))))


def _k_function(
    ground: Ground, shape: shapely.Geometry, radii: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Estimate Ripley's K with the rigid motion correction, at radii that begin with 0."""
    tree = spatial.KDTree(np.column_stack([ground.x_m, ground.y_m]))
    w = ground.weights
    pairs = tree.count_neighbors(tree, radii, weights=(w, w))
    # At the radius 0 stand the places paired with themselves.
    rings = np.diff(pairs) / _set_covariance(shape, (radii[1:] + radii[:-1]) / 2)
    n = w.sum()
    cumulated = np.concatenate([[0.0], np.cumsum(rings)])
    return np.asarray(cumulated * shapely.area(shape) / (n * (n - 1)))


def _set_covariance(
    shape: shapely.Geometry, distances: NDArray[np.float64], nodes: int = 128
) -> NDArray[np.float64]:
    """Give the share of a window that lies in it still when it is moved, over all directions."""
    left, low, right, high = shapely.bounds(shape)
    step = max(right - left, high - low) / nodes
    x, y = np.meshgrid(
        np.arange(left + step / 2, right, step), np.arange(low + step / 2, high, step)
    )
    shapely.prepare(shape)
    mask = shapely.intersects_xy(shape, x, y).astype(np.float64)
    size = tuple(2 * n for n in mask.shape)
    moved = np.fft.irfft2(np.abs(np.fft.rfft2(mask, size)) ** 2, size)
    dy, dx = (np.minimum(np.arange(n), n - np.arange(n)) for n in size)
    away = np.hypot(*np.meshgrid(dx, dy)) * step
    ring = np.round(away / step).astype(np.int64).ravel()
    mean = np.bincount(ring, weights=moved.ravel()) / np.bincount(ring)
    far = np.bincount(ring, weights=away.ravel()) / np.bincount(ring)
    return np.asarray(np.maximum(np.interp(distances, far, mean / mean[0]), 1 / nodes))


def _spread(values: NDArray[np.float64], weights: NDArray[np.float64]) -> float:
    n = weights.sum()
    around = values - weights @ values / n
    return float(np.sqrt(weights @ around**2 / (n - 1)))


def not_flat(width: float) -> float:
    """Refuse a width of nothing.

    Parameters
    ----------
    width : float
        A standard deviation, in metres.

    Returns
    -------
    float
        The same.

    Raises
    ------
    FitnessError
        If it is not positive: the incidents lie on one point or one line.
    """
    if not width > 0:
        msg = (
            "The incidents lie on one point or one line, and no rule can choose a bandwidth from "
            "that. Give bandwidth_m."
        )
        raise FitnessError(msg)
    return width
