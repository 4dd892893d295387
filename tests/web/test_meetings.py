"""A panel meets: who comes, what each agency thinks, what the rule makes of it; dissent stays visible."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest

from evenhand.casework import meetings
from evenhand.records.practitioner import Practitioner, RoleHolding
from tests.roads import to_the_panel
from tests.visiting import hidden, open_case, seen, visit


@pytest.fixture
def heard(world):
    """A case at the panel, and a meeting called for it."""
    now = datetime.now(UTC)
    done = world.refer(at=now - timedelta(days=20))
    ids = to_the_panel(world, done.case_id, at=now - timedelta(days=10))
    client = visit(world, "panel_coordinator@council")
    members = [
        str(world.people[k].id) for k in ("panel_member@force", "panel_member@council", "panel_chair@council")
    ]
    day = now + timedelta(days=3)
    response = client.post(
        "/meetings/call/",
        {"agency": world.agency("council"), "day-day": day.day, "day-month": day.month, "day-year": day.year, "clock": "14:30", "where": "Town Hall", "members": members},
    )  # fmt: skip
    assert response.status_code == 302, seen(response)
    client.post(response.url, {"doing": "agenda", "case": str(done.case_id)})
    return client, response.url, done, ids, members


def view(world, client, address, who, what, words="Because of the evidence."):
    item = hidden(client.get(address), "item")
    given = {
        "doing": "view",
        "item": item,
        "practitioner": str(world.people[who].id),
        "view": what,
        "words": words,
    }
    return client.post(address, given, follow=True)


def test_views_are_minuted_the_rule_is_said_and_dissent_shows(world, heard):
    client, address, done, ids, members = heard
    assert "record attendance first" in seen(client.get(address))
    client.post(address, {"doing": "attendance", "present": members})
    view(world, client, address, "panel_member@force", "adopt")
    assert "all agree" in seen(view(world, client, address, "panel_member@force", "adopt"))
    page = seen(view(world, client, address, "panel_member@council", "not_adopt"))
    assert "no majority yet" in page
    page = seen(view(world, client, address, "panel_chair@council", "adopt", "On balance."))
    assert "all agree" in page
    decide = {
        "outcome": "adopted",
        "meeting": address.split("/")[2],
        "support_outline": "A mentor.",
        "evidence": ids,
        "reason": "So decided.",
    }
    chair = visit(world, "panel_chair@council")
    step = chair.get(f"/case/{done.case_id}/step/convene/")
    open_case(chair, done.case_id)
    step = chair.get(f"/case/{done.case_id}/step/convene/")
    assert (
        hidden(step, "meeting")
        if 'type="hidden" name="meeting"' in step.content.decode()
        else address.split("/")[2] in step.content.decode()
    )
    assert chair.post(f"/case/{done.case_id}/step/convene/", decide).status_code == 302
    minutes = seen(client.get(f"{address}minutes/"))
    assert "Support is offered" in minutes
    assert "On balance." in minutes


def test_a_view_without_words_is_refused_and_nothing_is_minuted(world, heard):
    client, address, _, _, members = heard
    client.post(address, {"doing": "attendance", "present": members})
    response = view(world, client, address, "panel_member@force", "adopt", words="")
    assert response.status_code == 422
    assert "Minute what this agency said" in seen(response)
    assert "No view has been minuted yet." in seen(client.get(address))


def test_a_declared_interest_makes_the_case_vanish_from_the_meeting(world, heard):
    client, address, done, _, _ = heard
    member = visit(world, "panel_member@council")
    assert done.reference in seen(member.get(address))
    open_case(member, done.case_id)
    declared = member.post(
        f"/case/{done.case_id}/step/declare_interest/",
        {"outcome": "declared", "kind": world.code("interest_kinds"), "reason": "He is a neighbour."},
        follow=True,
    )
    assert "no longer open to you" in seen(declared)
    assert done.reference not in seen(member.get(address))
    assert done.reference not in seen(member.get(f"{address}minutes/"))
    assert done.reference in seen(client.get(address))


def test_a_member_cannot_run_the_meeting(world, heard):
    _, address, _, _, members = heard
    member = visit(world, "panel_member@council")
    response = member.post(address, {"doing": "attendance", "present": members})
    assert response.status_code == 422
    assert "chair or coordinator keeps the minutes" in seen(response)
    assert "You call no panel together" in seen(member.get("/meetings/call/"))


def test_another_panels_meeting_is_not_found(world, heard):
    _, address, *_ = heard
    other = visit(world, "panel_chair@other_council")
    assert other.get(address).status_code == 404
    assert other.get(f"{address}minutes/").status_code == 404
    assert "Town Hall" not in seen(other.get("/meetings/"))


def test_a_meeting_without_day_time_and_people_is_not_called(world):
    client = visit(world, "panel_chair@council")
    response = client.post(
        "/meetings/call/",
        {
            "agency": world.agency("council"),
            "day-day": "31",
            "day-month": "2",
            "day-year": "2027",
            "clock": "late",
            "where": "Room 4",
        },
    )
    assert response.status_code == 422
    assert re.search('value="Room 4"', response.content.decode())
    for said in ("Give the day of the meeting", "Give the time", "Choose who comes"):
        assert said in seen(response)


def test_a_chair_whose_account_has_ended_is_not_chosen(world):
    left = world.add("panel_chair", "council", key="left@council")
    holdings = RoleHolding.objects.using("admin").filter(practitioner=left)
    holdings.update(from_date=datetime.now(UTC).date() - timedelta(days=1))
    Practitioner.objects.using("admin").filter(id=left.id).update(active=False)
    with world.enter("panel_coordinator@council") as who:
        number = meetings.call(
            who, agency=world.agencies["council"].id, starts_at=datetime.now(UTC), where="Here", members=[], now=datetime.now(UTC)
        )  # fmt: skip
        assert meetings.meeting_page(number, who).chair == world.people["panel_chair@council"].name


def test_more_cases_than_the_list_offers_are_said_and_reached(world, heard, monkeypatch):
    client, address, _done, _ids, _members = heard
    now = datetime.now(UTC)
    more = [world.refer(at=now - timedelta(days=20)) for _ in range(3)]
    for done in more:
        to_the_panel(world, done.case_id, at=now - timedelta(days=10))
    monkeypatch.setattr(meetings, "A_PAGE", 2)
    first, second = client.get(address), client.get(address, {"waiting": "2"})
    assert "offers 1 to 2 of 3 cases that wait" in seen(first)
    assert "offers 3 to 3 of 3 cases that wait" in seen(second)
    offered = [str(d.case_id) in page.content.decode() for d in more for page in (first, second)]
    assert sum(offered) == 3, "each is offered once"
    assert "offers 3 to 3" in seen(client.get(address, {"waiting": "99999"}))
    assert "offers 1 to 2" in seen(client.get(address, {"waiting": "x"}))
