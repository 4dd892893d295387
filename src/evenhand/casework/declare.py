"""Declare: say that one has an interest in a case; from then on it does not exist for that person."""

from __future__ import annotations

from evenhand.gate.act import Writing
from evenhand.records.meeting import Interest


def write(writing: Writing) -> None:
    """Bar whoever declares; an owner who declares is replaced in the same transaction."""
    who = writing.who.practitioner_id
    writing.put(Interest, practitioner_id=who, sealed=writing.answers)
    if writing.standing is not None and writing.standing.owner_id == who:
        found = writing.standing
        role, binding = found.journey.places[found.place].owner
        agencies = writing.bindings.get(binding, [])
        if agencies:
            writing.settle["owner_role"], writing.settle["owner_agency"] = role, agencies[-1]
