"""Erase: a second person looks again; the case is erased once the days have passed in which that can be stopped."""

from __future__ import annotations

from datetime import timedelta

from evenhand.casework.erasing import LOOK_TASK, end_tasks, refuse_after_message, stop
from evenhand.gate.act import Writing
from evenhand.kernels.policy import erasing_of
from evenhand.records.keeping import ErasureOrder


def write(writing: Writing) -> None:
    """Confirm the erasure and set its day, or end it."""
    if writing.decision.outcome != "confirmed":
        stop(writing)
        return
    refuse_after_message(writing)
    days = timedelta(days=erasing_of(writing.pack).undo_days)
    for order in ErasureOrder.objects.filter(case_id=writing.case_id, stopped_at=None, confirmed_by=None):
        order.confirmed_by = writing.who.practitioner_id
        order.due_at = writing.now + days
        order.save(update_fields=["confirmed_by", "due_at"])
    end_tasks(writing, LOOK_TASK)
