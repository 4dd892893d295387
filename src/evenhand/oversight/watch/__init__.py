"""Watch incident counts by area, strand and day, and remember which rises were unusual, from when to when."""

from __future__ import annotations

from evenhand.oversight.watch.run import Outcome, check_again, goes_on, watch

__all__ = ["Outcome", "check_again", "goes_on", "watch"]
