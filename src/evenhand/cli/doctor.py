"""Examine the instance and say in one line each what is well and what is not."""

from __future__ import annotations

import argparse
import os

from evenhand.operations.doctor import examine


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--deploy", action="store_true", help="also what an instance for real people must have"
    )


def run(arguments: argparse.Namespace) -> int:
    """Print a line for each finding; answer with 1 when one is not well."""
    ill = 0
    for finding in examine(os.environ, deploy=arguments.deploy):
        ill += not finding.well
        print(f"{'well' if finding.well else 'ILL '}  {finding.what:<22} {finding.said}", flush=True)
    print("all well" if not ill else f"{ill} not well")
    return 1 if ill else 0
