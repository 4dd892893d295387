"""Worklist: what is to be done, soonest due first."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Schema
from pydantic import Field

from evenhand.api.door import TROUBLE, entered
from evenhand.casework.worklist import worklist
from evenhand.gate.entry import now

router = Router(tags=["worklist"])
After = Annotated[str, Field(max_length=100)]
Size = Annotated[int, Field(ge=1, le=100)]


class Row(Schema):
    """One case on the list."""

    case: UUID
    reference: str
    known_as: str
    journey: str
    place: str
    due_at: datetime
    due_for: str
    overdue: bool
    owner: str


class Page(Schema):
    """A page of the list; `after` begins the next one."""

    rows: list[Row]
    after: str | None
    count: int
    more_than_count: bool
    overdue: int


@router.get("/worklist", response={200: Page, **TROUBLE}, summary="Read the worklist")
def read(request: HttpRequest, mine: bool = True, after: After = "", size: Size = 25) -> Page:
    """Return one page, in the order in which work is due and in no other."""
    with entered(request, "worklist"):
        found = worklist(mine=mine, now=now(), size=size, after=after)
    return Page(
        rows=[
            Row(
                case=r.case_id, reference=r.reference, known_as=r.known_as, journey=r.journey, place=r.place,
                due_at=r.due_at, due_for=r.due_for, overdue=r.overdue, owner=r.owner,
            )
            for r in found.rows
        ],
        after=found.after,
        count=found.count,
        more_than_count=found.more_than_count,
        overdue=found.overdue,
    )  # fmt: skip
