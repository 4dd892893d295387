"""Start, stop and look at the local PostgreSQL server."""

from __future__ import annotations

import argparse
import os

from evenhand.cli._process import one_line
from evenhand.cli.main import CommandError
from evenhand.operations.database import Cluster, addresses, data_folder, is_local, provision


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("what", choices=["start", "stop", "status", "url"])


def run(arguments: argparse.Namespace) -> int:
    """`start` keeps the server running until `stop`; `status` answers with 1 when it does not run."""
    with one_line():
        if arguments.what == "url":
            print(addresses(os.environ).app.without_password())
            return 0
        if not is_local(os.environ):
            raise CommandError("EVENHAND_DATABASE_URL names a server; start and stop it where it lives")
        cluster = Cluster(data_folder(os.environ))
        if arguments.what == "start":
            was = cluster.running()
            admin = cluster.ensure()
            provision(admin, addresses(os.environ))
            cluster.keep()
            print(f"{'was running' if was else 'started'}: {cluster.place.files} (process {cluster.pid()})")
            return 0
        if arguments.what == "stop":
            print("stopped" if cluster.stop() else "was not running")
            return 0
        if cluster.running():
            print(
                f"running: {cluster.place.files} (process {cluster.pid()}), socket in {cluster.place.socket}"
            )
            return 0
        print("not running")
        return 1
