"""Read the partnership: agencies, areas, and people to choose from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from evenhand.casework.people import Colleague, by_name, holding_now
from evenhand.gate.entry import now
from evenhand.gate.policy import pack
from evenhand.records.agency import Agency, Area
from evenhand.records.practitioner import Practitioner, RoleHolding

# A panel, a table, whatever a country calls it: its roles end so.
PANEL_ENDINGS = r"_(chair|coordinator|member)$"
CARE = "social_care_lead"


@dataclass(frozen=True)
class AgencyShown:
    """An agency to choose from."""

    id: UUID
    name: str
    kind: str


@dataclass(frozen=True)
class AreaShown:
    """An area where people live."""

    code: str
    label: str


def agencies() -> list[AgencyShown]:
    """Return the agencies that take part today, by name."""
    rows = Agency.objects.filter(active=True).order_by("name").values_list("id", "name", "kind")
    return [AgencyShown(*row) for row in rows]


def areas() -> list[AreaShown]:
    """Return the areas where people live, by name."""
    return [AreaShown(*row) for row in Area.objects.order_by("label").values_list("code", "label")]


def people_at(agency_ids: Iterable[str | UUID]) -> list[Colleague]:
    """Return everybody who works at these agencies today, by name."""
    rows = list(
        Practitioner.objects.filter(agency_id__in=list(agency_ids), active=True).select_related("agency")
    )
    often = Counter((row.agency_id, row.name) for row in rows)
    does = _what_they_do([row.id for row in rows if often[row.agency_id, row.name] > 1])
    return by_name(
        Colleague(row.id, f"{row.name} ({does[row.id]})" if row.id in does else row.name, row.agency.name)
        for row in rows
    )


def _what_they_do(people: list[UUID]) -> dict[UUID, str]:
    """Return the roles of people in words: what tells two of one name at one agency apart."""
    if not people:
        return {}
    known, found = pack().roles, dict[UUID, list[str]]()
    held = RoleHolding.objects.filter(holding_now(now()), practitioner_id__in=people).order_by("role")
    for holder, role in held.values_list("practitioner_id", "role"):
        label = known[role].label if role in known else role
        if label not in found.setdefault(holder, []):
            found[holder].append(label)
    return {holder: ", ".join(labels).lower() for holder, labels in found.items()}


def panel_candidates(agency_id: UUID, now: datetime) -> list[Colleague]:
    """Return who may be called to a meeting of this agency's panel: its own people, and members of other agencies."""
    forces = Area.objects.filter(answers_id=agency_id).values_list("force_id", flat=True)
    rows = (
        RoleHolding.objects.filter(holding_now(now), practitioner__active=True)
        .filter(Q(role__regex=PANEL_ENDINGS) | Q(role=CARE))
        .select_related("practitioner", "practitioner__agency")
        .order_by("practitioner__name")
    )
    near = {agency_id, *(force for force in forces if force)}
    other_panels = set(Area.objects.exclude(answers_id=agency_id).values_list("answers_id", flat=True)) - near
    found: dict[UUID, Colleague] = {}
    for row in rows:
        # The members of another council's panel sit there; everybody else who is a member may be called here.
        if row.agency_id in other_panels or (row.agency_id not in near and not row.role.endswith("_member")):
            continue
        person = row.practitioner
        found[person.id] = Colleague(person.id, person.name, person.agency.name)
    return by_name(found.values())
