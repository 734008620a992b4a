"""Printing for machines."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


def to_json(answer: Mapping[str, Any]) -> str:
    """Write an answer as JSON, with dates and the like as text."""
    return json.dumps(answer, indent=2, ensure_ascii=False, default=str)
