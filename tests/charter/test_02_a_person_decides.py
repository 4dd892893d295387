"""Charter 2, a person decides: each step is taken by a named human, with a written reason, under a quoted clause."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from evenhand.casework.steps import take
from evenhand.gate import demo
from evenhand.gate.act import Act, Invalid, NoSuchCase, Refused
from evenhand.gate.entry import enter_house
from evenhand.gate.policy import packs
from evenhand.records.decision import Decision
from evenhand.records.practitioner import Practitioner
from tests import roads
from tests.world import World

START = datetime(2026, 1, 12, 10, tzinfo=UTC)


def test_every_decision_names_a_human_a_reason_and_a_clause(world: World):
    case_id = world.refer(at=START).case_id
    roads.to_the_panel(world, case_id, at=START)
    with world.enter("gateway_supervisor@force"):
        from evenhand.casework.case_file import look

        with world.enter("gateway_supervisor@force") as who:
            file = look(case_id, who)
        assert len(file.moments) >= 7
        for moment in file.moments:
            assert moment.reason.strip(), moment
            assert moment.clause.strip(), moment
        for row in Decision.objects.filter(case_id=case_id):
            assert Practitioner.objects.filter(id=row.recorded_by).exists()


def test_a_step_without_a_reason_is_not_taken(world: World):
    case_id = world.refer().case_id
    with pytest.raises(Invalid) as invalid, world.enter("gateway_officer@force") as who:
        take(case_id, Act("add_note", "added", {"kind": world.code("note_kinds"), "text": "x"}, "  "), who)
    assert "reason" in invalid.value.errors
    with world.enter("gateway_officer@force"):
        assert Decision.objects.filter(case_id=case_id).count() == 1


def test_the_house_itself_takes_no_step(world: World):
    case_id = world.refer().case_id
    with demo.as_worker(), enter_house() as house, pytest.raises((Refused, NoSuchCase)):
        take(case_id, Act("deconflict", "proceed", {"checked": "x", "reason": "y"}), house)


def test_no_step_of_any_policy_is_taken_without_a_human():
    for rules in packs().values():
        for journey in rules.journeys.values():
            for step in journey.steps.values():
                assert step.human, (journey.code, step.code)
                assert step.clause, (journey.code, step.code)


def test_in_danger_one_acts_first_and_the_record_follows_within_the_hours(world: World):
    case_id = world.refer(at=START).case_id
    world.take(
        case_id,
        "gateway_officer@force",
        "danger_now",
        "reported",
        {"kind": world.code("danger_kinds"), "what": "He has a knife."},
        at=START,
    )
    with world.enter("duty_officer@force"):
        from evenhand.records.clock import Clock

        clocks = {c.code: c for c in Clock.objects.filter(case_id=case_id, stopped_at=None)}
        assert {"danger_written_up", "second_look"} <= set(clocks)
    with pytest.raises(Refused) as refused:
        world.take(case_id, "gateway_officer@force", "look_again", "looked",
                   {"written_up": "x", "result": world.code("second_look_results")}, at=START)  # fmt: skip
    assert refused.value.reasons
    world.take(case_id, "duty_officer@force", "look_again", "looked",
               {"written_up": "Went there.", "result": world.code("second_look_results")}, at=START)  # fmt: skip
