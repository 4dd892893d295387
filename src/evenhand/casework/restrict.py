"""Restrict: material that the person contests or objects to leaves every list but its own; or it comes back."""

from __future__ import annotations

from evenhand.casework.apart import RESTRICTION, set_apart
from evenhand.gate.act import Invalid, Writing
from evenhand.records.keeping import Restriction


def write(writing: Writing) -> None:
    """Set entries apart at the person's request, or end all holds and restrictions of the case."""
    if writing.decision.outcome != "lifted":
        set_apart(writing, RESTRICTION)
        return
    open_now = list(Restriction.objects.filter(case_id=writing.case_id, lifted_at=None))
    if not open_now:
        raise Invalid({"reason": "Nothing of this case is held or set apart."})
    if any(row.kind == RESTRICTION for row in open_now) and not writing.answers.get("told_on"):
        raise Invalid({"told_on": "Tell the person first, and give the day."})
    for row in open_now:
        row.lifted_at = writing.now
        row.save(update_fields=["lifted_at"])
