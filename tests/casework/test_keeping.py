"""How long a case is kept: days come up by themselves, people decide, a mistake can be stopped, what is held is apart."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from evenhand.casework.kept_apart import set_apart, to_erase
from evenhand.casework.worklist import worklist
from evenhand.gate import keys
from evenhand.gate.act import Invalid, NoSuchCase, Refused
from evenhand.gate.demo import as_worker
from evenhand.gate.entry import enter_house, now
from evenhand.operations import retention
from evenhand.operations.erasure import erase
from evenhand.operations.restrictions import end_restrictions
from evenhand.records.case import Case
from evenhand.records.evidence import Evidence
from evenhand.records.support import Need
from tests import roads
from tests.world import World, raw

START = datetime(2023, 1, 12, 10, tzinfo=UTC)
DPO, SECOND = "data_protection_officer@force", "gateway_supervisor@force"


def ended(world: World, *, at: datetime = START, born: str = "1980-05-04") -> UUID:
    """A case that went no further at the gateway."""
    case_id = world.refer(at=at, born=born).case_id
    ids = roads.screened(world, case_id, at=at, born=born)
    world.take(case_id, "gateway_officer@force", "assess", "recorded", roads.assessment(ids), at=at)
    roads.told(world, case_id, at=at)
    end = {
        "evidence": ids,
        "ground": world.code("not_proceeding_reasons"),
        "beyond_ideology": "Looked at all of it.",
    }
    world.take(case_id, "gateway_supervisor@force", "decide_gateway", "not_appropriate", end, at=at)
    return case_id


def rounds() -> None:
    with as_worker():
        while retention.review():
            pass
        end_restrictions()
        retention.carry_out()
        retention.chase()


def on_list(world: World, whom: str) -> dict[UUID, str]:
    with world.enter(whom):
        return {row.case_id: row.due_for for row in worklist(mine=False, now=now(), size=200).rows}


def test_the_day_to_decide_comes_up_by_itself_for_somebody_outside_the_case(world: World):
    case_id = ended(world)
    assert case_id not in on_list(world, DPO)
    rounds()
    assert on_list(world, DPO)[case_id] == "Decide whether to keep"
    assert case_id not in on_list(world, SECOND)


def test_who_is_still_followed_up_comes_up_when_that_has_ended(
    world: World, caplog: pytest.LogCaptureFixture
):
    case_id = world.refer(at=START).case_id
    ids = roads.supported(world, case_id, at=START + timedelta(days=2))
    t, day = world.take, START + timedelta(days=20)
    t(case_id, "provider@provider", "record_session", "delivered", roads.session(world, on=day), at=day)
    with world.enter("panel_chair@council"):
        needs = [str(n) for n in Need.objects.filter(case_id=case_id).values_list("id", flat=True)]
    later = START + timedelta(days=80)
    t(case_id, "panel_chair@council", "answer_needs", "answered", {"needs": needs, "state": "met"}, at=later)
    t(case_id, "case_officer@force", "assess", "recorded", roads.assessment(ids), at=later)
    leave = {
        "ground": world.code("closing_reasons"), "checked": [world.code("exit_tests")], "closing_assessment": "In words.",
        "onward": "None needed.", "evidence": ids,
    }  # fmt: skip
    t(case_id, "panel_chair@council", "propose_exit", "proposed", leave, at=later)
    t(
        case_id,
        "gateway_supervisor@force",
        "approve_exit",
        "approved",
        {"plan_compared": "Reached."},
        at=later,
    )
    raw(
        "update case_file set closed_at = closed_at - interval '9 years' where id = %s",
        [case_id],
        alias="admin",
    )
    rounds()
    assert case_id not in on_list(world, DPO)
    assert raw('select "on" from keeping_day where case_id = %s', [case_id], alias="admin") == [(None,)]
    roads.followed_up(world, case_id, since=later)
    raw(
        "update case_file set closed_at = closed_at - interval '9 years' where id = %s",
        [case_id],
        alias="admin",
    )
    rounds()
    assert case_id in on_list(world, DPO)


def test_what_would_come_up_is_said_and_nothing_is_done(world: World):
    case_id = ended(world)
    reference = raw("select reference from case_file where id = %s", [case_id], alias="admin")[0][0]
    with as_worker():
        with enter_house():
            today = now().date()
        found = {row.reference: row for row in retention.simulate(until=today)}
    assert found[reference].review.group.code == "not_proceeding"
    assert found[reference].on.isoformat() == "2025-01-12"
    assert not raw(
        "select 1 from task where case_id = %s and code = 'retention_review'", [case_id], alias="admin"
    )
    assert not raw("select 1 from keeping_day where case_id = %s", [case_id], alias="admin")


def test_whoever_was_a_child_is_looked_at_again_at_eighteen(world: World):
    case_id = ended(world, born="2006-05-04")
    with as_worker():
        found = {
            row.reference: row for row in retention.simulate(until=datetime(2024, 6, 1, tzinfo=UTC).date())
        }
    reference = raw("select reference from case_file where id = %s", [case_id], alias="admin")[0][0]
    assert found[reference].review.group.code == "child"
    assert found[reference].on.isoformat() == "2024-05-04"


def test_keeping_needs_a_reason_and_the_next_day(world: World):
    case_id = ended(world)
    rounds()
    with pytest.raises(Invalid) as invalid:
        world.take(case_id, DPO, "review_keeping", "keep", {})
    assert {"review_on", "needed"} <= set(invalid.value.errors)
    later = (datetime.now(UTC) + timedelta(days=200)).date().isoformat()
    world.take(case_id, DPO, "review_keeping", "keep", {"review_on": later, "needed": "A claim may come."})
    assert case_id not in on_list(world, DPO)
    rounds()
    assert case_id not in on_list(world, DPO)
    day = raw('select "on" from keeping_day where case_id = %s', [case_id], alias="admin")[0][0]
    assert day.isoformat() == later


def test_erasure_takes_two_people_and_time_in_which_it_can_be_stopped(world: World):
    case_id = ended(world)
    rounds()
    world.take(case_id, DPO, "review_keeping", "erase", {})
    rounds()
    assert keys.has_key(case_id)
    with pytest.raises(Refused):
        world.take(case_id, DPO, "confirm_erasure", "confirmed", {})
    assert on_list(world, SECOND)[case_id] == "Second look at an erasure"
    world.take(case_id, SECOND, "confirm_erasure", "confirmed", {})
    rounds()
    assert keys.has_key(case_id), "the days to stop it have not passed"
    world.take(case_id, SECOND, "stop_erasure", "stopped", {})
    raw(
        "update erasure_order set due_at = now() - interval '1 day' where case_id = %s",
        [case_id],
        alias="admin",
    )
    rounds()
    assert keys.has_key(case_id)
    world.take(case_id, DPO, "review_keeping", "erase", {})
    world.take(case_id, SECOND, "confirm_erasure", "confirmed", {})
    raw(
        "update erasure_order set due_at = now() - interval '1 day' where case_id = %s",
        [case_id],
        alias="admin",
    )
    rounds()
    assert not keys.has_key(case_id)
    stone = raw(
        'select decided_by, confirmed_by, "group" from tombstone where id = %s', [case_id], alias="admin"
    )
    assert stone == [(world.people[DPO].id, world.people[SECOND].id, "not_proceeding")]


def test_the_database_too_refuses_that_one_person_confirms_their_own_erasure(world: World):
    case_id = ended(world)
    world.take(case_id, DPO, "review_keeping", "erase", {})
    with world.enter(DPO) as who, pytest.raises(Exception, match="somebody else"):
        raw("update erasure_order set confirmed_by = %s where case_id = %s", [who.practitioner_id, case_id])


def test_what_is_stopped_while_others_are_being_erased_stays(world: World, monkeypatch: pytest.MonkeyPatch):
    cases = [ended(world), ended(world)]
    for case_id in cases:
        rounds()
        world.take(case_id, DPO, "review_keeping", "erase", {})
        world.take(case_id, SECOND, "confirm_erasure", "confirmed", {})
    due = "update erasure_order set due_at = now() - interval '1 day' where case_id = any(%s)"
    raw(due, [cases], alias="admin")
    erased = []

    def erase_one_while_the_other_is_stopped(case_id: UUID, told: Mapping[str, object]) -> bool:
        erased.append(case_id)
        done = erase(case_id, told)
        for other in set(cases) - {case_id}:
            raw("update erasure_order set stopped_at = now() where case_id = %s", [other], alias="admin")
        return done

    monkeypatch.setattr(retention, "erase", erase_one_while_the_other_is_stopped)
    with as_worker():
        retention.carry_out()
    mine = [case_id for case_id in erased if case_id in cases]
    assert len(mine) == 1
    (left,) = set(cases) - set(mine)
    assert keys.has_key(left)


def hold(world: World, owner: str = "analyst@force", **more: object) -> dict[str, object]:
    return {
        "cause": "proceeding", "material": "The file of the appeal.", "owner": str(world.people[owner].id),
        "until": (datetime.now(UTC) + timedelta(days=90)).date().isoformat(), **more,
    }  # fmt: skip


def standing_on(case_id: UUID) -> list[str]:
    """What is held or set apart of a case now, in the order in which that was done."""
    found = "select id from restriction where case_id = %s and lifted_at is null order by recorded_at"
    return [str(number) for (number,) in raw(found, [case_id], alias="admin")]


def test_what_is_held_leaves_every_list_but_that_of_the_hold_and_is_not_erased(world: World):
    case_id = ended(world)
    with world.enter(SECOND):
        assert Case.objects.filter(id=case_id).exists()
    world.take(case_id, DPO, "hold_material", "held", hold(world))
    for whom in (SECOND, "gateway_officer@force"):
        with world.enter(whom):
            assert not Case.objects.filter(id=case_id).exists(), whom
            assert (
                raw(
                    "select count(*) from wall.search_names(array['sami'], 20) s where s.case_id = %s",
                    [case_id],
                )[0][0]
                == 0
            )
            assert not raw("select 1 from wall.set_apart_list() where case_id = %s", [case_id])
    with world.enter("analyst@force"):
        assert Case.objects.filter(id=case_id).exists()
        assert raw("select whole from wall.set_apart_list() where case_id = %s", [case_id]) == [(True,)]
    with pytest.raises(Refused) as refused:
        world.take(case_id, DPO, "review_keeping", "erase", {})
    assert "held" in str(refused.value)
    world.take(case_id, DPO, "lift_restriction", "lifted", {"which": standing_on(case_id)})
    with world.enter(SECOND):
        assert Case.objects.filter(id=case_id).exists()


def test_a_hold_has_an_owner_outside_the_case_and_an_end(world: World):
    case_id = ended(world)
    for wrong in ({"owner": str(world.people["gateway_officer@force"].id)}, {"until": "2020-01-01"}):
        with pytest.raises(Invalid) as invalid:
            world.take(case_id, DPO, "hold_material", "held", hold(world) | wrong)
        assert set(invalid.value.errors) == set(wrong)


def test_an_earlier_case_that_is_held_is_told_to_no_later_gateway_decision(world: World):
    first = ended(world)
    person = raw("select person_id from case_file where id = %s", [first], alias="admin")[0][0]
    second = world.refer().case_id
    roads.screened(world, second, at=datetime.now(UTC))
    raw("update case_file set person_id = %s where id = %s", [person, second], alias="admin")

    def known() -> int:
        with world.enter("gateway_officer@force"):
            told = raw("select * from wall.earlier(%s)", [second])
            counted = int(raw("select wall.standing(%s, false, null)->'prior_closed'", [second])[0][0])
            assert len(told) == counted, "what is told of is what is counted"
            return counted

    assert known() == 1
    world.take(first, DPO, "hold_material", "held", hold(world))
    assert known() == 0


def test_an_entry_that_is_set_apart_leaves_the_file_and_comes_back(world: World):
    case_id = world.refer().case_id
    (entry,) = roads.screened(world, case_id, at=datetime.now(UTC))
    apart = hold(world, cause="accuracy", what=[entry])
    world.take(case_id, SECOND, "restrict_material", "restricted", apart)
    with world.enter("gateway_officer@force"):
        assert not Evidence.objects.filter(id=entry).exists()
    with world.enter("analyst@force"):
        (number,) = raw("select id from wall.set_apart_list() where case_id = %s", [case_id])[0]
        assert raw("select kind from wall.set_apart_entry(%s, %s)", [number, entry]) == [("evidence",)]
    with world.enter("analyst@force") as who:
        (listed,) = [row for row in set_apart(who, now=now()) if row.case_id == case_id]
        assert "He said so." in listed.entries
    with world.enter(SECOND):
        assert not raw("select kind from wall.set_apart_entry(%s, %s)", [number, entry])
    raw("update restriction set until = current_date - 1 where case_id = %s", [case_id], alias="admin")
    rounds()
    with world.enter("gateway_officer@force"):
        assert Evidence.objects.filter(id=entry).exists()


def test_nothing_is_erased_while_whoever_reported_has_just_written(world: World):
    case_id = ended(world)
    let_the_reporter_write(world, case_id)
    with pytest.raises(Refused) as refused:
        world.take(case_id, DPO, "review_keeping", "erase", {})
    assert "reported" in str(refused.value)


def let_the_reporter_write(world: World, case_id: UUID) -> None:
    reporter = world.people["safeguarding_lead@school"].id
    raw(
        "insert into note (id, case_id, part, recorded_at, recorded_by, aud, bar, scope, sealed)"
        " values (gen_random_uuid(), %s, 'file', now(), %s, '{}', '{}', 'case', '\\x00')",
        [case_id, reporter],
        alias="admin",
    )


def test_recipients_are_chased_until_they_answer(world: World):
    case_id = world.refer(at=START).case_id
    roads.screened(world, case_id, at=START)
    ask = {"whom": world.agency("health"), "fact": "Is he registered?", "basis": world.code("legal_bases")}
    world.take(case_id, "gateway_officer@force", "ask", "asked", ask, at=START)
    from evenhand.operations.erasure import erase

    with as_worker():
        erase(case_id, {"by": None})
    rounds()
    told = "select count(*) from notice where kind = 'erasure' and practitioner_id = %s"
    lead = world.people["safeguarding_lead@health"].id
    assert raw(told, [lead], alias="admin") == [(1,)]
    raw(
        "update erasure_notice set due_at = now() - interval '1 day' where tombstone_id = %s",
        [case_id],
        alias="admin",
    )
    rounds()
    assert raw(told, [lead], alias="admin") == [(2,)]
    with world.enter("safeguarding_lead@health"):
        raw(
            "update erasure_notice set answer = 'refused', why = 'own_duty' where tombstone_id = %s",
            [case_id],
        )
    raw(
        "update erasure_notice set due_at = now() - interval '1 day' where tombstone_id = %s",
        [case_id],
        alias="admin",
    )
    rounds()
    assert raw(told, [lead], alias="admin") == [(2,)]


def test_what_has_still_to_be_erased_stands_before_what_was_answered(world: World):
    ask = {"whom": world.agency("health"), "fact": "Is he registered?", "basis": world.code("legal_bases")}
    for number in range(2):
        case_id = world.refer(at=START).case_id
        roads.screened(world, case_id, at=START)
        world.take(case_id, "gateway_officer@force", "ask", "asked", ask, at=START)
        with as_worker():
            erase(case_id, {"by": None})
        if number == 0:
            with world.enter("safeguarding_lead@health"):
                raw("update erasure_notice set answer = 'refused', why = 'own_duty'")
    with world.enter("safeguarding_lead@health"):
        assert [told.answer for told in to_erase()] == ["", "Kept"]


def test_an_erased_case_is_absent_for_every_step(world: World):
    case_id = ended(world)
    from evenhand.operations.erasure import erase

    with as_worker():
        erase(case_id, {"by": None})
    with pytest.raises(NoSuchCase):
        world.take(case_id, DPO, "add_note", "added", {})
