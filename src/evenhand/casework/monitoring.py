"""Put monitoring answers into their sealed store; nothing that decides can read them, this file included."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from uuid import UUID

from evenhand.kernels.policy import CodeList, Pack
from evenhand.records.equality import MonitoringAnswer

LISTS = ("ethnicity", "gender", "conditions", "religion", "disability", "sexual_orientation", "nationality")


def monitored(pack: Pack) -> dict[str, CodeList]:
    """Return the lists that monitoring asks about in this pack."""
    return {code: pack.lists[code] for code in LISTS if code in pack.lists}


def checked(pack: Pack, answers: Mapping[str, str], on: date) -> dict[str, str]:
    """Return the answers that stand in a list on this day; anything else is left out, for none is asked twice."""
    return {
        code: answers[code]
        for code, known in monitored(pack).items()
        if any(entry.code == answers.get(code) for entry in known.codes_on(on))
    }


def keep(case_id: UUID, answers: Mapping[str, str]) -> None:
    """Seal the answers away; does nothing when there are none."""
    if answers:
        MonitoringAnswer.objects.bulk_create([MonitoringAnswer(case_id=case_id, answers=dict(answers))])
