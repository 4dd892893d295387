"""A step asks what it needs, keeps what was typed, and says plainly why it cannot be taken."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest

from tests.roads import screened
from tests.visiting import hidden, open_case, seen, visit


@pytest.fixture
def case_id(world):
    return world.refer(at=datetime.now(UTC) - timedelta(days=2)).case_id


def checked(world, case_id):
    world.take(case_id, "deconfliction_officer@force", "deconflict", "proceed", {"checked": "Live work."})


def screen(world, **more):
    return {"concern": world.code("concerns"), "outcome": "proceed", "reason": "It is a worry."} | more


def test_a_step_that_must_wait_says_why_before_anything_is_typed(world, case_id):
    response = visit(world, "gateway_officer@force").get(f"/case/{case_id}/step/screen/")
    assert response.status_code == 403
    assert "The check against live work has not been made yet." in seen(response)


def test_a_missing_answer_keeps_what_was_typed(world, case_id):
    checked(world, case_id)
    client = visit(world, "gateway_officer@force")
    response = client.post(
        f"/case/{case_id}/step/screen/", screen(world, concern="", reason="Half an hour of words.")
    )
    assert response.status_code == 422
    assert "There is a problem" in seen(response)
    assert "Half an hour of words." in seen(response)
    assert "What was said" in seen(open_case(client, case_id))


def test_a_step_sent_twice_is_done_once(world, case_id):
    checked(world, case_id)
    client = visit(world, "gateway_officer@force")
    page = client.get(f"/case/{case_id}/step/screen/")
    sent = screen(world, once=hidden(page, "once"), seen=hidden(page, "seen"))
    for _ in range(2):
        assert client.post(f"/case/{case_id}/step/screen/", sent).status_code == 302
    assert "recorded already" in seen(open_case(client, case_id))
    assert seen(open_case(client, case_id)).count("Screen: The gateway looks at it") == 1


def test_a_stale_page_says_what_changed_and_can_be_sent_again(world, case_id):
    client = visit(world, "gateway_officer@force")
    page = client.get(f"/case/{case_id}/step/add_note/")
    note = {
        "outcome": "added",
        "kind": world.code("note_kinds"),
        "text": "My note.",
        "reason": "To remember.",
    }
    checked(world, case_id)
    response = client.post(f"/case/{case_id}/step/add_note/", note | {"seen": hidden(page, "seen")})
    assert response.status_code == 409
    assert "The case has changed since you opened this page" in seen(response)
    assert "My note." in seen(response)
    again = note | {"seen": hidden(response, "seen"), "once": hidden(response, "once")}
    assert client.post(f"/case/{case_id}/step/add_note/", again).status_code == 302


def test_an_ending_is_confirmed_first_and_says_where_it_went(world, case_id):
    checked(world, case_id)
    client = visit(world, "gateway_officer@force")
    end = screen(
        world, outcome="not_appropriate", ground=world.code("screening_reasons"), beyond_ideology="Looked at."
    )
    first = client.post(f"/case/{case_id}/step/screen/", end)
    assert "Do you want to end this case here?" in seen(first)
    assert "It is a worry." in seen(first)
    after = client.post(f"/case/{case_id}/step/screen/", end | {"confirmed": "yes"}, follow=True)
    assert "Recorded: Screen" in seen(after)
    assert "He stopped seeing his friends" not in seen(after)


def test_an_ending_with_a_missing_answer_is_not_even_asked_to_be_confirmed(world, case_id):
    checked(world, case_id)
    response = visit(world, "gateway_officer@force").post(
        f"/case/{case_id}/step/screen/", screen(world, outcome="not_appropriate")
    )
    assert response.status_code == 422
    assert "Do you want to end" not in seen(response)


def test_likely_same_persons_stand_side_by_side(world):
    now = datetime.now(UTC)
    first = world.refer(at=now - timedelta(days=4))
    screened(world, first.case_id, at=now - timedelta(days=3))
    second = world.refer(at=now - timedelta(days=2), names="Sami Example", born="2009-05-04")
    checked(world, second.case_id)
    client = visit(world, "gateway_officer@force")
    client.post(f"/case/{second.case_id}/step/screen/", screen(world))
    page = client.get(f"/case/{second.case_id}/step/identify/")
    assert "Likely entries, side by side" in seen(page)
    assert first.reference in seen(page)
    assert "= match" in seen(page)
    known = {"outcome": "known_person", "person": str(first.case_id), "reason": "Name and birth date agree."}
    assert client.post(f"/case/{second.case_id}/step/identify/", known).status_code == 302
    assert "Other referrals of the same person" in seen(open_case(client, second.case_id))


def test_hostile_text_is_shown_as_text(world, case_id):
    client = visit(world, "gateway_officer@force")
    hostile = "<script>alert(1)</script>{{ 7*7 }}"
    note = {"outcome": "added", "kind": world.code("note_kinds"), "text": hostile, "reason": hostile}
    client.post(f"/case/{case_id}/step/add_note/", note)
    page = open_case(client, case_id).content.decode()
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;" in page
    assert "{{ 7*7 }}" in page


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({"outcome": "made_up"}, 422),
        ({"outcome": "added", "text": "x" * 50_000, "kind": "made_up"}, 422),
        ({"outcome": "added", "happened-day": "31", "happened-month": "2", "happened-year": "2026"}, 422),
        ({"outcome": "added", "once": "not a number", "seen": "no"}, 422),
    ],
)
def test_what_makes_no_sense_gets_a_clear_answer(world, case_id, sent, status):
    response = visit(world, "gateway_officer@force").post(f"/case/{case_id}/step/add_note/", sent)
    assert response.status_code == status
    assert "There is a problem" in seen(response)


def test_a_step_nobody_knows_is_not_found(world, case_id):
    assert visit(world, "gateway_officer@force").get(f"/case/{case_id}/step/score_person/").status_code == 404


def test_somebody_else_is_refused_with_the_role_that_may(world, case_id):
    client = visit(world, "gateway_supervisor@force")
    open_case(client, case_id)
    response = client.get(f"/case/{case_id}/step/deconflict/")
    assert response.status_code == 403
    assert "deconfliction officer" in seen(response)


def test_everything_that_is_missing_is_said_at_once(world, case_id):
    checked(world, case_id)
    response = visit(world, "gateway_officer@force").post(f"/case/{case_id}/step/screen/", {})
    assert response.status_code == 422
    said = seen(response)
    assert "Choose what the outcome is." in said
    assert "Answer “Why”." in said


def test_what_was_written_is_shown_when_somebody_else_was_quicker(world, case_id):
    checked(world, case_id)
    client = visit(world, "gateway_officer@force")
    client.post(f"/case/{case_id}/step/screen/", screen(world))
    late = client.post(f"/case/{case_id}/step/screen/", screen(world, reason="Short words."))
    assert late.status_code == 403
    assert "What you wrote Short words." in seen(late)


def test_two_colleagues_of_one_name_can_be_told_apart(world, case_id):
    first, second = world.people["duty_officer@force"], world.people["gateway_supervisor@force"]
    was = second.name
    second.name = first.name
    second.save(using="admin")
    try:
        page = visit(world, "gateway_officer@force").get(f"/case/{case_id}/step/keep_out/")
    finally:
        second.name = was
        second.save(using="admin")
    options = re.findall(r"<option[^>]*>([^<]*)</option>", page.content.decode())
    named = [text for text in options if text.startswith(first.name)]
    assert len(named) == len(set(named)) == 2
    assert any("(duty officer)" in text for text in named)
