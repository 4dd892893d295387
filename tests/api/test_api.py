"""The machine door: the same gate and wall, errors that name the field."""

from __future__ import annotations

import json
import uuid

import pytest
from django.test import Client, override_settings

from evenhand.gate.entry import open_session
from tests.world import World

ANSWERS = {
    "danger": "no", "what_happened": "Talks of violence.", "why_now": "More this month.", "names": "Sami Example", "sector": "education",
}  # fmt: skip


@pytest.fixture
def call(world: World):
    def call(method: str, path: str, whom: str | None, body: object = None):
        client = Client()
        headers = {}
        if whom:
            headers["HTTP_AUTHORIZATION"] = f"Bearer {open_session(world.people[whom].id)}"
        content = body if isinstance(body, str) else json.dumps(body)
        answer = client.generic(
            method, f"/api/v1/{path}", content if body is not None else "", "application/json", **headers
        )
        return answer.status_code, json.loads(answer.content)

    return call


def referral(world: World, **over: object) -> dict[str, object]:
    return {"area": world.areas["town"].code, "answers": ANSWERS, "once": str(uuid.uuid4())} | over


def test_a_referral_comes_in_and_the_case_comes_out(world, call):
    status, done = call("POST", "referrals", "safeguarding_lead@school", referral(world))
    assert status == 201
    status, case = call("GET", f"cases/{done['case']}?ground=my+work+on+this+case", "gateway_officer@force")
    assert status == 200
    assert case["reference"] == done["reference"]
    assert case["report"]["what_happened"] == "Talks of violence."
    status, page = call("GET", "worklist", "gateway_officer@force")
    assert done["case"] in [row["case"] for row in page["rows"]]


def test_a_stranger_and_a_forged_token_get_nothing(world, call):
    assert call("GET", "worklist", None)[0] == 401
    answer = Client().get("/api/v1/worklist", HTTP_AUTHORIZATION="Bearer x'; select 1; --")
    assert answer.status_code == 401


def test_a_missing_answer_is_named(world, call):
    status, told = call(
        "POST", "referrals", "safeguarding_lead@school", referral(world, answers={"danger": "no"})
    )
    assert status == 422
    assert "what_happened" in told["errors"]


@pytest.mark.parametrize(
    "body",
    [
        "{",
        "[]",
        "null",
        '{"area": 5}',
        '{"area": "x", "answers": []}',
        '{"area": "x", "answers": {"danger": {"a": [1]}}}',
    ],
)
def test_a_wrong_type_is_a_clear_error(world, call, body):
    status, told = call("POST", "referrals", "safeguarding_lead@school", body)
    assert 400 <= status < 500
    assert told


def test_barred_and_absent_get_the_same_answer(world, call):
    _, done = call("POST", "referrals", "safeguarding_lead@school", referral(world))
    barred = call("GET", f"cases/{done['case']}?ground=work", "panel_chair@other_council")
    absent = call("GET", f"cases/{uuid.uuid4()}?ground=work", "panel_chair@other_council")
    assert barred == absent
    assert barred[0] == 404


def test_a_step_out_of_order_says_why_and_the_same_request_twice_is_one_act(world, call):
    _, done = call("POST", "referrals", "safeguarding_lead@school", referral(world))
    step = f"cases/{done['case']}/steps/"
    body = {"outcome": "proceed", "answers": {"concern": world.code("concerns"), "reason": "Looks so."}}
    status, told = call("POST", step + "screen", "gateway_officer@force", body)
    assert status == 409
    assert told["reasons"][0]["clause"]
    once = {
        "outcome": "proceed",
        "answers": {"checked": "Yes.", "reason": "Looked."},
        "once": str(uuid.uuid4()),
    }
    first = call("POST", step + "deconflict", "deconfliction_officer@force", once)
    again = call("POST", step + "deconflict", "deconfliction_officer@force", once)
    assert first[0] == again[0] == 200
    assert first[1]["decision"] == again[1]["decision"]
    assert again[1]["already"]


def test_a_stale_version_is_told_what_changed(world, call):
    _, done = call("POST", "referrals", "safeguarding_lead@school", referral(world))
    status, told = call(
        "POST", f"cases/{done['case']}/steps/add_note", "gateway_officer@force",
        {"outcome": "added", "answers": {"kind": world.code("note_kinds"), "text": "x"}, "reason": "y", "seen": 99},
    )  # fmt: skip
    assert status == 409
    assert "changed" in told["message"]


def test_a_referral_sent_twice_is_one_case(world, call):
    body = referral(world)
    first = call("POST", "referrals", "safeguarding_lead@school", body)
    again = call("POST", "referrals", "safeguarding_lead@school", body)
    assert first[1]["case"] == again[1]["case"]
    assert again[1]["already"]


@pytest.mark.parametrize(
    ("method", "path", "kind", "status"),
    [
        ("DELETE", "worklist", "application/json", 405),
        ("GET", "nothing-here", "", 404),
        ("POST", "referrals", "multipart/form-data", 400),
    ],
)
def test_what_no_address_takes_is_refused_in_the_form_of_this_door(world, method, path, kind, status):
    token = open_session(world.people["gateway_officer@force"].id)
    answer = Client().generic(method, f"/api/v1/{path}", "{}", kind, HTTP_AUTHORIZATION=f"Bearer {token}")
    assert answer.status_code == status
    assert answer["Content-Type"] == "application/json"
    assert json.loads(answer.content)["message"]
    assert status != 405 or answer["Allow"] == "GET"


def test_what_is_too_large_is_refused_in_the_form_of_this_door(world, call):
    with override_settings(DATA_UPLOAD_MAX_MEMORY_SIZE=1000):
        status, told = call("POST", "referrals", "safeguarding_lead@school", {"area": "x" * 2000})
    assert (status, told["message"]) == (413, "The request is larger than this instance takes.")
