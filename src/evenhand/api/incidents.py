"""Incidents: a force's system records them and reads their codes; the protected figures for everybody."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID, uuid4

from django.http import HttpRequest
from ninja import Router, Schema, Status
from pydantic import Field

from evenhand.api.door import TROUBLE, entered
from evenhand.casework.incidents import Wanted, incidents
from evenhand.casework.record_incident import record
from evenhand.casework.told_incident import Told
from evenhand.gate.entry import now
from evenhand.oversight.watch.figures import tables

router = Router(tags=["incidents"])
Code = Annotated[str, Field(max_length=80)]
Number = Annotated[int, Field(ge=1, le=100_000)]


class Incident(Schema):
    """What is to be recorded: answers to the form `record_incident`, as the page asks them.

    `once` makes a repeated request the same record.
    """

    kind: Literal["crime", "non_crime"]
    area: str = Field(max_length=80)
    answers: dict[str, Any]
    trigger: UUID | None = None
    once: UUID = Field(default_factory=uuid4)


class Recorded(Schema):
    """An incident that is on record."""

    incident: UUID
    reference: str
    already: bool


class Line(Schema):
    """One incident by its codes and days; nothing that was told."""

    incident: UUID
    reference: str
    occurred_on: date
    recorded_on: date
    area: str
    strands: list[str]
    religions: list[str]
    crime: bool
    offence_group: str
    source: str
    told_twice: bool


class Lines(Schema):
    """A page of incidents, newest first."""

    rows: list[Line]
    more: bool


class Figures(Schema):
    """One protected table: a value of null is withheld; strands never add up to all."""

    table: str
    rows: list[str]
    columns: list[str]
    values: list[list[int | None]]
    computed_at: datetime


@router.post("/incidents", response={201: Recorded, **TROUBLE}, summary="Record an incident")
def put(request: HttpRequest, incident: Incident) -> Status[Recorded]:
    """Record one by perception, under the rule in force today; when this answers 201 it is on disk."""
    with entered(request, "incidents") as who:
        done = record(
            Told(incident.kind, incident.area, incident.answers, trigger=incident.trigger),
            who,
            now=now(),
            once=incident.once,
        )
    return Status(201, Recorded(incident=done.id, reference=done.reference, already=done.already))


@router.get("/incidents", response={200: Lines, **TROUBLE}, summary="Read incidents by their codes")
def read(
    request: HttpRequest,
    area: Code = "",
    strand: Code = "",
    since: date | None = None,
    until: date | None = None,
    page: Number = 1,
) -> Lines:
    """Return one page of those that are open to whoever asks; filters are about places, days and strands."""
    with entered(request, "incidents"):
        found, more = incidents(Wanted(area=area, strand=strand, since=since, until=until, page=page))
    return Lines(
        rows=[
            Line(
                incident=line.id, reference=line.reference, occurred_on=line.occurred_on, recorded_on=line.recorded_on,
                area=line.area, strands=list(line.strands), religions=list(line.religions), crime=line.crime,
                offence_group=line.offence_group, source=line.source, told_twice=line.duplicate,
            )
            for line in found
        ],
        more=more,
    )  # fmt: skip


@router.get(
    "/incidents/figures", response={200: list[Figures], **TROUBLE}, summary="Read the figures of incidents"
)
def figures(request: HttpRequest) -> list[Figures]:
    """Return the protected counts by month and by area: the same for whoever asks."""
    with entered(request, "incidents"):
        found = tables()
    return [
        Figures(
            table=table.name, rows=list(table.rows), columns=list(table.columns),
            values=[[table.cells.get((row, column)) for column in table.columns] for row in table.rows],
            computed_at=table.computed_at,
        )
        for table in found
    ]  # fmt: skip
