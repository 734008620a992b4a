"""How cells travel in a page: small, exact to 1e-5 degree, and inert wherever they are pasted.

Neighbouring hexagons share their corners, so every corner is written once, as the step from the
corner before it; a hexagon is the list of its corners, counted back from the newest corner known
so far (0 says: the next new one). JSON, zlib and base64 do the rest. The alphabet of base64 means
nothing to HTML, JavaScript or a template engine. ``render/assets/hexes.js`` holds the other half.
"""

from __future__ import annotations

import base64
import binascii
import json
import zlib
from typing import TYPE_CHECKING, Any, Final

import h3
import numpy as np

from hotspots.errors import InputDataError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

#: Corners are kept to 1e-5 degree, about a metre: below what a screen can show.
_STEPS_PER_DEGREE: Final = 100_000
_FULL_TURN: Final = 360.0


def travel_order(cells: Iterable[str]) -> list[str]:
    """Sort cells row by row, so that one step between corners is much like the next.

    Parameters
    ----------
    cells : iterable of str
        H3 cell ids of one resolution.

    Returns
    -------
    list of str
        The cells, each once. The order says nothing but where they lie; rows packed so are a
        fifth of what they are in the order of their ids.

    Examples
    --------
    >>> from hotspots.codec import travel_order
    >>> len(travel_order(["88194ad32bfffff", "88194ad32dfffff", "88194ad32dfffff"]))
    2
    """
    by_id = sorted(set(cells))
    try:
        return sorted(by_id, key=lambda cell: tuple(h3.cell_to_local_ij(by_id[0], cell)))
    except h3.H3BaseException:
        # H3 has no common rows for cells far apart or around one of its twelve pentagons.
        return by_id


def cell_rings(cells: Iterable[str]) -> list[NDArray[np.float64]]:
    """Give the corners of H3 cells, in one unbroken range of longitudes.

    A cell across the antimeridian has corners on both ends of the world, and a place may have
    cells on both sides; both are put together by letting longitudes run past 180 degrees.

    Parameters
    ----------
    cells : iterable of str
        H3 cell ids.

    Returns
    -------
    list of numpy.ndarray of float64, shape (corners, 2)
        Longitude and latitude in degrees, one array for each cell, not closed.

    Examples
    --------
    >>> from hotspots.codec import cell_rings
    >>> cell_rings(["88194ad32dfffff"])[0].shape
    (6, 2)
    """
    return join_rings([np.array(h3.cell_to_boundary(cell))[:, ::-1] for cell in cells])


def join_rings(rings: Sequence[NDArray[np.float64]]) -> list[NDArray[np.float64]]:
    """Move rings by whole turns so that none, and not their whole, is torn at the antimeridian.

    Parameters
    ----------
    rings : sequence of numpy.ndarray of float64, shape (corners, 2)
        Longitude and latitude in degrees.

    Returns
    -------
    list of numpy.ndarray of float64, shape (corners, 2)
        The same places; longitudes may be above 180.

    Examples
    --------
    >>> import numpy as np
    >>> from hotspots.codec import join_rings
    >>> join_rings([np.array([[179.0, 0.0], [-179.0, 0.0], [-179.0, 1.0]])])[0][:, 0]
    array([179., 181., 181.])
    """
    if not rings:
        return []
    lengths = [len(ring) for ring in rings]
    starts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
    points = np.concatenate(rings).astype(np.float64)
    owner = np.repeat(np.arange(len(rings)), lengths)
    # Each ring holds together: no corner is more than half a turn from the ring's first one.
    ahead = points[:, 0] - points[starts, 0][owner]
    points[:, 0] -= _FULL_TURN * np.round(ahead / _FULL_TURN)
    # All rings hold together: the world is cut where the widest empty stretch ends.
    west = np.minimum.reduceat(points[:, 0], starts) % _FULL_TURN
    ordered = np.unique(west)
    gaps = np.diff(np.concatenate([[ordered[-1] - _FULL_TURN], ordered]))
    cut = ordered[int(np.argmax(gaps))]
    start = cut if cut <= _FULL_TURN / 2 else cut - _FULL_TURN
    turns = np.floor((np.minimum.reduceat(points[:, 0], starts) - start) / _FULL_TURN + 1e-9)
    points[:, 0] -= _FULL_TURN * turns[owner]
    return np.split(points, starts[1:])


def encode_rings(rings: Sequence[NDArray[np.float64]]) -> dict[str, list[int]]:
    """Write rings as shared corners.

    Parameters
    ----------
    rings : sequence of numpy.ndarray of float64, shape (corners, 2)
        Longitude and latitude in degrees, not closed; from :func:`cell_rings`.

    Returns
    -------
    dict
        ``x`` and ``y``, the steps from corner to corner in 1e-5 degree; ``sides``, the number of
        corners of each ring; ``ring``, the corners of all rings, counted back from the newest.

    Examples
    --------
    >>> from hotspots.codec import cell_rings, encode_rings
    >>> shapes = encode_rings(cell_rings(["88194ad32dfffff"]))
    >>> shapes["sides"], shapes["ring"]
    ([6], [0, 0, 0, 0, 0, 0])
    """
    if not rings:
        return {"x": [], "y": [], "sides": [], "ring": []}
    grid = np.rint(np.concatenate(rings) * _STEPS_PER_DEGREE).astype(np.int64)
    _, first, inverse = np.unique(grid, axis=0, return_index=True, return_inverse=True)
    # Corners are numbered in the order in which the rings come to them.
    order = np.argsort(first)
    number = np.empty(len(order), dtype=np.int64)
    number[order] = np.arange(len(order))
    corner = number[inverse.ravel()]
    newest = np.maximum.accumulate(np.concatenate([[-1], corner]))[:-1] + 1
    corners = grid[first[order]]
    steps = np.diff(corners, axis=0, prepend=np.zeros((1, 2), dtype=np.int64))
    return {
        "x": steps[:, 0].tolist(),
        "y": steps[:, 1].tolist(),
        "sides": [len(ring) for ring in rings],
        "ring": (newest - corner).tolist(),
    }


def decode_rings(shapes: dict[str, list[int]]) -> list[NDArray[np.float64]]:
    """Read what :func:`encode_rings` wrote.

    Parameters
    ----------
    shapes : dict
        ``x``, ``y``, ``sides`` and ``ring``.

    Returns
    -------
    list of numpy.ndarray of float64, shape (corners, 2)
        Longitude and latitude in degrees, to 1e-5.

    Raises
    ------
    InputDataError
        If the parts do not fit together.

    Examples
    --------
    >>> from hotspots.codec import cell_rings, decode_rings, encode_rings
    >>> decode_rings(encode_rings(cell_rings(["88194ad32dfffff"])))[0].shape
    (6, 2)
    """
    if sum(shapes["sides"]) != len(shapes["ring"]) or len(shapes["x"]) != len(shapes["y"]):
        msg = "The shapes of this page are damaged: their parts have different lengths."
        raise InputDataError(msg)
    if not shapes["sides"]:
        return []
    back = np.array(shapes["ring"], dtype=np.int64)
    newest = np.concatenate([[0], np.cumsum(back == 0)[:-1]])
    corner = newest - back
    if corner.min() < 0 or corner.max() >= len(shapes["x"]):
        msg = "The shapes of this page are damaged: a hexagon names a corner that is not there."
        raise InputDataError(msg)
    corners = np.cumsum(np.array([shapes["x"], shapes["y"]], dtype=np.int64).T, axis=0)
    points = corners[corner] / _STEPS_PER_DEGREE
    return np.split(points, np.cumsum(shapes["sides"])[:-1])


def pack(value: Any) -> str:  # noqa: ANN401 - whatever JSON holds
    """Turn a plain value into text that is safe to paste anywhere.

    Parameters
    ----------
    value : object
        What JSON can hold.

    Returns
    -------
    str
        Base64 of the deflated JSON; the same value always gives the same text.

    Examples
    --------
    >>> from hotspots.codec import pack, unpack
    >>> unpack(pack({"name": "</script>"}))
    {'name': '</script>'}
    """
    plain = json.dumps(value, separators=(",", ":"), allow_nan=False).encode("ascii")
    return base64.b64encode(zlib.compress(plain, 9)).decode("ascii")


def unpack(text: str) -> Any:  # noqa: ANN401 - whatever JSON holds
    """Read what :func:`pack` wrote.

    Parameters
    ----------
    text : str
        Base64 of deflated JSON.

    Returns
    -------
    object
        The value.

    Raises
    ------
    InputDataError
        If the text is not such a value.

    Examples
    --------
    >>> from hotspots.codec import pack, unpack
    >>> unpack(pack([1, 2]))
    [1, 2]
    """
    try:
        return json.loads(zlib.decompress(base64.b64decode(text, validate=True)))
    except (binascii.Error, zlib.error, ValueError) as fault:
        msg = f"The data of this page cannot be read: {fault}. Was the file cut or changed?"
        raise InputDataError(msg) from fault
