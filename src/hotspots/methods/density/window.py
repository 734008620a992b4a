"""How much of a kernel lies inside the study area: exactly, from the outline's own edges.

Seen from a point u, the mass of a round kernel inside an outline is 1 (or 0, when u lies outside)
less the integral, along the outline, of what the kernel has left beyond that distance, over the
angle under which u sees it. For the quartic and the Epanechnikov kernel the integral along a
straight edge is a polynomial and an arc tangent, for the Gaussian it is Owen's T. Nothing is put
on a lattice, holes and islands are outlines like any other, and only edges within the kernel's
reach count.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import shapely
from scipy import special

from hotspots.methods.density.kernels import reach_per_bandwidth

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

#: Corners nearer than this are one corner.
_SAME_CORNER_M: Final = 1e-3
#: Points to look up at a time, and pairs of point and edge to hold at a time.
_POINTS_AT_A_TIME: Final = 50_000
_PAIRS_AT_A_TIME: Final = 2_000_000
#: On which side of an edge a point lies that is closer than this, rounding decides: a parallel is
#: bent on the plane, and its pieces lie some centimetres off.
_ON_EDGE_M: Final = 0.1
#: Such a point is moved by this part of the bandwidth, off the edge, and its side is looked up. The
#: mass changes by no more than that.
_MOVED: Final = 1e-7
#: Distances to the line of an edge are divided by; this one, in bandwidths, stands for none.
_AS_NOTHING: Final = 1e-12


@dataclass(frozen=True, slots=True, eq=False)
class Window:
    """The outline of a study area as directed edges; its inside is on their left.

    Attributes
    ----------
    start, end : ndarray of float64, shape (edges, 2)
        Where each edge begins and ends, in metres.
    """

    start: NDArray[np.float64]
    end: NDArray[np.float64]

    @property
    def area_m2(self) -> float:  # numpydoc ignore=RT01
        """The area inside, by the shoelace formula around the middle of the edges."""
        a, b = self.start - self.start.mean(axis=0), self.end - self.start.mean(axis=0)
        return float((a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]).sum() / 2)


def window_of_outline(outline: shapely.Geometry) -> Window:
    """Take the edges of a polygon, of several, and of their holes.

    Parameters
    ----------
    outline : shapely.Polygon or shapely.MultiPolygon
        In metres.

    Returns
    -------
    Window
        The edges.
    """
    return _directed_edges(np.array([outline], dtype=object))


def window_of_cells(cells: NDArray[np.object_]) -> Window:
    """Take the edges of many cells; where two cells meet, theirs cancel and are dropped.

    Parameters
    ----------
    cells : ndarray of shapely.Polygon or shapely.MultiPolygon
        In metres; they do not overlap.

    Returns
    -------
    Window
        The edges that have a cell on one side only.
    """
    edges = _directed_edges(cells)
    corners = np.concatenate([edges.start, edges.end])
    rounded = np.round(corners / _SAME_CORNER_M)
    _, which = np.unique(rounded[:, 0] + 1j * rounded[:, 1], return_inverse=True)
    a, b = which[: len(edges.start)], which[len(edges.start) :]
    both = np.minimum(a, b) * (which.max() + 1) + np.maximum(a, b)
    _, pair = np.unique(both, return_inverse=True)
    net = np.bincount(pair, weights=np.sign(b - a))
    alone = (net[pair] != 0) & (a != b)
    return Window(edges.start[alone], edges.end[alone])


def _directed_edges(shapes: NDArray[np.object_]) -> Window:
    polygons = shapely.orient_polygons(shapely.get_parts(shapes), exterior_cw=False)
    rings = shapely.get_rings(polygons)
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    same = ring[1:] == ring[:-1]
    return Window(xy[:-1][same], xy[1:][same])


def mass_inside(
    window: Window,
    x_m: NDArray[np.float64],
    y_m: NDArray[np.float64],
    bandwidths_m: NDArray[np.float64],
    *,
    kernel: str,
    inside: NDArray[np.bool_] | None = None,
) -> NDArray[np.float64]:
    """Measure how much of a kernel around each point lies inside the window.

    Parameters
    ----------
    window : Window
        The study area.
    x_m, y_m : ndarray of float64, shape (n,)
        The points, in metres.
    bandwidths_m : ndarray of float64, shape (n,)
        The bandwidth at each.
    kernel : {"quartic", "gaussian", "epanechnikov"}
        The kernel.
    inside : ndarray of bool, shape (n,), or None, default None
        Which points lie inside; None when all do.

    Returns
    -------
    ndarray of float64, shape (n,)
        0 to 1.

    References
    ----------
    Diggle, P. (1985). A kernel method for smoothing point process data. Applied Statistics 34,
    138-147. DOI 10.2307/2347366
    """
    mass = np.ones(len(x_m)) if inside is None else inside.astype(np.float64)
    less, on_edge = _mass_beyond(window, x_m, y_m, bandwidths_m, kernel)
    mass -= less
    who = np.flatnonzero(on_edge)
    if len(who):
        x, y, h = x_m[who], y_m[who], bandwidths_m[who]
        x, y = x + _MOVED * h * math.cos(1.0), y + _MOVED * h * math.sin(1.0)
        mass[who] = _holds(window, x, y) - _mass_beyond(window, x, y, h, kernel)[0]
    return np.clip(mass, 0.0, 1.0)


def _mass_beyond(
    window: Window,
    x_m: NDArray[np.float64],
    y_m: NDArray[np.float64],
    h: NDArray[np.float64],
    kernel: str,
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Add up the edges within reach of each point; say which points are on one."""
    mass = np.zeros(len(x_m))
    on_edge = np.zeros(len(x_m), dtype=bool)
    for point, edge in _pairs(window, x_m, y_m, h * reach_per_bandwidth(kernel)):
        here = np.column_stack([x_m[point], y_m[point]])
        a, b = window.start[edge] - here, window.end[edge] - here
        beyond, touches = _beyond(a, b, h[point], kernel)
        mass += np.bincount(point, weights=beyond, minlength=len(mass))
        on_edge[point[touches]] = True
    return mass, on_edge


def _pairs(
    window: Window,
    x_m: NDArray[np.float64],
    y_m: NDArray[np.float64],
    reach: NDArray[np.float64],
) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Give the points and the edges whose boxes meet, some at a time."""
    edges = np.stack([window.start, window.end], axis=1)
    tree = shapely.STRtree(shapely.linestrings(edges))
    step = _POINTS_AT_A_TIME
    first = 0
    while first < len(x_m):
        part = slice(first, first + step)
        x, y, r = x_m[part], y_m[part], reach[part]
        point, edge = tree.query(shapely.box(x - r, y - r, x + r, y + r))
        if len(point) > _PAIRS_AT_A_TIME and len(x) > 1:
            step = max(1, len(x) * _PAIRS_AT_A_TIME // (2 * len(point)))
            continue
        yield point + first, edge
        first += step


def _beyond(
    a: NDArray[np.float64], b: NDArray[np.float64], h: NDArray[np.float64], kernel: str
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Integrate, along edges from a to b seen from 0, what the kernel has left beyond them."""
    along = b - a
    length = np.hypot(along[:, 0], along[:, 1])
    x, y = along[:, 0] / length, along[:, 1] / length
    away = (a[:, 0] * y - a[:, 1] * x) / h
    begin, end = (a[:, 0] * x + a[:, 1] * y) / h, (b[:, 0] * x + b[:, 1] * y) / h
    near = _ON_EDGE_M / h
    touches = (np.abs(away) < near) & (begin < near) & (end > -near)
    d = np.abs(away)
    if kernel == "gaussian":
        part = _gaussian(end, d) - _gaussian(begin, d)
    else:
        half = np.sqrt(np.maximum(1 - d**2, 0.0))
        of = _quartic if kernel == "quartic" else _epanechnikov
        part = of(np.clip(end, -half, half), d) - of(np.clip(begin, -half, half), d)
        part = np.where(d < 1, part, 0.0)
    return np.sign(away) * part, touches


def _quartic(s: NDArray[np.float64], d: NDArray[np.float64]) -> NDArray[np.float64]:
    """Integrate (1 - r^2)^3 over the angle, r^2 = d^2 + s^2, from s = 0."""
    first = 3 * d * s
    second = 3 * (d**3 * s + d * s**3 / 3)
    third = d**5 * s + 2 * d**3 * s**3 / 3 + d * s**5 / 5
    return np.asarray((np.arctan2(s, d) - first + second - third) / (2 * math.pi))


def _epanechnikov(s: NDArray[np.float64], d: NDArray[np.float64]) -> NDArray[np.float64]:
    """Integrate (1 - r^2)^2 over the angle, from s = 0."""
    return np.asarray((np.arctan2(s, d) - 2 * d * s + d**3 * s + d * s**3 / 3) / (2 * math.pi))


def _gaussian(s: NDArray[np.float64], d: NDArray[np.float64]) -> NDArray[np.float64]:
    """Integrate exp(-r^2 / 2) over the angle, from s = 0: Owen's T."""
    return np.asarray(special.owens_t(d, s / np.maximum(d, _AS_NOTHING)))


def _holds(
    window: Window, x_m: NDArray[np.float64], y_m: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Count how often the outline goes around each point: 1 inside, 0 outside."""
    turns = np.empty(len(x_m))
    for i, here in enumerate(np.column_stack([x_m, y_m])):
        a, b = window.start - here, window.end - here
        cross = a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]
        turns[i] = np.arctan2(cross, (a * b).sum(axis=1)).sum() / (2 * math.pi)
    return np.round(turns)
