"""Read who works here: practitioners by id, who may own a case, colleagues to choose from."""

from __future__ import annotations

import unicodedata
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


def by_name(people: Iterable[Colleague]) -> list[Colleague]:
    """Return people in the order of their names, with marked letters where a reader looks for them: Ö beside O."""
    # Letters that Unicode does not take apart into a letter and its mark.
    alike = str.maketrans("đøłıħßæœ", "dolihsao")

    def key(person: Colleague) -> tuple[str, str]:
        apart = unicodedata.normalize("NFKD", person.name.casefold())
        return "".join(s for s in apart if not unicodedata.combining(s)).translate(alike), person.agency

    return sorted(people, key=key)


def roles_of(practitioners: Iterable[UUID], now: datetime) -> dict[UUID, tuple[str, ...]]:
    """Return the roles that these people hold today, in order of their codes."""
    rows = RoleHolding.objects.filter(holding_now(now), practitioner_id__in=list(practitioners))
    found: dict[UUID, tuple[str, ...]] = {}
    for person, role in rows.order_by("role").values_list("practitioner_id", "role").distinct():
        found[person] = (*found.get(person, ()), role)
    return found


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
    return by_name(found.values())
