"""Plan: what support, by whom, and the needs that it is to meet; sessions are commissioned here."""

from __future__ import annotations

from evenhand.casework.identity import identity_of
from evenhand.gate.act import Invalid, Writing
from evenhand.records.support import Commission, Need, Plan


def write(writing: Writing) -> None:
    """Record the plan, each need a line, and what is commissioned of a provider."""
    answers = writing.answers
    if "state" in answers:
        _answer(writing)
        return
    if "needs" in answers:
        for line in str(answers["needs"]).splitlines():
            if line.strip():
                writing.put(Need, sealed={"need": line.strip()})
        return
    today = writing.pack.calendar.local_day(writing.now)
    for earlier in Commission.objects.filter(case_id=writing.case_id, ended_on=None):
        earlier.ended_on = today
        earlier.save(update_fields=["ended_on"])
    writing.put(
        Plan,
        decision_id=writing.decision_id,
        review_on=answers.get("review_on"),
        # A provider sees the plan and not the file: the plan says whom they are to meet, by name and no more.
        sealed={
            **{name: answer for name, answer in answers.items() if name != "reason"},
            "known_as": next(iter(identity_of(writing.case_id).get("names", [])), ""),
        },
    )
    sessions = int(answers.get("sessions") or 0)
    if sessions and answers.get("provider"):
        writing.put(Commission, agency_id=answers["provider"], sessions=sessions, from_on=today)
    elif not _asks_for_provider(writing):
        # Where the policy knows no provider, whoever makes the plan sees to its one contact.
        writing.put(Commission, agency_id=writing.who.agency_id, sessions=1, from_on=today)


def _asks_for_provider(writing: Writing) -> bool:
    step = writing.standing.journey.steps[writing.decision.step] if writing.standing else None
    return step is not None and any(
        field.code == "provider" for field in writing.pack.forms[step.form].fields
    )


def _answer(writing: Writing) -> None:
    """Say of each need named that it was met, declined, or not met for a reason."""
    wanted = set(writing.answers["needs"])
    rows = [need for need in Need.objects.filter(case_id=writing.case_id) if str(need.id) in wanted]
    if {str(need.id) for need in rows} != wanted:
        raise Invalid({"needs": "Choose from the needs of this case."})
    for need in rows:
        need.state = writing.answers["state"]
        need.save(update_fields=["state"])
