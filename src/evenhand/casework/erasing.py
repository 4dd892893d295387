"""What an erasure goes by: the order, the tasks round it, and why it may have to wait."""

from __future__ import annotations

from datetime import timedelta

from evenhand.casework.people import colleagues
from evenhand.gate.act import Invalid, Refused, Writing
from evenhand.gate.keeping import keeping_of
from evenhand.kernels.policy import Reason, erasing_of
from evenhand.records.clock import Task
from evenhand.records.keeping import ErasureOrder

REVIEW_TASK, LOOK_TASK = "retention_review", "erasure_second_look"
LOOK_WITHIN = timedelta(days=7)


def stop(writing: Writing) -> None:
    """End the erasure that is open, and the task of looking at it."""
    for order in ErasureOrder.objects.filter(case_id=writing.case_id, stopped_at=None):
        order.stopped_at = writing.now
        order.save(update_fields=["stopped_at"])
    end_tasks(writing, LOOK_TASK)


def refuse_after_message(writing: Writing) -> None:
    """Refuse to erase while whoever reported may still be waiting for an answer to what they have just written."""
    days = erasing_of(writing.pack).message_days
    wrote = keeping_of(writing.case_id).reporter_wrote_at
    if wrote is not None and writing.now - wrote < timedelta(days=days):
        sentence = f"Whoever reported wrote less than {days} days ago. Answer first."
        raise Refused((Reason("reporter_wrote", sentence, "Local rule: nobody's message is erased unread"),))


def ask_for_a_second_look(writing: Writing) -> None:
    """Give somebody else who sees the case the task of looking again; raises Refused when there is nobody."""
    standing = writing.standing
    if standing is None:
        raise Invalid({"reason": "There is no case."})
    step = next(
        (
            s
            for s in standing.journey.steps.values()
            if s.verb == "erase" and writing.decision.step in s.not_who
        ),
        None,
    )
    seen = standing.journey.places[standing.place].see.get("file", ())
    for role, binding in step.who if step else ():
        if (role, binding) not in seen:
            continue
        for colleague in colleagues(role, writing.bindings.get(binding, []), writing.now):
            if colleague.id != writing.who.practitioner_id:
                writing.put(
                    Task,
                    owner_id=colleague.id,
                    code=LOOK_TASK,
                    label="Second look at an erasure",
                    due_at=writing.now + LOOK_WITHIN,
                )
                return
    reason = "Nobody else who sees this case may look at it again, so it cannot be erased yet. Ask an administrator."
    raise Refused((Reason("nobody", reason, step.clause if step else ""),))


def end_tasks(writing: Writing, code: str) -> None:
    """End the open tasks of one kind."""
    for task in Task.objects.filter(case_id=writing.case_id, code=code, done_at=None):
        task.done_at = writing.now
        task.done_by = writing.who.practitioner_id
        task.save(update_fields=["done_at", "done_by"])
