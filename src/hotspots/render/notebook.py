"""The one file that imports folium: a map with our layer, and no text of ours in its templates.

branca runs text that it has already rendered through its template engine once more, so that
``{{...}}`` in a name would run as code on the analyst's machine. Here text enters packed in base64,
and what is pasted into the page is given back as it is, never compiled.
"""

from __future__ import annotations

from typing import Any

import folium
from branca.element import Element, Figure, MacroElement

from hotspots.errors import ParameterError
from hotspots.render.leaflet import asset, leaflet_script, leaflet_style


class _Raw(Element):
    """Text that goes into the page as it is."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self._text = text

    def render(self, **_: Any) -> str:  # noqa: ANN401 - branca's signature
        """Give the text back."""
        return self._text


class _HexLayer(MacroElement):
    """Our layer: assets into the head, one call behind the map's own script."""

    def __init__(self, packed: str, map_name: str) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name = "HexLayer"
        self._packed = packed
        self._map_name = map_name

    def render(self, **_: Any) -> str:  # noqa: ANN401 - branca's signature
        """Put the parts where the figure wants them."""
        figure = self.get_root()
        if not isinstance(figure, Figure):
            msg = "This layer is drawn on the map that make_map() returned; leave it there."
            raise ParameterError(msg)
        styles = leaflet_style() + asset("map.css")
        scripts = (leaflet_script(), asset("hexes.js"), asset("notebook.js"))
        head = "".join(f"<script>{script}</script>\n" for script in scripts)
        figure.header.add_child(_Raw(f"<style>{styles}</style>\n{head}"), name="hotspots")
        call = f'hotspots.notebook({self._map_name}, "{self._packed}");'
        figure.script.add_child(_Raw(call), name=self.get_name())
        return ""


def folium_map(packed: str, *, tiles: str | None) -> folium.Map:
    """Make a folium map with our layer on it.

    Parameters
    ----------
    packed : str
        The layer, from :func:`hotspots.codec.pack`.
    tiles : str or None
        A folium tile name, or no tiles.

    Returns
    -------
    folium.Map
        The map.
    """
    made = folium.Map(tiles=tiles, prefer_canvas=True, zoom_snap=0.25)
    # On this map only: folium's own lists belong to all maps.
    made.default_js, made.default_css = [], []
    Figure(height="600px").add_child(made)
    made.add_child(_HexLayer(packed, made.get_name()))
    return made
