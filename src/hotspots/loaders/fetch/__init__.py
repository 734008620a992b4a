"""From a portal to a file: the only room that opens a socket."""

from __future__ import annotations

from hotspots.loaders.fetch.incidents import Fetched, fetch_incidents
from hotspots.loaders.fetch.limits import FetchLimits

__all__ = ["FetchLimits", "Fetched", "fetch_incidents"]
