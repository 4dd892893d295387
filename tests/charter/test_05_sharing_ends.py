"""Charter 5, what was shared on consent ends with it: at the wall, at once, and nothing that was written is lost."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from evenhand.casework.disclosing import register
from evenhand.casework.partner_work import asked_of
from evenhand.gate import demo
from evenhand.gate.act import Refused
from evenhand.gate.demo import as_worker
from evenhand.gate.entry import enter_house, now
from evenhand.operations.consent import end_as_of_now
from evenhand.records.case import Case
from evenhand.records.sharing import Grant, InformationRequest, OnwardReferral
from evenhand.records.support import Plan, ProviderSession
from tests import roads
from tests.operations.test_duties import work_off
from tests.world import World, raw

START = datetime(2026, 1, 12, 10, tzinfo=UTC)
DAY = START + timedelta(days=20)
SCHOOL, HEALTH, PROVIDER = "safeguarding_lead@school", "safeguarding_lead@health", "provider@provider"


def supported(world: World) -> UUID:
    case_id = world.refer(at=START).case_id
    roads.supported(world, case_id, at=START)
    return case_id


def share(world: World, case_id: UUID, **other: str) -> None:
    told = {
        "to": world.agency("health"), "purpose": "support", "basis": "public_task", "what": "When he meets the mentor.",
        "necessity": "They meet him the same day.", "proportionality": "The day alone.",
    } | other  # fmt: skip
    world.take(case_id, "panel_coordinator@council", "share", "shared", told, at=DAY)


def onward(world: World, case_id: UUID, agency: str, basis: str) -> None:
    told = {
        "destination": world.code("destinations"), "receiver": world.agency(agency), "what": "A mentor.", "basis": basis,
    }  # fmt: skip
    world.take(case_id, "panel_coordinator@council", "signpost", "sent", told, at=DAY)


def withdraw(world: World, case_id: UUID, whom: str = "social_care_lead@council") -> None:
    told = {"said_on": DAY.date().isoformat(), "told_whom": "Me"}
    world.take(case_id, whom, "withdraw_consent", "withdrawn", told, at=DAY)


def sees(world: World, whom: str, model: Any, case_id: UUID) -> bool:
    with world.enter(whom, at=DAY):
        return bool(model.objects.filter(case_id=case_id).exists())


def test_the_provider_sees_nothing_any_more_and_what_it_wrote_stays(world: World):
    case_id = supported(world)
    world.take(case_id, PROVIDER, "record_session", "delivered", roads.session(world, on=DAY), at=DAY)
    assert sees(world, PROVIDER, Plan, case_id)
    withdraw(world, case_id, PROVIDER)
    for model in (Plan, ProviderSession):
        assert not sees(world, PROVIDER, model, case_id)
    with world.enter(PROVIDER, at=DAY) as who:
        assert not Case.objects.filter(id=case_id).exists()
        assert [asked for asked in asked_of(who) if asked.case_id == case_id] == []
    assert sees(world, "panel_chair@council", ProviderSession, case_id)


def test_offers_and_questions_that_rest_on_consent_are_taken_back_and_others_are_not(world: World):
    case_id = supported(world)
    onward(world, case_id, "health", "consent_support")
    onward(world, case_id, "school", "special_safeguarding")
    assert sees(world, HEALTH, OnwardReferral, case_id)
    withdraw(world, case_id)
    assert not sees(world, HEALTH, OnwardReferral, case_id)
    assert sees(world, SCHOOL, OnwardReferral, case_id)
    assert raw(
        "select state from onward_referral where case_id = %s order by state", [case_id], alias="admin"
    ) == [
        ("ended",),
        ("offered",),
    ]


def test_an_offer_that_was_accepted_on_consent_is_read_by_its_receiver_no_more(world: World):
    case_id = supported(world)
    onward(world, case_id, "health", "consent_support")
    answer = {"who": str(world.people[HEALTH].id)}
    world.take(case_id, HEALTH, "accept_signpost", "accepted", answer, at=DAY)
    withdraw(world, case_id)
    assert not sees(world, HEALTH, OnwardReferral, case_id)
    with world.enter("panel_chair@council", at=DAY):
        assert OnwardReferral.objects.get(case_id=case_id).state == "accepted"


def test_sight_of_the_support_ends_and_sight_of_the_file_does_not(world: World):
    case_id = supported(world)
    let = {"colleague": str(world.people[SCHOOL].id), "until": (DAY + timedelta(days=90)).date().isoformat()}
    for part in ("support", "file"):
        world.take(case_id, "panel_chair@council", "let_see", "let", let | {"of_part": part}, at=DAY)
    assert sees(world, SCHOOL, Plan, case_id)
    withdraw(world, case_id)
    assert not sees(world, SCHOOL, Plan, case_id)
    with world.enter("panel_chair@council", at=DAY):
        live = Grant.objects.filter(case_id=case_id, revoked_at=None).values_list("of_part", flat=True)
        assert list(live) == ["file"]


def test_the_register_says_that_it_is_over_and_who_was_told_hears_of_it_without_a_name(world: World):
    case_id = supported(world)
    share(world, case_id)
    share(world, case_id, purpose="protect", basis="vital")
    withdraw(world, case_id)
    work_off()
    with world.enter("data_protection_officer@council", at=DAY) as who:
        lines = {
            line.purpose: line.ended_at
            for line in register(who, now=now())
            if line.kind == "share" and line.agency == world.agencies["health"].name
        }
    assert lines["support"] is not None
    assert lines["protect"] is None
    texts = raw(
        "select text from notice where practitioner_id = %s and text like '%%Consent has ended%%'",
        [world.people[HEALTH].id],
        alias="admin",
    )
    assert len(texts) == 1
    assert "Sami" not in texts[0][0]


def test_nothing_new_is_shared_asked_or_offered_on_consent_that_has_ended(world: World):
    case_id = supported(world)
    withdraw(world, case_id)
    with pytest.raises(Refused):
        share(world, case_id)
    with pytest.raises(Refused) as refused:
        onward(world, case_id, "health", "consent_support")
    assert "consent" in {reason.code for reason in refused.value.reasons}


def test_on_the_eighteenth_birthday_what_rested_on_a_parents_yes_ends_by_itself(world: World):
    case_id = world.refer(at=START, born="2008-02-20").case_id
    roads.supported(world, case_id, at=START, born="2008-02-20")
    share(world, case_id)
    birthday = datetime(2026, 2, 20, 12, tzinfo=UTC)
    with as_worker(), enter_house() as house, demo.at(birthday - timedelta(days=2)):
        end_as_of_now(house)
    assert sees(world, PROVIDER, Plan, case_id)
    with as_worker(), enter_house() as house, demo.at(birthday):
        end_as_of_now(house)
    assert not sees(world, PROVIDER, Plan, case_id)
    ended = raw(
        "select ended_at from disclosure where case_id = %s and kind = 'share'", [case_id], alias="admin"
    )
    assert ended[0][0] is not None
    assert not raw(
        "select 1 from commission where case_id = %s and ended_on is null", [case_id], alias="admin"
    )


def test_consent_given_again_opens_nothing_that_has_ended(world: World):
    case_id = supported(world)
    onward(world, case_id, "health", "consent_support")
    withdraw(world, case_id)
    raw("select wall.rewall(%s)", [case_id], alias="admin")
    assert not sees(world, HEALTH, OnwardReferral, case_id)
    assert not sees(world, HEALTH, InformationRequest, case_id)


def test_nobody_is_chased_for_an_offer_that_ended_with_consent(world: World):
    case_id = supported(world)
    onward(world, case_id, "health", "consent_support")
    work_off()
    running = (
        "select count(*) from clock where case_id = %s and code = 'onward_acceptance' and stopped_at is null"
    )
    waiting = (
        "select count(*) from task where case_id = %s and code = 'onward_acceptance' and done_at is null"
    )
    assert raw(running, [case_id], alias="admin") == raw(waiting, [case_id], alias="admin") == [(1,)]
    withdraw(world, case_id)
    assert raw(running, [case_id], alias="admin") == raw(waiting, [case_id], alias="admin") == [(0,)]


def test_an_offer_on_another_basis_is_still_waited_for(world: World):
    case_id = supported(world)
    onward(world, case_id, "health", "consent_support")
    onward(world, case_id, "school", "public_task")
    withdraw(world, case_id)
    running = (
        "select count(*) from clock where case_id = %s and code = 'onward_acceptance' and stopped_at is null"
    )
    assert raw(running, [case_id], alias="admin") == [(1,)]
