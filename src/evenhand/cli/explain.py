"""Say under which rules a case goes and what each of its decisions rested on, or what a step of the policy asks."""

from __future__ import annotations

import argparse
import os

from evenhand.cli._process import become, one_line
from evenhand.cli.main import CommandError
from evenhand.operations.database.server import server


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("what", help="a case's reference (with --as), or the code of a step")
    parser.add_argument(
        "--as", dest="email", default="", help="whose eyes: the case is explained as far as they see it"
    )
    parser.add_argument("--journey", default="channel")
    parser.add_argument("--pack", default="")


def run(arguments: argparse.Namespace) -> int:
    """Print the explanation; a case that the named user may not see is not there."""
    with one_line():
        become("operator")
        from evenhand.gate.policy import pack
        from evenhand.kernels.policy import explain_step

        rules = pack(arguments.pack or None)
        journey = rules.journeys.get(arguments.journey)
        if journey is None:
            raise CommandError(f"no journey {arguments.journey!r}; there are: {', '.join(rules.journeys)}")
        if arguments.what in journey.steps:
            print(explain_step(rules, journey, arguments.what))
            return 0
        if not arguments.email:
            raise CommandError(f"{arguments.what!r} is no step of {journey.code}; for a case, say --as EMAIL")
        with server(os.environ):
            return _case(arguments.what, arguments.email)


def _case(reference: str, email: str) -> int:
    from evenhand.casework.case_file import look
    from evenhand.casework.find import find
    from evenhand.gate.entry import enter, now
    from evenhand.operations.accounts import InvitationRefused, token_for

    try:
        token = token_for(email, 1)
    except InvitationRefused as refused:
        raise CommandError(refused.sentence) from refused
    with enter(token) as who:
        found = find(reference, who, now=now())
        if not found:
            raise CommandError("there is no such case")
        file = look(found[0].case_id, who, ground="an explanation was asked for")
        case = file.standing.raw["case"]
        print(f"{case['reference']}: {file.place_label}, owned by {file.owner}")
        print(
            f"began under edition {case['edition']} of {case['journey']} ({case['pack']}), shape {case['shape_hash'][:16]}"
        )
        for item in file.of("decision"):
            row = item.columns
            print(f"\n{row['recorded_at'][:16]}  {row['step']} → {row['outcome']}  by {item.recorded_by}")
            print(f"  clause  {row['clause']}")
            print(f"  rules   shape {row['shape_hash'][:16]}, lists of that day {row['lists_hash'][:16]}")
            print(f"  why     {item.contents.get('reason', '')}")
    return 0
