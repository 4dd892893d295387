"""Whatever is typed comes back as it was typed, or with the name of the field; never a fault of ours."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evenhand.gate.entry import open_session
from evenhand.gate.policy import pack
from tests import roads
from tests.faults.attacks import admin
from tests.world import World

START = datetime(2026, 1, 12, 10, tzinfo=UTC)
TOLD = {
    "danger": "no", "what_happened": "Talks of violence.", "why_now": "More this month.", "names": "Sami Example", "sector": "education",
}  # fmt: skip
HOSTILE = {
    "script": "<script>alert(1)</script>",
    "template": "{{7*7}} {% raw %} ${7*7}",
    "right-to-left": "abc\u202etxt.exe\u202c \u2066x\u2069",
    "emoji": "👩‍👩‍👧‍👦🏴󠁧󠁢󠁷󠁬󠁳󠁿",
    "marks": "Z" + "\u0301" * 200,
    "sql": "'; drop table case_file; --",
    "formula": '=HYPERLINK("http://x","y")+cmd|\' /C calc\'!A0',
    "arabic": "سامي مثال",
    "zero-width": "S\u200bami\u2060 \ufeffX",
    "nul": "a\x00b",
    "escape": "a\x1b[31mb",
    "surrogate": "a\ud800b",
    "megabyte": "x" * 1_000_000,
    "lines": "a\r\nb\rc\n" * 50,
    "percent": "%s %(x)s %%",
}
WRONG = [5, 2**70, True, [[[]]], {"a": {"b": [1]}}, "2026-02-30", "99999-01-01", "no such code"]


@pytest.fixture
def call(world: World):
    tokens: dict[str, str] = {}

    def call(method: str, path: str, whom: str, body: object = None):
        if whom not in tokens:
            tokens[whom] = open_session(world.people[whom].id)
        answer = Client(raise_request_exception=False).generic(
            method, f"/api/v1/{path}", json.dumps(body) if body is not None else "", "application/json",
            HTTP_AUTHORIZATION=f"Bearer {tokens[whom]}",
        )  # fmt: skip
        return answer.status_code, json.loads(answer.content)

    return call


def count_cases() -> int:
    return int(admin("select count(*) from case_file")[0][0])


@pytest.mark.parametrize("kind", HOSTILE)
@pytest.mark.parametrize("field", ["what_happened", "why_now", "names"])
def test_hostile_text_in_a_report_is_stored_as_typed_or_named(world: World, call, field: str, kind: str):
    text, before = HOSTILE[kind], count_cases()
    body = {"area": world.areas["town"].code, "answers": TOLD | {field: text}, "once": str(uuid.uuid4())}
    status, told = call("POST", "referrals", "safeguarding_lead@school", body)
    if status == 201:
        status, case = call("GET", f"cases/{told['case']}?ground=my+work", "gateway_officer@force")
        kept = case["report"][field]
        lines = "\n".join(kept) if isinstance(kept, list) else kept
        assert status == 200
        if kind != "lines":
            import unicodedata

            assert unicodedata.normalize("NFC", text) == lines
        assert "drop table" not in text or count_cases() == before + 1
    else:
        assert status == 422
        assert field in told["errors"]
        assert count_cases() == before


def at_the_gateway(world: World) -> uuid.UUID:
    case_id = world.refer(at=START).case_id
    roads.screened(world, case_id, at=START)
    return case_id


STEPS = ["add_note", "add_evidence", "ask", "danger_now", "identify", "assign", "link_person", "correct", "signpost", "share",
         "propose_transfer", "assess", "add_reference", "let_see"]  # fmt: skip


@pytest.mark.parametrize("step", STEPS)
def test_hostile_text_wrong_types_dates_and_codes_in_every_field_of_a_step(world: World, call, step: str):
    case_id = at_the_gateway(world)
    found = pack().journeys["channel"].steps[step]
    form, outcome = pack().forms[found.form], next(iter(found.outcomes))
    hostile = [HOSTILE[kind] for kind in ("script", "nul", "surrogate", "right-to-left", "formula")]
    for field in form.asked(outcome):
        for wrong in (*hostile, *WRONG):
            answers = {
                f.code: world.code(f.choices) if f.choices else "In words."
                for f in form.asked(outcome)
                if f.required
            }
            body = {"outcome": outcome, "answers": answers | {field.code: wrong}, "reason": "x"}
            status, told = call("POST", f"cases/{case_id}/steps/{step}", "gateway_officer@force", body)
            assert status in (200, 409, 422), (field.code, wrong, status, told)
            assert status != 422 or told["errors"]
    status, _ = call("GET", f"cases/{case_id}?ground=my+work", "gateway_officer@force")
    assert status == 200


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=20)
    | st.sampled_from(list(HOSTILE.values())[:12]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
FIELDS = st.sampled_from(
    [*TOLD, "born", "address", "age_statement", "who_tells", "safe_contact", "language_needs", "x"]
)


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    derandomize=True,
)
@given(over=st.dictionaries(st.sampled_from(["area", "answers", "reason", "journey", "pack", "once"]), JSON, max_size=3),
       answers=st.dictionaries(FIELDS, JSON, max_size=4))  # fmt: skip
def test_no_body_of_a_referral_is_a_fault_of_ours(world: World, call, over, answers):
    body = {"area": world.areas["town"].code, "answers": TOLD | answers} | over
    status, told = call("POST", "referrals", "safeguarding_lead@school", body)
    assert status in (201, 409, 422), told


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    derandomize=True,
)
@given(
    body=st.dictionaries(st.sampled_from(["outcome", "answers", "reason", "seen", "once"]), JSON),
    data=st.data(),
)
def test_no_body_of_a_step_is_a_fault_of_ours(world: World, call, body, data):
    if not hasattr(world, "gateway_case"):
        world.gateway_case = at_the_gateway(world)  # type: ignore[attr-defined]
    step = data.draw(st.sampled_from([*pack().journeys["channel"].steps, "nothing", "%00"]))
    known = pack().journeys["channel"].steps.get(step)
    if known is not None and data.draw(st.booleans()):
        body["outcome"] = data.draw(st.sampled_from(list(known.outcomes)))
        form = pack().forms[known.form]
        body["answers"] = data.draw(
            st.dictionaries(st.sampled_from([f.code for f in form.fields] + ["factors"]), JSON, max_size=5)
        )
    status, told = call("POST", f"cases/{world.gateway_case}/steps/{step}", "gateway_officer@force", body)  # type: ignore[attr-defined]
    assert status in (200, 404, 409, 422), told


@pytest.mark.parametrize("path", [
    "worklist?after=0001-01-01T00:00:00%2B14:00_00000000-0000-0000-0000-000000000000", "worklist?after=9999-12-31T23:59:59-14:00_00000000-0000-0000-0000-000000000000",
    "worklist?after=%00", "worklist?size=0", "worklist?size=x", "worklist?mine=maybe", "cases/x?ground=work", "cases/00000000-0000-0000-0000-000000000000",
    "cases/00000000-0000-0000-0000-000000000000?ground=%00%00%00", "nothing", "worklist?after=2026-01-01T00:00_00000000-0000-0000-0000-000000000000",
])  # fmt: skip
def test_no_address_is_a_fault_of_ours(world: World, path: str):
    token = open_session(world.people["gateway_officer@force"].id)
    answer = Client(raise_request_exception=False).get(
        f"/api/v1/{path}", HTTP_AUTHORIZATION=f"Bearer {token}"
    )
    assert answer.status_code < 500


@pytest.mark.parametrize("token", ["x" * 10_000, "é", "\x00", "'; --", ""])
def test_no_token_is_a_fault_of_ours(database: None, token: str):
    answer = Client(raise_request_exception=False).get(
        "/api/v1/worklist", HTTP_AUTHORIZATION=f"Bearer {token}"
    )
    assert answer.status_code == 401
