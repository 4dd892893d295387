"""Do the duties that acts leave behind, until told to end."""

from __future__ import annotations

import argparse
import os

from evenhand.cli._process import become, one_line
from evenhand.cli.main import CommandError
from evenhand.operations.data_folder import data_folder
from evenhand.operations.database.server import server
from evenhand.operations.supervise import Stop, end_with_parent

GRACE_SECONDS = 3.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    pass


def run(arguments: argparse.Namespace) -> int:
    """Run the worker; SIGTERM and Ctrl-C let it finish what it has in hand, if that is soon.

    Longer work is broken off: it stands in one transaction, so it is undone and falls due again.
    """
    end_with_parent()
    with Stop() as stop, one_line(), server(os.environ):
        become("worker")
        from evenhand.operations import worker

        _serve_metrics()
        with stop.at_most(GRACE_SECONDS):
            worker.run(stop.event)
    return 0


def _serve_metrics() -> None:
    """Answer a monitoring system, where the settings ask for it."""
    from prometheus_client import CollectorRegistry

    from evenhand.operations.metrics.house import Answered, House
    from evenhand.operations.metrics.serving import MetricsTrouble, place, serve

    try:
        where = place(os.environ)
        if where is None:
            return
        registry = CollectorRegistry()
        for one in (House(), Answered(data_folder(os.environ) / "metrics")):
            registry.register(one)
        serve(where, registry)
    except MetricsTrouble as trouble:
        raise CommandError(str(trouble)) from trouble
