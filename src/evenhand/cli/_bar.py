"""Show on the terminal how far a long piece of work is."""

from __future__ import annotations

import sys
import time

BAR_WIDTH = 40
# A bar that is drawn more often than this says no more, and costs the work time.
SECONDS = 0.1
# What is done sooner needs no bar.
AFTER_SECONDS = 2.0


class Bar:
    """A bar on the terminal, from the third second on; where there is no terminal, nothing is drawn."""

    def __init__(self) -> None:
        self._began, self._drawn = time.monotonic(), -SECONDS

    def show(self, done: int, of: int) -> None:
        """Draw how far it is."""
        now = time.monotonic()
        if not sys.stderr.isatty() or now - self._began < AFTER_SECONDS:
            return
        if done < of and now - self._drawn < SECONDS:
            return
        self._drawn = now
        full = BAR_WIDTH * done // max(1, of)
        end = "\n" if done >= of else ""
        print(
            f"\r[{'#' * full}{'.' * (BAR_WIDTH - full)}] {done} of {of}", end=end, file=sys.stderr, flush=True
        )
