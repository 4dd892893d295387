"""Assign: hand a case to another named colleague; a case is never without an owner."""

from __future__ import annotations

from evenhand.casework.people import may_own, practitioner_named
from evenhand.gate.act import Invalid, Writing


def write(writing: Writing) -> None:
    """Make somebody who holds the place's role the owner."""
    receiver = practitioner_named(writing.answers["to"])
    role, binding = writing.pack.journeys[_journey(writing)].places[writing.decision.to_place].owner
    agencies = writing.bindings.get(binding) or [a for found in writing.bindings.values() for a in found]
    if receiver is None or not may_own(receiver, role, agencies, writing.now):
        raise Invalid({"to": "Choose a colleague who holds the role that owns the case at this place."})
    writing.settle["owner"] = str(receiver)


def _journey(writing: Writing) -> str:
    return writing.standing.journey.code if writing.standing else ""
