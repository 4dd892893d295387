"""Ask: one partner, one person, one fact, one basis; the clock stands still while the question is open."""

from __future__ import annotations

from evenhand.casework.disclosing import disclose
from evenhand.gate.act import Writing
from evenhand.kernels.policy import check_basis
from evenhand.records.sharing import InformationRequest


def write(writing: Writing) -> None:
    """Put the question on record for the agency that was asked."""
    answers = writing.answers
    if "fact" not in answers:
        return
    check_basis(
        writing.pack,
        basis=str(answers["basis"]),
        consent=str(writing.standing.facts["consent"]) if writing.standing else "none",
    )
    writing.put(
        InformationRequest,
        agency_id=answers["whom"],
        basis=answers["basis"],
        asked_at=writing.now,
        sealed={"fact": answers["fact"], "reason": answers["reason"]},
    )
    # Whoever is asked learns that the person is known here.
    disclose(writing, str(answers["whom"]), kind="question", purpose="assess", necessity=answers["reason"])
