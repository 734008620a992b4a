"""Offence codes (NIBRS, and CODE for what NIBRS cannot say), display groups and sensitivity."""

from __future__ import annotations

from hotspots.offences.codebook import (
    DisplayGroup,
    OffenceCode,
    display_groups,
    expand_groups,
    group_label,
    offence_aggregates,
    offence_codes,
)

__all__ = [
    "DisplayGroup",
    "OffenceCode",
    "display_groups",
    "expand_groups",
    "group_label",
    "offence_aggregates",
    "offence_codes",
]
