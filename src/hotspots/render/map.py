"""A result as a folium map, for the analyst's own eyes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from hotspots.codec import pack, travel_order
from hotspots.errors import ParameterError
from hotspots.grid.kinds import HEXAGONS, kind_of
from hotspots.palettes import count_classes
from hotspots.render.payload import layer_payload, map_payload
from hotspots.render.wording import say_range, say_title
from hotspots.results import HotspotResult
from hotspots.words import message, say

if TYPE_CHECKING:
    import folium

    from hotspots.words import Message


def make_map(result: HotspotResult, *, tiles: str | None = None, lang: str = "en") -> folium.Map:
    """Show a result on a map in a notebook, with the same layer as the public page.

    The map holds exact counts and is not for publication; ``write_page`` makes the public one.
    It asks nobody for anything unless tiles are wanted. Leaflet is inside; what needs jQuery or
    Bootstrap, such as folium's popups, does not work on it.

    Parameters
    ----------
    result : HotspotResult
        A result on H3 cells: its ``data`` has the index ``cell``, the columns ``n`` and
        ``hotspot``, and ``name`` and ``p_adjusted`` where they are known.
    tiles : str or None, default None
        A folium tile name, such as ``"OpenStreetMap"``; the browser then fetches the tiles.
    lang : str, default "en"
        Language of the words.

    Returns
    -------
    folium.Map
        The map.

    Raises
    ------
    ParameterError
        If what is given is not a HotspotResult, or not one on H3 cells with counts and hotspots.

    Examples
    --------
    >>> import hotspots as hs
    >>> hs.make_map("result")
    Traceback (most recent call last):
    hotspots.errors.ParameterError: make_map() takes a HotspotResult, got str. Pass what a ...
    """
    if not isinstance(result, HotspotResult):
        kind = type(result).__name__
        msg = (
            f"make_map() takes a HotspotResult, got {kind}. Pass what a method such as "
            "local_gi_star() returned; a Release is for write_page()."
        )
        raise ParameterError(msg)
    _refuse_what_is_not_drawn(result)
    # folium takes a third of a second to import, and pages do not need it.
    from hotspots.render.notebook import folium_map  # noqa: PLC0415

    return folium_map(pack(_payload(result, lang)), tiles=tiles)


def _refuse_what_is_not_drawn(result: HotspotResult) -> None:
    elsewhere = (
        "Write it to a file for QGIS, result.data.to_file('result.gpkg'), or plot it with "
        "matplotlib, result.data.plot({column!r}, legend=True)."
    )
    data = result.data
    if data.index.name == "cell" and (kind := kind_of(data)) != HEXAGONS:
        what = f"these cells are {kind}"
    elif data.index.name != "cell":
        what = f"the rows of {result.method} are no cells"
    elif missing := [name for name in ("n", "hotspot") if name not in data.columns]:
        what = f"the result of {result.method} has no column {missing[0]!r}"
    else:
        return
    shown = next((c for c in ("n", "density_per_km2") if c in data.columns), "geometry")
    msg = f"make_map() draws counts in H3 hexagons with their hotspots, and {what}. " + (
        elsewhere.format(column=shown)
    )
    raise ParameterError(msg)


def _payload(result: HotspotResult, lang: str) -> dict[str, Any]:
    cells = travel_order(result.data.index)
    data = result.data.loc[cells]
    names = data["name"].fillna("").astype(str) if "name" in data.columns else pd.Series(cells)
    counts = data["n"].astype("Int64")
    # An exact map has one class without a number to itself: none.
    rows = pd.DataFrame(
        {
            "count": counts.mask(counts == 0),
            "low": 0,
            "high": 0,
            "hotspot": data["hotspot"].astype("object"),
        }
    )
    classes = count_classes(min_count=1, rounding=1, largest=int(counts.max()))
    layer = layer_payload(rows, classes, lang)
    if "p_adjusted" in data.columns:
        layer["detail"] = [_say_p_value(p, lang) for p in data["p_adjusted"]]
    facts = result.provenance
    return map_payload(cells, names.tolist(), [layer], classes=classes, lang=lang) | {
        "title": say_title([facts], facts.place, lang),
        "legend": [{"text": say_range(c.low, c.high, lang), "colour": c.colour} for c in classes],
        "legend_hot": say(message("page.legend_hot"), lang),
        "attribution": facts.area_attribution,
        "warning": " ".join(say(said, lang) for said in _warnings(result)),
    }


def _warnings(result: HotspotResult) -> list[Message]:
    """Say what the map is not for; what an outline drawn around the points does, on the map too."""
    outline = [said for said in result.caveats if said.key == "methods.area_from_incidents"]
    return [message("page.not_for_publication"), *outline]


def _say_p_value(p: float, lang: str) -> str:
    if pd.isna(p):
        return say(message("page.word_not_tested"), lang)
    return say(message("page.tooltip_p_value", p=f"{p:.2g}"), lang)
