"""From a file to Incidents and a report on every row of it."""

from __future__ import annotations

from hotspots.loaders.areas import read_areas
from hotspots.loaders.bundled_areas import BundledArea, areas_of
from hotspots.loaders.detect import HeaderMatch, detect_feed
from hotspots.loaders.fetch import Fetched, FetchLimits, fetch_incidents
from hotspots.loaders.merge import Merged, merge_incidents
from hotspots.loaders.portals import Portal
from hotspots.loaders.quality import QualityReport
from hotspots.loaders.read import Reading, read_incidents
from hotspots.loaders.registry import describe_feed, list_feeds
from hotspots.loaders.samples import list_samples, load_sample, sample_path
from hotspots.loaders.spec import FeedSpec

__all__ = [
    "BundledArea",
    "FeedSpec",
    "FetchLimits",
    "Fetched",
    "HeaderMatch",
    "Merged",
    "Portal",
    "QualityReport",
    "Reading",
    "areas_of",
    "describe_feed",
    "detect_feed",
    "fetch_incidents",
    "list_feeds",
    "list_samples",
    "load_sample",
    "merge_incidents",
    "read_areas",
    "read_incidents",
    "sample_path",
]
