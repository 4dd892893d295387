"""Write an extract for an inspector: the record, the rules of each day, roles with dates, coarse counts; it names nobody."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from evenhand.cli._process import become, one_line
from evenhand.cli.main import CommandError
from evenhand.operations.database.server import server


def add_arguments(parser: argparse.ArgumentParser) -> None:
    words = parser.add_subparsers(dest="what", required=True)
    out = words.add_parser("export", help="write the extract into a new folder")
    out.add_argument(
        "--out", type=Path, required=True, metavar="FOLDER", help="a folder that is not there yet"
    )


def run(arguments: argparse.Namespace) -> int:
    """Write it whole or not at all."""
    with one_line(), server(os.environ):
        become("operator")
        from evenhand.gate.demo import as_worker
        from evenhand.operations.audit import AuditTrouble, write_audit

        try:
            with as_worker():
                done = write_audit(arguments.out)
        except AuditTrouble as trouble:
            raise CommandError(str(trouble)) from trouble
    print(f"{arguments.out}: {done.lines:,} lines of the record and {done.files} files; it names nobody")
    return 0
