"""Find: search by name or reference, and lay likely same persons side by side for a human to decide."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from evenhand.casework.apart import in_use
from evenhand.casework.identity import identity_of, told
from evenhand.casework.looks import note_found
from evenhand.casework.names import words_of
from evenhand.casework.searched import sealed_words
from evenhand.casework.worklist import known_as
from evenhand.gate import ledger
from evenhand.gate.entry import Who, practitioner_names
from evenhand.gate.keys import has_key
from evenhand.gate.policy import shows_identity
from evenhand.records.case import Case
from evenhand.records.identity import Identity

MOST = 50


@dataclass(frozen=True)
class Found:
    """One case that a search brought up."""

    case_id: UUID
    reference: str
    known_as: str
    place: str
    opened_at: datetime
    closed: bool
    owner: str


@dataclass(frozen=True)
class Compared:
    """Somebody already known, held against what this case says: each line match, mismatch or blank; nothing is summed."""

    case_id: UUID
    reference: str
    names: tuple[str, ...]
    lines: tuple[tuple[str, str, str, str], ...]
    closed: bool


def find(text: str, who: Who, *, now: datetime, look: bool = True) -> list[Found]:
    """Return cases that whoever asks may see, by reference or by the beginnings of names; the look is written down."""
    asked = text.strip()
    reference = asked.upper().replace(" ", "")
    found: list[Found] = []
    if len(reference.replace("-", "")) == 8:
        dashed = reference if "-" in reference else f"{reference[:4]}-{reference[4:]}"
        for case in in_use(Case.objects.filter(reference=dashed)).select_related("owner"):
            identity = Identity.objects.filter(case_id=case.id, superseded=False).first()
            found.append(
                Found(
                    case.id,
                    case.reference,
                    known_as(case.id, identity.sealed if identity else None)
                    if shows_identity(case.journey, case.place)
                    else "",
                    case.place,
                    case.opened_at,
                    case.closed_at is not None,
                    case.owner.name,
                )
            )
    if not found:
        with connection.cursor() as cursor:
            cursor.execute("select * from wall.search_names(%s, %s)", [words_of([asked]), MOST])
            rows = cursor.fetchall()
        shown = _shown(row[0] for row in rows)
        rows = [row for row in rows if row[0] in shown]
        names = practitioner_names(list({row[5] for row in rows}))
        found = [
            Found(row[0], row[1], known_as(row[0], row[6]), row[2], row[3], row[4], names.get(row[5], ""))
            for row in rows
        ]
    if look:
        # The words are sealed under the keys of whom they found, and die with the first of them that is erased.
        cases = [one.case_id for one in found if has_key(one.case_id)]
        words = sealed_words(asked[:200], cases, now.date())
        ledger.write(
            None,
            [ledger.entry(actor=who.practitioner_id, verb="search", case="", at=now, detail=words)],
        )
        note_found(cases)
    return found


def alike(case_id: UUID, identity: dict[str, Any] | None = None) -> list[Compared]:
    """Return people already known who may be the one this case is about: same name words, or words and birth date.

    Plain keys and no weight: the human sees what matches and decides.
    """
    this = identity or identity_of(case_id) or told(case_id)
    words = words_of(this.get("names", []))
    candidates: dict[UUID, tuple[str, bool]] = {}
    with connection.cursor() as cursor:
        for word in words[:6]:
            cursor.execute("select case_id, reference, closed from wall.search_names(%s, %s)", [[word], MOST])
            candidates.update({row[0]: (row[1], row[2]) for row in cursor.fetchall() if row[0] != case_id})
    found = []
    shown = _shown(candidates)
    for other, (reference, closed) in candidates.items():
        if other not in shown:
            continue
        that = identity_of(other)
        shared = set(words) & set(words_of(that.get("names", [])))
        same_birth = bool(this.get("born_on")) and this.get("born_on") == that.get("born_on")
        if len(shared) >= min(2, len(words)) or same_birth:
            found.append(Compared(other, reference, tuple(that.get("names", [])), _lines(this, that), closed))
    return found[:10]


def _shown(cases: Iterable[UUID]) -> set[UUID]:
    """Return those of these cases that stand where it is told who they are about; no others are found by a name."""
    rows = Case.objects.filter(id__in=list(cases)).values_list("id", "journey", "place")
    return {number for number, journey, place in rows if shows_identity(journey, place)}


def _lines(this: dict[str, Any], that: dict[str, Any]) -> tuple[tuple[str, str, str, str], ...]:
    shown = []
    for label, name in (("Names", "names"), ("Born", "born_on"), ("Address", "address")):
        left, right = _plain(this.get(name)), _plain(that.get(name))
        if not left or not right:
            verdict = "blank"
        elif name == "names":
            verdict = "match" if set(words_of([left])) & set(words_of([right])) else "mismatch"
        else:
            verdict = "match" if left.casefold() == right.casefold() else "mismatch"
        shown.append((label, left, right, verdict))
    return tuple(shown)


def _plain(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(str(part) for part in value)
    return str(value or "")
