"""Take the whole instance out, once two agencies have approved it, and open it again with both their phrases."""

from __future__ import annotations

import argparse
import getpass
import os
from pathlib import Path
from uuid import UUID

from evenhand.cli._process import become, one_line
from evenhand.cli.main import CommandError
from evenhand.operations.database.server import server


def add_arguments(parser: argparse.ArgumentParser) -> None:
    words = parser.add_subparsers(dest="what", required=True)
    whole = words.add_parser("whole", help="write everything, locked to two agencies, to an empty folder")
    whole.add_argument("request", type=UUID, help="the number of the export, from its page")
    whole.add_argument("--out", type=Path, required=True)
    opening = words.add_parser(
        "open", help="open such a folder with both agencies' phrases; needs no database"
    )
    opening.add_argument("folder", type=Path)
    opening.add_argument("--out", type=Path, required=True)
    opening.add_argument(
        "--phrases", type=Path, help="a file with the two phrases, one a line; else they are asked"
    )


def run(arguments: argparse.Namespace) -> int:
    """Write or open; says how many rows or files."""
    if arguments.what == "open":
        return _open(arguments)
    with one_line(), server(os.environ):
        become("operator")
        from evenhand.gate.demo import as_worker
        from evenhand.operations.taking_out import NotApproved, take_out_whole

        try:
            with as_worker():
                rows = take_out_whole(arguments.request, arguments.out)
        except NotApproved as refused:
            raise CommandError(str(refused)) from refused
        print(f"{rows} rows in {arguments.out}, locked to two agencies.")
    return 0


def _open(arguments: argparse.Namespace) -> int:
    become("operator")
    from evenhand.gate.splitting import WrongPhrase
    from evenhand.operations.taking_out import open_whole

    if arguments.phrases:
        lines = [
            line.strip()
            for line in arguments.phrases.read_text(encoding="utf-8").splitlines()
            if line.strip()
        ]
    else:
        lines = [getpass.getpass(f"Phrase of the {which} agency: ").strip() for which in ("first", "second")]
    if len(lines) != 2:
        raise CommandError("two phrases are needed")
    try:
        names = open_whole(arguments.folder, (lines[0], lines[1]), arguments.out)
    except WrongPhrase as wrong:
        raise CommandError(str(wrong)) from wrong
    print(f"{len(names)} files in {arguments.out}.")
    return 0
