"""Tell: the person is told, by default; or a reason, an owner and a review date say why not yet."""

from __future__ import annotations

from evenhand.casework.people import practitioner_named
from evenhand.gate.act import Invalid, Writing
from evenhand.records.sharing import Telling


def write(writing: Writing) -> None:
    """Record that the person was told, or the reviewed reason for not telling them yet."""
    answers, step = writing.answers, writing.decision.step
    if "reporter" in step:
        return
    told = not step.startswith("not_") and "told_on" in answers
    owner = None
    if not told and answers.get("owner"):
        owner = practitioner_named(answers["owner"])
        if owner is None:
            raise Invalid({"owner": "Choose the colleague who answers for this."})
    writing.put(
        Telling,
        told=told,
        review_on=answers.get("review_on"),
        owner_id=owner,
        sealed={name: answer for name, answer in answers.items() if name != "reason"},
    )
