"""Read what is held or set apart, what has been erased, and what one's agency has still to erase; and answer that."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import F

from evenhand.gate import keys, ledger
from evenhand.gate.act import Invalid, NoSuchCase
from evenhand.gate.entry import Who, practitioner_names
from evenhand.gate.policy import pack, protectors
from evenhand.records.case import Case
from evenhand.records.keeping import ErasureNotice, Tombstone

ANSWERS, REFUSALS, REFUSED = "erasure_answers", "erasure_refusals", "refused"

# What an entry says, beside the codes and days that go with it.
SAID = ("what", "text", "report", "need", "fact", "name")


@dataclass(frozen=True)
class Apart:
    """Something that is held or set apart."""

    id: UUID
    case_id: UUID
    reference: str
    kind: str
    cause: str
    owner: str
    until: date
    whole: bool
    since: datetime
    by: str
    may_end: bool
    contents: dict[str, Any]
    entries: tuple[str, ...]


@dataclass(frozen=True)
class Told:
    """An agency that was told of an erasure, and its answer."""

    id: UUID
    reference: str
    agency: str
    asked_at: datetime
    due_at: datetime
    chased: int
    answer: str
    why: str
    answered_at: datetime | None


@dataclass(frozen=True)
class Stone:
    """What stays of an erased case: a day, a rule, who decided, how many have answered."""

    id: UUID
    erased_on: date
    clause: str
    decided_by: str
    confirmed_by: str
    told: tuple[Told, ...]


def set_apart(who: Who, *, now: datetime) -> list[Apart]:
    """Return what is held or set apart, for whoever answers for it; the look is written down."""
    with connection.cursor() as cursor:
        cursor.execute("select * from wall.set_apart_list()")
        rows = cursor.fetchall()
    names = practitioner_names(list({row[n] for row in rows for n in (6, 11)}))
    causes = {
        code: entry.label for name in ("hold_causes", "restriction_causes") for code, entry in _codes(name)
    }
    protects = bool(who.roles & protectors())
    mine = set(Case.objects.filter(id__in={row[1] for row in rows}).values_list("id", flat=True))
    if rows:
        line = ledger.entry(
            actor=who.practitioner_id, verb="look", case="list of what is set apart", at=now, ground="rights"
        )
        ledger.write(None, [line])
    return [
        Apart(
            id=row[0],
            case_id=row[1],
            reference=row[2],
            kind=row[3],
            cause=causes.get(row[4], row[4]),
            owner=names.get(row[6], ""),
            until=row[7],
            whole=row[8],
            since=row[9],
            by=names.get(row[11], ""),
            may_end=protects and row[1] in mine,
            contents=keys.open_(row[1], row[10]),
            entries=() if row[8] else tuple(_texts(row[0], row[1], row[5])),
        )
        for row in rows
    ]


def _texts(number: UUID, case_id: UUID, entries: Any) -> list[str]:
    found = []
    with connection.cursor() as cursor:
        for entry in json.loads(entries) if isinstance(entries, str) else entries:
            cursor.execute(
                "select kind, contents->>'sealed' from wall.set_apart_entry(%s, %s)", [number, entry]
            )
            for _, sealed in cursor.fetchall():
                told = keys.open_(case_id, bytes.fromhex(sealed[2:])) if sealed else {}
                words = {name: value for name, value in told.items() if isinstance(value, str)}
                found += [words[name] for name in SAID if name in words] or list(words.values())
    return found


@dataclass(frozen=True)
class Became:
    """What one's agency heard became of something it had been told: its day, and what it had been told itself."""

    id: UUID
    what: str
    at: datetime
    told: tuple[dict[str, str], ...]


def told_to_us() -> list[Became]:
    """Return what one's agency heard was corrected, set apart or is to be used again, the latest first."""
    with connection.cursor() as cursor:
        cursor.execute("select * from wall.told_to_us()")
        rows = cursor.fetchall()
    return [Became(row[0], row[2], row[3], tuple(keys.open_(row[1], row[4]).get("told", ()))) for row in rows]


def to_erase() -> list[Told]:
    """Return what one's agency was told of erasures, open ones first."""
    mine = ErasureNotice.objects.select_related("agency").order_by(
        F("answered_at").desc(nulls_first=True), "due_at"
    )[:200]
    return [_told(row) for row in mine]


def stones() -> list[Stone]:
    """Return what stays of erased cases, the latest first; for officers for data protection."""
    rows = list(Tombstone.objects.order_by("-erased_on")[:200])
    names = practitioner_names([n for row in rows for n in (row.decided_by, row.confirmed_by) if n])
    told: dict[UUID, list[Told]] = {}
    for notice in ErasureNotice.objects.filter(tombstone_id__in=[row.id for row in rows]).select_related(
        "agency"
    ):
        told.setdefault(notice.tombstone_id, []).append(_told(notice))
    return [
        Stone(
            id=row.id,
            erased_on=row.erased_on,
            clause=row.clause,
            decided_by=names.get(row.decided_by, "") if row.decided_by else "",
            confirmed_by=names.get(row.confirmed_by, "") if row.confirmed_by else "",
            told=tuple(told.get(row.id, [])),
        )
        for row in rows
    ]


def answer(number: UUID, said: str, why: str, who: Who, *, now: datetime) -> None:
    """Say what one's agency did with what it was told: erased, kept and why, or nothing was held. Raises Invalid."""
    if said not in dict(_codes(ANSWERS)):
        raise Invalid({"answer": "Choose what was done."})
    if said == REFUSED and why not in dict(_codes(REFUSALS)):
        raise Invalid({"why": "Choose why it is kept."})
    row = ErasureNotice.objects.filter(id=number, answer="").first()
    if row is None:
        raise NoSuchCase
    changed = ErasureNotice.objects.filter(id=number, answer="").update(
        answer=said, why=why if said == REFUSED else ""
    )
    if not changed:
        raise NoSuchCase
    line = ledger.entry(
        actor=who.practitioner_id, verb="answer_erasure", case=str(row.tombstone_id), at=now, detail=said
    )
    ledger.write(None, [line])


def answers() -> list[tuple[str, str]]:
    """Return what can be answered."""
    return [(code, entry.label) for code, entry in _codes(ANSWERS)]


def refusals() -> list[tuple[str, str]]:
    """Return why something may be kept."""
    return [(code, entry.label) for code, entry in _codes(REFUSALS)]


def _told(row: ErasureNotice) -> Told:
    labels = {code: entry.label for name in (ANSWERS, REFUSALS) for code, entry in _codes(name)}
    return Told(
        id=row.id,
        reference=row.reference,
        agency=row.agency.name,
        asked_at=row.asked_at,
        due_at=row.due_at,
        chased=row.chased,
        answer=labels.get(row.answer, row.answer),
        why=labels.get(row.why, row.why),
        answered_at=row.answered_at,
    )


def _codes(name: str) -> list[tuple[str, Any]]:
    found = pack().lists.get(name)
    return list(found.codes.items()) if found else []
