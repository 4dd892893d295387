"""Let the watch look once, now: `evenhand watch run`, or check that looking again gives the same alarms."""

from __future__ import annotations

import argparse
import os
from datetime import UTC, date, datetime, time

from evenhand.cli._bar import Bar
from evenhand.cli._process import become, one_line
from evenhand.cli.main import CommandError
from evenhand.operations.database.server import server


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--day", help="look as of the end of this day (2026-11-22); without it, now")
    parser.add_argument(
        "--anew", action="store_true", help="forget the memory and judge every day from the first"
    )
    parser.add_argument(
        "--check", action="store_true", help="judge everything again in memory and compare; writes nothing"
    )


def run(arguments: argparse.Namespace) -> int:
    """Look, and say what began, ended and was revised; with --check 1 when alarms on record differ."""
    try:
        day = date.fromisoformat(arguments.day) if arguments.day else None
    except ValueError as error:
        raise CommandError(f"--day {arguments.day!r} is no date as 2026-11-22") from error
    with one_line(), server(os.environ):
        become("worker")
        from evenhand.gate.entry import enter_house, now
        from evenhand.oversight.watch import check_again, watch
        from evenhand.oversight.watch.policy import NotWatched

        with enter_house():
            moment = now()
        if day is not None:
            moment = min(moment, datetime.combine(day, time(21), UTC))
        try:
            if arguments.check:
                differences = check_again(moment)
                for line in differences:
                    print(line)
                print("The alarms on record are those that come out again." if not differences else
                      f"{len(differences)} alarms differ.")  # fmt: skip
                return 1 if differences else 0
            found = watch(moment, anew=arguments.anew, progress=Bar().show)
        except NotWatched as nothing:
            raise CommandError(str(nothing)) from nothing
    if not found.days:
        print(f"{found.day}: nothing new since the last look.")
        return 0
    print(
        f"{found.day}: {found.days} days judged for {found.series} series in {found.seconds:.1f} s; "
        f"{found.begun} alarms began, {found.ended} ended, {found.revised} were revised."
    )
    return 0
