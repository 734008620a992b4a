"""Local Gi* with exact inference, and its false-alarm rate."""

from __future__ import annotations

from hotspots.methods.local.false_alarms import false_alarm_rate
from hotspots.methods.local.gi_star import local_gi_star
from hotspots.methods.local.params import FalseAlarmParams, LocalGiStarParams

__all__ = ["FalseAlarmParams", "LocalGiStarParams", "false_alarm_rate", "local_gi_star"]
