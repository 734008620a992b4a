"""The scan statistic: circles of every size, in which there is more than chance would make."""

from __future__ import annotations

from hotspots.methods.scan.params import ScanCluster, ScanParams
from hotspots.methods.scan.scan import scan_clusters, scan_hotspots

__all__ = ["ScanCluster", "ScanParams", "scan_clusters", "scan_hotspots"]
