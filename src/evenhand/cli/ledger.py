"""Check, export or make up a record: what was done, provable to anybody."""

from __future__ import annotations

import argparse
import os
import random
import sys
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

from evenhand.cli._bar import Bar
from evenhand.cli._process import become, one_line
from evenhand.cli.main import CommandError
from evenhand.kernels.ledger.export import Unexportable
from evenhand.kernels.ledger.inclusion import check_proof
from evenhand.kernels.ledger.note import ED25519, Broken, read_key
from evenhand.kernels.ledger.proofs import ProofFails
from evenhand.kernels.ledger.report import add_verify_arguments, report
from evenhand.kernels.ledger.sample import write_sample
from evenhand.kernels.ledger.signing import fast_verify
from evenhand.operations.database.server import server

if TYPE_CHECKING:
    from evenhand.operations.sealing.receipts import Told

_MOST_ENTRIES = 10_000_000
_SHOWN = 50


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Take one of the words."""
    words = parser.add_subparsers(dest="what", required=True)
    sample = words.add_parser("sample", help="write an export of a made-up record")
    sample.add_argument("--entries", type=int, required=True, help="how many lines it has")
    sample.add_argument("--out", type=Path, required=True, help="a folder that is not there yet")
    sample.add_argument(
        "--seed", type=int, help="a number: the same one makes the same record, keys included"
    )
    sample.add_argument("--checkpoints", type=int, default=8, help="how many checkpoints it has (8)")
    add_verify_arguments(words.add_parser("verify", help="check every byte of an export"))
    out = words.add_parser("export", help="write this instance's record as a folder that anybody can check")
    out.add_argument("--out", type=Path, required=True, help="a folder that is not there yet")
    out.add_argument(
        "--case", action="append", default=[], metavar="REFERENCE", help="open the entries of this case in it"
    )
    out.add_argument("--as", dest="email", metavar="EMAIL", help="whose sight of these cases counts")
    out.add_argument("--ground", default="", help="why these cases are opened; stands in the record")
    words.add_parser(
        "check", help="check the record in the database: every line, tile, checkpoint and signature"
    )
    words.add_parser("key", help="print the public key that the record is signed with")
    proof = words.add_parser("proof", help="check a proof that a line stands in a signed record")
    proof.add_argument("file", type=Path)
    proof.add_argument("--key", required=True, help="the log's public key, as a file or as text")
    words.add_parser(
        "after-restore", help="take the record up after the database was restored, before any door opens"
    )
    anew = words.add_parser(
        "begin-anew", help="begin a new log where signed lines, or the log's key, are lost for good"
    )
    anew.add_argument("--reason", required=True, help="what was lost, and why it cannot be brought back")


def run(arguments: argparse.Namespace) -> int:
    """Do what was asked: 0 when it holds, 1 when it does not."""
    if arguments.what == "verify":
        return report(arguments, fast_verify, Bar().show)
    if arguments.what == "sample":
        return _sample(arguments)
    if arguments.what == "proof":
        return _proof(arguments.file, arguments.key)
    with one_line(), server(os.environ):
        become("operator")
        from evenhand.operations.sealing import KeyTrouble

        try:
            return _on_the_instance(arguments)
        except (KeyTrouble, Unexportable) as error:
            raise CommandError(str(error)) from None


def _on_the_instance(arguments: argparse.Namespace) -> int:
    from evenhand.gate.demo import as_worker
    from evenhand.operations.sealing import after_restore, begin_anew, check
    from evenhand.operations.sealing.public import log_keys

    if arguments.what == "export":
        return _export(arguments)
    if arguments.what == "key":
        keys = log_keys()
        if not keys:
            raise CommandError("nothing was signed yet: the key is made when the worker first runs")
        print(keys[0].key)
        return 0
    with as_worker():
        if arguments.what == "begin-anew":
            print(begin_anew(arguments.reason))
            print("Give this key to everybody who checks the record, and to every witness.", file=sys.stderr)
            return 0
        return _tell(after_restore() if arguments.what == "after-restore" else check())


def _tell(complaints: list[str]) -> int:
    for complaint in complaints[:_SHOWN]:
        print(complaint)
    if len(complaints) > _SHOWN:
        print(f"and {len(complaints) - _SHOWN} more")
    if not complaints:
        print("the record holds")
    return 1 if complaints else 0


def _export(arguments: argparse.Namespace) -> int:
    from evenhand.gate.demo import as_worker
    from evenhand.operations.sealing.export import NothingToExport, export

    cases = _cases(arguments) if arguments.case else {}
    with as_worker():
        try:
            done = export(arguments.out, cases=cases)
        except NothingToExport as nothing:
            return _tell(list(nothing.complaints))
    print(
        f"{arguments.out}: {done.lines:,} lines, {done.opened:,} of them opened; {done.erased:,} cannot be opened here: erased, or kept for people"
    )
    return 0


def _cases(arguments: argparse.Namespace) -> dict[UUID, Told]:
    """Return the acts that the named person may see of each case, each look written down with its ground."""
    from evenhand.casework.case_file import look
    from evenhand.casework.find import find
    from evenhand.gate.entry import enter, now
    from evenhand.operations.accounts import InvitationRefused, token_for
    from evenhand.operations.sealing.receipts import acts_seen

    if not arguments.email or not arguments.ground.strip():
        raise CommandError("to open cases say whose sight counts (--as EMAIL) and why (--ground)")
    try:
        token = token_for(arguments.email, 1)
    except InvitationRefused as refused:
        raise CommandError(refused.sentence) from refused
    found: dict[UUID, Told] = {}
    for reference in arguments.case:
        with enter(token) as who:
            cases = find(reference, who, now=now())
            if (
                not cases
                or "file"
                not in look(cases[0].case_id, who, ground=f"export: {arguments.ground}").standing.parts
            ):
                raise CommandError(f"there is no case {reference}")
            found[cases[0].case_id] = acts_seen(cases[0].case_id)
    return found


def _proof(file: Path, key: str) -> int:
    try:
        text = Path(key).read_text(encoding="utf-8").strip() if os.path.isfile(key) else key
        found = check_proof(file.read_bytes(), key=read_key(text, ED25519), check=fast_verify)
    except (Broken, ProofFails) as wrong:
        print(f"NOT PROVED: the proof {wrong}")
        return 1
    shown = found.checkpoint
    print(f"proved: the line stands at {found.index + 1:,} of the {shown.size:,} lines of {shown.origin}")
    return 0


def _sample(arguments: argparse.Namespace) -> int:
    if not 0 <= arguments.entries <= _MOST_ENTRIES:
        raise CommandError(f"--entries goes from 0 to {_MOST_ENTRIES:,}")
    if not 1 <= arguments.checkpoints <= 10_000:
        raise CommandError("--checkpoints goes from 1 to 10,000")
    made_up = os.urandom if arguments.seed is None else random.Random(arguments.seed).randbytes  # noqa: S311 - asked for
    try:
        write_sample(
            arguments.out,
            entries=arguments.entries,
            checkpoints=arguments.checkpoints,
            random_bytes=made_up,
            progress=Bar().show,
        )
    except Unexportable as error:
        raise CommandError(str(error)) from None
    print(f"{arguments.out}: {arguments.entries:,} lines of a made-up record; its key is in log.pub")
    return 0
