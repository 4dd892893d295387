"""Plan: what support, by whom, and the needs that it is to meet; sessions are commissioned here."""

from __future__ import annotations

from evenhand.gate.act import Writing
from evenhand.records.support import Commission, Need, Plan


def write(writing: Writing) -> None:
    """Record the plan, each need a line, and what is commissioned of a provider."""
    answers = writing.answers
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
