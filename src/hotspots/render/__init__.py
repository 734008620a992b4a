"""What people see: the page for anybody, and the map for a notebook."""

from __future__ import annotations

from hotspots.render.map import make_map
from hotspots.render.page import write_page

__all__ = ["make_map", "write_page"]
