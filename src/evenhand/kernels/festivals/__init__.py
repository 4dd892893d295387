"""Say on which days a festival falls, year by year, and say so plainly where that is not known."""

from evenhand.kernels.festivals.calendars import (
    FESTIVALS,
    TRADITIONS,
    Festival,
    NoSuchFestival,
    Observed,
    Unknown,
    between,
    observed,
)

__all__ = [
    "FESTIVALS",
    "TRADITIONS",
    "Festival",
    "NoSuchFestival",
    "Observed",
    "Unknown",
    "between",
    "observed",
]
