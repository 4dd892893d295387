"""Read a day that was typed in three boxes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date


def typed_day(typed: Mapping[str, str], name: str) -> str:
    """Return the day as ISO text; anything that is no day is returned as it is not: empty."""
    try:
        parts = [int(typed.get(f"{name}-{part}", "")) for part in ("year", "month", "day")]
        return date(*parts).isoformat()
    except (ValueError, OverflowError):
        return ""
