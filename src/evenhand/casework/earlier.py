"""Read earlier referrals of the same person, outcome first, as far as whoever asks may know of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection

from evenhand.gate.policy import journey_of, packs
from evenhand.gate.standing import Standing


@dataclass(frozen=True)
class Earlier:
    """Another referral of the same person: how it ended, then when it was; its number only for whom it is open."""

    case_id: UUID | None
    reference: str
    outcome: str
    place: str
    opened_at: datetime
    closed_at: datetime | None


def earlier(found: Standing) -> list[Earlier]:
    """Return the other cases of this case's person, the newest first; an erased one is not among them.

    Where a decision speaks to earlier concerns, those that ended are told of to everybody on the file.
    """
    if found.person_id is None:
        return []
    with connection.cursor() as cursor:
        cursor.execute("select * from wall.earlier(%s)", [found.case_id])
        rows = cursor.fetchall()
    shown = []
    for case_id, reference, pack_code, journey_code, edition, place, ended_as, opened_at, closed_at in rows:
        journey = journey_of(pack_code, journey_code, edition)
        outcomes = packs()[pack_code].lists.get("outcomes")
        code = outcomes.codes.get(ended_as) if outcomes else None
        shown.append(
            Earlier(
                case_id=case_id,
                reference=reference or "",
                outcome=code.label if code else ended_as,
                place=journey.places[place].label,
                opened_at=opened_at,
                closed_at=closed_at,
            )
        )
    return shown
