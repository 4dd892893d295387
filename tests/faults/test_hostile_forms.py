"""What no text and no calendar can hold, typed into the forms of pages, is taken out or named, and is no fault of ours."""

from __future__ import annotations

import pytest
from django.http import QueryDict
from django.test import Client

from evenhand.casework import exporting
from evenhand.gate.entry import now
from evenhand.web.plain_text import without_nul
from tests.visiting import seen, visit
from tests.world import World

FAR = "9" * 30


def test_what_is_plain_is_left_as_it_was_and_a_nul_is_taken_out_wherever_it_stands():
    plain = QueryDict("a=1&a=2&b=%F0%9F%92%9C")
    assert without_nul(plain) is plain
    told = without_nul(QueryDict("a%00=1%00&a=2&b=x%00y"))
    assert dict(told.lists()) == {"a": ["2"], "b": ["xy"]}


def test_danger_is_told_whatever_was_pasted(world: World):
    line = f"He has a knife {world.tag}"
    assert Client().post("/alert/", {"what": f"{line}\0", "where": "Hill\0 Road"}).status_code == 302
    assert line in seen(visit(world, "duty_officer@force").get("/alert/duty/"))


def test_a_nul_in_a_form_is_no_fault(world: World):
    administrator = visit(world, "administrator@force")
    assert administrator.get("/administration/people/", {"name": "a\0b", "agency": "\0"}).status_code == 200
    for doing in ("agency", "team", "area"):
        told = {"doing": doing, "name": "a\0b", "team": "a\0b", "label": "a\0b", "kind": "school"}
        assert administrator.post("/administration/agencies/", told).status_code in {200, 302, 422}
    with world.enter("gateway_officer@force") as who:
        told = {"what": "cases", "purpose": "To plan the week's work.", "cap": "50"}
        number = exporting.ask(told, who, now=now())
    officer = visit(world, "data_protection_officer@force")
    answered = officer.post(
        f"/exports/{number}/", {"doing": "approve", "agreed": "yes", "reason": "It is\0 needed."}
    )
    assert answered.status_code in {200, 302, 422}
    coordinator = visit(world, "hate_crime_coordinator@force")
    assert coordinator.get("/incidents/", {"since": "\0", "until": "\0", "area": "\0"}).status_code == 200


@pytest.mark.parametrize("page", ["0", "-1", FAR, "9" * 5000, "٣", "\0"])
def test_no_number_of_a_page_is_a_fault(world: World, page: str):
    assert (
        visit(world, "administrator@force").get("/administration/people/", {"page": page}).status_code == 200
    )


def test_a_day_that_no_calendar_has_is_named(world: World):
    day = {"-day": FAR, "-month": FAR, "-year": FAR}
    asked = {f"event{part}": text for part, text in day.items()}
    assert visit(world, "responder@force").post("/before-and-after/", asked).status_code == 422
    case_id = world.refer().case_id
    officer = visit(world, "gateway_officer@force")
    told = {"outcome": "added", "kind": "case", "text": "x", "reason": "x", "seen": "9" * 5000}
    told |= {f"happened{part}": text for part, text in day.items()} | {"happened-clock": "9" * 30}
    answered = officer.post(f"/case/{case_id}/step/add_note/", told)
    assert answered.status_code == 422
    assert "the day and the time it happened" in seen(answered)
    meeting = {f"day{part}": text for part, text in day.items()} | {"clock": FAR}
    coordinator = visit(world, "panel_coordinator@council")
    assert coordinator.post("/meetings/call/", meeting).status_code == 422
    person = world.people["gateway_officer@force"].id
    roles = {f"{name}{part}": text for name in ("from", "to") for part, text in day.items()}
    administrator = visit(world, "administrator@force")
    given = {"doing": "role", "role": "duty_officer", "agency": str(world.agencies["force"].id)} | roles
    assert administrator.post(f"/administration/people/{person}/", given).status_code in {200, 302, 422}
