"""What people see: the page for anybody, and the map for a notebook."""

from __future__ import annotations

from hotspots.render.page import write_page

__all__ = ["write_page"]
