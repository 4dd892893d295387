"""Promise 8: a closed concern ends; before screening nobody is in an index, after an end it is told outcome first, after erasure not at all."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from evenhand.casework.earlier import earlier
from evenhand.casework.find import find
from evenhand.casework.identity import identity_of
from evenhand.gate import keys
from evenhand.gate.act import Invalid
from evenhand.gate.demo import as_worker
from evenhand.gate.standing import standing
from evenhand.operations.erasure import erase
from evenhand.records.case import Case
from tests import roads
from tests.casework.test_keeping import DPO, SECOND, hold, rounds
from tests.world import World, raw

START = datetime(2026, 2, 2, 10, tzinfo=UTC)
NAME = "Cornelius Closed"


def ended(world: World, *, at: datetime = START) -> Case:
    """Bring a case to a clean end at the gateway."""
    done = world.refer(names=NAME, at=at)
    ids = roads.screened(world, done.case_id, at=at, names=NAME)
    world.take(done.case_id, "gateway_officer@force", "assess", "recorded", roads.assessment(ids), at=at)
    roads.told(world, done.case_id, at=at)
    answers = {
        "ground": world.code("not_proceeding_reasons"),
        "beyond_ideology": "Nothing else was found.",
        "evidence": ids,
    }
    world.take(done.case_id, "gateway_supervisor@force", "decide_gateway", "not_appropriate", answers, at=at)
    return Case.objects.using("admin").get(id=done.case_id)


def again(world: World, earlier_case: Case, *, at: datetime) -> Case:
    """Refer the same person a second time, and say who it is."""
    done = world.refer(names=NAME, at=at)
    t = world.take
    t(done.case_id, "deconfliction_officer@force", "deconflict", "proceed", {"checked": "Live work."}, at=at)
    t(done.case_id, "gateway_officer@force", "screen", "proceed", {"concern": world.code("concerns")}, at=at)
    t(done.case_id, "gateway_officer@force", "identify", "new_person", {"names": NAME}, at=at)
    raw(
        "update case_file set person_id = %s where id = %s",
        [earlier_case.person_id, done.case_id],
        alias="admin",
    )
    return Case.objects.using("admin").get(id=done.case_id)


def test_until_screening_a_name_is_in_no_index(world: World):
    done = world.refer(names="Sealed Unscreened", at=START)
    assert raw("select count(*) from wall.name_token where case_id = %s", [done.case_id], alias="admin") == [
        (0,)
    ]
    assert raw("select person_id from case_file where id = %s", [done.case_id], alias="admin") == [(None,)]
    assert raw("select count(*) from identity where case_id = %s", [done.case_id], alias="admin") == [(0,)]
    with world.enter("gateway_officer@force", at=START) as who:
        assert find("Sealed Unscreened", who, now=START) == []


def test_no_further_action_is_told_to_a_later_gateway_decision_outcome_first(world: World):
    first = ended(world)
    second = again(world, first, at=START + timedelta(days=60))
    with world.enter("gateway_officer@force") as who:
        assert not Case.objects.filter(id=first.id).exists()
        found = standing(second.id, who)
        assert found.facts["prior_closed_referrals"] == 1
        told = earlier(found)
    assert [(one.outcome, one.case_id, one.reference) for one in told] == [
        ("Not suitable: no further action", None, "")
    ]


def test_and_to_nobody_else_nor_at_any_other_place(world: World):
    first = ended(world)
    second = again(world, first, at=START + timedelta(days=60))
    for whom in (
        "panel_chair@council",
        "panel_member@council",
        "safeguarding_lead@school",
        "gateway_officer@other_force",
    ):
        with world.enter(whom):
            assert raw("select * from wall.earlier(%s)", [second.id]) == []
            assert not Case.objects.filter(id=first.id).exists()
    raw("update case_file set place = 'awaiting_panel' where id = %s", [second.id], alias="admin")
    with world.enter("gateway_officer@force"):
        assert raw("select * from wall.earlier(%s)", [second.id]) == []


def test_whoever_is_kept_out_of_the_earlier_case_does_not_hear_of_it(world: World):
    first = ended(world)
    second = again(world, first, at=START + timedelta(days=60))
    officer = world.people["gateway_officer@force"]
    raw(
        "insert into kept_out (id, case_id, part, recorded_at, recorded_by, aud, bar, practitioner_id, ground, state)"
        " values (gen_random_uuid(), %s, 'file', now(), %s, '{}', '{}', %s, 'close', 'kept_out')",
        [first.id, officer.id, officer.id],
        alias="admin",
    )
    raw("select wall.rewall(%s)", [first.id], alias="admin")
    with world.enter("gateway_officer@force") as who:
        assert earlier(standing(second.id, who)) == []
        assert standing(second.id, who).facts["prior_closed_referrals"] == 0


def test_after_erasure_nothing_is_told_and_nobody_is_named(world: World):
    first = ended(world)
    second = again(world, first, at=START + timedelta(days=60))
    keys.destroy_key(first.id)
    with world.enter("gateway_supervisor@force"):
        assert identity_of(first.id) == {}
    raw("update case_file set person_id = null where id = %s", [first.id], alias="admin")
    with world.enter("gateway_officer@force") as who:
        assert earlier(standing(second.id, who)) == []


def test_erasure_reaches_every_copy_and_leaves_a_proof_without_content(world: World):
    case = ended(world)
    assert raw("select count(*) from wall.name_token where case_id = %s", [case.id], alias="admin") != [(0,)]
    with as_worker():
        assert erase(case.id, {"by": None, "clause": "DPA 2018 s.47"})
    assert not keys.has_key(case.id)
    tables = raw(
        "select c.table_schema, c.table_name from information_schema.columns c"
        " join information_schema.tables t using (table_schema, table_name) where t.table_type = 'BASE TABLE'"
        " and c.column_name = 'case_id' and c.table_schema in ('public', 'wall')",
        alias="admin",
    )
    assert {"report", "decision", "identity", "name_token", "look", "entry_of"} <= {
        name for _, name in tables
    }
    for schema, name in tables:
        left = raw(f'select count(*) from {schema}."{name}" where case_id = %s', [case.id], alias="admin")
        assert left == [(0,)], name
    assert raw("select 1 from case_file where id = %s", [case.id], alias="admin") == []
    assert raw("select 1 from person where id = %s", [case.person_id], alias="admin") == []
    ((proof,),) = raw("select to_jsonb(t) from tombstone t where id = %s", [case.id], alias="admin")
    proof = proof if isinstance(proof, dict) else json.loads(proof)
    assert proof["clause"] == "DPA 2018 s.47"
    assert set(proof) == {"id", "erased_on", "group", "clause", "decided_by", "confirmed_by", "agencies"}


def test_the_retention_date_is_a_day_to_decide_and_nothing_goes_by_itself(world: World):
    case = ended(world, at=datetime(2023, 1, 12, 10, tzinfo=UTC))
    rounds()
    assert raw("select code from task where case_id = %s and done_at is null", [case.id], alias="admin") == [
        ("retention_review",)
    ]
    rounds()
    assert keys.has_key(case.id)
    assert raw("select 1 from case_file where id = %s", [case.id], alias="admin")


def test_a_hold_has_its_material_an_owner_and_an_end_and_nothing_held_is_erased(world: World):
    case = ended(world, at=datetime(2023, 1, 12, 10, tzinfo=UTC))
    for missing in ("material", "owner", "until"):
        told = {name: answer for name, answer in hold(world).items() if name != missing}
        with pytest.raises(Invalid) as invalid:
            world.take(case.id, DPO, "hold_material", "held", told)
        assert missing in invalid.value.errors
    world.take(case.id, DPO, "review_keeping", "erase", {})
    world.take(case.id, SECOND, "confirm_erasure", "confirmed", {})
    world.take(case.id, DPO, "hold_material", "held", hold(world))
    raw(
        "update erasure_order set due_at = now() - interval '1 day' where case_id = %s",
        [case.id],
        alias="admin",
    )
    rounds()
    assert keys.has_key(case.id)
    assert raw("select 1 from case_file where id = %s", [case.id], alias="admin")
