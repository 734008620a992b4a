"""The scan statistic: circles of every size, in which there is more than chance would make."""

from __future__ import annotations

from hotspots.methods.scan.clusters import scan_clusters
from hotspots.methods.scan.params import ScanCluster, ScanParams
from hotspots.methods.scan.scan import scan_hotspots
from hotspots.methods.scan.space_time import scan_space_time
from hotspots.methods.scan.space_time_params import SpaceTimeCluster, SpaceTimeScanParams

__all__ = [
    "ScanCluster",
    "ScanParams",
    "SpaceTimeCluster",
    "SpaceTimeScanParams",
    "scan_clusters",
    "scan_hotspots",
    "scan_space_time",
]
