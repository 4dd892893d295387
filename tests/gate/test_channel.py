"""One concern goes all the way: reported, screened, assessed, heard, supported, ended, followed up."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from evenhand.gate.act import Refused
from evenhand.records.case import Case
from evenhand.records.support import Need
from tests import roads
from tests.world import World

START = datetime(2026, 1, 12, 10, tzinfo=UTC)


def test_a_concern_goes_from_first_word_to_the_follow_ups(world: World):
    case_id = world.refer(at=START).case_id
    ids = roads.supported(world, case_id, at=START + timedelta(days=2))
    t = world.take
    day = START + timedelta(days=20)
    t(case_id, "provider@provider", "record_session", "delivered", roads.session(world, on=day), at=day)
    later = START + timedelta(days=80)
    t(case_id, "case_officer@force", "assess", "recorded", roads.assessment(ids), at=later)
    exit_ = {
        "ground": world.code("closing_reasons"), "checked": [world.code("exit_tests")], "closing_assessment": "In words.",
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
    t(
        case_id,
        "gateway_supervisor@force",
        "approve_exit",
        "approved",
        {"plan_compared": "Reached."},
        at=later,
    )
    roads.followed_up(world, case_id, since=later)
    with world.enter("panel_coordinator@council"):
        case = Case.objects.get(id=case_id)
        assert case.place == "closed"
        assert case.closed_at is not None
        assert case.due_at is None


def test_a_provider_cannot_end_support(world: World):
    case_id = world.refer(at=START).case_id
    roads.supported(world, case_id, at=START)
    with pytest.raises(Refused):
        world.take(
            case_id, "provider@provider", "propose_exit", "proposed", {}, at=START + timedelta(days=30)
        )


def test_an_earlier_closed_referral_must_be_spoken_to(world: World):
    first = world.refer(at=START).case_id
    ids = roads.screened(world, first, at=START)
    t = world.take
    t(first, "gateway_officer@force", "assess", "recorded", roads.assessment(ids), at=START)
    roads.told(world, first, at=START)
    end = {"ground": world.code("not_proceeding_reasons"), "beyond_ideology": "Looked at.", "evidence": ids}
    t(first, "gateway_supervisor@force", "decide_gateway", "not_appropriate", end, at=START)
    second = world.refer(at=START + timedelta(days=90)).case_id
    again = START + timedelta(days=91)
    t(second, "deconfliction_officer@force", "deconflict", "proceed", {"checked": "Yes."}, at=again)
    t(second, "gateway_officer@force", "screen", "proceed", {"concern": world.code("concerns")}, at=again)
    # The earlier case is a clean end that the supervisor alone still sees; the officer asks them who it was.
    t(second, "gateway_officer@force", "identify", "new_person", {"names": "Sami Example"}, at=again)
    t(second, "gateway_supervisor@force", "link_person", "linked",
      {"other": str(first), "ground": world.code("link_reasons"), "relations": "Same name, birth date and school."}, at=again)  # fmt: skip
    fact = {"kind": "fact", "what": "He said so again.", "source": world.code("evidence_sources")}
    t(second, "gateway_officer@force", "add_evidence", "added", fact, at=again)
    ids = roads.evidence_ids(world, second)
    t(second, "gateway_officer@force", "assess", "recorded", roads.assessment(ids), at=again)
    with pytest.raises(Refused) as refused:
        t(second, "gateway_supervisor@force", "decide_gateway", "clear", {"evidence": ids}, at=again)
    assert "referred before" in str(refused.value)
    t(
        second,
        "gateway_supervisor@force",
        "decide_gateway",
        "clear",
        {"evidence": ids, "cumulative_picture": "Together they show more."},
        at=again,
    )


def test_two_people_at_once_one_wins_and_the_other_sees_what_changed(world: World):
    from evenhand.casework.steps import take
    from evenhand.gate.act import Act, ChangedMeanwhile

    case_id = world.refer().case_id
    with world.enter("gateway_officer@force"):
        seen = Case.objects.get(id=case_id).version
    world.take(case_id, "deconfliction_officer@force", "deconflict", "proceed", {"checked": "Yes."})
    with pytest.raises(ChangedMeanwhile), world.enter("gateway_officer@force") as who:
        take(
            case_id,
            Act("add_note", "added", {"kind": world.code("note_kinds"), "text": "x"}, "y", seen=seen),
            who,
        )


def test_a_transfer_moves_the_case_and_leaves_no_gap_in_ownership(world: World):
    case_id = world.refer(at=START).case_id
    roads.screened(world, case_id, at=START)
    answers = {"council": world.agency("other_council"), "moved_on": "2026-01-10", "handover": "All of it."}
    world.take(case_id, "gateway_officer@force", "propose_transfer", "proposed", answers, at=START)
    world.take(
        case_id,
        "gateway_officer@other_force",
        "accept_transfer",
        "accepted",
        {"owner_named": "New owner"},
        at=START,
    )
    with world.enter("gateway_officer@other_force"):
        case = Case.objects.get(id=case_id)
        assert case.place == "gateway"
        assert case.owner_id == world.people["gateway_officer@other_force"].id
    with world.enter("gateway_officer@force"):
        assert not Case.objects.filter(id=case_id).exists()
