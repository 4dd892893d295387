"""Do the duties that acts leave behind, until told to end."""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable

from evenhand.cli._process import become, one_line
from evenhand.operations.database.server import server
from evenhand.operations.supervise import Stop, end_with_parent

COUNTING_SECONDS = 15 * 60.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    pass


def run(arguments: argparse.Namespace) -> int:
    """Run the worker; SIGTERM and Ctrl-C let it finish what it has in hand."""
    end_with_parent()
    with Stop() as stop, one_line(), server(os.environ):
        become("worker")
        from evenhand.operations import worker

        worker.run(stop.event, rounds=(_count_now_and_then(),))
    return 0


def _count_now_and_then() -> Callable[[], None]:
    """Return a job that refreshes the published figures when they are a quarter of an hour old."""
    from django.utils import timezone

    from evenhand.oversight.counts import refresh

    last = -COUNTING_SECONDS

    def count() -> None:
        nonlocal last
        if time.monotonic() - last >= COUNTING_SECONDS:
            refresh(timezone.now())
            last = time.monotonic()

    return count
