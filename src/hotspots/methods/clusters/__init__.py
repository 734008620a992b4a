"""Clusters of incidents: DBSCAN, HDBSCAN, the distances to choose from, and a table of them."""

from __future__ import annotations

from hotspots.methods.clusters.dbscan import dbscan_hotspots
from hotspots.methods.clusters.distances import k_distance
from hotspots.methods.clusters.hdbscan import hdbscan_hotspots
from hotspots.methods.clusters.params import DbscanParams, HdbscanParams, KDistanceParams
from hotspots.methods.clusters.table import cluster_table

__all__ = [
    "DbscanParams",
    "HdbscanParams",
    "KDistanceParams",
    "cluster_table",
    "dbscan_hotspots",
    "hdbscan_hotspots",
    "k_distance",
]
