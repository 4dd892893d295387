"""Tell agencies that had been told something what became of it: corrected, set apart, or to be used again; each once."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from evenhand.gate import keys
from evenhand.gate.act import Invalid, Writing
from evenhand.records.agency import Agency
from evenhand.records.keeping import RecipientNotice, Restriction

CORRECTED, SET_APART, BACK = "corrected", "set_apart", "back"
DUTY = "recipient"


@dataclass(frozen=True)
class Told:
    """One line of the register: who told which agency, when, and in what words."""

    id: UUID
    agency_id: UUID
    at: datetime
    by: str
    what: str


def tell(writing: Writing, what: str, *, since: datetime | None, not_told: Collection[str]) -> None:
    """Put down which agencies hear of it, and let the worker leave them a message.

    since     when the oldest entry concerned was written: whoever was told before cannot have been told it
    not_told  lines of the register that did not carry it, as a human says; raises Invalid for any other
    What an agency hears is what it had been told itself, by whom and on which day, and what became of that.
    """
    register = _register(writing.case_id)
    if not set(not_told) <= {str(line.id) for line in register}:
        raise Invalid({"not_told": "Choose from what was told to others."})
    heard: dict[UUID, list[Told]] = {}
    for line in register:
        if str(line.id) not in not_told and (since is None or line.at >= since):
            heard.setdefault(line.agency_id, []).append(line)
    for agency, lines in heard.items():
        said = [
            {"on": writing.pack.calendar.local_day(line.at).isoformat(), "by": line.by, "what": line.what}
            for line in lines
        ]
        _put(writing, agency, what, said)


def tell_back(writing: Writing, lifted: Iterable[Restriction]) -> None:
    """Tell those who heard that something is set apart that it may be used again, unless more of it still is for them."""
    for agency, told in to_hear_back(writing.case_id, [row.decision_id for row in lifted]).items():
        _put(writing, agency, BACK, keys.open_(writing.case_id, bytes(told.sealed)).get("told", []))


def to_hear_back(case_id: UUID, ended: Collection[UUID]) -> dict[UUID, RecipientNotice]:
    """Return what each agency had heard of restrictions that these decisions made and that ended, where none is left for it."""
    heard = RecipientNotice.objects.filter(case_id=case_id, what=SET_APART)
    standing = Restriction.objects.filter(case_id=case_id, lifted_at=None).exclude(decision_id__in=ended)
    left = set(
        heard.filter(decision_id__in=standing.values("decision_id")).values_list("agency_id", flat=True)
    )
    return {
        row.agency_id: row
        for row in heard.filter(decision_id__in=ended).order_by("recorded_at")
        if row.agency_id not in left
    }


def _put(writing: Writing, agency: UUID, what: str, told: list[dict[str, Any]]) -> None:
    writing.put(
        RecipientNotice,
        agency_id=agency,
        decision_id=writing.decision_id,
        what=what,
        sealed={"told": told},
    )
    writing.duty(DUTY, once=f"{DUTY}:{agency}", agency=str(agency), what=what)


def _register(case_id: UUID) -> list[Told]:
    with connection.cursor() as cursor:
        cursor.execute("select * from wall.told_to_others(%s)", [case_id])
        rows = cursor.fetchall()
    names = dict(Agency.objects.filter(id__in={row[3] for row in rows}).values_list("id", "name"))
    return [
        Told(row[0], row[1], row[2], names.get(row[3], ""), str(keys.open_(case_id, row[4]).get("what", "")))
        for row in rows
    ]
