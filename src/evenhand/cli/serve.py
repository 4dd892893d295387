"""Serve the pages and the API until told to end."""

from __future__ import annotations

import argparse
import os
import shutil
from pathlib import Path

from evenhand.cli._process import host, one_line, port, refuse_busy_port
from evenhand.cli.main import CommandError
from evenhand.operations.data_folder import data_folder
from evenhand.operations.database.server import server
from evenhand.operations.supervise import end_with_parent, forks_end_with_us

THREADS = 4  # a page waits for the database most of its time; more than this fight over one interpreter
STOP_SECONDS = 5


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--workers", type=int, default=0, help="processes; 0 means one a core, two at most")


def run(arguments: argparse.Namespace) -> int:
    """Listen on EVENHAND_BIND (127.0.0.1) and EVENHAND_PORT (8000); SIGTERM and Ctrl-C end it promptly."""
    end_with_parent()
    if arguments.workers < 0:
        raise CommandError("--workers cannot be negative")
    refuse_busy_port(host(), port())
    os.environ["EVENHAND_PROCESS"] = "web"
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "evenhand.settings.instance")
    if os.environ.get("EVENHAND_METRICS_PORT", "").strip():
        # The processes that serve add their counts up in files there; the worker reads them.
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = _empty(data_folder(os.environ) / "metrics" / str(port()))
    with one_line(), server(os.environ):
        forks_end_with_us()
        _listen(arguments.workers or min(2, len(os.sched_getaffinity(0))))
    return 0


def _empty(folder: Path) -> str:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700, parents=True)
    return str(folder)


def _listen(workers: int) -> None:
    from granian.constants import HTTPModes, Interfaces
    from granian.log import LogLevels
    from granian.server import Server

    Server(
        "evenhand.web.wsgi:application",
        address=host(),
        port=port(),
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=THREADS,
        http=HTTPModes.http1,
        websockets=False,
        # No access log: an anonymous reporter leaves no address and no timing.
        log_access=False,
        log_level=LogLevels.warning,
        respawn_failed_workers=True,
        workers_kill_timeout=STOP_SECONDS,
    ).serve()
