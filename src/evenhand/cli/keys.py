"""Care for the keys: look at the store, copy it, put a copy back, change the wrapping key."""

from __future__ import annotations

import argparse
import getpass
import os
import sys
from pathlib import Path

from evenhand.cli._process import become, one_line
from evenhand.cli.main import CommandError
from evenhand.operations.database.server import server

DAYS = 30


def add_arguments(parser: argparse.ArgumentParser) -> None:
    kinds = parser.add_subparsers(dest="kind", required=True)
    kinds.add_parser("status", help="how many keys there are and whether they are those of this database")
    backup = kinds.add_parser(
        "backup", help="write a copy of every key and of what is erased, encrypted, that runs out"
    )
    backup.add_argument("--out", required=True, type=Path, help="the file to make; it must not be there yet")
    backup.add_argument("--days", type=int, default=DAYS, help=f"how long it can be put back ({DAYS})")
    restore = kinds.add_parser("restore", help="put back the keys that are missing, from a copy")
    restore.add_argument("file", type=Path)
    for parser_with in (backup, restore):
        parser_with.add_argument(
            "--passphrase-file", type=Path, help="else EVENHAND_KEYS_PASSPHRASE_FILE, else it is asked for"
        )
    kinds.add_parser("rotate", help="wrap every key under a new wrapping key, while the pages go on")


def run(arguments: argparse.Namespace) -> int:
    """Say in one line what was done."""
    with one_line(), server(os.environ):
        become("operator")
        from evenhand.operations import key_care

        try:
            return _do(arguments)
        except (key_care.KeysAway, key_care.CopyRefused) as refused:
            raise CommandError(str(refused)) from refused


def _do(arguments: argparse.Namespace) -> int:
    from django.utils import timezone

    from evenhand.operations import key_care

    now = timezone.now()
    if arguments.kind == "status":
        found = key_care.status()
        print(f"store {found.store}: {found.keys} keys, {found.wrapping} wrapping key(s), {found.condition}")
        return 0 if found.condition == "ok" and found.wrapping == 1 else 1
    if arguments.kind == "backup":
        made = key_care.copy(arguments.out, _passphrase(arguments, twice=True), now=now, days=arguments.days)
        print(
            f"{made.keys} keys, and the list of {made.erased} erased cases, in {arguments.out};"
            f" it can be put back until {made.expires_at:%d %B %Y}."
        )
        print("Keep it apart from the database's backups, and destroy it on that day.")
    elif arguments.kind == "restore":
        key_care.look(arguments.file)
        print(
            f"{key_care.restore(arguments.file, _passphrase(arguments), now=now)} keys put back, and the list of what is erased."
        )
        print("Start web and worker anew: a process that is running keeps to the store it opened.")
    else:
        done = key_care.rotate()
        print(f"{done.keys} keys wrapped anew{', finishing what was broken off' if done.resumed else ''}.")
    return 0


def _passphrase(arguments: argparse.Namespace, *, twice: bool = False) -> bytes:
    named = arguments.passphrase_file or os.environ.get("EVENHAND_KEYS_PASSPHRASE_FILE", "")
    if named:
        try:
            return Path(named).read_bytes().strip()
        except OSError as error:
            raise CommandError(f"{named} cannot be read: {(error.strerror or str(error)).lower()}") from error
    if not sys.stdin.isatty():
        raise CommandError("name the file of the passphrase with --passphrase-file")
    given = getpass.getpass("Passphrase of the copy: ")
    if twice and getpass.getpass("Once more: ") != given:
        raise CommandError("the two are not the same")
    return given.encode()
