"""Declare who one's line manager and relatives are among colleagues, so that cases about one of them close to the others."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from evenhand.casework.people import practitioner_named
from evenhand.gate import ledger
from evenhand.gate.act import Invalid, NoSuchCase
from evenhand.gate.entry import Who
from evenhand.records.kept_out import Relation

LINE_MANAGER, RELATIVE = "line_manager", "relative"
KINDS = {LINE_MANAGER: "My line manager", RELATIVE: "A relative or partner of mine"}


@dataclass(frozen=True)
class RelationShown:
    """One relation that whoever asks may know of."""

    id: UUID
    of: str
    other: str
    kind: str
    mine: bool
    ended: bool


def relations(who: Who, *, now: datetime) -> list[RelationShown]:
    """Return one's own relations, and for an administrator the line managers there are."""
    rows = Relation.objects.select_related("practitioner", "other").order_by(
        "practitioner__name", "other__name"
    )
    return [
        RelationShown(
            row.id,
            row.practitioner.name,
            row.other.name,
            row.kind,
            row.declared_by == who.practitioner_id,
            row.to_date is not None and row.to_date < now.date(),
        )
        for row in rows[:200]
    ]


def declare(of: str, other: str, kind: str, who: Who, *, now: datetime) -> None:
    """Declare a relation of one's own or, as an administrator, somebody's line manager; raises Invalid."""
    mine = practitioner_named(of) if of else who.practitioner_id
    theirs = practitioner_named(other)
    if kind not in KINDS:
        raise Invalid({"kind": "Choose what they are."})
    if theirs is None or mine is None or theirs == mine:
        raise Invalid({"other": "Choose another colleague from the list."})
    if mine != who.practitioner_id and not (who.is_administrator and kind == LINE_MANAGER):
        raise Invalid({"kind": "Relatives are declared by whoever has them."})
    Relation.objects.bulk_create(
        [Relation(practitioner_id=mine, other_id=theirs, kind=kind, from_date=now.date())]
    )
    _line(who, "declare_relation", now)


def end(number: UUID, who: Who, *, now: datetime) -> None:
    """Say that a relation is over from today; cases that it closed stay closed. Raises NoSuchCase."""
    if not Relation.objects.filter(id=number, declared_by=who.practitioner_id).update(to_date=now.date()):
        raise NoSuchCase
    _line(who, "end_relation", now)


def _line(who: Who, verb: str, now: datetime) -> None:
    ledger.write(None, [ledger.entry(actor=who.practitioner_id, verb=verb, case="", at=now)])
