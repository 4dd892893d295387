"""Share: an onward referral or a disclosure to one agency, with its basis."""

from __future__ import annotations

from datetime import UTC, datetime

from evenhand.casework.disclosing import disclose
from evenhand.casework.people import practitioner_named
from evenhand.gate.act import Invalid, Writing
from evenhand.kernels.policy import check_basis, check_sharing
from evenhand.records.agency import Agency
from evenhand.records.sharing import Grant, OnwardReferral


def write(writing: Writing) -> None:
    """Offer the person's need to another service, or tell one agency one thing; either is a disclosure on the register."""
    answers = writing.answers
    if "colleague" in answers:
        _sight(writing)
        return
    if "purpose" in answers:
        _share(writing)
        return
    if "receiver" not in answers and "destination" not in answers:
        return
    check_basis(writing.pack, basis=str(answers.get("basis", "")), consent=_consent(writing))
    writing.put(
        OnwardReferral,
        agency_id=answers.get("receiver"),
        service=str(answers.get("destination", "")),
        basis=str(answers.get("basis", "")),
        sealed={
            name: answers[name] for name in ("what", "basis", "person_agrees", "reason") if name in answers
        },
    )
    if answers.get("receiver"):
        disclose(
            writing, str(answers["receiver"]), kind="onward", purpose="support", necessity=answers["reason"]
        )


def _share(writing: Writing) -> None:
    answers = writing.answers
    agency = Agency.objects.get(id=answers["to"])
    check_sharing(
        writing.pack,
        purpose=answers["purpose"],
        basis=answers["basis"],
        kind=agency.kind,
        consent=_consent(writing),
    )
    disclose(
        writing,
        str(agency.id),
        kind="share",
        purpose=answers["purpose"],
        necessity=answers["necessity"],
        proportionality=answers["proportionality"],
    )


def _consent(writing: Writing) -> str:
    return str(writing.standing.facts["consent"]) if writing.standing else "none"


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
