"""Show on the terminal how far a long piece of work is."""

from __future__ import annotations

import sys
import time

BAR_WIDTH = 40
# A bar that is drawn more often than this says no more, and costs the work time.
SECONDS = 0.1


class Bar:
    """A bar on the terminal; where there is none, nothing is drawn."""

    def __init__(self) -> None:
        self._drawn = -SECONDS

    def show(self, done: int, of: int) -> None:
        """Draw how far it is."""
        if not sys.stderr.isatty() or (done < of and time.monotonic() - self._drawn < SECONDS):
            return
        self._drawn = time.monotonic()
        full = BAR_WIDTH * done // max(1, of)
        end = "\n" if done >= of else ""
        print(
            f"\r[{'#' * full}{'.' * (BAR_WIDTH - full)}] {done} of {of}", end=end, file=sys.stderr, flush=True
        )
