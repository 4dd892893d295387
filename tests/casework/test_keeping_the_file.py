"""Keeping the file right: corrections that edit nothing away, pointers, sight for a time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from evenhand.gate import demo
from evenhand.gate.act import Invalid, NoSuchCase, Refused
from evenhand.gate.standing import standing
from evenhand.operations.duties import lapse
from evenhand.records.case import Case
from evenhand.records.evidence import Evidence
from evenhand.records.identity import ForeignReference
from tests import roads
from tests.world import World, soon

START = datetime(2026, 1, 12, 10, tzinfo=UTC)


def test_evidence_that_was_untrue_stays_readable_and_counts_no_more(world: World):
    case_id = world.refer(at=START).case_id
    ids = roads.screened(world, case_id, at=START)
    correction = {"what": ids, "kind": "untrue", "right": "It was somebody else."}
    world.take(case_id, "gateway_officer@force", "correct", "corrected", correction, at=START)
    with world.enter("gateway_officer@force") as who:
        assert standing(case_id, who).facts["evidence_count"] == 0
        assert Evidence.objects.filter(case_id=case_id).count() == 1
    world.take(case_id, "gateway_officer@force", "assess", "recorded", roads.assessment(ids), at=START)
    with pytest.raises(Refused):
        world.take(
            case_id, "gateway_supervisor@force", "decide_gateway", "clear", {"evidence": ids}, at=START
        )


def test_an_entry_of_another_case_cannot_be_corrected_here(world: World):
    first, second = world.refer(at=START).case_id, world.refer(at=START).case_id
    ids = roads.screened(world, first, at=START)
    with pytest.raises(Invalid):
        world.take(
            second,
            "gateway_officer@force",
            "correct",
            "corrected",
            {"what": ids, "kind": "untrue", "right": "x"},
            at=START,
        )


def test_a_pointer_to_another_system_is_kept_sealed(world: World):
    case_id = world.refer().case_id
    world.take(
        case_id,
        "gateway_officer@force",
        "add_reference",
        "added",
        {"system": "police_case", "number": "PC-123"},
    )
    with world.enter("gateway_officer@force"):
        row = ForeignReference.objects.get(case_id=case_id)
        assert b"PC-123" not in bytes(row.sealed)


def test_a_colleague_sees_what_they_were_let_see_until_it_ends(world: World):
    case_id = world.refer().case_id
    stranger = world.people["panel_chair@other_council"]
    answers = {"colleague": str(stranger.id), "of_part": "file", "until": soon(7)}
    with world.enter("panel_chair@other_council"):
        assert not Case.objects.filter(id=case_id).exists()
    world.take(case_id, "gateway_supervisor@force", "let_see", "let", answers)
    with world.enter("panel_chair@other_council"):
        assert Case.objects.filter(id=case_id).exists()
    world.take(case_id, "gateway_supervisor@force", "let_see", "ended", {"colleague": str(stranger.id)})
    with world.enter("panel_chair@other_council"):
        assert not Case.objects.filter(id=case_id).exists()


def test_whoever_was_let_see_cannot_let_others_see(world: World):
    case_id = world.refer().case_id
    chair = world.people["panel_chair@other_council"]
    world.take(
        case_id,
        "gateway_supervisor@force",
        "let_see",
        "let",
        {"colleague": str(chair.id), "of_part": "file", "until": soon(7)},
    )
    other = {
        "colleague": str(world.people["panel_member@other_council"].id),
        "of_part": "file",
        "until": soon(7),
    }
    with pytest.raises((Refused, NoSuchCase)):
        world.take(case_id, "panel_chair@other_council", "let_see", "let", other)


def test_sight_that_was_given_for_a_time_ends_by_itself(world: World):
    case_id = world.refer(at=START).case_id
    chair = world.people["panel_chair@other_council"]
    until = (START + timedelta(days=3)).date().isoformat()
    world.take(
        case_id,
        "gateway_supervisor@force",
        "let_see",
        "let",
        {"colleague": str(chair.id), "of_part": "file", "until": until},
        at=START,
    )
    with demo.as_worker():
        lapse()
    with world.enter("panel_chair@other_council"):
        assert not Case.objects.filter(id=case_id).exists()
