"""The time zone of a place, from a library that may be there."""

from __future__ import annotations

import importlib
from collections import Counter
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import numpy as np

_LIBRARY: Final = "tzfpy"
_TRIED: Final = 200


def zones_at(longitude: np.ndarray, latitude: np.ndarray) -> dict[str, int] | None:
    """Count points by the IANA zone that they lie in.

    Parameters
    ----------
    longitude, latitude : numpy.ndarray of float
        Degrees.

    Returns
    -------
    dict of str to int, or None
        Points of an even sample, most first; None when the library ``tzfpy`` is not installed.
    """
    try:
        library = importlib.import_module(_LIBRARY)
    except ImportError:
        return None
    step = max(1, len(longitude) // _TRIED)
    points = zip(longitude[::step].tolist(), latitude[::step].tolist(), strict=True)
    found = Counter(str(library.get_tz(lng, lat)) for lng, lat in points)
    return dict(found.most_common())
