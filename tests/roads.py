"""Drive a case some way along the main road, as the people who would."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from evenhand.casework.meetings import call, give_view, put_on_agenda, take_attendance
from evenhand.gate.entry import now as record_now
from evenhand.gate.policy import pack
from evenhand.records.evidence import Evidence
from evenhand.records.meeting import AgendaItem
from tests.world import World


def evidence_ids(world: World, case_id: UUID, whom: str = "gateway_officer@force") -> list[str]:
    """Return the evidence on a case as a form links it."""
    with world.enter(whom):
        return [str(i) for i in Evidence.objects.filter(case_id=case_id).values_list("id", flat=True)]


def assessment(ids: list[str], form: str = "assessment") -> dict[str, Any]:
    """Return the answers to an assessment in which nothing is known."""
    factors = {
        f.code: {"answer": "not_known", "confidence": "low", "confidence_reason": "Nobody has asked yet."}
        for f in pack().forms[form].factors
    }
    return {
        "factors": factors, "other_explanations": "Grief.", "changes": "first", "persons_view": "Not asked.",
        "summary": "In words.", "management_plan": "Ask the school.", "evidence": ids,
    }  # fmt: skip


def screened(
    world: World, case_id: UUID, *, at: datetime, names: str = "Sami Example", born: str = "2009-05-04"
) -> list[str]:
    """Check, screen, identify and put one item of evidence on a case; returns the evidence."""
    t = world.take
    t(case_id, "deconfliction_officer@force", "deconflict", "proceed", {"checked": "Live work."}, at=at)
    t(case_id, "gateway_officer@force", "screen", "proceed", {"concern": world.code("concerns")}, at=at)
    t(case_id, "gateway_officer@force", "identify", "new_person", {"names": names, "born": born}, at=at)
    fact = {"kind": "fact", "what": "He said so.", "source": world.code("evidence_sources")}
    t(case_id, "gateway_officer@force", "add_evidence", "added", fact, at=at)
    return evidence_ids(world, case_id)


def told(world: World, case_id: UUID, *, at: datetime) -> None:
    """Tell the person."""
    answers = {"told_on": at.date().isoformat(), "way": world.code("telling_ways"), "told_what": "All of it."}
    world.take(case_id, "gateway_supervisor@force", "tell_person", "told", answers, at=at)


def to_the_panel(
    world: World, case_id: UUID, *, at: datetime, tell: bool = True, born: str = "2009-05-04"
) -> list[str]:
    """Bring a case to the panel's list; returns the evidence."""
    ids = screened(world, case_id, at=at, born=born)
    t = world.take
    t(case_id, "gateway_officer@force", "assess", "recorded", assessment(ids), at=at)
    t(case_id, "gateway_supervisor@force", "decide_gateway", "clear", {"evidence": ids}, at=at)
    if tell:
        told(world, case_id, at=at)
    t(
        case_id,
        "gateway_supervisor@force",
        "decide_section_36",
        "refer_to_panel",
        {"grounds": "As assessed.", "evidence": ids},
        at=at,
    )
    return ids


def hear(world: World, case_id: UUID, *, at: datetime, view: str = "adopt") -> UUID:
    """Hold a panel meeting at which everybody is of one view; returns the meeting."""
    members = [
        world.people[k].id for k in ("panel_member@force", "panel_member@council", "panel_chair@council")
    ]
    with world.enter("panel_coordinator@council", at=at) as who:
        meeting = call(
            who,
            agency=world.agencies["council"].id,
            starts_at=at,
            where="Town Hall",
            members=members,
            now=record_now(),
        )
        put_on_agenda(meeting, case_id, who)
        take_attendance(meeting, members, who, now=record_now())
        item = AgendaItem.objects.get(meeting_id=meeting, case_id=case_id)
        for member in members[:2]:
            give_view(item.id, member, view, "We think so.", who)
    return meeting


def adopted(world: World, case_id: UUID, *, at: datetime, born: str = "2009-05-04") -> list[str]:
    """Bring a case through a panel that adopts it, and ask for consent."""
    ids = to_the_panel(world, case_id, at=at, born=born)
    day = at + timedelta(days=14)
    meeting = hear(world, case_id, at=day)
    t = world.take
    t(
        case_id,
        "panel_chair@council",
        "convene",
        "adopted",
        {"meeting": str(meeting), "support_outline": "A mentor.", "evidence": ids},
        at=day,
    )
    asked = {
        "asked_on": day.date().isoformat(),
        "way": world.code("consent_ways"),
        "asked_whom": "The mother",
        "told_about_data": "All.",
    }
    t(case_id, "case_officer@force", "ask_consent", "asked", asked, at=day)
    return ids


def answer_consent(world: World, case_id: UUID, outcome: str, *, by: str = "parent", at: datetime) -> None:
    """Record what was said about support."""
    answers: dict[str, Any] = {"said_on": at.date().isoformat(), "way": world.code("consent_ways")}
    if outcome == "given":
        answers |= {"given_by": by, "own_view": "Fine."}
    world.take(case_id, "case_officer@force", "record_consent", outcome, answers, at=at)


def plan(world: World) -> dict[str, Any]:
    """Return the answers to the plan's form."""
    return {
        "consent_how": "By the case officer.", "support": [world.code("support_kinds")], "support_nature": "A mentor.",
        "responsible": "The chair.", "how_when": "Every two weeks.", "provider": world.agency("provider"), "sessions": "6",
        "risk_owner": str(world.people["case_officer@force"].id),
    }  # fmt: skip


def supported(world: World, case_id: UUID, *, at: datetime, **identity: str) -> list[str]:
    """Bring a case to support, with a plan and a provider."""
    ids = adopted(world, case_id, at=at, **identity)
    day = at + timedelta(days=15)
    answer_consent(world, case_id, "given", at=day)
    world.take(
        case_id, "case_officer@force", "record_needs", "recorded", {"needs": "Somebody to talk to"}, at=day
    )
    world.take(case_id, "panel_chair@council", "make_plan", "in_force", plan(world), at=day)
    return ids


def session(world: World, *, on: datetime) -> dict[str, Any]:
    """Return the answers to a provider's record of one session."""
    return {"held_on": on.date().isoformat(), "result": world.code("session_results"), "report": "We talked."}


def followed_up(world: World, case_id: UUID, *, since: datetime) -> None:
    """Six and twelve months after an exit somebody asked how it goes."""
    for months, outcome in ((6, "six_months"), (12, "twelve_months")):
        day = since + timedelta(days=31 * months)
        follow = {
            "done_on": day.date().isoformat(),
            "result": world.code("follow_up_results"),
            "contact": "By telephone.",
        }
        world.take(case_id, "panel_coordinator@council", "follow_up", outcome, follow, at=day)
