"""Share: an onward referral or a disclosure to one agency, with its basis."""

from __future__ import annotations

from datetime import UTC, datetime

from evenhand.casework.people import practitioner_named
from evenhand.gate.act import Invalid, Writing
from evenhand.records.sharing import Grant, OnwardReferral


def write(writing: Writing) -> None:
    """Offer the person's need to another service; it is theirs once they accept it."""
    answers = writing.answers
    if "colleague" in answers:
        _sight(writing)
        return
    if "receiver" not in answers and "destination" not in answers:
        return
    writing.put(
        OnwardReferral,
        agency_id=answers.get("receiver"),
        service=str(answers.get("destination", "")),
        sealed={
            name: answers[name] for name in ("what", "basis", "person_agrees", "reason") if name in answers
        },
    )


def _sight(writing: Writing) -> None:
    """Let one colleague see one part until a day, or end what they were let see."""
    answers = writing.answers
    colleague = practitioner_named(answers["colleague"])
    if colleague is None:
        raise Invalid({"colleague": "Choose a colleague from the list."})
    if writing.decision.outcome == "ended":
        for grant in Grant.objects.filter(
            case_id=writing.case_id, practitioner_id=colleague, revoked_at=None
        ):
            grant.revoked_at = writing.now
            grant.save(update_fields=["revoked_at"])
        return
    if writing.standing is None or answers["of_part"] not in writing.standing.parts:
        raise Invalid({"of_part": "Choose a part that you see yourself."})
    writing.put(
        Grant,
        practitioner_id=colleague,
        of_part=answers["of_part"],
        until=datetime.fromisoformat(answers["until"]).replace(tzinfo=UTC),
        sealed={"reason": answers["reason"]},
    )
