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
from hotspots.offences.harm import HarmParams, HarmWeights, harm_weights
from hotspots.offences.harm_table import HarmTable, harm_table, list_harm_tables

__all__ = [
    "DisplayGroup",
    "HarmParams",
    "HarmTable",
    "HarmWeights",
    "OffenceCode",
    "display_groups",
    "expand_groups",
    "group_label",
    "harm_table",
    "harm_weights",
    "list_harm_tables",
    "offence_aggregates",
    "offence_codes",
]
