"""Confirm: somebody independent says whether a colleague who was named stays out of a case."""

from __future__ import annotations

from django.db import connection

from evenhand.casework.people import practitioner_named
from evenhand.gate.act import Invalid, Writing


def write(writing: Writing) -> None:
    """Keep one colleague out for good, or let them in again; names that fit nobody are settled without a colleague."""
    answers, outcome = writing.answers, writing.decision.outcome
    whom = practitioner_named(answers["whom"]) if answers.get("whom") else None
    if whom is None and outcome != "nobody_here":
        raise Invalid({"whom": "Choose a colleague from the list."})
    if whom == writing.who.practitioner_id:
        raise Invalid({"whom": "Somebody else decides about you."})
    with connection.cursor() as cursor:
        cursor.execute(
            "select wall.say_kept_out(%s, %s, %s, %s, %s)",
            [
                writing.case_id,
                whom,
                outcome == "kept_out",
                str(answers.get("ground", "")),
                writing.seal({"why": answers["reason"]}),
            ],
        )
    found = writing.standing
    if found is None:
        return
    # Whoever handled it gives it back as soon as somebody who holds the role may have it.
    role, binding = found.journey.places[writing.decision.to_place].owner
    agencies = writing.bindings.get(binding, [])
    if agencies:
        writing.settle["owner_role"], writing.settle["owner_agency"] = role, agencies[-1]
