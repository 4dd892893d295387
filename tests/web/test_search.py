"""Search finds by name and reference what is open to the searcher, and keeps the words out of addresses."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tests.roads import screened
from tests.visiting import seen, visit


def test_a_name_finds_the_case_for_those_who_may_see_it_alone(world):
    now = datetime.now(UTC)
    done = world.refer(at=now - timedelta(days=3))
    screened(world, done.case_id, at=now - timedelta(days=2), names="Zoë O’Brien-Nuñez")
    assert done.reference in seen(
        visit(world, "gateway_officer@force").post("/search/", {"asked": "obrien zoe"})
    )
    outside = visit(world, "gateway_officer@other_force").post("/search/", {"asked": "obrien zoe"})
    assert done.reference not in seen(outside)
    assert "No case that is open to you" in seen(outside)


def test_whoever_a_report_names_is_found_by_nobody_until_screening(world):
    world.refer(names="Quentin Unfound")
    assert "No case that is open to you" in seen(
        visit(world, "gateway_officer@force").post("/search/", {"asked": "Quentin"})
    )


def test_a_reference_finds_its_case_however_it_is_typed(world):
    done = world.refer()
    client = visit(world, "gateway_officer@force")
    for typed in (
        done.reference,
        done.reference.lower(),
        done.reference.replace("-", ""),
        f" {done.reference} ",
    ):
        assert done.reference in seen(client.post("/search/", {"asked": typed}))


def test_too_little_is_refused_and_kept(world):
    response = visit(world, "gateway_officer@force").post("/search/", {"asked": "a"})
    assert response.status_code == 422
    assert "at least two letters" in seen(response)


def test_what_is_searched_for_stands_in_no_address(world):
    client = visit(world, "gateway_officer@force")
    assert "No case that is open to you" not in seen(client.get("/search/?asked=Example"))
