"""Take a backup of database, files and secrets, encrypted; the keys have a backup of their own."""

from __future__ import annotations

import argparse
import os
from datetime import UTC, datetime
from pathlib import Path

from evenhand.cli._process import one_line
from evenhand.cli.main import CommandError
from evenhand.operations.backup.passphrase import SETTING, read_passphrase
from evenhand.operations.backup.restoring import opened
from evenhand.operations.backup.taking import take
from evenhand.operations.backup.trouble import BackupTrouble
from evenhand.operations.database.server import server


def add_arguments(parser: argparse.ArgumentParser) -> None:
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument(
        "--out", type=Path, metavar="FOLDER", help="a folder that is not there yet, best on another disk"
    )
    what.add_argument(
        "--check", type=Path, metavar="FOLDER", help="read a backup through and say whether it is whole"
    )
    parser.add_argument("--passphrase-file", type=Path, metavar="FILE", help=f"instead of {SETTING}")


def run(arguments: argparse.Namespace) -> int:
    """Write the backup whole or not at all; `--check` touches nothing."""
    try:
        passphrase = read_passphrase(os.environ, arguments.passphrase_file)
        if arguments.check:
            found = opened(arguments.check, passphrase).manifest
            print(
                f"whole: taken {found.taken_on}, {sum(found.rows.values()):,} rows, {found.lines:,} ledger lines"
            )
            return 0
        with one_line(), server(os.environ):
            made = take(os.environ, arguments.out, passphrase, now=datetime.now(UTC))
    except BackupTrouble as trouble:
        raise CommandError(str(trouble)) from trouble
    size = sum(path.stat().st_size for path in arguments.out.iterdir())
    print(
        f"{arguments.out}: {sum(made.rows.values()):,} rows, {made.lines:,} ledger lines, {size / 1024**2:.1f} MB; "
        "the keys are not in it: `evenhand keys backup`"
    )
    return 0
