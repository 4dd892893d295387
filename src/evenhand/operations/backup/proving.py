"""Prove a restored database before its doors open: this version's tables and wall, erasures done again, record and keys."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random

from django.db import connection, connections

from evenhand.gate import keys
from evenhand.gate.demo import as_worker
from evenhand.gate.entry import enter_house
from evenhand.operations import erasure, sealing
from evenhand.operations.backup.trouble import BackupTrouble
from evenhand.operations.database.migrating import migrate
from evenhand.operations.sealing.log_key import log_folder
from evenhand.operations.sealing.publish import RolledBack, recover

TRIED = 200
OLDER = (
    "Nothing was opened. Bring a newer backup if there is one. If there is none, run it again with --begin-anew REASON: "
    "a new log begins, with a key of its own, and every witness must be given that key and told why"
)


@dataclass(frozen=True)
class Proof:
    """What was found: lines of the record that hold, erasures done again, keys that were tried."""

    lines: int
    erased_again: int
    keys_tried: int
    new_log: str = ""


def prove(environ: Mapping[str, str], *, begin_anew: str = "") -> Proof:
    """Bring the database up to date and hold it against the record; Django must be set up on it as an operator.

    begin_anew  the reason why a new log begins when this copy is older than what was signed here
    raises      BackupTrouble with the first thing that does not hold
    """
    migrate(environ, verbosity=0)
    with as_worker():
        # What is erased again is written into the record, and takes lines of a new epoch only: the epoch comes first.
        sealing.begin_epoch_after_restore()
        again = erasure.replay()
        complaints = sealing.seal_and_check()
        new_log = ""
        if older := _older():
            if not begin_anew:
                raise BackupTrouble(f"{older}. {OLDER}")
            new_log = sealing.begin_anew(begin_anew)
            sealing.seal_all(seconds=3600)
            complaints = sealing.check()
        if complaints:
            more = f" (and {len(complaints) - 1} more)" if len(complaints) > 1 else ""
            raise BackupTrouble(f"the record does not hold: {complaints[0]}{more}")
        tried = _try_keys()
        with enter_house(), connection.cursor() as cursor:
            cursor.execute("select count(*) from ledger_entry")
            lines = int(cursor.fetchone()[0])
    return Proof(lines, again, tried, new_log)


def end_sessions() -> None:
    """Leave the database, so that it can be given its name."""
    for one in connections.all(initialized_only=True):
        one.close()


def _older() -> str:
    """Say in how far the database is older than what was signed here, or whether it cannot be known."""
    folder = log_folder()
    with enter_house(), connection.cursor() as cursor:
        cursor.execute("select count(*) from wall.log_keys()")
        signed_before = bool(cursor.fetchone()[0])
        key = folder.key()
        if key is None:
            return "the key that signed this record is not on this machine" if signed_before else ""
        try:
            recover(folder, key)
        except RolledBack as older:
            return str(older).rstrip(".")
    return ""


def _try_keys() -> int:
    """Try the keys of some cases: a database and keys of different instances, or of days far apart, do not fit."""
    with enter_house(), connection.cursor() as cursor:
        cursor.execute("select id from case_file")
        cases = [row[0] for row in cursor.fetchall()]
        some = Random(len(cases)).sample(cases, min(TRIED, len(cases)))  # noqa: S311 - which are tried is no secret
    missing = sum(not keys.has_key(case) for case in some)
    if missing:
        raise BackupTrouble(
            f"{missing} of {len(some)} cases that were tried have no key here: put the keys back first "
            "(`evenhand keys restore FILE`), from a copy no older than this backup"
        )
    return len(some)
