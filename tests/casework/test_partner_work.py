"""Partners find what they are asked, and nothing of the case behind it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from evenhand.casework.partner_work import asked_of
from evenhand.casework.partnership import panel_candidates
from tests.roads import screened


def test_a_question_and_an_offer_stand_there_until_they_are_answered(world):
    now = datetime.now(UTC)
    done = world.refer(at=now - timedelta(days=3))
    screened(world, done.case_id, at=now - timedelta(days=2))
    ask = {"whom": world.agency("health"), "fact": "Is he known?", "basis": world.code("legal_bases")}
    offer = {
        "destination": world.code("destinations"),
        "receiver": world.agency("health"),
        "what": "Talk.",
        "basis": world.code("legal_bases"),
    }
    world.take(done.case_id, "gateway_officer@force", "ask", "asked", ask)
    world.take(done.case_id, "gateway_officer@force", "signpost", "sent", offer)
    with world.enter("safeguarding_lead@health") as who:
        assert {asked.kind for asked in asked_of(who)} == {"question", "referral"}
        assert {asked.reference for asked in asked_of(who)} == {done.reference}
    world.take(
        done.case_id,
        "safeguarding_lead@health",
        "reply",
        "answered",
        {"answer": "Yes.", "ground": world.code("reply_reasons")},
    )
    with world.enter("safeguarding_lead@health") as who:
        assert {asked.kind for asked in asked_of(who)} == {"referral"}
    with world.enter("safeguarding_lead@school") as who:
        assert asked_of(who) == []


def test_a_panel_is_called_from_its_own_council_and_the_force_where_people_live(world):
    with world.enter("panel_coordinator@council"):
        names = {p.id for p in panel_candidates(world.agencies["council"].id, datetime.now(UTC))}
    assert world.people["panel_member@force"].id in names
    assert world.people["panel_member@council"].id in names
    assert world.people["panel_member@other_council"].id not in names
