"""Incidents at the machine door: recorded once under the rule in force, read by their codes alone, by whoever may open them."""

from __future__ import annotations

import json
import uuid

import pytest
from django.test import Client

from evenhand.gate.entry import open_session
from tests.incidents import ANSWERS, CRIME, NON_CRIME, watch_areas
from tests.world import World

RECORDER, COORDINATOR = "incident_recorder@force", "hate_crime_coordinator@force"


@pytest.fixture
def call(world: World):
    def call(method: str, path: str, whom: str, body: object = None):
        answer = Client().generic(
            method, f"/api/v1/{path}", json.dumps(body) if body is not None else "", "application/json",
            HTTP_AUTHORIZATION=f"Bearer {open_session(world.people[whom].id)}",
        )  # fmt: skip
        return answer.status_code, json.loads(answer.content)

    return call


def body(world: World, **more: object) -> dict[str, object]:
    areas = watch_areas(world)
    given = {
        "answers": ANSWERS | CRIME,
        "kind": "crime",
        "area": areas["east"].code,
        "once": str(uuid.uuid4()),
    }
    return given | more


def test_an_incident_sent_twice_is_on_record_once_and_read_by_its_codes(world, call):
    sent = body(world)
    first, again = call("POST", "incidents", RECORDER, sent), call("POST", "incidents", RECORDER, sent)
    assert (first[0], again[0]) == (201, 201)
    assert (first[1]["already"], again[1]["already"]) == (False, True)
    assert first[1]["incident"] == again[1]["incident"]
    status, page = call("GET", f"incidents?area={sent['area']}", COORDINATOR)
    assert status == 200
    assert [row["reference"] for row in page["rows"]] == [first[1]["reference"]]
    assert "scarf" not in json.dumps(page)
    assert "Mill Lane" not in json.dumps(page)


def test_whoever_has_no_part_in_incidents_neither_records_nor_reads(world, call):
    sent = body(world)
    assert call("POST", "incidents", RECORDER, sent)[0] == 201
    assert call("POST", "incidents", "case_officer@force", sent | {"once": str(uuid.uuid4())})[0] == 409
    assert call("GET", f"incidents?area={sent['area']}", "case_officer@force") == (
        200,
        {"rows": [], "more": False},
    )


def test_the_policy_refuses_personal_data_in_a_non_crime_record_here_too(world, call):
    answers = ANSWERS | NON_CRIME | {"subject": "Orson Unlikely"}
    status, told = call("POST", "incidents", RECORDER, body(world, kind="non_crime", answers=answers))
    assert status == 409
    assert "real risk of significant harm" in told["reasons"][0]["sentence"]


def test_the_figures_are_the_same_for_everybody(world, call):
    seen = [
        call("GET", "incidents/figures", whom) for whom in (RECORDER, "analyst@force", "case_officer@force")
    ]
    assert seen[0][0] == 200
    assert seen[0] == seen[1] == seen[2]
