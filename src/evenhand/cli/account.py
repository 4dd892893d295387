"""Make the first administrator, or a token for a partner's system."""

from __future__ import annotations

import argparse
import os

from evenhand.cli._process import become, one_line
from evenhand.cli.main import CommandError
from evenhand.operations.database.server import server

MOST_HOURS = 24


def add_arguments(parser: argparse.ArgumentParser) -> None:
    kinds = parser.add_subparsers(dest="kind", required=True)
    first = kinds.add_parser(
        "first", help="the first administrator of a new instance; prints their invitation"
    )
    first.add_argument("email")
    first.add_argument("name")
    first.add_argument("--agency", required=True, help="the agency that runs this instance")
    token = kinds.add_parser("token", help="a token for the machine door that acts as this user")
    token.add_argument("email")
    token.add_argument("--hours", type=int, default=8, help=f"how long it holds, {MOST_HOURS} at most (8)")


def run(arguments: argparse.Namespace) -> int:
    """Print an address to open, or a token; both are shown once and kept nowhere."""
    with one_line(), server(os.environ):
        become("operator")
        from evenhand.operations import accounts

        try:
            if arguments.kind == "first":
                token = accounts.first_administrator(arguments.email, arguments.name, arguments.agency)
                print(f"/invitation/{token}/")
            else:
                if not 1 <= arguments.hours <= MOST_HOURS:
                    raise CommandError(f"--hours is between 1 and {MOST_HOURS}")
                print(accounts.token_for(arguments.email, arguments.hours))
        except accounts.InvitationRefused as refused:
            raise CommandError(refused.sentence) from refused
    return 0
