"""Whoever sees one row or one part of a case can neither read nor take more of it, whatever they call."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from evenhand.casework.case_file import look
from evenhand.gate.act import Act, NoSuchCase, Refused
from evenhand.gate.standing import standing
from evenhand.records.case import Case
from evenhand.records.sharing import InformationRequest
from tests import roads
from tests.faults.attacks import NOT_YOUR_ROLE, admin, ask_health, attack, version
from tests.world import World, raw

START = datetime(2026, 1, 12, 10, tzinfo=UTC)
PARTNER = "safeguarding_lead@health"


def settle(case_id: object, seen: int, **wanted: object) -> tuple[str, object]:
    return attack("select wall.settle(%s, %s, %s::jsonb)", [case_id, seen, json.dumps(wanted)])


def decision(case_id: object, who: object) -> tuple[str, object]:
    """Put a decision on record by hand, as the gate would."""
    return attack(
        "insert into decision (id, case_id, part, recorded_at, recorded_by, aud, bar, step, verb, outcome, from_place,"
        " to_place, clause, happened_at, shape_hash, lists_hash, sealed, idempotency_key)"
        " values (gen_random_uuid(), %s, 'file', now(), %s, '{}', '{}', 'x', 'x', 'x', '', 'x', 'x', now(), '', '', '', gen_random_uuid())",
        [case_id, who],
    )


@pytest.fixture
def asked(world: World):
    case_id = world.refer(at=START).case_id
    roads.screened(world, case_id, at=START)
    ask_health(world, case_id)
    return case_id


def test_a_partner_that_was_asked_answers_and_then_knows_of_no_case(world: World, asked):
    answer = {"answer": "Yes, twice.", "ground": world.code("reply_reasons")}
    done = world.take(asked, PARTNER, "reply", "answered", answer)
    assert done.case_id == asked
    with world.enter("gateway_officer@force"):
        assert InformationRequest.objects.get(case_id=asked).replied_at is not None
    with pytest.raises(NoSuchCase), world.enter(PARTNER) as who:
        look(asked, who)


def test_a_partner_that_was_asked_reads_the_question_and_not_how_the_case_stands(world: World, asked):
    with world.enter(PARTNER) as who:
        file = look(asked, who)
        assert {item.kind for item in file.items} == {"information_request"}
        assert file.identity == file.report == {}
        found = standing(asked, who).raw
        for name in ("evidence", "identities", "prior_closed", "urgent", "needs", "deferrals"):
            assert found[name] == 0, name
        for name in ("identity", "deconfliction", "item", "telling", "last_assessed", "last_refused"):
            assert found[name] is None, name
        assert not found["outcomes"]
        assert not found["done_by"]
        assert found["case"]["person_id"] is None
        assert {offer.step for offer in file.offers} == {"reply", "danger_now", "declare_interest"}


def test_a_refusal_tells_a_partner_nothing_from_the_file(world: World, asked):
    from evenhand.casework.steps import take

    with world.enter(PARTNER) as who, pytest.raises(Refused) as refused:
        take(asked, Act("decide_gateway", "clear", {}, "x"), who)
    assert {r.code for r in refused.value.reasons} == {NOT_YOUR_ROLE}


def test_a_partner_moves_nothing_and_opens_nothing_for_themselves(world: World, asked):
    mine = [["safeguarding_lead", world.agency("health")]]
    before = admin("select place, owner_id, person_id, aud, bindings from case_file where id = %s", [asked])
    everything = {
        "sees": dict.fromkeys(("file", "support", "deconfliction", "reporter"), mine),
        "owner": str(world.people[PARTNER].id),
        "place": "closed",
        "closed": True,
        "person": None,
        "bindings": {"force": [world.agency("health")]},
        "end_commissions": True,
        "counted_as": "adopted",
    }
    with world.enter(PARTNER) as who:
        # Out of the blue; with the lock; with a decision of one's own on record.
        assert settle(asked, version(asked), **everything)[0] == "refused"
        raw("select wall.standing(%s, true, null)", [asked])
        assert settle(asked, version(asked), **everything)[0] == "refused"
        decision(asked, who.practitioner_id)
        settle(asked, version(asked), **everything)
        assert not Case.objects.filter(id=asked).exists()
    after = admin("select place, owner_id, person_id, aud, bindings from case_file where id = %s", [asked])
    assert after == before
    assert [
        d for (d,) in admin("select recorded_by from decision where case_id = %s and step = 'x'", [asked])
    ] in (
        [],
        [world.people[PARTNER].id],
    )


def test_a_partner_cannot_change_how_a_case_is_found(world: World, asked):
    before = admin("select token from wall.name_token where case_id = %s order by 1", [asked])
    with world.enter(PARTNER):
        assert attack("select wall.index_names(%s, %s)", [asked, ["mallory"]])[0] == "refused"
    assert admin("select token from wall.name_token where case_id = %s order by 1", [asked]) == before


def test_nobody_grants_sight_that_they_do_not_have(world: World, asked):
    grant = (
        "insert into access_grant (id, case_id, part, recorded_at, recorded_by, aud, bar, practitioner_id, of_part, sealed)"
        " values (gen_random_uuid(), %s, 'file', now(), %s, '{}', '{}', %s, %s, '')"
    )
    for whom, part in ((PARTNER, "file"), ("deconfliction_officer@force", "reporter"), ("case_officer@force", "deconfliction"),
                       ("duty_officer@force", "reporter")):  # fmt: skip
        me = world.people[whom].id
        with world.enter(whom):
            assert attack(grant, [asked, me, me, part])[0] == "refused", (whom, part)


def test_the_sealed_check_opens_to_nobody_who_acts_on_the_file(world: World, asked):
    whom = "gateway_supervisor@force"
    sees = {"deconfliction": [["gateway_supervisor", world.agency("force")]]}
    with world.enter(whom) as who:
        raw("select wall.standing(%s, true, null)", [asked])
        decision(asked, who.practitioner_id)
        assert settle(asked, version(asked), sees=sees)[0] == "refused"
        assert raw("select count(*) from deconfliction where case_id = %s", [asked])[0][0] == 0


def test_whoever_sees_support_alone_does_not_open_the_file(world: World):
    case_id = world.refer(at=START).case_id
    roads.supported(world, case_id, at=START)
    with world.enter("provider@provider") as who:
        assert not Case.objects.filter(id=case_id).exists()
        raw("select wall.standing(%s, true, null)", [case_id])
        decision(case_id, who.practitioner_id)
        seen = version(case_id)
        own = {
            "file": [["provider", world.agency("provider")]],
            "support": [["provider", world.agency("provider")]],
        }
        assert settle(case_id, seen, sees=own)[0] == "refused"
        assert settle(case_id, seen, owner=str(who.practitioner_id))[0] == "refused"
        assert not Case.objects.filter(id=case_id).exists()


def test_a_provider_reads_support_and_is_told_no_reason_from_the_file(world: World):
    case_id = world.refer(at=START).case_id
    roads.supported(world, case_id, at=START)
    with world.enter("provider@provider") as who:
        file = look(case_id, who)
        assert not {"evidence", "report", "identity", "reporter", "deconfliction"} & {
            i.kind for i in file.items
        }
        assert {o.step for o in file.offers} <= {
            "record_session",
            "withdraw_consent",
            "danger_now",
            "declare_interest",
        }
        assert settle(case_id, version(case_id), place="closed")[0] == "refused"


def test_a_right_to_act_does_not_outlive_its_transaction(world: World, asked):
    with world.enter("gateway_officer@force"):
        raw("select wall.standing(%s, true, null)", [asked])
        stolen = raw("select current_setting('wall.acting')")[0][0]
    with world.enter("panel_chair@other_council"):
        raw("select set_config('wall.acting', %s, true)", [stolen])
        assert attack("select wall.may_put(%s)", [asked]) == ("done", [(False,)])
        assert settle(asked, version(asked), place="closed")[0] == "refused"
    with world.enter("gateway_officer@force"):
        raw("select set_config('wall.acting', %s, true)", [stolen])
        assert settle(asked, version(asked), place="closed")[0] == "refused"


def test_nothing_moves_without_a_decision_on_record(world: World, asked):
    with world.enter("gateway_supervisor@force"):
        raw("select wall.standing(%s, true, null)", [asked])
        assert settle(asked, version(asked), place="closed")[0] == "refused"
    assert admin("select place from case_file where id = %s", [asked]) == [("gateway",)]


def test_a_second_case_is_not_opened_by_acting_on_the_first(world: World, asked):
    other = world.refer(area="far").case_id
    with world.enter("gateway_supervisor@force") as who:
        raw("select wall.standing(%s, true, null)", [asked])
        assert decision(asked, who.practitioner_id) == ("done", []), "the act on the first case is real"
        assert (
            settle(other, version(other), sees={"file": [["gateway_supervisor", world.agency("force")]]})[0]
            == "refused"
        )
        assert attack("select wall.standing(%s, true, null)", [other]) == ("done", [(None,)])
        assert attack("select * from wall.case_page(%s)", [other]) == ("done", [])
        assert attack("select wall.standing(%s, true, null)", [uuid4()]) == ("done", [(None,)])
