"""Districts, read from the names of the areas: "Leeds 063B" lies in Leeds."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Final

import numpy as np

from hotspots.render.wording import say_list
from hotspots.words import message, say

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

#: A number at the end of a name, as census areas have it, and one that tells areas apart.
_NUMBER: Final = re.compile(r"(\s+\d+\w?)?(\s+\(\d+\))?$")
_FEWEST_FOR_A_LABEL: Final = 3
_MOST_LABELS: Final = 80
_MOST_IN_A_SENTENCE: Final = 6


def district_of(name: str) -> str:
    """Take the number off the end of an area's name.

    Parameters
    ----------
    name : str
        Name of an area.

    Returns
    -------
    str
        What is left; the name itself when it has no number.

    Examples
    --------
    >>> from hotspots.render.districts import district_of
    >>> [district_of(name) for name in ("Leeds 063B", "Leeds 045D (2)", "Old Town")]
    ['Leeds', 'Leeds', 'Old Town']
    """
    return _NUMBER.sub("", name).strip()


def district_labels(
    names: Sequence[str], rings: Sequence[NDArray[np.float64]]
) -> list[tuple[str, float, float]]:
    """Find the districts that a map can name.

    Parameters
    ----------
    names : sequence of str
        Names of the areas; empty where one has none.
    rings : sequence of numpy.ndarray of float64, shape (corners, 2)
        Their corners, longitude and latitude in degrees.

    Returns
    -------
    list of tuple (str, float, float)
        District, longitude and latitude in degrees, the district of most areas first.
    """
    members = defaultdict(list)
    for name, ring in zip(names, rings, strict=True):
        members[district_of(name)].append(ring.mean(axis=0))
    members.pop("", None)
    ordered = sorted(members.items(), key=lambda item: (-len(item[1]), item[0]))
    found = []
    for district, points in ordered[:_MOST_LABELS]:
        if len(points) < _FEWEST_FOR_A_LABEL:
            break
        centres = np.array(points)
        # The label stands on an area of the district, also where the district is bent.
        away = np.square(centres - centres.mean(axis=0)).sum(axis=1)
        lng, lat = centres[int(np.argmin(away))]
        found.append((district, round(float(lng), 4), round(float(lat), 4)))
    return found


def say_where(names: Iterable[str], lang: str) -> str:
    """Say in which districts some areas lie, and how many in each.

    Parameters
    ----------
    names : iterable of str
        Names of the areas.
    lang : str
        Language of the words.

    Returns
    -------
    str
        A sentence; empty when there is no area, or so many districts that nobody would read on.

    Examples
    --------
    >>> from hotspots.render.districts import say_where
    >>> say_where(["Leeds 063B"], "en")
    'It lies in Leeds.'
    """
    counted = Counter(filter(None, map(district_of, names)))
    if not 0 < len(counted) <= _MOST_IN_A_SENTENCE:
        return ""
    if counted.total() == 1:
        return say(message("page.finding_where_one", place=next(iter(counted))), lang)
    # Isolates keep a name in another script from turning the sentence around.
    parts = [
        say(message("page.place_with_count", place=f"\u2068{place}\u2069", count=count), lang)
        for place, count in sorted(counted.items(), key=lambda item: (-item[1], item[0]))
    ]
    return say(message("page.finding_where", places=say_list(parts, lang)), lang)
