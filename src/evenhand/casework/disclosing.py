"""Put a disclosure on the register, and read the register: who was told what, for what, on which basis, and why no less."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from evenhand.gate import keys, ledger
from evenhand.gate.act import Writing
from evenhand.gate.entry import Who, practitioner_names
from evenhand.records.agency import Agency
from evenhand.records.keeping import Disclosure

MOST = 500


def disclose(
    writing: Writing, agency: str, *, kind: str, purpose: str, necessity: str, proportionality: str = ""
) -> None:
    """Write down that an agency was told something: kept with the case, and on the register of whoever looks after rights."""
    answers = writing.answers
    writing.put(
        Disclosure,
        agency_id=agency,
        kind=kind,
        purpose=purpose,
        basis=answers.get("basis", ""),
        decision_id=writing.decision_id,
        sealed={
            "what": answers.get("what") or answers.get("fact", ""),
            "necessity": necessity,
            "proportionality": proportionality,
        },
    )


@dataclass(frozen=True)
class Disclosed:
    """One line of the register; it names the case by its reference and nobody else."""

    id: UUID
    reference: str
    at: datetime
    by: str
    agency: str
    kind: str
    purpose: str
    basis: str
    contents: dict[str, Any]
    ended_at: datetime | None


def register(who: Who, *, now: datetime) -> list[Disclosed]:
    """Return what the cases of one's agencies have disclosed, the latest first; for officers for data protection."""
    with connection.cursor() as cursor:
        cursor.execute("select * from wall.disclosures(%s)", [MOST])
        rows = cursor.fetchall()
    names = practitioner_names(list({row[4] for row in rows}))
    agencies = dict(Agency.objects.filter(id__in={row[5] for row in rows}).values_list("id", "name"))
    ledger.write(
        None,
        [
            ledger.entry(
                actor=who.practitioner_id,
                verb="look",
                case="register of disclosures",
                at=now,
                ground="rights",
            )
        ],
    )
    return [
        Disclosed(
            id=row[0],
            reference=row[2],
            at=row[3],
            by=names.get(row[4], ""),
            agency=agencies.get(row[5], ""),
            kind=row[6],
            purpose=row[7],
            basis=row[8],
            contents=keys.open_(row[1], row[9]),
            ended_at=row[10],
        )
        for row in rows
    ]
