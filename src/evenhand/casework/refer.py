"""Refer: a concern comes in, sealed, with a reference; whom it names stays inside until screening has passed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from evenhand.casework import keep_out
from evenhand.casework.attach import Upload, attach
from evenhand.casework.names import age_band
from evenhand.gate.act import Act, Done, Invalid, Writing, open_case
from evenhand.gate.entry import DOOR, Who
from evenhand.gate.policy import pack as current_pack
from evenhand.gate.policy import packs
from evenhand.gate.settling import WHO_TOLD
from evenhand.records.agency import Area
from evenhand.records.report import Report, Reporter

REPORTER_FIELDS = WHO_TOLD


def first_step(journey: str, pack: str | None, *, now: datetime) -> tuple[str, str]:
    """Return the step and outcome with which a journey begins today; raises Invalid."""
    if pack is not None and pack not in packs():
        raise Invalid({"pack": "This instance has no such policy pack."})
    rules = current_pack(pack)
    on = rules.calendar.local_day(now)
    found = next((e for e in rules.editions.get(journey, ()) if e.in_force(on)), None)
    if found is None:
        raise Invalid({"journey": "This policy pack has no such journey today."})
    return found.start_step, next(iter(found.steps[found.start_step].outcomes))


def refer(
    wanted: Act,
    who: Who,
    *,
    now: datetime,
    area: str,
    door: str,
    journey: str = "channel",
    pack: str | None = None,
    uploads: Mapping[UUID, Upload] | None = None,
    imported_from: str = "",
) -> Done:
    """Begin a case with what was reported; it is on disk and owned by a named person when this returns.

    area    the code of the area where the person lives
    door    page, api, import or phone
    raises  Refused, Invalid with a sentence a field
    """
    first_step(journey, pack, now=now)
    found = None if "\0" in area else Area.objects.filter(code=area).first()
    if found is None:
        raise Invalid({"area": "Choose the area where the person lives, or the one you think is right."})

    def effects(writing: Writing) -> None:
        answers = writing.answers
        writing.put(
            Report,
            door=door,
            form=writing.decision.step,
            received_at=writing.now,
            imported_from=imported_from,
            sealed={name: answer for name, answer in answers.items() if name not in REPORTER_FIELDS},
        )
        reporter: dict[str, Any] = {name: answers[name] for name in REPORTER_FIELDS if name in answers}
        writing.put(
            Reporter,
            anonymous=who.practitioner_id == DOOR and not reporter,
            agency_id=who.agency_id,
            sealed={
                **reporter,
                "practitioner": "" if who.practitioner_id == DOOR else str(who.practitioner_id),
            },
        )
        keep_out.named_in(writing, answers.get("names", []), answers.get("must_not_see", []))
        attach(writing, uploads or {})
        writing.settle["sector"] = str(answers.get("sector", ""))
        writing.settle["age_band"] = age_band(writing.pack, answers, writing.now)
        writing.settle["urgent"] = answers.get("danger") is True

    return open_case(journey, wanted, who, now=now, area=found, effects=effects, pack_code=pack)
