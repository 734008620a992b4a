"""What the scripts of a page need: shapes, names, counts in words, colours and sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from hotspots.codec import cell_rings, encode_rings
from hotspots.palettes import HOT_CASING, HOT_LINE, class_of
from hotspots.render.districts import district_labels
from hotspots.render.wording import say_range
from hotspots.results import HOTSPOT_WORDS
from hotspots.words import message, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hotspots.palettes import CountClass

_UNTESTED: Final = "not tested"
_SENTENCES: Final = ("zoom_in", "zoom_out")
#: Sentences that the script completes; the fields are filled in there.
_TEMPLATES: Final = {
    "tooltip_count": ("count",),
    "chosen": ("name", "count", "word"),
    "table_shown": ("shown", "total"),
    "table_more": ("more",),
}


def map_payload(
    cells: Sequence[str],
    names: Sequence[str],
    layers: Sequence[dict[str, Any]],
    *,
    classes: Sequence[CountClass],
    lang: str,
) -> dict[str, Any]:
    """Put together what the map layer of a page or notebook draws.

    Parameters
    ----------
    cells : sequence of str
        H3 cell ids.
    names : sequence of str
        Their names; empty where a cell has none.
    layers : sequence of dict
        From :func:`layer_payload`, aligned with ``cells``.
    classes : sequence of CountClass
        Classes and their colours.
    lang : str
        Language of the words.

    Returns
    -------
    dict
        Plain values for :func:`hotspots.codec.pack`.
    """
    rings = cell_rings(cells)
    unnamed = say(message("page.unnamed"), lang)
    labels = pd.Series([name or unnamed for name in names], dtype="object")
    name_codes, distinct = pd.factorize(labels)
    templates = {
        key: say(message(f"page.{key}", **{field: f"{{{field}}}" for field in fields}), lang)
        for key, fields in _TEMPLATES.items()
    }
    return {
        "shapes": encode_rings(rings),
        "names": list(distinct),
        "name": name_codes.tolist(),
        "places": district_labels(names, rings),
        "colours": [item.colour for item in classes],
        "hot": {"line": HOT_LINE, "casing": HOT_CASING},
        "words": [
            {
                "text": say(message(f"page.word_{word.replace(' ', '_')}"), lang),
                "hot": int(word == "hot"),
            }
            for word in (*HOTSPOT_WORDS, _UNTESTED)
        ],
        "layers": list(layers),
        "say": {key: say(message(f"page.{key}"), lang) for key in _SENTENCES} | templates,
    }


def layer_payload(rows: pd.DataFrame, classes: tuple[CountClass, ...], lang: str) -> dict[str, Any]:
    """Put together the counts and words of one map.

    Parameters
    ----------
    rows : pandas.DataFrame
        ``count`` (missing where hidden), ``low``, ``high`` and ``hotspot``, in the order of the
        cells.
    classes : tuple of CountClass
        Classes of the counts.
    lang : str
        Language of the words.

    Returns
    -------
    dict
        ``values``, the distinct counts with their text, class and rank; ``value`` and ``word``,
        one position for each cell.
    """
    count = rows["count"].astype("Int64")
    shown = count.fillna(-1)
    codes, distinct = pd.factorize(shown, sort=True)
    first = pd.DataFrame({"low": rows["low"], "high": rows["high"]}).groupby(codes).first()
    class_codes = pd.Series(class_of(count, classes)).groupby(codes).first()
    values = [
        {
            "text": say_range(int(low), int(high), lang)
            if value < 0
            else say_range(int(value), int(value), lang),
            "class": int(class_codes.loc[rank]),
            "rank": rank,
        }
        for rank, (value, low, high) in enumerate(
            zip(distinct, first["low"], first["high"], strict=True)
        )
    ]
    words = (*HOTSPOT_WORDS, _UNTESTED)
    hotspot = rows["hotspot"].astype("object")
    found = hotspot.where(hotspot.notna(), _UNTESTED)
    return {
        "values": values,
        "value": codes.tolist(),
        "word": [words.index(word) for word in found],
    }
