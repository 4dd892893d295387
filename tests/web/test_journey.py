"""The journey is shown as the policy has it: a picture, every step with its clause, every list with its dates."""

from __future__ import annotations

from evenhand.gate.policy import pack
from tests.visiting import seen, visit


def test_every_place_and_every_step_stands_there_with_its_clause(world):
    page = seen(visit(world, "analyst@force").get("/journey/"))
    journey = pack().journeys["channel"]
    for place in journey.places.values():
        assert place.label in page
    for step in journey.steps.values():
        assert step.label in page
        assert " ".join(step.clause.split()) in page


def test_the_picture_runs_nothing(world):
    response = visit(world, "analyst@force").get("/journey/channel/picture.svg")
    assert response["Content-Type"] == "image/svg+xml"
    assert "sandbox" in response["Content-Security-Policy"]
    assert b"<script" not in response.content


def test_a_journey_nobody_wrote_is_not_found(world):
    client = visit(world, "analyst@force")
    assert client.get("/journey/made_up/").status_code == 404
    assert client.get("/journey/made_up/picture.svg").status_code == 404


def test_lists_say_what_is_in_use_today(world):
    page = seen(visit(world, "analyst@force").get("/lists/"))
    for known in pack().lists.values():
        assert known.label in page
    assert "in use" in page
