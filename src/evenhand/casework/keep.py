"""Keep: decide whether a case that has ended is kept until another day, or erased; or stop an erasure."""

from __future__ import annotations

from datetime import timedelta

from evenhand.casework.erasing import (
    REVIEW_TASK,
    ask_for_a_second_look,
    end_tasks,
    refuse_after_message,
    stop,
)
from evenhand.gate.act import Writing
from evenhand.gate.keeping import keeping_of
from evenhand.kernels.policy import erasing_of
from evenhand.records.keeping import ErasureOrder, KeepingReview


def write(writing: Writing) -> None:
    """Record the decision; an erasure waits for a second look, and then for the days in which it can be stopped."""
    outcome = writing.decision.outcome
    if outcome == "stopped":
        stop(writing)
        return
    end_tasks(writing, REVIEW_TASK)
    group = keeping_of(writing.case_id).group or "otherwise"
    if outcome == "keep":
        writing.put(
            KeepingReview,
            decision_id=writing.decision_id,
            group=group,
            result="keep",
            review_on=writing.answers["review_on"],
        )
        return
    rules = erasing_of(writing.pack)
    refuse_after_message(writing)
    writing.put(KeepingReview, decision_id=writing.decision_id, group=group, result="erase", review_on=None)
    writing.put(
        ErasureOrder,
        group=group,
        clause=" · ".join(writing.decision.clauses),
        due_at=None if rules.second_look else writing.now + timedelta(days=rules.undo_days),
    )
    if rules.second_look:
        ask_for_a_second_look(writing)
