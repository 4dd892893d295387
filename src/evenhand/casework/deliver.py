"""Deliver: a provider says that a session took place, or that it did not and why."""

from __future__ import annotations

from evenhand.gate.act import Invalid, Writing
from evenhand.records.support import Commission, ProviderSession


def write(writing: Writing) -> None:
    """Hold the session against what was commissioned."""
    commission = (
        Commission.objects.filter(case_id=writing.case_id, ended_on=None).order_by("-recorded_at").first()
    )
    if commission is None:
        raise Invalid({"held_on": "No sessions are commissioned in this case now."})
    answers = writing.answers
    writing.put(
        ProviderSession,
        commission_id=commission.id,
        on=answers["held_on"],
        delivered=_took_place(writing),
        sealed={name: answer for name, answer in answers.items() if name != "held_on"},
    )


def _took_place(writing: Writing) -> bool:
    """The first outcome of a policy's step is the one in which the session took place."""
    step = writing.standing.journey.steps[writing.decision.step] if writing.standing else None
    return step is not None and writing.decision.outcome == next(iter(step.outcomes))
