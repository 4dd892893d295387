"""Each trap of the Channel road holds: what is refused, with which reason, and what follows from what is allowed."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from evenhand.kernels.policy import (
    START,
    Actor,
    Invalid,
    Journey,
    Pack,
    Refused,
    offers,
)
from tests.kernels.policy.conftest import CALM, NOW, Act


def codes(refused: pytest.ExceptionInfo[Refused]) -> set[str]:
    return {reason.code for reason in refused.value.reasons}


def sentences(refused: pytest.ExceptionInfo[Refused]) -> str:
    return " ".join(reason.sentence for reason in refused.value.reasons)


# ------------------------------------------------------------------ the road


def test_the_main_road_leads_from_the_first_word_to_closed(act: Act) -> None:
    road = [
        (act("refer", "received", START), "received"),
        (act("screen", "proceed", "received"), "gateway"),
        (act("decide_gateway", "limited", "gateway"), "gathering"),
        (act("finish_gathering", "ready", "gathering"), "section_36"),
        (act("decide_section_36", "refer_to_panel", "section_36"), "awaiting_panel"),
        (act("convene", "adopted", "awaiting_panel", panel_decision="adopt"), "awaiting_consent"),
        (
            act("record_consent", "given", "awaiting_consent", consent="asked", answers={"given_by": "self"}),
            "awaiting_plan",
        ),
        (act("make_plan", "in_force", "awaiting_plan", consent="given"), "supported"),
        (act("record_session", "delivered", "supported", consent="given"), "supported"),
        (act("review_support", "goes_on", "supported"), "supported"),
        (act("propose_exit", "proposed", "supported"), "closing"),
        (act("approve_exit", "approved", "closing", plan_exists=True), "following_up"),
        (act("follow_up", "six_months", "following_up"), "following_up"),
        (act("follow_up", "twelve_months", "following_up", follow_ups_done=1), "closed"),
    ]
    assert [decision.to_place for decision, _ in road] == [place for _, place in road]
    assert all(decision.owner != ("", "") for decision, _ in road)
    assert [d.counted_as for d, _ in road if d.counted_as] == [
        "adopted",
        "consent_given",
        "exit",
        "followed_up",
    ]


def test_a_decision_carries_clauses_clocks_and_both_hashes(act: Act, eaw: Pack, channel: Journey) -> None:
    decision = act("screen", "proceed", "received")
    assert decision.clauses[0].startswith("Channel duty guidance")
    first = decision.starts[0]
    assert (first.clock, first.value, first.unit, first.basis) == (
        "gateway_assessment",
        5,
        "working_days",
        "unverified",
    )
    assert decision.stops == ("screening",)
    assert decision.shape_hash == eaw.shape_hash(channel)
    assert decision.lists_hash == eaw.lists_hash(NOW.date())
    due = first.due_at(NOW, eaw.calendar, (), NOW)
    assert due == datetime(2026, 11, 25, 17, tzinfo=UTC)


def test_no_clock_of_the_road_claims_to_be_statutory(eaw: Pack) -> None:
    assert {v.basis for c in eaw.clocks.values() for v in c.values} == {
        "unverified",
        "guidance",
        "local",
    }
    assert {v.basis for v in eaw.clocks["gathering"].values} == {"unverified"}


def test_all_reasons_are_given_at_once(act: Act) -> None:
    with pytest.raises(Refused) as refused:
        act(
            "convene",
            "adopted",
            "awaiting_panel",
            "provider@provider",
            conflicted=True,
            panel_council_present=False,
            panel_police_of_home_force_present=False,
        )
    assert codes(refused) == {"not_your_role", "conflict", "convene.1", "convene.2", "not_the_panels_view"}
    assert all(reason.clause for reason in refused.value.reasons)


def test_a_step_out_of_order_is_refused(act: Act) -> None:
    with pytest.raises(Refused) as refused:
        act("convene", "adopted", "gateway", panel_decision="adopt")
    assert "is not a step from “At the gateway”" in sentences(refused)
    with pytest.raises(Refused):
        act("propose_exit", "proposed", "closed")


# ------------------------------------------------------------------ sealed until screened


def test_until_screening_the_person_is_sealed_and_in_no_index(act: Act, channel: Journey) -> None:
    assert channel.places["received"].identity == "sealed"
    with pytest.raises(Refused) as refused:
        act("identify", "new_person", "received")
    assert "no index until it has been screened" in sentences(refused)


def test_screening_waits_for_the_check_against_live_work(act: Act) -> None:
    with pytest.raises(Refused) as refused:
        act("screen", "proceed", "received", deconfliction="none")
    assert codes(refused) == {"not_checked"}


# ------------------------------------------------------------------ deconfliction


def test_waiting_for_deconfliction_looks_like_any_other_waiting(act: Act) -> None:
    with pytest.raises(Refused) as sealed:
        act("finish_gathering", "ready", "gathering", deconfliction="wait")
    with pytest.raises(Refused) as ordinary:
        act("finish_gathering", "ready", "gathering", open_information_requests=1)
    assert sealed.value.reasons == ordinary.value.reasons
    with pytest.raises(Refused) as both:
        act("finish_gathering", "ready", "gathering", deconfliction="wait", open_information_requests=1)
    assert both.value.reasons == ordinary.value.reasons


def test_deconfliction_repeats_for_the_life_of_the_case_in_its_own_audience(
    act: Act, channel: Journey, eaw: Pack
) -> None:
    for place in channel.places.values():
        seen = {holding[0] for holding in place.see.get("deconfliction", ())}
        assert seen == {"deconfliction_officer"}
        if not place.final:
            decision = act("deconflict", "wait", place.code)
            assert decision.part == "deconfliction"
            assert decision.to_place == place.code
            assert [s.part for s in decision.starts] == ["deconfliction"]


# ------------------------------------------------------------------ gateway and section 36


@pytest.mark.parametrize(
    ("step", "outcome", "place"),
    [("decide_gateway", "clear", "gateway"), ("decide_section_36", "refer_to_panel", "section_36")],
)
def test_earlier_closed_referrals_must_be_spoken_to(act: Act, step: str, outcome: str, place: str) -> None:
    with pytest.raises(Refused) as refused:
        act(step, outcome, place, prior_closed_referrals=3)
    assert "referred before" in sentences(refused)
    # The gate cannot say so in the form's stead.
    with pytest.raises(Refused):
        act(step, outcome, place, prior_closed_referrals=3, cumulative_addressed=True)
    answers = {"cumulative_picture": "The third time in two years; bullying was never answered."}
    assert act(step, outcome, place, prior_closed_referrals=3, answers=answers).outcome == outcome


@pytest.mark.parametrize("outcome", ["not_appropriate", "signposted"])
def test_no_ideology_ends_nothing_by_itself(act: Act, eaw: Pack, outcome: str) -> None:
    assert not any("ideolog" in code for code in eaw.lists["not_proceeding_reasons"].codes)
    with pytest.raises(Invalid) as invalid:
        act(
            "decide_gateway",
            outcome,
            "gateway",
            onward_referrals_accepted=1,
            answers={"beyond_ideology": " "},
        )
    assert set(invalid.value.errors) == {"beyond_ideology"}


def test_whoever_assessed_does_not_decide(act: Act) -> None:
    done = {"assess": "somebody", "finish_gathering": "else"}
    with pytest.raises(Refused) as refused:
        act("decide_section_36", "refer_to_panel", "section_36", done_by=done)
    assert codes(refused) == {"same_person"}
    assert act("decide_section_36", "refer_to_panel", "section_36", done_by=done, actor="another")


def test_a_decision_needs_evidence_and_an_assessment(act: Act) -> None:
    with pytest.raises(Refused) as refused:
        act("decide_section_36", "refer_to_panel", "section_36", evidence_count=0, assessment_exists=False)
    assert "no evidence" in sentences(refused)
    assert "no assessment" in sentences(refused)
    with pytest.raises(Invalid) as invalid:
        act("decide_section_36", "refer_to_panel", "section_36", answers={"evidence": [], "reason": ""})
    assert set(invalid.value.errors) == {"evidence", "reason"}


def test_signposted_means_that_somebody_accepted(act: Act) -> None:
    with pytest.raises(Refused) as refused:
        act("decide_section_36", "signposted", "section_36", open_onward_referrals=1)
    assert "has accepted" in sentences(refused)
    assert "neither accepted nor returned" in sentences(refused)
    assert act("decide_section_36", "signposted", "section_36", onward_referrals_accepted=1).closes


def test_the_clock_stands_still_while_a_partner_is_asked(act: Act) -> None:
    assert "gathering" in act("ask", "asked", "gathering").pauses
    assert "gathering" in act("reply", "answered", "gathering", open_information_requests=1).resumes


def test_a_request_names_the_agency_that_may_answer(act: Act) -> None:
    assert act("ask", "asked", "gathering", answers={"whom": "school-7"}).binds == {"asked": "school-7"}


# ------------------------------------------------------------------ the panel


@pytest.mark.parametrize("absent", ["panel_police_of_home_force_present", "panel_council_present"])
def test_the_panel_decides_only_when_those_who_must_be_there_are(act: Act, absent: str) -> None:
    with pytest.raises(Refused) as refused:
        act("convene", "adopted", "awaiting_panel", panel_decision="adopt", **{absent: False})
    assert "was not at the meeting" in sentences(refused)


def test_the_outcome_is_the_panels_and_not_the_chairs_wish(act: Act) -> None:
    with pytest.raises(Refused) as refused:
        act("convene", "not_adopted", "awaiting_panel", panel_decision="adopt")
    assert codes(refused) == {"not_the_panels_view"}


def test_a_panel_puts_off_once(act: Act) -> None:
    assert act("convene", "deferred", "awaiting_panel", panel_decision="defer").to_place == "awaiting_panel"
    with pytest.raises(Refused) as refused:
        act("convene", "deferred", "awaiting_panel", panel_decision="defer", deferrals=1)
    assert "once already" in sentences(refused)


def test_not_supporting_means_considering_health_and_social_care(act: Act) -> None:
    with pytest.raises(Invalid) as invalid:
        act(
            "convene",
            "not_adopted",
            "awaiting_panel",
            panel_decision="not_adopt",
            answers={"health_care_considered": ""},
        )
    assert set(invalid.value.errors) == {"health_care_considered"}


def test_a_declared_interest_takes_somebody_off_the_case(act: Act) -> None:
    with pytest.raises(Refused) as refused:
        act("review_support", "goes_on", "supported", conflicted=True)
    assert codes(refused) == {"conflict"}
    assert act("declare_interest", "declared", "supported", conflicted=True)
    assert act("danger_now", "reported", "supported", conflicted=True)


# ------------------------------------------------------------------ consent


@pytest.mark.parametrize(
    ("child", "given_by", "allowed"),
    [(False, "self", True), (False, "parent", False), (True, "parent", True), (True, "self", False)],
)
def test_who_may_say_yes(act: Act, child: bool, given_by: str, allowed: bool) -> None:
    def say() -> str:
        return act(
            "record_consent",
            "given",
            "awaiting_consent",
            consent="asked",
            is_child=child,
            answers={"given_by": given_by},
        ).to_place

    if allowed:
        assert say() == "awaiting_plan"
    else:
        with pytest.raises(Refused, match="Under 18 a parent or guardian says yes, at 16 and 17 too"):
            say()


def test_consent_waits_until_the_age_is_known(act: Act) -> None:
    with pytest.raises(Refused, match="not known"):
        act("ask_consent", "asked", "awaiting_consent", age_known=False, is_child=True)


def test_consent_nobody_asked_for_is_none(act: Act) -> None:
    with pytest.raises(Refused, match="Nobody has been asked"):
        act("record_consent", "given", "awaiting_consent", consent="none", answers={"given_by": "self"})


def test_a_young_persons_own_no_stops_sessions_though_the_parent_agreed(act: Act) -> None:
    with pytest.raises(Refused, match="young person has said no"):
        act(
            "record_session", "delivered", "supported", consent="given", consent_by="parent", own_refusal=True
        )
    assert (
        act("withdraw_consent", "young_person_refused", "supported", "provider@provider").to_place
        == "after_refusal"
    )


def test_turning_18_asks_again(act: Act) -> None:
    with pytest.raises(Refused, match="no consent to support in force"):
        act("record_session", "delivered", "supported", consent="lapsed", consent_by="parent")
    assert act("ask_consent", "asked", "supported", consent="lapsed")
    with pytest.raises(Refused, match="an adult says it for themselves"):
        act("renew_consent", "given", "supported", consent="asked", answers={"given_by": "parent"})
    assert act("renew_consent", "given", "supported", consent="asked", answers={"given_by": "self"})


def test_a_parent_who_endangers_is_not_asked_and_the_child_goes_another_way(act: Act) -> None:
    with pytest.raises(Refused, match="Children's social care leads"):
        act("ask_consent", "asked", "awaiting_consent", is_child=True, parent_may_endanger=True)
    with pytest.raises(Refused, match="cannot say yes"):
        act(
            "record_consent",
            "given",
            "awaiting_consent",
            consent="asked",
            is_child=True,
            parent_may_endanger=True,
            answers={"given_by": "parent"},
        )
    with pytest.raises(Refused, match="has not accepted"):
        act("social_care_leads", "handed_over", "awaiting_consent", is_child=True)
    handed = act(
        "social_care_leads", "handed_over", "awaiting_consent", is_child=True, onward_referrals_accepted=1
    )
    assert handed.to_place == "following_up"


@pytest.mark.parametrize("place", ["awaiting_plan", "supported", "closing"])
def test_withdrawing_takes_effect_at_once_and_the_provider_sees_no_more(act: Act, place: str) -> None:
    decision = act("withdraw_consent", "withdrawn", place, deconfliction="wait", not_telling_overdue=True)
    assert decision.to_place == "after_refusal"
    assert "next_session" in decision.stops
    assert not any(role == "provider" for who in decision.see.values() for role, _ in who)
    assert [d.to for d in decision.duties if d.kind == "notify"] == [("provider", "provider")]


def test_no_reason_is_asked_for_a_no(eaw: Pack) -> None:
    for form, outcome in (("record_consent", "refused"), ("withdraw_consent", "withdrawn")):
        asked = eaw.forms[form].asked(outcome)
        assert not any(f.required and f.kind == "long_text" for f in asked)


# ------------------------------------------------------------------ after a refusal


def test_refusing_opens_no_harder_way_by_itself(act: Act) -> None:
    refused_state = {"consent": "refused", "refused_or_withdrawn": True, "assessed_since_refusal": True}
    for evidence, outcome in ((0, "police_led_after_refusal"), (5, "police_led")):
        with pytest.raises(Refused):
            act("police_led", outcome, "after_refusal", evidence_before_refusal=evidence, **refused_state)
    with pytest.raises(Refused, match="evidence of nothing"):
        act("escalate", "escalated", "after_refusal", evidence_before_refusal=0, **refused_state)
    for step, place in (("decide_section_36", "section_36"), ("convene", "awaiting_panel")):
        with pytest.raises(Refused):
            act(step, "police_led", place, panel_decision="police_led", **refused_state)


def test_a_police_lead_after_a_refusal_needs_another_decider_and_is_counted(act: Act) -> None:
    state = {"refused_or_withdrawn": True, "assessed_since_refusal": True, "evidence_before_refusal": 1}
    for earlier in ("decide_section_36", "record_consent", "withdraw_consent", "assess"):
        with pytest.raises(Refused) as refused:
            act(
                "police_led",
                "police_led_after_refusal",
                "after_refusal",
                done_by={earlier: "somebody"},
                **state,
            )
        assert codes(refused) == {"same_person"}
    decision = act(
        "police_led", "police_led_after_refusal", "after_refusal", done_by={"decide_section_36": "x"}, **state
    )
    assert decision.counted_as == "police_led_after_refusal"
    assert [d.clock for d in decision.duties if d.kind == "plan_review"] == ["police_led_review"]


def test_a_case_does_not_end_after_a_refusal_without_another_assessment(act: Act) -> None:
    with pytest.raises(Refused, match="nobody has assessed again"):
        act("propose_exit", "proposed", "after_refusal", refused_or_withdrawn=True)
    assert act(
        "propose_exit", "proposed", "after_refusal", refused_or_withdrawn=True, assessed_since_refusal=True
    )


# ------------------------------------------------------------------ support and exit


def test_a_provider_cannot_close_review_or_see_the_file(act: Act, channel: Journey) -> None:
    for step, outcome, place in (
        ("propose_exit", "proposed", "supported"),
        ("approve_exit", "approved", "closing"),
        ("review_support", "goes_on", "supported"),
    ):
        with pytest.raises(Refused) as refused:
            act(step, outcome, place, "provider@provider", plan_exists=True)
        assert codes(refused) == {"not_your_role"}
    for place_ in channel.places.values():
        parts = {part for part, who in place_.see.items() if any(r == "provider" for r, _ in who)}
        assert parts <= {"support"}


def test_every_need_is_met_declined_or_reasoned_before_the_exit(act: Act) -> None:
    with pytest.raises(Refused, match="neither met, declined nor given a reason"):
        act("propose_exit", "proposed", "supported", needs_unanswered=1)
    with pytest.raises(Refused, match="neither met, declined nor given a reason"):
        act("approve_exit", "approved", "closing", plan_exists=True, needs_unanswered=1)


def test_a_second_person_ends_it_and_may_send_it_back_where_it_came_from(act: Act) -> None:
    with pytest.raises(Refused) as refused:
        act("approve_exit", "approved", "closing", plan_exists=True, done_by={"propose_exit": "somebody"})
    assert codes(refused) == {"same_person"}
    for place in ("supported", "after_refusal", "police_led"):
        assert act("approve_exit", "sent_back", "closing", came_from=place).to_place == place
    with pytest.raises(Refused, match="no earlier place"):
        act("approve_exit", "sent_back", "closing", came_from="received")


def test_an_exit_without_a_plan_is_not_counted_as_support(act: Act) -> None:
    with pytest.raises(Refused, match="choose the outcome"):
        act("approve_exit", "approved", "closing", plan_exists=False)
    decision = act("approve_exit", "approved_without_support", "closing", plan_exists=False)
    assert decision.counted_as == "exit_without_support"


def test_sessions_that_stop_in_silence_run_into_a_clock(act: Act) -> None:
    decision = act("make_plan", "in_force", "awaiting_plan", consent="given", answers={"provider": "prov-1"})
    assert decision.binds == {"provider": "prov-1"}
    silence = [d for d in decision.duties if d.clock == "next_session"]
    assert [d.to for d in silence] == [("panel_coordinator", "council")]
    told = act("record_session", "provider_absent", "supported", consent="given").duties
    assert [d.template for d in told if d.kind == "notify"] == ["provider_absent"]


def test_a_stale_assessment_holds_up_review_and_exit(act: Act) -> None:
    for step, outcome in (("review_support", "goes_on"), ("propose_exit", "proposed")):
        with pytest.raises(Refused, match="older than three months"):
            act(step, outcome, "supported", assessment_days_old=93)


def test_follow_ups_come_in_their_order(act: Act) -> None:
    with pytest.raises(Refused):
        act("follow_up", "twelve_months", "following_up")
    with pytest.raises(Refused):
        act("follow_up", "six_months", "following_up", follow_ups_done=1)
    started = {
        s.clock: (s.value, s.unit)
        for s in act("approve_exit", "approved", "closing", plan_exists=True).starts
    }
    assert started == {"follow_up_6": (6, "months"), "follow_up_12": (12, "months")}


# ------------------------------------------------------------------ telling, danger, transfer


def test_nothing_closes_before_the_person_is_told_or_a_current_reason_stands(act: Act) -> None:
    with pytest.raises(Refused, match="has not been told"):
        act("approve_exit", "approved", "closing", plan_exists=True, person_told=False)
    assert act(
        "approve_exit", "approved", "closing", plan_exists=True, person_told=False, not_telling_reviewed=True
    )


def test_once_the_day_for_looking_again_has_passed_no_step_goes_on_but_urgent_ones(act: Act) -> None:
    with pytest.raises(Refused, match="Somebody independent decides that first"):
        act("review_support", "goes_on", "supported", not_telling_overdue=True)
    assert act("danger_now", "reported", "supported", not_telling_overdue=True)
    with pytest.raises(Refused) as refused:
        act(
            "not_tell_person",
            "not_yet",
            "supported",
            person_told=False,
            not_telling_overdue=True,
            done_by={"not_tell_person": "somebody"},
        )
    assert codes(refused) == {"same_person"}


def test_danger_now_is_open_to_anybody_at_any_place_and_looked_at_again_by_another(
    act: Act, channel: Journey
) -> None:
    for place in channel.places:
        decision = act("danger_now", "reported", place, "nobody@nowhere", deconfliction="wait")
        assert decision.urgent
        assert decision.to_place == place
        assert {(s.clock, s.unit) for s in decision.starts} == {
            ("danger_written_up", "hours"),
            ("second_look", "hours"),
        }
        assert any(d.to == ("duty_officer", "force") for d in decision.duties)
    with pytest.raises(Refused) as refused:
        act("look_again", "looked", "supported", urgent_open=True, done_by={"danger_now": "somebody"})
    assert codes(refused) == {"same_person"}
    with pytest.raises(Refused, match="no second look yet"):
        act("approve_exit", "approved", "closing", plan_exists=True, urgent_open=True)


def test_a_transfer_leaves_no_gap_in_ownership(act: Act) -> None:
    proposed = act("propose_transfer", "proposed", "supported", answers={"council": "council-2"})
    assert proposed.owner == ("gateway_officer", "force")
    assert proposed.binds == {"receiving_council": "council-2"}
    accepted = act("accept_transfer", "accepted", "transferring", came_from="supported")
    assert (accepted.to_place, accepted.moves_to) == ("supported", "receiving_council")
    returned = act("accept_transfer", "returned", "transferring", came_from="supported")
    assert (returned.to_place, returned.moves_to) == ("supported", None)
    with pytest.raises(Refused):
        act("accept_transfer", "accepted", "transferring", "gateway_officer@force", came_from="supported")


# ------------------------------------------------------------------ offers, editions


def test_offers_name_what_may_be_done_and_why_the_rest_may_not(eaw: Pack, channel: Journey) -> None:
    actor = Actor("chair", frozenset({("panel_chair", "council")}))
    found = {
        offer.step: offer
        for offer in offers(
            eaw,
            channel,
            place="awaiting_panel",
            actor=actor,
            facts=CALM | {"place": "awaiting_panel", "panel_decision": "adopt"},
            done_by={},
            now=NOW,
        )
    }
    assert found["convene"].allowed
    assert found["convene"].outcomes == ("adopted",)
    assert not found["ask"].allowed
    assert "gateway officer" in found["ask"].reasons[0].sentence
    assert "screen" not in found


def test_what_the_form_itself_will_say_is_left_open_in_offers(eaw: Pack, channel: Journey) -> None:
    actor = Actor("supervisor", frozenset({("gateway_supervisor", "force")}))
    facts = CALM | {"place": "gateway", "prior_closed_referrals": 2}
    found = offers(eaw, channel, place="gateway", actor=actor, facts=facts, done_by={}, now=NOW)
    assert next(o for o in found if o.step == "decide_gateway").allowed


def test_a_missing_fact_is_an_error_and_never_a_yes(eaw: Pack, channel: Journey) -> None:
    actor = Actor("supervisor", frozenset({("gateway_supervisor", "force")}))
    facts = {name: value for name, value in CALM.items() if name != "evidence_count"}
    with pytest.raises(KeyError):
        offers(eaw, channel, place="gateway", actor=actor, facts=facts, done_by={}, now=NOW)
