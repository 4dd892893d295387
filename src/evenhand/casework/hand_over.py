"""Hand several cases of a colleague over to another, each by its own recorded step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from evenhand.casework import assign
from evenhand.casework.apart import in_use
from evenhand.gate.act import Act, Invalid, NoSuchCase, Refused, act
from evenhand.gate.entry import Who
from evenhand.gate.hand_over import hand_over_all
from evenhand.gate.policy import journey_of
from evenhand.gate.standing import standing
from evenhand.records.case import Case

__all__ = ["NotHandedOver", "Owned", "hand_over", "hand_over_all", "owned_by"]
MOST = 100


@dataclass(frozen=True)
class Owned:
    """An open case that somebody answers for."""

    case_id: UUID
    reference: str
    place: str
    due_at: datetime | None


@dataclass(frozen=True)
class NotHandedOver:
    """A case that could not be handed over, and why."""

    reference: str
    why: str


def owned_by(practitioner_id: UUID) -> list[Owned]:
    """Return the open cases of somebody, as far as whoever asks may see them, soonest due first."""
    rows = in_use(Case.objects.filter(owner_id=practitioner_id, closed_at=None)).order_by("due_at")[:MOST]
    return [
        Owned(
            row.id,
            row.reference,
            journey_of(row.pack, row.journey, row.edition).places[row.place].label,
            row.due_at,
        )
        for row in rows
    ]


def hand_over(
    case_ids: Sequence[UUID], to: UUID, who: Who, *, ground: str, reason: str
) -> tuple[int, list[NotHandedOver]]:
    """Each case has a new owner, or stands in the list of those that could not be handed over, with the reason."""
    done, left = 0, []
    for case_id in case_ids[:MOST]:
        try:
            found = standing(case_id, who)
        except NoSuchCase:
            continue
        step = next((s for s in found.journey.steps.values() if s.verb == "assign"), None)
        if step is None:
            left.append(NotHandedOver(found.reference, "This journey has no such step."))
            continue
        answers = {"to": {"name": str(to)}, "ground": ground, "reason": reason}
        wanted = Act(step.code, next(iter(step.outcomes)), answers, reason=reason)
        try:
            act(case_id, wanted, who, effects=assign.write)
            done += 1
        except (Refused, Invalid) as refused:
            left.append(NotHandedOver(found.reference, _why(refused)))
    return done, left


def _why(refused: Refused | Invalid) -> str:
    if isinstance(refused, Refused):
        return " ".join(reason.sentence for reason in refused.reasons)
    return " ".join(refused.errors.values())
