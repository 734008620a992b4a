"""From a file to Incidents and a report on every row of it."""

from __future__ import annotations

from hotspots.loaders.areas import read_areas
from hotspots.loaders.bundled_areas import BundledArea, areas_of
from hotspots.loaders.detect import HeaderMatch, detect_feed
from hotspots.loaders.merge import Merged, merge_incidents
from hotspots.loaders.quality import QualityReport
from hotspots.loaders.read import Reading, read_incidents
from hotspots.loaders.registry import describe_feed, list_feeds
from hotspots.loaders.samples import list_samples, load_sample, sample_path
from hotspots.loaders.spec import FeedSpec

__all__ = [
    "BundledArea",
    "FeedSpec",
    "HeaderMatch",
    "Merged",
    "QualityReport",
    "Reading",
    "areas_of",
    "describe_feed",
    "detect_feed",
    "list_feeds",
    "list_samples",
    "load_sample",
    "merge_incidents",
    "read_areas",
    "read_incidents",
    "sample_path",
]
