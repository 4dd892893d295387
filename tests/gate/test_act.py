"""An act is on record whole, once, by a named human, or not at all."""

from __future__ import annotations

import pytest

from evenhand.gate.act import Invalid, NoSuchCase, Refused


def test_a_report_becomes_a_case_with_an_owner_a_clock_and_a_reference(world):
    done = world.refer()
    with world.enter("gateway_officer@force"):
        from evenhand.records.case import Case

        case = Case.objects.get(id=done.case_id)
        assert case.place == "received"
        assert case.owner_id == world.people["gateway_officer@force"].id
        assert case.due_at is not None
        assert case.reference == done.reference


def test_screening_waits_for_the_check_against_live_work(world):
    done = world.refer()
    with pytest.raises(Refused) as refused:
        world.take(done.case_id, "gateway_officer@force", "screen", "proceed", {"concern": "islamist"})
    assert "check against live work" in str(refused.value)


def test_somebody_outside_gets_the_answer_for_a_case_that_does_not_exist(world):
    done = world.refer()
    with pytest.raises(NoSuchCase):
        world.take(
            done.case_id, "panel_chair@other_council", "add_note", "added", {"kind": "note", "text": "x"}
        )


def test_a_form_without_its_answers_says_which(world):
    done = world.refer()
    with pytest.raises(Invalid) as invalid:
        world.take(done.case_id, "deconfliction_officer@force", "deconflict", "proceed", {})
    assert "checked" in invalid.value.errors
