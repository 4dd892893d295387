"""Tell: the person is told, by default; or a reason, an owner and a review date say why not yet."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from evenhand.casework.people import colleagues, practitioner_named
from evenhand.gate.act import Invalid, Writing
from evenhand.records.sharing import Grant, Telling

LOOK_AGAIN = timedelta(days=31)


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
    if not told and answers.get("review_on"):
        _let_the_independent_eye_see(writing)
    writing.put(
        Telling,
        told=told,
        review_on=answers.get("review_on"),
        owner_id=owner,
        sealed={name: answer for name, answer in answers.items() if name != "reason"},
    )


def _let_the_independent_eye_see(writing: Writing) -> None:
    """Give those whose task it is to look again sight of the file until that day, and a month."""
    until = datetime.fromisoformat(writing.answers["review_on"]).replace(tzinfo=UTC) + LOOK_AGAIN
    for role, binding in {duty.to for duty in writing.decision.duties if duty.kind == "task" and duty.to}:
        for officer in colleagues(role, writing.bindings.get(binding, []), writing.now):
            writing.put(
                Grant,
                practitioner_id=officer.id,
                of_part="file",
                until=until,
                sealed={"reason": "Looks again at not telling the person."},
            )
