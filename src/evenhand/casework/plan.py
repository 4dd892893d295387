"""Plan: what support, by whom, and the needs that it is to meet; sessions are commissioned here."""

from __future__ import annotations

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
        sealed={name: answer for name, answer in answers.items() if name != "reason"},
    )
    sessions = int(answers.get("sessions") or 0)
    if sessions and answers.get("provider"):
        writing.put(Commission, agency_id=answers["provider"], sessions=sessions, from_on=today)


def _answer(writing: Writing) -> None:
    """Say of each need named that it was met, declined, or not met for a reason."""
    wanted = set(writing.answers["needs"])
    rows = [need for need in Need.objects.filter(case_id=writing.case_id) if str(need.id) in wanted]
    if {str(need.id) for need in rows} != wanted:
        raise Invalid({"needs": "Choose from the needs of this case."})
    for need in rows:
        need.state = writing.answers["state"]
        need.save(update_fields=["state"])
