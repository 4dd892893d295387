"""Share: an onward referral or a disclosure to one agency, with its basis."""

from __future__ import annotations

from evenhand.gate.act import Writing
from evenhand.records.sharing import OnwardReferral


def write(writing: Writing) -> None:
    """Offer the person's need to another service; it is theirs once they accept it."""
    answers = writing.answers
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
