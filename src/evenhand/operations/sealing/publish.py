"""Sign a checkpoint when its time has come: on disk first, then in the database, never two histories."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection

from evenhand.gate.entry import enter_house
from evenhand.kernels.ledger.entry import padding
from evenhand.kernels.ledger.note import Checkpoint, read_checkpoint, read_note
from evenhand.kernels.ledger.pacing import HELD_UP_TO, next_step
from evenhand.kernels.ledger.proofs import root_at
from evenhand.kernels.ledger.signing import SigningKey, sign_checkpoint
from evenhand.kernels.ledger.tree import leaf_hash
from evenhand.operations.sealing.log_key import LogFolder
from evenhand.operations.sealing.seal import complete_tiles
from evenhand.operations.sealing.tree import StoredTree

HELD = timedelta(days=7)
PADDING_AT_ONCE = 8192


class RolledBack(Exception):
    """The database is older than what was signed: signing on would make a second history. Says so, and what to do."""


@dataclass(frozen=True)
class Published:
    """A checkpoint as the database has it, with the lines that witnesses added."""

    number: int
    size: int
    note: bytes
    key: str
    signed_at: datetime
    step: int
    age_seconds: float
    cosigned: tuple[str, ...] = ()

    @property
    def checkpoint(self) -> Checkpoint:
        """What the note says."""
        return read_checkpoint(read_note(self.note).text)

    @property
    def cosigned_note(self) -> bytes:
        """The note with the witnesses' lines under the log's."""
        return self.note + "".join(self.cosigned).encode()


def published() -> Published | None:
    """Return the last checkpoint; anybody may ask."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select number, size, note, key, signed_at, step, age, cosigned from wall.log_checkpoint()"
        )
        row = cursor.fetchone()
    if row is None:
        return None
    number, size, note, key, signed_at, step, age, cosigned = row
    return Published(number, size, bytes(note), key, signed_at, step, age, tuple(cosigned))


def publish(
    folder: LogFolder, key: SigningKey, *, every_seconds: float, lines: int, force: bool = False
) -> Published | None:
    """Sign the next checkpoint, if one is due and no other sealer is at work.

    every_seconds  the cadence; checkpoints are due at its multiples, whatever has happened               [s]
    lines          how many lines a checkpoint adds when little happens
    raises         RolledBack, when the database is behind what was signed; KeyTrouble, when the disk refuses.
                   Nothing is signed then
    """
    with enter_house():
        due = _due(folder, key, every_seconds, force)
        if not due:
            return None
        last, waiting = due[0], due[1]
        # Committed before it is signed: what a signature covers must be there whenever this process is killed.
        pad(next_step(waiting, base=lines, held=_held(_clock(), lines)) - waiting)
    with enter_house():
        due = _due(folder, key, every_seconds, force)
        if not due:
            return None
        last, waiting = due[0], due[1]
        step = next_step(waiting, base=lines, held=_held(_clock(), lines))
        if step > waiting:
            return None  # another sealer signed in between; the next round does it
        size = (last.size if last else 0) + step
        note = sign_checkpoint(size, root_at(StoredTree(size), size), key)
        folder.remember(note)
        _keep(last.number + 1 if last else 1, size, note, step)
    return published()


def _due(
    folder: LogFolder, key: SigningKey, every_seconds: float, force: bool
) -> tuple[Published | None, int] | None:
    """Return the last checkpoint and how many lines wait for the next, if that is due and this sealer has the lock."""
    if not _is_ours():
        return None
    last = recover(folder, key)
    # A clock that was set back comes to another slot as well, and so is no reason to stop.
    due = (
        last is None
        or last.key != str(key.key)
        or _slot(last.signed_at, every_seconds) != _slot(_clock(), every_seconds)
    )
    return (last, _tree_size() - (last.size if last else 0)) if due or force else None


def pad(count: int) -> None:
    """Add lines that say nothing, inside the sealer's transaction."""
    while count > 0:
        lines = [padding(os.urandom) for _ in range(min(count, PADDING_AT_ONCE))]
        with connection.cursor() as cursor:
            cursor.execute("select wall.pad(%s::bytea[])", [lines])
            first = cursor.fetchone()[0]
        complete_tiles(first, [leaf_hash(line) for line in lines])
        count -= len(lines)


def recover(folder: LogFolder, key: SigningKey) -> Published | None:
    """Bring what was signed last and what the database has together, and return the last checkpoint.

    raises  RolledBack, when the database does not hold what was signed; KeyTrouble
    """
    last = published()
    signed = folder.last_signed(key)
    ours = last if last and last.key == str(key.key) else None
    if signed is None or (ours and ours.size > signed[1].size):
        # The folder is the older one (a copy of it was brought back), or this log has signed nothing yet.
        if ours:
            folder.remember(ours.note)
        return last
    note, checkpoint = signed
    if ours and ours.size == checkpoint.size and ours.checkpoint.root == checkpoint.root:
        return last
    here = _tree_size()
    if here < checkpoint.size or root_at(StoredTree(checkpoint.size), checkpoint.size) != checkpoint.root:
        raise RolledBack(
            f"{checkpoint.size} lines of {checkpoint.origin} were signed, and this database does not hold them"
            f" (it has {here}): it was restored from an older copy, or altered. Nothing is signed until you restore"
            " a newer copy, or, if there is none, run `evenhand ledger begin-anew --reason …`: docs/howto/run-a-witness.md"
        )
    # Signed and on disk, but the process ended before the database had it.
    before = last.size if last else 0
    _keep(last.number + 1 if last else 1, checkpoint.size, note, checkpoint.size - before)
    return published()


def _keep(number: int, size: int, note: bytes, step: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("select max(number) from ledger_log")
        log = cursor.fetchone()[0]
        cursor.execute("select wall.keep_checkpoint(%s, %s, %s, %s, %s)", [number, log, size, note, step])


def _held(at: datetime, lines: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "select coalesce(max(step), 0) from ledger_checkpoint where signed_at > %s and step <= %s",
            [at - HELD, lines * HELD_UP_TO],
        )
        return int(cursor.fetchone()[0])


def _is_ours() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("select wall.take_sealing()")
        return bool(cursor.fetchone()[0])


def _tree_size() -> int:
    with connection.cursor() as cursor:
        cursor.execute("select wall.tree_size()")
        return int(cursor.fetchone()[0])


def _clock() -> datetime:
    with connection.cursor() as cursor:
        cursor.execute("select clock_timestamp()")
        at: datetime = cursor.fetchone()[0]
    return at


def _slot(at: datetime, every_seconds: float) -> int:
    return int(at.timestamp() // every_seconds)
