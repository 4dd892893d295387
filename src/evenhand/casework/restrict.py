"""Restrict: material that the person contests or objects to leaves every list but its own; or it comes back."""

from __future__ import annotations

from uuid import UUID

from evenhand.casework.apart import RESTRICTION, oldest, set_apart
from evenhand.casework.recipients import SET_APART, tell, tell_back
from evenhand.gate.act import Invalid, Writing
from evenhand.records.keeping import Restriction


def write(writing: Writing) -> None:
    """Set entries apart at the person's request, or end those holds and restrictions that are named."""
    if writing.decision.outcome == "lifted":
        _lift(writing, writing.answers["which"])
    else:
        answers = writing.answers
        set_apart(writing, RESTRICTION)
        since = oldest(writing.case_id, answers.get("what", ()))
        tell(writing, SET_APART, since=since, not_told=answers.get("not_told", ()))
    whole = Restriction.objects.filter(case_id=writing.case_id, kind=RESTRICTION, lifted_at=None, entries=[])
    writing.apart = whole.exists()


def _lift(writing: Writing, which: list[str]) -> None:
    try:
        numbers = {UUID(number) for number in which}
    except ValueError as error:
        raise Invalid({"which": "Choose from what is held or set apart."}) from error
    rows = list(Restriction.objects.filter(case_id=writing.case_id, id__in=numbers, lifted_at=None))
    if {row.id for row in rows} != numbers:
        raise Invalid({"which": "Choose from what is held or set apart on this case; some of it has ended."})
    if any(row.kind == RESTRICTION for row in rows) and not writing.answers.get("told_on"):
        raise Invalid({"told_on": "Tell the person first, and give the day."})
    for row in rows:
        row.lifted_at = writing.now
        row.save(update_fields=["lifted_at"])
    tell_back(writing, rows)
