"""How much of the study area a moved copy of it covers: the weight of a pair of points.

A pair that is one step ``h`` apart can only be seen where both ends lie in the area, which is where
the area and its copy moved by ``h`` overlap. The translation correction (Ohser 1983) divides by
that share. It is computed once, on a raster, for all steps up to the largest distance.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import shapely
from scipy import fft

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Pixels along the longer side of the area.
PIXELS: Final = 768
#: Lines on which the outline is cut, in the height of a pixel.
_LINES: Final = 4


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Overlap:
    """The share of the area that a copy of it covers, by how far the copy was moved.

    Attributes
    ----------
    share : ndarray of float64, shape (2 b + 1, 2 a + 1)
        Rows: moved up by -b to b pixels; columns: moved right by -a to a pixels.
    pixel_x, pixel_y : float
        Size of a pixel.
    """

    share: NDArray[np.float64]
    pixel_x: float
    pixel_y: float

    def at(self, dx: NDArray[np.float64], dy: NDArray[np.float64]) -> NDArray[np.float64]:
        """Look up the share between the pixels.

        Parameters
        ----------
        dx, dy : ndarray of float64, shape (n,)
            How far the copy was moved.

        Returns
        -------
        ndarray of float64, shape (n,)
            The shares, 0 to 1.
        """
        rows, columns = self.share.shape
        u, v = dx / self.pixel_x + columns // 2, dy / self.pixel_y + rows // 2
        p = np.minimum(u.astype(np.int64), columns - 2)
        q = np.minimum(v.astype(np.int64), rows - 2)
        s, t = u - p, v - q
        lower = self.share[q, p] * (1 - s) + self.share[q, p + 1] * s
        upper = self.share[q + 1, p] * (1 - s) + self.share[q + 1, p + 1] * s
        return np.asarray(lower * (1 - t) + upper * t)

    def smallest_within(self, distance: float) -> float:
        """Give the smallest share for any step no longer than a distance.

        Parameters
        ----------
        distance : float
            The distance.

        Returns
        -------
        float
            The share.
        """
        rows, columns = self.share.shape
        up = (np.arange(rows) - rows // 2)[:, None] * self.pixel_y
        right = (np.arange(columns) - columns // 2) * self.pixel_x
        return float(self.share[np.hypot(up, right) <= distance].min())


def overlap_of(outline: shapely.Geometry, reach: float, *, pixels: int = PIXELS) -> Overlap:
    """Tabulate the overlap of an area with copies of it, moved no farther than a distance.

    Parameters
    ----------
    outline : shapely.Geometry
        The area.
    reach : float
        The distance.
    pixels : int, default 768
        Along the longer side of the area.

    Returns
    -------
    Overlap
        The table. For a rectangle along the axes it is exact.
    """
    left, bottom, right, top = outline.bounds
    longest = max(right - left, top - bottom)
    columns = max(int(np.ceil(pixels * (right - left) / longest)), 1)
    rows = max(int(np.ceil(pixels * (top - bottom) / longest)), 1)
    pixel_x, pixel_y = (right - left) / columns, (top - bottom) / rows
    covered = _coverage(outline, columns, rows)
    a, b = int(reach / pixel_x) + 1, int(reach / pixel_y) + 1
    shape = tuple(fft.next_fast_len(side, real=True) for side in (rows + b, columns + a))
    spectrum = fft.rfft2(covered, shape)
    moved = fft.irfft2(spectrum * spectrum.conj(), shape)
    table = moved[np.ix_(np.arange(-b, b + 1), np.arange(-a, a + 1))]
    share = np.clip(table / covered.sum(), 0.0, 1.0)
    share[b, a] = 1.0
    return Overlap(share=share, pixel_x=pixel_x, pixel_y=pixel_y)


def _coverage(outline: shapely.Geometry, columns: int, rows: int) -> NDArray[np.float64]:
    """Give the covered part of each pixel, from where the outline crosses some lines along x."""
    left, bottom, right, top = outline.bounds
    line, x, sign = _crossings(outline, bottom, (top - bottom) / (rows * _LINES), rows * _LINES)
    at = np.clip((x - left) / (right - left) * columns, 0, columns)
    pixel = np.minimum(at.astype(np.int64), columns - 1)
    part = at - pixel
    # What an edge adds to the right of it; summed up along the line, its part of each pixel.
    width = columns + 1
    place, size = line * width + pixel, rows * _LINES * width
    change = np.bincount(place, weights=sign * (1 - part), minlength=size)
    change += np.bincount(place + 1, weights=sign * part, minlength=size)
    lines = np.cumsum(change.reshape(rows, _LINES, width), axis=2)[:, :, :columns]
    return np.asarray(lines.mean(axis=1))


def _crossings(
    outline: shapely.Geometry, bottom: float, step: float, n_lines: int
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """Find where the outline crosses each line, and whether the area begins (1) or ends (-1) there.

    Rings run so that the area lies on their right hand: an edge that goes up begins it.
    """
    starts, ends = _edges(outline)
    low, high = np.minimum(starts[:, 1], ends[:, 1]), np.maximum(starts[:, 1], ends[:, 1])
    # Line k lies at bottom + (k + 1/2) step; an edge has the lines from its lower end, included,
    # to its upper end, not included, so that a corner on a line counts once.
    first = np.clip(np.ceil((low - bottom) / step - 0.5), 0, n_lines).astype(np.int64)
    last = np.clip(np.ceil((high - bottom) / step - 0.5), 0, n_lines).astype(np.int64)
    many = last - first
    edge = np.repeat(np.arange(len(many)), many)
    line = np.arange(len(edge)) - np.repeat(np.cumsum(many) - many, many) + first[edge]
    y = bottom + (line + 0.5) * step
    rise = ends[edge, 1] - starts[edge, 1]
    x = starts[edge, 0] + (y - starts[edge, 1]) / rise * (ends[edge, 0] - starts[edge, 0])
    return line, x, np.sign(rise)


def _edges(outline: shapely.Geometry) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Give both ends of every edge; outer rings clockwise, holes the other way round."""
    turned = shapely.orient_polygons(outline, exterior_cw=True)
    xy, ring = shapely.get_coordinates(
        shapely.get_rings(shapely.get_parts(turned)), return_index=True
    )
    same = ring[1:] == ring[:-1]
    return xy[:-1][same], xy[1:][same]
