"""The ``hotspots`` command: parse, call, print."""

from __future__ import annotations

from hotspots.cli.app import main

__all__ = ["main"]
