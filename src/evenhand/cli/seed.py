"""Fill an empty demo with a synthetic partnership, through the gate."""

from __future__ import annotations

import argparse
import os
import sys
import time

from evenhand.cli._process import become, one_line
from evenhand.cli.main import CommandError
from evenhand.operations.database.migrating import migrate
from evenhand.operations.database.server import server


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--cases", type=int, default=2000, help="how many referrals in three years (2000)")
    parser.add_argument(
        "--seed", type=int, default=2, help="the same seed on the same day tells the same stories (2)"
    )
    parser.add_argument("--processes", type=int, default=0, help="0 means one for each core, six at most")


def run(arguments: argparse.Namespace) -> int:
    """Migrate, fill and count; refuses outside demo mode and where there is a partnership already."""
    if arguments.cases < 0 or arguments.processes < 0:
        raise CommandError("--cases and --processes cannot be negative")
    with one_line(), server(os.environ):
        become("operator")
        migrate(os.environ, verbosity=0)
        from django.utils import timezone

        from evenhand.gate.demo import as_worker
        from evenhand.operations import seed
        from evenhand.oversight.counts import refresh

        began = time.monotonic()
        try:
            acts = seed.fill(
                cases=arguments.cases, seed=arguments.seed, progress=_progress, processes=arguments.processes
            )
        except (seed.NotADemo, seed.NotEmpty, seed.PartFailed) as refused:
            raise CommandError(str(refused)) from refused
        with as_worker():
            refresh(timezone.now())
        seconds = time.monotonic() - began
        print(f"{arguments.cases} cases, {acts} acts in {seconds:.0f} s.")
        for sign_in in seed.SIGN_INS:
            print(f"  {sign_in.email:<34} {sign_in.password:<28} {sign_in.who}")
    return 0


def _progress(done: int, of: int) -> None:
    """Show how far it is on one line of a terminal, and nothing where nobody watches."""
    if sys.stdout.isatty():
        print(f"  {done} of {of}", end="\r" if done < of else "\n", flush=True)
