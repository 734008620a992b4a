"""Does a hotspot stay when the map is made again a little differently."""

from __future__ import annotations

from hotspots.methods.stability.params import HotspotStabilityParams, StabilityRun
from hotspots.methods.stability.stability import hotspot_stability

__all__ = ["HotspotStabilityParams", "StabilityRun", "hotspot_stability"]
