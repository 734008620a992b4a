"""Local Gi* under several nulls, its false-alarm rate, and one correction for many maps."""

from __future__ import annotations

from hotspots.methods.local.false_alarms import false_alarm_rate
from hotspots.methods.local.gi_star import local_gi_star
from hotspots.methods.local.params import FalseAlarmParams, LocalGiStarParams
from hotspots.methods.local.together import correct_together

__all__ = [
    "FalseAlarmParams",
    "LocalGiStarParams",
    "correct_together",
    "false_alarm_rate",
    "local_gi_star",
]
