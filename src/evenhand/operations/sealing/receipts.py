"""Show somebody who may see a case that what was done in it stands in the signed record, with a proof to keep."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection

from evenhand.gate import ledger
from evenhand.gate.entry import Who
from evenhand.gate.own_keys import KeptForPeople
from evenhand.gate.standing import NoSuchCase, Standing, standing
from evenhand.kernels.ledger.entry import DoesNotOpen, open_entry
from evenhand.kernels.ledger.inclusion import write_proof
from evenhand.operations.sealing.publish import published
from evenhand.operations.sealing.tree import StoredTree
from evenhand.outside.keystore import KeyGone
from evenhand.records.decision import Decision
from evenhand.records.sealed import Unreadable

Told = frozenset[tuple[str, str, UUID]]
"""Acts by step, outcome and who took them."""


class NoProofYet(Exception):
    """The line stands under no signed checkpoint yet."""


@dataclass(frozen=True)
class ActLine:
    """A line of the record that an act of the case wrote; `position` counts from 1, or is None before it is signed."""

    entry_id: int
    position: int | None
    at: datetime
    step: str
    outcome: str
    actor: UUID
    whole: bool = True


@dataclass(frozen=True)
class CaseRecord:
    """The acts of a case as the record has them, oldest first; those who looked are not among them."""

    standing: Standing
    lines: tuple[ActLine, ...]
    broken: int
    closed: int = 0
    """Lines that whoever asks opens with their own key."""


def acts_seen(case_id: UUID) -> Told:
    """Return the acts of a case whose decisions whoever has come in may see; those of closed parts are not among them."""
    rows = Decision.objects.filter(case_id=case_id).values_list("step", "outcome", "recorded_by")
    return frozenset((step, outcome, by) for step, outcome, by in rows)


def is_told(told: Mapping[str, str], acts: Told) -> bool:
    """Say whether an entry is of one of these acts. A look has no step, so it never is: who looked is told elsewhere."""
    return bool(told.get("step")) and (told["step"], told.get("detail", ""), UUID(told["actor"])) in acts


def case_record(case_id: UUID, who: Who, *, ground: str) -> CaseRecord:
    """Read the lines of a case that acts wrote, and write this look down; raises NoSuchCase for absent and barred alike."""
    found = standing(case_id, who)
    if "file" not in found.parts:
        raise NoSuchCase
    acts, lines, broken, closed = acts_seen(case_id), [], 0, 0
    for entry_id, position, line, sealed in _lines(case_id):
        try:
            told = open_entry(line, ledger.opened(case_id, sealed))
        except KeptForPeople:
            closed += 1
            continue
        except (DoesNotOpen, KeyGone, Unreadable):
            broken += 1
            continue
        if is_told(told, acts):
            lines.append(
                ActLine(
                    entry_id,
                    None if position is None else position + 1,
                    datetime.fromisoformat(told["at"]),
                    told["step"],
                    told.get("detail", ""),
                    UUID(told["actor"]),
                )
            )
    look = ledger.entry(
        actor=who.practitioner_id,
        verb="look",
        case=found.reference,
        at=found.now,
        ground=ground,
        detail="the record of its acts",
    )
    ledger.write(case_id, [look], kept=found.kept(who))
    return CaseRecord(found, tuple(lines), broken, closed)


def proof_of(case_id: UUID, entry_id: int, who: Who) -> bytes:
    """Return the proof that one line of a case stands in the signed record, the line itself with it.

    raises  NoSuchCase, when it is no act of a case whose file this person may see; NoProofYet
    """
    found = standing(case_id, who)
    if "file" not in found.parts:
        raise NoSuchCase
    for number, position, line, sealed in _lines(case_id):
        if number != entry_id:
            continue
        try:
            if not is_told(open_entry(line, ledger.opened(case_id, sealed)), acts_seen(case_id)):
                raise NoSuchCase
        except (DoesNotOpen, KeptForPeople, KeyGone, Unreadable):
            raise NoSuchCase from None
        last = published()
        if last is None or position is None:
            raise NoProofYet
        hashes = StoredTree(last.size).prove(position)
        return write_proof(position, hashes, last.cosigned_note, extra=line)
    raise NoSuchCase


def _lines(case_id: UUID) -> list[tuple[int, int | None, bytes, bytes]]:
    with connection.cursor() as cursor:
        cursor.execute("select entry_id, place, line, sealed from wall.lines_of(%s)", [case_id])
        return [
            (number, place, bytes(line), bytes(sealed)) for number, place, line, sealed in cursor.fetchall()
        ]
