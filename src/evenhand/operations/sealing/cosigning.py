"""Have witnesses cosign: ask them beside the worker's other work, and keep what they sign."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass, field
from time import monotonic

from django.db import connection

from evenhand.gate.entry import enter_house
from evenhand.kernels.ledger.note import COSIGNATURE, Broken, Key, read_key, read_note
from evenhand.kernels.ledger.proofs import consistency_proof
from evenhand.kernels.ledger.witness import Request, WitnessElsewhere, WitnessRefused, cosigned
from evenhand.operations.sealing.publish import Published
from evenhand.operations.sealing.tree import StoredTree
from evenhand.outside.witness import WitnessAway, ask

PATIENCE_SECONDS = 5.0
LONGEST_PAUSE = 600.0
FIRST_PAUSE = 5.0


class WitnessesUnreadable(Exception):
    """The setting EVENHAND_WITNESSES is not in its form; says where."""


@dataclass(frozen=True)
class Witness:
    """Somebody who cosigns: their public key and the address at which they are asked."""

    key: Key
    url: str


def read_witnesses(text: str) -> list[Witness]:
    """Read the setting: `KEY URL` for each witness, with commas or line ends between.

    raises  WitnessesUnreadable
    """
    found = []
    for part in re.split(r"[,\n]", text):
        words = part.split()
        if not words:
            continue
        if len(words) != 2:
            raise WitnessesUnreadable(f"EVENHAND_WITNESSES: {part.strip()!r} is not a key and an address")
        try:
            found.append(Witness(read_key(words[0], COSIGNATURE), words[1]))
        except Broken as broken:
            raise WitnessesUnreadable(f"EVENHAND_WITNESSES: {words[0]!r} {broken}") from broken
    if len({(w.key.name, w.key.key_id) for w in found}) < len(found):
        raise WitnessesUnreadable("EVENHAND_WITNESSES names a witness twice")
    return found


@dataclass
class Asked:
    """One question to one witness, on its way in a thread that touches no database."""

    of: Published
    old: int
    status: int = 0
    body: bytes = b""
    away: str = ""
    done: threading.Event = field(default_factory=threading.Event)

    def send(self, witness: Witness, body: bytes, seconds: float) -> None:
        """Ask in a thread that ends with the process."""

        def go() -> None:
            try:
                self.status, self.body = ask(witness.url, body, seconds=seconds)
            except WitnessAway as away:
                self.away = str(away)
            finally:
                self.done.set()

        threading.Thread(target=go, daemon=True, name="witness").start()


class Cosigning:
    """What is known of one witness: what it cosigned last, what it is being asked, when to ask again."""

    def __init__(self, witness: Witness, *, seconds: float = PATIENCE_SECONDS) -> None:
        self.witness, self.seconds = witness, seconds
        self.asked: Asked | None = None
        self.old: int | None = None
        self.not_before, self.pause = 0.0, FIRST_PAUSE
        self.trouble = ""
        self.refuses = False
        self.greeted = False
        self._refused_at = 0.0
        self._failed_on = self._cosigned = 0

    def greet(self, last: Published) -> bool:
        """Show the last checkpoint again before anything new is signed; returns whether that is over.

        A witness that has seen more than this says so, and no second history is signed. One that is away is not
        waited for longer than its patience.
        """
        if self.refuses and monotonic() - self._refused_at > LONGEST_PAUSE:
            # Whoever runs this instance, or the witness, may have mended it.
            self.refuses = self.greeted = False
        if not self.greeted:
            if self.asked is None:
                self._ask(last, last.size)
                return False
            if not self.collect():
                return False
            self.greeted = True
            self.not_before = 0.0
        return True

    def go_on(self, last: Published) -> None:
        """Collect an answer that has come, and ask for the last checkpoint if it is not cosigned yet."""
        if self.asked is not None and not self.collect():
            return
        if self._has(last) or self._cosigned == last.number or self.refuses:
            return
        if self._failed_on == last.number and monotonic() < self.not_before:
            return
        self._ask(last, self._old(last) if self.old is None else self.old)

    def collect(self) -> bool:
        """Take an answer in, if it has come; returns whether nothing is under way any more."""
        asked = self.asked
        if asked is None:
            return True
        if not asked.done.is_set():
            return False
        self.asked = None
        self._failed_on = asked.of.number
        self.not_before = monotonic() + self.pause
        self.pause = min(2 * self.pause, LONGEST_PAUSE)
        if asked.away:
            self.trouble = asked.away
            return True
        key = self.witness.key
        try:
            note = cosigned(asked.status, asked.body, checkpoint=asked.of.note, witness=key)
        except WitnessElsewhere as elsewhere:
            self.trouble = f"{key.name}: {elsewhere}"
            # It has seen more than there is, or another root for as much as there is.
            self._refuse(elsewhere.size > asked.of.size or elsewhere.size == asked.old == asked.of.size)
            # It saw another checkpoint last (one cosigned just before we were cut off): go on from there at once.
            self.old, self.not_before = (
                elsewhere.size,
                0.0 if elsewhere.size != asked.old else self.not_before,
            )
            return True
        except (WitnessRefused, Broken) as refused:
            self.trouble = f"{key.name}: {refused}"
            self._refuse(asked.status == 422)
            self.old = None
            return True
        mine = [s for s in read_note(note).signatures if (s.name, s.key_id) == (key.name, key.key_id)]
        with enter_house(), connection.cursor() as cursor:
            cursor.execute(
                "select wall.keep_cosignature(%s, %s, %s)", [asked.of.number, str(key), str(mine[0])]
            )
        self._cosigned = asked.of.number
        self.old, self.trouble, self.pause, self.not_before = asked.of.size, "", FIRST_PAUSE, 0.0
        self.refuses = False
        return True

    def _refuse(self, refuses: bool) -> None:
        self.refuses, self._refused_at = refuses, monotonic()

    def _ask(self, last: Published, old: int) -> None:
        with enter_house():
            tree = StoredTree(last.size)
            proof = tuple(consistency_proof(tree, min(old, last.size), last.size))
        self.asked = Asked(last, old)
        self.asked.send(self.witness, bytes(Request(min(old, last.size), proof, last.note)), self.seconds)

    def _has(self, last: Published) -> bool:
        start = f"— {self.witness.key.name} "
        return any(line.startswith(start) for line in last.cosigned)

    def _old(self, last: Published) -> int:
        """Return the size that this witness cosigned last under this log's name, as far as the database knows."""
        with enter_house(), connection.cursor() as cursor:
            cursor.execute(
                "select coalesce(max(c.size), 0) from ledger_cosignature s join ledger_checkpoint c on c.number = s.checkpoint"
                " join ledger_log l on l.number = c.log where s.witness = %s and l.key = %s",
                [str(self.witness.key), last.key],
            )
            return int(cursor.fetchone()[0])
