"""Say whether a step would be taken as it stands, without taking it."""

from __future__ import annotations

from uuid import UUID

from evenhand.gate.act import Act
from evenhand.gate.entry import Who
from evenhand.gate.standing import Standing, standing
from evenhand.kernels.policy import Decision, Invalid, Reason, Refused, decide


def rehearse(case_id: UUID, wanted: Act, who: Who) -> Decision:
    """Return what a step would decide; raises what taking it would raise, as far as the policy can say."""
    found = standing(case_id, who)
    return decided(found, wanted.step, wanted.outcome, wanted.answers)


def decided(found: Standing, step: str, outcome: str, answers: object) -> Decision:
    """Return what the policy says to these answers."""
    try:
        return decide(
            found.pack,
            found.journey,
            step=step,
            outcome=outcome,
            place=found.place,
            actor=found.actor,
            facts=found.facts,
            done_by=found.done_by,
            answers=answers if isinstance(answers, dict) else {},
            now=found.now,
        )
    except Refused as refused:
        raise found.refusal(refused) from None


def refusals(found: Standing, step: str, outcome: str) -> tuple[Reason, ...]:
    """Return why an outcome cannot be chosen now; empty when only answers are missing."""
    try:
        decided(found, step, outcome, {})
    except Refused as refused:
        return refused.reasons
    except Invalid:
        return ()
    return ()
