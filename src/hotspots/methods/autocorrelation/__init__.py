"""Do neighbouring cells hold similar counts: Moran's I for the whole map, and for each cell."""

from __future__ import annotations

from hotspots.methods.autocorrelation.global_moran import global_moran
from hotspots.methods.autocorrelation.local_moran import local_moran
from hotspots.methods.autocorrelation.params import GlobalMoranParams, LocalMoranParams

__all__ = ["GlobalMoranParams", "LocalMoranParams", "global_moran", "local_moran"]
