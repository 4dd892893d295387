"""Charter 6, the person is told by default: not telling needs a reason, an owner and a day, and somebody independent."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from evenhand.casework import rights, rights_answer
from evenhand.casework.letters import answer_letter
from evenhand.gate.act import Invalid, Refused
from evenhand.gate.entry import now
from evenhand.gate.policy import pack
from evenhand.records.clock import Clock
from tests import roads
from tests.casework.test_rights import DPO, asked, case_at_gateway
from tests.world import World, soon

START = datetime(2026, 1, 12, 10, tzinfo=UTC)


def not_telling(world: World, *, review: datetime) -> dict[str, str]:
    return {
        "ground": world.code("reasons_not_telling"), "owner": str(world.people["gateway_supervisor@force"].id),
        "review_on": review.date().isoformat(),
    }  # fmt: skip


def decided(world: World) -> tuple[object, list[str]]:
    case_id = world.refer(at=START).case_id
    ids = roads.screened(world, case_id, at=START)
    world.take(case_id, "gateway_officer@force", "assess", "recorded", roads.assessment(ids), at=START)
    world.take(case_id, "gateway_supervisor@force", "decide_gateway", "clear", {"evidence": ids}, at=START)
    return case_id, ids


def test_a_clock_for_telling_runs_from_screening_on(world: World):
    case_id, _ = decided(world)
    with world.enter("gateway_officer@force"):
        assert Clock.objects.filter(case_id=case_id, code="telling", stopped_at=None).exists()


def test_the_case_does_not_go_to_the_panel_before_the_person_was_told(world: World):
    case_id, ids = decided(world)
    refer = {"grounds": "As assessed.", "evidence": ids}
    with pytest.raises(Refused) as refused:
        world.take(
            case_id, "gateway_supervisor@force", "decide_section_36", "refer_to_panel", refer, at=START
        )
    assert "told" in str(refused.value)
    roads.told(world, case_id, at=START)
    world.take(case_id, "gateway_supervisor@force", "decide_section_36", "refer_to_panel", refer, at=START)


def test_not_telling_needs_a_reason_an_owner_and_a_day_to_come(world: World):
    case_id, _ = decided(world)
    for missing in ("ground", "owner", "review_on"):
        answers = not_telling(world, review=START + timedelta(days=20))
        del answers[missing]
        with pytest.raises(Invalid) as invalid:
            world.take(case_id, "gateway_supervisor@force", "not_tell_person", "not_yet", answers, at=START)
        assert missing in invalid.value.errors
    with pytest.raises(Invalid):
        world.take(
            case_id,
            "gateway_supervisor@force",
            "not_tell_person",
            "not_yet",
            not_telling(world, review=START - timedelta(days=2)),
            at=START,
        )


def test_when_the_day_has_passed_nothing_goes_on_until_somebody_independent_decides(world: World):
    case_id, ids = decided(world)
    world.take(
        case_id,
        "gateway_supervisor@force",
        "not_tell_person",
        "not_yet",
        not_telling(world, review=START + timedelta(days=10)),
        at=START,
    )
    refer = {"grounds": "As assessed.", "evidence": ids}
    late = START + timedelta(days=12)
    with pytest.raises(Refused) as refused:
        world.take(case_id, "gateway_supervisor@force", "decide_section_36", "refer_to_panel", refer, at=late)
    assert "independent" in str(refused.value)
    again = not_telling(world, review=late + timedelta(days=10))
    with pytest.raises(Refused):
        world.take(case_id, "gateway_supervisor@force", "not_tell_person", "not_yet", again, at=late)
    world.take(case_id, "data_protection_officer@force", "not_tell_person", "not_yet", again, at=late)
    world.take(case_id, "gateway_supervisor@force", "decide_section_36", "refer_to_panel", refer, at=late)


def test_what_is_urgent_goes_on_all_the_same(world: World):
    case_id, _ = decided(world)
    world.take(
        case_id,
        "gateway_supervisor@force",
        "not_tell_person",
        "not_yet",
        not_telling(world, review=START + timedelta(days=10)),
        at=START,
    )
    late = START + timedelta(days=12)
    danger = {"kind": world.code("danger_kinds"), "what": "He has a knife."}
    world.take(case_id, "gateway_officer@force", "danger_now", "reported", danger, at=late)


def test_nothing_is_sent_to_the_person_by_itself(world: World, settings_mail_folder):
    case_id = world.refer(at=START, safe_contact="sami@example.net").case_id
    roads.to_the_panel(world, case_id, at=START)
    from tests.operations.test_duties import work_off

    work_off()
    assert not [f for f in settings_mail_folder.glob("*.eml") if b"sami@example.net" in f.read_bytes()]


def test_whoever_may_not_be_told_everything_gets_one_neutral_form_whatever_is_held(world: World):
    words = next(e["text"] for e in pack().disclosure["neutral"] if e["code"] == "cannot_say")
    told = {
        "decision": "neutral", "reason": "It may not be told.", "ground": world.code("reasons_not_telling"),
        "review_on": soon(90), "second": str(world.people["data_protection_officer@council"].id),
    }  # fmt: skip
    letters = []
    for name in (f"Held {world.tag}", "Nobody Known Here"):
        if name.startswith("Held"):
            case_at_gateway(world, names=name)
        number = asked(world, name)
        with world.enter(DPO) as who:
            rights_answer.decide(number, told, who, now=now())
            letters.append(answer_letter(rights.request_of(number), on=START.date()).paragraphs)
    assert letters == [(words,), (words,)]
