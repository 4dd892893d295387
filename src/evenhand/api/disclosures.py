"""Disclosures: the register of what was told to whom, for officers for data protection."""

from __future__ import annotations

from datetime import datetime

from django.http import HttpRequest
from ninja import Router, Schema

from evenhand.api.door import TROUBLE, entered
from evenhand.casework.disclosing import register
from evenhand.gate.entry import now

router = Router(tags=["rights"])


class Disclosed(Schema):
    """One line: which case by its reference, to whom, for what, on which basis, why it was needed and why no less would do."""

    reference: str
    at: datetime
    by: str
    agency: str
    kind: str
    purpose: str
    basis: str
    what: str
    necessity: str
    proportionality: str


@router.get(
    "/disclosures", response={200: list[Disclosed], **TROUBLE}, summary="Read the register of disclosures"
)
def read(request: HttpRequest) -> list[Disclosed]:
    """Return the register of one's agencies, the latest first; empty for everybody else. No key opens it, only a person."""
    with entered(request) as who:
        found = register(who, now=now())
    return [
        Disclosed(
            reference=line.reference,
            at=line.at,
            by=line.by,
            agency=line.agency,
            kind=line.kind,
            purpose=line.purpose,
            basis=line.basis,
            what=str(line.contents.get("what", "")),
            necessity=str(line.contents.get("necessity", "")),
            proportionality=str(line.contents.get("proportionality", "")),
        )
        for line in found
    ]
