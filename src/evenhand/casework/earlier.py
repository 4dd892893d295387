"""Read earlier referrals of the same person, outcome first, as far as whoever asks may see them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from evenhand.gate.policy import journey_of, packs
from evenhand.gate.standing import Standing
from evenhand.records.case import Case

MOST = 20


@dataclass(frozen=True)
class Earlier:
    """Another referral of the same person: how it ended, then when it was."""

    case_id: UUID
    reference: str
    outcome: str
    place: str
    opened_at: datetime
    closed_at: datetime | None


def earlier(found: Standing) -> list[Earlier]:
    """Return the other cases of this case's person, the newest first; an erased one is not among them."""
    if found.person_id is None:
        return []
    rows = Case.objects.filter(person_id=found.person_id).exclude(id=found.case_id).order_by("-opened_at")
    shown = []
    for row in rows[:MOST]:
        pack = packs()[row.pack]
        journey = journey_of(row.pack, row.journey, row.edition)
        outcomes = pack.lists.get("outcomes")
        code = outcomes.codes.get(row.outcome) if outcomes else None
        shown.append(
            Earlier(
                case_id=row.id,
                reference=row.reference,
                outcome=code.label if code else row.outcome,
                place=journey.places[row.place].label,
                opened_at=row.opened_at,
                closed_at=row.closed_at,
            )
        )
    return shown
