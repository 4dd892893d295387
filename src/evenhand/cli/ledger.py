"""Check an exported record, or make one up to try the checker out."""

from __future__ import annotations

import argparse
import os
import random
from pathlib import Path

from evenhand.cli.main import CommandError
from evenhand.kernels.ledger.export import Unexportable
from evenhand.kernels.ledger.report import add_verify_arguments, report
from evenhand.kernels.ledger.sample import write_sample
from evenhand.kernels.ledger.signing import fast_verify

_MOST_ENTRIES = 10_000_000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Take `sample` or `verify`."""
    words = parser.add_subparsers(dest="what", required=True)
    sample = words.add_parser("sample", help="write an export of a made-up record")
    sample.add_argument("--entries", type=int, required=True, help="how many lines it has")
    sample.add_argument("--out", type=Path, required=True, help="a folder that is not there yet")
    sample.add_argument(
        "--seed", type=int, help="a number: the same one makes the same record, keys included"
    )
    sample.add_argument("--checkpoints", type=int, default=8, help="how many checkpoints it has (8)")
    add_verify_arguments(words.add_parser("verify", help="check every byte of an export"))


def run(arguments: argparse.Namespace) -> int:
    """Make up a record, or check one: 0 when verified, 1 when not."""
    if arguments.what == "verify":
        return report(arguments, fast_verify)
    if not 0 <= arguments.entries <= _MOST_ENTRIES:
        raise CommandError(f"--entries goes from 0 to {_MOST_ENTRIES:,}")
    if not 1 <= arguments.checkpoints <= 10_000:
        raise CommandError("--checkpoints goes from 1 to 10,000")
    made_up = os.urandom if arguments.seed is None else random.Random(arguments.seed).randbytes  # noqa: S311 - asked for
    try:
        write_sample(
            arguments.out, entries=arguments.entries, checkpoints=arguments.checkpoints, random_bytes=made_up
        )
    except (Unexportable, OSError) as error:
        raise CommandError(str(error)) from None
    print(f"{arguments.out}: {arguments.entries:,} lines of a made-up record; its key is in log.pub")
    return 0
