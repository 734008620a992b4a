"""Which polygon holds each point: at most one, and always the same one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import shapely

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Points are sorted into so many strips each way; 256 x 256 fits the numbers that NumPy sorts
#: fastest.
_STRIPS: Final = 256


def first_holder(
    shapes: NDArray[np.object_], latitude: NDArray[np.float64], longitude: NDArray[np.float64]
) -> NDArray[np.intp]:
    """Find the first polygon, in the order given, that holds each point or has it on its edge.

    Parameters
    ----------
    shapes : ndarray of shapely.Polygon or shapely.MultiPolygon, shape (k,)
        In EPSG:4326.
    latitude, longitude : ndarray of float64, shape (n,)
        In degrees; NaN for no place.

    Returns
    -------
    ndarray of intp, shape (n,)
        Position of the polygon; -1 for none.
    """
    found = np.full(len(latitude), -1, dtype=np.intp)
    west, south, east, north = shapely.total_bounds(shapes)
    near = np.flatnonzero(
        (longitude >= west) & (longitude <= east) & (latitude >= south) & (latitude <= north)
    )
    if not len(near):
        return found
    across, up = _strips(longitude[near], west, east), _strips(latitude[near], south, north)
    bins = (up * _STRIPS + across).astype(np.uint16)
    order = np.argsort(bins, kind="stable")
    starts = np.concatenate([[0], np.cumsum(np.bincount(bins, minlength=_STRIPS**2))])
    lng, lat = longitude[near][order], latitude[near][order]
    holder = np.full(len(near), -1, dtype=np.intp)
    shapely.prepare(shapes)
    bounds = shapely.bounds(shapes)
    first_x, last_x = _strips(bounds[:, 0], west, east), _strips(bounds[:, 2], west, east)
    first_y, last_y = _strips(bounds[:, 1], south, north), _strips(bounds[:, 3], south, north)
    for k, shape in enumerate(shapes):
        rows = np.arange(first_y[k], last_y[k] + 1) * _STRIPS
        runs = zip(starts[rows + first_x[k]], starts[rows + last_x[k] + 1], strict=True)
        at = np.concatenate([np.arange(a, b) for a, b in runs])
        at = at[holder[at] < 0]
        holder[at[shapely.intersects_xy(shape, lng[at], lat[at])]] = k
    found[near[order]] = holder
    return found


def _strips(values: NDArray[np.float64], low: float, high: float) -> NDArray[np.intp]:
    """Sort values into strips; a larger value is never in an earlier strip."""
    share = (values - low) / max(high - low, np.finfo(np.float64).tiny)
    return np.clip((share * _STRIPS).astype(np.intp), 0, _STRIPS - 1)
