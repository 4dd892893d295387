"""Record a hate incident by perception, under the rule in force that day: codes in clear, words under its own key."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4, uuid5

from evenhand.casework.told_incident import Told, checked
from evenhand.gate import keys
from evenhand.gate.entry import DOOR, Who
from evenhand.gate.incidents import new_reference, remember
from evenhand.gate.policy import pack as current_pack
from evenhand.kernels.policy import Invalid, Reason, Refused
from evenhand.records.incident import Incident
from evenhand.records.watch import WatchArea

RECORDERS = ("incident_recorder", "hate_crime_coordinator")


@dataclass(frozen=True)
class Recorded:
    """What came of it."""

    id: UUID
    reference: str
    already: bool = False


def record(told: Told, who: Who, *, now: datetime, once: UUID | None = None) -> Recorded:
    """Put an incident on record; raises Invalid, or Refused with the policy's reason.

    Nobody is refused because many are reporting: nothing here counts how many came before.
    once   the random number of the request, so that the same one sent twice is one record
    """
    pack = current_pack()
    today = pack.calendar.local_day(now)
    values = checked(told, pack, today)
    agency = recording_agency(who, told.area)
    # Made from the request's number and whoever sends it: nobody meets the record of somebody else.
    number = uuid5(once, str(who.practitioner_id)) if once else uuid4()
    before = Incident.objects.filter(id=number).first() if once else None
    if before is not None:
        return Recorded(before.id, before.reference, already=True)
    reference = new_reference()
    keys.make_key(number)
    Incident.objects.bulk_create(
        [
            Incident(
                id=number,
                reference=reference,
                agency_id=agency,
                area_id=told.area,
                recorded_on=today,
                written_by=who.practitioner_id,
                sealed=keys.close(number, values.pop("sealed")),
                **values,
            )
        ]
    )
    if who.practitioner_id != DOOR:
        remember(number, "record_incident", who, now, reference=reference)
    return Recorded(number, reference)


def recording_agency(who: Who, area: str) -> UUID:
    """Return the agency for which somebody records (through the public door: the area's own); raises Refused when for none."""
    if who.practitioner_id == DOOR:
        found = WatchArea.objects.filter(code=area).values_list("force_id", "answers_id").first() or ()
        known = [number for number in found if number]
        if not known:
            raise Invalid({"area": "Nobody answers for this area yet: choose the one around it."})
        return known[0]
    mine = [agency for role, agency in who.holdings if role in RECORDERS]
    if not mine:
        raise Refused(
            (Reason("role", "Recording is for incident recorders and hate crime coordinators.", ""),)
        )
    return who.agency_id if who.agency_id in mine else mine[0]
