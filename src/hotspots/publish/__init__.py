"""The gate between analysis and the public: rules, hiding, and the Release that comes out."""

from __future__ import annotations

from hotspots.publish.gate import publish
from hotspots.publish.policy import OPEN, PUBLIC_GROUPS, STRICT, Policy
from hotspots.publish.release import Account, Layer, Release, Source

__all__ = [
    "OPEN",
    "PUBLIC_GROUPS",
    "STRICT",
    "Account",
    "Layer",
    "Policy",
    "Release",
    "Source",
    "publish",
]
