"""Say on the command line whether an exported record holds: `verified`, or what is wrong with it."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable
from typing import TextIO

from evenhand.kernels.ledger.ed25519 import ed25519_verify
from evenhand.kernels.ledger.note import SignatureCheck
from evenhand.kernels.ledger.verify import Verified, verify

_SHOWN = 10
_LAST_YEAR = 253402300799  # the end of the year 9999, past which no date can be written
_ANEW = "         that somebody signed anew with a key of their own would pass"


def add_verify_arguments(parser: argparse.ArgumentParser, folder: str | None = None) -> None:
    """Take a folder, the log's public key and a checkpoint got elsewhere."""
    parser.add_argument("folder", nargs="?" if folder else None, default=folder, help="the exported record")
    parser.add_argument("--key", help="the log's public key, as a file or as text, from somebody you trust")
    parser.add_argument(
        "--checkpoint", help="a file with a checkpoint got elsewhere; the record must contain it"
    )


def report(
    arguments: argparse.Namespace,
    check: SignatureCheck = ed25519_verify,
    progress: Callable[[int, int], None] | None = None,
) -> int:
    """Check the export and print what was found.

    progress  is told now and then how many lines were checked, and of how many
    returns  0 when it is verified, 1 when it is not, 2 when it could not be asked so
    """
    folder, key, seen = arguments.folder, arguments.key, None
    if not os.path.isdir(folder):
        return _say(sys.stderr, 2, f"{folder} is no folder")
    try:
        if key is not None and os.path.isfile(key):
            with open(key, encoding="utf-8") as file:
                key = file.read()
        if arguments.checkpoint is not None:
            with open(arguments.checkpoint, "rb") as checkpoint:
                seen = checkpoint.read()
    except (OSError, UnicodeDecodeError) as error:
        return _say(sys.stderr, 2, f"cannot read what was given: {error}")
    if key is None:
        _say(
            sys.stderr, 0, "warning: no --key given, so the export's own log.pub is believed; a record", _ANEW
        )
    found = verify(folder, key=key, seen=seen, check=check, progress=progress)
    if not found.problems:
        return _say(sys.stdout, 0, *_what_holds(found))
    shown = [f"NOT VERIFIED: {found.problems[0]}"]
    shown += [f"        also: {problem}" for problem in found.problems[1:_SHOWN]]
    if len(found.problems) > _SHOWN:
        shown.append(f"        and {len(found.problems) - _SHOWN} more")
    return _say(sys.stdout, 1, *shown)


def _what_holds(found: Verified) -> list[str]:
    """Write what was verified, and by whom it is vouched for."""
    vouched = "no witness cosigned: nobody else vouches that this is the only history"
    if found.cosignatures:
        last = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(min(found.last_cosigned_at, _LAST_YEAR)))
        vouched = f"{_count(found.cosignatures, 'cosignature')} of witnesses, the last of {last}"
    return [
        f"verified: {_count(found.lines, 'line')} of {found.origin}, root {found.root.hex()}",
        f"          {_count(found.checkpoints, 'checkpoint')}, each holding all before it",
        f"          {vouched}",
        f"          {_count(found.opened, 'entry', 'entries')} opened, each as its line commits to it",
    ]


def _say(stream: TextIO, status: int, *texts: str) -> int:
    """Print lines in which nothing can move the cursor, at one go, so that none is lost to a closed pipe."""
    shown = "\n".join("".join(c if c.isprintable() else ascii(c)[1:-1] for c in text) for text in texts)
    print(shown.encode("ascii", "backslashreplace").decode(), file=stream)
    return status


def _count(number: int, one: str, many: str = "") -> str:
    """Write a number with its noun."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"
