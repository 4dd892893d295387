"""Read the worklist: what is to be done, in the order in which it is due, as far as whoever asks may know."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from django.db import connection

from evenhand.gate import keys
from evenhand.gate.entry import practitioner_names
from evenhand.gate.policy import pack, shows_identity

FIRST = (datetime(1, 1, 1, tzinfo=UTC), UUID(int=0))
CAP = 1000
# Tasks that belong to no clock of a policy.
TASKS = {
    "retention_review": "Decide whether to keep",
    "erasure_second_look": "Second look at an erasure",
}


@dataclass(frozen=True)
class Row:
    """One case on a list."""

    case_id: UUID
    reference: str
    known_as: str
    journey: str
    place: str
    due_at: datetime
    due_for: str
    overdue: bool
    owner_id: UUID
    owner: str
    opened_at: datetime
    urgent: bool


@dataclass(frozen=True)
class Page:
    """A page of a list; `after` begins the next one, when there is one."""

    rows: tuple[Row, ...]
    after: str | None
    count: int
    more_than_count: bool
    overdue: int


def worklist(*, mine: bool, now: datetime, size: int = 25, after: str = "") -> Page:
    """Return one page of the worklist, soonest due first: one's own cases, or all one's teams'.

    after  the `after` of the page before; anything else begins at the top
    """
    since, past = _place(after)
    with connection.cursor() as cursor:
        cursor.execute("select * from wall.worklist(%s, %s, %s, %s)", [mine, size + 1, since, past])
        found = cursor.fetchall()
        cursor.execute("select n, overdue from wall.worklist_count(%s, %s)", [mine, CAP])
        count, overdue = cursor.fetchone()
    names = practitioner_names(list({row[6] for row in found}))
    clocks = pack().clocks
    rows = tuple(
        Row(
            case_id=row[0],
            reference=row[1],
            known_as=known_as(row[0], row[10]) if shows_identity(row[2], row[3]) else "",
            journey=row[2],
            place=row[3],
            due_at=row[4],
            due_for=clocks[row[5]].label if row[5] in clocks else TASKS.get(row[5], row[5]),
            overdue=row[4] < now,
            owner_id=row[6],
            owner=names.get(row[6], ""),
            opened_at=row[7],
            urgent=row[8],
        )
        for row in found[:size]
    )
    last = rows[-1] if len(found) > size else None
    return Page(
        rows=rows,
        after=f"{last.due_at.isoformat()}_{last.case_id}" if last else None,
        count=min(count, CAP),
        more_than_count=count > CAP,
        overdue=min(overdue, CAP),
    )


def known_as(case_id: UUID, sealed: bytes | memoryview | None) -> str:
    """Return the first name that a case knows its person by, or "" before they are identified."""
    names = keys.open_(case_id, sealed).get("names", []) if sealed else []
    return str(names[0]) if names else ""


def _place(after: str) -> tuple[datetime, UUID]:
    try:
        due, case_id = after.split("_")
        return datetime.fromisoformat(due), UUID(case_id)
    except ValueError:
        return FIRST
