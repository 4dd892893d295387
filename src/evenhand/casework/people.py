"""Read who works here: practitioners by id, who may own a case, colleagues to choose from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q

from evenhand.records.practitioner import Practitioner, RoleHolding


@dataclass(frozen=True)
class Colleague:
    """A practitioner to choose from."""

    id: UUID
    name: str
    agency: str


def practitioner_named(answer: Any) -> UUID | None:
    """Return the practitioner that an answer names by id, or nothing."""
    text = answer.get("name", "") if isinstance(answer, dict) else str(answer)
    try:
        number = UUID(text)
    except ValueError:
        return None
    return number if Practitioner.objects.filter(id=number, active=True).exists() else None


def holding_now(now: datetime) -> Q:
    """Return the condition that a role is held on the day of `now`."""
    today = now.date()
    return Q(from_date__lte=today) & (Q(to_date=None) | Q(to_date__gte=today))


def may_own(practitioner: UUID, role: str, agencies: Iterable[str], now: datetime) -> bool:
    """Say whether somebody holds a role at one of these agencies today."""
    return RoleHolding.objects.filter(
        holding_now(now), practitioner_id=practitioner, role=role, agency_id__in=list(agencies)
    ).exists()


def colleagues(role: str, agencies: Iterable[str], now: datetime) -> list[Colleague]:
    """Return who holds a role at these agencies today, by name."""
    rows = (
        RoleHolding.objects.filter(
            holding_now(now), role=role, agency_id__in=list(agencies), practitioner__active=True
        )
        .select_related("practitioner", "agency")
        .order_by("practitioner__name")
    )
    found = {
        row.practitioner_id: Colleague(row.practitioner_id, row.practitioner.name, row.agency.name)
        for row in rows
    }
    return list(found.values())
