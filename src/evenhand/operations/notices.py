"""Leave messages inside the application: one shape for whoever they are for, and each of them once."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from uuid import UUID

from evenhand.gate.policy import protectors
from evenhand.records.duty import Notice
from evenhand.records.practitioner import RoleHolding

ANSWER_FOR_AN_AGENCY = frozenset({"safeguarding_lead", "social_care_lead", "provider", "panel_coordinator"})
"""Roles that look after what their agency was told by others, with its officers for data protection."""
LONGEST, LONGEST_ONCE = 300, 120


def leave(
    receivers: Iterable[UUID], *, kind: str, text: str, at: datetime, once: str, case_id: UUID | None = None
) -> list[UUID]:
    """Leave each of them one message; returns who has it, whether it came now or before.

    once     the same for the same message, whoever it is for: nobody gets it twice
    case_id  the case that the message opens; None where whoever gets it is not to open one
    """
    to = list(dict.fromkeys(receivers))
    Notice.objects.bulk_create(
        [
            Notice(
                practitioner_id=whom,
                case_id=case_id,
                kind=kind,
                text=text[:LONGEST],
                made_at=at,
                once=f"{once}:{whom}"[-LONGEST_ONCE:],
            )
            for whom in to
        ],
        ignore_conflicts=True,
    )
    return to


def holders(agency: UUID, roles: Iterable[str], *, on: date) -> set[UUID]:
    """Return who holds one of these roles at an agency on a day."""
    found = RoleHolding.objects.filter(
        agency_id=agency, role__in=set(roles), from_date__lte=on, practitioner__active=True
    ).exclude(to_date__lt=on)
    return set(found.values_list("practitioner_id", flat=True))


def who_answers_for(agency: UUID, *, on: date) -> set[UUID]:
    """Return who at an agency hears what is to become of something that it was told."""
    return holders(agency, ANSWER_FOR_AN_AGENCY | protectors(), on=on)
