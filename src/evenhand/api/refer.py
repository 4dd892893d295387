"""Refer: a partner's system brings a concern in."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from django.http import HttpRequest
from ninja import Router, Schema, Status
from pydantic import Field

from evenhand.api.door import TROUBLE, Written, entered
from evenhand.casework.refer import first_step, refer
from evenhand.gate.act import Act
from evenhand.gate.entry import now

router = Router(tags=["refer"])


class Referral(Schema):
    """A concern about a person: answers to the questions of the journey's first form."""

    area: str = Field(max_length=40)
    answers: dict[str, Any]
    reason: str = Field("", max_length=4000)
    journey: str = Field("channel", max_length=40)
    pack: str | None = Field(None, max_length=40)
    once: UUID = Field(default_factory=uuid4)


@router.post("/referrals", response={201: Written, **TROUBLE}, summary="Bring a concern in")
def bring_in(request: HttpRequest, referral: Referral) -> Status[Written]:
    """Begin a case; when this answers 201 it is on disk, owned by a named person, with its clocks running."""
    with entered(request, "refer") as who:
        done = refer(
            Act(
                *first_step(referral.journey, referral.pack, now=now()),
                referral.answers,
                referral.reason or "Reported through a partner’s system.",
                once=referral.once,
            ),
            who,
            now=now(),
            area=referral.area,
            door="api",
            journey=referral.journey,
            pack=referral.pack,
        )
    return Status(
        201,
        Written(
            case=done.case_id,
            reference=done.reference,
            decision=done.decision_id,
            place=done.place,
            already=done.already,
        ),
    )
