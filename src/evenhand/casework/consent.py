"""Consent: asked, given, refused or withdrawn; it is for support alone, and support stops without it."""

from __future__ import annotations

from evenhand.gate.act import Writing
from evenhand.kernels.policy import ends_with_consent
from evenhand.records.support import Consent

STATES = {
    "asked": "asked",
    "given": "given",
    "refused": "refused",
    "withdrawn": "withdrawn",
    "lapsed": "lapsed",
}


def write(writing: Writing) -> None:
    """Record what was said, by whom; a refusal or withdrawal ends what was commissioned."""
    answers, outcome, step = writing.answers, writing.decision.outcome, writing.decision.step
    state = next((STATES[name] for name in STATES if name in outcome), "")
    if not state:
        state = {"ask_consent": "asked", "withdraw_consent": "withdrawn"}.get(step, "asked")
    writing.put(
        Consent,
        state=state,
        by=_giver(writing),
        on=answers.get("said_on") or answers.get("asked_on") or writing.pack.calendar.local_day(writing.now),
        decision_id=writing.decision_id,
        sealed={name: answer for name, answer in answers.items() if name != "reason"},
    )
    if state == "given" and writing.standing is not None and writing.standing.facts["own_refusal"]:
        # A young person's own no stands until they take it back; this yes records that they have.
        writing.put(
            Consent,
            state="given",
            by="self",
            on=answers["said_on"],
            decision_id=writing.decision_id,
            sealed={"own_view": answers.get("own_view", "")},
        )
    # Support rests on consent: what was commissioned and shared ends with it, whether or not whoever writes this may see it.
    if state in {"refused", "withdrawn", "lapsed"}:
        writing.settle["consent_ended"] = ends_with_consent(writing.pack)


def _giver(writing: Writing) -> str:
    given_by = str(writing.answers.get("given_by", ""))
    if "parent" in given_by or "guardian" in given_by:
        return "parent"
    if given_by:
        return "self"
    outcome = writing.decision.outcome
    if "parent" in outcome or "guardian" in outcome:
        return "parent"
    if "young" in outcome or "self" in outcome or "own" in outcome:
        return "self"
    child = writing.standing is not None and bool(writing.standing.facts["is_child"])
    return "parent" if child else "self"
