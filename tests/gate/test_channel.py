"""One concern goes all the way: reported, screened, assessed, heard, supported, ended, followed up."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from evenhand.casework.meetings import call, give_view, put_on_agenda, take_attendance
from evenhand.gate.act import Refused
from evenhand.gate.entry import now as record_now
from evenhand.records.case import Case
from evenhand.records.evidence import Evidence
from evenhand.records.meeting import AgendaItem
from evenhand.records.support import Need


def evidence_ids(world, case_id, whom):
    with world.enter(whom):
        return [str(i) for i in Evidence.objects.filter(case_id=case_id).values_list("id", flat=True)]


FACTORS = {}


def factors(pack_form):
    return {
        f.code: {"answer": "not_known", "confidence": "low", "confidence_reason": "Nobody has asked yet."}
        for f in pack_form.factors
    }


def to_the_panel(world, case_id, *, at):
    from evenhand.gate.policy import pack

    t = world.take
    t(case_id, "deconfliction_officer@force", "deconflict", "proceed", {"checked": "Live work."}, at=at)
    t(case_id, "gateway_officer@force", "screen", "proceed", {"concern": concern(at)}, at=at)
    t(
        case_id,
        "gateway_officer@force",
        "identify",
        "new_person",
        {"names": "Sami Example", "born": "2009-05-04"},
        at=at,
    )
    t(
        case_id,
        "gateway_officer@force",
        "add_evidence",
        "added",
        {"kind": "fact", "what": "He said so.", "source": source()},
        at=at,
    )
    ids = evidence_ids(world, case_id, "gateway_officer@force")
    form = pack().forms["assessment"]
    answers = {
        "factors": factors(form), "other_explanations": "Grief.", "changes": "first", "persons_view": "Not asked.",
        "summary": "In words.", "management_plan": "Ask the school.", "evidence": ids,
    }  # fmt: skip
    t(case_id, "gateway_officer@force", "assess", "recorded", answers, at=at)
    t(case_id, "gateway_supervisor@force", "decide_gateway", "clear", {"evidence": ids}, at=at)
    t(
        case_id,
        "case_officer@force",
        "tell_person",
        "told",
        {"told_on": at.date().isoformat(), "way": way(), "told_what": "All of it."},
        at=at,
    )
    t(
        case_id,
        "gateway_supervisor@force",
        "decide_section_36",
        "refer_to_panel",
        {"grounds": "As assessed.", "evidence": ids},
        at=at,
    )
    return ids


def assess(world, case_id, ids, *, at):
    from evenhand.gate.policy import pack

    answers = {
        "factors": factors(pack().forms["assessment"]), "other_explanations": "Grief.", "changes": "first", "persons_view": "Not asked.",
        "summary": "In words.", "management_plan": "Ask the school.", "evidence": ids,
    }  # fmt: skip
    world.take(case_id, "case_officer@force", "assess", "recorded", answers, at=at)


def code(list_name, on=None):
    from evenhand.gate.policy import pack

    return pack().lists[list_name].codes_on((on or datetime.now(timezone.utc)).date())[0].code


def concern(at):
    return code("concerns", at)


def source():
    return code("evidence_sources")


def way():
    return code("telling_ways")


def hear(world, case_id, *, at, view="adopt"):
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


def test_a_concern_goes_from_first_word_to_the_follow_ups(world):
    start = datetime(2026, 1, 12, 10, tzinfo=timezone.utc)
    case_id = world.refer(at=start).case_id
    ids = to_the_panel(world, case_id, at=start + timedelta(days=2))
    panel_day = start + timedelta(days=14)
    meeting = hear(world, case_id, at=panel_day)
    t = world.take
    t(
        case_id,
        "panel_chair@council",
        "convene",
        "adopted",
        {"meeting": str(meeting), "support_outline": "A mentor.", "evidence": ids},
        at=panel_day,
    )
    t(case_id, "case_officer@force", "ask_consent", "asked",
      {"asked_on": panel_day.date().isoformat(), "way": code("consent_ways"), "asked_whom": "His mother", "told_about_data": "All."}, at=panel_day)  # fmt: skip
    with pytest.raises(Refused) as refused:
        t(case_id, "case_officer@force", "record_consent", "given",
          {"said_on": panel_day.date().isoformat(), "given_by": "self", "way": code("consent_ways")}, at=panel_day)  # fmt: skip
    assert "parent" in str(refused.value)
    t(case_id, "case_officer@force", "record_consent", "given",
      {"said_on": panel_day.date().isoformat(), "given_by": "parent", "way": code("consent_ways"), "own_view": "Fine."}, at=panel_day)  # fmt: skip
    with pytest.raises(Refused):
        t(case_id, "panel_chair@council", "make_plan", "in_force", {}, at=panel_day)
    t(
        case_id,
        "case_officer@force",
        "record_needs",
        "recorded",
        {"needs": "Somebody to talk to"},
        at=panel_day,
    )
    plan = {
        "consent_how": "By the case officer, with the mother.", "support": [code("support_kinds")], "support_nature": "A mentor.",
        "responsible": "The chair.", "how_when": "Every two weeks.", "provider": world.agency("provider"), "sessions": "6",
        "risk_owner": str(world.people["case_officer@force"].id),
    }  # fmt: skip
    t(case_id, "panel_chair@council", "make_plan", "in_force", plan, at=panel_day)
    with pytest.raises(Refused):
        t(case_id, "provider@provider", "propose_exit", "proposed", {}, at=panel_day)
    session = {"held_on": panel_day.date().isoformat(), "result": code("session_results"), "report": "We talked."}
    t(case_id, "provider@provider", "record_session", "delivered", session, at=panel_day)
    later = panel_day + timedelta(days=60)
    assess(world, case_id, ids, at=later)
    exit_ = {
        "ground": code("closing_reasons"), "checked": [code("exit_tests")], "closing_assessment": "In words.",
        "onward": "None needed.", "evidence": ids,
    }  # fmt: skip
    with pytest.raises(Refused) as refused:
        t(case_id, "panel_chair@council", "propose_exit", "proposed", exit_, at=later)
    assert "need" in str(refused.value).lower()
    with world.enter("panel_chair@council"):
        needs = [str(n) for n in Need.objects.filter(case_id=case_id).values_list("id", flat=True)]
    t(case_id, "panel_chair@council", "answer_needs", "answered", {"needs": needs, "state": "met"}, at=later)
    t(case_id, "panel_chair@council", "propose_exit", "proposed", exit_, at=later)
    with pytest.raises(Refused):
        t(case_id, "panel_chair@council", "approve_exit", "approved", {"plan_compared": "Reached."}, at=later)
    t(case_id, "gateway_supervisor@force", "approve_exit", "approved", {"plan_compared": "Reached."}, at=later)
    for months, outcome in ((6, "six_months"), (12, "twelve_months")):
        day = later + timedelta(days=31 * months)
        follow = {"done_on": day.date().isoformat(), "result": code("follow_up_results"), "contact": "By telephone."}
        t(case_id, "panel_coordinator@council", "follow_up", outcome, follow, at=day)
    with world.enter("panel_coordinator@council"):
        case = Case.objects.get(id=case_id)
        assert case.place == "closed"
        assert case.closed_at is not None
        assert case.due_at is None
