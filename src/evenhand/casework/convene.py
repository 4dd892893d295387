"""Convene: the panel's decision on one case, at one meeting, by the rule of the clause."""

from __future__ import annotations

from evenhand.gate.act import Invalid, Writing
from evenhand.records.meeting import AgendaItem


def write(writing: Writing) -> None:
    """Tie the decision to the agenda item, so that the meeting's minutes hold it."""
    item = AgendaItem.objects.filter(case_id=writing.case_id, decision=None).order_by("-recorded_at").first()
    if item is None:
        raise Invalid({"meeting": "Put the case on the agenda of a meeting first."})
    item.decision_id = writing.decision_id
    item.save(update_fields=["decision"])
