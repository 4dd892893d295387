"""Say what is to be decided about keeping, and bring it up."""

from __future__ import annotations

import argparse
import os
from collections import Counter
from collections.abc import Iterable
from datetime import date, timedelta
from typing import TYPE_CHECKING

from evenhand.cli._process import become, one_line
from evenhand.cli.main import CommandError
from evenhand.operations.database.server import server

if TYPE_CHECKING:
    from evenhand.operations.retention import ComingUp

HORIZON_DAYS = 92
LONGEST_DAYS = 366 * 100


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("what", choices=["review"], help="review: which cases have a day to decide")
    parser.add_argument(
        "--simulate", action="store_true", help="say what would come up when; nothing is done"
    )
    parser.add_argument(
        "--days", type=int, default=HORIZON_DAYS, help=f"how far ahead to look (default {HORIZON_DAYS})"
    )
    parser.add_argument("--list", action="store_true", help="name each case by its reference")


def run(arguments: argparse.Namespace) -> int:
    """Bring up what has come, or print what would come up by a day; references only, never names."""
    if not 0 <= arguments.days <= LONGEST_DAYS:
        raise CommandError(f"--days must be between 0 and {LONGEST_DAYS}")
    with one_line(), server(os.environ):
        become("operator")
        from evenhand.gate.demo import as_worker
        from evenhand.gate.entry import DatabaseAway, enter_house, now
        from evenhand.operations.restrictions import end_restrictions
        from evenhand.operations.retention import carry_out, chase, review, simulate

        try:
            with as_worker():
                with enter_house():
                    today = now().date()
                if not arguments.simulate:
                    end_restrictions()
                    print(f"{review()} brought up, {carry_out()} erased, {chase()} asked again.")
                    return 0
                _show(simulate(until=today + timedelta(days=arguments.days)), today, named=arguments.list)
        except DatabaseAway as away:
            raise CommandError("the database does not answer; nothing was done") from away
    return 0


def _show(found: Iterable[ComingUp], today: date, *, named: bool) -> None:
    counted: Counter[tuple[str, str, str]] = Counter()
    late = held = total = 0
    for row in found:
        group = row.review.group
        counted[group.label, group.default, group.basis] += 1
        late, held, total = late + (row.on <= today), held + row.held, total + 1
        if named:
            mark = " (unverified)" if row.unverified else ""
            print(f"{row.on}  {row.reference}  {group.label}{mark}{'  held' if row.held else ''}")
    for (label, default, basis), number in sorted(counted.items()):
        print(f"{number:>7}  {label}: by default {default} ({basis})")
    print(f"{total:>7}  to decide in all, {late} of them today or before, {held} held. Nothing was done.")
