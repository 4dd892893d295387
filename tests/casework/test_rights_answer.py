"""What is kept back takes two people and comes back on its day; what a person asks to be done is done by a step."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from uuid import UUID

import pytest
from django.db import DatabaseError

from evenhand.casework import rights, rights_answer
from evenhand.casework.break_glass import break_glass
from evenhand.casework.find import find
from evenhand.casework.letters import answer_letter, elsewhere, end_letter
from evenhand.casework.worklist import worklist
from evenhand.gate.act import Invalid, NoSuchCase, Refused
from evenhand.gate.demo import as_worker
from evenhand.gate.entry import now
from evenhand.gate.policy import pack, packs
from evenhand.gate.standing import standing
from evenhand.operations import retention
from evenhand.operations.rights import remind
from evenhand.records.case import Case
from evenhand.records.correction import Correction
from evenhand.records.evidence import Evidence
from evenhand.records.keeping import Restriction
from evenhand.records.rights import RightsRequest
from tests.casework.test_keeping import ended, on_list, standing_on
from tests.casework.test_rights import DPO, SECOND, agreed, asked, case_at_gateway, keeping_back
from tests.visiting import visit
from tests.world import World, raw, soon

OWNER = "analyst@force"


def about(world: World, case_id: UUID, kind: str, name: str = "Sami Example") -> UUID:
    """Somebody asks something, and a human says which case is theirs."""
    number = asked(world, name, kind)
    with world.enter(DPO) as who:
        rights.say_it_is_theirs(number, case_id, who, now=now())
    return number


def decide(world: World, number: UUID, wanted: str, whom: str = DPO, **other: str) -> None:
    told = {"decision": wanted, "reason": "As found."} | other
    with world.enter(whom) as who:
        rights_answer.decide(number, told, who, now=now())


def apart(world: World, cause: str, **other: object) -> dict[str, object]:
    return {
        "cause": cause, "material": "What they object to.", "owner": str(world.people[OWNER].id), "until": soon(60),
    } | other  # fmt: skip


def note(world: World, case_id: UUID) -> None:
    evidence = {
        "what": "Seen.", "kind": world.code("evidence_kinds"), "source": world.code("evidence_sources"),
    }  # fmt: skip
    world.take(case_id, "gateway_officer@force", "add_evidence", "added", evidence)


# ------------------------------------------------------------ two people


def test_nothing_that_is_kept_back_is_answered_before_somebody_independent_agrees(world: World):
    number = asked(world)
    decide(world, number, "neutral", **keeping_back(world, "neutral"))
    with world.enter(DPO) as who:
        with pytest.raises(Invalid, match="independent"):
            rights_answer.mark_answered(number, who, now=now())
        assert not rights.request_of(number).settled
    agreed(world, number)
    with world.enter(DPO) as who:
        assert rights.request_of(number).settled
        rights_answer.mark_answered(number, who, now=now())


def test_the_database_too_refuses_an_answer_that_one_person_alone_kept_back(world: World):
    number = asked(world)
    decide(world, number, "neutral", **keeping_back(world, "neutral"))
    for change in (
        {"answered_at": datetime.now(UTC)},
        {"second_said": "agreed"},
        {"second_id": world.people[DPO].id},
    ):
        with pytest.raises(DatabaseError), world.enter(DPO):
            RightsRequest.objects.filter(id=number).update(**change)
    with pytest.raises(DatabaseError), world.enter(SECOND):
        RightsRequest.objects.filter(id=number).update(decision="full")


def test_a_no_of_the_second_sends_it_back_to_be_decided_anew(world: World):
    number = asked(world)
    decide(world, number, "neutral", **keeping_back(world, "neutral"))
    agreed(world, number, "not_agreed")
    with world.enter(DPO) as who, pytest.raises(Invalid):
        rights_answer.mark_answered(number, who, now=now())
    decide(world, number, "neutral", **keeping_back(world, "neutral"))
    with world.enter(SECOND) as who:
        assert rights.request_of(number).second_said == ""
        with pytest.raises(Invalid) as invalid:
            rights_answer.say_second(number, "agreed", " ", who, now=now())
        assert "why" in invalid.value.errors


def test_nobody_with_a_hand_in_the_case_and_not_whoever_decided_is_asked(world: World):
    case_id = case_at_gateway(world)
    number = about(world, case_id, "access")
    hand = world.add("data_protection_officer", "force", key="dpo with a hand")
    raw(
        "update decision set recorded_by = %s where case_id = %s and step = 'screen'",
        [hand.id, case_id],
        alias="admin",
    )
    with world.enter(DPO) as who:
        offered = {colleague.id for colleague in rights_answer.seconds(number, who, now=now())}
    assert world.people[SECOND].id in offered
    assert not offered & {hand.id, world.people[DPO].id, world.people["gateway_supervisor@force"].id}
    with pytest.raises(Invalid) as invalid:
        decide(
            world, number, "neutral", **keeping_back(world, "neutral") | {"second": str(world.people[DPO].id)}
        )
    assert "second" in invalid.value.errors


def test_whoever_is_asked_sees_the_request_and_none_of_its_cases_and_only_until_the_answer(world: World):
    case_id = case_at_gateway(world)
    number = about(world, case_id, "access")
    with world.enter(SECOND), pytest.raises(NoSuchCase):
        rights.request_of(number)
    decide(world, number, "neutral", **keeping_back(world, "neutral"))
    with world.enter(SECOND) as who:
        assert rights.request_of(number).told["asks"]
        assert rights.cases_of(number) == []
        assert not Case.objects.filter(id=case_id).exists()
        with pytest.raises(NoSuchCase):
            rights.say_it_is_theirs(number, case_id, who, now=now())
    agreed(world, number)
    with world.enter(DPO) as who:
        rights_answer.mark_answered(number, who, now=now())
    with world.enter(SECOND), pytest.raises(NoSuchCase):
        rights.request_of(number)


def test_until_then_only_what_is_urgent_goes_on_in_their_case(world: World):
    case_id = case_at_gateway(world)
    number = about(world, case_id, "access")
    decide(world, number, "neutral", **keeping_back(world, "neutral"))
    refer = {
        "evidence": [
            str(n) for (n,) in raw("select id from evidence where case_id = %s", [case_id], alias="admin")
        ]
    }
    with pytest.raises(Refused) as refused:
        world.take(case_id, "gateway_supervisor@force", "decide_gateway", "clear", refer)
    assert "answer_waits" in {reason.code for reason in refused.value.reasons}
    danger = {"kind": world.code("danger_kinds"), "what": "He has a knife."}
    world.take(case_id, "gateway_officer@force", "danger_now", "reported", danger)
    agreed(world, number)
    world.take(case_id, "gateway_supervisor@force", "decide_gateway", "clear", refer)


def test_on_its_day_what_was_kept_back_is_decided_anew_by_somebody_else(world: World):
    case_id = case_at_gateway(world)
    number = about(world, case_id, "access")
    decide(world, number, "neutral", **keeping_back(world, "neutral"))
    agreed(world, number)
    with world.enter(DPO) as who:
        rights_answer.mark_answered(number, who, now=now())
    other = world.add("data_protection_officer", "force", key="other dpo")
    with pytest.raises(Invalid):
        decide(world, number, "full", "other dpo")
    raw("update rights_request set review_on = current_date where id = %s", [number], alias="admin")
    with as_worker():
        assert remind() >= 1
        remind()
    told = raw(
        "select count(*) from notice where practitioner_id = %s and kind = 'rights'",
        [other.id],
        alias="admin",
    )
    assert told == [(1,)]
    with pytest.raises(Invalid, match="Somebody else"):
        decide(world, number, "full")
    with pytest.raises(DatabaseError), world.enter(DPO):
        RightsRequest.objects.filter(id=number).update(decision="full")
    decide(world, number, "full", "other dpo")
    with world.enter("other dpo"):
        assert rights.request_of(number).answered_at is None


def test_whoever_is_to_look_hears_of_it_once(world: World):
    number = asked(world)
    decide(world, number, "neutral", **keeping_back(world, "neutral"))
    with as_worker():
        remind()
        remind()
    texts = raw(
        "select text from notice where practitioner_id = %s and kind = 'rights'",
        [world.people[SECOND].id],
        alias="admin",
    )
    assert len(texts) == 1
    assert "Sami" not in texts[0][0]


# ------------------------------------------------------------ one neutral form


def letter_page(world: World, number: UUID) -> str:
    client = visit(world, DPO)
    page = client.get(f"/rights/{number}/letter/").content.decode()
    with world.enter(DPO):
        reference = rights.request_of(number).reference
    page = page.replace(str(number), "NUMBER").replace(reference, "REFERENCE")
    return re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"', "", page)


def test_the_neutral_letter_is_the_same_byte_for_byte_whatever_is_held(world: World):
    held, nothing = about(world, case_at_gateway(world), "access"), asked(world, "Nobody Known Here")
    for number in (held, nothing):
        decide(world, number, "neutral", **keeping_back(world, "neutral"))
        agreed(world, number)
    assert letter_page(world, held) == letter_page(world, nothing)


@pytest.mark.parametrize("kind", ["access", "rectify", "erase", "restrict", "object", "complain"])
def test_every_kind_of_request_can_be_answered_in_the_same_neutral_words(world: World, kind: str):
    number = asked(world, kind=kind)
    decide(world, number, "neutral", **keeping_back(world, "neutral"))
    agreed(world, number)
    with world.enter(DPO):
        letter = answer_letter(rights.request_of(number), on=now().date())
    assert letter.paragraphs == (pack().disclosure["neutral"][0]["text"],)
    assert letter.elsewhere == elsewhere()


# ------------------------------------------------------------ what a person asks is done


@pytest.mark.parametrize("kind", ["rectify", "restrict", "object", "complain"])
def test_a_yes_is_said_once_a_step_has_done_it_on_each_of_their_cases(world: World, kind: str):
    case_id = case_at_gateway(world)
    number = about(world, case_id, kind)
    with pytest.raises(Invalid, match="nothing has been done"):
        decide(world, number, "done")
    entry = str(raw("select id from evidence where case_id = %s", [case_id], alias="admin")[0][0])
    if kind == "rectify":
        wrong = {"what": [entry], "kind": "untrue", "right": "It was somebody else."}
        world.take(case_id, DPO, "correct", "corrected", wrong)
    elif kind == "complain":
        world.take(case_id, DPO, "hold_material", "held", apart(world, "complaint", what=[entry]))
    else:
        world.take(case_id, DPO, "restrict_material", "restricted", apart(world, "objection", what=[entry]))
    decide(world, number, "done")
    with world.enter(DPO) as who:
        rights_answer.mark_answered(number, who, now=now())


def test_a_correction_keeps_the_old_value_as_corrected_and_it_counts_no_more(world: World):
    case_id = case_at_gateway(world)
    number = about(world, case_id, "rectify")
    (entry,) = raw("select id from evidence where case_id = %s", [case_id], alias="admin")[0]
    wrong = {"what": [str(entry)], "kind": "untrue", "right": "It was somebody else."}
    world.take(case_id, DPO, "correct", "corrected", wrong)
    with world.enter(DPO):
        assert rights.cases_of(number) == [case_id]
        assert Evidence.objects.filter(id=entry).exists()
        assert Correction.objects.get(case_id=case_id).of_id == entry
    with world.enter("gateway_officer@force"):
        assert raw("select (wall.standing(%s, false, null)->>'evidence')::int", [case_id]) == [(0,)]


def test_a_case_that_is_set_apart_leaves_every_list_and_is_kept_and_not_used(world: World):
    name = f"Hadi {world.tag}"
    case_id = case_at_gateway(world, names=name)
    officer, supervisor = "gateway_officer@force", "gateway_supervisor@force"
    assert case_id in on_list(world, officer)
    about(world, case_id, "object", name)
    world.take(case_id, DPO, "restrict_material", "restricted", apart(world, "objection"))
    for whom in (officer, supervisor, DPO, OWNER):
        assert case_id not in on_list(world, whom), whom
        with world.enter(whom) as who:
            assert case_id not in {hit.case_id for hit in find(name, who, now=now())}, whom
    for whom in (officer, supervisor):
        with world.enter(whom):
            assert not Case.objects.filter(id=case_id).exists(), whom
        with pytest.raises(NoSuchCase):
            note(world, case_id)
    for step, outcome, answers in (
        ("share", "shared", {}),
        ("tell_reporter", "told", {}),
    ):
        with pytest.raises((Refused, NoSuchCase)):
            world.take(case_id, DPO, step, outcome, answers)
    with world.enter(DPO) as who:
        codes = {
            reason.code
            for offer in standing(case_id, who).offers()
            for reason in offer.reasons
            if offer.step == "add_note"
        }
    assert "restricted" in codes
    world.take(
        case_id, DPO, "lift_restriction", "lifted", {"told_on": now_day(), "which": standing_on(case_id)}
    )
    assert case_id in on_list(world, officer)
    note(world, case_id)


def now_day() -> str:
    return datetime.now(UTC).date().isoformat()


def test_in_danger_a_duty_officer_opens_what_is_set_apart_for_an_hour(world: World):
    case_id = case_at_gateway(world)
    world.take(
        case_id, "gateway_supervisor@force", "restrict_material", "restricted", apart(world, "objection")
    )
    reference = raw("select reference from case_file where id = %s", [case_id], alias="admin")[0][0]
    with world.enter("duty_officer@force") as who:
        assert not Case.objects.filter(id=case_id).exists()
        break_glass(reference, "Somebody is in danger now and it is needed.", who)
    with world.enter("duty_officer@force"):
        assert Case.objects.filter(id=case_id).exists()


def test_an_objection_that_stands_ends_the_case_and_it_stays_apart(world: World):
    case_id = case_at_gateway(world)
    number = about(world, case_id, "object")
    weighed = {"weighed": "Their grounds outweigh ours."}
    with pytest.raises(Refused) as refused:
        world.take(case_id, DPO, "uphold_objection", "upheld", weighed)
    assert "apart first" in str(refused.value)
    world.take(case_id, DPO, "restrict_material", "restricted", apart(world, "objection"))
    with world.enter("social_care_lead@council"):
        assert not Case.objects.filter(id=case_id).exists()
    told = {"told_on": now_day(), "way": world.code("telling_ways"), "told_what": "That it is over."}
    world.take(case_id, DPO, "tell_person", "told", told)
    world.take(case_id, DPO, "uphold_objection", "upheld", weighed)
    decide(world, number, "done")
    assert raw(
        "select place, closed_at is not null from case_file where id = %s", [case_id], alias="admin"
    ) == [("not_proceeding", True)]
    with world.enter("gateway_supervisor@force"):
        assert not Case.objects.filter(id=case_id).exists()


def test_a_complaint_holds_what_it_is_about_from_the_day_it_is_linked(world: World):
    case_id = ended(world)
    world.take(case_id, DPO, "review_keeping", "erase", {})
    world.take(case_id, "gateway_supervisor@force", "confirm_erasure", "confirmed", {})
    number = about(world, case_id, "complain")
    raw("update erasure_order set due_at = '2020-01-01' where case_id = %s", [case_id], alias="admin")
    with as_worker():
        retention.carry_out()
    assert raw("select 1 from case_file where id = %s", [case_id], alias="admin")
    with pytest.raises(Refused, match="held") as refused:
        world.take(case_id, "gateway_supervisor@force", "confirm_erasure", "confirmed", {})
    assert refused.value.reasons
    raw("update rights_request set answered_at = now() where id = %s", [number], alias="admin")
    with as_worker():
        retention.carry_out()
    assert not raw("select 1 from case_file where id = %s", [case_id], alias="admin")


def test_a_complaint_can_be_held_beyond_its_answer_for_a_body_outside(world: World):
    case_id = case_at_gateway(world)
    number = about(world, case_id, "complain")
    world.take(case_id, DPO, "hold_material", "held", apart(world, "complaint"))
    decide(world, number, "done")
    with world.enter("gateway_officer@force") as who:
        # Work goes on while the case is open; it is only not erased, and apart from the day on which it ends.
        assert case_id in {row.case_id for row in worklist(mine=False, now=now(), size=200).rows}
        assert who
    with world.enter(DPO):
        assert Restriction.objects.filter(
            case_id=case_id, kind="hold", cause="complaint", lifted_at=None
        ).exists()


# ------------------------------------------------------------ whom else one may turn to


@pytest.mark.parametrize("code", ["ca-situation-table", "gb-eaw"])
def test_every_pack_says_whom_somebody_may_turn_to_outside_the_agency(code: str):
    bodies = packs()[code].disclosure["outside_body"]
    assert isinstance(bodies, list)
    assert len(bodies) >= 2
    for body in bodies:
        assert body["basis"] == "unverified"
        assert "check" in body["source"].lower()
    assert len(elsewhere(packs()[code])) == len(bodies)


def test_the_letter_at_a_clean_end_says_so_too(world: World):
    case_id = ended(world)
    with world.enter("gateway_supervisor@force") as who:
        assert end_letter(case_id, who).elsewhere == elsewhere()


def test_a_second_officer_of_the_agency_is_not_shown_cases_that_are_closed_to_them(world: World):
    case_id = case_at_gateway(world)
    number = about(world, case_id, "access")
    world.add("data_protection_officer", "force", key="colleague")
    page = visit(world, "colleague").get(f"/rights/{number}/")
    assert page.status_code == 200
    assert "not open to you" in page.content.decode()
