"""Read who looked at a case, for those whom the law lets know; and note a look, once a day in the list and each time in the ledger."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from evenhand.gate import keys, ledger
from evenhand.gate.entry import Who, now, practitioner_names
from evenhand.gate.own_keys import Kept
from evenhand.gate.policy import pack, protectors
from evenhand.gate.standing import NoSuchCase
from evenhand.kernels.policy import Pack
from evenhand.records.practitioner import Practitioner

GROUNDS_LIST, PURPOSES_LIST = "look_grounds", "log_purposes"
OWN_WORK, EMERGENCY, STATED = "own_work", "emergency", "stated"
OPENED, PRINTED, EXPORTED, DOCUMENT, FOUND, LOOKS = (
    "opened",
    "printed",
    "exported",
    "document",
    "found",
    "looks",
)
KINDS = {
    OPENED: "opened",
    PRINTED: "printed",
    EXPORTED: "exported",
    DOCUMENT: "opened a document",
    FOUND: "found in a search",
    LOOKS: "read this list",
}
A_PAGE = 50


@dataclass(frozen=True)
class LookShown:
    """All looks of one kind of one colleague at one case on one day: who, what, when, how often, on which ground."""

    id: UUID
    case_id: UUID
    reference: str
    by: str
    agency: str
    kind: str
    ground: str
    words: str
    times: int
    first_at: datetime
    last_at: datetime
    owned: bool


@dataclass(frozen=True)
class LooksPage:
    """Some looks, the newest first, and where the next page begins."""

    reference: str
    looks: tuple[LookShown, ...]
    before: str


def grounds(rules: Pack, at: datetime) -> dict[str, str]:
    """Return why a case may be opened, code → words, in force on a day."""
    found = rules.lists.get(GROUNDS_LIST)
    on = rules.calendar.local_day(at)
    return {c.code: c.label for c in found.codes_on(on)} if found else {OWN_WORK: "My work on this case"}


def purposes(rules: Pack, at: datetime) -> dict[str, str]:
    """Return what the log of looks may be read for, code → words."""
    found = rules.lists.get(PURPOSES_LIST)
    return {c.code: c.label for c in found.codes_on(rules.calendar.local_day(at))} if found else {}


def ground_words(rules: Pack, code: str) -> str:
    """Return a ground in words; an emergency is none of the list."""
    if code in {EMERGENCY, STATED}:
        return "Emergency" if code == EMERGENCY else "Stated in words"
    found = rules.lists.get(GROUNDS_LIST)
    return found.codes[code].label if found and code in found.codes else code


def note(case_id: UUID, kind: str, ground: str, words: str = "", *, kept: Kept | None = None) -> None:
    """Note a look at a case in the list of its looks; the words are sealed under the case's key and die with it, so that
    none are kept about a case that is erased.

    kept  to whom the case's contents are sealed besides
    """
    sealed = None
    if words and keys.has_key(case_id):
        to = kept.holders(case_id, "file") if kept else []
        by = kept.by if kept else case_id
        sealed = keys.close_to(case_id, "file", {"words": words}, to, by=by)
    with connection.cursor() as cursor:
        cursor.execute("select wall.note_look(%s, %s, %s, %s)", [case_id, kind, ground, sealed])


def note_found(cases: list[UUID]) -> None:
    """Note that a search brought these cases up."""
    if cases:
        with connection.cursor() as cursor:
            cursor.execute("select wall.note_found(%s)", [cases])


def looks_of(
    case_id: UUID, who: Who, *, others_only: bool = True, before: str = "", most: int = A_PAGE
) -> LooksPage:
    """Return who looked at a case, for its owner and data protection officers; reading it is itself a look.

    others_only  leave out the looks of whoever owned the case when they looked
    raises       NoSuchCase for everybody else, absent and barred alike
    """
    with connection.cursor() as cursor:
        cursor.execute("select wall.answers_for_looks(%s)", [case_id])
        if not cursor.fetchone()[0]:
            raise NoSuchCase
        cursor.execute(
            "select id, %s::uuid, reference, practitioner_id, kind, ground, times, first_at, last_at, owned, sealed"
            " from wall.looks_of(%s, %s, %s, %s, %s)",
            [case_id, case_id, others_only, *_before(before), most + 1],
        )
        rows = cursor.fetchall()
    shown = _shown(rows[:most])
    _trace(who, verb="look_at_looks", case=rows[0][2] if rows else "", detail=str(case_id))
    return LooksPage(shown[0].reference if shown else "", shown, _next(rows, most))


def looks_across(
    who: Who, *, purpose: str, words: str, by: UUID | None = None, before: str = "", most: int = A_PAGE
) -> LooksPage:
    """Return the looks of colleagues at cases that they do not own, for a data protection officer with a stated purpose.

    raises  NoSuchCase for everybody else, and where no purpose of the law's list is stated
    """
    if not who.roles & protectors() or purpose not in purposes(pack(), now()):
        raise NoSuchCase
    _trace(who, verb="look_across", ground=f"{purpose}: {words}"[:200], detail=str(by or "everybody"))
    with connection.cursor() as cursor:
        cursor.execute(
            "select id, case_id, reference, practitioner_id, kind, ground, times, first_at, last_at, false, null"
            " from wall.looks_across(%s, %s, %s, %s)",
            [by, *_before(before), most + 1],
        )
        rows = cursor.fetchall()
    return LooksPage("", _shown(rows[:most]), _next(rows, most))


def _trace(who: Who, *, verb: str, case: str = "", ground: str = "", detail: str = "") -> None:
    line = ledger.entry(
        actor=who.practitioner_id, verb=verb, case=case, at=now(), ground=ground, detail=detail
    )
    ledger.write(None, [line])


def _shown(rows: list[tuple[Any, ...]]) -> tuple[LookShown, ...]:
    ids = {row[3] for row in rows}
    names = practitioner_names(list(ids))
    agencies = dict(Practitioner.objects.filter(id__in=ids).values_list("id", "agency__name"))
    rules = pack()
    return tuple(
        LookShown(
            id=row[0],
            case_id=row[1],
            reference=row[2],
            by=names.get(row[3], ""),
            agency=agencies.get(row[3], ""),
            kind=KINDS.get(row[4], row[4]),
            ground=ground_words(rules, row[5]) if row[5] else "",
            words=str(keys.open_(row[1], row[10]).get("words", "")) if row[10] else "",
            times=row[6],
            first_at=row[7],
            last_at=row[8],
            owned=row[9],
        )
        for row in rows
    )


def _before(text: str) -> tuple[datetime | None, UUID | None]:
    at, _, number = text.partition("_")
    try:
        return datetime.fromisoformat(at), UUID(number)
    except ValueError:
        return None, None


def _next(rows: list[tuple[Any, ...]], most: int) -> str:
    return f"{rows[most - 1][8].isoformat()}_{rows[most - 1][0]}" if len(rows) > most else ""
