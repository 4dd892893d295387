"""Keep out: name a colleague for whom a case must not exist, until somebody independent has looked."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db import connection

from evenhand.casework.people import practitioner_named
from evenhand.gate.act import Invalid, Writing
from evenhand.kernels.policy import Pack, due_at

CLOCK = "confirm_kept_out"


def write(writing: Writing) -> None:
    """Close the case to one colleague for the hours of the policy's clock."""
    answers = writing.answers
    whom = practitioner_named(answers["whom"])
    if whom is None:
        raise Invalid({"whom": "Choose a colleague from the list."})
    if whom == writing.who.practitioner_id:
        raise Invalid({"whom": "Declare your own interest instead; it closes the case to you at once."})
    with connection.cursor() as cursor:
        cursor.execute(
            "select wall.name_one(%s, %s, %s, %s)",
            [writing.case_id, whom, str(answers["ground"]), writing.seal({"why": answers["reason"]})],
        )
    _owned_by_somebody_else(writing, whom)


def named_in(writing: Writing, about: Iterable[str], others: Iterable[str] = ()) -> None:
    """Keep colleagues out whom a report names, as far as the names fit anybody; nobody is told whether they do."""
    clock = clock_now(writing.pack, writing.now)
    if clock is None:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "select wall.keep_out_named(%s, %s, %s, %s::jsonb)",
            [writing.case_id, list(about), list(others), json.dumps(clock)],
        )
    # Whoever owned it until now may be among them: the owner is chosen anew in the same transaction.
    found = writing.standing
    if found is not None:
        _owned_by_somebody_else(writing, found.owner_id)


def clock_now(rules: Pack, now: datetime) -> dict[str, object] | None:
    """Return the clock as it would start at this moment; nothing where the pack has none."""
    clock = rules.clocks.get(CLOCK)
    if clock is None:
        return None
    value = clock.values_on(rules.calendar.local_day(now))[0]
    due = due_at(value.value, value.unit, now, rules.calendar, (), now)
    return {
        "code": CLOCK,
        "label": clock.label,
        "value": value.value,
        "unit": value.unit,
        "basis": value.basis,
        "source": value.source,
        "due_at": due.isoformat(),
    }


def _owned_by_somebody_else(writing: Writing, whom: UUID) -> None:
    found = writing.standing
    if found is None or found.owner_id != whom or "owner_role" in writing.settle:
        return
    role, binding = found.journey.places[writing.decision.to_place].owner
    agencies = writing.bindings.get(binding, [])
    if agencies:
        writing.settle["owner_role"], writing.settle["owner_agency"] = role, agencies[-1]
