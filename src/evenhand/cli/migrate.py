"""Bring the database to what this version needs: roles, tables, wall."""

from __future__ import annotations

import argparse
import os

from evenhand.cli._process import become, one_line
from evenhand.operations.database.migrating import migrate
from evenhand.operations.database.server import server


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--quiet", action="store_true", help="print nothing when all is well")


def run(arguments: argparse.Namespace) -> int:
    """Start the local server if there is no other, provision, migrate; again changes nothing."""
    with one_line(), server(os.environ):
        become("operator")
        migrate(os.environ, verbosity=0 if arguments.quiet else 1)
    return 0
