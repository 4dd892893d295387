"""Run one benchmark from bench/ and print a JSON object a line: name, value, unit, how."""

from __future__ import annotations

import argparse
import json
import runpy
from pathlib import Path

from evenhand.cli.main import CommandError


def folder() -> Path:
    """Return bench/ beside the sources."""
    return Path(__file__).resolve().parents[3] / "bench"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", nargs="?", help="a file in bench/ without .py; none lists them")
    parser.add_argument("--json", action="store_true", help="JSON lines only, no table")
    parser.add_argument("--quick", action="store_true", help="a tenth of the work or less")


def run(arguments: argparse.Namespace) -> int:
    """Call `measure(quick)` of bench/NAME.py: it yields dictionaries with name, value, unit and how."""
    names = sorted(p.stem for p in folder().glob("[!_]*.py"))
    if arguments.name is None:
        print("\n".join(names))
        return 0
    if arguments.name not in names:
        raise CommandError(f"no benchmark {arguments.name!r}; there are: {', '.join(names) or 'none'}")
    measure = runpy.run_path(str(folder() / f"{arguments.name}.py"))["measure"]
    for result in measure(quick=arguments.quick):
        if arguments.json:
            print(json.dumps(result), flush=True)
        else:
            print(
                f"{result['name']:<56} {result['value']:>14} {result['unit']:<16} {result['how']}", flush=True
            )
    return 0
