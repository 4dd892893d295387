"""Correct an incident: what it said before stands beside what it says now, with who changed it and why."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from evenhand.casework.told_incident import Told, checked
from evenhand.gate import keys
from evenhand.gate.entry import Who
from evenhand.gate.incidents import NoSuchIncident, remember
from evenhand.gate.policy import pack as current_pack
from evenhand.kernels.policy import Invalid, Reason, Refused
from evenhand.records.incident import Incident

KINDS = "incident_corrections"


class ChangedMeanwhile(Exception):
    """Somebody else corrected it since the page was opened."""


def correct(
    number: UUID, told: Told, who: Who, *, version: int, kind: str, reason: str, now: datetime
) -> Incident:
    """Write what is right; raises NoSuchIncident, ChangedMeanwhile, Invalid, or Refused with the policy's reason.

    version   of the record that whoever corrects it had before them
    """
    pack = current_pack()
    row = Incident.objects.select_for_update().filter(id=number, erased_at=None).first()
    if row is None:
        raise NoSuchIncident
    if row.version != version:
        raise ChangedMeanwhile
    today = pack.calendar.local_day(now)
    errors = {}
    if kind not in {code.code for code in pack.lists[KINDS].codes_on(today)}:
        errors["kind"] = "Choose why it is corrected."
    if not reason.strip():
        errors["reason"] = "Say what was wrong."
    if errors:
        raise Invalid(errors)
    if not ("hate_crime_coordinator" in who.roles or ("incident_recorder", row.agency_id) in who.holdings):
        raise Refused(
            (Reason("role", "A record is corrected by whoever recorded it, or by a coordinator.", ""),)
        )
    # The day of recording decides which rule holds; a correction does not make an old record a new one.
    values = checked(told, pack, row.recorded_on)
    contents = values.pop("sealed")
    before = keys.open_(row.id, row.sealed) if row.sealed else {}
    contents["corrections"] = {
        **before.get("corrections", {}),
        str(row.version): {"kind": kind, "reason": reason.strip()[:2000]},
    }
    keys.make_key(row.id)
    changed = [name for name, value in values.items() if getattr(row, name) != value]
    for name, value in values.items():
        setattr(row, name, value)
    row.area_id = told.area
    row.sealed = keys.close(row.id, contents)
    row.version = version + 1
    row.save(update_fields=[*values, "area", "sealed", "version"])
    remember(
        row.id, "correct_incident", who, now, reference=row.reference, ground=kind, detail=" ".join(changed)
    )
    return row
