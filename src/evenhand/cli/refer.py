"""Take in referrals from a CSV file as councils and schools keep them: `evenhand refer import FILE.csv --map MAP.toml`."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from evenhand.cli._bar import Bar
from evenhand.cli._process import become, one_line
from evenhand.cli.main import CommandError
from evenhand.operations.database.server import server


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("what", choices=["import"])
    parser.add_argument("file", type=Path, help="a CSV file, UTF-8 or as Excel saves it")
    parser.add_argument(
        "--map", dest="column_map", type=Path, required=True, help="which column means what, in TOML"
    )
    parser.add_argument("--none-if-faults", action="store_true", help="take in all rows or none")
    parser.add_argument(
        "--as", dest="email", default="", help="who brings the rows in; their agency is the referrer"
    )


def run(arguments: argparse.Namespace) -> int:
    """Take in the good rows and say of each other one what is wrong: 0 when there was no fault, 1 when there was."""
    contents = _read(arguments.file)
    written = _read(arguments.column_map)
    if not arguments.email:
        raise CommandError("say who brings the rows in: --as EMAIL")
    with one_line(), server(os.environ):
        become("operator")
        from evenhand.casework.import_referrals import CannotRead, NoneTaken, import_referrals, read_map
        from evenhand.gate.entry import DatabaseAway, EntryRefused
        from evenhand.operations.accounts import InvitationRefused, token_for

        try:
            column_map = read_map(written.decode("utf-8-sig"))
            token = token_for(arguments.email, 1)
            found = import_referrals(
                contents, column_map, token, none_if_faults=arguments.none_if_faults, progress=Bar().show
            )
        except UnicodeDecodeError as error:
            raise CommandError(f"{arguments.column_map} is not UTF-8") from error
        except InvitationRefused as refused:
            raise CommandError(refused.sentence) from refused
        except EntryRefused as refused:
            raise CommandError(f"{arguments.email} has no account that is open") from refused
        except DatabaseAway as away:
            raise CommandError(
                "the database does not answer; run the same command again, no row is taken twice"
            ) from away
        except CannotRead as unreadable:
            raise CommandError(str(unreadable)) from unreadable
        except NoneTaken as faulty:
            for fault in faulty.faults:
                print(fault)
            raise CommandError(str(faulty)) from faulty
    for fault in found.faults:
        print(fault)
    print(
        f"{len(found.begun)} referrals taken in, {len(found.before)} were there before, "
        f"{len({fault.row for fault in found.faults})} rows with {len(found.faults)} faults."
    )
    return 1 if found.faults else 0


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {(error.strerror or str(error)).lower()}") from error
