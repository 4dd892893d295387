"""Deconflict: check against live work; others see only “proceed” or “not before” a day."""

from __future__ import annotations

from evenhand.gate.act import Writing
from evenhand.records.clock import Deconfliction, Hold


def write(writing: Writing) -> None:
    """Keep the check in its own sealed audience, and its neutral consequence in the file."""
    answers = writing.answers
    writing.put(
        Deconfliction,
        result="wait" if writing.decision.outcome == "wait" else "proceed",
        sealed={"checked": answers.get("checked", ""), "reason": answers.get("reason", "")},
    )
    writing.put(Hold, not_before=answers.get("not_before"))
