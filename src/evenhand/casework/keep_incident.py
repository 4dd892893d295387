"""Decide about an incident that comes up for review: keep it until another day, or forget what was told."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from evenhand.gate import keys
from evenhand.gate.entry import Who
from evenhand.gate.incidents import NoSuchIncident, remember
from evenhand.gate.policy import pack as current_pack
from evenhand.kernels.policy import Invalid
from evenhand.records.incident import Incident, IncidentBar

MOST_DAYS = 366 * 6


def _row(number: UUID, who: Who) -> Incident:
    row = Incident.objects.select_for_update().filter(id=number, erased_at=None).first()
    if row is None or "hate_crime_coordinator" not in who.roles:
        raise NoSuchIncident
    return row


def keep(number: UUID, until: date, reason: str, who: Who, *, now: datetime) -> None:
    """Keep it until another day, with the reason; raises NoSuchIncident or Invalid."""
    row = _row(number, who)
    today = current_pack().calendar.local_day(now)
    errors = {}
    if not today < until or (until - today).days > MOST_DAYS:
        errors["until"] = "Choose a day after today, six years ahead at most."
    if not reason.strip():
        errors["reason"] = "Say why it is still needed."
    if errors:
        raise Invalid(errors)
    row.review_on = until
    row.version += 1
    row.save(update_fields=["review_on", "version"])
    remember(row.id, "keep_incident", who, now, reference=row.reference, ground=reason.strip()[:500])


def forget(number: UUID, reason: str, who: Who, *, now: datetime) -> None:
    """Destroy everything that was told; its day, area and strands stay as a count. Raises NoSuchIncident or Invalid."""
    row = _row(number, who)
    if not reason.strip():
        raise Invalid({"reason": "Say why it is forgotten."})
    remember(row.id, "forget_incident", who, now, reference=row.reference, ground=reason.strip()[:500])
    row.sealed, row.holds_personal_data, row.personal_ground = None, False, ""
    row.erased_at, row.review_on = now, None
    row.version += 1
    row.save(
        update_fields=[
            "sealed",
            "holds_personal_data",
            "personal_ground",
            "erased_at",
            "review_on",
            "version",
        ]
    )
    keys.destroy_key(row.id)


def step_back(number: UUID, whom: UUID, who: Who, *, now: datetime, reason: str = "") -> None:
    """Close an incident to whoever has an interest in it: to oneself, or by a coordinator to somebody near to it.

    From now on it does not exist for them. Raises NoSuchIncident, or Invalid when no coordinator would be left.
    """
    from django.db import IntegrityError, transaction

    row = Incident.objects.filter(id=number).first()
    if row is None:
        raise NoSuchIncident
    try:
        with transaction.atomic():
            verb = "step_back" if whom == who.practitioner_id else "keep_out"
            remember(
                row.id, verb, who, now, reference=row.reference, ground=reason.strip()[:500], detail=str(whom)
            )
            IncidentBar.objects.bulk_create(
                [IncidentBar(incident_id=number, practitioner_id=whom, set_by=who.practitioner_id)]
            )
    except IntegrityError as error:
        if "nobody would be left" in str(error):
            raise Invalid(
                {"": "No other coordinator could open it: ask for one to be named first."}
            ) from error
        # It is closed to them already; saying so again changes nothing.
