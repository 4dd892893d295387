"""Laws that hold for every step, actor and state of a case."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evenhand.kernels.policy import (
    BACK,
    FACTS,
    START,
    Actor,
    Decision,
    FactValue,
    Journey,
    Pack,
    Refused,
    decide,
    offers,
)
from tests.kernels.policy.conftest import CALM, NOW, filled

HARDER = {"police_led", "escalated"}


def states(journey: Journey) -> st.SearchStrategy[dict[str, FactValue]]:
    drawn: dict[str, st.SearchStrategy[FactValue]] = {}
    for name, fact in FACTS.items():
        if fact.type == "bool":
            drawn[name] = st.booleans()
        elif fact.type == "int":
            drawn[name] = st.sampled_from([0, 1, 2, 100])
        else:
            drawn[name] = st.sampled_from(list(fact.values or journey.places))
    mostly_calm = st.fixed_dictionaries({}, optional=drawn).map(lambda few: CALM | few)
    return mostly_calm


def attempt(
    pack: Pack,
    journey: Journey,
    step: str,
    outcome: str,
    place: str,
    actor: Actor,
    facts: dict[str, FactValue],
    done_by: dict[str, str],
) -> Decision | Refused:
    answers = filled(pack, pack.forms[journey.steps[step].form], outcome)
    try:
        return decide(
            pack,
            journey,
            step=step,
            outcome=outcome,
            place=place,
            actor=actor,
            facts=facts | {"place": place if place in journey.places else journey.start},
            done_by=done_by,
            answers=answers,
            now=NOW,
        )
    except Refused as refused:
        return refused


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_every_decision_keeps_the_promises(eaw: Pack, channel: Journey, data: st.DataObject) -> None:
    step = data.draw(st.sampled_from(list(channel.steps.values())))
    outcome = data.draw(st.sampled_from(list(step.outcomes.values())))
    place = data.draw(st.sampled_from(channel.departures(step)))
    facts = data.draw(states(channel))
    actor = Actor("me", frozenset(step.who), data.draw(st.booleans()))
    done_by = {c: data.draw(st.sampled_from(["me", "another"])) for c in step.not_who}
    found = attempt(eaw, channel, step.code, outcome.code, place, actor, facts, done_by)
    if isinstance(found, Refused):
        assert all(r.sentence.endswith(".") and r.clause and r.code for r in found.reasons)
        assert len(set(found.reasons)) == len(found.reasons)
        return
    assert found.clauses
    assert "me" not in done_by.values()
    assert not actor.conflicted or step.urgent or step.verb == "declare"
    assert found.owner[0] in eaw.roles
    assert eaw.bindings[found.owner[1]].source in {"area", "area.force"}
    if found.closes and step.code != "screen":
        assert facts["person_told"] or facts["not_telling_reviewed"]
        assert not facts["urgent_open"]
    if (
        facts["refused_or_withdrawn"]
        and found.to_place in HARDER
        and found.to_place != place
        and outcome.to != BACK
    ):
        assert int(facts["evidence_before_refusal"]) > 0
    if facts["not_telling_overdue"] and not step.urgent and place != START:
        assert found.to_place == place or step.code in {"withdraw_consent"}


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_what_is_offered_can_be_done_and_what_is_not_is_refused(
    eaw: Pack, channel: Journey, data: st.DataObject
) -> None:
    place = data.draw(st.sampled_from(list(channel.places)))
    role = data.draw(
        st.sampled_from(sorted({h for s in channel.steps.values() for h in s.who if h[0] != "*"}))
    )
    facts = data.draw(states(channel)) | {"place": place}
    actor = Actor("me", frozenset({role}))
    for offer in offers(eaw, channel, place=place, actor=actor, facts=facts, done_by={}, now=NOW):
        supplied = eaw.forms[channel.steps[offer.step].form].supplies()
        for outcome in channel.steps[offer.step].outcomes:
            found = attempt(eaw, channel, offer.step, outcome, place, actor, facts, {})
            if outcome not in offer.outcomes:
                assert isinstance(found, Refused)
            elif not supplied:
                assert isinstance(found, Decision)
        assert offer.allowed or offer.reasons


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_being_a_child_changes_nothing_but_who_consents(
    eaw: Pack, channel: Journey, data: st.DataObject
) -> None:
    step = data.draw(st.sampled_from(list(channel.steps.values())))
    outcome = data.draw(st.sampled_from(list(step.outcomes)))
    place = data.draw(st.sampled_from(channel.departures(step)))
    actor = Actor("me", frozenset(step.who))
    if step.verb == "consent" or step.code in {"social_care_leads", "judge_asking_parent"}:
        return
    found = [
        attempt(eaw, channel, step.code, outcome, place, actor, CALM | {"is_child": child}, {})
        for child in (True, False)
    ]
    if isinstance(found[0], Decision):
        assert found[0] == found[1]
    else:
        assert isinstance(found[1], Refused)
        assert found[0].reasons == found[1].reasons


def test_no_way_of_the_whole_journey_leads_from_a_refusal_alone_to_a_harder_place(
    eaw: Pack, channel: Journey
) -> None:
    """Every step, outcome and place is tried, with everything granted but evidence from before the refusal."""
    state: dict[str, FactValue] = {
        "refused_or_withdrawn": True,
        "consent": "refused",
        "evidence_count": 9,
        "evidence_before_refusal": 0,
        "assessed_since_refusal": True,
        "panel_decision": "police_led",
        "onward_referrals_accepted": 1,
    }
    entered = set()
    for step in channel.steps.values():
        for outcome in step.outcomes:
            for place in channel.departures(step):
                for came_from in channel.places:
                    actor = Actor("me", frozenset(step.who))
                    facts = CALM | state | {"came_from": came_from}
                    found = attempt(eaw, channel, step.code, outcome, place, actor, facts, {})
                    if isinstance(found, Decision) and found.to_place in HARDER and found.to_place != place:
                        entered.add((step.code, outcome, came_from))
    # Only a case that the police led already goes back to where it was.
    assert entered == {
        ("approve_exit", "sent_back", "police_led"),
        ("accept_transfer", "accepted", "police_led"),
        ("accept_transfer", "returned", "police_led"),
        ("cancel_transfer", "taken_back", "police_led"),
    }


def test_a_pack_read_twice_hashes_alike(eaw: Pack) -> None:
    from evenhand.kernels.policy import BUILT_IN, load_pack

    again = load_pack(BUILT_IN / "gb-eaw")
    journey = again.journeys["channel"]
    assert again.shape_hash(journey) == eaw.shape_hash(eaw.journeys["channel"])
    assert again.lists_hash(NOW.date()) == eaw.lists_hash(NOW.date())


@pytest.mark.parametrize("part", ["file", "support", "reporter"])
def test_analysts_and_administrators_see_no_part_of_any_case(eaw: Pack, channel: Journey, part: str) -> None:
    for place in channel.places.values():
        assert not {"analyst", "administrator", "policy_owner"} & {
            role for role, _ in place.see.get(part, ())
        }
