"""Case: a case file out, as far as whoever asks may see it, and steps in."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Schema
from pydantic import Field

from evenhand.api.door import TROUBLE, Act, Written, entered
from evenhand.casework import looks
from evenhand.casework.case_file import CaseFile, look
from evenhand.casework.steps import take
from evenhand.gate import act as gate
from evenhand.gate.entry import now
from evenhand.gate.policy import pack

router = Router(tags=["case"])
Ground = Annotated[str, Field(min_length=3, max_length=200)]


class Clock(Schema):
    """A clock of the case."""

    code: str
    label: str
    due_at: datetime
    basis: str
    paused: bool
    stopped: bool
    overdue: bool


class Moment(Schema):
    """One decision."""

    step: str
    outcome: str
    by: str
    happened_at: datetime
    recorded_at: datetime
    reason: str
    clause: str


class Offered(Schema):
    """A step of this place: allowed with these outcomes, or why not."""

    step: str
    label: str
    allowed: bool
    outcomes: list[str]
    reasons: list[str]


class CaseOut(Schema):
    """A case, as one person may see it. It holds no figure about anybody."""

    id: UUID
    reference: str
    journey: str
    place: str
    place_label: str
    owner: str
    opened_at: datetime
    closed: bool
    version: int
    person: dict[str, Any]
    report: dict[str, Any]
    clocks: list[Clock]
    chronology: list[Moment]
    offers: list[Offered]


@router.get("/cases/{case_id}", response={200: CaseOut, **TROUBLE}, summary="Read a case file")
def read(request: HttpRequest, case_id: UUID, ground: Ground) -> CaseOut:
    """Return a case; the look is written down with its ground."""
    code, _, words = ground.partition(": ")
    with entered(request, "case") as who:
        if code not in looks.grounds(pack(), now()):
            code, words = looks.STATED, ground
        return _out(look(case_id, who, ground=code, words=words, kind=looks.EXPORTED))


@router.post("/cases/{case_id}/steps/{step}", response={200: Written, **TROUBLE}, summary="Take a step")
def act(request: HttpRequest, case_id: UUID, step: str, wanted: Act) -> Written:
    """Take a step that the policy allows, with its form's answers and a reason."""
    asked = gate.Act(step, wanted.outcome, wanted.answers, wanted.reason, seen=wanted.seen, once=wanted.once)
    with entered(request, "act") as who:
        done = take(case_id, asked, who)
    return Written(
        case=done.case_id,
        reference=done.reference,
        decision=done.decision_id,
        place=done.place,
        already=done.already,
    )


def _out(file: CaseFile) -> CaseOut:
    found = file.standing
    return CaseOut(
        id=found.case_id,
        reference=found.reference,
        journey=found.journey.code,
        place=found.place,
        place_label=file.place_label,
        owner=file.owner,
        opened_at=found.raw["case"]["opened_at"],
        closed=found.closed,
        version=found.version,
        person=file.identity,
        report=file.report,
        clocks=[
            Clock(code=c.code, label=c.label, due_at=c.due_at, basis=c.basis, paused=c.paused, stopped=c.stopped, overdue=c.overdue)
            for c in file.clocks
        ],
        chronology=[
            Moment(step=m.step, outcome=m.outcome, by=m.by, happened_at=m.happened_at, recorded_at=m.recorded_at, reason=m.reason, clause=m.clause)
            for m in file.moments
        ],
        offers=[
            Offered(step=o.step, label=o.label, allowed=o.allowed, outcomes=list(o.outcomes), reasons=[r.sentence for r in o.reasons])
            for o in file.offers
        ],
    )  # fmt: skip
