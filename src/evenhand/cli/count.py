"""Count referrals anew and show the protected figures that everybody sees."""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping

from evenhand.cli._process import become, one_line
from evenhand.cli.main import CommandError
from evenhand.operations.database.server import server


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--quiet", action="store_true", help="count, print nothing")


def run(arguments: argparse.Namespace) -> int:
    """Compute every figure through the worker's role and print the tables; [c] stands for a withheld one."""
    with one_line(), server(os.environ):
        become("operator")
        from django.utils import timezone

        from evenhand.gate.demo import as_worker
        from evenhand.gate.entry import DatabaseAway, enter_house
        from evenhand.oversight.counts import refresh, tables

        try:
            with as_worker():
                refresh(timezone.now())
                with enter_house():
                    found = tables()
        except DatabaseAway as away:
            raise CommandError("the database does not answer; nothing was counted") from away
        if not arguments.quiet:
            for table in found:
                _print(table.title, table.rows, table.columns, table.cells)
            if found:
                print(f"{found[0].note}\nComputed {found[0].computed_at:%d %B %Y %H:%M} UTC.")
            else:
                print("There is no referral to count yet.")
    return 0


def _print(
    title: str, rows: tuple[str, ...], columns: tuple[str, ...], cells: Mapping[tuple[str, str], int | None]
) -> None:
    print(title)
    widths = [max(7, *(len(part) for part in column.split())) for column in columns]
    margin = max(len(row) for row in rows) + 2
    for line in _headings(columns, widths):
        print(" " * margin + line)
    for row in rows:
        shown = ("[c]" if (v := cells[row, column]) is None else str(v) for column in columns)
        print(f"{row:<{margin}}" + " ".join(f"{v:>{w}}" for v, w in zip(shown, widths, strict=True)))
    print()


def _headings(columns: tuple[str, ...], widths: list[int]) -> list[str]:
    """Break headings at their words, so that a table of ten stages fits a terminal."""
    words = [column.split() for column in columns]
    depth = max(len(w) for w in words)
    padded = [[""] * (depth - len(w)) + w for w in words]
    return [" ".join(f"{p[d]:>{w}}" for p, w in zip(padded, widths, strict=True)) for d in range(depth)]
