"""Charter 5, support rests on consent: it stops when consent ends, and a refusal opens no harder route by itself."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from evenhand.gate.act import Refused
from evenhand.gate.policy import pack, packs
from evenhand.gate.standing import standing
from evenhand.records.support import Commission
from tests import roads
from tests.world import World, raw

START = datetime(2026, 1, 12, 10, tzinfo=UTC)
DAY = START + timedelta(days=20)


def test_no_session_after_consent_was_withdrawn(world: World):
    case_id = world.refer(at=START).case_id
    roads.supported(world, case_id, at=START)
    world.take(
        case_id, "provider@provider", "record_session", "delivered", roads.session(world, on=DAY), at=DAY
    )
    world.take(
        case_id,
        "social_care_lead@council",
        "withdraw_consent",
        "withdrawn",
        {"said_on": DAY.date().isoformat(), "told_whom": "Me"},
        at=DAY,
    )
    with world.enter("panel_chair@council"):
        assert not Commission.objects.filter(case_id=case_id, ended_on=None).exists()
    with pytest.raises(
        Exception
    ) as stopped:  # the provider sees the case no more, or is refused: nothing is recorded
        world.take(
            case_id, "provider@provider", "record_session", "delivered", roads.session(world, on=DAY), at=DAY
        )
    assert type(stopped.value).__name__ in {"Refused", "NoSuchCase"}


def test_a_young_persons_own_no_stops_sessions_though_a_parent_said_yes(world: World):
    case_id = world.refer(at=START).case_id
    roads.supported(world, case_id, at=START)
    world.take(
        case_id,
        "case_officer@force",
        "withdraw_consent",
        "young_person_refused",
        {"said_on": DAY.date().isoformat(), "told_whom": "Me"},
        at=DAY,
    )
    with pytest.raises(Exception) as stopped:
        world.take(
            case_id, "provider@provider", "record_session", "delivered", roads.session(world, on=DAY), at=DAY
        )
    assert type(stopped.value).__name__ in {"Refused", "NoSuchCase"}


def test_a_young_persons_own_no_is_what_counts_beside_a_parents_yes(world: World):
    case_id = world.refer(at=START).case_id
    roads.supported(world, case_id, at=START)
    said = {"said_on": DAY.date().isoformat(), "told_whom": "Me"}
    world.take(case_id, "case_officer@force", "withdraw_consent", "young_person_refused", said, at=DAY)
    with world.enter("case_officer@force", at=DAY) as who:
        facts = standing(case_id, who).facts
    assert facts["consent"] in {"refused", "withdrawn"}
    assert (facts["consent_by"], facts["own_refusal"], facts["plan_exists"]) == ("self", True, False)
    with pytest.raises(Refused):
        world.take(case_id, "panel_chair@council", "make_plan", "in_force", roads.plan(world), at=DAY)


def test_under_18_a_parent_answers_and_not_the_young_person(world: World):
    case_id = world.refer(at=START).case_id
    roads.adopted(world, case_id, at=START)
    with pytest.raises(Refused):
        roads.answer_consent(world, case_id, "given", by="self", at=DAY)
    roads.answer_consent(world, case_id, "given", by="parent", at=DAY)


def test_an_adult_answers_for_themselves(world: World):
    case_id = world.refer(at=START, born="1990-01-01").case_id
    roads.adopted(world, case_id, at=START, born="1990-01-01")
    with pytest.raises(Refused):
        roads.answer_consent(world, case_id, "given", by="parent", at=DAY)
    roads.answer_consent(world, case_id, "given", by="self", at=DAY)


def test_turning_18_asks_again(world: World):
    born = "2008-02-10"
    case_id = world.refer(at=START, born=born).case_id
    ids = roads.adopted(world, case_id, at=START, born=born)
    roads.answer_consent(world, case_id, "given", at=START + timedelta(days=15))
    birthday = datetime(2026, 2, 10, 12, tzinfo=UTC)
    world.take(case_id, "case_officer@force", "record_needs", "recorded", {"needs": "x"}, at=birthday)
    with pytest.raises(Refused) as refused:
        world.take(case_id, "panel_chair@council", "make_plan", "in_force", roads.plan(world), at=birthday)
    assert "consent" in str(refused.value)
    assert ids


def test_refusing_is_no_evidence_and_cannot_be_a_factor():
    for rules in packs().values():
        for form in rules.forms.values():
            for factor in form.factors:
                text = f"{factor.code} {factor.label}".lower()
                assert "refus" not in text, factor
                assert "consent" not in text, factor


def refused_after_evidence(world: World, *, evidence: bool) -> tuple[object, list[str]]:
    case_id = world.refer(at=START).case_id
    ids = roads.adopted(world, case_id, at=START)
    if not evidence:
        raw(
            "update evidence set recorded_at = %s where case_id = %s",
            [DAY + timedelta(days=1), case_id],
            alias="admin",
        )
    roads.answer_consent(world, case_id, "refused", at=DAY)
    return case_id, ids


def police_led(world: World, ids: list[str], on: datetime) -> dict[str, object]:
    return {"why_police": "As shown.", "evidence_before": "What was seen before.", "evidence": ids,
            "review_on": (on + timedelta(days=60)).date().isoformat()}  # fmt: skip


def test_the_police_led_route_after_a_no_rests_on_evidence_from_before_it(world: World):
    case_id, ids = refused_after_evidence(world, evidence=False)
    later = DAY + timedelta(days=5)
    world.take(case_id, "case_officer@force", "assess", "recorded", roads.assessment(ids), at=later)
    with pytest.raises(Refused) as refused:
        world.take(
            case_id,
            "gateway_supervisor@force",
            "police_led",
            "police_led_after_refusal",
            police_led(world, ids, later),
            at=later,
        )
    assert "before" in str(refused.value)


def test_a_different_decider_takes_the_police_led_route_after_a_no(world: World):
    case_id, ids = refused_after_evidence(world, evidence=True)
    later = DAY + timedelta(days=5)
    world.take(case_id, "case_officer@force", "assess", "recorded", roads.assessment(ids), at=later)
    with pytest.raises(Refused) as refused:
        # This supervisor took the section 36 decision before.
        world.take(
            case_id,
            "gateway_supervisor@force",
            "police_led",
            "police_led_after_refusal",
            police_led(world, ids, later),
            at=later,
        )
    assert "somebody else" in str(refused.value)
    world.add("gateway_supervisor", "force", key="other supervisor")
    done = world.take(
        case_id,
        "other supervisor",
        "police_led",
        "police_led_after_refusal",
        police_led(world, ids, later),
        at=later,
    )
    assert done.place == "police_led"
    counted = raw("select outcome from counted_case where case_id = %s", [case_id], alias="admin")
    assert counted == [("police_led_after_refusal",)], "counted in public, apart from any other"
    labels = pack().lists["outcomes"].codes
    assert labels["police_led_after_refusal"].label != labels["police_led"].label


def test_a_refusal_alone_opens_no_harder_route(world: World):
    case_id, ids = refused_after_evidence(world, evidence=True)
    later = DAY + timedelta(days=5)
    world.add("gateway_supervisor", "force", key="other supervisor")
    with pytest.raises(Refused) as refused:
        world.take(
            case_id,
            "other supervisor",
            "police_led",
            "police_led_after_refusal",
            police_led(world, ids, later),
            at=later,
        )
    assert refused.value.reasons


def test_asking_again_does_not_wipe_a_no_away(world: World):
    case_id, ids = refused_after_evidence(world, evidence=False)
    later = DAY + timedelta(days=5)
    asked = {
        "asked_on": later.date().isoformat(),
        "way": world.code("consent_ways"),
        "asked_whom": "The mother",
        "told_about_data": "All.",
    }
    world.take(case_id, "case_officer@force", "ask_consent", "asked", asked, at=later)
    world.take(case_id, "case_officer@force", "assess", "recorded", roads.assessment(ids), at=later)
    world.add("gateway_supervisor", "force", key="other supervisor")
    with pytest.raises(Refused):
        world.take(
            case_id, "other supervisor", "police_led", "police_led", police_led(world, ids, later), at=later
        )
